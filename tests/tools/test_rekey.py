# SPDX-License-Identifier: BSD-2-Clause
"""twostep rekey: what people hold goes on opening, and what cannot be sealed anew is not lost."""

import os
import re

import pexpect
import pytest

from tool import DONE, NO, RECOVERY, SYSTEM, Phone, faketime, read, write

pytestmark = pytest.mark.usefixtures("quick")


def names_of_keys(tool):
    return {line for path, (_, data) in tool.files().items() if path.startswith(tool.store)
            for line in data.split(b"\n") if line.startswith(b"key ")}


def imported(tool, user):
    """One who came over from google-authenticator, and the codes on his paper."""
    phone, codes = Phone(), ["%08d" % n for n in (10481050, 20481051, 30481052)]
    path = os.path.join(tool.directory, user)
    lines = [phone.key, '" TOTP_AUTH', *codes]
    with open(path, "w", encoding="ascii", opener=lambda p, f: os.open(p, f, 0o600)) as file:
        file.write("\n".join(lines) + "\n")
    tool.run("import", "google-authenticator", path)
    os.unlink(path)
    return codes


@pytest.mark.codes
def test_every_printed_code_goes_on_opening(tool, names, journal):
    """Of the set, beside it, and of a paper that came over; after one new key and after another."""
    ann, bob = next(names), next(names)
    phone, paper = tool.enroll(ann), imported(tool, bob)
    one = RECOVERY.findall(tool.run("recovery", ann, "--one").stdout)[0]
    old = read(tool.key_file)
    journal.take()
    told = tool.run("rekey")
    assert "new host key" in told.stdout
    assert [line for line in journal.take() if "result=rekeyed service=twostep by=0" in line]
    assert (os.stat(tool.key_file).st_mode & 0o7777, os.stat(tool.key_file).st_uid) == (0o600, 0)
    tool.verify(ann, phone.recovery[0])
    tool.verify(bob, paper[0])
    tool.run("rekey")
    assert old not in read(tool.key_file)
    tool.verify(ann, phone.recovery[1])
    tool.verify(ann, one)
    tool.verify(bob, paper[1])
    tool.verify(ann, phone.recovery[0], status=NO)
    tool.verify(bob, paper[0], status=NO)
    tool.verify(ann, phone.code())


@pytest.mark.codes
def test_new_codes_under_a_new_key_open(tool, ann):
    tool.enroll(ann)
    tool.run("rekey")
    code = RECOVERY.findall(tool.run("recovery", ann, "--new").stdout)[0]
    tool.run("rekey")
    tool.verify(ann, code)


def test_a_record_that_cannot_be_sealed_keeps_the_old_key(tool, names):
    """It may only be unreadable today; all others are under the new one, and it is named."""
    ann, bob = next(names), next(names)
    phone = tool.enroll(ann)
    tool.enroll(bob)
    whole = read(tool.enrollment(bob))
    write(tool.enrollment(bob), whole[:-2] + b"x\n")
    done = tool.run("rekey", status=SYSTEM, errors=False)
    assert "enrollments/" + bob in done.stderr and "run it again" in done.stderr
    assert len(read(tool.key_file)) == 96
    tool.verify(ann, phone.code())
    write(tool.enrollment(bob), whole)
    tool.run("status", bob)
    tool.run("rekey")
    assert len(read(tool.key_file)) == 64 and len(names_of_keys(tool)) == 1
    tool.run("status", bob)


def test_removing_such_a_record_ends_it_as_well(tool, names):
    ann, bob = next(names), next(names)
    tool.enroll(ann)
    tool.enroll(bob)
    write(tool.enrollment(bob), b"twostep-enrollment 1\n")
    tool.run("rekey", status=SYSTEM, errors=False)
    tool.run("remove", bob)
    tool.run("rekey")
    assert len(read(tool.key_file)) == 64


def test_who_has_no_account_any_more_is_sealed_too(tool, crowd):
    crowd.people("u1", "u2")
    tool.enroll("u1")
    tool.enroll("u2")
    crowd.people("u1")
    tool.run("rekey")
    assert len(names_of_keys(tool)) == 1
    crowd.people("u1", "u2")
    assert tool.enrolled("u2")


def test_a_store_without_a_key_has_none_to_replace(tool, ann):
    tool.key_file = "none"
    phone = tool.enroll(ann)
    before = tool.files()
    assert "none" in tool.run("rekey", status=SYSTEM).stderr
    assert tool.files() == before
    tool.verify(ann, phone.code())


def test_an_empty_place_is_not_made_a_store(tool):
    tool.run("rekey", status=SYSTEM)
    assert not os.path.exists(tool.key_file) and not os.path.exists(tool.store)


def test_bar_where_it_takes_long(tool, names):
    tool.enroll(next(names))
    tool.enroll(next(names))
    child = tool.spawn("rekey", env=faketime("+0 x40000"))
    child.expect(r"\r\[#+\.*\] \d/2")
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == DONE and "new host key" in child.before


def test_no_bar_where_it_is_short(tool, ann):
    tool.enroll(ann)
    child = tool.spawn("rekey")
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == DONE and not re.search(r"\[[#.]", child.before)
