# SPDX-License-Identifier: BSD-2-Clause
"""Whole logins through a real sshd: password and code, key and code."""

import concurrent.futures

import pytest

import events
import place


@pytest.fixture(scope="module", name="servers")
def both_servers(the_place):
    made = {kind: the_place.sshd(kind) for kind in ("password", "key")}
    yield made
    for server in made.values():
        server.stop()


@pytest.fixture
def password_door(here, servers):
    return events.SshDoor(here, servers["password"])


@pytest.fixture
def key_door(here, servers):
    return events.SshDoor(here, servers["key"])


@pytest.mark.parametrize("event", events.EVERYWHERE, ids=lambda e: e.__name__)
def test_password_and_code(event, password_door, ann):
    event(password_door, ann)


@pytest.mark.parametrize("event", events.EVERYWHERE, ids=lambda e: e.__name__)
def test_key_and_code(event, key_door, ann):
    event(key_door, ann)


def test_rule_25_code_is_asked_before_the_password_was_right(password_door, ann):
    events.code_is_asked_before_the_password_was_right(password_door, ann)


def test_key_alone_gets_in(here, key_door, ann):
    """The code prompt is never skipped, and nothing but a code answers it."""
    seen = key_door.refuses(ann, ann.password)
    assert len(seen.prompts) == 1 and "assword" not in seen.shown


def test_code_without_the_key_gets_in(here, servers, ann):
    """Nobody whose key does not fit is asked for a code at all."""
    seen = here.ssh_login(servers["key"], ann, ann.phone.code(),
                          options=["-o", "PubkeyAuthentication=no"])
    assert not seen.entered and not seen.prompts, seen


def test_rhost_is_missing_from_the_log(password_door, ann):
    password_door.admits(ann, ann.phone.code())
    assert place.words_of(password_door.logged(ann))["rhost"] == "127.0.0.1"


def test_account_line_refuses_or_asks_at_a_login_by_key_alone(here, bob):
    """cron and keys run the account phase too: it lets them be."""
    server = here.sshd("key", service="sshd-keyonly", options=["PasswordAuthentication no"])
    since = here.log.now()
    seen = here.ssh_login(server, bob)
    server.stop()
    assert seen.entered and not seen.prompts, seen
    assert not here.log.module_lines(since)


@pytest.mark.parametrize("kind", ["password", "key"])
@pytest.mark.codes
def test_few_recovery_codes_are_not_told(here, servers, ann, kind):
    seen = here.ssh_login(servers[kind], ann, ann.phone.code())
    assert seen.entered and "2 recovery codes left" in seen.shown, seen


def test_failures_since_the_last_login_are_not_told(password_door, ann):
    password_door.refuses(ann, ann.phone.wrong())
    seen = password_door.admits(ann, ann.phone.code())
    assert "1 wrong code since" in seen.shown, seen


# Without a first factor before it the module itself meets people who do not exist.

@pytest.fixture(scope="module", name="bare")
def server_without_first_factor(the_place):
    server = the_place.sshd("password", service="sshd-bare", stack=place.STACKS["key"])
    yield server
    server.stop()


@pytest.fixture
def bare_door(here, bare):
    return events.SshDoor(here, bare)


def shown_to(door, who, code):
    """What a refused person sees, with the name that ssh itself shows made equal."""
    seen = door.refuses(who, code)
    name = who if isinstance(who, str) else who.name
    return seen.prompts[0].replace(name, "WHO"), seen.shown.replace(name, "WHO")


def test_prompt_tells_who_exists_and_who_is_enrolled(bare_door, ann, bob):
    """Rule 3: everybody sees the same prompt."""
    prompts = {str(who): shown_to(bare_door, who, ann.phone.wrong())[0]
               for who in (ann, bob, "nobody-of-that-name", "root")}
    assert len(set(prompts.values())) == 1, prompts


def test_guesses_at_one_show_at_all_others_without_a_record(here, bare_door, ann, bob):
    """A lock that all strangers share would tell them from people with a record."""
    here.conf(lock_after=2, delay_after=99)
    for number in range(3):
        bare_door.refuses(bob, ann.phone.wrong(number))
    other = here.account()
    prompts = {str(who): shown_to(bare_door, who, ann.phone.wrong())[0]
               for who in (ann, other, "nobody-of-that-name")}
    assert len(set(prompts.values())) == 1, prompts


def test_answer_tells_an_unknown_user_from_an_enrolled_one(bare_door, ann):
    """For a name that is no account sshd answers the prompt with junk of its own."""
    enrolled, unknown = (shown_to(bare_door, who, ann.phone.wrong())[1]
                         for who in (ann, "nobody-of-that-name"))
    assert enrolled == unknown


def test_unknown_name_is_logged(here, bare_door, ann):
    """People type passwords where the name belongs: such a name is logged as `?`."""
    bare_door.refuses("hunter2x", ann.phone.code())
    lines = here.log.module_lines(bare_door.since())
    assert lines and all(place.words_of(x)["user"] == "?" for x in lines), lines
    assert not any("hunter2x" in x for x in lines), lines


def test_code_of_an_enrolled_user_lets_an_unknown_one_in(bare_door, ann):
    bare_door.refuses("nobody-of-that-name", ann.phone.code())
    bare_door.admits(ann, ann.phone.code())


# Rule 5: sshd's own password method answers prompts that it cannot show.

BY_PASSWORD = ["-o", "PreferredAuthentications=password"]


@pytest.mark.parametrize("echo", ["yes", "no"])
def test_rule_05_password_method_of_sshd_counts_as_wrong_codes(here, ann, echo):
    """`password` instead of keyboard-interactive: not counted, and the log says
    what to set in sshd_config."""
    here.conf(echo=echo)
    server = here.sshd("password", service="sshd-plain", options=[
        "PasswordAuthentication yes", "KbdInteractiveAuthentication no"])
    since = here.log.now()
    for _ in range(4):
        seen = here.ssh_login(server, ann, options=BY_PASSWORD)
        assert not seen.entered and not seen.prompts, seen
    server.stop()
    assert events.failures(ann) == 0
    lines = here.log.module_lines(since)
    assert any("KbdInteractiveAuthentication" in x for x in lines), lines
    assert not any("result=wrong" in x for x in lines), lines


def test_password_that_looks_like_a_code_is_taken_for_one(here, ann):
    """With echo off the password method hands the password to the code prompt."""
    here.conf(echo="no")
    digits = here.account(password="135791")
    digits.enroll()
    server = here.sshd("password", service="sshd-plain", options=[
        "PasswordAuthentication yes", "KbdInteractiveAuthentication no"])
    for _ in range(2):
        seen = here.ssh_login(server, digits, options=BY_PASSWORD)
        assert not seen.entered, seen
    server.stop()
    assert events.failures(digits) == 0


# Rule 10: the count belongs to the account.

def test_new_connection_starts_a_new_count(here, servers, ann):
    doors = [events.SshDoor(here, s) for s in servers.values()] + [events.Door(here, "su")]
    for number, door in enumerate(doors):
        door.refuses(ann, ann.phone.wrong(number))
        assert events.failures(ann) == number + 1


def test_many_tries_on_one_connection_are_not_counted(here, servers, ann):
    here.conf(delay_after=9)
    wrong = [ann.phone.wrong(n) for n in range(3)]
    seen = here.ssh_login(servers["key"], ann, *wrong,
                          options=["-o", "NumberOfPasswordPrompts=3"])
    assert not seen.entered and len(seen.prompts) == 3, seen
    assert events.failures(ann) == 3


def test_lock_of_one_keeps_others_out(password_door, here, ann):
    other = here.account()
    phone = other.enroll()
    events.lock(password_door, ann)
    password_door.admits(other, phone.code())


def test_lock_at_one_door_is_unknown_at_another(here, password_door, ann):
    events.lock(password_door, ann)
    for name in ("sudo", "su", "login"):
        door = events.Door(here, name)
        door.refuses(ann, ann.phone.code())
        assert events.result(door.journal(ann)[0]) == "locked"


def test_one_code_at_once_lets_several_in(here, servers, ann):
    """Rule 7, through the real sshd: eight logins with one code, one gets in."""
    code = ann.phone.code()
    with concurrent.futures.ThreadPoolExecutor(8) as hands:
        tries = [hands.submit(here.ssh_login, servers["key"], ann, code) for _ in range(8)]
        entered = [t.result().entered for t in tries]
    assert entered.count(True) == 1


# What the stack of the machine itself looks like once the README was followed.

def test_debian_stack_after_the_readme_refuses_everybody(here, ann):
    with open("/etc/pam.d/sshd", encoding="utf-8") as file:
        stack = file.read().splitlines()
    if not any("common-auth" in line for line in stack):
        pytest.skip("/etc/pam.d/sshd of this machine does not include common-auth")
    lines, asked = [], False
    for line in stack:
        if line.startswith("@include common-auth"):
            lines += place.STACKS["password"][:3]
        elif line.startswith("account") and not asked:
            lines, asked = lines + place.MODULE_ACCOUNT + [line], True
        elif "pam_loginuid" not in line and "pam_motd" not in line:   # no audit in here
            lines.append(line)
    server = here.sshd("password", service="sshd-debian", stack=lines)
    door = events.SshDoor(here, server)
    code = ann.phone.code()
    door.admits(ann, code)
    door.refuses(ann, code)
    server.stop()


# Rule 16: the environment of the host process decides nothing.

def test_rule_16_environment_of_sshd_changes_what_is_asked_or_judged(here, ann):
    plain = here.sshd("key")
    strange = here.sshd("key", service="sshd-strange", environment=events.STRANGE)
    wrong = ann.phone.wrong()
    shown = [here.ssh_login(s, ann, wrong).shown for s in (plain, strange)]
    assert shown[0] == shown[1]
    assert here.ssh_login(strange, ann, ann.phone.code()).entered
    for server in (plain, strange):
        server.stop()
