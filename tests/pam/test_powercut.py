# SPDX-License-Identifier: BSD-2-Clause
"""The power goes at any moment: replayed from the recorded writes of real logins.

Every content that the disk may then hold is put in place of the history, and the next
logins tell: a code that was told to be accepted is spent, and a fresh one gets in.
"""

import os

import pytest

import disk
from rig import LONG, SUCCESS, Phone, steady

pytestmark = pytest.mark.usefixtures("quick")

# One login a letter: r right, w wrong, k right and killed before its flush, f right
# with a flush that fails.
STORIES = ["rww", "rwwrww", "rrwr", "wwr"] + (["rwrwrwrw", "wrwwwrrww"] if LONG else [])
CUT_OFF = ["rrkww", "rrfww", "rrwkww", "rkwkw", "rrfrww", "rwkrwfw"]
CUT_OFF += ["rrkwkwkw", "rrkwrkw", "rffwrw", "kkwrw", "rrrfwkwrw"] if LONG else []


class Teller:
    """One person's codes in a row, each used once: HOTP counters or recovery codes."""

    def __init__(self, rig, kind, story):
        count = len([s for s in story if s in "rkf"]) + 1
        self.rig, self.kind = rig, kind
        self.person = rig.enroll(hotp=True, recovery=count if kind == "recovery" else 0)
        self.told, self.used = [], 0

    def next_code(self):
        if self.kind == "recovery":
            return self.person.recovery[self.used]
        return self.person.phone.code(self.used)

    def login(self, letter, wrongs):
        if letter == "w":
            return self.rig.sweep_login(self.person, next(wrongs))[1]
        code = self.next_code()
        self.used += 1
        if letter == "r":
            seen, trace = self.rig.sweep_login(self.person, code)
            assert seen.codes == [SUCCESS], seen.events
            return trace
        saved = self.rig.save()
        trace = self.rig.sweep_login(self.person, code)[1]
        flush = next(c for c in trace.calls if c.name == "fdatasync")
        self.rig.restore(saved)
        return self.rig.sweep_login(self.person, code, at=flush.n,
                                    action="kill" if letter == "k" else "EIO")[1]


def overwrite(path, data):
    with open(path, "r+b") as file:
        file.write(data)


def live(teller, story):
    """Plays the story; returns what was in the history before and, for each login, its trace,
    the code that was told to be accepted, and one that is fresh after it."""
    wrongs = iter(teller.person.phone.wrongs(20))
    path = teller.rig.history(teller.person)
    with open(path, "rb") as file:
        before = file.read()
    traces, told, fresh = [], [], []
    for letter in story:
        code = teller.next_code()
        trace = teller.login(letter, wrongs)
        traces.append(trace)
        told.append(code if "accepted" in trace.entries else None)
        fresh.append(teller.next_code())
        assert (letter == "r") == (told[-1] is not None), trace.calls
    return before, traces, told, fresh


def replay(rig, kind, story):
    teller = Teller(rig, kind, story)
    before, traces, told, fresh = live(teller, story)
    path, tried = rig.history(teller.person), set()
    for number, accepted, states in disk.history_states(before, traces, path):
        spent = [code for code in told[:number] if code]
        spent += [told[number]] if accepted else []
        for state in states:
            key = (state, tuple(spent), fresh[number])
            if key in tried:
                continue
            tried.add(key)
            overwrite(path, state)
            seen = rig.login(teller.person, *spent, fresh[number])
            where = "story %s, cut in login %d" % (story, number)
            revived = [c for c in seen.codes[:-1] if c == SUCCESS]
            assert not revived, "a told code is accepted again: " + where
            assert seen.codes[-1] == SUCCESS, "nobody gets in: %s %s" % (where, seen.events)
    return len(tried)


@pytest.mark.parametrize("story", STORIES)
def test_after_a_power_cut_what_was_told_is_spent(rig, story):
    assert replay(rig, "hotp", story) >= len(story)


@pytest.mark.parametrize("story", CUT_OFF)
def test_a_success_that_was_cut_off_before_its_flush_protects_nothing(rig, story):
    """It looks like a durable one; whoever writes next must not rely on that."""
    assert replay(rig, "hotp", story) >= len(story)


def test_after_a_power_cut_a_recovery_code_is_spent(rig):
    assert replay(rig, "recovery", "rrww" if LONG else "rw") > 3


def test_after_a_power_cut_a_totp_step_is_spent(rig):
    """The step after the told ones gets in, by way of the one before it if that is unspent."""
    steady()
    ann = rig.enroll()
    path = rig.history(ann)
    with open(path, "rb") as file:
        before = file.read()
    right, wrong = [ann.phone.code(n) for n in range(3)], ann.phone.wrongs(3)
    traces = [rig.sweep_login(ann, code)[1] for code in (right[0], wrong[0], right[1],
                                                        wrong[1], wrong[2])]
    told = [right[0], None, right[1], None, None]
    for number, accepted, states in disk.history_states(before, traces, path):
        spent = [c for c in told[:number] if c] + ([told[number]] if accepted else [])
        for state in states:
            overwrite(path, state)
            seen = rig.login(ann, *spent, *right[len(spent):])
            assert SUCCESS not in seen.codes[:len(spent)], seen.events
            assert seen.codes[-1] == SUCCESS, seen.events


def cut_states(rig, command):
    """Every tree of files that a power cut in the middle of the command leaves."""
    saved = rig.save()
    tree = disk.Tree(saved, rig.disk)
    _, trace = rig.sweep(command)
    assert trace.end["exit"] == 0
    tried = set()
    for call in trace.calls:
        if not disk.apply(tree, call):
            continue
        for state in tree.states():
            key = tuple(sorted(state.items()))
            if key not in tried:
                tried.add(key)
                yield call, trace, with_files(saved, tree, state)
    assert len(tried) > 5


def with_files(saved, tree, state):
    made = {p: (0o700, None) for p in tree.directories}
    made.update({p: m for p, m in saved.items() if m[1] is None})
    made.update({p: (saved.get(p, (0o600,))[0], data) for p, data in state.items()})
    return made


def works(rig, name, phone):
    return rig.login(name, phone.code()).codes == [SUCCESS]


def test_a_power_cut_in_the_middle_of_replacing(rig):
    old = rig.enroll(hotp=True)
    new = Phone(hotp=True)
    command = rig.tool_command(*rig.enroll_words(old.name, new, "--replace"))
    for call, _, state in cut_states(rig, command):
        rig.restore(state)
        has_old, has_new = works(rig, old.name, old.phone), works(rig, old.name, new)
        assert has_old != has_new, "old %s, new %s after %s" % (has_old, has_new, call)


def test_a_power_cut_in_the_middle_of_the_first_enrollment(rig):
    """Nobody is enrolled yet or somebody is: either way the next enrollment works."""
    name, phone = "u1", Phone(hotp=True)
    command = rig.tool_command(*rig.enroll_words(name, phone))
    for call, _, state in cut_states(rig, command):
        rig.restore(state)
        again = rig.tool(*rig.enroll_words(name, phone), status=None)
        assert again.returncode == 0 or "already" in again.stderr, (call, again.stderr)
        assert works(rig, name, phone), call


def test_a_power_cut_after_enrolling_loses_nothing(rig):
    name, phone = "u2", Phone(hotp=True)
    rig.enroll()
    saved = rig.save()
    _, trace = rig.sweep(rig.tool_command(*rig.enroll_words(name, phone)))
    tree = disk.Tree(saved, rig.disk)
    for call in trace.calls:
        disk.apply(tree, call)
    for state in tree.states():
        rig.restore(with_files(saved, tree, state))
        assert works(rig, name, phone), "enrolled, told so, and lost: %s" % sorted(state)
    assert os.path.exists(rig.enrollment(name))
