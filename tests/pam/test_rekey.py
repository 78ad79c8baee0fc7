# SPDX-License-Identifier: BSD-2-Clause
"""twostep rekey, killed or failing at every system call, and before every call of a login.

Whatever happens: everybody gets in with what he had, nobody with what was spent, and to run it
again ends it. TWOSTEP_LONG=1 strikes at every call. Otherwise a rekey is struck at a choice of them;
and a whole rekey comes before every other call of a login by a counted code, and before a choice of
those of the others."""

import fcntl
import os
import re
import shlex
import subprocess

import pytest

import disk
from rig import AUTH_ERR, ERRNOS, LONG, SUCCESS, Phone, striking
from test_powercut import cut_states, with_files

pytestmark = pytest.mark.usefixtures("quick")

FEW = ERRNOS if LONG else [e for e in ERRNOS if e == "EIO"]
KEY, CARRIED, BOTH = 32, 64, 96     # bytes of the host key's file: before, after and during one


def key_bytes(rig):
    with open(rig.key_file, "rb") as file:
        return file.read()


def key_names(rig):
    """The keys under which there is something."""
    names = set()
    for directory, _, files in os.walk(rig.store):
        for name in files:
            with open(os.path.join(directory, name), "rb") as file:
                names |= {line for line in file.read().split(b"\n") if line.startswith(b"key ")}
    return names


class Case:
    """One with a counted code, one with recovery codes of which one is spent, one who is invited."""

    def __init__(self, rig):
        self.rig = rig
        self.ann = rig.enroll(hotp=True)
        self.bob = rig.enroll(hotp=True, recovery=2)
        assert rig.login(self.bob, self.bob.recovery[0]).codes == [SUCCESS]
        self.cat = next(rig.names)
        rig.settings(enroll_at_login="invited")
        told = rig.tool("invite", self.cat, "--valid", "1d")
        self.activation = re.findall(r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){2}\b",
                                     told.stdout)[0]
        self.saved = rig.save()

    def all_get_in(self, where):
        seen = self.rig.login(self.ann, self.ann.phone.code(0), self.ann.phone.code(0))
        assert seen.codes == [SUCCESS, AUTH_ERR], (where, seen.events)
        seen = self.rig.login(self.bob, self.bob.recovery[0], self.bob.recovery[1])
        assert seen.codes == [AUTH_ERR, SUCCESS], (where, seen.events)
        told = self.rig.tool("status", self.cat, status=1)
        assert "invited until" in told.stdout, (where, told)


def test_everybody_gets_in_and_nothing_is_under_the_old_key(rig):
    case = Case(rig)
    before, key = key_names(rig), key_bytes(rig)
    assert len(before) == 1 and len(key) == KEY
    rig.tool("rekey")
    after, new = key_names(rig), key_bytes(rig)
    assert len(after) == 1 and not before & after
    assert len(new) == CARRIED and key not in new
    case.all_get_in("once")
    rig.tool("rekey")
    assert not key_names(rig) & (before | after)
    assert new[:32] not in key_bytes(rig) and new[32:] == key_bytes(rig)[32:]
    assert rig.login(case.cat, case.activation + "\n!code").accounts == [SUCCESS]


@pytest.mark.parametrize("fault", ["kill"] + FEW)
def test_struck_at_every_call(rig, fault):
    case = Case(rig)
    command = rig.tool_command("rekey")
    trace = rig.sweep(command)[1]
    assert trace.end["exit"] == 0
    first = next(i for i, c in enumerate(trace.calls) if any(
        isinstance(a, str) and a.startswith(rig.directory) for a in c.args))
    lengths, touched = set(), 0
    for at in striking(trace.calls[first:], fault, 8):
        rig.restore(case.saved)
        done, trace = rig.sweep(command, at=at, action=fault)
        if trace.end["hit"] is None:
            continue
        where = "%s at call %d, %s: exit %d %s" % (
            fault, at, trace.end["hit"], trace.end["exit"], done.stderr.strip())
        assert not trace.end["timeout"] and trace.end["signal"] in (0, 9), where
        lengths.add(len(key_bytes(rig)))
        left = key_names(rig)
        assert len(left) == 1 or len(key_bytes(rig)) == BOTH, where
        if rig.untouched(case.saved):
            continue
        touched += 1
        half = rig.save()
        case.all_get_in(where)
        rig.restore(half)
        rig.tool("rekey")
        assert len(key_names(rig)) == 1 and len(key_bytes(rig)) == CARRIED, where
        assert not [n for n in os.listdir(os.path.join(rig.store, "enrollments"))
                    if n.startswith(".")], where
        case.all_get_in("again after " + where)
    assert touched > 4
    if fault == "kill":
        assert lengths == {KEY, BOTH, CARRIED}


def test_a_power_cut_in_the_middle(rig):
    """Whichever of the files that were renamed the disk has by then."""
    case = Case(rig)
    before, lengths = key_bytes(rig), set()
    states = list(cut_states(rig, rig.tool_command("rekey")))
    for call, _, state in states[::1 if LONG else len(states) // 4]:
        rig.restore(state)
        lengths.add(len(key_bytes(rig)))
        case.all_get_in(call)
        rig.restore(state)
        rig.tool("rekey")
        assert len(key_names(rig)) == 1 and before not in key_bytes(rig), call
        case.all_get_in(call)
    assert lengths == {KEY, BOTH, CARRIED}


@pytest.mark.parametrize("by", ["the tool", "another rekey"])
def test_what_is_sealed_under_a_key_that_is_not_flushed_is_lost(rig, by):
    """A rekey is killed as it has renamed the new key and not flushed that; then somebody seals
    something, which is durable, and the power goes."""
    case = Case(rig)
    dan = Phone(hotp=True)
    command = rig.tool_command("rekey")
    placed = next(c for c in rig.sweep(command)[1].calls if c.name == "renameat")
    tree = disk.Tree(case.saved, rig.disk)
    rig.restore(case.saved)
    killed = rig.sweep(command, at=placed.n + 1, action="kill")[1]
    assert len(key_bytes(rig)) == BOTH
    if by == "the tool":
        command = rig.tool_command(*rig.enroll_words("u9", dan))
    sealed = rig.sweep(command)[1]
    assert sealed.end["exit"] == 0
    done = [c.name == "renameat" and c.args[3] == "key" for c in sealed.calls] + [True]
    for call in killed.calls + sealed.calls[:done.index(True)]:
        disk.apply(tree, call)
    for state in tree.states():
        rig.restore(with_files(case.saved, tree, state))
        case.all_get_in("cut")
        if by == "the tool":
            assert rig.login("u9", dan.code(0)).codes == [SUCCESS]


def test_an_interrupt_leaves_both_keys(rig):
    """The record in hand is finished, the next run ends it; meanwhile nobody notices."""
    case = Case(rig)
    pid = os.path.join(rig.directory, "pid")
    command = ["sh", "-c", "echo $$ >%s; exec %s" % (pid, shlex.join(rig.tool_command("rekey")))]
    placed = [c.n for c in rig.sweep(command)[1].calls if c.name == "renameat"]
    rig.restore(case.saved)
    done, trace = rig.sweep(command, at=placed[1], action="run=kill -INT $(cat %s)" % pid)
    assert trace.end["hit"] == "renameat" and trace.end["exit"] == 1, done.stderr
    assert "both keys open; run it again" in done.stderr
    assert len(key_bytes(rig)) == BOTH and len(key_names(rig)) == 2
    half = rig.save()
    case.all_get_in("interrupted")
    rig.restore(half)
    rig.tool("rekey")
    assert len(key_bytes(rig)) == CARRIED and len(key_names(rig)) == 1


def test_many_at_once(rig):
    """They go on with each other's work; who is overtaken by the next says so."""
    case = Case(rig)
    for _ in range(20 if LONG else 2):
        rig.restore(case.saved)
        many = [subprocess.Popen(rig.tool_command("rekey"), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, text=True) for _ in range(4)]
        for n in range(6):
            seen = rig.login(case.ann, case.ann.phone.code(n))
            assert seen.codes == [SUCCESS], (n, rig.journal.take()[-3:])
        for one in many:
            errors = one.communicate(timeout=60)[1]
            assert one.returncode == 0 or "replaced by another rekey since" in errors, errors
        rig.tool("rekey")
        assert len(key_names(rig)) == 1 and len(key_bytes(rig)) == CARRIED
        told = rig.tool("status", case.bob.name)
        assert "recovery" in told.stdout, told


def moments(rig, trace):
    """The calls of a login, but for those by which libpam and libcrypto are loaded, and those
    under the store's lock, which keeps every rekey out."""
    calls, locked, found = trace.calls, False, []
    first = next(i for i, c in enumerate(calls) if rig.key_file in c.args)
    for call in calls[first - 5:]:
        if call.name == "flock" and call.args[0] == rig.store:
            locked = call.args[1] != fcntl.LOCK_UN
            continue
        if not locked:
            found.append(call.n)
    return found


@pytest.mark.parametrize("kind", ["hotp", "recovery"])
@pytest.mark.parametrize("how", ["whole", "twice", "half"])
def test_before_every_call_of_a_login(rig, kind, how):
    """The login must not notice, wherever the new key comes."""
    case = Case(rig)
    person = case.ann if kind == "hotp" else case.bob
    code = person.phone.code(0) if kind == "hotp" else person.recovery[1]
    command = shlex.join(rig.tool_command("rekey"))
    if how == "half":       # killed in the middle: the file of the key holds both
        calls = rig.sweep(rig.tool_command("rekey"))[1].calls
        placed = [c.n for c in calls if c.name.startswith("rename")]
        middle = placed[len(placed) // 2]
        command = "%s -n %d -a kill -o /dev/null -- %s" % (rig.sweeper, middle, command)
    if how == "twice":
        command += " && " + command
    done = os.path.join(rig.disk, "done")
    command = "(%s) >%s.log 2>&1; echo $? >%s" % (command, done, done)
    rig.restore(case.saved)
    seen, trace = rig.sweep_login(person, code)
    assert seen.codes == [SUCCESS]
    step = 1 if LONG else {"hotp": 2, "recovery": 12}[kind] * (1 if how == "whole" else 6)
    met = 0
    for at in moments(rig, trace)[::step]:
        rig.restore(case.saved)
        seen, trace = rig.sweep_login(person, code, at=at, action="run=" + command)
        if trace.end["hit"] is None:
            continue
        with open(done, encoding="ascii") as file:
            assert file.read() == "0\n", (at, open(done + ".log").read())
        assert (len(key_names(rig)) > 1) == (how == "half"), at
        assert seen.codes == [SUCCESS], (at, trace.end["hit"], seen.events, rig.journal.take())
        assert rig.login(person, code).codes == [AUTH_ERR], "spent, and opens again: %d" % at
        met += 1
    assert met > 1


@pytest.mark.parametrize("pending", [False, True], ids=["new", "pending"])
def test_before_every_call_of_a_dialogue(rig, pending):
    """Somebody enrolls in his login meanwhile: what he scanned opens, and is not lost."""
    rig.enroll()
    rig.settings(enroll_at_login="yes", recovery_codes=1)
    name = next(rig.names)
    if pending:
        rig.sweep_login(name, "!code\n\n", at=1, action="kill")
    saved = rig.save()
    typed = "!code\n\n"
    command = shlex.join(rig.tool_command("rekey")) + " >/dev/null 2>&1"
    seen, trace = rig.sweep_login(name, typed)
    assert seen.accounts == [SUCCESS], seen.events
    met = 0
    for at in moments(rig, trace)[::1 if LONG else 29]:
        rig.restore(saved)
        seen, trace = rig.sweep_login(name, typed, at=at, action="run=" + command)
        if trace.end["hit"] is None:
            continue
        assert seen.accounts == [SUCCESS], (at, trace.end["hit"], seen.events, rig.journal.take())
        assert len(key_names(rig)) == 1, at
        assert rig.login(name, Phone(seen.keys[-1]).code(1)).codes == [SUCCESS], at
        met += 1
    assert met > 1
