# SPDX-License-Identifier: BSD-2-Clause
"""The process that hosts the module is afterwards what it was before."""

import re
import shutil
import subprocess

import pytest

from rig import SANITIZED, SERVICE, SUCCESS, Seen, built, steady

VALGRIND = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full",
            "--errors-for-leak-kinds=definite,indirect,possible", "--track-fds=no"]

needs_valgrind = pytest.mark.skipif(
    SANITIZED or shutil.which("valgrind") is None,
    reason="valgrind is not installed, or the build has sanitizers")


@pytest.fixture
def answers(rig):
    """One handle's worth: right, spent, wrong, malformed, nothing, broken off, recovery code."""
    ann = rig.enroll(recovery=2)
    steady()
    code = ann.phone.code()
    return ann, [code, code, ann.phone.wrong(), "what?", "", "!abort", ann.recovery[0], "x" * 5000]


def host(rig, ann, answers, *options):
    program = built("tests/pam/host")
    assert program, "tests/pam/host is not built"
    done = subprocess.run([program, *options, SERVICE, rig.services, ann.name, *answers],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    before, after = done.stdout.split("after\n")
    codes = [int(c) for c in re.findall(r"^returned (\d+)$", done.stderr, re.M)]
    return before.split("\n")[1:-1], after.split("\n")[:-1], codes


def of_crypto(lines):
    return [line for line in lines if re.match("crypto|provider", line)]


def without_crypto(lines):
    return [line for line in lines if line not in of_crypto(lines)]


@pytest.mark.parametrize("uid", [0, 30001], ids=["sshd", "sudo"])
def test_the_process_is_as_it_was(rig, answers, uid):
    ann, words = answers
    before, after, codes = host(rig, ann, words, "-u", str(uid))
    assert codes == [0, 7, 7, 7, 7, 7, 0, 7]
    assert without_crypto(after) == before
    assert len(before) > 100


def test_libcrypto_is_as_it_was(rig, answers):
    ann, words = answers
    before, after, _ = host(rig, ann, words, "-c")
    assert after == before


def test_libcrypto_starts_as_it_would_have_without_us(rig, answers):
    """In a host that uses libcrypto only afterwards, it has the defaults it always has."""
    ann, words = answers
    _, after, _ = host(rig, ann, words)
    _, never, _ = host(rig, ann, words, "-n")
    assert of_crypto(after) == of_crypto(never) != []


def test_the_process_is_as_it_was_when_the_store_is_broken(rig, answers):
    ann, words = answers
    for path in (rig.key_file, rig.history(ann), rig.enrollment(ann)):
        with open(path, "r+b") as file:
            file.write(b"?")
        before, after, codes = host(rig, ann, words[:3])
        assert SUCCESS not in codes
        assert without_crypto(after) == before


def test_the_log_still_has_the_hosts_name(rig, answers):
    ann, words = answers
    rig.journal.take()
    host(rig, ann, words)
    lines = rig.journal.take()
    assert [line for line in lines if "result=accepted" in line]
    own = [line for line in lines if "host-says-so" in line]
    # LOG_LOCAL3 (19) and LOG_INFO (6), the name and the pid that openlog was told
    assert len(own) == 1 and re.match(r"<158>.* host-ident\[\d+\]: host-says-so$", own[0])


@needs_valgrind
def test_valgrind_finds_no_leak_and_no_error(rig, answers):
    ann, words = answers
    command = rig.login_command(ann, *words, ann.recovery[1], options=["-A"])
    done = subprocess.run(VALGRIND + command, capture_output=True, text=True, timeout=300)
    assert SUCCESS in Seen(done.stdout, done.returncode).codes
    assert done.stderr == "" and done.returncode == 0, done.stderr


@needs_valgrind
def test_valgrind_finds_nothing_for_those_without_a_record(rig):
    rig.enroll()
    for name in ("u399", "nobody-of-that-name"):
        done = subprocess.run(VALGRIND + rig.login_command(name, "123456", "", options=["-A"]),
                              capture_output=True, text=True, timeout=300)
        assert SUCCESS not in Seen(done.stdout, done.returncode).codes
        assert done.stderr == "", done.stderr
