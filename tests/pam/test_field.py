# SPDX-License-Identifier: BSD-2-Clause
"""One field for password and code, and codes that another module left: what the next module gets
in PAM_AUTHTOK, through the real libpam."""

import os
import re
import time

import pyotp
import pytest

from rig import AUTH_ERR, SUCCESS, USER_UNKNOWN, Person, Phone, built, steady

PASSWORD = "s3cret-99"
PROMPT = "Password and Verification code: "
HERE = ("-r", "192.0.2.7")
DAY = 86400
JUNK = "\b\n\r\177INCORRECT" * 2     # auth-pam.c of OpenSSH


def module(*words):
    """A line of the module that stands for pam_unix."""
    path = built("tests/pam/.libs/pam_next.so")
    assert path, "tests/pam/pam_next.la is not built"
    return "auth required %s\n" % " ".join([path, *words])


@pytest.fixture
def field(rig):
    """A service of one field: the module first, and the password checked behind it."""
    rig.service("combined", after=module(PASSWORD))
    return rig


@pytest.fixture
def ann(field):
    return field.enroll(recovery=2)


def day(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def got(seen):
    """What the next module said that it got, each time it was called."""
    return [m.group(1) for text in seen.texts
            for m in [re.fullmatch(r"next (?:got|asked) \[(.*)\]", text, re.S)] if m]


def told(seen):
    """What was shown beside the questions and what the next module said."""
    return [e["text"] for e in seen.of("info", "error") if not e["text"].startswith("next ")]


def asked_once(seen):
    """Everybody is asked the same, hidden, and by this module alone."""
    hidden = [e["text"] for e in seen.of("prompt_echo_off")]
    assert hidden == [PROMPT] * len(seen.codes) and seen.prompts == hidden, seen.events
    assert not [text for text in seen.texts if text.startswith("next asked")]
    return True


# ---- the cut ---------------------------------------------------------------------------------

@pytest.mark.parametrize("digits", [6, 7, 8])
@pytest.mark.parametrize("setting", [6, 8])
def test_code_is_not_cut_off_the_password(field, digits, setting):
    phone = Phone()
    bob = field.enroll(phone=phone, more=["--digits", str(digits)])
    field.settings(digits=setting)
    steady()
    code = pyotp.TOTP(phone.key, digits=digits).now()
    seen = field.login(bob, PASSWORD + code)
    assert seen.codes == [SUCCESS] and got(seen) == [PASSWORD] and asked_once(seen)
    assert field.login(bob, PASSWORD + code).codes == [AUTH_ERR], "spent"


@pytest.mark.parametrize("spelling", [str, str.lower, lambda code: code.replace("-", "")],
                         ids=["printed", "lower", "without dashes"])
def test_recovery_code_is_not_cut_off_the_password(field, ann, spelling):
    code = next(c for c in ann.recovery if not c.replace("-", "")[-6:].isdigit())
    seen = field.login(ann, PASSWORD + spelling(code))
    assert seen.codes == [SUCCESS] and got(seen) == [PASSWORD] and asked_once(seen)
    assert field.login(ann, PASSWORD + code).codes == [AUTH_ERR], "spent"


def brought_along(rig, codes):
    """A person from google-authenticator, with codes of 8 digits beside an app of 6."""
    name, phone = next(rig.names), Phone()
    path = os.path.join(rig.directory, name)
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join([phone.key, '" TOTP_AUTH', *codes]) + "\n")
    os.chmod(path, 0o400)
    rig.tool("import", "google-authenticator", path)
    return Person(name, phone, codes)


def test_scratch_code_is_not_cut_off_the_password_or_takes_its_digits(field):
    """Its dash tells it from a code of 6 behind a password that ends in two digits."""
    jan = brought_along(field, ["12345678", "23456789"])
    field.service("combined", after=module("secret99"))
    steady()
    field.journal.take()
    seen = field.login(jan, "secret99" + jan.phone.code(), "secret99" + "1234-5678",
                       "secret99" + "1234 5678", "secret99" + "23456789", "secret99" + "2345-6789")
    assert seen.codes == [SUCCESS, SUCCESS, AUTH_ERR, AUTH_ERR, SUCCESS] and asked_once(seen)
    assert field.journal.results() == ["accepted", "accepted", "spent", "wrong", "accepted"]
    assert got(seen) == ["secret99"] * 3 + ["secret9923", "secret99"]


def test_code_of_an_app_with_a_blank_in_it(field, ann):
    steady()
    code = ann.phone.code()
    seen = field.login(ann, PASSWORD + code[:3] + " " + code[3:])
    assert seen.codes == [SUCCESS] and got(seen) == [PASSWORD]


def test_right_code_opens_with_another_password(field, ann):
    steady()
    seen = field.login(ann, "other" + ann.phone.code(), PASSWORD + ann.phone.code())
    assert seen.codes == [AUTH_ERR, AUTH_ERR], "and the code is spent"
    assert got(seen) == ["other", PASSWORD]


def test_rule_25_password_that_is_handed_on_tells_a_right_code(field, ann):
    """Right, wrong, spent, locked, unfit: the same password, the same question, and not a word."""
    field.settings(lock_after=4, delay_after=1)
    steady()
    code = ann.phone.code()
    fields = ["other" + word for word in
              [code, code, *ann.phone.wrongs(5), ann.recovery[0], "0000-0000-0000-0000"]]
    seen = field.login(ann, *fields)
    assert got(seen) == ["other"] * len(fields) and asked_once(seen)
    assert set(seen.codes) == {AUTH_ERR} and told(seen) == []
    assert seen.of("delay") == []


def test_failures_since_the_last_login_are_told_before_the_password_was_right(field, ann):
    field.login(ann, PASSWORD + ann.phone.wrong())
    steady()
    seen = field.login(ann, "other" + ann.recovery[0])
    assert told(seen) == []
    field.login(ann, PASSWORD + ann.phone.wrongs(2)[1])
    seen = field.login(ann, PASSWORD + ann.phone.code(), options=["-s"])
    assert seen.codes == [SUCCESS] and told(seen) == []
    field.login(ann, PASSWORD + ann.phone.wrong())
    seen = field.login(ann, PASSWORD + ann.recovery[1])
    texts = told(seen)
    # that one and the one before, of which the silent login could not tell
    assert seen.codes == [SUCCESS] and len(texts) == 1 and texts[0].startswith("2 wrong codes since")
    assert "Recovery code accepted" in texts[0]


def test_wrong_codes_are_counted(field, ann):
    """Whoever has the password could else guess for ever."""
    field.settings(lock_after=3)
    steady()
    field.journal.take()
    field.login(ann, *[PASSWORD + code for code in ann.phone.wrongs(3)], PASSWORD + ann.phone.code())
    assert field.journal.results() == ["wrong"] * 3 + ["locked"]
    assert field.login(ann, PASSWORD + ann.recovery[0]).codes == [SUCCESS]


# ---- no code in it -----------------------------------------------------------------------------

@pytest.mark.parametrize("typed, result", [
    (PASSWORD, "malformed"), ("", "empty"), ("!abort", "empty"), ("!null", "empty"), ("!nothing", "empty"),
    ("x" * 600, "malformed"), ("x" * 512, "malformed"), ("x" * 506 + "123456", "malformed")])
def test_rule_02_field_without_a_code_opens(field, ann, typed, result):
    field.journal.take()
    seen = field.login(ann, typed)
    assert seen.codes == [AUTH_ERR] and told(seen) == []
    assert field.journal.results() == [result]
    if typed in (PASSWORD, ""):
        assert got(seen) == [typed]


def test_longest_field_is_cut(field, ann):
    steady()
    seen = field.login(ann, "x" * 505 + ann.phone.code())
    assert got(seen) == ["x" * 505]


def test_code_alone_goes_with_an_empty_password(field, ann):
    steady()
    seen = field.login(ann, ann.phone.code())
    assert seen.codes == [AUTH_ERR] and got(seen) == [""]


@pytest.mark.parametrize("name", ["u399", "nobody-of-that-name"])
def test_rule_03_those_without_a_record_are_asked_and_cut_alike(field, name):
    field.enroll()
    seen = field.login(name, PASSWORD + "123456", PASSWORD, "")
    assert got(seen) == [PASSWORD, PASSWORD, ""] and asked_once(seen) and told(seen) == []
    assert set(seen.codes) <= {AUTH_ERR, USER_UNKNOWN}


def writes(rig, person, typed):
    """How often the history is written between the answer and the end."""
    _, trace = rig.sweep_login(person, typed)
    return trace.work("answered", "authenticated").count("pwrite64")


def test_rule_03_junk_of_sshd_is_less_work(field, ann):
    assert [writes(field, ann, typed) for typed in ("other123456", "!junk11", "!junk26")] == [1, 1, 1]


@pytest.mark.parametrize("length", [1, 5, 6, 8, 9, 26])
def test_rule_03_junk_of_sshd_is_cut_counted_or_told_apart(field, ann, length):
    """What sshd puts in the place of an answer goes to the next module as it came."""
    steady()
    field.settings(lock_after=1)
    field.service("combined", after=module())
    seen = field.login(ann, "!junk%d" % length, "!junk%d" % length)
    assert seen.codes == [AUTH_ERR, AUTH_ERR] and asked_once(seen) and told(seen) == []
    field.service("combined", after=module(PASSWORD))
    seen = field.login(ann, "!junk%d" % length, PASSWORD + ann.phone.code())
    assert [len(text) for text in got(seen)] == [length, len(PASSWORD)]
    assert got(seen)[0] == JUNK[:length] and seen.codes == [AUTH_ERR, SUCCESS]


# ---- let by ------------------------------------------------------------------------------------

RULES = {
    "exempt": lambda name: {"exempt": name},
    "until": lambda name: {"exempt": "%s until=%s" % (name, day(600))},
    "trusted_networks": lambda name: {"trusted_networks": "192.0.2.0/25"},
    "require": lambda name: {"require": "nobody"},
    "require_from": lambda name: {"require_from": day(40 * DAY)},
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("password", [PASSWORD, "secret123456", "0123456789ABCDEF", "123456"])
def test_password_of_those_who_are_let_by_is_cut(field, rule, password):
    field.enroll()
    name = next(field.names)
    field.service("combined", after=module(password))
    field.settings(**RULES[rule](name))
    field.journal.take()
    seen = field.login(name, password, password + "123456", options=HERE)
    assert got(seen) == [password, password + "123456"] and asked_once(seen)
    assert seen.codes == [SUCCESS, AUTH_ERR]
    lines = [line for line in field.journal.take() if "result=" in line]
    assert all("result=skipped rule=%s " % rule.replace("until", "exempt") in line for line in lines)
    assert len(lines) == 2


def test_remembered_place_takes_the_password_alone(field, ann):
    field.settings(remember="1h")
    steady()
    assert field.login(ann, PASSWORD + ann.phone.code(), options=HERE).accounts == [SUCCESS]
    seen = field.login(ann, PASSWORD, "other", options=HERE)
    assert seen.codes == [SUCCESS, AUTH_ERR] and got(seen) == [PASSWORD, "other"]
    assert asked_once(seen)
    assert field.login(ann, PASSWORD, options=["-r", "192.0.2.8"]).codes == [AUTH_ERR]


@pytest.mark.parametrize("typed", ["", "!abort", "!null", "x" * 600])
def test_rule_02_nothing_in_the_field_is_let_by(field, ann, typed):
    field.service("combined", after="auth required pam_permit.so\n")
    field.settings(exempt=ann.name)
    assert field.login(ann, typed).codes == [AUTH_ERR]
    assert field.login(ann, "x").codes == [SUCCESS]


def test_exempt_is_let_by_without_a_store(field, ann):
    field.settings(exempt=ann.name)
    os.rename(field.store, field.store + ".gone")
    seen = field.login(ann, PASSWORD)
    assert seen.codes == [SUCCESS] and got(seen) == [PASSWORD] and asked_once(seen)


def test_those_who_are_let_by_are_less_work(field, ann):
    """Strangers are asked here: what is done after Enter must not tell whom a rule lets by."""
    bob, carl, dora = field.enroll(), field.enroll(), next(field.names)
    field.settings(exempt="%s until=%s, %s" % (bob.name, day(600), carl.name),
                   require="%s %s" % (ann.name, bob.name))
    assert [writes(field, person, "other123456") for person in (ann, bob, carl, dora)] == [1] * 4


def test_nobody_enrolls_in_one_field(field):
    """A stranger whose password is checked later would leave the service marked."""
    field.enroll()
    name = next(field.names)
    field.settings(enroll_at_login="yes", require_from=day(-1))
    seen = field.login(name, PASSWORD)
    assert seen.codes == [AUTH_ERR] and seen.accounts == [] and got(seen) == [PASSWORD]
    assert not os.path.exists(os.path.join(field.store, "services"))
    field.settings(enroll_at_login="yes", require_from=day(DAY), offer="7d")
    seen = field.login(name, PASSWORD)
    assert seen.codes == [SUCCESS] and len(seen.prompts) == 1, "nor is anybody asked whether"


def test_codes_that_are_owed_are_bound_unread(field):
    """A caller that answers each question with its one string would press Enter for the person."""
    field.service()
    field.enroll()
    name = next(field.names)
    field.settings(enroll_at_login="yes", recovery_codes=2)
    phone = Phone(field.login(name, "!code\n!abort").keys[0])
    field.service("combined", after=module(PASSWORD))
    typed = PASSWORD + phone.code(+1)
    seen = field.login(name, "\n".join([typed] * 9))
    assert seen.codes == seen.accounts == [SUCCESS] and asked_once(seen)


# ---- what another module left --------------------------------------------------------------------

FIRST = "try_first_pass", "use_first_pass"


@pytest.mark.parametrize("word", FIRST)
def test_code_that_another_module_left_is_asked_again(rig, word):
    bob = rig.enroll(recovery=1)
    rig.service(word, before=module())
    steady()
    seen = rig.login(bob, bob.phone.code(), bob.recovery[0], bob.phone.code())
    assert seen.codes == [SUCCESS, SUCCESS, AUTH_ERR]
    assert seen.prompts == ["Password: "] * 3, "a code of the right form is the answer, once"


def test_try_first_pass_asks_where_nothing_fits(rig):
    bob = rig.enroll()
    rig.service("try_first_pass", before=module())
    steady()
    seen = rig.login(bob, "secret\n" + bob.phone.code())
    assert seen.codes == [SUCCESS] and seen.prompts == ["Password: ", "Verification code: "]
    rig.service("try_first_pass")
    seen = rig.login(bob, bob.phone.code(1))
    assert seen.codes == [SUCCESS] and seen.prompts == ["Verification code: "]


def test_use_first_pass_never_asks(rig):
    bob = rig.enroll()
    rig.service("use_first_pass", before=module())
    seen = rig.login(bob, "secret\n" + bob.phone.code())
    assert seen.codes == [AUTH_ERR] and seen.prompts == ["Password: "]
    rig.service("use_first_pass", "try_first_pass")
    rig.journal.take()
    seen = rig.login(bob, bob.phone.code())
    assert seen.codes == [AUTH_ERR] and seen.prompts == []
    assert any("left anything in PAM_AUTHTOK" in line for line in rig.journal.take())


def test_code_that_was_used_stays_for_the_next_module(rig):
    bob = rig.enroll()
    steady()
    code = bob.phone.code()
    rig.service("use_first_pass", before=module(), after=module(code))
    seen = rig.login(bob, code)
    assert seen.codes == [SUCCESS] and got(seen) == [code]


@pytest.mark.parametrize("word", FIRST)
def test_field_that_another_module_asked_for_is_cut(rig, word):
    bob = rig.enroll()
    rig.service(word, "combined", before=module(), after=module(PASSWORD))
    steady()
    seen = rig.login(bob, PASSWORD + bob.phone.code(), PASSWORD)
    assert seen.codes == [SUCCESS, AUTH_ERR] and got(seen) == [PASSWORD, PASSWORD]
    assert seen.prompts == ["Password: "] * 2
    rig.settings(require="nobody")
    seen = rig.login(next(rig.names), PASSWORD)
    assert seen.codes == [SUCCESS] and seen.prompts == ["Password: "]


# ---- callers of one string ---------------------------------------------------------------------------

def test_string_that_answers_every_prompt(field, ann):
    """As i3lock and swaylock answer; a second question would get the field, not the password."""
    field.settings(remember="1h", require=ann.name)
    steady()

    def types(person, typed, where="192.0.2.8"):
        seen = field.login(person, "\n".join([typed] * 9), options=["-r", where])
        assert asked_once(seen)
        return seen.codes

    assert types(ann, PASSWORD) == [AUTH_ERR]
    assert types(ann, PASSWORD + ann.phone.wrong()) == [AUTH_ERR]
    assert types(ann, PASSWORD + ann.phone.code()) == [SUCCESS]
    assert types(ann, PASSWORD) == [SUCCESS], "remembered there"
    assert types(ann, "other") == types(ann, PASSWORD, HERE[1]) == [AUTH_ERR]
    assert types(ann, PASSWORD + ann.recovery[0], HERE[1]) == [SUCCESS]
    nobody = next(field.names)
    assert types(nobody, PASSWORD) == [SUCCESS], "not enrolled, nor held to it"
    assert types(nobody, "other") == [AUTH_ERR]
    field.settings()
    assert types(nobody, PASSWORD) == [AUTH_ERR], "but held to it"


def test_rule_05_password_that_was_checked_before_is_counted_as_a_code(rig):
    """The module behind the password, and a caller that gives that once more."""
    bob = rig.enroll()
    rig.service("combined", before=module("secret123456"))
    rig.journal.take()
    assert rig.login(bob, "secret123456\nsecret123456").codes == [AUTH_ERR]
    assert rig.journal.results() == ["malformed"]
    rig.settings(exempt=bob.name)
    assert rig.login(bob, "secret123456\nsecret123456").codes == [SUCCESS]


def test_setting_in_the_file_is_the_same(field, ann):
    field.settings(combined="yes", echo="yes", language="nl")
    field.service(after=module(PASSWORD))
    steady()
    seen = field.login(ann, PASSWORD + ann.phone.code())
    assert seen.codes == [SUCCESS] and got(seen) == [PASSWORD]
    assert seen.prompts[0].startswith("Wachtwoord") and seen.prompts[0].endswith("Verification code: ")
    assert seen.of("prompt_echo_off"), "a password never shows"
    field.settings(combined="yes", prompt="Token, then Verification code: ")
    assert field.login(ann, "x").prompts == ["Token, then Verification code: "]
