# SPDX-License-Identifier: BSD-2-Clause
"""Whole logins through the real su: PAM_USER is the target, PAM_RUSER the caller."""

import pytest

import dialogue
import events
import place


@pytest.fixture
def door(here):
    return events.Door(here, "su")


@pytest.mark.parametrize("event", events.EVERYWHERE + events.IN_TIME,
                         ids=lambda e: e.__name__)
def test_su(event, door, ann):
    event(door, ann)


def test_rule_25_code_is_asked_before_the_password_was_right(door, ann):
    events.code_is_asked_before_the_password_was_right(door, ann)


def test_unknown_user_gets_in(door, ann):
    door.refuses("nobody-of-that-name", ann.phone.code(), password=ann.password)


def test_environment_changes_what_is_asked_or_judged(door, ann):
    events.environment_decides(door, ann)


def test_code_of_the_caller_opens_the_target(here, door, ann):
    """The second step of su is that of the account which is entered."""
    target = here.account()
    target.enroll()
    here.client, caller = ann, here.client
    try:
        door.refuses(target, ann.phone.code())
    finally:
        here.client = caller
    assert not door.journal(ann)


def test_root_is_asked_behind_pam_rootok(here, ann):
    """pam_rootok stands first in the stack of su, and is left alone."""
    here.pam("su", ["auth sufficient pam_rootok.so"] + place.STACKS["password"])
    try:
        seen = dialogue.drive(["su", "-c", dialogue.PROOF, "--", ann.name])
    finally:
        here.pam("su", place.STACKS["password"])
    assert seen.entered and not seen.prompts, seen
