# SPDX-License-Identifier: BSD-2-Clause
"""Locked screens: each real locker, run by an ordinary person, with the stack that the manual
has for it and a store that nobody but root can read."""

import contextlib
import os
import re
import stat
import subprocess

import pytest

import dialogue
import events
import lockers
import place

LOCKERS = [lockers.I3lock, lockers.Swaylock, lockers.Xscreensaver, lockers.Xsecurelock,
           lockers.Vlock]
# What the manual's stacks include: Debian's, but that pam_unix holds no refusal back.
COMMON = {
    "common-auth": ["auth [success=1 default=ignore] pam_unix.so nullok nodelay",
                    "auth requisite pam_deny.so", "auth required pam_permit.so"],
    "common-account": [
        "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so",
        "account requisite pam_deny.so", "account required pam_permit.so"],
}


def manual_stack(service):
    """What pam_twostep(8) shows for the file of this service."""
    with open(os.path.join(place.SOURCE, "man", "pam_twostep.8"), encoding="utf-8") as file:
        section = re.search(r"^\.Ss Screen lockers\n(.*?)^\.Ss ", file.read(), re.M | re.S)[1]
    text = section.partition("/etc/pam.d/" + service)[2]
    return re.search(r"^\.Bd[^\n]*\n(.*?)^\.Ed", text, re.M | re.S)[1].splitlines()


class LockDoor(events.Door):
    """A locked screen as a way in; the helper tells of what it judged."""

    def __init__(self, here, kind, screen):
        super().__init__(here, kind.SERVICE)
        self.kind, self.screen = kind, screen
        if kind.HELPED:
            self.service = "twostep-helper"

    def locked_by(self, person):
        return self.kind(self.here, person, self.screen)

    def _open(self, person, *codes, password=None):
        seen = dialogue.Seen()
        if password is None:
            password = person.password
        with self.locked_by(person) as lock:
            seen.entered = lock.opens(password, *codes)
        seen.prompts, seen.shown = list(codes), lock.heard.getvalue()
        return seen

    @staticmethod
    def says_why(seen, words):
        return True             # most lockers show no text

    def logged(self, person):
        line = super().logged(person)
        assert not self.kind.HELPED or "by=%d" % person.uid in line, line
        return line


@pytest.fixture(scope="module", name="screens")
def all_screens(the_place):
    """One of each kind, made when the first locker needs it."""
    made = {}

    def screen(kind):
        if kind not in made:
            made[kind] = kind(the_place)
        return made[kind]

    yield screen
    for each in made.values():
        each.leave()


@pytest.fixture(scope="module")
def common(the_place):
    """The files of Debian that the stacks include, in place of what this machine has."""
    with contextlib.ExitStack() as files:
        for name, lines in COMMON.items():
            if os.path.exists("/etc/pam.d/" + name):
                files.enter_context(the_place.without("/etc/pam.d/" + name))
            the_place.pam(name, lines)
        yield


@pytest.fixture
def open_door(here, screens, common):
    def door(kind):
        lost = lockers.missing(*kind.PROGRAMS, *kind.SCREEN.NEEDS)
        if lost:
            pytest.skip("not installed: " + ", ".join(lost))
        if kind.HELPED and not here.HELPER:
            pytest.skip("built without twostep-helper")
        here.pam(kind.SERVICE, manual_stack(kind.SERVICE))
        return LockDoor(here, kind, screens(kind.SCREEN))
    return door


@pytest.fixture(params=LOCKERS, ids=lambda kind: kind.SERVICE)
def door(request, open_door):
    return open_door(request.param)


@pytest.fixture(autouse=True)
def store_is_roots_alone(here):
    yield
    paths = [os.path.join(where, name) for where, _, files in os.walk(here.STORE)
             for name in [".", *files]]
    for path in [*paths, here.KEY]:
        status = os.stat(path)
        assert status.st_uid == 0 and stat.S_IMODE(status.st_mode) & 0o077 == 0, path


def test_screen_stays_locked_or_opens_twice_by_one_code(door, ann):
    events.code_opens_twice(door, ann)


@pytest.mark.codes
def test_screen_opens_by_wrong_codes_or_not_by_a_recovery_code(door, ann):
    events.lock(door, ann)
    assert events.result(door.logged(ann)) == "wrong"
    door.refuses(ann, ann.phone.code())
    assert events.result(door.logged(ann)) == "locked"
    door.admits(ann, ann.recovery_codes[0].lower())
    assert "result=accepted method=recovery" in door.logged(ann)


def test_screen_opens_by_one_half_of_what_is_asked(door, ann):
    door.refuses(ann, "")
    door.refuses(ann, ann.phone.code(), password="not the password")
    if not door.kind.ONE_FIELD:
        assert not door.journal(ann), "asked before the password was right"
    assert events.failures(ann) == 0


def test_screen_of_who_has_no_second_step(door, bob, opened):
    """It opens by the password alone, but not where he must have one: nobody enrolls there."""
    door.here.conf(enroll_at_login="yes")
    door.refuses(bob, "123456")
    assert events.result(door.logged(bob)) == "unenrolled"
    door.here.conf(require="nobody")
    assert door.enter(bob).entered
    assert "result=skipped rule=require" in door.journal(bob)[0]


@pytest.mark.parametrize("kind", [lockers.I3lock, lockers.Swaylock], ids=["i3lock", "swaylock"])
def test_screen_that_refused_once_never_opens(open_door, ann, kind):
    with open_door(kind).locked_by(ann) as lock:
        assert not lock.opens(ann.password, ann.phone.wrong())
        assert lock.opens(ann.password, ann.phone.code())


def test_screen_opens_without_the_key(open_door, ann):
    events.lost_key_lets_in(open_door(lockers.I3lock), ann)


def test_one_string_answers_two_questions(open_door, ann):
    """Debian's file of i3lock includes that of login, where the module asks apart."""
    door = open_door(lockers.I3lock)
    door.here.pam("i3lock", ["auth include login"])
    for code in ("", ann.phone.code()):
        door.refuses(ann, code)
        door.refuses(ann, code, password="")
    assert events.failures(ann) == 0


def test_anybody_but_root_reads_the_store(here, ann):
    found = subprocess.run(["find", here.STORE, here.KEY, "-readable"], capture_output=True,
                           text=True, preexec_fn=ann.become, cwd="/")
    assert found.stdout == ""
