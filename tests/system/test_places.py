# SPDX-License-Identifier: BSD-2-Clause
"""Who is let by without a code: exempt, from a trusted network, or remembered there. Each
lets by exactly its own case, and nothing beside it or after its end."""

import subprocess

import pytest

import dialogue
import place
import sitting
from test_walks import DAY, moment

pytestmark = sitting.ALL_INSTALLED

# Of one machine, and its neighbours: loopback is never a remembered place.
HERE, NEXT_DOOR = "192.0.2.7", "192.0.2.8"
HOUR = 60 * 60


@pytest.fixture(scope="module", name="server")
def server_with_neighbours(the_place):
    for address in (HERE, NEXT_DOOR):
        subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)
    server = the_place.sshd("password", service="sshd-places")
    yield server
    server.stop()


def comes(here, server, person, *codes, address=None):
    """A login from an address: what was seen, and the rule that let it by."""
    since = here.log.now()
    options = ["-b", address] if address else []
    seen = here.ssh_login(server, person, *codes, options=options)
    words = [place.words_of(x) for x in here.log.module_lines(since, user=person.name)]
    assert len(words) == 1, words
    assert seen.entered == (words[0]["result"] in ("accepted", "skipped")), (seen, words)
    return seen, words[0].get("rule")


def is_let_by(here, server, person, rule, address=None):
    seen, found = comes(here, server, person, address=address)
    assert seen.entered and not seen.prompts and found == rule, (seen, found)


def is_asked(here, server, person, address=None):
    seen, rule = comes(here, server, person, "", address=address)
    assert not seen.entered and len(seen.prompts) == 1 and not rule, (seen, rule)


class TestExempt:
    def test_lets_by_another_or_after_its_end(self, here, server, ann, bob):
        for until in ("", " until=" + moment(DAY)):
            here.conf(require="everyone", exempt=ann.name + until)
            is_let_by(here, server, ann, "exempt")
            is_asked(here, server, bob)
        here.conf(require="everyone", exempt=ann.name + " until=" + moment(-1))
        is_asked(here, server, ann)

    def test_group_lets_by_who_is_not_in_it_or_is_not_there(self, here, server, ann, bob):
        here.write("/etc/group", open("/etc/group", encoding="utf-8").read()
                   + "robots:x:9000:%s\n" % ann.name)
        here.conf(require="everyone", exempt="@robots")
        is_let_by(here, server, ann, "exempt")
        is_asked(here, server, bob)
        here.conf(require="everyone", exempt="@robot")
        since = here.log.now()
        assert not here.ssh_login(server, ann, ann.phone.code()).entered
        line, = here.log.module_lines(since)
        assert "result=misconfigured" in line and "@robot" in line, line

    def test_store_that_is_away_shuts_the_exempt_out(self, here, server, ann):
        """That is the way in for root at the console; but not by a date, which a clock may
        have wrong that the store knows better."""
        with here.without(here.STORE):
            here.conf(require="everyone", exempt=ann.name)
            is_let_by(here, server, ann, "exempt")
            here.conf(require="everyone", exempt="%s until=%s" % (ann.name, moment(DAY)))
            assert not here.ssh_login(server, ann, ann.phone.code()).entered

    def test_clock_set_back_revives_what_is_over(self, here, ann):
        """A clock before the store's own beginning is wrong."""
        here.conf(require="everyone", exempt="%s until=%s" % (ann.name, moment(-2 * DAY)))
        with here.later(-3 * DAY):
            seen = here.su(ann)
        assert not seen.entered and len(seen.prompts) == 1, seen


class TestTrustedNetwork:
    def test_lets_by_a_neighbour(self, here, server, ann, bob):
        here.conf(require="everyone", trusted_networks=HERE)
        for person in (ann, bob):
            is_let_by(here, server, person, "trusted_networks", HERE)
            is_asked(here, server, person, NEXT_DOOR)
            is_asked(here, server, person)
        here.conf(require="everyone", trusted_networks="2001:db8::/32 192.0.2.0/29")
        is_let_by(here, server, ann, "trusted_networks", HERE)
        is_asked(here, server, ann, NEXT_DOOR)

    def test_local_login_counts_as_one_from_there(self, here, ann):
        """No remote host at all is in no network, however wide."""
        here.conf(require="everyone", trusted_networks="0.0.0.0/0 ::/0")
        for enter in (here.su, here.sudo, here.login):
            seen = enter(ann)
            assert not seen.entered and len(seen.prompts) == 1, seen


class TestRememberedOverSsh:
    @pytest.fixture(autouse=True)
    def remembered(self, here, server, ann):
        here.conf(remember="1h")
        is_asked(here, server, ann, HERE)
        comes(here, server, ann, ann.phone.code(), address=HERE)
        is_let_by(here, server, ann, "remember", HERE)

    def test_neighbour_is_let_by(self, here, server, ann):
        is_asked(here, server, ann, NEXT_DOOR)

    def test_other_user_is_let_by(self, here, server):
        other = here.account()
        other.enroll()
        is_asked(here, server, other, HERE)

    def test_other_service_is_let_by(self, here, ann):
        other = here.sshd("password", service="sshd-places2")
        is_asked(here, other, ann, HERE)
        other.stop()

    def test_forgotten_place_is_let_by(self, here, server, ann):
        here.tool("forget", ann.name)
        is_asked(here, server, ann, HERE)

    def test_locked_user_is_let_by(self, here, server, ann):
        here.conf(remember="1h", lock_after=1)
        comes(here, server, ann, ann.phone.wrong(), address=NEXT_DOOR)
        is_asked(here, server, ann, HERE)

    def test_linking_another_phone_keeps_the_place(self, here, server, ann):
        ann.enroll("--replace")
        is_asked(here, server, ann, HERE)

    def test_setting_that_is_gone_lets_by(self, here, server, ann):
        here.conf()
        is_asked(here, server, ann, HERE)


def test_loopback_is_remembered(here, server, ann):
    """Whoever forwards a port through the machine comes from there."""
    here.conf(remember="1h")
    assert comes(here, server, ann, ann.phone.code())[0].entered
    is_asked(here, server, ann)


class Desk(sitting.Sitting):
    """A shell of the person's own on one terminal, in which sudo is run again and again."""

    def __init__(self, here, person):
        # the times of files stay: libfaketime would move those too, and with them the name
        # that the place has
        super().__init__(here, ["sh"], become=person.become,
                         environment={"PS1": "$ ", "NO_FAKE_STAT": "1"})
        self.person = person
        self.reads(sitting.SHELL)

    def sudo(self, code=None):
        """Whether the code was asked; with none at hand, Ctrl-C."""
        self.types("sudo -k -- sh -c '%s'" % dialogue.PROOF)
        self.reads(sitting.PASSWORD)
        self.types(self.person.password)
        self.child.expect(["Verification code: $", dialogue.INSIDE])
        asked = "Verification code" in self.child.after
        if asked:
            self.child.sendline(code or "")
            self.child.expect(dialogue.INSIDE if code else "try again|incorrect")
        self.reads(sitting.SHELL)
        return asked


class TestRememberedAtATerminal:
    """All under libfaketime, which shows the time since the boot as it shows the clock."""

    @pytest.fixture
    def desk(self, here, ann):
        here.conf(remember="1h")
        with here.later(0), Desk(here, ann) as desk:
            assert desk.sudo(ann.phone.code())
            assert not desk.sudo()
            yield desk

    def test_other_terminal_is_let_by(self, here, desk, ann):
        with Desk(here, ann) as other:
            assert other.sudo()
        assert not desk.sudo()

    def test_end_never_comes(self, here, desk):
        with here.later(HOUR - 60):
            assert not desk.sudo()
        with here.later(HOUR + 1):
            assert desk.sudo()

    def test_clock_set_back_revives_it(self, here, desk):
        with here.later(-60):
            assert desk.sudo()

    def test_reboot_is_survived(self, here, desk):
        with here.rebooted():
            assert desk.sudo()
        assert not desk.sudo()
