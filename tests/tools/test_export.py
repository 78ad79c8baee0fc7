# SPDX-License-Identifier: BSD-2-Clause
"""export: keys are shown to root alone, after a yes, and on record."""

import pytest

from tool import NO, USAGE, Phone, phone_of, read


def test_every_device_is_handed_over(tool, ann):
    phones = [tool.enroll(ann, Phone(digits=8, period=60, algorithm="SHA256")),
              tool.enroll(ann, Phone(hotp=True), "--add", "--name", "token")]
    tool.verify(ann, phones[1].code(0))
    lines = tool.run("export", ann, input="y\n").stdout.splitlines()
    there = [phone_of(line) for line in lines]
    assert [p.key for p in there] == [p.key for p in phones]
    assert there[0].code() == phones[0].code()
    assert "counter=1" in lines[1]


@pytest.mark.parametrize("answer", ["", "\n", "n\n", "no\n", "yess\n", " \n", "Y es\n"])
def test_without_a_yes_nothing_is_shown(tool, ann, journal, answer):
    phone = tool.enroll(ann)
    journal.take()
    done = tool.run("export", ann, input=answer, status=NO)
    assert phone.key not in done.stdout + done.stderr and "otpauth" not in done.stdout
    assert not any("exported" in line for line in journal.take())


def test_it_is_on_record_without_the_key_and_changes_nothing(tool, ann, journal):
    phone = tool.enroll(ann)
    before, _ = tool.files(), journal.take()
    tool.run("export", ann, input="y\n")
    lines = [line for line in journal.take() if "result=exported" in line]
    assert len(lines) == 1 and "user=" + ann in lines[0] and phone.key not in lines[0]
    assert tool.files() == before


def test_the_picture_again(tool, ann):
    phone = tool.enroll(ann)
    done = tool.run("export", ann, "--qr", "utf8", input="y\n")
    assert "otpauth" not in done.stdout and done.stdout.count("\n") > 15
    assert "phone:" in done.stdout and phone.key not in done.stdout
    tool.run("export", ann, "--qr", "x", input="y\n", status=USAGE)


def test_a_picture_that_does_not_fit_is_nothing(tool, ann):
    """Neither is the key shown elsewhere here, nor can it be had as a file."""
    phone = tool.enroll(ann, Phone(bits=512, algorithm="SHA512", digits=8, period=60))
    name, uri = tool.run("export", ann, "--qr", "auto", input="y\n").stdout.splitlines()
    assert name == "phone:" and phone_of(uri).key == phone.key


def test_nobody_but_root_is_served(tool, ann):
    assert tool
    done = tool.run("export", ann, input="y\n", status=NO, user=65534, place=False)
    assert "root" in done.stderr and done.stdout == ""


def test_who_is_not_enrolled(tool, ann):
    tool.run("status", ann, status=None, errors=False)
    tool.enroll("u400" if ann == "u399" else "u399")
    tool.run("export", ann, input="y\n", status=NO)
    assert read(tool.key_file)
