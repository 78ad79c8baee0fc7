# SPDX-License-Identifier: BSD-2-Clause
"""Enrolling at every door, in every locale, and with the connection cut off in the middle."""

import pytest

import sitting
from test_walks import results

pytestmark = sitting.ALL_INSTALLED

GRACE = 10 * 60         # seconds in which what was begun can be finished
DOORS = {"su": sitting.su, "sudo": sitting.sudo, "login": sitting.login}


@pytest.fixture(autouse=True, name="policy")
def everybody_enrolls(here, opened):
    here.conf(require="everyone", enroll_at_login="yes", recovery_codes=2)


@pytest.fixture(scope="module", name="server")
def server_for_all(the_place):
    server = the_place.sshd("password", service="sshd-enrolling")
    yield server
    server.stop()


@pytest.mark.parametrize("door", DOORS)
class TestDoor:
    def test_picture_does_not_scan(self, here, bob, door):
        since = here.log.now()
        with DOORS[door](here, bob) as seat:
            phone, codes = seat.links()
        assert len(codes) == 2
        assert results(here, bob, since)[-1] == "enrolled"
        for code in (phone.code(1), codes[0]):
            seen = getattr(here, door)(bob, code)
            assert seen.entered and seen.prompts, seen

    def test_broken_off_dialogue_lets_in_or_shows_the_key_again(self, here, bob, door):
        with DOORS[door](here, bob) as seat:
            seat.reads(sitting.CODE)
            phone = seat.scans()
        assert not bob.status()["enrolled"]
        with here.later(GRACE - 60), DOORS[door](here, bob) as seat:
            assert "You began" in seat.reads(sitting.CODE)
            assert seat.scans() is None and seat.key() is None
            seat.finishes(phone.code())

    def test_broken_off_dialogue_can_be_finished_for_ever(self, here, bob, door):
        with DOORS[door](here, bob) as seat:
            seat.reads(sitting.CODE)
            phone = seat.scans()
        with here.later(GRACE + 1), DOORS[door](here, bob) as seat:
            assert "You began" not in seat.reads(sitting.CODE)
            assert seat.scans().key != phone.key
            assert "does not fit" in seat.says(phone.code())


class TestLocaleOfTheClient:
    def test_picture_does_not_scan_in_utf8(self, here, server, bob):
        with sitting.ssh(here, server, bob, environment={"LC_ALL": "C.UTF-8"}) as seat:
            phone, _ = seat.links()
        assert here.ssh_login(server, bob, phone.code(1)).entered

    def test_key_cannot_be_read_in_c(self, here, server, bob):
        """There ssh shows the picture as octal numbers: the key stands under them."""
        with sitting.ssh(here, server, bob, environment={"LC_ALL": "C"}) as seat:
            assert r"\342\226" in seat.reads(sitting.CODE)
            phone = seat.key()
            shown = " ".join(" ".join(seat.screen().display).split())
            assert phone.key in shown.replace(" ", ""), shown
            alone = seat.says("k")
            assert "\\342" not in alone and seat.key().key == phone.key, alone
            seat.finishes(phone.code())
        assert here.ssh_login(server, bob, phone.code(1)).entered

    def test_language_depends_on_locales_that_the_server_has(self, here, server, bob):
        here.conf(require="everyone", enroll_at_login="yes", recovery_codes=2, language="nl")
        with sitting.ssh(here, server, bob) as seat:
            assert "Tweestapsverificatie" in seat.reads(sitting.CODE)
            phone = seat.scans()
            assert "pogingen" in seat.says(phone.wrong())
            seat.finishes(phone.code())
            assert "herstelcodes" in seat.shown


class TestConnectionThatDies:
    """The client is killed; sshd's side of the dialogue dies with it."""

    @pytest.fixture
    def phone(self, here, server, bob):
        with sitting.ssh(here, server, bob, "-b", "127.0.0.2") as seat:
            seat.reads(sitting.CODE)
            return seat.scans()

    def test_is_not_finished_from_the_same_address(self, here, server, bob, phone):
        with sitting.ssh(here, server, bob, "-b", "127.0.0.2") as seat:
            assert "You began" in seat.reads(sitting.CODE)
            assert seat.scans() is None and seat.key() is None
            assert "Key:" not in seat.shown
            assert "does not fit" in seat.says(phone.wrong())
            seat.finishes(phone.code())
        assert here.ssh_login(server, bob, phone.code(1)).entered

    def test_is_finished_from_another(self, here, server, bob, phone):
        with sitting.ssh(here, server, bob, "-b", "127.0.0.3") as seat:
            told = " ".join(seat.reads(sitting.CODE).split())
            assert "You began" not in told and "Not you?" in told, told
            other = seat.scans()
            assert other.key != phone.key
            assert "does not fit" in seat.says(phone.code())
            seat.finishes(other.code())
        assert not here.ssh_login(server, bob, phone.code(1)).entered
        assert here.ssh_login(server, bob, other.code(1)).entered

    def test_asks_no_activation_code(self, here, server, bob):
        here.conf(require="everyone", enroll_at_login="invited", recovery_codes=0)
        code = sitting.activation_code(here, bob)
        with sitting.ssh(here, server, bob) as seat:
            seat.reads(sitting.ACTIVATION)
            seat.says(code)
            phone = seat.scans()
        with sitting.ssh(here, server, bob) as seat:
            seat.reads(sitting.ACTIVATION)
            assert "You began" in seat.says(code)
            seat.types(phone.code())
            seat.gets_in()

    def test_recovery_codes_that_nobody_saved_are_the_ones_that_count(
            self, here, server, bob):
        with sitting.ssh(here, server, bob) as seat:
            seat.reads(sitting.CODE)
            phone = seat.scans()
            seat.says(phone.code(), sitting.SAVED)
            lost = seat.recovery_codes()
        assert bob.status()["enrolled"]
        assert not here.ssh_login(server, bob, lost[0]).entered
        with sitting.ssh(here, server, bob) as seat:
            seat.reads(sitting.CODE)
            kept = seat.finishes(phone.code(1))
        assert len(kept) == 2 and not set(kept) & set(lost)
        assert not here.ssh_login(server, bob, lost[1]).entered
        assert here.ssh_login(server, bob, kept[0]).entered
        seen = here.ssh_login(server, bob, phone.code(2))
        assert seen.entered and "Press Enter" not in seen.shown, seen


class TestProgramThatCannotAsk:
    """A refusal with a sentence that says what to do, and nothing bound."""

    def test_is_let_in_by_the_password_method_of_sshd(self, here, bob):
        server = here.sshd("password", service="sshd-silent", options=[
            "PasswordAuthentication yes", "KbdInteractiveAuthentication no"])
        since = here.log.now()
        seen = here.ssh_login(server, bob, options=["-o", "PreferredAuthentications=password"])
        server.stop()
        assert not seen.entered, seen
        assert "in a terminal that can ask" in " ".join(seen.shown.split()), seen
        assert results(here, bob, since)[-1] == "uncommitted"
        assert not bob.status()["enrolled"]
