# SPDX-License-Identifier: BSD-2-Clause
"""A kill or a failing disk at every system call of a login in which somebody enrolls; 64 of them at once.

Whatever happens: a key is shown only when it is stored, nobody is told of a device that is not on
the disk, nobody gets in without one, and the next login either takes its code or enrolls.
By default every third call meets a failing disk, and a kill comes where the call before it left
something behind; TWOSTEP_LONG=1 sweeps everything.
"""

import os
import re

import pytest

from rig import AUTH_ERR, ERRNOS, IGNORE, LONG, PERM_DENIED, SUCCESS, Phone, steady

pytestmark = pytest.mark.usefixtures("quick")

FAULTS = ["kill"] + (ERRNOS if LONG else [e for e in ERRNOS if e == "EIO"])
RECOVERY = r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}\b"
# Enter passes over a pending key, and is no code where there is none; then a key is shown anew.
AGAIN = "\n!code\n\n"


class Case:
    """Somebody who is held to enroll, in a store that others use already."""

    def __init__(self, rig):
        self.rig = rig
        rig.enroll()
        rig.settings(enroll_at_login="yes", recovery_codes=1)
        self.name = next(rig.names)
        self.saved = rig.save()

    def strike(self, at=None, action=None):
        self.rig.restore(self.saved)
        return self.rig.sweep_login(self.name, "!code\n\n", at=at, action=action)

    @property
    def enrolled(self):
        return os.path.exists(self.rig.enrollment(self.name))


def passed(seen):
    """Whether the application would have let him in."""
    return seen.codes == [SUCCESS] and seen.accounts == [SUCCESS]


def check(case, seen, trace, where):
    assert not trace.end["timeout"], "hangs: " + where
    assert trace.end["signal"] in (0, 9), "crashes: %s %s" % (where, trace.end)
    assert IGNORE not in seen.codes, where
    assert case.enrolled or not passed(seen), "in without a second step: " + where
    bound = [c for c in re.findall(RECOVERY, "".join(seen.prompts)) if passed(seen)]
    if not case.enrolled:
        after = case.rig.login(case.name, AGAIN)
        assert passed(after), "cannot enroll any more: %s %s" % (where, after.events)
        return
    assert len(seen.keys) == 1, where
    phone = Phone(seen.keys[0])
    spent = case.rig.login(case.name, phone.code(0))
    assert spent.codes == [AUTH_ERR], "the confirming code counts twice: " + where
    after = case.rig.login(case.name, phone.code(1) + "\n\n")
    assert passed(after), "enrolled, and refused: %s %s" % (where, after.events)
    renewed = re.findall(RECOVERY, "".join(after.prompts))
    assert len(bound + renewed) >= 1 or not passed(seen), "no recovery codes: " + where
    last = (renewed or bound)[:1]
    assert not last or case.rig.login(case.name, last[0]).codes == [SUCCESS], where


@pytest.mark.parametrize("fault", FAULTS)
def test_enrolling_login_struck_at_every_call(rig, fault):
    case = Case(rig)
    seen, trace = case.strike()
    assert passed(seen), seen.events
    struck = 0
    for at in trace.targets(fault)[::1 if LONG or fault == "kill" else 3]:
        steady()
        seen, trace = case.strike(at, fault)
        if trace.end["hit"] is not None:
            struck += 1
            check(case, seen, trace, "%s at call %d, %s" % (fault, at, trace.end["hit"]))
    assert struck > 20


def shows(call, words):
    """Whether the call hands these words to the conversation."""
    return call.name in ("write", "writev") and len(call.args) > 1 and \
        words in bytes.fromhex(call.args[1]).decode("utf-8", "replace")


def test_what_is_shown_is_on_the_disk(rig):
    """The pending key before its picture, the device before the recovery codes."""
    case = Case(rig)
    seen, trace = case.strike()
    calls = trace.calls
    for words, directory in (("Key: ", "invitations"), ("Shown only now", "enrollments")):
        shown = next(i for i, c in enumerate(calls) if shows(c, words))
        moved = [i for i, c in enumerate(calls[:shown]) if c.name.startswith("rename")
                 and directory in str(c.args)]
        assert moved, "%s: nothing was stored before" % directory
        before, after = calls[:moved[-1]], calls[moved[-1]:shown]
        assert any(c.name == "fsync" and c.ret == 0 for c in before), directory
        assert any(c.name == "fsync" and c.ret == 0 for c in after), directory


def test_rule_07_of_64_dialogues_at_one_instant_one_links(rig):
    for _ in range(20 if LONG else 2):
        case = Case(rig)
        seen = rig.login(case.name, AGAIN, options=["-f", "64"], timeout=120)
        linked = [e["process"] for e in seen.of("acct_mgmt") if e["code"] == SUCCESS]
        assert len(linked) == 1, linked
        assert len([e for e in seen.of("acct_mgmt") if e["code"] == PERM_DENIED]) == 63
        own = [e["text"] for e in seen.of("prompt_echo_on", process=linked[0])]
        key = re.sub(r"\s", "", re.findall(r"Key: ((?:[A-Z2-7]{4}[ \n]?)+)", "".join(own))[-1])
        assert rig.login(case.name, Phone(key).code(1)).codes == [SUCCESS]
