# SPDX-License-Identifier: BSD-2-Clause
"""Who is asked, who is let by and what is said of it, through the real libpam."""

import itertools
import os
import re
import shlex
import subprocess
import time

import pytest

from rig import (AUTH_ERR, NAME_MAX, PERM_DENIED, SERVICE_ERR, SUCCESS, UNAVAILABLE, USER_UNKNOWN, Phone, Seen,
                 steady)

PERMIT = "auth required pam_permit.so\n"
HERE, THERE = ("-r", "192.0.2.7"), ("-r", "192.0.2.8")
DAY = 86400


@pytest.fixture
def ann(rig):
    """Somebody enrolled, in a stack in which a PAM_IGNORE is not all there is."""
    rig.service(after=PERMIT)
    return rig.enroll()


def day(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def let_by(rig, seen, rule):
    """He was not asked, and the journal has one line that says by which rule."""
    lines = [line for line in rig.journal.take() if "result=" in line]
    assert seen.codes == [SUCCESS] and seen.prompts == [], seen.events
    assert len(lines) == 1 and "result=skipped rule=%s " % rule in lines[0] + " ", lines
    return True


def asked(seen):
    assert len(seen.prompts) == 1, seen.events
    return True


# ---- rules ---------------------------------------------------------------------------------

def test_rule_18_name_of_a_byte_too_many_is_no_account(rig, ann):
    assert rig.login("n" * NAME_MAX, "123456").codes == [AUTH_ERR]
    assert rig.login("n" * (NAME_MAX + 1), "123456").codes == [USER_UNKNOWN]


@pytest.mark.parametrize("path, words", [("/etc/group", {"require": "@root"}), ("/etc/passwd", {})],
                         ids=["group", "passwd"])
def test_rule_01_name_that_cannot_be_looked_up_is_not_one_that_is_missing(rig, ann, path, words):
    rig.settings(**words)
    _, trace = rig.sweep_login(ann, ann.phone.wrong())
    at = next(c.n for c in trace.calls if c.name == "openat" and path in c.args)
    rig.journal.take()
    seen, _ = rig.sweep_login(ann, ann.phone.code(), at=at, action="EIO")
    lines = rig.journal.take()
    assert seen.codes == [UNAVAILABLE] and "name service does not answer" in "".join(lines), seen.events


def test_helper_is_asked_by_root(rig, ann):
    """Who may not open the store as root has a fault to look for, and is nobody's screen."""
    _, trace = rig.sweep_login(ann, ann.phone.wrong())
    at = next(c.n for c in trace.calls if c.name == "openat" and rig.store in c.args)
    seen, trace = rig.sweep_login(ann, ann.phone.code(), at=at, action="EACCES")
    assert seen.codes == [UNAVAILABLE] and "execve" not in [c.name for c in trace.calls], trace.calls
    assert "file=%s" % rig.store in rig.journal.take()[-1]


@pytest.mark.parametrize("words, path", [
    ({"require": "@root"}, "/etc/group"), ({"remember": "1h"}, "/proc/sys/kernel/random/boot_id")],
                         ids=["groups", "places"])
def test_rule_03_what_settings_ask_for_is_looked_up_whoever_it_is(rig, ann, words, path):
    rig.settings(**words)
    looked = []
    for who in (ann, next(rig.names), "ghost"):
        _, trace = rig.sweep_login(who, "123456", options=HERE)
        looked.append(len([c for c in trace.calls if c.name.startswith("open") and path in c.args]))
    assert looked[0] > 0 and len(set(looked)) == 1, looked


def test_rule_03_missing_group_refuses_who_is_no_account_too(rig, ann):
    """The question would else tell them apart."""
    rig.settings(require="@no-such-group")
    for who in (ann, next(rig.names), "ghost"):
        seen = rig.login(who, "123456")
        assert seen.codes == [SERVICE_ERR] and seen.prompts == [], (who, seen.events)


def test_lone_ignore_is_a_refusal(rig):
    ann = rig.enroll()
    rig.settings(exempt=ann.name)
    assert rig.login(ann, "").codes != [SUCCESS]


def test_exempt_until_its_end_and_no_longer(rig, ann):
    rig.settings(exempt="%s until=%s" % (ann.name, day(600)))
    rig.journal.take()
    assert let_by(rig, rig.login(ann, ""), "exempt")
    rig.settings(exempt="%s until=%s" % (ann.name, day(-1)))
    assert asked(rig.login(ann, ann.phone.wrong()))


def test_exempt_with_an_end_needs_the_store_that_knows_the_time(rig, ann):
    rig.settings(exempt="%s until=%s" % (ann.name, day(600)))
    os.rename(rig.key_file, rig.key_file + ".gone")
    assert rig.login(ann, "").codes != [SUCCESS]


def test_rule_20_clock_behind_the_store_ends_every_exemption(rig, ann):
    """The marker is of the future: then it is the clock that is wrong."""
    rig.settings(exempt="%s until=%s" % (ann.name, day(3 * DAY)), require_from=day(3 * DAY))
    marker = os.path.join(rig.store, "marker")
    assert let_by_at_all(rig, ann)
    with open(marker, encoding="ascii") as file:
        text = file.read()
    with open(marker, "w", encoding="ascii") as file:
        file.write(re.sub(r"created \d+", "created %d" % (time.time() + 600), text))
    seen = rig.login(ann, ann.phone.wrong())
    assert seen.codes != [SUCCESS] and len(seen.prompts) == 1


def test_rule_24_zone_of_the_caller_moves_a_date_or_an_end(rig, ann):
    """Half an hour to either side of the moment; the caller's day is another one."""
    bob, wrong = next(rig.names), ann.phone.wrong()
    for zone, seconds in itertools.product(("UTC0", "EAST-14", "WEST+12"), (-1800, 1800)):
        moment = day(seconds).rstrip("Z")
        rig.settings(require_from=moment, exempt="%s until=%s" % (ann.name, moment))
        for person in (ann, bob):
            seen = rig.login(person, wrong, env=dict(os.environ, TZ=zone))
            assert len(seen.prompts) == (seconds < 0), (zone, seconds, person, seen.events)


def let_by_at_all(rig, person):
    return rig.login(person, "").codes == [SUCCESS]


@pytest.mark.parametrize("rhost, trusted", [
    ("192.0.2.7", True), ("192.0.2.128", False), ("::ffff:192.0.2.7", True), ("2001:db8::1", True),
    ("2001:db9::1", False), ("fe80::1%eth0", False), ("trusted.example", False), ("", False),
    ("192.0.2.7 ", False), ("127.0.0.1", False), ("192.000.2.7", False)])
def test_trusted_network_is_numeric_or_nothing(rig, ann, rhost, trusted):
    rig.settings(trusted_networks="192.0.2.0/25, 2001:db8::/32 fe80::/10")
    rig.journal.take()
    seen = rig.login(ann, ann.phone.wrong(), options=["-r", rhost])
    assert let_by(rig, seen, "trusted_networks") if trusted else asked(seen)


def test_group_is_held_to_it_and_others_are_let_by(rig, ann):
    rig.settings(require="@root")
    rig.journal.take()
    assert asked(rig.login(ann, ann.phone.wrong())), "enrolled though not required: asked"
    rig.journal.take()
    assert let_by(rig, rig.login(next(rig.names), ""), "require")
    seen = rig.login("root", "123456")
    assert seen.codes == [AUTH_ERR] and asked(seen)


# ---- before the date ---------------------------------------------------------------------------

def test_before_the_date_the_days_are_told_in_the_account_phase(rig, ann):
    rig.settings(require_from=day(11 * DAY + 60))
    rig.journal.take()
    seen = rig.login(next(rig.names), "")
    texts = [e["text"] for e in seen.of("info")]
    assert let_by(rig, seen, "require_from")
    assert len(texts) == 1 and "12 days left" in texts[0].replace("\n", " ")
    assert rig.login(next(rig.names), "", options=["-s"]).texts == []
    assert rig.login(next(rig.names), "", options=["-a"]).texts == []
    rig.settings(require_from=day(40 * DAY))
    assert rig.login(next(rig.names), "").texts == []


def test_from_the_date_on_they_are_held_to_it(rig, ann):
    rig.settings(require_from=day(-1))
    seen = rig.login(next(rig.names), "123456")
    assert seen.codes == [AUTH_ERR] and asked(seen)


def test_offer_that_somebody_else_took_meanwhile_lets_nobody_by(rig, ann):
    """He was let by because he had no second step: now he has one, and has not shown it."""
    rig.settings(require_from=day(5 * DAY), offer="7d", enroll_at_login="yes")
    name = next(rig.names)
    saved = rig.save()
    _, trace = rig.sweep_login(name, "y\n!code")
    at = next(c.n for c in trace.after("answered"))
    rig.restore(saved)
    words = rig.tool_command(*rig.enroll_words(name, Phone()))
    seen, _ = rig.sweep_login(name, "y\n!code", at=at, action="run=%s >/dev/null 2>&1" % shlex.join(words))
    assert seen.codes == [SUCCESS] and seen.accounts == [PERM_DENIED], seen.events
    assert os.path.exists(rig.enrollment(name))


def test_offer_is_taken_or_declined(rig, ann):
    rig.settings(require_from=day(5 * DAY), offer="7d", enroll_at_login="yes")
    bob, eve = next(rig.names), next(rig.names)
    seen = rig.login(bob, "n")
    assert seen.codes == [SUCCESS] and seen.accounts == [SUCCESS] and len(seen.prompts) == 1
    seen = rig.login(bob, "y\n!code")
    assert seen.accounts == [SUCCESS] and len(seen.keys) == 1
    assert asked(rig.login(bob, "123456"))
    seen = rig.login(eve, "y\n!abort")
    assert seen.accounts == [SUCCESS], "not held to it yet"
    assert rig.login(eve, "y", options=["-s"]).prompts == []


# ---- remembered places -----------------------------------------------------------------------------

@pytest.fixture
def rememberer(rig, ann):
    rig.settings(remember="1h")
    steady()
    assert rig.login(ann, ann.phone.code(), options=HERE).accounts == [SUCCESS]
    rig.journal.take()
    return ann


def test_place_is_remembered_and_its_neighbour_is_not(rig, rememberer):
    assert let_by(rig, rig.login(rememberer, "", options=HERE), "remember")
    assert asked(rig.login(rememberer, "", options=THERE))
    assert asked(rig.login(rememberer, "", options=["-r", "host.example"]))
    assert asked(rig.login(rememberer, ""))


def test_place_is_forgotten_on_demand(rig, rememberer):
    rig.tool("forget", rememberer.name)
    assert asked(rig.login(rememberer, "", options=HERE))


def test_place_goes_with_the_phone_that_is_unlinked(rig, rememberer):
    rig.tool("remove", rememberer.name)
    rig.enroll(rememberer.name)
    rig.settings(remember="1h")
    assert asked(rig.login(rememberer, "", options=HERE))


def test_rule_21_place_is_not_remembered_before_the_account_phase(rig, ann):
    rig.settings(remember="1h")
    assert rig.login(ann, ann.phone.code(), options=[*HERE, "-a"]).codes == [SUCCESS]
    assert asked(rig.login(ann, "", options=HERE))


def test_rule_21_locked_account_is_asked_where_it_was_remembered(rig, rememberer):
    rig.settings(remember="1h", lock_after=2)
    rig.login(rememberer, *rememberer.phone.wrongs(2), options=THERE)
    assert asked(rig.login(rememberer, "", options=HERE))


def test_loopback_is_no_place(rig, ann):
    rig.settings(remember="1h")
    for ahead, rhost in enumerate(("127.0.0.1", "::1", "::ffff:127.0.0.1")):
        assert rig.login(ann, ann.phone.code(ahead - 1), options=["-r", rhost]).codes == [SUCCESS]
        assert asked(rig.login(ann, "", options=["-r", rhost]))


def test_process_without_a_terminal_has_no_place(rig, ann):
    """Neither a terminal nor a remote host: a session alone is nobody's."""
    rig.settings(remember="1h")
    tries = rig.login_command(ann, ann.phone.code(-1)), rig.login_command(ann, "")
    script = "%s; %s" % tuple(" ".join(shlex.quote(word) for word in words) for words in tries)
    said = subprocess.run(["setsid", "-w", "sh", "-c", script], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True).stdout
    seen = Seen(said, 0, "")
    assert seen.codes == [SUCCESS, AUTH_ERR] and len(seen.prompts) == 2, seen.events


def test_exempt_and_remembered_places_end_with_the_setting(rig, rememberer):
    rig.settings(remember="0")
    assert asked(rig.login(rememberer, "", options=HERE))


# ---- refusals ------------------------------------------------------------------------------

def test_refusals_are_held_back_longer_and_never_over_five_seconds(rig, ann):
    """libpam adds up to half, as much to each in one second."""
    saved, delays, second = rig.save(), [], None
    while int(time.time()) != second:
        rig.restore(saved)
        second = int(time.time())
        delays = [e["us"] for e in rig.login(ann, *ann.phone.wrongs(7)).of("delay")]
    assert [round(us / delays[0], 1) for us in delays] == [1, 2, 3, 3.3, 3.3], delays
    assert max(delays) <= 5000000


def test_settings_that_cannot_be_read_are_named_with_the_reason(rig, ann):
    """By file and reason, for there is no line or word to name."""
    def spoil(path):
        if os.path.isdir(path):
            os.rmdir(path)
        elif os.path.lexists(path):
            os.unlink(path)
    for make, why in (
            (lambda p: (rig.settings(), os.chmod(p, 0o666)), "writable by others"),
            (lambda p: (rig.settings(), os.chown(p, 1, 0)), "not owned by root"),
            (lambda p: os.symlink("/dev/null", p), "a symbolic link"),
            (os.mkdir, "not a regular file"),
            (lambda p: rig.settings(contact="x\n#" + "x" * 17000), "too long")):
        spoil(rig.conf)
        make(rig.conf)
        rig.journal.take()
        seen = rig.login(ann, ann.phone.wrong())
        lines = [line for line in rig.journal.take() if "result=" in line]
        assert seen.codes == [SERVICE_ERR] and seen.prompts == [], seen.events
        assert len(lines) == 1 and "file=%s why=" % rig.conf in lines[0] and why in lines[0], lines


def test_silent_login_keeps_the_wrong_codes_for_one_that_may_tell(rig, ann):
    """sudo is always silent; what was tried at sshd would be forgotten by its next success."""
    steady()
    seen = rig.login(ann, ann.phone.wrong(), ann.phone.code(), options=["-s"])
    assert seen.codes == [AUTH_ERR, SUCCESS] and seen.of("info") == [], seen.events
    seen = rig.login(ann, ann.phone.code(+1))
    assert [e["text"] for e in seen.of("info")] == ["1 wrong code since your last sign-in."], seen.events
    ann.phone = rig.enroll(name=ann.name, more=("--replace",)).phone
    assert rig.login(ann, ann.phone.code()).of("info") == [], "told once"


def test_rule_03_junk_of_sshd_looks_like_what_was_typed(rig, ann):
    for junk, typed in (("!junk4", "abcd"), ("!junk6", ann.phone.wrong()), ("!junk11", "abcdefghijk")):
        looks = [rig.login(person, text).of("error") for person, text in
                 ((rig.enroll(), junk), (rig.enroll(), typed))]
        assert looks[0] == looks[1], (junk, looks)


# ---- notify -------------------------------------------------------------------------------------------

@pytest.fixture
def told(rig, tmp_path):
    """Reads what the notify program was told, as soon as it is."""
    program, pipe = str(tmp_path / "notify"), str(tmp_path / "told")
    os.mkfifo(pipe)
    with open(program, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nexec cat >%s\n" % pipe)
    os.chmod(program, 0o755)
    rig.notify = program

    def read():
        with open(pipe, encoding="ascii") as file:
            return file.read()
    return read


def test_program_is_told_of_what_happens_to_an_account(rig, told):
    bob = rig.enroll(recovery=1)
    rig.settings(notify=rig.notify, lock_after=2, enroll_at_login="yes")
    rig.login(bob, bob.recovery[0], options=HERE)
    line = told()
    assert re.match(r"user=%s result=accepted method=recovery .*rhost=192\.0\.2\.7" % bob.name, line)
    rig.login(bob, *bob.phone.wrongs(2))
    assert "locks=yes" in told()
    name = next(rig.names)
    rig.login(name, "!code")
    assert re.match(r"user=%s result=enrolled method=totp device=phone" % name, told())


def test_debug_tells_how_the_record_stood_and_what_was_set(rig, ann):
    """Who is not enrolled is judged by the decoy, which counts nothing."""
    rig.settings(debug="yes", window=2)
    bob = next(rig.names)
    rig.journal.take()
    for who in (ann, ann, bob, "ghost"):
        rig.login(who, ann.phone.wrong())
    lines = [line for line in rig.journal.take() if "debug=" in line]
    assert all(line.startswith("<87>") for line in lines), "LOG_AUTHPRIV | LOG_DEBUG"
    assert [line.rpartition("): ")[2] for line in lines] == [
        "user=%s debug=yes enrolled=%s seq=%d failures=%d window=2 store=file:%s" % (*row, rig.store)
        for row in ((ann.name, "yes", 0, 0), (ann.name, "yes", 1, 1), (bob, "no", 0, 0), ("?", "no", 1, 0))]


def test_program_that_cannot_be_started_refuses_nobody_and_is_logged(rig):
    bob = rig.enroll(recovery=1)
    rig.settings(notify="/nowhere/notify")
    assert rig.login(bob, bob.recovery[0]).codes == [SUCCESS]
    assert any("notify=failed" in line for line in rig.journal.take())
