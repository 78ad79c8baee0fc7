# SPDX-License-Identifier: BSD-2-Clause
"""Whole logins through the real login on a terminal: one handle for several tries."""

import shutil

import pytest

import events

pytestmark = pytest.mark.skipif(shutil.which("login") is None, reason="login is not installed")


@pytest.fixture
def door(here):
    return events.Door(here, "login")


@pytest.mark.parametrize("event", events.EVERYWHERE + events.IN_TIME,
                         ids=lambda e: e.__name__)
def test_login(event, door, ann):
    event(door, ann)


def test_rule_25_code_is_asked_before_the_password_was_right(door, ann):
    events.code_is_asked_before_the_password_was_right(door, ann)


def test_environment_changes_what_is_asked_or_judged(door, ann):
    events.environment_decides(door, ann)


def test_guesses_are_not_held_back(door, ann):
    events.guesses_are_not_held_back(door, ann)


def test_unknown_user_gets_in(door, ann):
    seen = door.refuses("nobody-of-that-name", ann.phone.code(), password="x")
    assert seen.asked_again, seen


def test_right_second_try_is_refused(door, ann):
    """A wrong code, `Login incorrect`, and the same person with a right one."""
    seen = door.admits([ann, ann], ann.phone.wrong(), ann.phone.code())
    assert len(seen.prompts) == 2, seen
    assert [events.result(x) for x in door.journal(ann)] == ["wrong", "accepted"]


def test_first_name_serves_the_second_try(here, door, ann):
    """Rule 4: login changes PAM_USER on the handle between two tries."""
    other = here.account()
    phone = other.enroll()
    seen = door.refuses([ann, other], "", ann.phone.code())
    assert len(seen.prompts) == 2, seen
    assert [events.result(x) for x in door.journal(other)] == ["wrong"]
    assert events.failures(ann) == 0
    door.admits([ann, other], "", phone.code())
    assert "result=accepted" in door.journal(other)[-1]


def test_unknown_first_name_shuts_the_second_out(door, ann):
    door.admits(["nobody-of-that-name", ann], ann.phone.code())
