# SPDX-License-Identifier: BSD-2-Clause
"""Whole logins through the real sudo: real uid the user's, effective uid 0."""

import shutil

import pytest

import dialogue
import events

pytestmark = pytest.mark.skipif(shutil.which("sudo") is None, reason="sudo is not installed")


@pytest.fixture
def door(here):
    return events.SudoDoor(here, "sudo")


@pytest.mark.parametrize("event", events.EVERYWHERE + events.IN_TIME,
                         ids=lambda e: e.__name__)
def test_sudo(event, door, ann):
    event(door, ann)


def test_rule_25_code_is_asked_before_the_password_was_right(door, ann):
    events.code_is_asked_before_the_password_was_right(door, ann)


def test_environment_changes_what_is_asked_or_judged(door, ann):
    events.environment_decides(door, ann)


def test_second_try_on_one_handle_uses_the_first_answer(here, ann):
    """sudo keeps one PAM handle for three tries: each is judged afresh."""
    seen = several_tries(here, ann, ann.phone.wrong(), "", ann.phone.code())
    assert seen.entered and len(seen.prompts) == 3, seen
    assert "ssword" in seen.shown


def test_interrupt_goes_on_to_the_next_try(here, ann):
    seen = several_tries(here, ann, dialogue.ABORT, ann.phone.code())
    assert not seen.entered, seen


def test_code_of_this_try_opens_the_next(here, ann):
    code = ann.phone.code()
    here.sudo(ann, code)
    seen = several_tries(here, ann, code, code, code)
    assert not seen.entered, seen
    assert events.failures(ann) == 0


def several_tries(here, person, *codes):
    with here.line_in("/etc/sudoers", "Defaults passwd_tries=3"):
        return dialogue.drive(["sudo", "-k", "--", "sh", "-c", dialogue.PROOF],
                              passwords=[person.password] * 3, codes=codes,
                              become=person.become)


def test_code_is_refused_when_sudo_words_the_prompt(here, ann):
    """`sudo -p` shows its own text for every prompt, that of the code too."""
    command = ["sudo", "-k", "-p", "Password: ", "--", "sh", "-c", dialogue.PROOF]
    seen = dialogue.drive(command, passwords=[ann.password, ann.phone.code()],
                          become=ann.become)
    assert seen.entered, seen


def test_refusal_of_a_silent_caller_is_never_explained(here, ann):
    """sudo asks for silence: the reason then stands above its next prompt."""
    seen = several_tries(here, ann, ann.phone.wrong(), ann.phone.code())
    assert "Wrong code" not in seen.prompts[0] and "Wrong code" in seen.prompts[1], seen
