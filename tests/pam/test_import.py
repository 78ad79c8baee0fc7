# SPDX-License-Identifier: BSD-2-Clause
"""twostep import, killed or failing at every system call, and run again.

Whatever happens: the old files stay as they are, who was enrolled is not locked out, a user is
taken over whole or not at all, and to run it again ends the same. TWOSTEP_LONG=1 strikes at every
call, and otherwise at a choice of them."""

import base64
import json
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import time

import pytest

from rig import (AUTH_ERR, ERRNOS, FIRST_UID, LONG, MS_BIND, SUCCESS, Phone, Rig, mount, striking,
                 unmount)

FEW = ERRNOS if LONG else [e for e in ERRNOS if e in ("EIO", "ENOSPC")]
SCRATCH = ["10481050", "20481051"]


class Case:
    """Two who come over, and one who is enrolled here with another device and comes over as well."""

    def __init__(self, rig, kind):
        self.rig = rig
        self.directory = "/tmp/twostep-import-%d" % os.getpid()
        os.mkdir(self.directory, 0o755)
        self.before = rig.enroll(hotp=True, recovery=1)
        self.names = [self.before.name, next(rig.names), next(rig.names)]
        self.phones = {name: Phone(hotp=True) for name in self.names}
        self.more = Phone(hotp=True)      # a second token of the last one
        words = self.google() if kind == "google-authenticator" else self.oath()
        self.kind, self.words = kind, ["import", kind, *words, "--replace"]
        self.saved, self.source = rig.save(), self.snapshot()

    def google(self):
        """Files of their owners, which a child opens, and one of root's own."""
        for name in self.names:
            lines = [self.phones[name].key, '" HOTP_COUNTER 1', *SCRATCH]
            self.phones[name].counter = 1
            self.write(name, "\n".join(lines) + "\n")
            if name != self.names[1]:
                uid = FIRST_UID + int(name[1:])
                os.chown(os.path.join(self.directory, name), uid, uid)
        return [os.path.join(self.directory, name) for name in self.names]

    def oath(self):
        rows = [(name, self.phones[name]) for name in self.names] + [(self.names[2], self.more)]
        self.write("users.oath", "".join("HOTP %s - %s\n" % (
            name, base64.b32decode(phone.key).hex()) for name, phone in rows))
        return [os.path.join(self.directory, "users.oath")]

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="ascii", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.write(text)

    def snapshot(self):
        found = []
        for name in sorted(os.listdir(self.directory)):
            path = os.path.join(self.directory, name)
            st = os.lstat(path)
            with open(path, "rb") as file:
                found.append((name, st.st_mode, st.st_uid, st.st_mtime_ns, st.st_ctime_ns,
                              file.read()))
        return found

    def tried(self, person, *codes):
        """Whether each gets him in; what they spend is given back."""
        saved = self.rig.save()
        seen = self.rig.login(person, *codes).codes
        self.rig.restore(saved)
        assert set(seen) <= {SUCCESS, AUTH_ERR}, (person, seen)
        return [code == SUCCESS for code in seen]

    def nobody_is_lost_or_halfway(self, where):
        """Either all that one had gets him in, or all that comes over."""
        old = self.tried(self.before, self.before.phone.code(), self.before.recovery[0])
        assert old in ([True, True], [False, False]), where
        for name in self.names:
            new = self.tried(name, *self.codes(name))
            assert len(set(new)) == 1, (name, where)
            assert name != self.names[0] or new[0] != old[0], where

    def codes(self, name):
        phone = self.phones[name]
        if self.kind == "google-authenticator":
            return [phone.code(), SCRATCH[0], SCRATCH[1]]
        return [phone.code()] + ([self.more.code()] if name == self.names[2] else [])

    def ended(self, where):
        """As an import that nobody disturbed ends."""
        for name in self.names:
            codes = self.codes(name)
            assert self.tried(name, codes[0], *codes) == [
                True, False] + [True] * (len(codes) - 1), (name, where)
        assert self.tried(self.before, self.before.phone.code(), self.before.recovery[0]) == [
            False, False], where
        told = self.rig.tool("status", "--all", "--json")
        return [(row["user"], len(row["devices"]), row["scratch_codes_left"])
                for row in json.loads(told.stdout)]

    def close(self):
        shutil.rmtree(self.directory)


@pytest.fixture(params=["google-authenticator", "oath"])
def case(rig, request):
    made = Case(rig, request.param)
    yield made
    made.close()


@pytest.mark.parametrize("fault", ["kill"] + FEW)
def test_struck_at_every_call(case, rig, fault):
    command = rig.tool_command(*case.words)
    whole = rig.sweep(command)[1]
    assert whole.end["exit"] == 0
    expected, left = case.ended("undisturbed"), set()
    first = next(i for i, c in enumerate(whole.calls) if any(
        isinstance(a, str) and a.startswith(rig.directory) for a in c.args))
    struck = 0
    for at in striking(whole.calls[first:], fault, 11):
        rig.restore(case.saved)
        done, trace = rig.sweep(command, at=at, action=fault)
        if trace.end["hit"] is None:
            continue
        struck += 1
        where = "%s at call %d, %s: exit %d %s" % (
            fault, at, trace.end["hit"], trace.end["exit"], done.stderr.strip())
        assert not trace.end["timeout"] and trace.end["signal"] in (0, 9), where
        assert case.snapshot() == case.source, where
        case.nobody_is_lost_or_halfway(where)
        left.add(len(os.listdir(os.path.join(rig.store, "enrollments"))))
        rig.tool(*case.words)
        assert case.ended(where) == expected, where
        assert not [n for n in os.listdir(os.path.join(rig.store, "enrollments"))
                    if n.startswith(".")], where
    assert struck > 2 and case.snapshot() == case.source
    assert fault != "kill" or {1, 2, 3} <= left


# ---- a whole company --------------------------------------------------------------------

FILES, TOKENS = (10000, 100000) if LONG else (20, 20)
BLOCK = 500             # who log in at one instant
ROOT = "root:x:0:0:root:/root:/bin/sh"


class Member:
    """One of the company, as the old file has him: key, kind, and what it knows of his clock."""

    def __init__(self, name, uid, number, google):
        self.name, self.uid, self.key = name, uid, secrets.token_bytes(20)
        self.hotp, self.period = number % 5 == 4, 60 if number % 5 == 3 else 30
        self.counter = number % 7 + 1
        self.skew = number % 5 - 2 if google and not self.hotp else 0
        self.scratch = ["%08d" % (10000000 + 5 * number + n) for n in range(5)] if google else []

    def file(self):
        lines = [base64.b32encode(self.key).decode()]
        lines += ['" HOTP_COUNTER %d' % self.counter] if self.hotp else [
            '" TOTP_AUTH', '" STEP_SIZE %d' % self.period, '" TIME_SKEW %d' % self.skew]
        return "\n".join(lines + self.scratch) + "\n"

    def line(self):
        kind = "HOTP" if self.hotp else "HOTP/T%d" % self.period
        # the counter that was used last, and so not its first
        past = "\t%d" % self.counter if self.hotp else ""
        return "%s\t%s\t-\t%s%s\n" % (kind, self.name, self.key.hex(), past)

    def oathtool(self, now):
        """The command that computes his code now, from the key of the old file."""
        if self.hotp:
            return "oathtool -c %d %s" % (self.counter, self.key.hex())
        return "oathtool --totp -s %ds -N @%d %s" % (
            self.period, now + self.skew * self.period, self.key.hex())


class Company:
    def __init__(self, rig, directory):
        self.rig, self.directory = rig, directory
        self.homes = [Member("h%d_%d" % divmod(n, BLOCK), 100000 + n, n, True)
                      for n in range(FILES)]
        self.tokens = [Member("t%d_%d" % divmod(n, BLOCK), 200000 + n, n, False)
                       for n in range(TOKENS)]
        self.passwd, self.users = directory + "/passwd", directory + "/users.oath"
        self.accounts([])
        os.chmod(self.passwd, 0o644)
        for member in self.homes:
            os.mkdir(self.home(member), 0o700)
            path = self.home(member) + "/.google_authenticator"
            with open(path, "w", encoding="ascii") as file:
                file.write(member.file())
            os.chmod(path, 0o400)
            os.chown(path, member.uid, member.uid)
            os.chown(self.home(member), member.uid, member.uid)
        with open(self.users, "w", encoding="ascii") as file:
            file.writelines(member.line() for member in self.tokens)
        os.chmod(self.users, 0o600)
        mount(self.passwd, "/etc/passwd", flags=MS_BIND)

    def accounts(self, members):
        """In place, for it is mounted."""
        with open(self.passwd, "w", encoding="ascii") as file:
            file.write("\n".join([ROOT] + ["%s:x:%d:%d::%s:/bin/sh" % (
                m.name, m.uid, m.uid, self.home(m)) for m in members]) + "\n")

    def home(self, member):
        return self.directory + "/" + member.name

    def source(self):
        """What the imports read, and when it was last changed in any way."""
        found = {}
        for path in [self.users] + [self.home(m) + "/.google_authenticator" for m in self.homes]:
            st = os.lstat(path)
            found[path] = (st.st_mode, st.st_uid, st.st_size, st.st_mtime_ns, st.st_ctime_ns)
        return found

    def run(self, words, wait=None):
        """To its end, or killed after so many seconds; what it counted."""
        running = subprocess.Popen(self.rig.tool_command("import", *words), text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if wait is not None:
            time.sleep(wait)
            running.send_signal(signal.SIGKILL)
        out, errors = running.communicate()
        assert wait is not None or (running.returncode == 0 and errors == ""), (out, errors)
        return [int(n) for n in re.findall(r"\d+", out)]

    def codes(self, members):
        """What oathtool computes now from their old keys."""
        now = int(time.time())
        told = subprocess.run(["sh"], input="\n".join(m.oathtool(now) for m in members), text=True,
                              capture_output=True, check=True)
        codes = told.stdout.split()
        assert len(codes) == len(members)
        return codes

    def logged_in(self, members, codes):
        """Whether these let all of them in."""
        block = members[0].name.split("_")[0]
        seen = self.rig.login(block + "_%d", *codes, options=["-f", str(len(members))], timeout=600)
        found = seen.by_process()
        return len(found) == len(members) and set(found.values()) == {SUCCESS}


@pytest.fixture
def company(tmp_path, journal):
    (tmp_path / "company").mkdir()
    there = Rig(tmp_path / "company", journal, size="4g")
    # not below tmp_path: its parents are for root alone
    directory = "/tmp/twostep-company-%d" % os.getpid()
    os.mkdir(directory, 0o755)
    yield Company(there, directory)
    unmount("/etc/passwd")
    shutil.rmtree(directory)
    there.close()


def test_a_company_comes_over_and_everybody_logs_in(company):
    """Killed again and again, and run again; then each code of the old keys opens."""
    before, draw = company.source(), random.Random(5)
    for words, members in ((("oath", company.users), company.tokens),
                           (("google-authenticator", "--all-homes"), company.homes)):
        company.accounts(members)
        for _ in range(3):
            company.run(words, wait=draw.random() * len(members) * 0.00006)
        begun = time.monotonic()
        taken, there, refused = company.run(words)
        spent = time.monotonic() - begun
        assert taken + there == len(members) and refused == 0
        print("import %s: %d taken in %.1f s" % (words[0], taken, spent))
        stored = company.rig.save()
        begun = time.monotonic()
        assert company.run(words) == [0, len(members), 0]
        print("once more: %.1f s" % (time.monotonic() - begun))
        assert company.rig.untouched(stored) and company.source() == before
        for first in range(0, len(members), BLOCK):
            block = members[first:first + BLOCK]
            company.accounts(block)
            assert company.logged_in(block, company.codes(block)), block[0].name
            if block[0].scratch:
                assert company.logged_in(block, [m.scratch[3] for m in block]), block[0].name
