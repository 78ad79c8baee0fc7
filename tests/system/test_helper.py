# SPDX-License-Identifier: BSD-2-Clause
"""Logins of processes that may not read the store, through the set-uid helper."""

import json
import os
import re
import shutil
import stat
import subprocess

import pytest

import events
import wire
from screen import LOGIN, Locker


@pytest.fixture(autouse=True)
def nothing_left_behind(here):
    if not here.HELPER:
        pytest.skip("built without the helper")
    yield
    wire.wait_until_all_are_gone()
    assert here.strays() == []


@pytest.fixture
def locker(here):
    return Locker(here)


# ---- the module, in a process of the user's own ----------------------------------------

@pytest.mark.codes
def test_screen_opens_by_a_wrong_code_or_not_by_a_right_one(locker, ann):
    code, by = ann.phone.code(), str(ann.uid)
    told, shown = locker.run(ann, ann.phone.wrong(), "hunter2", "", code, code)
    assert told == ["refused", "refused", "refused", "success", "refused"]
    for words in ("Wrong code.", "Not a code. Type the 6 digits", "1 wrong code since",
                  "2 recovery codes left.", "Code already used."):
        assert words in shown
    assert locker.results(ann) == [(word, by) for word in (
        "wrong", "malformed", "empty", "accepted", "spent")]


@pytest.mark.codes
def test_recovery_code_opens_no_screen(locker, ann):
    code = ann.recovery_codes[0]
    told, shown = locker.run(ann, code.replace("-", "").lower(), code)
    assert told == ["success", "refused"]
    assert "Recovery code accepted, 1 left" in shown and "already used" in shown


def test_code_of_the_caller_opens_the_screen_of_another(here, locker, ann):
    other = here.account()
    other.enroll()
    told, shown = locker.run(ann, ann.phone.code(), user=other.name)
    assert told == ["unavailable"] and shown.startswith("Verification code:")
    assert locker.results(other) == [("unavailable", "locker")]
    assert locker.results(ann) == []
    assert locker.run(ann, ann.phone.code(), user="nobody-of-that-name")[0] == ["unavailable"]
    assert ann.status()["failures"] == 0
    # nor was it spent
    assert locker.run(ann, ann.phone.code())[0] == ["success"]


def test_who_has_no_second_step_opens_his_screen(locker, bob, opened):
    told, shown = locker.run(bob, "123456")
    assert told == ["refused"] and "You have no second step yet." in shown
    assert locker.results(bob) == [("unenrolled", str(bob.uid))]


def test_rules_that_let_by_do_not_count_at_the_screen(here, locker, ann, bob):
    here.conf(require="nobody")
    assert locker.run(bob, "unasked")[0] == ["success"]
    here.conf(exempt=ann.name)
    assert locker.run(ann, "unasked")[0] == ["success"]
    assert locker.results(bob) == locker.results(ann) == [("skipped", "locker")]


def test_somebody_enrolls_or_is_remembered_at_the_screen(here, locker, ann, bob):
    here.conf(enroll_at_login="yes", remember="7d")
    told, shown = locker.run(bob, "123456")
    assert told == ["refused"] and "enroll you" in shown
    assert locker.run(ann, ann.phone.code(), ann.phone.wrong())[0] == ["success", "refused"]
    assert ann.status()["places"] == 0


def test_activation_code_is_spent_at_the_screen(here, locker, ann):
    here.conf(enroll_at_login="invited")
    told = here.tool("invite", "--replace", ann.name).stdout
    code = here.secret(re.search(r"(?:[0-9A-Z]{4}-){2}[0-9A-Z]{4}(?![-0-9A-Z])", told).group())
    assert locker.run(ann, code)[0] == ["refused"]
    assert locker.results(ann) == [("malformed", str(ann.uid))]
    assert ann.status()["invited"]


@pytest.mark.codes
def test_one_field_is_cut_elsewhere_through_the_helper(here, ann):
    """The module hands the password on; the helper says how long the code was."""
    locker = Locker(here, "combined")
    here.pam("locker", ["auth required pam_twostep.so combined",
                        "auth required pam_exec.so expose_authtok quiet /run/place/bin/check"])
    here.write("/run/place/bin/check", "#!/bin/sh\nexec grep -qx 'pass 99'\n", mode=0o755)
    code = ann.phone.code()
    for password, typed, result in (
            ("pass 99", ann.phone.wrong(), "refused"), ("pass 99", code, "success"),
            ("pass 98", ann.recovery_codes[0], "system error"),
            ("pass 99", ann.recovery_codes[1], "success")):
        assert locker.run(ann, password + typed)[0] == [result]
    assert [word for word, _ in locker.results(ann)] == ["wrong"] + ["accepted"] * 3


@pytest.mark.skipif(shutil.which("pamtester") is None, reason="pamtester is not installed")
@pytest.mark.codes
def test_pamtester_of_a_user_is_answered_otherwise_than_a_login(here, ann):
    """Password and code, by a program of the person's own."""
    here.pam("locker", ["auth requisite pam_unix.so nodelay", "auth required pam_twostep.so",
                        "account required pam_twostep.so", "account required pam_unix.so"])
    code = ann.phone.code()
    for typed, opens in ((ann.phone.wrong(), False), (code, True), (code, False),
                         (ann.recovery_codes[0], True)):
        done = subprocess.run(["pamtester", "locker", ann.name, "authenticate", "acct_mgmt"],
                              input="%s\n%s\n" % (ann.password, typed), capture_output=True,
                              text=True, timeout=30, preexec_fn=ann.become, check=False)
        assert (done.returncode == 0) == opens, (typed, done)


@pytest.mark.parametrize("way", ["store", "key", "helper", "setting"])
def test_screen_opens_when_something_is_broken(here, locker, ann, way):
    code = ann.phone.code()
    if way == "setting":
        here.conf(nullok="yes")
        assert locker.run(ann, code)[0] == ["service error"]
        here.conf()
        return
    away = {"store": here.STORE + "/marker", "key": here.KEY, "helper": here.HELPER}[way]
    with here.without(away):
        told, shown = locker.run(ann, code)
    assert told == ["unavailable"] and "out of order" in shown
    by = [("unavailable", str(ann.uid))] if way != "helper" else []
    assert locker.results(ann) == by + [("unavailable", "locker")]
    assert locker.run(ann, code)[0] == ["success"]


def test_host_hears_of_the_helper(here, locker, ann):
    """No child, no signal, no descriptor stays with the program that asked."""
    host = shutil.copy(os.path.join(here.build, "tests/pam/host"), LOGIN + "-host")
    told = subprocess.run(
        [host, "locker", "/etc/pam.d", ann.name, ann.phone.wrong(),
         ann.phone.code()], preexec_fn=ann.become, capture_output=True, text=True)
    before, after = told.stdout.split("after\n")
    assert told.stderr == "returned 7\nreturned 0\n"
    assert [line for line in after.splitlines() if not re.match("crypto|provider", line)] == \
        before.splitlines()[1:]


def test_login_of_root_calls_the_helper(here, ann):
    door = events.Door(here, "su")
    with here.without(here.HELPER):
        door.admits(ann, ann.phone.code())


# ---- one account, one lock --------------------------------------------------------------

@pytest.mark.codes
def test_ten_wrong_codes_lock_through_either_door(locker, ann):
    for i in range(9):
        assert locker.run(ann, ann.phone.wrong(i), root=i % 2 == 0)[0] == ["refused"]
    assert not ann.status()["locked"]
    shown = locker.run(ann, ann.phone.wrong(9))[1]
    assert "locked for 30 minutes" in shown
    assert locker.results(ann)[-1][0] == "wrong" and ann.status()["locked"]
    # and it stands at both, whatever the code, but for a recovery code
    assert locker.run(ann, ann.phone.code(), root=True)[0] == ["refused"]
    told, shown = locker.run(ann, ann.phone.code(), ann.recovery_codes[0])
    assert told == ["refused", "success"]
    assert shown.startswith("Too many wrong codes: locked for")


def test_rule_07_one_code_opens_many_screens(locker, ann):
    told = locker.run(ann, ann.phone.code(), options=["-f", "64"])[0]
    assert sorted(told) == ["refused"] * 63 + ["success"]
    assert sorted(word for word, _ in locker.results(ann)) == ["accepted"] + ["spent"] * 63


def test_rule_08_guesses_at_one_instant_go_beyond_the_lock(locker, ann):
    told = locker.run(ann, *(ann.phone.wrong(i) for i in range(20)), options=["-f", "20"])[0]
    assert told == ["refused"] * 20
    words = [word for word, _ in locker.results(ann)]
    assert words.count("wrong") == 10 and words.count("locked") == 10


# ---- what doctor says of it ---------------------------------------------------------------

def _found(here, *options):
    """(finding, advice, mended) of the helper's."""
    done = here.tool("doctor", "--json", *options, check=False)
    return [(f["finding"], f["advice"], f["mended"]) for f in json.loads(done.stdout)["findings"]
            if f["file"] == here.HELPER]


IDLE, UNSAFE, MENDED = (("helper", True, False), ("helper-unsafe", False, False),
                        ("helper-unsafe", False, True))


@pytest.mark.parametrize("owner, mode, found, fixed, left", [
    (0, 0o4755, [], [], 0o4755), (0, 0o4711, [], [], 0o4711), (0, 0o4750, [], [], 0o4750),
    (0, 0o755, [IDLE], [IDLE], 0o755), (0, 0o2755, [IDLE], [IDLE], 0o2755),
    (0, 0o4775, [UNSAFE], [MENDED], 0o4755), (0, 0o4757, [UNSAFE], [MENDED], 0o4755),
    (0, 0o777, [UNSAFE], [MENDED, IDLE], 0o755),
    (1, 0o4755, [UNSAFE], [UNSAFE], 0o4755), (1, 0o4777, [UNSAFE], [UNSAFE], 0o4777)])
def test_doctor_passes_over_a_helper_that_is_not_as_installed(here, owner, mode, found, fixed, left):
    try:
        os.chown(here.HELPER, owner, 0)
        os.chmod(here.HELPER, mode)
        assert _found(here) == found
        assert stat.S_IMODE(os.stat(here.HELPER).st_mode) == mode
        assert _found(here, "--fix") == fixed
        now = os.stat(here.HELPER)
        assert (now.st_uid, stat.S_IMODE(now.st_mode)) == (owner, left)
    finally:
        os.chown(here.HELPER, 0, 0)
        os.chmod(here.HELPER, 0o4755)


@pytest.mark.parametrize("instead", ["nothing", "link", "directory", "nosuid"])
def test_doctor_passes_over_a_helper_that_is_not_there(here, instead):
    if instead == "nosuid":
        above = os.path.dirname(here.HELPER)
        subprocess.run(["mount", "--bind", above, above], check=True)
        try:
            subprocess.run(["mount", "-o", "remount,bind,nosuid", above], check=True)
            assert _found(here, "--fix") == [IDLE]
        finally:
            subprocess.run(["umount", above], check=True)
        return
    with here.without(here.HELPER):
        if instead == "link":
            os.symlink(here.HELPER + ".away", here.HELPER)
        elif instead == "directory":
            os.mkdir(here.HELPER)
        assert _found(here, "--fix") == [IDLE if instead == "nothing" else UNSAFE]
        said = here.tool("doctor", check=False)
        assert here.HELPER in (said.stdout if instead == "nothing" else said.stderr)
    assert _found(here) == []


@pytest.mark.parametrize("owner, mode", [(0, 0o777), (0, 0o775), (1, 0o755)])
def test_doctor_passes_over_a_helper_that_others_can_replace(here, owner, mode):
    above = os.path.dirname(here.HELPER)
    before = os.stat(above)
    try:
        os.chown(above, owner, before.st_gid)
        os.chmod(above, mode)
        said = json.loads(here.tool("doctor", "--json", "--fix", check=False).stdout)["findings"]
        assert [(f["file"], f["advice"]) for f in said if f["finding"] == "helper-unsafe"] == [(above, False)]
        assert stat.S_IMODE(os.stat(above).st_mode) == mode
    finally:
        os.chown(above, before.st_uid, before.st_gid)
        os.chmod(above, stat.S_IMODE(before.st_mode))
