# SPDX-License-Identifier: BSD-2-Clause
"""verify, recovery, remove, unlock and forget."""

import hashlib
import os
import re
import subprocess
import time

import pexpect
import pytest

from tool import (DONE, NO, PROMPT, RECOVERY, SYSTEM, USAGE, Phone, faketime, read, write)

pytestmark = pytest.mark.usefixtures("quick")


# ---- verify

def test_a_right_code_is_accepted_once(tool, ann, journal):
    phone = tool.enroll(ann)
    journal.take()
    code = phone.code()
    assert "accepted" in tool.verify(ann, code).stdout
    assert any("user=%s result=accepted method=totp device=phone" % ann in line
               for line in journal.take())
    done = tool.verify(ann, code, status=NO)
    assert "spent" in done.stderr and done.stdout == ""
    assert any("result=spent" in line for line in journal.take())


def test_a_wrong_code_is_counted(tool, ann, journal):
    phone = tool.enroll(ann)
    journal.take()
    wrong = phone.wrong()
    done = tool.verify(ann, wrong, status=NO)
    assert "wrong" in done.stderr and wrong not in done.stdout + done.stderr
    lines = journal.take()
    assert any("result=wrong" in line for line in lines)
    assert not any(wrong in line for line in lines)
    assert tool.json("status", ann)["failures"] == 1


@pytest.mark.parametrize("typed", ["", "12345", "abc", "123456789", "0" * 500, "\0", "\u0661" * 6,
                                   "\x08\n\r\x7fINCORRECT"])
def test_what_is_no_code_is_refused_and_not_counted(tool, ann, typed):
    tool.enroll(ann)
    tool.verify(ann, typed, status=NO)
    assert tool.json("status", ann)["failures"] == 0


def test_the_end_of_input_is_refused_and_not_counted(tool, ann):
    tool.enroll(ann)
    tool.run("verify", ann, input="", status=NO)
    assert tool.json("status", ann)["failures"] == 0


def test_a_code_without_a_line_end_counts(tool, ann):
    phone = tool.enroll(ann)
    tool.run("verify", ann, input=phone.code())


def test_only_one_line_is_read(tool, ann):
    """A second answer would be a second try for the price of one."""
    phone = tool.enroll(ann)
    tool.verify(ann, phone.wrong() + "\n" + phone.code(), status=NO)
    assert tool.json("status", ann)["last_used"] is None


@pytest.mark.codes
@pytest.mark.parametrize("spell", [lambda c: c.lower(), lambda c: c.replace("-", ""),
                                   lambda c: c.replace("-", " "), lambda c: "  %s  " % c,
                                   lambda c: c.replace("1", "l").replace("0", "o")])
def test_a_recovery_code_is_read_as_people_type_it(tool, ann, spell):
    phone = tool.enroll(ann)
    done = tool.verify(ann, spell(phone.recovery[0]))
    assert "recovery" in done.stdout and phone.recovery[0] not in done.stdout
    tool.verify(ann, phone.recovery[0], status=NO)
    assert tool.json("recovery", ann)["recovery_codes_left"] == 1


@pytest.mark.codes
def test_a_lock_holds_out_right_codes_but_not_recovery_codes(tool, ann):
    tool.settings(lock_after=2)
    phone = tool.enroll(ann)
    tool.verify(ann, phone.wrong(), status=NO)
    tool.verify(ann, "999999" if phone.code() != "999999" else "999998", status=NO)
    done = tool.verify(ann, phone.code(), status=NO)
    assert "locked" in done.stderr
    tool.verify(ann, phone.recovery[0])
    tool.verify(ann, phone.code())


def test_the_same_wrong_code_is_one_failure(tool, ann):
    phone = tool.enroll(ann)
    wrong = phone.wrong()
    for _ in range(4):
        tool.verify(ann, wrong, status=NO)
    assert tool.json("status", ann)["failures"] == 1


def test_a_lock_ends(tool, ann):
    tool.settings(lock_after=1, lock_time="30m")
    phone = tool.enroll(ann)
    tool.verify(ann, phone.wrong(), status=NO)
    for minutes, status in ((0, NO), (20, NO), (31, DONE)):
        tool.verify(ann, phone.code(at=time.time() + 60 * minutes), status=status,
                    env=faketime("+%dm" % minutes))


def test_verify_at_a_terminal(tool, ann):
    phone = tool.enroll(ann)
    child = tool.spawn("verify", ann)
    child.expect_exact(PROMPT)
    child.sendline(phone.code())
    child.expect_exact("accepted")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == DONE


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_verify_broken_off_at_a_terminal(tool, ann, key):
    tool.enroll(ann)
    child = tool.spawn("verify", ann)
    child.expect_exact(PROMPT)
    child.send(key)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == NO
    assert tool.json("status", ann)["failures"] == 0


def test_the_clock_is_read_after_the_answer(tool, ann):
    """Who thinks about it for minutes still types the newest code."""
    tool.settings(window=0)
    phone = tool.enroll(ann, Phone(period=15))
    with tool.pipes("verify", ann) as child:
        time.sleep(15.2 - time.time() % 15)
        said, errors = child.communicate(phone.code() + "\n", timeout=30)
    assert child.returncode == DONE, (said, errors)


def test_two_devices_are_told_apart(tool, ann, journal):
    tool.enroll(ann, None, "--name", "blue")
    green = tool.enroll(ann, None, "--add", "--name", "green")
    journal.take()
    assert "green" in tool.verify(ann, green.code()).stdout
    assert any("device=green" in line for line in journal.take())
    used = {d["name"]: d["last_used"] for d in tool.json("status", ann)["devices"]}
    assert used["blue"] is None and used["green"]


# ---- recovery

@pytest.mark.codes
def test_how_many_are_left(tool, ann):
    phone = tool.enroll(ann)
    assert "2 of 2" in tool.run("recovery", ann).stdout
    tool.verify(ann, phone.recovery[1])
    assert "1 of 2" in tool.run("recovery", ann).stdout
    assert tool.json("recovery", ann) == {
        "user": ann, "recovery_codes_left": 1, "recovery_codes": 2}


@pytest.mark.codes
def test_new_recovery_codes_void_the_old(tool, ann):
    phone = tool.enroll(ann)
    tool.verify(ann, phone.recovery[0])
    tool.settings(recovery_codes=3)
    fresh = RECOVERY.findall(tool.run("recovery", ann, "--new").stdout)
    assert len(set(fresh)) == 3 and not set(fresh) & set(phone.recovery)
    for code in phone.recovery:
        tool.verify(ann, code, status=NO)
    assert tool.json("recovery", ann)["recovery_codes_left"] == 3
    for code in fresh:
        tool.verify(ann, code)
    tool.verify(ann, phone.code())


@pytest.mark.codes
def test_new_recovery_codes_where_none_are_wanted(tool, ann):
    phone = tool.enroll(ann)
    tool.settings(recovery_codes=0)
    before = tool.files()
    tool.run("recovery", ann, "--new", status=NO)
    assert tool.files() == before
    tool.verify(ann, phone.recovery[0])


@pytest.mark.codes
def test_new_recovery_codes_leave_failures_and_devices(tool, ann):
    phone = tool.enroll(ann)
    tool.verify(ann, phone.wrong(), status=NO)
    tool.run("recovery", ann, "--new")
    status = tool.json("status", ann)
    assert status["failures"] == 1 and len(status["devices"]) == 1


# ---- remove

@pytest.mark.codes
def test_remove_everything(tool, ann, journal):
    phone = tool.enroll(ann)
    journal.take()
    tool.run("remove", ann)
    assert any("user=%s result=removed" % ann in line for line in journal.take())
    assert not tool.enrolled(ann) and not os.path.exists(tool.enrollment(ann))
    for code in (phone.code(), phone.recovery[0]):
        tool.verify(ann, code, status=NO)
    tool.run("remove", ann, status=NO)


@pytest.mark.codes
@pytest.mark.parametrize("which", range(3))
def test_remove_one_device_of_several(tool, ann, which, journal):
    phones = [tool.enroll(ann, None, "--add", "--name", "d%d" % n) for n in range(3)]
    journal.take()
    tool.run("remove", ann, "--device", "d%d" % which)
    assert any("result=removed" in line and "device=d%d" % which in line
               for line in journal.take())
    assert tool.devices(ann) == ["d%d" % n for n in range(3) if n != which]
    for n, phone in enumerate(phones):
        tool.verify(ann, phone.code(), status=NO if n == which else DONE)
    tool.verify(ann, phones[0].recovery[0])


def test_remove_the_last_device(tool, ann):
    tool.enroll(ann)
    tool.run("remove", ann, "--device", "phone")
    assert not tool.enrolled(ann)


@pytest.mark.parametrize("name", ["", "nothing", "PHONE", "phon", "../u0"])
def test_remove_a_device_that_is_not_there(tool, ann, name):
    tool.enroll(ann)
    before = tool.files()
    tool.run("remove", ann, "--device", name, status=NO)
    assert tool.files() == before


def test_remove_keeps_what_was_spent(tool, ann):
    phone = tool.enroll(ann)
    tool.verify(ann, phone.wrong(), status=NO)
    tool.run("remove", ann)
    assert os.path.exists(tool.history(ann))
    tool.enroll(ann)
    assert tool.json("status", ann)["failures"] == 1


@pytest.mark.parametrize("harm", [lambda b: b"", lambda b: b[:-1], lambda b: b + b"x",
                                  lambda b: b[:-9] + b"\0" + b[-8:]])
def test_a_damaged_record_can_be_removed(tool, ann, harm):
    tool.enroll(ann)
    write(tool.enrollment(ann), harm(read(tool.enrollment(ann))))
    done = tool.run("remove", ann, "--device", "phone", status=SYSTEM)
    assert ann in done.stderr
    tool.run("remove", ann)
    phone = tool.enroll(ann)
    tool.verify(ann, phone.code())


# ---- unlock

def test_unlock_opens_a_lock_and_a_block(tool, ann, journal):
    for words in ({"lock_after": 1}, {"block_after": 1}):
        tool.settings(**words)
        phone = tool.enroll(ann, None, "--replace")
        tool.verify(ann, phone.wrong(), status=NO)
        tool.verify(ann, phone.code(), status=NO)
        journal.take()
        assert "unlocked" in tool.run("unlock", ann).stdout
        assert any("user=%s result=unlocked" % ann in line for line in journal.take())
        tool.verify(ann, phone.code())


@pytest.mark.codes
def test_unlock_frees_no_spent_code(tool, ann):
    phone = tool.enroll(ann)
    code = phone.code()
    tool.verify(ann, code)
    tool.verify(ann, phone.recovery[0])
    tool.run("unlock", ann)
    tool.verify(ann, code, status=NO)
    tool.verify(ann, phone.recovery[0], status=NO)


def test_unlock_where_nothing_is_locked(tool, ann):
    phone = tool.enroll(ann)
    tool.run("unlock", ann)
    tool.verify(ann, phone.code())


def test_unlock_clears_a_last_step_that_lies_in_the_future(tool, ann):
    """A clock that leapt ahead and came back."""
    phone = tool.enroll(ann)
    ahead = 400 * 86400
    tool.verify(ann, phone.code(at=time.time() + ahead), env=faketime("+%d" % ahead))
    tool.verify(ann, phone.code(), status=NO)
    tool.run("unlock", ann)
    tool.verify(ann, phone.code(1))


@pytest.mark.codes
def test_a_verb_with_an_option_of_another_changes_nothing(tool, ann):
    tool.enroll(ann)
    before = tool.files()
    for words in (["remove", "--all"], ["unlock", "--device", "phone"], ["recovery", "--all"]):
        tool.run(words[0], ann, *words[1:], status=USAGE)
    assert tool.files() == before


# ---- one recovery code beside the set

def one_code(tool, user, *words, **more):
    found = RECOVERY.findall(tool.run("recovery", user, "--one", *words, **more).stdout)
    assert len(found) == 1
    return found[0]


@pytest.mark.codes
def test_one_code_beside_the_set(tool, ann, journal):
    """For a lost phone on a Friday: the set stays in the drawer."""
    phone = tool.enroll(ann)
    journal.take()
    code = one_code(tool, ann, "--valid", "3d")
    assert any("user=%s result=recovery service=twostep" % ann in line
               for line in journal.take())
    assert tool.json("recovery", ann)["recovery_codes_left"] == 2
    assert "recovery" in tool.verify(ann, code).stdout
    tool.verify(ann, code, status=NO)
    assert tool.json("recovery", ann)["recovery_codes_left"] == 2
    for other in phone.recovery:
        tool.verify(ann, other)


@pytest.mark.codes(1)
@pytest.mark.parametrize("language, said", [("C", "Print this recovery code; it"), ("nl", "deze herstelcode; hij")])
def test_one_recovery_code_is_spoken_of_as_several(tool, ann, language, said):
    tool.enroll(ann)
    assert said in tool.run("recovery", ann, "--new", env={"LANG": language}).stdout


@pytest.mark.codes
def test_scripts_read_the_codes_as_json(tool, ann):
    tool.enroll(ann)
    told = tool.json("recovery", ann, "--new")
    assert told == {"user": ann, "recovery_codes_left": 2, "recovery_codes": 2, "codes": told["codes"]}
    tool.verify(ann, told["codes"][1])
    one = tool.json("recovery", ann, "--one")
    assert one == {"user": ann, "recovery_codes_left": 1, "recovery_codes": 2, "code": one["code"],
                   "recovery_one_until": tool.json("status", ann)["recovery_one_until"]}
    tool.verify(ann, one["code"])


@pytest.mark.codes
def test_one_code_ends(tool, ann):
    tool.enroll(ann)
    code = one_code(tool, ann, "--valid", "1h")
    tool.verify(ann, code, status=NO, env=faketime("+2h"))
    assert tool.json("status", ann, env=faketime("+2h"))["recovery_one_until"] is None


@pytest.mark.codes
def test_until_when_one_code_opens(tool, ann):
    tool.enroll(ann)
    assert tool.json("status", ann)["recovery_one_until"] is None
    said = tool.run("recovery", ann, "--one", "--valid", "3d").stdout
    code, = RECOVERY.findall(said)
    until = tool.json("status", ann)["recovery_one_until"]
    assert said.startswith("One recovery code for %s, until %s" % (ann, until[:10])), said
    assert until[:10] == time.strftime("%Y-%m-%d", time.gmtime(time.time() + 3 * 86400))
    assert until[:10] in tool.run("status", ann).stdout
    tool.verify(ann, code)
    assert tool.json("status", ann)["recovery_one_until"] is None


@pytest.mark.codes
@pytest.mark.parametrize("words", [["recovery", "--one"], ["recovery", "--new"],
                                   ["enroll", "--replace", "--no-confirm", "--quiet"]])
def test_one_code_is_void_after_the_next(tool, ann, words):
    tool.enroll(ann)
    code = one_code(tool, ann)
    tool.run(words[0], ann, *words[1:])
    tool.verify(ann, code, status=NO)


def test_one_code_stays_beside_another_device(tool, ann):
    tool.enroll(ann)
    code = one_code(tool, ann)
    tool.enroll(ann, None, "--add")
    tool.verify(ann, code)


@pytest.mark.codes
@pytest.mark.parametrize("words", [
    ["--one", "--new"], ["--valid", "1h"], ["--new", "--valid", "1h"],
    ["--one", "--valid", "9m"], ["--one", "--valid", "31d"], ["--one", "--valid", "x"]])
def test_one_code_asked_for_wrongly(tool, ann, words):
    tool.enroll(ann)
    before = tool.files()
    tool.run("recovery", ann, *words, status=USAGE)
    assert tool.files() == before


@pytest.mark.codes
def test_one_code_that_could_not_be_shown(tool, ann):
    tool.enroll(ann)
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run(tool.command("recovery", ann, "--one"), stdout=full,
                              stderr=subprocess.PIPE, text=True)
    assert done.returncode == SYSTEM and "run this again" in done.stderr


# ---- recovery codes that a login owes

@pytest.fixture(name="owed")
def a_device_whose_codes_were_never_shown(tool, ann):
    """As a connection leaves it that dies after the device was committed."""
    tool.key_file = "none"
    phone = tool.enroll(ann)
    record = read(tool.enrollment(ann))[:-21] + b"due\n"
    write(tool.enrollment(ann), record + b"sum %s\n" % hashlib.sha256(record).hexdigest()[:16]
          .encode())
    assert tool.json("status", ann)["recovery_codes_owed"] is True
    assert "owed" in tool.run("status", ann).stdout
    return phone


@pytest.mark.codes
@pytest.mark.parametrize("words", [["recovery", "--new"], ["enroll", "--add"],
                                   ["enroll", "--replace"]])
def test_codes_that_are_owed_are_paid_by_new_ones(tool, ann, owed, words):
    more = ["--no-confirm", "--quiet"] if words[0] == "enroll" else []
    fresh = RECOVERY.findall(tool.run(words[0], ann, *words[1:], *more).stdout)
    assert len(fresh) == 2 and not set(fresh) & set(owed.recovery)
    assert tool.json("status", ann)["recovery_codes_owed"] is False
    assert "owed" not in tool.run("status", ann).stdout
    tool.verify(ann, owed.recovery[0], status=NO)
    tool.verify(ann, fresh[0])


# ---- forget

def remember_a_place(tool, user, since):
    """As a login at a terminal of this boot notes it."""
    data = bytearray(read(tool.history(user)))
    facts = data[:2048 - 21].rstrip(b"\n") + b"\n"
    facts += b"place 0123456789abcdef %d 0123456789abcdef 1000\n" % since
    slot = facts.ljust(2048 - 21, b"\n")
    note = b"sum " + hashlib.sha256(slot).hexdigest()[:16].encode() + b"\n"
    data[:2048 + 21] = slot + note + note
    write(tool.history(user), bytes(data))


def test_forget_clears_every_place_and_nothing_else(tool, ann, journal):
    tool.settings(remember="8h")
    phone = tool.enroll(ann)
    remember_a_place(tool, ann, int(time.time()))
    assert tool.json("status", ann)["places"] == 1
    assert re.search(r"places.*: 1$", tool.run("status", ann).stdout, re.M)
    journal.take()
    assert "no place" in tool.run("forget", ann).stdout
    assert any("user=%s result=forgotten" % ann in line for line in journal.take())
    assert tool.json("status", ann)["places"] == 0
    assert b"place" not in read(tool.history(ann))[4096:4096 + 2048]
    code = phone.code()
    tool.verify(ann, code)
    tool.run("forget", ann)
    tool.verify(ann, code, status=NO)


def test_a_place_that_is_over_is_not_told(tool, ann):
    tool.settings(remember="8h")
    tool.enroll(ann)
    remember_a_place(tool, ann, int(time.time()) - 8 * 3600 - 1)
    assert tool.json("status", ann)["places"] == 0
    tool.settings()
    assert tool.json("status", ann)["places"] == 0


def test_forget_where_nothing_is_remembered(tool, ann):
    phone = tool.enroll(ann)
    tool.verify(ann, phone.wrong(), status=NO)
    tool.run("forget", ann)
    assert tool.json("status", ann)["failures"] == 1


# ---- notify

@pytest.mark.codes
def test_what_the_program_of_notify_is_told(tool, ann):
    """And nothing of what changed no account."""
    told, program = (os.path.join(tool.directory, name) for name in ("told", "program"))
    with open(program, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nread line; echo \"$line\" >>%s\n" % told)
    os.chmod(program, 0o700)
    tool.settings(notify=program, lock_after=1, enroll_at_login="invited")
    heard = []

    def hears(*results):
        deadline = time.time() + 20
        while len(heard) < len(results) and time.time() < deadline:
            time.sleep(0.01)
            lines = read(told).decode().splitlines() if os.path.exists(told) else []
            heard[:] = [re.search(r"user=%s result=(\w+)" % ann, line).group(1)
                        for line in lines]
        assert heard == list(results)

    phone = tool.enroll(ann)
    hears("enrolled")
    tool.run("status", ann)
    tool.run("forget", ann)
    tool.verify(ann, phone.code())
    tool.verify(ann, phone.wrong(), status=NO)
    hears("enrolled", "wrong")
    assert b" failures=1 locks=yes " in read(told).splitlines()[-1]
    tool.verify(ann, phone.recovery[0])
    hears("enrolled", "wrong", "accepted")
    tool.run("unlock", ann)
    hears("enrolled", "wrong", "accepted", "unlocked")
    tool.run("recovery", ann, "--one")
    hears("enrolled", "wrong", "accepted", "unlocked", "recovery")
    tool.run("remove", ann)
    tool_said = ["enrolled", "wrong", "accepted", "unlocked", "recovery", "removed"]
    hears(*tool_said)
    tool.run("invite", ann)
    hears(*tool_said, "invited")


def test_a_program_of_notify_that_does_not_start_undoes_nothing(tool, ann):
    tool.settings(notify=tool.directory + "/none")
    done = tool.run("enroll", ann, "--no-confirm", "--quiet", errors=False)
    assert done.returncode == DONE and "none" in done.stderr
    assert tool.enrolled(ann)
