# SPDX-License-Identifier: BSD-2-Clause
"""One field for password and code, through callers that have no second one: sshd's password method
and pamtester, with the pam_unix of the machine behind the module."""

import os
import re
import shutil
import subprocess

import pexpect
import pytest

import place

# The stack that pam_twostep(8) shows.
STACK = ["auth required pam_twostep.so combined", "auth required pam_unix.so use_first_pass nodelay",
         "account required pam_twostep.so combined", *place.REST]
OPTIONS = ["KbdInteractiveAuthentication no", "PasswordAuthentication yes",
           "AuthenticationMethods password", "PermitRootLogin prohibit-password",
           "Subsystem sftp internal-sftp"]
CLIENT = ["-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1"]
HERE, NEXT_DOOR = "192.0.2.17", "192.0.2.18"     # loopback is never a remembered place


@pytest.fixture(scope="module", name="server")
def server_of_passwords(the_place):
    made = the_place.sshd("password", service="sshd-field", stack=STACK, options=OPTIONS)
    yield made
    made.stop()


def ssh(here, server, who, typed, *options):
    return here.ssh_login(server, who, password=typed, options=[*CLIENT, *options])


def pamtester(here, person, *typed):
    """Runs service `field`; says what was asked and whether it was let in."""
    here.pam("field", STACK)
    child = pexpect.spawn("pamtester", ["field", person.name, "authenticate", "acct_mgmt"],
                          encoding="utf-8", timeout=30)
    child.delaybeforesend = None
    shown = ""
    for answer in typed:
        if child.expect(["[^\n]*: ?$", pexpect.EOF]) != 0:
            break
        shown += child.before + child.after
        child.sendline(answer)
    child.expect(pexpect.EOF)
    shown += child.before
    child.close()
    return child.exitstatus == 0, shown


@pytest.mark.codes
def test_password_method_of_sshd(here, server, ann):
    since, used = here.log.now(), ann.phone.code()
    assert ssh(here, server, ann, ann.password + used).entered
    lines = here.log.module_lines(since)
    assert len(lines) == 1 and "result=accepted" in lines[0], lines
    for typed in (ann.password, ann.password + ann.phone.wrong(), ann.password + used,
                  "other" + ann.phone.code(1), ann.phone.code(1)):
        assert not ssh(here, server, ann, typed).entered, typed
    assert ssh(here, server, ann, ann.password + ann.recovery_codes[0]).entered
    assert ssh(here, server, ann,
               ann.password + ann.recovery_codes[1].replace("-", "").lower()).entered


def test_files_are_copied_with_one_field(here, server, ann, tmp_path):
    """A program that hands one string to sftp, and knows of no other question."""
    def copies(typed):
        asker.write_text("#!/bin/sh\necho '%s'\n" % typed)
        asker.chmod(0o700)
        subprocess.run(["setsid", "sftp", "-F", config, *CLIENT, "srv:/etc/hosts", str(copy)],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60,
                       env=dict(os.environ, SSH_ASKPASS=str(asker), DISPLAY="none",
                                SSH_ASKPASS_REQUIRE="force"))
        return copy.exists()

    asker, copy = tmp_path / "asker", tmp_path / "copy"
    command = here.ssh_command(server, ann)
    config = command[command.index("-F") + 1]
    assert not copies(ann.password) and not copies(ann.password + ann.phone.wrong())
    assert copies(ann.password + ann.phone.code())
    with open("/etc/hosts", "rb") as hosts:
        assert copy.read_bytes() == hosts.read()


def test_remembered_place_takes_the_password_alone(here, server, ann):
    for address in (HERE, NEXT_DOOR):
        subprocess.run(["ip", "address", "replace", address + "/32", "dev", "lo"], check=True)
    here.conf(remember="1h")
    assert not ssh(here, server, ann, ann.password, "-b", HERE).entered
    assert not ssh(here, server, ann, "other" + ann.phone.code(-1), "-b", HERE).entered
    assert not ssh(here, server, ann, ann.password, "-b", HERE).entered, "not by the code alone"
    assert ssh(here, server, ann, ann.password + ann.phone.code(), "-b", HERE).entered
    assert ssh(here, server, ann, ann.password, "-b", HERE).entered
    assert not ssh(here, server, ann, "other", "-b", HERE).entered
    assert not ssh(here, server, ann, ann.password, "-b", NEXT_DOOR).entered


@pytest.mark.parametrize("words", [
    {"require": "nobody"}, {"require_from": "2124-02-29"}, {"trusted_networks": "127.0.0.1"}],
    ids=lambda words: next(iter(words)))
def test_password_alone_of_those_who_are_let_by(here, server, bob, words):
    assert not ssh(here, server, bob, bob.password).entered
    here.conf(**words)
    assert ssh(here, server, bob, bob.password).entered
    assert not ssh(here, server, bob, bob.password + "123456").entered


def test_hidden_account_gets_in_or_is_counted(here, server):
    """For root sshd hands over junk: nobody guessed at anything, and nothing tells."""
    here.account()
    since = here.log.now()
    seen = ssh(here, server, "root", "secret123456")
    assert not seen.entered
    lines = here.log.module_lines(since)
    assert len(lines) == 1 and "result=malformed" in lines[0] and "hint=" in lines[0], lines
    since = here.log.now()
    assert not ssh(here, server, "nobody-of-that-name", "secret123456").entered
    assert "result=unenrolled" in here.log.module_lines(since)[0]


@pytest.mark.skipif(shutil.which("pamtester") is None, reason="pamtester is not installed")
@pytest.mark.codes
def test_pamtester_asks_once_and_shows_nothing_that_is_typed(here, ann, bob):
    assert not pamtester(here, bob, bob.password)[0]
    assert pamtester(here, ann, ann.password + ann.recovery_codes[0])[0]
    inside, shown = pamtester(here, ann, ann.password + ann.phone.code())
    assert inside and len(re.findall(r"Verification code: ", shown)) == 1, shown
    assert ann.password not in shown
    inside, shown = pamtester(here, ann, ann.password + ann.phone.wrong())
    assert not inside and "rong" not in shown, shown
    here.conf(require=ann.name)
    assert pamtester(here, bob, bob.password)[0]
    assert not pamtester(here, bob, "other")[0]
