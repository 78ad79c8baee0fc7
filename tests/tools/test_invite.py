# SPDX-License-Identifier: BSD-2-Clause
"""invite, of one user: an activation code that is shown once."""

import json
import os
import re
import subprocess
import time

import pytest

from crowd import CODE, invited, kept, opens
from test_status import moment
from tool import (DONE, NO, SYSTEM, USAGE, Phone, faketime, plain_environment, read, write)


@pytest.fixture(name="tool")
def unsealed_tool(tool):
    """What is kept of a code can be looked at."""
    tool.key_file = "none"
    tool.settings(enroll_at_login="invited")
    return tool


def code_in(done):
    found = CODE.findall(done.stdout)
    assert len(found) == 1, done
    return found[0]


def test_a_code_is_shown_and_it_is_the_one_that_opens(tool, ann):
    before = time.time()
    code = code_in(tool.run("invite", ann))
    assert opens(tool, ann, code)
    assert 3600 <= kept(tool, ann)[0] - int(before) <= 3630


def test_a_code_for_scripts(tool, ann):
    told = tool.json("invite", ann, "--valid", "3d")
    assert sorted(told) == ["code", "invited_until", "replace", "user"]
    assert told["user"] == ann and told["replace"] is False
    assert opens(tool, ann, told["code"])
    assert moment(told["invited_until"]) == kept(tool, ann)[0]
    assert abs(moment(told["invited_until"]) - time.time() - 3 * 86400) < 30


def test_the_first_of_all_verbs_may_be_invite(tool, ann):
    tool.key_file = os.path.join(tool.directory, "key")
    code_in(tool.run("invite", ann))
    assert len(read(tool.key_file)) == 32
    assert os.path.exists(tool.history(ann)), "wrong codes could not be counted"


def test_the_file_is_for_root_alone(tool, ann):
    tool.run("invite", ann)
    path = os.path.join(tool.store, "invitations", ann)
    assert os.lstat(path).st_mode & 0o7777 == 0o600
    assert os.lstat(os.path.dirname(path)).st_mode & 0o7777 == 0o700


def test_the_newest_code_is_the_only_one(tool, ann):
    first, second = (code_in(tool.run("invite", ann)) for _ in range(2))
    assert first != second
    assert opens(tool, ann, second) and not opens(tool, ann, first)


def test_a_code_in_place_of_a_damaged_one(tool, ann):
    tool.run("invite", ann)
    path = os.path.join(tool.store, "invitations", ann)
    write(path, read(path)[:-9])
    tool.run("status", ann, status=SYSTEM)
    assert opens(tool, ann, code_in(tool.run("invite", ann)))


def test_who_is_enrolled_is_refused_without_replace(tool, ann):
    tool.enroll(ann)
    before = tool.files()
    done = tool.run("invite", ann, status=NO)
    assert "--replace" in done.stderr and done.stdout == ""
    assert tool.files() == before


def test_replace_is_for_who_is_enrolled(tool, ann):
    tool.enroll("u0")
    before = tool.files()
    done = tool.run("invite", ann, "--replace", status=NO)
    assert "not enrolled: leave out --replace" in done.stderr and done.stdout == ""
    assert tool.files() == before


def test_a_lost_phone(tool, ann):
    """The code is taken at the usual prompt, and the devices stay until a new one is linked."""
    phone = tool.enroll(ann)
    told = tool.json("invite", ann, "--replace")
    assert told["replace"] is True and opens(tool, ann, told["code"])
    assert "activation" in tool.verify(ann, told["code"]).stdout
    tool.verify(ann, phone.code())


def test_verify_takes_a_code_that_no_login_takes(tool, ann):
    """Neither does it count a wrong one."""
    tool.enroll(ann)
    code = tool.json("invite", ann, "--replace")["code"]
    tool.settings(enroll_at_login="no")
    for typed in (code, "0000-0000-0000"):
        assert "malformed" in tool.verify(ann, typed, status=NO).stderr
    assert tool.json("status", ann)["failures"] == 0
    tool.settings(enroll_at_login="yes")
    assert "wrong" in tool.verify(ann, "0000-0000-0000", status=NO).stderr
    tool.verify(ann, code)


@pytest.mark.codes
@pytest.mark.parametrize("change", [["enroll", "--replace", "--no-confirm", "--quiet"],
                                    ["enroll", "--add", "--no-confirm", "--quiet"],
                                    ["recovery", "--new"], ["recovery", "--one"]])
def test_a_code_to_replace_ends_with_what_it_was_for(tool, ann, change):
    """Whoever finds the letter afterwards must not unlink the new phone with it."""
    tool.enroll(ann)
    code = tool.json("invite", ann, "--replace")["code"]
    tool.run(change[0], ann, *change[1:])
    assert invited(tool) == []
    tool.verify(ann, code, status=NO)


@pytest.mark.parametrize("valid", ["9m", "599", "31d", "2592001", "0", "-1h", "1w", "", "1h ",
                                   "h", "1.5h", "99999999999999999999d"])
def test_a_time_that_cannot_be_is_wrong_usage(tool, ann, valid):
    done = tool.run("invite", ann, "--valid=" + valid, status=USAGE)
    assert "--valid" in done.stderr
    assert not os.path.exists(tool.store)


@pytest.mark.parametrize("valid, seconds", [("10m", 600), ("600", 600), ("30d", 2592000)])
def test_the_shortest_and_the_longest_time(tool, ann, valid, seconds):
    told = tool.json("invite", ann, "--valid", valid)
    assert abs(moment(told["invited_until"]) - time.time() - seconds) < 30


def test_an_unknown_user_is_not_invited(tool):
    tool.enroll("u0")
    before = tool.files()
    done = tool.run("invite", "nobody-of-that-name", status=NO)
    assert "no such account" in done.stderr
    assert tool.files() == before


def test_the_administrator_hears_where_no_login_takes_the_code(tool, ann):
    tool.settings()
    done = tool.run("invite", ann, errors=False)
    assert "enroll_at_login" in done.stderr and CODE.search(done.stdout)
    assert not CODE.search(done.stderr)


def test_a_code_that_could_not_be_shown(tool, ann):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run(tool.command("invite", ann), stdout=full, stderr=subprocess.PIPE,
                              text=True, env=plain_environment())
    assert done.returncode == SYSTEM and "run this again" in done.stderr


def test_inviting_leaves_a_line_without_the_code(tool, ann, journal):
    journal.take()
    code = code_in(tool.run("invite", ann))
    lines = journal.take()
    assert any("user=%s result=invited service=twostep by=0" % ann in line for line in lines)
    assert not any(code[:4] in line or code.replace("-", "") in line for line in lines)


# ---- what status and remove say of it

def test_status_tells_until_when(tool, ann):
    until = tool.json("invite", ann)["invited_until"]
    assert tool.json("status", ann, status=NO, errors=False) == {
        "user": ann, "enrolled": False, "invited": True, "invited_until": until}
    said = tool.run("status", ann, status=NO, errors=False).stdout
    assert re.search(r"invited until %s %s UTC" % (until[:10], until[11:16]), said), said


def test_status_of_an_invitation_that_is_over(tool, ann):
    until = tool.json("invite", ann)["invited_until"]
    later = faketime("+2h")
    told = tool.json("status", ann, status=NO, errors=False, env=later)
    assert (told["invited"], told["invited_until"]) == (False, until)
    said = tool.run("status", ann, status=NO, errors=False, env=later).stdout
    assert "invited until" not in said and "over" in said


def test_status_of_who_is_enrolled_and_invited(tool, ann):
    tool.enroll(ann)
    assert tool.json("status", ann)["invited"] is False
    until = tool.json("invite", ann, "--replace")["invited_until"]
    told = tool.json("status", ann)
    assert (told["enrolled"], told["invited"], told["invited_until"]) == (True, True, until)
    assert "invited until" in tool.run("status", ann).stdout


@pytest.mark.codes
def test_status_of_an_invitation_that_a_kill_left_behind(tool, ann):
    """The record has changed since: it opens nothing, and nobody is told that it does."""
    tool.enroll(ann)
    code = tool.json("invite", ann, "--replace")["code"]
    path = os.path.join(tool.store, "invitations", ann)
    left = read(path)
    tool.run("recovery", ann, "--new")
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(left)
    told = tool.json("status", ann)
    assert (told["invited"], told["invited_until"]) == (False, None)
    tool.verify(ann, code, status=NO)


def test_status_of_all_names_who_is_only_invited(tool, names):
    ann, bob, eve = (next(names) for _ in range(3))
    tool.enroll(ann)
    tool.enroll(bob)
    tool.run("invite", bob, "--replace")
    tool.run("invite", eve)
    listed = [(user["user"], user["enrolled"], user["invited"])
              for user in tool.json("status", "--all")]
    assert listed == [(ann, True, False), (bob, True, True), (eve, False, True)]
    said = tool.run("status", "--all").stdout
    assert re.search(r"^%s\s+0\s+0\s+invited" % eve, said, re.M), said


def test_status_of_all_names_a_damaged_record_once(tool, names):
    """Its owner is enrolled and invited; of the other, the invitation is all there was."""
    ann, bob = (next(names) for _ in range(2))
    tool.enroll(ann)
    tool.run("invite", ann, "--replace")
    tool.run("invite", bob)
    write(tool.enrollment(ann), b"")
    write(os.path.join(tool.store, "invitations", bob), b"")
    listed = json.loads(tool.run("status", "--all", "--json", status=SYSTEM).stdout)
    assert [(user["user"], user["enrolled"], "damaged" in user) for user in listed] == [
        (ann, True, True), (bob, False, True)]


def test_remove_takes_the_invitation_back(tool, ann, journal):
    code = code_in(tool.run("invite", ann))
    journal.take()
    assert "taken back" in tool.run("remove", ann).stdout
    assert invited(tool) == [] and not opens(tool, ann, code)
    assert any("user=%s result=removed method=activation" % ann in line
               for line in journal.take())
    assert "not enrolled" in tool.run("remove", ann, status=NO).stderr


def test_remove_of_who_is_enrolled_takes_the_invitation_along(tool, ann):
    tool.enroll(ann)
    tool.run("invite", ann, "--replace")
    tool.run("remove", ann)
    assert invited(tool) == [] and not tool.enrolled(ann)


def test_remove_of_a_damaged_invitation(tool, ann):
    tool.run("invite", ann)
    write(os.path.join(tool.store, "invitations", ann), b"x")
    tool.run("remove", ann)
    assert invited(tool) == []


def test_remove_of_one_device_is_not_about_the_invitation(tool, ann):
    tool.run("invite", ann)
    tool.run("remove", ann, "--device", "phone", status=NO)
    assert invited(tool) == [ann]


def test_enrolling_ends_the_invitation(tool, ann):
    tool.run("invite", ann)
    tool.enroll(ann)
    assert invited(tool) == []
    tool.run("remove", ann)
    assert tool.json("status", ann, status=NO, errors=False)["invited_until"] is None


def test_who_is_only_invited_can_be_unlocked(tool, ann, names):
    """Wrong activation codes count against the same lock."""
    tool.run("invite", ann)
    assert "unlocked" in tool.run("unlock", ann).stdout
    tool.run("unlock", next(names), status=NO)


@pytest.mark.codes
@pytest.mark.parametrize("verb", ["verify", "recovery", "forget"])
def test_who_is_only_invited_is_not_enrolled(tool, ann, verb):
    tool.run("invite", ann)
    assert "not enrolled" in tool.run(verb, ann, status=NO).stderr


def test_a_phone_that_is_linked_beside_an_invitation_is_not_undone(tool, ann):
    """Two administrators: who was invited while another enrolled him keeps his phone."""
    phone = Phone()
    with tool.pipes("enroll", ann, "--key", phone.key) as child:
        while "Key: " not in child.stdout.readline():
            pass
        tool.run("invite", ann)
        child.communicate(phone.code() + "\n", timeout=30)
    assert child.returncode in (DONE, NO)
    assert tool.enrolled(ann) == (child.returncode == DONE)
    assert (invited(tool) == []) == (child.returncode == DONE)
