# SPDX-License-Identifier: BSD-2-Clause
"""Enrolling inside a login: what the module asks, binds and refuses, through the real libpam."""

import hashlib
import json
import os
import re
import shlex
import time

import pytest

import rig as pam
from rig import AUTH_ERR, PERM_DENIED, SUCCESS, UNAVAILABLE, Phone, steady

RECOVERY = r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}\b"
ACTIVATION = r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){2}\b"
HERE, THERE = ("-r", "192.0.2.7"), ("-r", "192.0.2.8")


@pytest.fixture
def name(rig):
    """Somebody who has no second step, where others have one."""
    rig.enroll()
    rig.settings(enroll_at_login="yes")
    rig.journal.take()
    return next(rig.names)


def in_days(days):
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * 86400))


def enrolled(rig, name):
    return os.path.exists(rig.enrollment(name))


def invite(rig, name, *more):
    return re.search(ACTIVATION, rig.tool("invite", name, *more).stdout).group()


def services(rig):
    directory = os.path.join(rig.store, "services")
    return os.listdir(directory) if os.path.isdir(directory) else []


# ---- the dialogue ------------------------------------------------------------------------

def test_dialogue_links_and_the_next_login_asks(rig, name):
    seen = rig.login(name, "!code")
    assert (seen.codes, seen.accounts) == ([SUCCESS], [SUCCESS]), seen.events
    assert len(seen.prompts) == 1 and seen.prompts[0].endswith("Verification code: ")
    phone = Phone(seen.keys[0])
    seen = rig.login(name, phone.wrong(), phone.code(+1))
    assert seen.codes == [AUTH_ERR, SUCCESS]
    assert rig.journal.results()[:2] == ["uncommitted", "enrolled"]


def test_rule_06_confirming_code_is_spent(rig, name):
    steady()
    seen = rig.login(name, "!code")
    assert rig.login(name, Phone(seen.keys[0]).code()).codes == [AUTH_ERR]


@pytest.mark.parametrize("answers", ["!abort", "!null", "!nothing", "000000\n000001\n000002", "", "k\n!abort"])
def test_rule_02_anything_short_of_a_commit_is_denied(rig, name, answers):
    seen = rig.login(name, answers)
    assert (seen.codes, seen.accounts) == ([SUCCESS], [PERM_DENIED]), seen.events
    assert not enrolled(rig, name)
    last = seen.of("error")[-1]["text"]
    assert last.isascii() and "not set up" in last
    assert "uncommitted" in rig.journal.results()


def test_nothing_is_shown_and_no_key_exists_before_the_account_phase(rig, name):
    seen = rig.login(name, "!code", options=["-a"])
    assert seen.codes == [SUCCESS] and seen.texts == []
    assert not enrolled(rig, name)
    assert not os.path.exists(os.path.join(rig.store, "invitations", name))


def test_recovery_codes_come_after_the_commit_and_count_from_enter_on(rig, name):
    rig.settings(enroll_at_login="yes", recovery_codes=2)
    seen = rig.login(name, "!code\n\n")
    codes = re.findall(RECOVERY, seen.prompts[-1])
    assert len(codes) == 2 and seen.accounts == [SUCCESS]
    assert rig.login(name, codes[0], codes[0]).codes == [SUCCESS, AUTH_ERR]


def test_recovery_codes_that_were_cut_off_are_void_and_new_ones_come(rig, name):
    rig.settings(enroll_at_login="yes", recovery_codes=2)
    seen = rig.login(name, "!code\n!abort")
    assert seen.accounts == [SUCCESS] and enrolled(rig, name)
    lost = re.findall(RECOVERY, seen.prompts[-1])
    phone = Phone(seen.keys[0])
    assert rig.login(name, lost[0]).codes == [AUTH_ERR]
    seen = rig.login(name, phone.code(+1) + "\n\n")
    codes = re.findall(RECOVERY, seen.prompts[-1])
    assert len(codes) == 2 and not set(codes) & set(lost)
    assert rig.journal.results() == ["uncommitted", "enrolled", "wrong", "accepted"], "linked once"
    assert rig.login(name, codes[1]).codes == [SUCCESS]
    assert len(rig.login(name, codes[0]).prompts) == 1


def outcomes(rig):
    """The lines that say how a login or a dialogue ended."""
    return [line for line in rig.journal.take() if "result=" in line]


def test_journal_of_a_dialogue_that_went_well_tells_of_no_fault(rig, name):
    """Nothing is there yet of somebody's first dialogue, and that is no fault."""
    rig.login(name, "!code")
    rig.login(next(rig.names), "!abort")
    lines = outcomes(rig)
    assert len(lines) == 4 and not [x for x in lines if "file=" in x or "why=" in x], lines


def test_journal_of_an_offer_that_came_to_nothing_tells_nothing(rig, name):
    rig.settings(enroll_at_login="yes", require_from=in_days(10), offer="30d")
    rig.service(after="auth required pam_permit.so\n")
    seen = rig.login(name, "y\n!abort")
    lines = outcomes(rig)
    assert seen.accounts == [SUCCESS] and len(seen.prompts) == 2, seen.events
    assert len(lines) == 1 and "rule=require_from" in lines[0], lines


def test_offer_that_the_store_fails_is_told_as_that(rig, name):
    """He is let by, as before; but that is not what this line tells of."""
    rig.settings(enroll_at_login="yes", require_from=in_days(10), offer="30d")
    rig.service(after="auth required pam_permit.so\n")
    with open(os.open(rig.history(name), os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write("x" * 8192)
    seen = rig.login(name, "y")
    lines = outcomes(rig)
    assert seen.accounts == [SUCCESS] and "out of order" in seen.of("info")[-1]["text"], seen.events
    assert len(lines) == 2 and "result=unavailable" in lines[1] and "damaged" in lines[1], lines


def test_person_is_asked_for_as_many_digits_as_the_app_shows(rig, name):
    rig.settings(enroll_at_login="yes", digits=8)
    first = rig.login(name, "!abort").prompts[0]
    again = rig.login(name, "!abort").prompts[0]
    assert "type the 8 digits" in " ".join(first.split()), first
    assert "type the 8 digits" in " ".join(again.split()), again


def test_letters_turn_the_picture_and_the_key_stays(rig, name):
    seen = rig.login(name, "i\nk\n!code")
    assert seen.accounts == [SUCCESS] and len(seen.keys) == 1
    assert "\u2588" in seen.prompts[1] and "\u2588" not in seen.prompts[2]


# ---- broken off and finished (rule 22) ------------------------------------------------------

def test_rule_22_broken_off_dialogue_is_finished_with_a_code(rig, name):
    seen = rig.login(name, "!abort", options=HERE)
    phone = Phone(seen.keys[0])
    seen = rig.login(name, phone.code(), options=HERE)
    assert seen.accounts == [SUCCESS] and seen.keys == []
    assert rig.login(name, phone.code(+1), options=THERE).codes == [SUCCESS]


def test_rule_22_pending_key_serves_no_other_address_and_is_never_shown_again(rig, name):
    looked_at = rig.login(name, "!abort", options=HERE).keys[0]
    seen = rig.login(name, Phone(looked_at).code() + "\n!abort", options=THERE)
    assert seen.accounts == [PERM_DENIED] and not enrolled(rig, name)
    assert looked_at not in seen.keys and len(seen.keys) == 1
    assert "being linked to this account now" in seen.prompts[0]
    seen = rig.login(name, "\n!code", options=THERE)
    assert seen.accounts == [SUCCESS] and looked_at not in seen.keys
    assert rig.login(name, Phone(looked_at).code()).codes == [AUTH_ERR]


def test_rule_22_resolved_names_are_no_address(rig, name):
    options = ("-r", "host.example")
    key = rig.login(name, "!abort", options=options).keys[0]
    assert rig.login(name, "!abort", options=options).keys not in ([], [key])


# ---- activation codes -------------------------------------------------------------------------

@pytest.fixture
def invited(rig):
    rig.enroll()
    rig.settings(enroll_at_login="invited")
    return next(rig.names)


def test_without_an_invitation_nobody_enrolls_and_the_prompt_tells_nothing(rig, invited):
    seen = rig.login(invited, "123456")
    assert seen.codes == [AUTH_ERR] and seen.prompts == ["Verification code: "]


def test_activation_code_opens_the_dialogue_and_the_commit_spends_it(rig, invited):
    code = invite(rig, invited)
    seen = rig.login(invited, "0000-0000-0000\n123456\n%s\n!abort" % code.lower().replace("-", " "))
    assert seen.codes == [SUCCESS] and seen.accounts == [PERM_DENIED] and len(seen.keys) == 1
    seen = rig.login(invited, code + "\n\n!code")
    assert seen.accounts == [SUCCESS], seen.events
    rig.tool("remove", invited)
    assert rig.login(invited, code).codes == [AUTH_ERR]


def test_last_message_is_ascii_whoever_is_to_be_asked(rig, invited):
    """sshd turns every other byte of it into octal."""
    invite(rig, invited)
    with open(rig.conf, "w", encoding="utf-8") as file:
        file.write("enroll_at_login = invited\ncontact = Andr\u00e9\n")
    seen = rig.login(invited, "\n".join(["0000-0000-0000", "0000-0000-0001", "0000-0000-0002"]))
    assert seen.of("error")[-1]["text"].endswith("Ask Andr?? for a new one."), seen.events


def test_rule_08_wrong_activation_codes_are_counted_against_the_lock(rig, invited):
    rig.settings(enroll_at_login="invited", lock_after=4)
    code = invite(rig, invited)
    wrong = ["%04d-0000-0000" % n for n in range(5)]
    seen = rig.login(invited, "\n".join(wrong[:3]))
    assert seen.accounts == [PERM_DENIED] and len(seen.prompts) == 3
    rig.journal.take()
    seen = rig.login(invited, "\n".join([wrong[3], code]))
    assert seen.accounts == [PERM_DENIED] and seen.keys == []
    lines = [line for line in rig.journal.take() if ":account)" in line]
    assert "result=wrong" in lines[0] and "locks=yes" in lines[0], lines
    assert "result=locked" in lines[1] and "result=uncommitted" in lines[2], lines
    seen = rig.login(invited, code)
    assert seen.accounts == [PERM_DENIED] and seen.keys == []
    assert "locked" in seen.of("error")[-1]["text"]
    rig.tool("unlock", invited)
    assert rig.login(invited, code + "\n!code").accounts == [SUCCESS]


def test_newest_invitation_wins(rig, invited):
    old, new = invite(rig, invited), invite(rig, invited)
    assert rig.login(invited, old + "\n!abort").keys == []
    assert rig.login(invited, new + "\n!code").accounts == [SUCCESS]


def test_rule_22_key_that_another_dialogue_replaced_while_the_code_was_typed_is_asked_for(rig, invited):
    code = invite(rig, invited)
    rig.login(invited, code + "\n!abort", options=HERE)
    saved = rig.save()
    _, trace = rig.sweep_login(invited, code + "\n!abort", options=HERE)
    at = next(c.n for c in trace.after("answered"))
    rig.restore(saved)
    other = shlex.join(rig.login_command(invited, code + "\n\n!abort", options=THERE))
    seen, _ = rig.sweep_login(invited, code + "\n!code", options=HERE, at=at,
                              action="run=%s >/dev/null 2>&1" % other)
    assert seen.accounts == [SUCCESS] and len(seen.keys) == 1, seen.events
    assert "being linked to this account now" in seen.prompts[-1]


def test_lost_phone_is_replaced_by_an_activation_code_at_the_usual_prompt(rig):
    rig.settings(enroll_at_login="invited")
    ann = rig.enroll()
    rig.settings(enroll_at_login="invited")
    code = invite(rig, ann.name, "--replace")
    seen = rig.login(ann, code + "\n!abort")
    assert seen.codes == [SUCCESS] and seen.accounts == [PERM_DENIED]
    assert rig.login(ann, ann.phone.code()).codes == [SUCCESS], "the old phone stays until the commit"
    seen = rig.login(ann, code + "\n\n!code")
    assert seen.accounts == [SUCCESS] and len(seen.keys) == 1
    assert rig.login(ann, ann.phone.code(+1), Phone(seen.keys[0]).code(+1)).codes == [AUTH_ERR, SUCCESS]
    assert rig.login(ann, code).codes == [AUTH_ERR]


def test_activation_code_is_not_taken_where_nobody_enrolls(rig):
    rig.settings(enroll_at_login="invited")
    ann = rig.enroll()
    code = invite(rig, ann.name, "--replace")
    rig.settings(enroll_at_login="no")
    assert rig.login(ann, code).codes == [AUTH_ERR]


# ---- marks (decision 6) --------------------------------------------------------------------------

def age_mark(rig, seconds):
    """As if the service had been marked so long ago."""
    path = os.path.join(rig.store, "services", services(rig)[0])
    with open(path, encoding="ascii") as file:
        head, since = re.match(r"(.*\nsince )(\d+)\n", file.read()).groups()
    text = "%s%d\n" % (head, int(since) - seconds)
    with open(path, "w", encoding="ascii") as file:
        file.write(text + "sum %s\n" % hashlib.sha256(text.encode()).hexdigest()[:16])


def test_service_whose_account_phase_never_comes_stops_letting_in(rig, name):
    other = next(rig.names)
    assert rig.login(name, "!code", options=["-a"]).codes == [SUCCESS]
    assert len(services(rig)) == 1
    age_mark(rig, 110)
    assert rig.login(other, "!code", options=["-a"]).codes == [SUCCESS], "within two minutes"
    age_mark(rig, 30)
    for who in (name, other):
        seen = rig.login(who, "123456", options=["-a"])
        assert seen.codes == [AUTH_ERR] and seen.prompts == ["Verification code: "]
    assert any("account line" in line for line in rig.journal.take())


def test_any_account_phase_of_the_service_clears_the_mark(rig, name):
    ann = rig.enroll()
    rig.settings(enroll_at_login="yes")
    assert rig.login(name, "!code", options=["-a"]).codes == [SUCCESS]
    age_mark(rig, 1000)
    assert rig.login(ann, ann.phone.code()).codes == [SUCCESS]
    assert services(rig) == []
    assert rig.login(name, "!code").accounts == [SUCCESS]


def test_mark_serves_no_other_user_on_the_handle(rig, name):
    seen = rig.login(name, "!code", options=["-U", next(rig.names)])
    assert seen.codes == [SUCCESS] and seen.accounts == [PERM_DENIED]
    assert seen.texts == [] and not enrolled(rig, name)


def test_mark_serves_no_other_process_with_the_handle(rig, name):
    seen = rig.login(name, "!code", options=["-c"])
    assert seen.codes == [SUCCESS] and seen.accounts == [PERM_DENIED], seen.events
    assert seen.keys == [] and not enrolled(rig, name)


def test_mark_of_a_time_to_come_lets_nobody_in(rig, name):
    """The clock leapt ahead and came back."""
    assert rig.login(name, "!code", options=["-a"]).codes == [SUCCESS]
    age_mark(rig, -30)
    assert rig.login(name, "123456", options=["-a"]).codes == [AUTH_ERR]


def test_account_phase_without_authenticating_asks_nothing(rig, name):
    service = os.path.join(rig.services, pam.SERVICE)
    with open(service, encoding="ascii") as file:
        lines = file.read().split("\n")
    with open(service, "w", encoding="ascii") as file:
        file.write("\n".join(["auth required pam_permit.so"] + lines[1:]))
    seen = rig.login(name, "!code")
    assert seen.codes == [SUCCESS] and seen.accounts == [SUCCESS] and seen.texts == []
    assert not enrolled(rig, name)


def spoil_account_line(rig, where="first"):
    """Puts an unknown word into the account line alone."""
    service = os.path.join(rig.services, pam.SERVICE)
    before = r"pam_twostep\S+" if where == "first" else r"pam_twostep.+"
    with open(service, encoding="ascii") as file:
        text = file.read()
    with open(service, "w", encoding="ascii") as file:
        file.write(re.sub(r"^(account required \S+%s)" % before, r"\1 nosuch", text, flags=re.M))


def test_account_line_that_is_wrong_refuses_who_must_enroll_and_says_so(rig, name):
    spoil_account_line(rig)
    seen = rig.login(name, "!code")
    assert seen.accounts == [PERM_DENIED] and seen.prompts == [], seen.events
    assert "out of order" in seen.of("error")[-1]["text"]
    assert "argument=1 word=nosuch" in outcomes(rig)[-1]


def test_account_line_that_is_wrong_is_named_for_those_who_get_in(rig):
    ann = rig.enroll()
    rig.settings(remember="1h")
    spoil_account_line(rig)
    rig.journal.take()
    assert rig.login(ann, ann.phone.code()).accounts == [SUCCESS]
    lines = outcomes(rig)
    assert len(lines) == 2 and "result=misconfigured" in lines[1] and "word=nosuch" in lines[1], lines


def test_account_line_that_is_wrong_remembers_no_place(rig):
    """Though all that stands before the unknown word was read, the store among it."""
    ann = rig.enroll()
    rig.settings(remember="1h")
    assert rig.login(ann, ann.phone.code(), options=HERE).accounts == [SUCCESS]
    assert json.loads(rig.tool("status", ann.name, "--json").stdout)["places"] == 1
    rig.tool("forget", ann.name)
    spoil_account_line(rig, "last")
    assert rig.login(ann, ann.phone.code(+1), options=HERE).accounts == [SUCCESS]
    assert json.loads(rig.tool("status", ann.name, "--json").stdout)["places"] == 0


def test_two_dialogues_at_once_one_links_and_the_other_is_told(rig, name):
    # Enter, for those who are asked for the code of a key that another has just begun with
    seen = rig.login(name, "\n!code", options=["-f", "8"])
    linked = [e for e in seen.of("acct_mgmt") if e["code"] == SUCCESS]
    assert len(linked) == 1, seen.events
    told = [e for e in seen.of("error") if "being linked to this account now" in e["text"]]
    assert len(told) == 7, [e["text"] for e in seen.of("error")]


# ---- who is let by -----------------------------------------------------------------------------

def test_exempt_needs_no_store(rig, name):
    rig.settings(exempt=name)
    os.rename(rig.store, rig.store + ".gone")
    assert rig.login(name, "").prompts == []
    assert rig.login(next(rig.names), "").codes == [UNAVAILABLE]
    assert "rule=exempt" in "\n".join(rig.journal.take())


def test_rule_01_lost_key_lets_nobody_by_who_is_not_held_to_it(rig, name):
    rig.enroll()
    rig.settings(require="nobody", enroll_at_login="yes")
    os.rename(rig.key_file, rig.key_file + ".gone")
    assert rig.login(name, "").codes == [UNAVAILABLE]


def test_rule_01_another_key_lets_nobody_through_to_enroll(rig, name):
    with open(rig.key_file, "r+b") as file:
        file.write(os.urandom(32))
    seen = rig.login(name, "!code")
    assert seen.codes == [UNAVAILABLE] and seen.keys == [], seen.events


def test_rule_01_group_that_does_not_exist_refuses_everybody(rig):
    ann = rig.enroll()
    rig.settings(require="@nosuchgroup")
    assert rig.login(ann, ann.phone.code()).codes == [pam.SERVICE_ERR]
    line = rig.journal.take()[-1]
    assert 'word=@nosuchgroup why="no such group"' in line and "argument" not in line, line
