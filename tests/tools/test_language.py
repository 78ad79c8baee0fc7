# SPDX-License-Identifier: BSD-2-Clause
"""The tool in other languages: the setting's, or that of LC_ALL, LC_MESSAGES or LANG."""

import pytest

from tool import DONE, NO, USAGE, Phone

DUTCH, ENGLISH = "geen tweede stap ingesteld", "not enrolled"


@pytest.fixture(autouse=True)
def others(tool, names):
    """There is a store, because somebody else is enrolled."""
    tool.enroll(next(names))


def status(tool, ann, **environment):
    return tool.run("status", ann, status=NO, errors=False, env=environment).stdout


@pytest.mark.parametrize("environment", [
    {"LANG": "nl_NL.UTF-8"}, {"LANG": "nl"}, {"LANG": "nl_BE@euro"}, {"LANG": "nl.ISO-8859-1"},
    {"LC_MESSAGES": "nl_NL.UTF-8", "LANG": "en_GB.UTF-8"},
    {"LC_ALL": "nl_NL.UTF-8", "LC_MESSAGES": "C", "LANG": "en_GB.UTF-8"},
    {"LC_ALL": "", "LC_MESSAGES": "", "LANG": "nl_NL.UTF-8"},
], ids=repr)
def test_dutch_is_spoken_without_a_locale_of_the_system(tool, ann, environment):
    assert status(tool, ann, **environment) == "%s: %s\n" % (ann, DUTCH)


@pytest.mark.parametrize("environment", [
    {}, {"LANG": "C"}, {"LANG": "de_DE.UTF-8"}, {"LANG": "nld"}, {"LANG": "n"}, {"LANG": "_nl"},
    {"LANG": "../nl"}, {"LANG": "nl" * 5000}, {"LANG": "%s%n"},
    {"LANGUAGE": "nl"}, {"LC_CTYPE": "nl_NL.UTF-8"}, {"LC_TIME": "nl_NL"}, {"TZ": "Europe/Amsterdam"},
    {"TEXTDOMAIN": "nl", "NLSPATH": "/tmp/%L", "LOCPATH": "/tmp"},
    {"LC_ALL": "C", "LANG": "nl_NL.UTF-8"}, {"LC_MESSAGES": "en_GB", "LANG": "nl_NL.UTF-8"},
], ids=lambda environment: repr(environment)[:60])
def test_no_other_variable_decides(tool, ann, environment):
    assert status(tool, ann, **environment) == "%s: %s\n" % (ann, ENGLISH)


def test_the_setting_wins_over_the_environment(tool, ann):
    tool.settings(language="nl")
    assert DUTCH in status(tool, ann, LC_ALL="en_GB.UTF-8")
    tool.settings(language="en")
    assert ENGLISH in status(tool, ann, LC_ALL="nl_NL.UTF-8", LANG="nl_NL.UTF-8")


def test_a_language_that_is_not_there_is_refused(tool, ann):
    for name in ("de", "nl_NL", "NL", "nl.UTF-8", "../nl"):
        tool.settings(language=name)
        done = tool.run("status", ann, status=None)
        assert "language: no texts in this language" in done.stderr


def test_complaints_are_translated_and_exit_codes_are_not(tool, ann):
    tool.enroll(ann)
    dutch = {"LANG": "nl_NL.UTF-8"}
    done = tool.run("enroll", ann, status=NO, env=dutch)
    assert done.stderr == "twostep: enroll: %s heeft al 'phone': kies --add of --replace\n" % ann
    done = tool.run("enroll", status=USAGE, env=dutch)
    assert done.stderr == "twostep: enroll: welke gebruiker? Je bent root: twostep enroll jan\n"
    done = tool.run("status", ann, "--fast", status=USAGE, env=dutch)
    assert done.stderr == "twostep: --fast: zo'n optie is er niet\nZie: twostep help\n"
    tool.settings(window="x")
    done = tool.run("status", ann, status=None, env=dutch)
    assert done.stderr.endswith("window: geen geheel getal\n"), done


def test_a_code_is_asked_and_judged_in_dutch(tool, ann):
    phone = tool.enroll(ann)
    tool.settings(language="nl")
    child = tool.spawn("verify", ann)
    child.expect_exact("Verificatiecode / Verification code: ")
    child.sendline(phone.wrong())
    child.expect_exact("twostep: verify: %s: onjuist" % ann)
    child.expect_exact('Onjuiste code. Neem de nieuwste code van "srv1" in je app.')
    child.wait()


def test_a_whole_enrolling_is_in_dutch(tool, ann):
    phone = Phone()
    tool.settings(language="nl", recovery_codes=1)
    child = tool.spawn("enroll", ann, "--key", phone.key, "--qr", "none", size=(50, 80))
    child.expect_exact("Tweestapsverificatie instellen voor %s op srv1:" % ann)
    child.expect_exact("Geen plaatje? Sleutel: ")
    child.expect_exact("Verificatiecode / Verification code: ")
    child.sendline(phone.wrong())
    child.expect_exact("Die code past niet bij deze sleutel. Nog 2 pogingen.")
    child.sendline(phone.code())
    child.expect_exact("Tweestapsverificatie staat aan.")
    child.expect_exact("Alleen nu te zien:")
    child.wait()
    assert tool.enrolled(ann)


@pytest.mark.codes(1)
@pytest.mark.parametrize("words", [["status", "ANN"], ["status", "--all"], ["recovery", "ANN"],
                                   ["report"], ["doctor"], ["doctor", "ANN"], ["rekey"], ["levitate"]],
                         ids=" ".join)
@pytest.mark.parametrize("settings", [{}, {"language": "nl"}, {"window": "x"}], ids=repr)
def test_scripts_read_no_language(tool, ann, words, settings):
    tool.enroll(ann)
    tool.settings(**settings)
    words = [ann if word == "ANN" else word for word in words]
    english, dutch = [tool.run(*words, "--json", env={"LANG": lang}, status=None, errors=False)
                      for lang in ("C.UTF-8", "nl_NL.UTF-8")]
    assert (dutch.stdout, dutch.stderr) == (english.stdout, english.stderr)
    assert english.stdout + english.stderr != ""


def test_the_journal_has_no_language(tool, ann, journal):
    phone = tool.enroll(ann)
    journal.take()
    tool.settings(language="nl")
    tool.run("verify", ann, input=phone.wrong() + "\n", status=NO)
    lines = journal.take()
    assert len(lines) == 1 and "result=wrong" in lines[0], lines


def columns_of(line, titles):
    """Where each title ends, if it stands on the right; else where it begins."""
    return [line.index(title) + len(title) for title in titles]


@pytest.mark.codes
def test_columns_stay_under_their_titles(tool, ann):
    phone = tool.enroll(ann)
    tool.settings(language="nl", lock_after=1)
    tool.run("verify", ann, input=phone.wrong() + "\n", status=NO)
    head, *rows = tool.run("status", "--all").stdout.splitlines()
    devices, codes = columns_of(head, ["APPARATEN", "HERSTEL"])
    assert len(rows) == 2
    for row in rows:
        assert row[:devices].endswith(" 1") and row[:codes].endswith(" 2")
        assert row[head.index("STAND"):].startswith(("open ", "vergrendeld "))
        assert row[head.index("LAATST GEBRUIKT"):] == "nooit"
    lines = tool.run("report", status=None, errors=False).stdout.splitlines()
    titles = ["totaal", "ingesteld", "uitgenodigd", "ontbreekt", "vrijgesteld", "vergrendeld"]
    at = next(i for i, line in enumerate(lines) if "totaal" in line)
    for end in columns_of(lines[at], titles):
        assert lines[at + 1][end - 1].isdigit() and lines[at + 1][end:end + 1] in ("", " ")


def test_the_help_is_in_dutch_and_fits(tool):
    for words in (["help"], ["help", "enroll"], ["help", "invite"], ["--help"]):
        text = tool.run(*words, env={"LANG": "nl_NL.UTF-8"}, place=False).stdout
        assert text.startswith("gebruik: twostep ")
        assert all(len(line) <= 80 for line in text.splitlines())
        assert "in plaats van /" in text or "enroll" not in words
    assert tool.run("--version", env={"LANG": "nl"}, place=False, status=DONE).stdout \
        .startswith("twostep ")
