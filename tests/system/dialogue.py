# SPDX-License-Identifier: BSD-2-Clause
"""Typing a login at a terminal, and remembering what was asked and shown."""

import os
import re
import time

import pexpect

# Printed by the shell behind the door only: what is typed or echoed never matches.
PROOF = "echo in-$((40+2))"
INSIDE = re.compile(r"in-42")

_NAME = re.compile(r"(?<![A-Za-z])login: $")
_PASSWORD = re.compile(r"[Pp]assword(?: for [^\n]*)?: ?$")
_CODE = re.compile(r"Verification code: $")
_SHELL = re.compile(r"[$#] $")

ABORT = "\x03"          # Ctrl-C
END = "\x04"            # Ctrl-D, on an empty line
TIMEOUT = 30
# sudo misses a signal that comes just before it begins to read: people press again
PATIENCE = 2


class Seen:
    """One login as the person saw it."""

    def __init__(self):
        self.entered = False
        self.asked_again = False    # a further prompt came that nobody answered
        self.prompts = []           # text between the last answer and the code prompt
        self.shown = ""             # all of it
        self.status = None          # the exit status, where the program ended
        self.seconds = 0.0          # from the last answer to what came of it

    def __repr__(self):
        return "entered=%s status=%s shown:\n%s" % (self.entered, self.status, self.shown)


class _Queue(list):
    def next(self):
        return self.pop(0) if self else None


def spawn(command, become=None, environment=None, timeout=TIMEOUT):
    """The program on a terminal of 80x24."""
    child = pexpect.spawn(command[0], command[1:], timeout=timeout, preexec_fn=become,
                          encoding="utf-8", codec_errors="replace", dimensions=(24, 80),
                          env=dict(os.environ, TERM="xterm", **(environment or {})))
    child.delaybeforesend = None
    # pexpect would sleep a tenth of a second at every close
    for part in (child, child.ptyproc):
        part.delayafterclose = part.delayafterterminate = 0.01
    return child


def drive(command, passwords=(), codes=(), names=(), become=None, environment=None,
          timeout=TIMEOUT):
    """Runs the program on a terminal of 80x24 and answers what it asks, in order.

    An answer is typed with Enter, but for ABORT and END. When a prompt has no answer
    left, the terminal is hung up."""
    child = spawn(command, become, environment, timeout)
    try:
        return _answer(child, _Queue(names), _Queue(passwords), _Queue(codes))
    finally:
        hang_up(child)


def hang_up(child):
    try:
        child.close(force=True)
    except pexpect.ExceptionPexpect:
        child.wait()            # killed, but slower to go than pexpect waits


def _answer(child, names, passwords, codes):
    seen = Seen()
    answered = time.monotonic()
    answer = None
    while True:
        kind = child.expect(
            [INSIDE, pexpect.EOF, _CODE, _PASSWORD, _NAME, _SHELL, pexpect.TIMEOUT],
            timeout=PATIENCE if answer == ABORT else child.timeout)
        if kind == 6 and answer == ABORT:
            answer = None
            child.send(ABORT)
            continue
        text = child.before + (child.after if isinstance(child.after, str) else "")
        seen.shown += text
        seen.seconds = time.monotonic() - answered
        if kind == 6:
            raise AssertionError("nothing more came after:\n" + seen.shown)
        if kind <= 1:
            break
        if kind == 2:
            seen.prompts.append(text)
        answer = PROOF if kind == 5 else (codes, passwords, names)[kind - 2].next()
        if answer is None:
            seen.asked_again = True
            return seen
        if answer in (ABORT, END):
            child.send(answer)
        else:
            child.sendline(answer)
        answered = time.monotonic()
    if kind == 0:
        seen.entered = True
        return seen
    child.wait()
    seen.status = child.exitstatus
    return seen
