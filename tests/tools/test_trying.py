# SPDX-License-Identifier: BSD-2-Clause
"""twostep test: a real service of PAM, by libpam itself, at pipes and at a terminal."""

import os
import re
import shlex
import subprocess

import pexpect
import pytest

import rig
from tool import (DONE, NO, PROGRAM, SYSTEM, USAGE, Phone, plain_environment, read)

PERMIT = "required pam_permit.so"


class Services:
    """What stands in the place of /etc/pam.d; the module is asked as `try` has it."""

    def __init__(self, directory, tool):
        self._directory, self._tool = str(directory), tool
        rig.mount(self._directory, "/etc/pam.d", flags=rig.MS_BIND)

    def close(self):
        rig.unmount("/etc/pam.d")

    def put(self, auth=None, account=PERMIT, words=()):
        """A line of each type; None is that of the module."""
        ours = " ".join(["required", rig.built("pam_twostep.so", ".libs/pam_twostep.so"),
                         "store=file:" + self._tool.store, "key_file=" + self._tool.key_file,
                         "conf=" + self._tool.conf, *words])
        with open(os.path.join(self._directory, "try"), "w", encoding="ascii") as file:
            file.write("auth %s\naccount %s\naccount %s\n" % (auth or ours, account or ours, PERMIT))


@pytest.fixture
def services(tmp_path, tool):
    directory = tmp_path / "pam.d"
    directory.mkdir()
    there = Services(directory, tool)
    there.put()
    yield there
    there.close()


def attempt(tool, user, typed="", status=DONE, errors=False, **more):
    return tool.run("test", "--service", "try", user, input=typed + "\n", status=status,
                    errors=errors, **more)


def answered(done):
    """{phase: (name, number)}"""
    return {m[0]: (m[1], int(m[2])) for m in
            re.findall(r"^(\w+) phase: .*\((PAM\w*) (\d+)\)$", done.stdout, re.M)}


def test_both_phases_answer_and_the_code_is_spent(tool, ann, services):
    code = tool.enroll(ann).code()
    done = attempt(tool, ann, code)
    assert answered(done) == {"auth": ("PAM_SUCCESS", 0), "account": ("PAM_SUCCESS", 0)}
    assert "a code that is taken is spent" in done.stdout
    assert "%s: let in by both phases" % ann in done.stdout
    again = attempt(tool, ann, code, status=NO)
    assert answered(again) == {"auth": ("PAM_AUTH_ERR", 7)}


def test_the_account_phase_is_not_called_after_a_refusal(tool, ann, services):
    phone = tool.enroll(ann)
    done = attempt(tool, ann, phone.wrong(), status=NO)
    assert "Authentication failure (PAM_AUTH_ERR 7)" in done.stdout
    assert "account phase: not called" in done.stdout
    assert "let in" not in done.stdout
    assert tool.json("status", ann)["failures"] == 1    # it counts, as at a login


@pytest.mark.parametrize("broken, name, number", [
    ("store", "PAM_AUTHINFO_UNAVAIL", 9), ("setting", "PAM_SERVICE_ERR", 3),
    ("module", "PAM_MODULE_UNKNOWN", 28)])
def test_what_is_out_of_order_is_no_refusal(tool, ann, services, broken, name, number):
    tool.enroll(ann)
    if broken == "store":
        os.rename(tool.store, tool.store + ".gone")
    elif broken == "setting":
        services.put(words=["windou=1"])
    else:
        services.put("required pam_that_is_not_there.so")
    done = attempt(tool, ann, "123456", status=SYSTEM)
    assert answered(done) == {"auth": (name, number)}
    assert "let in" not in done.stdout


def test_the_settings_of_the_tool_do_not_stand_in_the_way(tool, ann, services):
    """Broken ones are what somebody wants to see the answer of."""
    code = tool.enroll(ann).code()
    tool.configure("no such word\n")
    assert answered(attempt(tool, ann, code, status=SYSTEM))["auth"][0] == "PAM_SERVICE_ERR"


@pytest.mark.parametrize("account, name, status", [
    ("required pam_deny.so", "PAM_AUTH_ERR", NO),
    ("required pam_say.so 9 unavailable", "PAM_AUTHINFO_UNAVAIL", SYSTEM),
    ("required pam_say.so 3 out-of-order", "PAM_SERVICE_ERR", SYSTEM),
    ("required pam_say.so 12 expired", "PAM_NEW_AUTHTOK_REQD", NO)])
def test_a_refusing_account_phase_is_named(tool, ann, services, account, name, status):
    account = account.replace("pam_say.so", rig.built("tests/tools/.libs/pam_say.so"))
    services.put(account=account)
    code = tool.enroll(ann).code()
    done = attempt(tool, ann, code, status=status)
    said = answered(done)
    assert said["auth"] == ("PAM_SUCCESS", 0) and said["account"][0] == name
    assert "wrong, spent" not in done.stdout and "doctor" not in done.stdout    # it is another module's


def test_it_says_that_nothing_was_asked(tool, ann, services):
    services.put(auth=PERMIT)
    assert "nothing was asked" in attempt(tool, ann).stdout
    services.put()
    assert "nothing was asked" not in attempt(tool, ann, tool.enroll(ann).code()).stdout


def test_an_unanswered_question_is_a_refusal(tool, ann, services):
    tool.enroll(ann)
    done = tool.run("test", "--service", "try", ann, status=NO, errors=False)
    assert "account phase: not called" in done.stdout


@pytest.mark.parametrize("behind", ["\0", "\0x", " " * 506, " " * 600])
def test_what_is_no_string_is_not_given_to_libpam(tool, ann, services, behind):
    """Cut off it would be the right code."""
    code = tool.enroll(ann).code()
    attempt(tool, ann, code + behind, status=NO)
    assert tool.json("status", ann)["failures"] == 0


@pytest.mark.parametrize("service", ["../try", "/etc/pam.d/try", ".try", "", "a b", "x" * 65])
def test_the_name_of_a_service_is_no_path(tool, ann, services, service):
    done = tool.run("test", "--service", service, ann, status=USAGE)
    assert "--service" in done.stderr


def test_usage(tool, ann, services):
    assert "--service" in tool.run("test", ann, status=USAGE).stderr
    assert "which user" in tool.run("test", "--service", "try", status=USAGE,
                                    errors=False).stderr


def test_a_service_that_is_not_there_is_not_replaced_by_other(tool, ann, services, tmp_path):
    services.put(auth=PERMIT)
    os.rename(tmp_path / "pam.d" / "try", tmp_path / "pam.d" / "other")
    done = attempt(tool, ann, status=NO, errors=True)
    assert "no such service" in done.stderr and "let in" not in done.stdout


def test_only_root_may(tool, ann, services):
    code = tool.enroll(ann).code()
    done = subprocess.run([PROGRAM, "test", "--service", "try", ann], input=code, text=True,
                          capture_output=True, env=plain_environment(), user=65534,
                          extra_groups=[], cwd="/")
    assert (done.returncode, done.stdout) == (NO, "")


def test_an_interrupt_ends_it_and_nothing_is_judged(tool, ann, services):
    services.put(account=None, words=["echo=no"])
    tool.enroll(ann)
    before = {path: data for path, data in tool.files().items() if "pam.d" not in path}
    child = tool.spawn("test", "--service", "try", ann)
    child.expect("Verification code: $")
    child.send("12")
    child.sendintr()
    child.expect("interrupted")
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == NO
    assert "account" not in child.before and "12" not in child.before
    assert before == {path: data for path, data in tool.files().items() if "pam.d" not in path}


@pytest.mark.parametrize("how", ["typed", "interrupt", "quit and stop"])
def test_the_terminal_is_left_as_it_was(tool, ann, services, how):
    """Also by somebody who wants to leave it while it shows nothing."""
    services.put(words=["echo=no"])
    tool.enroll(ann)
    child = pexpect.spawn("/bin/sh", timeout=30, encoding="utf-8",
                          env=plain_environment(PS1="$ "))
    child.sendline(shlex.join(tool.command("test", "--service", "try", ann)))
    child.expect("Verification code: $")
    if how == "interrupt":
        child.sendintr()
    else:
        child.sendline("hid\x1c\x1aden" if how == "quit and stop" else "hidden")
    child.expect("interrupted" if how == "interrupt" else "not called")
    assert "den" not in child.before
    child.sendline("stty -a; echo over")
    child.expect("\r\nover")
    assert re.search(r"[ ;]echo ", child.before) and "quit = ^\\" in child.before
    child.close(force=True)


@pytest.mark.codes
def test_a_person_enrolls_in_it_as_in_a_login(tool, ann, services):
    """What the auth phase promised stands in the account phase: it is one handle."""
    tool.enroll("u0" if ann != "u0" else "u399")     # makes key and store
    services.put(account=None, words=["enroll_at_login=yes"])
    child = tool.spawn("test", "--service", "try", ann, size=(60, 100))
    child.expect(r"Key:((?:\s+[A-Z2-7]{4}){8})\s")     # all of it, however it comes in
    phone = Phone("".join(child.match.group(1).split()))
    child.expect("Verification code: $")
    child.sendline(phone.code())
    child.expect("Enter: $")
    child.sendline("")
    child.expect("let in by both phases")
    child.wait()
    assert child.exitstatus == DONE
    assert tool.enrolled(ann)


def test_no_other_verb_needs_libpam(tool, ann):
    told = subprocess.run(["readelf", "-d", PROGRAM], capture_output=True, text=True, check=True)
    assert "libcrypto" in told.stdout and "libpam" not in told.stdout


def test_a_libpam_that_is_not_there_is_said(tool, ann, services, tmp_path):
    broken = tmp_path / "libpam.so.0"
    broken.write_bytes(b"")
    tool.enroll(ann)
    done = attempt(tool, ann, status=SYSTEM, errors=True,
                   env={"LD_LIBRARY_PATH": str(tmp_path)})
    assert "libpam.so.0" in done.stderr
    assert read(tool.enrollment(ann))
