# SPDX-License-Identifier: BSD-2-Clause
"""What can happen at a door, once for every door.

Each function is one test, called with a door (ssh, sudo, su, login) and a fresh
account; it is named for the defect that it would catch."""

import pytest

import dialogue
import place

LOCK = 30 * 60
DAY = 24 * 60 * 60

# What a caller might set in the hope that it decides something.
STRANGE = {
    # a locale that is not there: in C.UTF-8 LANGUAGE would translate what pam_unix asks
    "LC_ALL": "nl_NL.UTF-8", "LANG": "nl_NL.UTF-8", "LANGUAGE": "nl", "TZ": "Pacific/Kiritimati",
    "HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent", "TMPDIR": "/nonexistent",
}


class Door:
    """A way in that asks for a code: one PAM service, typed by one program."""

    def __init__(self, here, name):
        self.here, self.name, self.service = here, name, name
        self._since = 0

    def enter(self, person, *codes, **more):
        self._since = self.here.log.now()
        return self._open(person, *codes, **more)

    def _open(self, person, *codes, **more):
        return getattr(self.here, self.name)(person, *codes, **more)

    def journal(self, person):
        """The module's lines of the last login that name this person."""
        name = person if isinstance(person, str) else person.name
        return self.here.log.module_lines(self._since, user=name)

    def logged(self, person):
        """The one line that the last login left: no event is told twice or not at all."""
        lines = self.journal(person)
        assert len(lines) == 1, "expected one line of the module:\n" + "\n".join(lines)
        assert "service=%s" % self.service in lines[0], lines[0]
        return lines[0]

    def since(self):
        """Where in the log the last login began."""
        return self._since

    @staticmethod
    def says_why(seen, words):
        return words in in_words(seen.shown)

    def refuses(self, person, *codes, **more):
        """Types the login, holds that nobody got in, and returns what was seen."""
        seen = self.enter(person, *codes, **more)
        assert not seen.entered, seen
        return seen

    def admits(self, person, *codes, **more):
        seen = self.enter(person, *codes, **more)
        assert seen.entered and seen.prompts, seen
        return seen


class SshDoor(Door):
    def __init__(self, here, server):
        super().__init__(here, "ssh")
        self.server, self.service = server, server.service

    def _open(self, person, *codes, **more):
        return self.here.ssh_login(self.server, person, *codes, **more)


class SudoDoor(Door):
    @staticmethod
    def says_why(seen, words):
        return True             # PAM_SILENT: only a next prompt could say it


def failures(person):
    """How many wrong codes in a row the tool counts."""
    return person.status()["failures"]


def result(line):
    return place.words_of(line)["result"]


def in_words(text):
    return " ".join(text.split())


# ---- codes -------------------------------------------------------------------------

def right_code_is_refused(door, ann):
    seen = door.admits(ann, ann.phone.code())
    line = door.logged(ann)
    assert "result=accepted method=totp device=phone" in line
    assert len(seen.prompts) == 1


def wrong_code_gets_in(door, ann):
    seen = door.refuses(ann, ann.phone.wrong())
    assert result(door.logged(ann)) == "wrong"
    assert failures(ann) == 1
    assert door.says_why(seen, "Wrong code")


def empty_answer_gets_in_or_is_counted(door, ann):
    door.refuses(ann, "")
    assert result(door.logged(ann)) == "empty"
    assert failures(ann) == 0


def interrupted_prompt_gets_in_or_is_counted(door, ann):
    door.refuses(ann, dialogue.ABORT)
    assert all(result(x) == "empty" for x in door.journal(ann))
    assert failures(ann) == 0
    door.admits(ann, ann.phone.code())


def ended_input_gets_in_or_is_counted(door, ann):
    door.refuses(ann, dialogue.END)
    assert all(result(x) == "empty" for x in door.journal(ann))
    assert failures(ann) == 0
    door.admits(ann, ann.phone.code())


def malformed_answer_is_counted(door, ann):
    seen = door.refuses(ann, "open sesame")
    assert result(door.logged(ann)) == "malformed"
    assert failures(ann) == 0
    assert door.says_why(seen, "Not a code")


def overlong_answer_gets_in_or_is_counted(door, ann):
    door.refuses(ann, ann.phone.code() * 100)
    # sudo itself breaks the conversation off when an answer is that long
    assert result(door.logged(ann)) in ("malformed", "empty")
    assert failures(ann) == 0


def typed_blanks_refuse_a_right_code(door, ann):
    code = ann.phone.code()
    door.admits(ann, " %s %s " % (code[:3], code[3:]))


def code_opens_twice(door, ann):
    code = ann.phone.code()
    door.admits(ann, code)
    seen = door.refuses(ann, code)
    assert result(door.logged(ann)) == "spent"
    assert failures(ann) == 0
    assert door.says_why(seen, "already used")


def code_spelled_otherwise_opens_twice(door, ann):
    code = ann.phone.code()
    door.admits(ann, code)
    door.refuses(ann, "%s %s" % (code[:3], code[3:]))
    assert result(door.logged(ann)) == "spent"


def older_code_opens_after_a_newer(door, ann):
    old, new = ann.phone.code(0), ann.phone.code(1)
    door.admits(ann, new)
    door.refuses(ann, old)
    assert result(door.logged(ann)) == "spent"


def phone_that_drifts_is_shut_out(door, ann):
    """A phone that runs ahead of the machine, a little more at each login."""
    for code in [ann.phone.code(steps) for steps in (1, 2, 3)]:
        door.admits(ann, code)


def code_outside_the_window_gets_in(door, ann):
    door.refuses(ann, ann.phone.code(4))
    assert result(door.logged(ann)) == "wrong"


def two_codes_in_a_row_do_not_resynchronise(door, ann):
    """A phone ten steps ahead: the second code, a period later, opens."""
    first, second = ann.phone.code(10), ann.phone.code(11)
    door.refuses(ann, first)
    with door.here.later(31):
        door.admits(ann, second)


def old_codes_resynchronise(door, ann):
    """Codes that a watcher wrote down before the last login bring nobody in."""
    old = [ann.phone.code(-3), ann.phone.code(-2)]
    door.admits(ann, ann.phone.code())
    door.refuses(ann, old[0])
    with door.here.later(31):
        door.refuses(ann, old[1])


def hotp_code_is_refused_or_opens_twice(door, ann):
    token = ann.enroll("--replace", kind="hotp")
    door.admits(ann, token.code())
    assert "method=hotp" in door.logged(ann)
    door.refuses(ann, token.code())
    assert result(door.logged(ann)) == "spent"
    door.admits(ann, token.code(3))


def second_device_is_not_asked(door, ann):
    tablet = ann.enroll("--add", "--name", "tablet", algorithm="SHA256", digits=8)
    door.admits(ann, tablet.code())
    assert "device=tablet" in door.logged(ann)
    door.admits(ann, ann.phone.code())


# ---- lock and block ----------------------------------------------------------------

def lock(door, ann, **words):
    """Two wrong codes, which lock the account."""
    door.here.conf(lock_after=2, delay_after=99, **words)
    for number in range(2):
        door.refuses(ann, ann.phone.wrong(number))


def right_code_opens_a_locked_account(door, ann):
    lock(door, ann)
    seen = door.refuses(ann, ann.phone.code())
    assert result(door.logged(ann)) == "locked"
    above = in_words(seen.prompts[0])
    assert "locked for" in above and "recovery code" in above, seen


def lock_does_not_end(door, ann):
    lock(door, ann)
    with door.here.later(LOCK - 60):
        door.refuses(ann, ann.phone.code())
    with door.here.later(LOCK + 60):
        door.admits(ann, ann.phone.code())


def recovery_code_does_not_open_a_locked_account(door, ann):
    lock(door, ann)
    door.admits(ann, ann.recovery_codes[0])
    assert "result=accepted method=recovery" in door.logged(ann)
    door.admits(ann, ann.phone.code())


def spent_recovery_code_opens_a_locked_account(door, ann):
    door.admits(ann, ann.recovery_codes[0])
    lock(door, ann)
    door.refuses(ann, ann.recovery_codes[0])


def unlock_leaves_the_account_locked(door, ann):
    lock(door, ann)
    door.here.tool("unlock", ann.name)
    door.admits(ann, ann.phone.code())


def block(door, ann):
    """Three wrong codes in all, which block the account whatever time passes."""
    door.here.conf(block_after=3, lock_after=3, delay_after=99)
    for number in range(3):
        door.refuses(ann, ann.phone.wrong(number))


def right_code_opens_a_blocked_account(door, ann):
    block(door, ann)
    seen = door.refuses(ann, ann.phone.code())
    assert result(door.logged(ann)) == "blocked"
    assert "your administrator" in in_words(seen.prompts[0]), seen


def block_ends_by_itself(door, ann):
    block(door, ann)
    with door.here.later(DAY):
        door.refuses(ann, ann.phone.code())
        assert result(door.logged(ann)) == "blocked"


def recovery_code_does_not_open_a_blocked_account(door, ann):
    block(door, ann)
    door.admits(ann, ann.recovery_codes[0])
    door.admits(ann, ann.phone.code())


def success_forgets_the_failures_before_a_block(door, ann):
    """Rule of the norms: what was guessed between right logins still adds up."""
    door.here.conf(block_after=3, lock_after=3, delay_after=99)
    door.refuses(ann, ann.phone.wrong(0))
    door.refuses(ann, ann.phone.wrong(1))
    door.admits(ann, ann.phone.code())
    door.refuses(ann, ann.phone.wrong(2))
    door.refuses(ann, ann.phone.code(1))
    assert result(door.logged(ann)) == "blocked"


def guesses_are_not_held_back(door, ann):
    """The refusal waits, a right code does not."""
    door.here.conf(delay_after=1)
    for ahead in range(2):      # a busy machine may hold back the right one, once
        door.refuses(ann, ann.phone.wrong(0))
        held = door.refuses(ann, ann.phone.wrong(1)).seconds
        free = door.admits(ann, ann.phone.code(ahead)).seconds
        if free + 0.5 < held:
            return
    raise AssertionError("%f seconds for the right one, %f for the wrong one" % (free, held))


def same_wrong_code_is_counted_twice(door, ann):
    door.refuses(ann, ann.phone.wrong())
    door.refuses(ann, ann.phone.wrong())
    assert failures(ann) == 1


# ---- recovery codes ----------------------------------------------------------------

def recovery_code_is_refused_or_opens_twice(door, ann):
    code = ann.recovery_codes[1]
    door.admits(ann, code)
    assert "result=accepted method=recovery" in door.logged(ann)
    seen = door.refuses(ann, code)
    assert result(door.logged(ann)) == "spent"
    assert failures(ann) == 0
    assert door.says_why(seen, "already used")


def recovery_code_must_be_typed_as_printed(door, ann):
    code = ann.recovery_codes[0].lower().replace("-", " ")
    door.admits(ann, code.replace("1", "l").replace("0", "o"))


def recovery_code_of_another_opens(door, ann):
    eve = door.here.account()
    door.here.conf(recovery_codes=1)
    eve.enroll()
    door.here.conf()
    door.refuses(ann, eve.recovery_codes[0])
    assert result(door.logged(ann)) == "wrong"


def code_of_another_opens(door, ann):
    eve = door.here.account()
    door.refuses(ann, eve.enroll().code())


# ---- who may not come in at all ------------------------------------------------------

def unenrolled_user_gets_in(door, ann):
    bob = door.here.account()
    seen = door.refuses(bob, ann.phone.wrong())
    assert result(door.logged(bob)) == "unenrolled"
    asked = door.refuses(ann, ann.phone.wrong())
    assert [prompt_of(p) for p in seen.prompts] == [prompt_of(p) for p in asked.prompts]


def code_is_asked_before_the_password_was_right(door, ann):
    """A stranger must not be able to lock anybody, nor learn who is enrolled."""
    seen = door.refuses(ann, ann.phone.wrong(), password="not the password")
    assert not seen.prompts and not door.journal(ann), seen
    assert failures(ann) == 0


def removed_device_still_opens(door, ann):
    code = ann.phone.code()
    door.here.tool("remove", ann.name, input="yes\n")
    door.refuses(ann, code)
    assert result(door.logged(ann)) == "unenrolled"


# ---- the rest ------------------------------------------------------------------------

def bad_setting_lets_in(door, ann):
    door.here.conf(nullok="yes")
    door.refuses(ann, ann.phone.code())
    lines = door.here.log.module_lines(door.since())
    assert any("misconfigured" in x and "nullok" in x and "1" in x for x in lines), lines


def lost_key_lets_in(door, ann):
    """A store without its key is broken, not empty."""
    with door.here.without(door.here.KEY):
        seen = door.refuses(ann, ann.phone.code())
        lines = door.here.log.module_lines(door.since())
        assert any("result=unavailable" in x for x in lines), lines
        assert door.says_why(seen, "out of order")
    door.admits(ann, ann.phone.code())


def unmounted_store_lets_in(door, ann):
    bob = door.here.account()
    with door.here.without(door.here.STORE):
        for person in (ann, bob):
            door.refuses(person, ann.phone.code())
            lines = door.here.log.module_lines(door.since())
            assert any("result=unavailable" in x for x in lines), lines


def environment_decides(door, ann):
    """Neither language nor zone nor home changes what is asked or judged."""
    wrong = ann.phone.wrong()
    plain, strange = (door.refuses(ann, wrong, environment=e) for e in ({}, STRANGE))
    assert plain.shown == strange.shown
    assert failures(ann) == 1
    door.admits(ann, ann.phone.code(), environment=STRANGE)


def prompt_of(text):
    """The last line of a prompt, without the `(user@host) ` that ssh puts before it."""
    return text.replace("\r", "").split("\n")[-1].split(") ")[-1]


CODES = [
    right_code_is_refused, wrong_code_gets_in, empty_answer_gets_in_or_is_counted,
    interrupted_prompt_gets_in_or_is_counted, ended_input_gets_in_or_is_counted,
    malformed_answer_is_counted, overlong_answer_gets_in_or_is_counted,
    typed_blanks_refuse_a_right_code, code_opens_twice,
    code_spelled_otherwise_opens_twice, older_code_opens_after_a_newer,
    phone_that_drifts_is_shut_out, code_outside_the_window_gets_in,
    hotp_code_is_refused_or_opens_twice, second_device_is_not_asked,
]
LOCKS = [
    right_code_opens_a_locked_account, recovery_code_does_not_open_a_locked_account,
    spent_recovery_code_opens_a_locked_account, unlock_leaves_the_account_locked,
    right_code_opens_a_blocked_account, recovery_code_does_not_open_a_blocked_account,
    success_forgets_the_failures_before_a_block, same_wrong_code_is_counted_twice,
]
RECOVERY = [
    recovery_code_is_refused_or_opens_twice, recovery_code_must_be_typed_as_printed,
    recovery_code_of_another_opens, code_of_another_opens,
]
STRANGERS = [unenrolled_user_gets_in, removed_device_still_opens]
BROKEN = [bad_setting_lets_in, lost_key_lets_in, unmounted_store_lets_in]
# Not through sshd, whose sandbox kills what libfaketime does.
IN_TIME = [
    pytest.param(event, marks=pytest.mark.skipif(
        place.faketime_library() is None, reason="libfaketime is not installed"))
    for event in (two_codes_in_a_row_do_not_resynchronise, old_codes_resynchronise,
                  lock_does_not_end, block_ends_by_itself)
]
EVERYWHERE = [pytest.param(event, marks=pytest.mark.codes if "recovery_code" in event.__name__ else ())
              for event in CODES + LOCKS + RECOVERY + STRANGERS + BROKEN]
