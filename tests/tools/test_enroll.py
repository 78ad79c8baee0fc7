# SPDX-License-Identifier: BSD-2-Clause
"""Enrolling: which devices come to stand in the record, and what is told of them."""

import base64
import secrets
import socket

import pexpect
import pytest

from tool import (DONE, NO, PROMPT, RECOVERY, USAGE, Phone, fields_of, grouped, label_of,
                  phone_of, uri_in)


def typed(*lines):
    return "".join(line + "\n" for line in lines)


# ---- keys

@pytest.mark.codes
def test_a_new_key_is_shown_confirmed_and_opens(tool, ann):
    with tool.pipes("enroll", ann, "--uri") as child:
        shown = ""
        while "otpauth://" not in shown:
            line = child.stdout.readline()
            assert line != "", "ended before the key was shown"
            shown += line
        phone = phone_of(uri_in(shown))
        rest, errors = child.communicate(phone.code() + "\n", timeout=30)
    assert (child.returncode, errors) == (DONE, "")
    assert "Key: " + grouped(phone.key) in shown
    assert RECOVERY.findall(shown) == [] and len(RECOVERY.findall(rest)) == 2
    tool.verify(ann, phone.code(1))


def test_every_enrollment_has_a_key_of_its_own(tool, names):
    keys = {phone_of(uri_in(tool.run("enroll", next(names), "--uri", "--no-confirm").stdout)).key
            for _ in range(5)}
    assert len(keys) == 5


@pytest.mark.parametrize("algorithm, bits", [("SHA1", 160), ("SHA256", 256), ("SHA512", 512)])
def test_a_new_key_is_as_long_as_its_digest(tool, ann, algorithm, bits):
    """RFC 6238 section 5.1."""
    done = tool.run("enroll", ann, "--algorithm", algorithm, "--no-confirm", "--uri")
    phone = phone_of(uri_in(done.stdout))
    assert (len(phone.key) * 5 // 8 * 8, phone.algorithm) == (bits, algorithm)
    tool.verify(ann, phone.code())


@pytest.mark.parametrize("algorithm", ["SHA1", "SHA256", "SHA512"])
def test_what_is_shown_keeps_to_72_columns(tool, ann, algorithm):
    done = tool.run("enroll", ann, "--algorithm", algorithm, "--no-confirm")
    assert [line for line in done.stdout.splitlines() if len(line) > 72] == []


KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
HEX = base64.b32decode(KEY).hex()


@pytest.mark.parametrize("given", [
    KEY, KEY.lower(), grouped(KEY), grouped(KEY).lower(), grouped(KEY).replace(" ", "-"),
    "hex:" + HEX, "hex:" + HEX.upper(),
])
def test_a_key_is_taken_as_people_write_it(tool, ann, given):
    phone = Phone(KEY)
    tool.run("enroll", ann, "--key", given, input=typed(phone.code()))
    tool.verify(ann, phone.code(1))


@pytest.mark.parametrize("given", [KEY, "hex:" + HEX, grouped(KEY)])
def test_a_key_is_read_from_standard_input(tool, ann, given):
    phone = Phone(KEY)
    tool.run("enroll", ann, "--key", "-", input=typed(given, phone.code()))
    tool.verify(ann, phone.code(1))


@pytest.mark.codes
def test_a_key_is_typed_at_a_terminal(tool, ann):
    child = tool.spawn("enroll", ann, "--key", "-", "--qr", "none")
    child.expect_exact("Key: ")
    child.sendline(KEY)
    child.expect_exact(PROMPT)
    child.sendline(Phone(KEY).code())
    child.expect(RECOVERY)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == DONE


@pytest.mark.parametrize("padded", [17, 18, 19, 25, 64])
def test_a_key_of_any_length_and_with_padding(tool, ann, padded):
    key = base64.b32encode(secrets.token_bytes(padded)).decode()
    phone = Phone(key.rstrip("="))
    tool.run("enroll", ann, "--key", key, input=typed(phone.code()))
    tool.verify(ann, phone.code(1))


BAD_KEYS = [        # neither alphabet, no whole number of bytes, or under 128 bits
    "", "A", KEY + "1", KEY + "0", KEY + "8", KEY + "!", KEY + "\u00e9", "====", "hex:",
    "hex:" + HEX + "0", "hex:" + HEX[:-1] + "g", "hex: " + HEX, "HEY:" + HEX, "0x" + HEX,
    KEY + "A", KEY[:-1] + "B" + "=" * 3 + "A", "-" + KEY + "*", "hex:-",
    "JBSWY3DPEHPK3PXP", "hex:" + "00" * 15,          # 80 and 120 bits
    "A" * 2000, "hex:" + "00" * 1000,
]


@pytest.mark.parametrize("given", BAD_KEYS, ids=range(len(BAD_KEYS)))
def test_a_key_that_is_none_or_too_short_is_refused(tool, ann, given):
    done = tool.run("enroll", ann, "--key=" + given, "--no-confirm", status=USAGE)
    assert "--key: " in done.stderr
    assert given not in done.stderr or len(given) < 2
    assert not tool.enrolled(ann)


@pytest.mark.parametrize("given", ["", "garbage!", "JBSWY3DPEHPK3PXP", "A" * 5000],
                         ids=["empty", "garbage", "short", "long"])
def test_such_a_key_on_standard_input_is_refused_too(tool, ann, given):
    done = tool.run("enroll", ann, "--key", "-", "--no-confirm", input=typed(given), status=USAGE)
    assert "--key: " in done.stderr
    assert not tool.enrolled(ann)


def test_the_end_of_input_is_no_key(tool, ann):
    tool.run("enroll", ann, "--key", "-", "--no-confirm", input="", status=None)
    assert not tool.enrolled(ann)


# ---- parameters

@pytest.mark.parametrize("algorithm", ["SHA1", "SHA256", "SHA512"])
@pytest.mark.parametrize("digits, period", [(6, 15), (7, 30), (8, 60), (6, 120)])
def test_parameters_reach_the_uri_and_the_judge(tool, ann, algorithm, digits, period):
    done = tool.run("enroll", ann, "--algorithm", algorithm, "--digits", str(digits),
                    "--period", str(period), "--no-confirm", "--uri", "--qr", "none")
    phone = phone_of(uri_in(done.stdout))
    assert (phone.algorithm, phone.digits, phone.period) == (algorithm, digits, period)
    tool.verify(ann, phone.wrong(), status=NO)
    tool.verify(ann, phone.code())
    device = tool.json("status", ann)["devices"][0]
    assert (device["algorithm"], device["digits"], device["period"]) == (
        algorithm, digits, period)


def test_a_period_may_be_written_as_a_time(tool, ann):
    done = tool.run("enroll", ann, "--period", "1m", "--no-confirm", "--uri")
    assert phone_of(uri_in(done.stdout)).period == 60


@pytest.mark.parametrize("option, value", [
    ("algorithm", "MD5"), ("algorithm", "sha1 "), ("algorithm", ""), ("digits", "5"),
    ("digits", "9"), ("digits", "6x"), ("digits", "-6"), ("digits", ""), ("period", "14"),
    ("period", "121"), ("period", "0"), ("period", "30 s"), ("issuer", "a:b"),
    ("issuer", "a\nb"), ("issuer", "x" * 500), ("name", ""), ("name", "a b"), ("name", "a/b"),
    ("name", "x" * 33), ("name", "a:b"), ("name", "\u00e9"), ("qr", "svg"), ("qr", ""),
])
def test_a_value_that_cannot_be_is_wrong_usage(tool, ann, option, value):
    done = tool.run("enroll", ann, "--%s=%s" % (option, value), "--no-confirm", status=USAGE)
    assert option in done.stderr.splitlines()[0]
    assert not tool.files().keys() - {tool.conf}


def test_parameters_come_from_the_configuration(tool, ann, names):
    tool.settings(algorithm="SHA256", digits=8, period=60, issuer="Acme Ltd")
    done = tool.run("enroll", ann, "--no-confirm", "--uri")
    phone = phone_of(uri_in(done.stdout))
    assert (phone.algorithm, phone.digits, phone.period) == ("SHA256", 8, 60)
    assert label_of(uri_in(done.stdout)) == "Acme Ltd:" + ann
    done = tool.run("enroll", next(names), "--no-confirm", "--uri", "--algorithm", "SHA1",
                    "--digits", "6", "--period", "30", "--issuer", "srv2")
    assert set(fields_of(uri_in(done.stdout))) == {"secret", "issuer"}


# ---- the URI

def test_the_uri_leaves_out_what_is_every_apps_default(tool, ann):
    uri = uri_in(tool.run("enroll", ann, "--no-confirm", "--uri").stdout)
    assert set(fields_of(uri)) == {"secret", "issuer"}
    assert label_of(uri) == "srv1:" + ann and fields_of(uri)["issuer"] == "srv1"


def test_the_issuer_is_the_short_name_of_the_host(tool, ann):
    tool.configure("")
    uri = uri_in(tool.run("enroll", ann, "--no-confirm", "--uri").stdout)
    assert fields_of(uri)["issuer"] == socket.gethostname().split(".")[0]


@pytest.mark.parametrize("issuer", ["Acme Ltd", "a+b&c=d", "50%", "caf\u00e9", "a/b?c#d", "\"'<>"])
def test_what_the_app_shows_survives_the_uri(tool, ann, issuer):
    uri = uri_in(tool.run("enroll", ann, "--issuer", issuer, "--no-confirm", "--uri").stdout)
    assert "+" not in uri and " " not in uri
    assert label_of(uri) == "%s:%s" % (issuer, ann)
    assert fields_of(uri)["issuer"] == issuer
    assert len(fields_of(uri)["secret"]) == 32


def test_a_counting_token(tool, ann):
    phone = Phone(hotp=True)
    done = tool.run("enroll", ann, "--hotp", "--key", phone.key, "--uri",
                    input=typed(phone.code(0)))
    uri = uri_in(done.stdout)
    assert uri.startswith("otpauth://hotp/") and fields_of(uri)["counter"] == "0"
    assert "period" not in fields_of(uri)
    tool.verify(ann, phone.code(0), status=NO)
    tool.verify(ann, phone.code(1))
    tool.verify(ann, phone.code(4))
    tool.verify(ann, phone.code(3), status=NO)


def test_a_counting_token_of_another_shape(tool, ann):
    phone = Phone(hotp=True, digits=8)
    tool.enroll(ann, phone)
    device = tool.json("status", ann)["devices"][0]
    assert (device["type"], device["digits"]) == ("hotp", 8)
    tool.verify(ann, phone.code(0))


# ---- the confirming code

def test_the_confirming_code_is_spent(tool, ann):
    phone = Phone()
    code = phone.code()
    tool.run("enroll", ann, "--key", phone.key, input=typed(code))
    done = tool.verify(ann, code, status=NO)
    assert "spent" in done.stderr and "already used" in done.stderr
    tool.verify(ann, phone.code(1))


def test_a_confirming_code_of_the_next_step_is_spent_with_those_before(tool, ann):
    phone = Phone()
    now, following = phone.code(), phone.code(1)
    tool.run("enroll", ann, "--key", phone.key, input=typed(following))
    tool.verify(ann, now, status=NO)
    tool.verify(ann, following, status=NO)


def test_an_unconfirmed_code_is_not_spent(tool, ann):
    phone = tool.enroll(ann)
    tool.verify(ann, phone.code())


@pytest.mark.parametrize("spell", [lambda c: c[:3] + " " + c[3:], lambda c: c[:3] + "-" + c[3:],
                                   lambda c: " %s \r" % c])
def test_a_confirming_code_is_read_as_people_type_it(tool, ann, spell):
    phone = Phone()
    tool.run("enroll", ann, "--key", phone.key, input=typed(spell(phone.code())))
    tool.verify(ann, phone.code(), status=NO)


def test_the_last_of_three_tries_counts(tool, ann):
    phone = Phone()
    done = tool.run("enroll", ann, "--key", phone.key, errors=False,
                    input=typed(phone.wrong(), "not a code", phone.code()))
    assert "2 tries left" in done.stderr and "1 try left" in done.stderr
    tool.verify(ann, phone.code(1))


def test_wrong_codes_while_enrolling_lock_nobody(tool, ann):
    tool.settings(lock_after=1)
    phone = Phone()
    tool.run("enroll", ann, "--key", phone.key, errors=False,
             input=typed(phone.wrong(), phone.wrong(), phone.code()))
    status = tool.json("status", ann)
    assert (status["failures"], status["locked"]) == (0, False)


# ---- several devices

def test_who_is_enrolled_must_say_add_or_replace(tool, ann):
    first = tool.enroll(ann)
    before = tool.files()
    done = tool.run("enroll", ann, "--no-confirm", status=NO)
    assert "%s already has 'phone': use --add or --replace" % ann in done.stderr
    assert "otpauth" not in done.stdout and "Key" not in done.stdout
    assert tool.files() == before
    tool.verify(ann, first.code())


def test_add_and_replace_are_one_or_the_other(tool, ann):
    tool.run("enroll", ann, "--add", "--replace", "--no-confirm", status=USAGE)


@pytest.mark.codes
def test_add_keeps_the_devices_and_the_recovery_codes(tool, ann):
    first = tool.enroll(ann, None, "--name", "old")
    second = tool.enroll(ann, None, "--add")
    assert second.recovery == []
    assert tool.devices(ann) == ["old", "phone"]
    tool.verify(ann, first.code())
    tool.verify(ann, second.code())
    tool.verify(ann, first.recovery[0])


@pytest.mark.codes
def test_add_for_who_has_none_is_a_first_device(tool, ann):
    phone = tool.enroll(ann, None, "--add")
    assert tool.devices(ann) == ["phone"] and len(phone.recovery) == 2
    tool.verify(ann, phone.code())


@pytest.mark.codes
def test_replace_voids_the_devices_and_the_recovery_codes(tool, ann):
    first = tool.enroll(ann)
    other = tool.enroll(ann, None, "--add")
    second = tool.enroll(ann, None, "--replace", "--name", "new")
    assert tool.devices(ann) == ["new"]
    for old in (first.code(), other.code(), first.recovery[0]):
        tool.verify(ann, old, status=NO)
    tool.verify(ann, second.code())
    tool.verify(ann, second.recovery[0])


def test_replace_for_who_has_none_is_a_first_device(tool, ann):
    tool.verify(ann, tool.enroll(ann, None, "--replace").code())


def test_replace_keeps_the_failures(tool, ann):
    """Failures, lock and block survive every verb but unlock."""
    phone = tool.enroll(ann)
    tool.verify(ann, phone.wrong(), status=NO)
    tool.enroll(ann, None, "--replace")
    assert tool.json("status", ann)["failures"] == 1


def test_the_same_key_is_refused(tool, ann):
    phone = tool.enroll(ann, None, "--name", "blue")
    before = tool.files()
    for words in ([], ["--add"], ["--replace"], ["--add", "--name", "green"]):
        done = tool.run("enroll", ann, "--key", phone.key, "--no-confirm", *words, status=NO)
        assert "'blue'" in done.stderr
    done = tool.run("enroll", ann, "--add", "--key",
                    "hex:" + base64.b32decode(phone.key).hex(), "--no-confirm", status=NO)
    assert phone.key not in done.stderr
    assert tool.files() == before


def test_a_key_that_was_removed_comes_back_with_its_spent_codes(tool, ann):
    phone = tool.enroll(ann)
    code = phone.code()
    tool.verify(ann, code)
    tool.run("remove", ann)
    tool.enroll(ann, phone)
    tool.verify(ann, code, status=NO)
    tool.verify(ann, phone.code(1))


def test_eight_devices_and_no_more(tool, ann):
    phones = [tool.enroll(ann, Phone(hotp=n % 2 == 1), "--add", "--name", "d%d" % n)
              for n in range(8)]
    before = tool.files()
    done = tool.run("enroll", ann, "--add", "--no-confirm", "--name", "d8", status=NO)
    assert "8 devices" in done.stderr
    assert tool.files() == before
    assert tool.devices(ann) == ["d%d" % n for n in range(8)]
    for phone in phones:
        tool.verify(ann, phone.code())


def test_names_are_given_or_found(tool, ann):
    for name in ([], [], ["--name", "A.b_c-1"], [], ["--name", "x" * 32]):
        tool.enroll(ann, None, "--add", *name)
    assert tool.devices(ann) == ["phone", "phone-2", "A.b_c-1", "phone-3", "x" * 32]


def test_a_name_is_one_device(tool, ann):
    tool.enroll(ann)
    before = tool.files()
    tool.run("enroll", ann, "--add", "--name", "phone", "--no-confirm", status=NO)
    assert tool.files() == before
    tool.enroll(ann, None, "--replace", "--name", "phone")
    assert tool.devices(ann) == ["phone"]


# ---- recovery codes

def test_as_many_recovery_codes_as_the_configuration_says(tool, names):
    for count in (0, 1, 20):
        tool.settings(recovery_codes=count)
        phone = tool.enroll(next(names))
        assert len(phone.recovery) == len(set(phone.recovery)) == count


@pytest.mark.codes
def test_each_recovery_code_opens_once(tool, ann):
    phone = tool.enroll(ann)
    for code in phone.recovery:
        tool.verify(ann, code)
        tool.verify(ann, code, status=NO)


# ---- --quiet

@pytest.mark.codes
def test_quiet_prints_the_recovery_codes_alone(tool, ann):
    done = tool.run("enroll", ann, "--key", KEY, "--quiet", input=typed(Phone(KEY).code()))
    lines = done.stdout.splitlines()
    assert len(lines) == 2 and all(RECOVERY.fullmatch(line) for line in lines)


@pytest.mark.codes
def test_quiet_still_hands_over_a_new_key(tool, ann):
    lines = tool.run("enroll", ann, "--quiet", "--no-confirm").stdout.splitlines()
    assert len(lines) == 3 and all(RECOVERY.fullmatch(line) for line in lines[1:])
    tool.verify(ann, phone_of(lines[0]).code())


# ---- the journal

@pytest.mark.codes
def test_the_journal_tells_of_it_and_holds_no_secret(tool, ann, journal):
    tool.settings(debug="yes")
    phone = Phone()
    code = phone.code()
    done = tool.run("enroll", ann, "--key", phone.key, input=typed(phone.wrong(), code),
                    errors=False)
    lines = journal.take()
    assert [line for line in lines if "user=%s result=enrolled method=totp device=phone" % ann
            in line], lines
    text = "\n".join(lines)
    for secret in [phone.key, base64.b32decode(phone.key).hex(), code,
                   *RECOVERY.findall(done.stdout)]:
        assert secret not in text


def test_what_was_refused_is_no_enrollment_in_the_journal(tool, ann, journal):
    phone = Phone()
    tool.run("enroll", ann, "--key", phone.key, input=typed(*[phone.wrong()] * 3), status=NO)
    assert "result=enrolled" not in "\n".join(journal.take())
