# SPDX-License-Identifier: BSD-2-Clause
"""What people do for themselves: `twostep` typed by an ordinary account, through the helper
that really is set-uid root. Callers that mean harm are in test_self_hostile.py."""

import json
import os
import select
import subprocess

import pytest

import place
import sitting

pytestmark = sitting.ALL_INSTALLED

DONE, NO, USAGE, SYSTEM = 0, 1, 2, 3
SERVICE = ["auth requisite pam_unix.so nodelay", "account required pam_unix.so"]


class Seat(sitting.Sitting):
    """A person at a terminal who types `twostep VERB`."""

    def __init__(self, here, person, *words, language="C.UTF-8"):
        super().__init__(here, ["twostep", *words], become=person.become,
                         environment={"LC_ALL": language})
        self.person = person

    def password(self, pattern=sitting.CODE, password=None):
        self.reads(sitting.PASSWORD)
        return self.says(password or self.person.password, pattern)

    def ends(self, status=DONE):
        """What is told at the end, in one line."""
        self.is_refused()
        self.child.wait()
        assert self.child.exitstatus == status, self.shown
        return " ".join(self.text.split())


def conf(here, **more):
    here.conf(**dict({"enroll_at_login": "yes", "recovery_codes": 2}, **more))


@pytest.fixture(autouse=True)
def service(here, opened):
    conf(here)
    here.pam("twostep", SERVICE)
    yield
    assert here.strays() == []


def journal(here, person, since):
    """(result, by) of each line about this person, but for root's."""
    words = [place.words_of(x) for x in here.log.module_lines(since, user=person.name)]
    return [(w["result"], w.get("by", w["service"])) for w in words if w.get("by") != "0"]


def own(here, person, *words, status=DONE, **more):
    """The tool as this person, without a terminal; his own words on standard input."""
    told = here.tool(*words, check=False, preexec_fn=person.become, **more)
    assert told.returncode == status, (told, here.log.module_lines())
    return told


def devices(person):
    return [device["name"] for device in person.status()["devices"]]


# ---- enrolling -------------------------------------------------------------------------

def test_first_phone_is_linked_without_password_or_code(here, bob):
    since = here.log.now()
    with Seat(here, bob, "enroll") as seat:
        seat.password()
        assert bob.password not in seat.shown
        phone = seat.scans()
        assert seat.key().key == phone.key
        assert not bob.status()["enrolled"]
        assert "2 tries left" in seat.says(phone.wrong())
        used = phone.code()
        seat.types(used)
        assert "Two-step sign-in is on." in seat.ends()
        codes = seat.recovery_codes()
    assert len(codes) == 2
    assert journal(here, bob, since) == [("enrolled", str(bob.uid))]
    # the code that confirmed is spent, the next one opens
    assert not here.su(bob, used).entered
    assert here.su(bob, phone.code(1)).entered


def test_rule_23_first_enrollment_goes_round_enroll_at_login(here, bob):
    """`no`: not even a password is asked; `invited`: only who is."""
    for words, told in (({"enroll_at_login": "no"}, "Ask the desk to enroll you."),
                        ({"enroll_at_login": "invited"}, "Ask the desk for an activation code.")):
        conf(here, contact="the desk", **words)
        done = own(here, bob, "enroll", status=NO)
        assert "You have no second step yet. " + told in " ".join(done.stderr.split())
    assert not bob.status()["enrolled"]


def test_activation_code_is_not_asked_or_not_counted(here, bob):
    conf(here, enroll_at_login="invited")
    code = sitting.activation_code(here, bob)
    since = here.log.now()
    with Seat(here, bob, "enroll") as seat:
        seat.password(sitting.ACTIVATION)
        for typed in ("", "0000-0000-0000"):
            assert "wrong or expired" in seat.says(typed, sitting.ACTIVATION)
        seat.says(code)
        phone = seat.scans()
        seat.types(phone.code())
        seat.ends()
        seat.recovery_codes()
    assert [word for word, _ in journal(here, bob, since)] == ["empty", "wrong", "enrolled"]
    assert bob.status()["enrolled"] and not bob.status()["invited"]
    assert bob.status()["failures"] == 1


def test_wrong_activation_codes_open_the_dialogue(here, bob):
    sitting.activation_code(here, bob)
    with Seat(here, bob, "enroll") as seat:
        seat.password(sitting.ACTIVATION)
        for typed in ("000000", "0000-0000-0000"):
            assert "wrong or expired" in seat.says(typed, sitting.ACTIVATION)
        seat.types("0000-0000-0000")
        assert "no code was right; nothing was changed" in seat.ends(NO)
    assert not bob.status()["enrolled"]


def test_codes_of_another_key_confirm(here, bob):
    with Seat(here, bob, "enroll") as seat:
        seat.password()
        phone = seat.scans()
        assert "2 tries left" in seat.says(phone.wrong(0))
        assert "1 try left" in seat.says("nonsense")
        seat.types(phone.wrong(1))
        assert "no code fitted; nothing was changed" in seat.ends(NO)
    assert not bob.status()["enrolled"]


@pytest.mark.codes
def test_second_phone_takes_the_place_of_the_first_or_its_codes(here, ann):
    conf(here)
    assert "use --add or --replace" in own(here, ann, "enroll", status=NO).stderr
    with Seat(here, ann, "enroll", "--add") as seat:
        assert "To show that it is you" in seat.password()
        seat.says(ann.phone.code())
        second = seat.scans()
        seat.types(second.code())
        assert "recovery codes" not in seat.ends()
    assert devices(ann) == ["phone", "phone-2"]
    assert ann.status()["recovery_codes_left"] == 2
    assert here.su(ann, ann.phone.code(1)).entered
    assert here.su(ann, second.code(1)).entered


@pytest.mark.codes
def test_lost_phone_still_opens(here, ann):
    """A recovery code in the place of the phone, and another phone."""
    conf(here)
    since = here.log.now()
    seen = here.su(ann, ann.recovery_codes[0])
    assert seen.entered
    assert "Phone gone? twostep enroll --replace" in " ".join(seen.shown.split())
    with Seat(here, ann, "enroll", "--replace", "--name", "new") as seat:
        seat.password()
        seat.says(ann.recovery_codes[1])
        phone = seat.scans()
        seat.types(phone.code())
        seat.ends()
        assert not set(seat.recovery_codes()) & set(ann.recovery_codes)
    by = str(ann.uid)
    assert journal(here, ann, since) == [("accepted", "su"), ("accepted", by), ("enrolled", by)]
    assert devices(ann) == ["new"]
    assert not here.su(ann, ann.phone.code()).entered
    assert here.su(ann, phone.code(1)).entered


def test_options_of_the_picture_count_for_nothing(here, bob):
    picture = bob.home + "/picture.png"
    with Seat(here, bob, "enroll", "--quiet", "--uri", "--qr-file", picture, "--digits", "8",
              "--algorithm", "SHA256", "--period", "60", "--issuer", "work", "--name", "a") as seat:
        shown = seat.password()
        uri = next(word for word in shown.split() if word.startswith("otpauth:"))
        phone = sitting.device_of(here, uri)
        kind, label, words = sitting.parts_of(uri)
        assert (kind, label, words["issuer"]) == ("totp", "work:" + bob.name, "work")
        assert (phone.digits, phone.algorithm, phone.period) == (8, "SHA256", 60)
        assert os.stat(picture).st_uid == bob.uid and os.stat(picture).st_mode & 0o777 == 0o600
        seat.types(phone.code())
        told = seat.ends()
        assert len(seat.recovery_codes()) == 2 and "recovery codes" not in told
    assert devices(bob) == ["a"]


def test_token_that_counts(here, bob):
    with Seat(here, bob, "enroll", "--hotp", "--qr", "none") as seat:
        seat.password()
        token = place.Device(here, seat.key().key, "hotp")
        seat.types(token.code())
        seat.ends()
        seat.recovery_codes()
    assert bob.status()["devices"][0]["type"] == "hotp"


# ---- what is asked before anything changes ----------------------------------------------

def test_wrong_password_changes_anything(here, ann):
    for words in (["remove"], ["forget"], ["recovery", "--new"], ["enroll", "--replace"]):
        with Seat(here, ann, *words) as seat:
            seat.reads(sitting.PASSWORD)
            seat.types("not the password")
            assert "the password is wrong; nothing was changed" in seat.ends(NO)
    assert devices(ann) == ["phone"] and ann.status()["failures"] == 0


def test_three_wrong_codes_change_anything(here, ann):
    with Seat(here, ann, "remove") as seat:
        seat.password()
        for number in range(2):
            assert "Wrong code." in seat.says(ann.phone.wrong(number))
        seat.types(ann.phone.wrong(2))
        assert "no code was right; nothing was changed" in seat.ends(NO)
    assert devices(ann) == ["phone"] and ann.status()["failures"] == 3


@pytest.mark.codes
def test_lock_is_not_heeded_or_keeps_a_recovery_code_out(here, ann):
    conf(here, lock_after=1)
    with Seat(here, ann, "remove") as seat:
        seat.password()
        assert "Too many wrong codes: locked for 30 minutes" in seat.says(ann.phone.wrong())
        assert "Too many wrong codes: locked" in seat.says(ann.phone.code())
        seat.types(ann.recovery_codes[0])
        assert "removed" in seat.ends()
    assert not ann.status()["enrolled"]


def test_activation_code_is_as_good_as_a_code(here, ann):
    """It lets a lost phone be replaced at a login, and opens nothing here."""
    conf(here, enroll_at_login="invited")
    code = sitting.activation_code(here, ann, "--replace")
    told = own(here, ann, "remove", status=NO, input="%s\n%s\n" % (ann.password, code))
    assert "Not a code." in told.stderr
    assert ann.status()["enrolled"] and ann.status()["invited"]


def test_expired_password_is_enough(here, ann):
    subprocess.run(["chage", "-d", "0", ann.name], check=True)
    with Seat(here, ann, "forget") as seat:
        seat.reads(sitting.PASSWORD)
        seat.types(ann.password)
        assert "your password has expired; change it first" in seat.ends(NO)


def test_missing_service_falls_back_to_another(here, ann):
    here.pam("other", ["auth required pam_permit.so", "account required pam_permit.so"])
    since = here.log.now()
    with here.without("/etc/pam.d/twostep"):
        told = own(here, ann, "forget", status=SYSTEM, input="x\n%s\n" % ann.phone.code())
    os.unlink("/etc/pam.d/other")
    assert "there is no PAM service twostep; nothing was changed" in told.stderr
    assert journal(here, ann, since) == [("unavailable", str(ann.uid))]


def test_stack_that_does_not_let_by_is_passed(here, ann):
    allow = ["auth required pam_permit.so", "account required pam_permit.so"]
    for stack, status, words in (
            ([allow[0], "account required pam_deny.so"], NO, "refuses"),
            (["nonsense"] + allow, NO, "refuses"),
            (["auth required pam_nowhere.so"] + allow, SYSTEM, "out of order")):
        here.pam("twostep", stack)
        told = own(here, ann, "forget", status=status, input=ann.phone.code() + "\n")
        assert words in told.stderr
    here.pam("twostep", allow)
    own(here, ann, "forget", input=ann.phone.code() + "\n")


def test_stack_proves_somebody_else(here, ann, bob):
    """A module may map one name to another: whose password that was is open then."""
    for who, code, status, words in ((ann, 0, DONE, ""), (bob, 1, NO, "refuses; nothing was changed")):
        here.pam("twostep", ["auth required %s/tests/pam/.libs/pam_next.so %s %s" % (
            here.build, ann.password, who.name), "account required pam_permit.so"])
        typed = "%s\n%s\n" % (ann.password, ann.phone.code(code))
        assert words in own(here, ann, "forget", status=status, input=typed).stderr


def test_stack_asks_without_end(here, ann):
    """The last line would let by; nobody is asked so often, whatever the modules make of that."""
    ask = "auth optional %s/tests/tools/.libs/pam_say.so 7 a b" % here.build
    for lines, status, words in ((19, DONE, ""), (20, NO, "broken off; nothing was changed"),
                                 (21, NO, "broken off; nothing was changed")):
        here.pam("twostep", [ask] * lines + SERVICE)
        typed = lines * "x\n" + "%s\n%s\n" % (ann.password, ann.phone.code())
        assert words in own(here, ann, "forget", status=status, input=typed).stderr


def test_interrupt_leaves_something_behind(here, ann, bob):
    conf(here)
    for person, words, stop in ((ann, ["remove"], 0), (ann, ["remove"], 1), (bob, ["enroll"], 1)):
        with Seat(here, person, *words) as seat:
            seat.reads(sitting.PASSWORD)
            if stop:
                seat.says(person.password)
            seat.child.sendintr()
            assert "broken off; nothing was changed" in seat.ends(NO)
    assert ann.status()["enrolled"] and not bob.status()["enrolled"]


# ---- the other verbs --------------------------------------------------------------------

def test_removed_phone_opens_or_no_other_can_be_linked(here, bob):
    """First sign-in of a client; unlinked, by himself; another phone at the next sign-in."""
    conf(here, require="everyone")
    server = here.sshd("password", service="sshd-self")
    with sitting.ssh(here, server, bob) as seat:
        old, _ = seat.links()
    with Seat(here, bob, "remove") as seat:
        seat.password()
        seat.types(old.code(1))
        assert "removed; no second step is enrolled" in seat.ends()
    assert not bob.status()["enrolled"]
    with sitting.ssh(here, server, bob) as seat:
        new, _ = seat.links()
    assert new.key != old.key
    assert not here.ssh_login(server, bob, old.code(2)).entered
    assert here.ssh_login(server, bob, new.code(1)).entered
    server.stop()


def test_another_device_is_removed_than_the_one_named(here, ann):
    ann.enroll("--add", "--name", "tablet")
    since = here.log.now()
    assert "no such device" in own(here, ann, "remove", "--device", "phone-7", status=NO).stderr
    for name, code, left in (("tablet", ann.phone.code(), ["phone"]),
                             ("phone", ann.phone.code(1), None)):
        with Seat(here, ann, "remove", "--device", name) as seat:
            seat.password()
            seat.types(code)
            assert ("removed '%s'" % name if left else "no second step is enrolled") in seat.ends()
        assert left is None or devices(ann) == left
    assert not ann.status()["enrolled"]
    words = [place.words_of(line) for line in here.log.module_lines(since, user=ann.name)]
    assert [w.get("device") for w in words if w["result"] == "removed"] == ["tablet", None]


@pytest.mark.codes
def test_old_recovery_codes_open_beside_new_ones(here, ann):
    conf(here, recovery_codes=1)
    since = here.log.now()
    with Seat(here, ann, "recovery", "--new") as seat:
        seat.password()
        seat.types(ann.phone.code())
        assert "The old recovery codes are void." in seat.ends()
        new, = seat.recovery_codes()
    by = str(ann.uid)
    assert journal(here, ann, since) == [("accepted", by), ("enrolled", by)]
    assert own(here, ann, "recovery").stdout == "%s: 1 of 1 recovery codes left\n" % ann.name
    assert here.tool("verify", ann.name, input=ann.recovery_codes[0], check=False).returncode == NO
    here.tool("verify", ann.name, input=new)


def test_dialogue_is_read_for_the_result(here, ann):
    """By a script, which finds on standard output what it asked for and nothing else."""
    conf(here, recovery_codes=2)
    here.pam("twostep", ["auth optional pam_echo.so Mind the step.", *SERVICE])
    told = own(here, ann, "recovery", "--new", "--json", input="%s\n%s\n" % (ann.password, ann.phone.code()))
    assert "To show that it is you" in told.stderr and "Mind the step." in told.stderr
    codes = json.loads(told.stdout)
    assert codes == {"user": ann.name, "recovery_codes_left": 2, "recovery_codes": 2, "codes": codes["codes"]}
    here.tool("verify", ann.name, input=codes["codes"][0])
    told = own(here, ann, "enroll", "--add", "--quiet", status=NO,
               input="%s\n%s\n" % (ann.password, codes["codes"][1]))
    line, = told.stdout.splitlines()
    assert line.startswith("otpauth://totp/")


def test_forgotten_place_is_not_asked_again(here, ann):
    conf(here, remember="7d")
    with sitting.su(here, ann) as seat:
        seat.reads(sitting.CODE)
        seat.types(ann.phone.code())
        seat.gets_in()
    assert json.loads(own(here, ann, "status", "--json").stdout)["places"] == 1
    with Seat(here, ann, "forget") as seat:
        seat.password()
        seat.types(ann.phone.code(1))
        assert "no place is remembered any more" in seat.ends()
    assert ann.status()["places"] == 0


def test_status_tells_less_or_more_than_root_is_told(here, ann, bob):
    for person, status in ((ann, DONE), (bob, NO)):
        for words in (["status"], ["status", "--json"], ["recovery", "--json"]):
            mine = own(here, person, *words, status=status)
            theirs = here.tool(*words, person.name, check=False)
            assert (mine.stdout, mine.stderr) == (theirs.stdout, theirs.stderr)
    assert own(here, ann, "status", ann.name).stdout == own(here, ann, "status").stdout


def test_verbs_and_options_of_root_are_served(here, ann, bob):
    """Whatever is typed at them: nothing is asked."""
    conf(here)
    for words in (["status", bob.name], ["status", "root"], ["status", "--all"],
                  ["remove", bob.name], ["unlock"], ["invite"], ["verify"], ["export"],
                  ["status", "--conf", here.CONF], ["forget", "--store", "file:" + here.STORE],
                  ["remove", "--key-file", here.KEY], ["recovery", "--one"],
                  ["enroll", "--add", "--key", ann.phone.key], ["enroll", "--add", "--no-confirm"]):
        told = here.tool(*words, check=False, preexec_fn=ann.become,
                         input="%s\n%s\n" % (ann.password, ann.phone.code()))
        assert told.returncode in (NO, SYSTEM) and told.stdout == "" and told.stderr, words
    assert here.su(ann, ann.phone.code()).entered, "the code was spent"


def test_helper_that_is_gone_is_not_told(here, ann):
    with here.without(here.HELPER):
        told = own(here, ann, "status", status=SYSTEM)
    assert here.HELPER + ": cannot be started: No such file" in told.stderr


def test_helper_that_is_not_root_is_not_told(here, ann):
    """It leaves no line in the log, for it is nobody there; doctor tells of it."""
    mode = os.stat(here.HELPER).st_mode
    os.chmod(here.HELPER, 0o755)
    try:
        told = own(here, ann, "status", status=SYSTEM)
        assert here.HELPER + ": gave no answer; twostep doctor" in told.stderr
        assert here.HELPER in here.tool("doctor", check=False).stdout
    finally:
        os.chmod(here.HELPER, mode)


def test_people_are_told_in_a_language_that_they_do_not_speak(here, ann):
    told = own(here, ann, "enroll", status=NO, env=dict(os.environ, LC_ALL="nl_NL.UTF-8"))
    assert "heeft al een apparaat: kies --add of --replace" in told.stderr
    with Seat(here, ann, "remove", language="nl_NL.UTF-8") as seat:
        assert "Om te tonen dat jij het bent" in seat.password()
        assert "Onjuiste code." in seat.says(ann.phone.wrong())


def test_program_is_not_told_of_what_was_done(here, ann):
    program, told = "/run/place/bin/told", "/run/place/told"
    os.mkfifo(told)
    pipe = os.open(told, os.O_RDWR | os.O_NONBLOCK)
    here.write(program, "#!/bin/sh\nexec /bin/cat >%s\n" % told, mode=0o755)
    conf(here, notify=program)
    with Seat(here, ann, "remove") as seat:
        seat.password()
        seat.types(ann.phone.code())
        seat.ends()
    assert select.select([pipe], [], [], 20)[0], "nothing came"
    words = place.words_of(os.read(pipe, 4096).decode())
    os.close(pipe)
    assert (words["user"], words["result"], words["service"], words["by"]) == (
        ann.name, "removed", "twostep-helper", str(ann.uid))
