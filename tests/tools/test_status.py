# SPDX-License-Identifier: BSD-2-Clause
"""What is told of a user, to people and to scripts, and what never is."""

import base64
import datetime
import json
import os
import re
import subprocess
import time

import pytest

from tool import NO, SYSTEM, Phone, plain_environment, read, write

pytestmark = pytest.mark.usefixtures("quick")


def moment(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp()


@pytest.mark.codes
def test_a_user_for_scripts(tool, ann):
    tool.enroll(ann, Phone(algorithm="SHA256", digits=8, period=60), "--name", "blue")
    tool.enroll(ann, Phone(hotp=True), "--add", "--name", "token")
    assert tool.json("status", ann) == {
        "user": ann, "enrolled": True, "recovery_codes_left": 2, "recovery_codes": 2,
        "scratch_codes_left": 0,
        "failures": 0, "failures_30d": 0, "locked": False, "locked_until": None,
        "blocked": False, "last_used": None, "recovery_codes_owed": False,
        "recovery_one_until": None, "places": 0, "invited": False, "invited_until": None,
        "devices": [
            {"name": "blue", "type": "totp", "algorithm": "SHA256", "digits": 8,
             "period": 60, "drift": 0, "last_used": None},
            {"name": "token", "type": "hotp", "algorithm": "SHA1", "digits": 6,
             "last_used": None}]}


@pytest.mark.codes
def test_a_user_for_people(tool, ann):
    tool.enroll(ann, Phone(digits=8), "--name", "blue")
    said = tool.run("status", ann).stdout
    for word in (ann, "blue", "TOTP", "SHA1", "8 digits", "2 of 2", "never"):
        assert word in said, said


def test_the_last_use(tool, ann):
    phone = tool.enroll(ann)
    tool.verify(ann, phone.code())
    status = tool.json("status", ann)
    assert abs(moment(status["last_used"]) - time.time()) < 30
    assert status["devices"][0]["last_used"] == status["last_used"]
    assert re.search(r"last used \d{4}-\d\d-\d\d \d\d:\d\d UTC", tool.run("status", ann).stdout)


def test_failures_lock_and_block(tool, ann):
    tool.settings(recovery_codes=1, lock_after=2, lock_time="1h", block_after=4)
    phone = tool.enroll(ann)
    tool.verify(ann, phone.wrong(), status=NO)
    status = tool.json("status", ann)
    assert (status["failures"], status["failures_30d"], status["locked"]) == (1, 1, False)
    tool.verify(ann, Phone().code(), status=NO)
    status = tool.json("status", ann)
    assert (status["failures_30d"], status["locked"], status["blocked"]) == (2, True, False)
    assert 3500 < moment(status["locked_until"]) - time.time() <= 3600
    assert "locked" in tool.run("status", ann).stdout
    assert "locked" in tool.run("status", "--all").stdout
    tool.run("unlock", ann)
    status = tool.json("status", ann)
    assert (status["failures"], status["locked"], status["locked_until"]) == (0, False, None)


def test_a_blocked_user(tool, ann):
    tool.settings(block_after=1)
    phone = tool.enroll(ann)
    tool.verify(ann, phone.wrong(), status=NO)
    assert tool.json("status", ann)["blocked"] is True
    for words in ([ann], ["--all"]):
        assert "blocked" in tool.run("status", *words).stdout


def test_who_is_not_enrolled(tool, ann):
    tool.enroll("u0")
    done = tool.run("status", ann, status=NO, errors=False)
    assert "%s: not enrolled" % ann in done.stdout
    assert tool.json("status", ann, status=NO, errors=False) == {
        "user": ann, "enrolled": False, "invited": False, "invited_until": None}


# ---- every user

@pytest.mark.codes
def test_every_user(tool, names):
    people = sorted(next(names) for _ in range(3))
    for name in people:
        tool.enroll(name)
    listed = tool.json("status", "--all")
    assert [user["user"] for user in listed] == people
    assert all(user == tool.json("status", user["user"]) for user in listed)
    said = tool.run("status", "--all").stdout
    assert [n for n in people if not re.search(r"^%s\s+1\s+2\s+open" % n, said, re.M)] == []


def test_nobody_is_an_empty_list(tool, ann):
    tool.enroll(ann)
    tool.run("remove", ann)
    assert tool.json("status", "--all") == []


def test_a_damaged_record_does_not_hide_the_others(tool, names):
    people = [next(names) for _ in range(3)]
    for name in people:
        tool.enroll(name)
    write(tool.enrollment(people[1]), b"")
    done = tool.run("status", "--all", "--json", status=SYSTEM)
    listed = {user["user"]: user for user in json.loads(done.stdout)}
    assert sorted(listed) == sorted(people)
    assert "damaged" in listed[people[1]] and "damaged" not in listed[people[2]]
    assert people[1] in done.stderr
    done = tool.run("status", "--all", status=SYSTEM)
    assert all(name in done.stdout for name in people)


def test_a_damaged_record_is_json_for_who_asks_for_it(tool, ann):
    tool.enroll(ann)
    write(tool.enrollment(ann), b"")
    done = tool.run("status", ann, "--json", status=SYSTEM)
    told = json.loads(done.stdout)
    assert (told.pop("user"), told.pop("enrolled")) == (ann, True) and list(told) == ["damaged"]
    assert [told["damaged"]] == [user["damaged"] for user in json.loads(
        tool.run("status", "--all", "--json", status=SYSTEM).stdout)]


@pytest.fixture(name="dismiss")
def accounts_can_be_deleted():
    """The private passwd file is the real one again afterwards."""
    with open("/etc/passwd", encoding="utf-8") as file:
        before = file.read()

    def dismiss(name):
        kept = [line for line in before.splitlines(True) if not line.startswith(name + ":")]
        with open("/etc/passwd", "w", encoding="utf-8") as file:
            file.writelines(kept)

    yield dismiss
    with open("/etc/passwd", "w", encoding="utf-8") as file:
        file.write(before)


def test_a_record_outlives_its_account(tool, names, dismiss):
    ann, bob = next(names), next(names)
    tool.enroll(ann)
    tool.enroll(bob)
    dismiss(ann)
    done = tool.run("status", "--all", "--json", status=SYSTEM)
    listed = {user["user"]: user for user in json.loads(done.stdout)}
    assert "account" in listed[ann]["damaged"] and "damaged" not in listed[bob]
    assert ann in done.stderr
    # alone it is named as in the list
    done = tool.run("status", ann, "--json", status=SYSTEM)
    assert json.loads(done.stdout) == listed[ann]
    assert done.stderr == "twostep: status: %s: no such account\n" % ann
    tool.run("enroll", ann, status=NO)
    tool.run("remove", ann)
    assert [user["user"] for user in tool.json("status", "--all")] == [bob]


@pytest.mark.codes
def test_an_account_that_was_made_anew_is_somebody_else(tool, ann, dismiss):
    """The name is the same; whoever bears it now must not get in with the old phone."""
    phone = tool.enroll(ann)
    dismiss(ann)
    with open("/etc/passwd", "a", encoding="utf-8") as file:
        file.write("%s:x:45678:45678::/nonexistent:/bin/sh\n" % ann)
    tool.run("status", ann, status=SYSTEM)
    tool.verify(ann, phone.code(), status=SYSTEM)
    tool.verify(ann, phone.recovery[0], status=SYSTEM)


# ---- what never is

@pytest.mark.codes
def test_no_secret_is_ever_told(tool, names):
    people = {}
    for user in (next(names), next(names)):
        people[user] = tool.enroll(user)
        tool.enroll(user, Phone(hotp=True), "--add")
        tool.verify(user, people[user].recovery[0])
    host_key = read(tool.key_file)
    heard = ""
    for words in ([["status", "--all"], ["doctor"], ["help"]]
                  + [[verb, user] for user in people for verb in ("status", "recovery")]):
        for form in ([], ["--json"]):
            done = subprocess.run(tool.command(*words, *form), capture_output=True, text=True,
                                  env=plain_environment())
            heard += done.stdout + done.stderr
    heard = heard.lower()
    for phone in people.values():
        raw = base64.b32decode(phone.key)
        codes = [c.lower() for c in phone.recovery]
        for secret in (phone.key.lower(), phone.key[:8].lower(), raw.hex(), *codes,
                       *[c.replace("-", "") for c in codes], *[c[:9] for c in codes]):
            assert secret not in heard
    assert host_key.hex() not in heard


@pytest.mark.codes
def test_telling_changes_nothing(tool, ann):
    tool.enroll(ann)
    before = tool.files()
    for words in (["status", ann], ["status", "--all"], ["recovery", ann], ["doctor"], ["help"]):
        tool.run(*words)
        assert tool.files() == before, words


def test_a_reader_who_may_not_read_is_told_so(tool, ann):
    tool.enroll(ann)
    done = tool.run("status", ann, status=SYSTEM, user=30001, cwd="/")
    assert "denied" in done.stderr


@pytest.mark.parametrize("words", [["status"], ["status", "--all"]])
def test_a_store_that_is_not_there_is_no_empty_one(tool, ann, words):
    """An unmounted store must not look as if nobody were enrolled."""
    tool.run(*words, *([ann] if len(words) == 1 else []), status=SYSTEM)
    assert not os.path.exists(tool.store)
    os.mkdir(tool.store, 0o700)
    tool.run(*words, *([ann] if len(words) == 1 else []), status=SYSTEM)
    assert os.listdir(tool.store) == []
