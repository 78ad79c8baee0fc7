# SPDX-License-Identifier: BSD-2-Clause
"""Verbs, options, help, and who is meant."""

import re
import subprocess

import pytest

from tool import COMPLAINT, DONE, NO, PROGRAM, USAGE, Phone, plain_environment

VERBS = ["enroll", "status", "verify", "recovery", "remove", "unlock", "invite", "forget",
         "rekey", "test", "help", "doctor", "import", "export", "report", "enable", "disable"]
OF_A_USER = ["enroll", "status", "verify", "recovery", "remove", "unlock", "invite", "forget"]


def bare(*words, language="C.UTF-8", **more):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=20,
                          stdin=subprocess.DEVNULL, env=plain_environment(LANG=language), **more)


def fits(text):
    lines = text.splitlines()
    return len(lines) <= 24 and all(len(line) <= 80 for line in lines)


@pytest.mark.parametrize("words", [["--help"], ["help"]])
def test_help_fits_a_terminal_and_names_every_verb(tool, words):
    done = bare(*words)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert fits(done.stdout), done.stdout
    for verb in VERBS:
        assert re.search(r"^\s+%s\b" % verb, done.stdout, re.M), verb


@pytest.mark.parametrize("language", ["C.UTF-8", "nl_NL.UTF-8"])
@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_fits_a_terminal(tool, verb, language):
    done = bare("help", verb, language=language)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert verb in done.stdout.splitlines()[0]
    assert fits(done.stdout), done.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_with_help_tells_of_that_verb(tool, verb):
    done = bare(verb, "--help")
    assert done.returncode == DONE
    assert done.stdout == bare("help", verb).stdout


def test_help_names_every_option_of_the_verb(tool):
    options = ("name add replace hotp algorithm digits period issuer key qr qr-file uri"
               " no-confirm quiet conf store key-file")
    said = bare("help", "enroll").stdout
    assert [w for w in options.split() if "--" + w not in said] == []


def test_help_of_no_verb_is_wrong_usage(tool):
    tool.run("help", "levitate", status=USAGE, place=False)


def test_version(tool):
    done = bare("--version")
    assert done.returncode == DONE and re.fullmatch(r"twostep \d+\.\d+\S*\n", done.stdout)


def test_nothing_asked_is_wrong_usage(tool):
    done = bare()
    assert done.returncode == USAGE
    assert "usage: twostep VERB" in done.stdout + done.stderr


@pytest.mark.parametrize("words", [
    ["levitate"], ["levitate", "u0"], ["--levitate"], ["status", "u0", "--levitate"], ["-x"],
    ["status", "u0", "u1"], ["doctor", "u0"], ["status", "--store"], ["status", "u0", "--add"],
    ["verify", "u0", "--json"], ["status", "u0", "--json=yes"], ["unlock", "u0", "--all"],
    ["enroll", "u0", "--all"], [""], ["help", ""], ["remove", "u0", "--name", "phone"], ["status", "u0", "--all"],
])
def test_wrong_words_are_wrong_usage(tool, words):
    done = tool.run(*words, status=USAGE, place=False)
    assert done.stdout == ""


@pytest.mark.parametrize("words", [["-xy", "status"], ["--levitate", "status"],
                                   ["status", "u0", "--levitate"]])
def test_the_wrong_option_is_the_one_that_is_named(tool, words):
    done = tool.run(*words, status=USAGE, place=False)
    wrong = next(w for w in words if w.startswith("-"))
    assert done.stderr.splitlines()[0].startswith("twostep: " + wrong[:2]), done.stderr


@pytest.mark.parametrize("words, why", [
    (["status", "u0", "--json=yes"], "--json=yes: takes no value"),
    (["enroll", "u0", "--add=x"], "--add=x: takes no value"),
    (["--help=enroll"], "--help=enroll: takes no value"),
    (["status", "u0", "--store"], "--store: needs a value"), (["-j"], "-j: no such option"),
    (["-jj"], "-j: no such option"), (["status", "-\u00e9"], "-?: no such option"),
    (["status", b"-\xfea"], "-?: no such option"), ([b"-\xfd"], "-?: no such option")])
def test_what_is_wrong_with_an_option_is_said(tool, words, why):
    done = tool.run(*words, status=USAGE, place=False)
    assert done.stderr.splitlines()[0] == "twostep: " + why


@pytest.mark.parametrize("options", [["--store", "relative"], ["--store", "ldap://x"],
                                     ["--key-file", "relative"], ["--conf", "relative"]])
def test_a_place_that_cannot_be_is_wrong_usage(tool, ann, options):
    tool.run("status", ann, *options, status=USAGE, place=False)


@pytest.mark.parametrize("verb", OF_A_USER)
def test_root_must_name_a_user(tool, verb):
    done = tool.run(verb, status=USAGE)
    assert "You are root" in done.stderr and "twostep %s jan" % verb in done.stderr
    assert not tool.files().keys() - {tool.conf}


@pytest.mark.codes
@pytest.mark.parametrize("verb", ["enroll", "verify", "recovery", "unlock", "invite", "forget"])
def test_an_unknown_user_is_refused(tool, verb):
    tool.enroll("u0")
    before = tool.files()
    done = tool.run(verb, "nobody-of-that-name", status=NO)
    assert "nobody-of-that-name: no such account" in done.stderr
    assert tool.files() == before


@pytest.mark.parametrize("verb", ["status", "remove"])
def test_an_unknown_user_is_not_enrolled(tool, verb):
    tool.enroll("u0")
    """Nor does a slip of the pen look like the answer about somebody who is there."""
    done = tool.run(verb, "nobody-of-that-name", status=NO)
    assert done.stderr == "twostep: %s: nobody-of-that-name: no such account\n" % verb


@pytest.mark.parametrize("name", ["../u0", "/etc/passwd", ".", "..", "", "u0\nu1", "a" * 300,
                                  "%2e%2e", "-u0", "u0\x1b[2J"])
@pytest.mark.parametrize("verb", ["enroll", "status", "remove"])
def test_a_name_is_never_a_path(tool, verb, name):
    """pam_timestamp CVE-2014-2583, sudo-rs CVE-2023-42456."""
    tool.enroll("u0")
    before = tool.files()
    done = bare(verb, *tool.place(), "--", name)
    assert done.returncode in (NO, USAGE)
    assert COMPLAINT.search(done.stderr) and ": :" not in done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert tool.files() == before


@pytest.mark.codes
@pytest.mark.parametrize("verb", ["status", "verify", "recovery", "remove", "unlock", "forget"])
def test_who_is_not_enrolled_is_told_so(tool, ann, verb):
    tool.enroll("u0")
    done = bare(verb, ann, *tool.place())
    assert done.returncode == NO and "not enrolled" in done.stdout + done.stderr


def test_the_caller_is_meant_when_no_user_is_named(tool, tmp_path_factory):
    """An ordinary user on a store of his own: the first account of the private /etc."""
    own = type(tool)(tmp_path_factory.mktemp("own"))
    for path in (own.directory, own.conf):
        subprocess.run(["chown", "u0:", path], check=False)
        subprocess.run(["chown", "30000", path], check=True)
    for parent in (own.directory, own.directory + "/..", own.directory + "/../.."):
        subprocess.run(["chmod", "go+x", parent], check=True)
    phone = Phone()
    own.run("enroll", "--key", phone.key, "--no-confirm", user=30000)
    assert own.json("status", user=30000)["user"] == "u0"
    own.run("verify", user=30000, input=phone.code() + "\n")


def test_options_stand_before_and_after_the_words(tool, ann):
    tool.enroll(ann)
    done = subprocess.run([PROGRAM, *tool.place(), "--json", "status", ann],
                          capture_output=True, env=plain_environment())
    assert done.returncode == DONE
