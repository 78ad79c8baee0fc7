# SPDX-License-Identifier: BSD-2-Clause
"""The pictures that `twostep enroll` draws, read back as a phone would read them."""

import os
import re
import shutil

import pexpect
import pytest

import events
import place
import terminal
from sitting import device_of, parts_of

pytestmark = pytest.mark.skipif(shutil.which("zbarimg") is None,
                                reason="zbarimg (zbar-tools) is not installed")


class Enrolling:
    """`twostep enroll` at a terminal of 80x24, halted at the prompt for the code."""

    def __init__(self, person, *options, locale="C.UTF-8", rows=24):
        environment = dict(os.environ, TERM="xterm", LC_ALL=locale, LANG=locale)
        self.child = pexpect.spawn("twostep", ["enroll", person.name, *options],
                                   dimensions=(rows, 80), encoding="utf-8", timeout=20,
                                   env=environment)
        self.child.delaybeforesend = None
        self.child.expect("Verification code: $")
        self.text = self.child.before + self.child.after
        self.screen = terminal.screen_of(self.text, rows)

    def type(self, code):
        """Types the code and returns what comes after it and the exit status."""
        self.child.sendline(code)
        self.child.expect(pexpect.EOF)
        self.child.close()
        return self.child.before, self.child.exitstatus


def read(enrolling, theme, here):
    return terminal.decode(terminal.draw(enrolling.screen, theme, "/root/screen.png"))


@pytest.fixture
def door(here):
    here.conf(recovery_codes=0)
    return events.Door(here, "su")


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("qr, locale, rows", [
    ("auto", "C.UTF-8", 24), ("utf8", "C.UTF-8", 24),
    ("auto", "C", 60), ("ansi", "C", 60)])      # without half blocks it is twice as high
def test_picture_on_the_terminal_does_not_scan(here, door, bob, theme, qr, locale, rows):
    enrolling = Enrolling(bob, "--qr", qr, locale=locale, rows=rows)
    uri = read(enrolling, theme, here)
    assert uri, "\n".join(enrolling.screen.display)
    kind, label, words = parts_of(uri)
    assert (kind, label, words["issuer"]) == ("totp", "srv1:" + bob.name, "srv1")
    assert set(words) == {"secret", "issuer"}, "defaults belong not in the URI"
    phone = device_of(here, uri)
    shown, status = enrolling.type(phone.code())
    assert status == 0, shown
    door.admits(bob, phone.code(1))


def test_ascii_picture_does_not_scan(here, door, bob):
    """On a dark terminal, where every mark is a light module."""
    enrolling = Enrolling(bob, "--qr", "ascii", locale="C")
    assert enrolling.text.isascii() and "\x1b" not in enrolling.text
    lines = [x for x in enrolling.text.replace("\r", "").split("\n") if "##" in x]
    phone = device_of(here, terminal.decode(
        terminal.draw_marks(lines, "#", "/root/screen.png")))
    enrolling.type(phone.code())
    door.admits(bob, phone.code(1))


def test_picture_key_or_prompt_is_scrolled_off(here, bob):
    enrolling = Enrolling(bob)
    secret = parts_of(read(enrolling, "dark", here))[2]["secret"]
    lines = terminal.lines_of(enrolling.screen)
    groups = " ".join(secret[i:i + 4] for i in range(0, len(secret), 4))
    assert groups in " ".join(" ".join(lines).split()), lines
    assert lines[enrolling.screen.cursor.y].endswith("Verification code:"), lines
    enrolling.child.close(force=True)


def test_text_is_wider_than_72_columns(here, bob):
    enrolling = Enrolling(bob, "--qr", "none")
    phone = place.Device(here, "".join(re.findall(r"\b[A-Z2-7]{4}\b", enrolling.text)))
    shown, _ = enrolling.type(phone.code())
    assert place.recovery_codes_in(shown), shown
    for line in (enrolling.text + shown).replace("\r", "").split("\n"):
        assert len(line) <= 72, line
        assert line.isascii(), line


def test_recovery_codes_are_scrolled_off(here, bob):
    enrolling = Enrolling(bob)
    phone = device_of(here, read(enrolling, "dark", here))
    shown, status = enrolling.type(phone.code())
    codes = place.recovery_codes_in("\n".join(terminal.screen_of(shown).display))
    assert status == 0 and len(codes) == 10, shown


def test_recovery_codes_are_shown_before_the_code_was_right(here, bob):
    enrolling = Enrolling(bob)
    phone = device_of(here, read(enrolling, "dark", here))
    assert not place.recovery_codes_in(enrolling.text)
    enrolling.child.sendline(phone.wrong())
    enrolling.child.expect("Verification code: $")
    assert not place.recovery_codes_in(enrolling.child.before)
    assert here.tool("status", bob.name, check=False).returncode == 1
    shown, status = enrolling.type(phone.code())
    assert status == 0 and place.recovery_codes_in(shown), shown


def test_three_wrong_codes_enroll(here, bob):
    enrolling = Enrolling(bob)
    phone = device_of(here, read(enrolling, "dark", here))
    for number in range(2):
        enrolling.child.sendline(phone.wrong(number))
        enrolling.child.expect("Verification code: $")
    shown, status = enrolling.type(phone.wrong(2))
    assert status == 1 and not place.recovery_codes_in(shown), shown
    assert here.tool("status", bob.name, check=False).returncode == 1


def test_confirming_code_opens_a_login(here, door, bob):
    enrolling = Enrolling(bob)
    phone = device_of(here, read(enrolling, "dark", here))
    code = phone.code()
    enrolling.type(code)
    door.refuses(bob, code)
    assert events.result(door.logged(bob)) == "spent"


@pytest.mark.parametrize("options, words", [
    (["--algorithm", "SHA256"], {"algorithm": "SHA256"}),
    (["--algorithm", "SHA512", "--digits", "8"], {"algorithm": "SHA512", "digits": "8"}),
    (["--period", "60"], {"period": "60"}),
    (["--hotp"], {"counter": "0"}),
    (["--issuer", "Big Firm"], {"issuer": "Big Firm"}),
])
def test_picture_names_other_parameters_than_the_login_uses(
        here, door, bob, options, words):
    enrolling = Enrolling(bob, "--qr-file", "/root/other.png", *options)
    uri = terminal.decode("/root/other.png")
    os.unlink("/root/other.png")
    told = parts_of(uri)[2]
    assert {w: told.get(w) for w in words} == words, uri
    assert "+" not in uri
    phone = device_of(here, uri)
    shown, status = enrolling.type(phone.code())
    assert status == 0, shown
    door.admits(bob, phone.code(1))


def test_picture_file_is_readable_by_others(here, door, bob):
    here.tool("enroll", bob.name, "--no-confirm", "--qr-file", "/root/own.png", umask=0)
    assert os.stat("/root/own.png").st_mode & 0o7777 == 0o600
    phone = device_of(here, terminal.decode("/root/own.png"))
    os.unlink("/root/own.png")
    door.admits(bob, phone.code())


def test_printed_uri_is_not_the_one_in_the_picture(here, bob):
    told = here.tool("enroll", bob.name, "--no-confirm", "--uri",
                     "--qr-file", "/root/u.png")
    uri = terminal.decode("/root/u.png")
    os.unlink("/root/u.png")
    assert uri in told.stdout.split(), told.stdout
    device_of(here, uri)


def test_killed_enrollment_leaves_a_device_or_takes_one_away(here, door, ann):
    """Hung up at the prompt: what was there before is there still, and nothing else."""
    enrolling = Enrolling(ann, "--replace")
    device_of(here, read(enrolling, "dark", here))
    enrolling.child.close(force=True)
    door.admits(ann, ann.phone.code())
