# SPDX-License-Identifier: BSD-2-Clause
"""How people come by their second step, typed through a real sshd as they would type.

Where a date passes, the date is moved and not the clock: libfaketime makes system calls
that sshd's sandbox kills the connection for. What a clock may do is tried through sudo
and login, in test_places.py."""

import subprocess
import time

import pytest

import place
import sitting
import terminal

pytestmark = sitting.ALL_INSTALLED

DAY = 24 * 60 * 60

# A password that has expired is changed in the account phase's wake, by pam_unix.
WALKED = place.STACKS["password"] + ["password required pam_unix.so sha512 rounds=1000"]


@pytest.fixture(scope="module", name="server")
def server_of_the_walks(the_place, opened):
    server = the_place.sshd("password", service="sshd-walks", stack=WALKED)
    yield server
    server.stop()


def moment(seconds):
    """So many seconds from now, as a date of twostep.conf."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def results(here, person, since):
    return [place.words_of(x)["result"]
            for x in here.log.module_lines(since, user=person.name)]


class TestMandatoryFromADate:
    """A webmail announces a date, and from then on means it."""

    @staticmethod
    def announce(here, seconds, **more):
        here.conf(require="everyone", require_from=moment(seconds), enroll_at_login="yes",
                  recovery_codes=3, **more)

    def skipped(self, here, server, bob):
        """What is told at a login with nothing but a password."""
        since = here.log.now()
        seen = here.ssh_login(server, bob)
        assert seen.entered and not seen.prompts, seen
        line, = here.log.module_lines(since, user=bob.name)
        assert "result=skipped rule=require_from" in line, line
        return " ".join(seen.shown.split())

    def test_walk(self, here, server, bob):
        self.announce(here, 45 * DAY)
        assert "second step" not in self.skipped(here, server, bob), "told too early"
        self.announce(here, 12 * DAY - 60)
        told = self.skipped(here, server, bob)
        assert "second step" in told and "12 days left" in told, told
        assert not bob.status()["enrolled"]

        self.announce(here, -60)
        with sitting.ssh(here, server, bob) as seat:
            since = here.log.now()
            phone, codes = seat.links()
        assert len(codes) == 3
        assert results(here, bob, since)[-1] == "enrolled"

        seen = here.ssh_login(server, bob, phone.code(1))
        assert seen.entered and len(seen.prompts) == 1, seen

        # the phone is lost
        seen = here.ssh_login(server, bob, codes[1])
        told = " ".join(seen.shown.split())
        assert seen.entered and "2 left" in told and "Phone gone? twostep" in told, seen
        assert not here.ssh_login(server, bob, codes[1]).entered
        assert not here.ssh_login(server, bob).entered

    def test_reminder_comes_to_a_login_by_key_alone(self, here, bob):
        """Which is what a robot's looks like."""
        self.announce(here, DAY)
        server = here.sshd("key", service="sshd-robot", options=["PasswordAuthentication no"])
        seen = here.ssh_login(server, bob)
        server.stop()
        assert seen.entered and "second step" not in seen.shown, seen

    def test_offer_is_not_taken_or_refuses_who_declines(self, here, server, bob):
        self.announce(here, DAY, offer="7d")
        offered = r"\[y/N\] $"
        for answer in ("", "n"):
            with sitting.ssh(here, server, bob) as seat:
                assert "left" in seat.reads(offered)
                seat.types(answer)
                seat.gets_in()
        assert not bob.status()["enrolled"]
        with sitting.ssh(here, server, bob) as seat:
            seat.reads(offered)
            seat.types("y")
            phone, _ = seat.links()
        assert here.ssh_login(server, bob, phone.code(1)).entered

    def test_nobody_enrolls_once_the_date_is_over_without_enroll_at_login(
            self, here, server, bob):
        here.conf(require="everyone", require_from=moment(-60), contact="the desk")
        seen = here.ssh_login(server, bob, "123456")
        assert not seen.entered and len(seen.prompts) == 1, seen
        assert "Ask the desk" in " ".join(seen.shown.split()), seen


class TestFirstSignInOfAClient:
    """A portal: everybody links a phone at the first sign-in; a phone is replaced."""

    def test_walk(self, here, server, bob):
        here.conf(require="everyone", enroll_at_login="yes", recovery_codes=2)
        with sitting.ssh(here, server, bob) as seat:
            old, old_codes = seat.links()
        assert here.ssh_login(server, bob, old.code(1)).entered

        here.tool("remove", bob.name, input="yes\n")
        with sitting.ssh(here, server, bob) as seat:
            new, new_codes = seat.links()
        assert new.key != old.key and not set(new_codes) & set(old_codes)

        since = here.log.now()
        assert not here.ssh_login(server, bob, old.code(2)).entered
        assert not here.ssh_login(server, bob, old_codes[0]).entered
        assert results(here, bob, since) == ["wrong", "wrong"]
        assert here.ssh_login(server, bob, new.code(1)).entered
        assert here.ssh_login(server, bob, new_codes[0]).entered

    def test_typed_key_is_not_the_one_in_the_picture(self, here, server, bob):
        """`k`: the key alone, for who has no camera; `i`: for a light terminal."""
        here.conf(require="everyone", enroll_at_login="yes", recovery_codes=0)
        with sitting.ssh(here, server, bob) as seat:
            seat.reads(sitting.CODE)
            dark = seat.scans("dark")
            light = seat.says("i") and seat.scans("light")
            typed = seat.says("k") and seat.key()
            assert "\N{FULL BLOCK}" not in seat.text
            assert dark.key == light.key == typed.key
            seat.types(typed.code())
            assert "Two-step sign-in is on" in seat.gets_in()
        assert here.ssh_login(server, bob, typed.code(1)).entered

    def test_three_codes_that_do_not_fit_link_or_let_in(self, here, server, bob):
        here.conf(require="everyone", enroll_at_login="yes", recovery_codes=0)
        with sitting.ssh(here, server, bob) as seat:
            seat.reads(sitting.CODE)
            phone = seat.scans()
            assert "2 tries left" in seat.says(phone.wrong(0))
            assert "One try left" in seat.says(phone.wrong(1))
            seat.types(phone.wrong(2))
            assert "No code fitted" in seat.is_refused()
        assert not bob.status()["enrolled"]

    def test_picture_key_or_prompt_is_scrolled_off(self, here, server, bob):
        here.conf(require="everyone", enroll_at_login="yes")
        with sitting.ssh(here, server, bob) as seat:
            seat.reads(sitting.CODE)
            phone, screen = seat.scans(), seat.screen()
            lines = terminal.lines_of(screen)
            groups = [phone.key[i:i + 4] for i in range(0, len(phone.key), 4)]
            assert " ".join(groups) in " ".join(" ".join(lines).split()), lines
            assert lines[screen.cursor.y].endswith("Verification code:"), lines


class TestNewEmployee:
    """An activation code comes by letter; the password that came with it has expired."""

    @pytest.fixture(autouse=True)
    def policy(self, here):
        here.conf(require="everyone", enroll_at_login="invited", recovery_codes=2)

    @staticmethod
    def tries(here, server, person, code):
        """One login with this activation code, which is not taken."""
        with sitting.ssh(here, server, person) as seat:
            seat.reads(sitting.ACTIVATION)
            for _ in range(2):
                assert "wrong or expired" in seat.says(code, sitting.ACTIVATION)
            seat.types(code)
            assert "wrong or expired" in seat.is_refused()

    def test_walk(self, here, server, bob):
        seen = here.ssh_login(server, bob, "123456")
        told = " ".join(seen.shown.split())
        assert not seen.entered and "for an activation code" in told, seen

        with here.later(-2 * 60 * 60):
            expired = sitting.activation_code(here, bob)
        self.tries(here, server, bob, expired)
        code = sitting.activation_code(here, bob, "--valid", "10m")
        since = here.log.now()
        with sitting.ssh(here, server, bob) as seat:
            seat.reads(sitting.ACTIVATION)
            seat.says(other_than(code), sitting.ACTIVATION)
            seat.says(expired, sitting.ACTIVATION)
            seat.types(other_than(code, 2))
            assert "Ask your administrator" in " ".join(seat.is_refused().split())
        assert results(here, bob, since) == ["uncommitted"] + ["wrong"] * 3 + ["uncommitted"]
        assert not bob.status()["enrolled"]

        subprocess.run(["chage", "-d", "0", bob.name], check=True)
        chosen = here.secret("brand-new-Passw0rd")
        with sitting.ssh(here, server, bob) as seat:
            seat.reads(sitting.ACTIVATION)
            seat.says(code.lower().replace("-", " "))
            phone = seat.scans()
            seat.says(phone.code(), sitting.SAVED)
            assert len(seat.recovery_codes()) == 2
            assert "change your password" in seat.says("", sitting.PASSWORD)
            seat.says(bob.password, sitting.PASSWORD)
            seat.says(chosen, sitting.PASSWORD)
            seat.types(chosen)
            seat.gets_in()
        assert not here.ssh_login(server, bob, phone.code(1)).entered, "with the old password"
        bob.password = chosen
        assert here.ssh_login(server, bob, phone.code(1)).entered

        # the letter is found by somebody who knows the password, too
        assert not here.ssh_login(server, bob, code).entered
        eve = here.account()
        sitting.activation_code(here, eve)
        self.tries(here, server, eve, code)
        assert not eve.status()["enrolled"]

    def test_wrong_activation_codes_are_not_counted(self, here, server, bob):
        here.conf(require="everyone", enroll_at_login="invited", lock_after=3,
                  delay_after=9)
        code = sitting.activation_code(here, bob)
        with sitting.ssh(here, server, bob) as seat:
            seat.reads(sitting.ACTIVATION)
            for number in (1, 2):
                seat.says(other_than(code, number), sitting.ACTIVATION)
            seat.types(other_than(code, 3))
            seat.is_refused()
        with sitting.ssh(here, server, bob) as seat:
            seat.reads(sitting.ACTIVATION)
            seat.types(code)
            assert "locked" in seat.is_refused()
        assert not bob.status()["enrolled"]

    def test_older_letter_still_opens(self, here, server, bob):
        old = sitting.activation_code(here, bob)
        new = sitting.activation_code(here, bob)
        with sitting.ssh(here, server, bob) as seat:
            seat.reads(sitting.ACTIVATION)
            assert "wrong or expired" in seat.says(old, sitting.ACTIVATION)
            seat.types(new)
            seat.links()

    def test_lost_phone_keeps_an_enrolled_user_out(self, here, server, bob):
        """`invite --replace`: taken at the usual prompt; the old phone goes at the commit."""
        phone = bob.enroll()
        code = sitting.activation_code(here, bob, "--replace")
        with sitting.ssh(here, server, bob) as seat:
            seat.reads(sitting.CODE)
            seat.says(code)
            seat.leaves()
        assert here.ssh_login(server, bob, phone.code()).entered, "before the commit"
        with sitting.ssh(here, server, bob) as seat:
            seat.reads(sitting.CODE)
            seat.says(code)
            assert seat.scans() is None, "the key of before is shown again"
            seat.types("")
            new, _ = seat.links()
        assert not here.ssh_login(server, bob, phone.code(1)).entered
        assert here.ssh_login(server, bob, new.code(1)).entered
        assert not here.ssh_login(server, bob, code).entered


def other_than(code, number=1):
    """A well-formed activation code that is not this one."""
    last = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return code[:-1] + last[(last.index(code[-1]) + number) % len(last)]
