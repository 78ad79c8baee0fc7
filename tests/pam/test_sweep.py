# SPDX-License-Identifier: BSD-2-Clause
"""A kill, a full disk, a dying disk at every system call of a login and of an enrollment.

Whatever happens: no enrollment is lost, no code is accepted twice, nobody is told of
a success that is not on the disk, and nothing is left behind that refuses the next login.
By default the calls before the answer are swept for one kind of code and a right one only (the
module does not know it yet), the tool from where it first looks at its files, what comes
to the same is struck with fewer errors, and each fault only where it is one of its own (rig.worth);
TWOSTEP_LONG=1 sweeps everything.
"""

import os
import re

import pytest

from rig import (AUTH_ERR, ERRNOS, LONG, SUCCESS, UNAVAILABLE, WRONG_RECOVERY, Phone, steady)

pytestmark = pytest.mark.usefixtures("quick")

FAULTS = ["kill"] + ERRNOS
# The tool takes no error for another than it takes EIO, which strikes every call.
FEW = FAULTS if LONG else [f for f in FAULTS if f in ("kill", "EIO")]
KINDS = ["totp", "hotp", "recovery"]
SLOT = 2048  # bytes of the history that one login writes
# What the module itself answers when it cannot serve; libpam has some of its own.
NEVER = {25: "PAM_IGNORE"}


class Case:
    """One enrolled person, a code for the login that is struck and a fresh one for later."""

    def __init__(self, rig, kind, right):
        self.rig, self.kind, self.right = rig, kind, right
        self.person = rig.enroll(hotp=kind == "hotp", recovery=3 if kind == "recovery" else 0)
        self.saved = rig.save()

    def codes(self):
        if self.kind == "recovery":
            return self.person.recovery[:2]
        return [self.person.phone.code(0), self.person.phone.code(1)]

    def answer(self):
        if self.right:
            return self.codes()[0]
        return WRONG_RECOVERY if self.kind == "recovery" else self.person.phone.wrong()

    def strike(self, at=None, action=None):
        """One login from the beginning, struck at that call."""
        self.rig.restore(self.saved)
        return self.rig.sweep_login(self.person, self.answer(), at=at, action=action)

    def first(self):
        """The first call that this case is swept from, and the trace of a whole login."""
        seen, trace = self.strike()
        assert seen.codes == [SUCCESS if self.right else AUTH_ERR], seen.events
        if LONG or (self.kind == "totp" and self.right):
            return 1, trace
        return trace.after("answered")[0].n, trace


def touches(call, path):
    return bool(call.args) and call.args[0] == path


def recorded(calls, path):
    """The place after the last whole write to the history, or None."""
    found = [i for i, c in enumerate(calls) if c.name == "pwrite64" and touches(c, path)
             and c.args[2] == SLOT]
    return found[-1] + 1 if found and calls[found[-1]].ret == SLOT else None


def durable(calls, path):
    """The place after the flush that makes the last write durable, or None."""
    written = recorded(calls, path)
    for i in range(written or 0, len(calls)):
        if calls[i].name in ("fdatasync", "fsync") and touches(calls[i], path):
            return i + 1 if written and calls[i].ret == 0 else None
    return None


def told(call):
    """Whether the call says something to somebody: the conversation or the log."""
    return call.name in ("sendto", "sendmsg") or (
        call.name in ("write", "writev") and re.match(r"pipe:|/dev/(console|pts)", call.args[0]))


def check_told(trace, person, rig):
    """Nothing is said after the answer before what it says is written, and flushed."""
    calls = [c for c in trace.after("answered")
             if trace.where("authenticated") is None or c in trace.before("authenticated")]
    said = next((i for i, c in enumerate(calls) if told(c)), len(calls))
    if "accepted" in trace.entries:
        done = durable(calls, rig.history(person))
        assert done is not None and done <= said, "told before it was durable: %s" % calls
    elif "refused" in trace.entries and any(b"result=wrong" in bytes.fromhex(c.args[1])
                                            for c in calls if c.name == "sendto"):
        done = recorded(calls, rig.history(person))
        assert done is not None and done <= said, "told before it was counted: %s" % calls


def check_login(case, seen, trace, where):
    """What must hold after any login, however it was struck."""
    assert not trace.end["timeout"], "hangs: " + where
    assert trace.end["signal"] in (0, 9), "crashes: %s %s" % (where, trace.end)
    accepted = "accepted" in trace.entries
    assert case.right or not accepted, "a wrong code is accepted: " + where
    assert not [c for c in seen.codes if c in NEVER], where
    check_told(trace, case.person, case.rig)
    if not accepted and case.rig.untouched(case.saved):
        return
    used, fresh = case.codes()
    after = case.rig.login(case.person, used, used, fresh)
    assert len(after.codes) == 3, (where, after.events, after.errors)
    taken = [accepted, after.codes[0] == SUCCESS, after.codes[1] == SUCCESS]
    assert sum(taken) <= 1, "accepted twice: " + where
    assert after.codes[2] == SUCCESS, "a fresh code is refused: %s %s" % (where, after.events)
    if not case.right:
        assert taken[1], "the right code after a wrong one is refused: " + where


def test_untouched_is_good_to_log_in(rig):
    """What the sweep takes for granted wherever a struck login left the store as it was."""
    for kind in KINDS:
        case = Case(rig, kind, True)
        rig.restore(case.saved)
        assert rig.untouched(case.saved)
        assert rig.login(case.person, *case.codes()).codes == [SUCCESS, SUCCESS]
        assert not rig.untouched(case.saved)


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_waits_for_the_disk(rig, kind):
    for right in (True, False):
        case = Case(rig, kind, right)
        seen, trace = case.strike()
        assert seen.codes == [SUCCESS if right else AUTH_ERR]
        check_told(trace, case.person, rig)
        path = rig.history(case.person)
        calls = trace.before("authenticated")
        writes = [c for c in calls if c.name.startswith(("pwrite", "write")) and touches(c, path)]
        flushes = [c for c in calls if "sync" in c.name]
        assert [c.args[2] for c in writes][:1] == [SLOT], "a slot is written in one piece"
        assert all(c.args[2] < SLOT for c in writes[1:]) and len(writes) <= 1 + right
        assert len(flushes) == right, "one flush for a success, none for a failure"
        assert not [c for c in calls if re.match(r"rename|unlink|link|ftrunc|fallocate", c.name)]


STRIKES = [(kind, fault) for kind in KINDS for fault in (FAULTS if kind == "totp" else FEW)]


@pytest.mark.parametrize("kind, fault", STRIKES)
@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
def test_login_struck_at_every_call(rig, kind, right, fault):
    case = Case(rig, kind, right)
    first, whole = case.first()
    struck = 0
    for at in whole.targets(fault, first):
        steady()
        seen, trace = case.strike(at, fault)
        hit = trace.end["hit"]
        if hit is not None:
            struck += 1
            check_login(case, seen, trace, "%s at call %d, %s" % (fault, at, hit))
    assert struck > (5 if LONG or fault == "EIO" else 1)


@pytest.mark.parametrize("fault", ERRNOS)
def test_nobody_gets_in_by_a_fault(rig, fault):
    """A person who is not enrolled, and a name that is no account, at every call."""
    rig.enroll()
    saved = rig.save()
    for name in ("u399", "nobody-of-that-name"):
        struck = 0
        for at in rig.sweep_login(name, "123456")[1].targets(fault):
            rig.restore(saved)
            seen, trace = rig.sweep_login(name, "123456", at=at, action=fault)
            where = "%s at call %d, %s: %s" % (fault, at, trace.end["hit"], seen.events)
            assert "accepted" not in trace.entries, where
            assert not trace.end["timeout"] and trace.end["signal"] == 0, where
            assert not [c for c in seen.codes if c in NEVER], where
            struck += trace.end["hit"] is not None
        assert struck > 10


def plain(lines):
    """Log lines without what differs from process to process."""
    return [re.sub(r"^(<\d+>)\w+ +\d+ [\d:]+ ", r"\1", line) for line in lines]


def answer_of(rig, case):
    """Everything of a login that somebody outside can see or measure."""
    rig.journal.take()
    return lambda seen, trace: (
        seen.codes, seen.texts, [e["code"] for e in seen.of("delay")],
        plain(rig.journal.take()), trace.work("answered", "authenticated"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", ERRNOS)
def test_a_failing_write_tells_nothing_of_the_code(rig, kind, fault):
    """Right and wrong look alike in answer, text, journal and the calls that are made."""
    looks = []
    for right in (True, False):
        case = Case(rig, kind, right)
        trace = case.strike()[1]
        path = rig.history(case.person)
        write = next(c for c in trace.calls if c.name == "pwrite64" and touches(c, path))
        look = answer_of(rig, case)
        looks.append(look(*case.strike(write.n, fault)))
    right, wrong = [[str(x).replace(case.person.name, "USER") for x in look] for look in looks]
    assert looks[0][0] == [UNAVAILABLE]
    right = re.sub(r"\bu\d+\b", "USER", str(right))
    assert right == re.sub(r"\bu\d+\b", "USER", str(wrong))


# ---- enrolling ---------------------------------------------------------------------------

def first_own_call(rig, trace):
    """Where the tool begins to look at its own files. TWOSTEP_LONG strikes from its first call on:
    what is before is the loader's, which crashes itself where it gets no memory."""
    if LONG:
        return next(c.n for c in trace.calls if c.name == "umask")
    return next(c.n for c in trace.calls
                if any(isinstance(a, str) and a.startswith(rig.directory) for a in c.args))


def points(rig, command, prepare, faults=FEW, typed=None):
    """Every (fault, call) of the command that left something behind or said that all is
    well, each in a store that prepare() has made."""
    prepare()
    before = rig.save()
    trace = rig.sweep(command, input=typed)[1]
    assert trace.end["exit"] == 0, trace.calls[-5:]
    whole, first = trace, first_own_call(rig, trace)
    for fault in faults:
        found = 0
        for at in whole.targets(fault, first):
            prepare()
            done, trace = rig.sweep(command, at=at, action=fault, input=typed)
            if trace.end["hit"] is None:
                continue
            where = "%s at call %d, %s: exit %d %s" % (
                fault, at, trace.end["hit"], trace.end["exit"], done.stderr.strip())
            assert not trace.end["timeout"], "hangs: " + where
            assert trace.end["signal"] in (0, 9), "crashes: " + where
            if rig.untouched(before) and trace.end["exit"] != 0:
                continue
            found += 1
            yield trace.end["exit"], where
        assert found > 5, fault


def works(rig, name, phone):
    return rig.login(name, phone.code(0)).codes == [SUCCESS]


def test_first_enrollment_struck_at_every_call(rig):
    """The one that makes key and marker: whatever is left of it, the next one works."""
    name, phone = "u1", Phone()
    saved = rig.save()
    command = rig.tool_command(*rig.enroll_words(name, phone))
    for status, where in points(rig, command, lambda: rig.restore(saved)):
        steady()
        if status == 0:
            assert works(rig, name, phone), "said to be enrolled, and is not: " + where
            continue
        again = rig.tool(*rig.enroll_words(name, phone), status=None)
        if again.returncode != 0:
            assert "already" in again.stderr, (where, again.stderr)
        assert works(rig, name, phone), "cannot be mended: " + where


@pytest.mark.parametrize("hotp", [False, True], ids=["totp", "hotp"])
def test_replacing_struck_at_every_call(rig, hotp):
    """Either the old device is there whole or the new one, and never both, never none."""
    old = rig.enroll(hotp=hotp)
    new, third = Phone(hotp=hotp), Phone()
    saved = rig.save()
    command = rig.tool_command(*rig.enroll_words(old.name, new, "--replace"))
    for status, where in points(rig, command, lambda: rig.restore(saved)):
        steady()
        has_old, has_new = works(rig, old.name, old.phone), works(rig, old.name, new)
        assert has_old != has_new, "old %s, new %s: %s" % (has_old, has_new, where)
        assert status != 0 or has_new, "said to be replaced, and is not: " + where
        rig.tool(*rig.enroll_words(old.name, third, "--replace"))
        assert works(rig, old.name, third), "cannot be replaced again: " + where


def test_confirmed_replacing_struck_at_every_call(rig):
    """As a person does it, with a code typed; that code is spent where the device stands."""
    old, new = rig.enroll(hotp=True), Phone(hotp=True)
    rig.settings(recovery_codes=1)
    saved = rig.save()
    command = rig.tool_command("enroll", old.name, "--key", new.key, "--hotp", "--replace")
    confirm = new.code(0)
    for status, where in points(rig, command, lambda: rig.restore(saved),
                                faults=FEW if LONG else ["kill"], typed=confirm + "\n"):
        after = rig.login(old.name, confirm, new.code(1)).codes
        assert after[0] == AUTH_ERR, "the confirming code counts again: " + where
        has_old, has_new = works(rig, old.name, old.phone), after[1] == SUCCESS
        assert has_old != has_new, "old %s, new %s: %s" % (has_old, has_new, where)
        assert status != 0 or has_new, "said to be replaced, and is not: " + where


def test_recovery_codes_are_shown_when_all_is_durable(rig):
    """And nothing at all is stored before the new device has proved itself."""
    old, new = rig.enroll(hotp=True), Phone(hotp=True)
    rig.settings(recovery_codes=2)
    saved = rig.save()
    command = rig.tool_command("enroll", old.name, "--key", new.key, "--hotp", "--replace")
    _, trace = rig.sweep(command, input="\n".join(new.wrongs(3)) + "\n")
    assert trace.end["exit"] == 1
    assert rig.untouched(saved), "something is stored for a code that does not fit"
    _, trace = rig.sweep(command, input=new.code(0) + "\n")
    assert trace.end["exit"] == 0
    calls = trace.calls
    shown = [i for i, c in enumerate(calls) if told(c)
             and re.search(rb"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}", bytes.fromhex(c.args[1]))]
    flushed = [i for i, c in enumerate(calls) if c.name == "fsync"
               and touches(c, rig.store + "/enrollments")]
    typed = [i for i, c in enumerate(calls) if c.name == "read" and c.args[0].startswith("pipe:")]
    placed, _ = renamed_to(calls, rig.enrollment(old.name))
    assert shown and min(typed) < placed < flushed[-1] < min(shown)


def test_adding_struck_at_every_call(rig):
    old = rig.enroll()
    new = Phone()
    saved = rig.save()
    command = rig.tool_command(*rig.enroll_words(old.name, new, "--add", "--name", "second"))
    for status, where in points(rig, command, lambda: rig.restore(saved)):
        steady()
        assert works(rig, old.name, old.phone), "the first device is gone: " + where
        assert status != 0 or works(rig, old.name, new), "the second is not there: " + where


def test_removing_struck_at_every_call(rig):
    old = rig.enroll()
    saved = rig.save()
    command = rig.tool_command("remove", old.name)
    for status, where in points(rig, command, lambda: rig.restore(saved)):
        steady()
        gone = not works(rig, old.name, old.phone)
        assert status != 0 or gone, "said to be removed, and is not: " + where
        phone = Phone()
        rig.tool(*rig.enroll_words(old.name, phone, *([] if gone else ["--replace"])))
        assert works(rig, old.name, phone), "cannot enroll again: " + where


def test_spent_codes_stay_spent_through_a_struck_replacement(rig):
    """The history survives: with the same key back, its used code is still used."""
    old = rig.enroll(hotp=True)
    used = old.phone.code(0)
    assert rig.login(old, used).codes == [SUCCESS]
    saved = rig.save()
    command = rig.tool_command(*rig.enroll_words(old.name, Phone(), "--replace"))
    for _, where in points(rig, command, lambda: rig.restore(saved)):
        rig.tool(*rig.enroll_words(old.name, old.phone, "--replace"), status=None)
        assert rig.login(old, used).codes == [AUTH_ERR], "revived: " + where


def test_an_enrollment_is_durable_in_the_right_order(rig):
    """write, fsync, rename, fsync of the directory; the history first; then the words."""
    old = rig.enroll()
    _, trace = rig.sweep(rig.tool_command(
        *rig.enroll_words(old.name, Phone(), "--replace")))
    check_order(rig, trace, old.name)
    _, trace = rig.sweep(rig.tool_command(*rig.enroll_words("u200", Phone())))
    check_order(rig, trace, "u200")
    calls = trace.calls
    history, _ = renamed_to(calls, rig.history("u200"))
    entry = min(i for i, c in enumerate(calls) if i > history and c.name == "fsync"
                and touches(c, rig.store + "/histories"))
    enrollment, _ = renamed_to(calls, rig.enrollment("u200"))
    assert entry < enrollment, "an enrollment before its history is durable"


def renamed_to(calls, path):
    """(where, the temporary name) of the one rename that puts a file at that path."""
    found = [(i, [a for a in c.args if isinstance(a, str)]) for i, c in enumerate(calls)
             if c.name.startswith("rename")]
    found = [(i, names) for i, names in found
             if os.path.join(*names[len(names) // 2:]) == path]
    assert len(found) == 1, "one rename puts it in place: %s" % found
    at, names = found[0]
    return at, os.path.join(*names[:len(names) // 2])


def check_order(rig, trace, name):
    calls = trace.calls
    at, temporary = renamed_to(calls, rig.enrollment(name))
    made = max(i for i, c in enumerate(calls[:at]) if c.name == "openat"
               and os.path.join(*c.args[:2]) == temporary)
    writes = [i for i, c in enumerate(calls) if made < i < at and touches(c, temporary)
              and c.name in ("write", "pwrite64")]
    flushes = [i for i, c in enumerate(calls) if made < i < at and touches(c, temporary)
               and c.name in ("fsync", "fdatasync") and c.ret == 0]
    assert writes and flushes and max(writes) < max(flushes), "renamed before it is flushed"
    directory = [i for i, c in enumerate(calls) if c.name == "fsync" and i > at
                 and touches(c, rig.store + "/enrollments") and c.ret == 0]
    assert directory, "the rename is not flushed"
    said = [i for i, c in enumerate(calls) if told(c)]
    assert not said or min(said) > directory[0], "told before it is durable"
