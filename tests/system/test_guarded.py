# SPDX-License-Identifier: BSD-2-Clause
"""The guarded stack: nothing is shown and nothing bound before the first factor has passed,
and what one login was promised serves no other."""

import os
import subprocess
import sys

import pytest

import dialogue
import place
import sitting
from test_walks import results

pytestmark = sitting.ALL_INSTALLED

PATIENCE = 2 * 60       # seconds that an account phase may take to come

FIRST = ["auth required pam_unix.so nodelay"]
STACK = FIRST + place.MODULE_AUTH + place.MODULE_ACCOUNT + place.REST
# The stacks in which the module's account line is missing, or is never reached.
UNREACHED = {
    "missing": FIRST + place.MODULE_AUTH + place.REST,
    "jumped-over": FIRST + place.MODULE_AUTH + ["account [success=done] pam_unix.so"]
    + place.MODULE_ACCOUNT + place.REST,
}


@pytest.fixture(autouse=True, name="policy")
def everybody_enrolls(here, opened):
    here.conf(require="everyone", enroll_at_login="yes", recovery_codes=1)


@pytest.fixture(scope="module", name="server")
def server_that_asks_on(the_place):
    """pam_unix merely `required`: a wrong password goes on to the module."""
    server = the_place.sshd("password", service="sshd-guarded", stack=STACK)
    yield server
    server.stop()


def call(here, service, person, *calls):
    """The PAM calls of another program; what it saw, and what each gave."""
    done = subprocess.run([sys.executable, os.path.join(place.HERE, "caller.py"), service,
                           person.name, *calls], input=person.password + "\n",
                          capture_output=True, text=True, check=True, timeout=30)
    return done.stdout


def unbound(here, person):
    """Neither an enrollment nor a key that waits for its code."""
    return not any(os.path.exists(os.path.join(here.STORE, kind, person.name))
                   for kind in ("enrollments", "invitations"))


def test_wrong_password_is_shown_a_key_or_binds_one(here, server, bob):
    seen = here.ssh_login(server, bob, "123456", password="not the password")
    assert not seen.entered and not seen.prompts, seen
    assert "Key:" not in seen.shown and "two-step" not in seen.shown, seen
    assert unbound(here, bob)
    with sitting.ssh(here, server, bob) as seat:        # and the right one does
        seat.links()


@pytest.mark.parametrize("how", UNREACHED)
class TestAccountLineThatNeverComes:
    def test_binds_and_lets_in_for_ever_through_ssh(self, here, bob, how):
        service = "sshd-" + how
        server = here.sshd("password", service=service, stack=UNREACHED[how])
        # a first login as it was two minutes ago: no clock can be moved inside sshd
        with here.later(-PATIENCE - 1):
            assert "authenticate 0" in call(here, service, bob, "authenticate")
        seen = here.ssh_login(server, bob, "123456")
        server.stop()
        assert not seen.entered and len(seen.prompts) == 1, seen
        assert unbound(here, bob)
        line = here.log.module_lines(user=bob.name)[-1]
        assert "account line" in place.words_of(line)["hint"], line

    def test_binds_and_lets_in_for_ever_through_su(self, here, bob, how):
        here.pam("su", UNREACHED[how])
        try:
            seen = here.su(bob)
            assert seen.entered and unbound(here, bob), seen
            with here.later(PATIENCE + 1):
                seen = here.su(bob, "123456")
                assert not seen.entered and len(seen.prompts) == 1, seen
            assert unbound(here, bob)
            # mended: the next account phase of the service opens it again
            here.pam("su", STACK)
            with here.later(PATIENCE + 1):
                assert "account 0" in call(here, "su", bob, "account")
                with sitting.su(here, bob) as seat:
                    seat.links()
        finally:
            here.pam("su", place.STACKS["password"])


class TestMarkServesAnother:
    """While one login of this user stands before the picture."""

    @pytest.fixture(autouse=True)
    def at_the_picture(self, here, server, bob):
        with sitting.ssh(here, server, bob) as self.seat:
            self.seat.reads(sitting.CODE)
            yield
            self.seat.finishes(self.seat.scans().code())

    def test_cron_job(self, here, server, bob):
        here.pam("cron", place.MODULE_ACCOUNT + place.REST)
        for service in ("cron", server.service):
            said = call(here, service, bob, "setcred", "account")
            assert "account 0" in said and "Key:" not in said, said
        assert not bob.status()["enrolled"]

    def test_sudo_without_password(self, here, bob):
        with here.line_in("/etc/sudoers", "%s ALL=(ALL) NOPASSWD: ALL" % bob.name):
            seen = here.sudo(bob)
        assert seen.entered and not seen.prompts and "Key:" not in seen.shown, seen
        assert not bob.status()["enrolled"]

    def test_login_by_key_alone(self, here, server, bob):
        other = here.sshd("key", service=server.service, stack=STACK,
                          options=["PasswordAuthentication no"])
        seen = here.ssh_login(other, bob)
        other.stop()
        assert seen.entered and not seen.prompts and "Key:" not in seen.shown, seen
        assert not bob.status()["enrolled"]


def test_mark_serves_the_next_user_on_the_handle_of_login(here, bob):
    """The first types a wrong password, the second need not enroll: nobody is asked to."""
    second = here.account()
    here.conf(require=bob.name, enroll_at_login="yes", recovery_codes=1)
    here.pam("login", STACK)
    try:
        seen = dialogue.drive(["login"], names=[bob.name, second.name],
                              passwords=["not the password", second.password])
    finally:
        here.pam("login", place.STACKS["password"])
    assert seen.entered and not seen.prompts and "Key:" not in seen.shown, seen
    assert unbound(here, bob) and unbound(here, second)


def test_key_that_an_intruder_saw_is_shown_to_the_owner(here, server, bob):
    """He knows the password, looks, and leaves; from the same address and from another."""
    seen = []
    for options in ([], ["-b", "127.0.0.2"]):
        with sitting.ssh(here, server, bob, *options) as intruder:
            intruder.reads(sitting.CODE)
            seen.append(intruder.scans())
    with sitting.ssh(here, server, bob, "-b", "127.0.0.2") as seat:
        assert "You began" in seat.reads(sitting.CODE)
        assert seat.scans() is None and seat.key() is None
        seat.says("")
        owned = seat.scans()
        assert owned.key not in [phone.key for phone in seen]
        for phone in seen:
            assert "does not fit" in seat.says(phone.code())
        seat.finishes(owned.code())
    for phone in seen:
        assert not here.ssh_login(server, bob, phone.code(1)).entered
    assert here.ssh_login(server, bob, owned.code(1)).entered


def test_two_logins_both_link_a_phone(here, server, bob):
    """One is first; the other is told, and does not get in."""
    with sitting.ssh(here, server, bob, "-b", "127.0.0.2") as slow, \
            sitting.ssh(here, server, bob) as quick:
        slow.reads(sitting.CODE)
        quick.reads(sitting.CODE)
        phones = [slow.scans(), quick.scans()]
        since = here.log.now()
        quick.finishes(phones[1].code())
        slow.types(phones[0].code())
        assert "being linked to this account" in " ".join(slow.is_refused().split())
    assert sorted(results(here, bob, since)) == ["enrolled", "uncommitted"]
    assert not here.ssh_login(server, bob, phones[0].code(1)).entered
    assert here.ssh_login(server, bob, phones[1].code(1)).entered
