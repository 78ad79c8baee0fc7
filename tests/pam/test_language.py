# SPDX-License-Identifier: BSD-2-Clause
"""The module in another language: by its setting alone, whatever the process speaks."""

import os
import time

import pytest

from rig import AUTH_ERR, SUCCESS, Phone, steady

def day(ahead):
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + ahead * 86400))


PROMPT = "Verificatiecode / Verification code: "
DUTCH = {"LANG": "nl_NL.UTF-8", "LC_ALL": "nl_NL.UTF-8", "LC_MESSAGES": "nl_NL.UTF-8",
         "LANGUAGE": "nl", "TZ": "Europe/Amsterdam"}


@pytest.fixture(params=["file", "argument"])
def dutch(rig, request):
    """A login in which Dutch is spoken, by either of the two ways to say so."""
    def settings(**words):
        rig.settings(**dict(words, **({"language": "nl"} if request.param == "file" else {})))
    ann = rig.enroll()
    settings()
    if request.param == "argument":
        rig.service("language=nl")
    return ann, settings


def test_dutch_is_asked_and_said_without_a_locale_of_the_system(rig, dutch):
    ann, _ = dutch
    steady()
    seen = rig.login(ann, ann.phone.wrong(), ann.phone.code(), env=dict(os.environ, LC_ALL="C"))
    assert seen.codes == [AUTH_ERR, SUCCESS]
    assert all(text.endswith(PROMPT) for text in seen.prompts) and seen.prompts
    assert any("Onjuiste code." in text for text in seen.texts)
    assert not any("Wrong code" in text for text in seen.texts)


def test_rule_16_environment_chooses_no_language(rig):
    ann = rig.enroll()
    seen = rig.login(ann, ann.phone.wrong(), env=dict(os.environ, **DUTCH))
    assert seen.prompts == ["Verification code: "]
    assert any("Wrong code." in text for text in seen.texts)


def test_prompt_that_was_set_is_not_translated(rig, dutch):
    ann, settings = dutch
    settings(prompt="Acme")
    assert rig.login(ann, "").prompts == ["Acme Verification code: "]


def test_journal_has_no_language(rig, dutch):
    ann, _ = dutch
    rig.journal.take()
    rig.login(ann, ann.phone.wrong())
    assert rig.journal.results() == ["wrong"]
    os.rename(rig.key_file, rig.key_file + ".gone")
    seen = rig.login(ann, "123456")
    lines = [line for line in rig.journal.take() if "result=unavailable" in line]
    assert len(lines) == 1 and 'why="cannot be opened"' in lines[0], lines
    assert any("De tweede stap is defect op deze machine." in text for text in seen.texts)


def test_whole_enrolling_is_in_dutch(rig, dutch):
    _, settings = dutch
    settings(enroll_at_login="yes", recovery_codes=2)
    name = next(rig.names)
    seen = rig.login(name, "!code\n")
    texts = "\n".join(seen.texts)
    assert seen.accounts == [SUCCESS]
    for words in ("Tweestapsverificatie instellen voor %s" % name, "i = omkeren, k = sleutel.",
                  "Tweestapsverificatie staat aan.", "Bewaard? Druk op Enter: "):
        assert words in texts, texts
    assert rig.login(name, Phone(seen.keys[0]).code(+1)).codes == [SUCCESS]


@pytest.mark.parametrize("answer, enrolls", [("j", True), ("J", True), ("ja", True), ("y", True),
                                             ("n", False), ("nee", False), ("", False)])
def test_offer_takes_a_yes_in_either_language(rig, answer, enrolls):
    rig.enroll()
    rig.settings(language="nl", require_from=day(5), offer="7d", enroll_at_login="yes")
    rig.service(after="auth required pam_permit.so\n")
    seen = rig.login(next(rig.names), answer + "\n!abort")
    assert any("[j/N]" in text for text in seen.texts), seen.events
    assert ("Sleutel:" in "\n".join(seen.texts)) == enrolls
