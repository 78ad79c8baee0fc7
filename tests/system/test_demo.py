# SPDX-License-Identifier: BSD-2-Clause
"""What a newcomer is shown first, `./bootstrap demo`: by itself, and at a terminal, where it waits for
a login by hand. It runs in a place inside this one, which is as it was afterwards."""

import os
import re
import subprocess
import sys

import pexpect
import pytest

import dialogue
import place

DEMO = os.path.join(place.HERE, "demo")
# (what is said of each login, in this order)
LOGINS = ["logged in", "refused", "refused", "logged in", "refused", "logged in"]
RESULTS = ["enrolled", "accepted", "wrong", "spent", "accepted", "spent", "accepted"]


def files(here):
    """{path: when and as what it was made} of all that lasts, but for what other tests make now."""
    found = {}
    for root in ("/etc", "/home", "/root", "/tmp", "/var/lib", "/var/log"):
        for directory, names, others in os.walk(root):
            names[:] = [n for n in names if os.path.join(directory, n) not in (place.SOURCE, here.build)]
            for path in [directory] + [os.path.join(directory, name) for name in others]:
                found[path] = os.lstat(path).st_mtime_ns, os.lstat(path).st_ino
    return found


def mounts():
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        return file.read()


def processes():
    return {pid for pid in os.listdir("/proc") if pid.isdigit() and os.path.exists("/proc/%s/exe" % pid)}


@pytest.fixture
def untouched(here):
    before = files(here), mounts()
    running, since = processes(), here.log.now()
    yield
    assert (files(here), mounts()) == before
    assert processes() <= running
    assert here.log.module_lines(since) == []


def holds(told):
    assert re.findall(r"^ +-> (logged in|refused)\s*$", told, re.M) == LOGINS, told
    log = told[told.index("What the log says"):]
    assert re.findall(r"user=ann result=(\w+)", log)[:len(RESULTS)] == RESULTS, log
    assert re.search("[\u2580\u2584\u2588]", told) and len(place.recovery_codes_in(told)) > 10


def test_demo_shows_something_else_or_leaves_something_behind(untouched):
    done = subprocess.run([sys.executable, DEMO], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done
    holds(done.stdout)


def test_newcomer_cannot_log_in_by_hand(untouched):
    child = dialogue.spawn([sys.executable, DEMO], timeout=60)
    try:
        child.expect(r"Without a phone take\s+the recovery code (\S+)\.")
        told, code = child.before, child.match.group(1)
        child.expect(r"log in as ann, password (\S+)\. +q: end\. +$")
        password = child.match.group(1)
        child.sendline("")
        child.expect("Password: $")
        child.sendline(password)
        child.expect("Verification code: $")
        child.sendline(code)
        child.expect(r"\$ $")
        child.sendline(dialogue.PROOF + "; exit")
        child.expect(dialogue.INSIDE)
        child.expect(r"user=ann result=accepted method=recovery[^$]*q: end\. +$")
        child.sendline("q")
        child.expect(pexpect.EOF)
        child.wait()
        assert child.exitstatus == 0
        holds(told)
    finally:
        dialogue.hang_up(child)
