#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds the manual pages against the program: what exists is documented, and what is
documented exists.

    TWOSTEP_BUILD=BUILDDIR tests/docs.py

Prints a line a check and, last, `N passed, N failed`."""

import os
import re
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.realpath(os.environ.get("TWOSTEP_BUILD", os.path.join(TOP, "build")))
PAGES = sorted(os.listdir(os.path.join(TOP, "man")))
TEXTS = ["README", "NEWS", "SECURITY"]
COLUMNS, TERMINAL = 72, 78

# What is documented for every verb at once, and handled before any verb.
GLOBAL = {"help", "version"}


def text(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def man(page):
    return text("man/" + page)


def some(found, what):
    """What was found, which cannot be nothing: a check over nothing would always pass."""
    if not found:
        raise OSError("%s cannot be read" % what)
    return found


def section(source, title, kind="Sh"):
    """What stands under `.Sh title` (or `.Ss title`), up to the next of its kind."""
    end = r"(?=^\.Sh )" if kind == "Sh" else r"(?=^\.S[hs] )"
    found = re.search(r"^\.%s %s\n(.*?)(?:%s|\Z)" % (kind, re.escape(title), end), source,
                      re.M | re.S)
    return found.group(1) if found else ""


def items(source, macro):
    """The words of `.It MACRO word , word` lines."""
    found = set()
    for line in re.findall(r"^\.It %s (.*)$" % macro, source, re.M):
        found |= {word for word in line.split(" , ") if re.fullmatch(r"\w+", word)}
    return found


def options(source):
    return set(re.findall(r"\bFl Fl ([a-z-]+)", source))


def differ(there, documented, where):
    some(there, "what %s should document" % where)
    return (["%s does not document %s" % (where, w) for w in sorted(there - documented)] +
            ["%s documents %s, which does not exist" % (where, w)
             for w in sorted(documented - there)])


def twostep(*words):
    for path in (BUILD + "/twostep", BUILD + "/.libs/twostep"):
        if os.path.exists(path):
            done = subprocess.run([path, *words], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=30)
            return done.stdout
    raise OSError("twostep is not built in " + BUILD)


def verbs():
    """Every verb that `twostep help` lists."""
    return some(re.findall(r"^  (\w+)  +\S", twostep("help"), re.M), "the help")


def options_of(verb):
    return set(re.findall(r"^  --([a-z-]+)", twostep("help", verb), re.M))


def macro_of(name, default):
    """A number that a header defines."""
    for header in ("core/recovery.h", "core/otp.h"):
        found = re.search(r"#define %s (\d+)" % name, text("pam_twostep/" + header))
        if found:
            return found.group(1)
    return default


def settings():
    """[(word, kind, min, max, default)] of the table in the source."""
    source = text("pam_twostep/core/settings.c")
    rows = re.findall(r"^\tWORD\((\w+), (\w+), ([^,]+), ([^,]+), (.+)\),$", source, re.M)
    rows += [(word, kind, "0", "0", standard) for word, kind, standard in re.findall(
        r'^\t\{ SPAN\("(\w+)"\), (\w+), \w+, offsetof\([^)]*\), 0, 0, SPAN\((\w+)\) \},$', source, re.M)]
    if len(rows) < 10:
        raise OSError("the table of settings cannot be read")
    return [(word, kind, macro_of(low, low), macro_of(high, high), standard.strip('"'))
            for word, kind, low, high, standard in rows]


def seconds(value):
    number, unit = re.fullmatch(r"(\d+)([smhd]?)", value).groups()
    return int(number) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[unit]


def product(value):
    result = 1
    for factor in value.split("*"):
        result *= int(factor)
    return result


# ---- the checks -------------------------------------------------------------------

def settings_are_those_of_the_table():
    documented = items(section(man("twostep.conf.5"), "SETTINGS"), "Ic")
    return differ({row[0] for row in settings()}, documented, "twostep.conf(5)")


def entry_of(word):
    page = section(man("twostep.conf.5"), "SETTINGS")
    found = re.search(r"^\.It Ic %s\n(.*?)(?=^\.(?:It Ic|El|Ss) ?)" % word, page, re.M | re.S)
    return " ".join(found.group(1).split()) if found else ""


def default_is_told(entry, kind, standard):
    standard = {"TWOSTEP_CONF": "/etc/twostep/twostep.conf", "TWOSTEP_KEY": "/etc/twostep/key",
                "TWOSTEP_STORE": "file:/var/lib/twostep",
                "SETTINGS_PROMPT": "Verification code:"}.get(standard, standard) or "empty"
    told = re.search(r"Default: ?(.*)$", entry)
    if told is None:
        return False
    words = told.group(1)
    if kind in ("NUMBER", "TIME"):
        first = re.match(r"\d+[smhd]?", words)
        return first is not None and seconds(first.group()) == seconds(standard)
    return standard in words


def range_is_told(entry, kind, low, high):
    if kind not in ("NUMBER", "TIME"):
        return True
    told = re.search(r"range: (\d+[smhd]?) to (\d+[smhd]?)", entry)
    return told is not None and (seconds(told.group(1)), seconds(told.group(2))) == (
        product(low), product(high))


def defaults_and_ranges_are_those_of_the_table():
    wrong = []
    for word, kind, low, high, standard in settings():
        entry = entry_of(word)
        if not default_is_told(entry, kind, standard):
            wrong.append("%s: the default is %s" % (word, standard or "empty"))
        if not range_is_told(entry, kind, low, high):
            wrong.append("%s: the range is %s to %s" % (word, low, high))
    return wrong


def faults_of_settings_are_told():
    source = "".join(text("pam_twostep/core/%s.c" % name)
                     for name in ("settings", "value", "list"))
    own = re.sub(r"foreign\[\] = \{.*?\n\};", "", source, flags=re.S)
    reasons = set(re.findall(r'(?:return|[?:=]|word,)\s+"([a-z][^"]+)"', own)) - {"yes"}
    page = " ".join(section(man("twostep.conf.5"), "DIAGNOSTICS").split())
    some(reasons, "the faults of settings")
    return ["not told: " + reason for reason in sorted(reasons) if reason not in page]


def arguments_of_the_module_exist():
    words = re.findall(r"^\.It Ic (\w+)", section(man("pam_twostep.8"), "OPTIONS"), re.M)
    some(words, "the module's arguments")
    return ["%s is no setting" % w for w in words if w not in {row[0] for row in settings()}]


def verbs_are_those_of_the_help():
    there = set(verbs())
    page = man("twostep.8")
    synopsis = set(re.findall(r"^\.Cm (\w+)", section(page, "SYNOPSIS"), re.M))
    parts = set(re.findall(r"^\.Ss ([a-z]\w*)$", page, re.M))
    return (differ(there, synopsis, "the synopsis of twostep(8)") +
            differ(there, parts, "twostep(8)"))


def options_are_those_of_the_help():
    page, wrong = man("twostep.8"), []
    shared = items_of_options(section(page, "Options of every verb", "Ss"))
    for verb in verbs():
        there = options_of(verb) | GLOBAL
        own = items_of_options(section(page, verb, "Ss"))
        wrong += differ(there, own | shared, "twostep(8), " + verb)
        forms = re.findall(r"^\.Cm %s\n(.*?)(?=^\.Nm|\Z)" % verb, section(page, "SYNOPSIS"),
                           re.M | re.S)
        if own or options("".join(forms)):
            wrong += differ(own, options("".join(forms)), "the synopsis of " + verb)
    everywhere = set().union(*(options_of(verb) for verb in verbs())) | GLOBAL
    return wrong + ["--%s does not exist" % w for w in sorted(options(page) - everywhere)]


def items_of_options(source):
    return set(re.findall(r"^\.It Fl Fl ([a-z-]+)", source, re.M))


def options_in_the_texts_exist():
    there = set().union(*(options_of(verb) for verb in verbs())) | GLOBAL
    known = set(verbs())
    wrong, calls = [], 0
    for name in TEXTS + ["man/" + page for page in PAGES] + ["tools/twostep.conf"]:
        source = " ".join(text(name).split())
        for call in re.findall(r"(?:\.Ql|\.Dl #|[\"`(:]) ?twostep ((?:[a-z-]+ ?)+)", source):
            words = call.split()
            calls += 1
            wrong += ["%s: there is no verb %s" % (name, words[0])
                      ] if words[0] not in known else []
            wrong += ["%s: there is no --%s" % (name, w[2:]) for w in words
                      if w.startswith("--") and w[2:] not in there]
    some(calls > 50, "the commands in the texts")
    return wrong


def json_words_are_those_of_the_source():
    there = set()
    for name in tool_sources():
        there |= set(re.findall(r'json_\w+\("(\w+)"', text(name)))
    return differ(there, items(section(man("twostep.8"), "JSON", "Ss"), "Va"), "twostep(8)")


def findings_of_the_doctor_are_told():
    """Each is a word of its own, given to a function that adds it to the findings."""
    there = set()
    for name in tool_sources():
        there |= set(re.findall(r'\b(?:finding_)?add(?:_\w+)?\([^";]*"([a-z]+(?:-[a-z]+)*)",', text(name)))
    page = section(man("twostep.8"), "doctor", "Ss")
    documented = set(re.findall(r"[a-z]+(?:-[a-z]+)*", " ".join(
        re.findall(r"^\.It Cm (.*)$", page, re.M))))
    return differ(there, documented, "twostep(8), doctor")


def exit_statuses_are_those_of_the_source():
    there = set(re.findall(r"EXIT_\w+ = (\d)", text("tools/verb.h")))
    documented = set(re.findall(r"^\.It (\d)$", section(man("twostep.8"), "EXIT STATUS"), re.M))
    return differ(there, documented, "twostep(8)")


def statuses_of_the_helper_are_told():
    words = re.search(r"enum wire_status \{(.*?)\}", text("pam_twostep/helper/wire.h")).group(1)
    there = {str(number) for number in range(len(words.split(",")))}
    page = section(man("twostep-helper.8"), "EXIT STATUS")
    return differ(there, set(re.findall(r"^\.It (\d)$", page, re.M)), "twostep-helper(8)")


def journal():
    return section(man("pam_twostep.8"), "The journal", "Ss")


def results_of_the_journal_are_told():
    there = set()
    for name in ("pam_twostep/pam/outcome.c", *tool_sources(), *helper_sources()):
        source = text(name)
        there |= set(re.findall(
            r'(?:(?:session|helper)_(?:log|announce)|change_log)\([^;]*?"(\w+)"', source))
    words = re.search(r"outcome_word\(enum.*?\n}", text("pam_twostep/pam/outcome.c"), re.S)
    there |= set(re.findall(r'return "(\w+)"', words.group()))
    documented = set().union(*(items(part, "Cm") for part in journal().split(".El")[:1]))
    return differ(there, documented, "pam_twostep(8)")


def sources(room):
    return [room + "/" + name for name in sorted(os.listdir(os.path.join(TOP, room)))
            if name.endswith(".c")]


def tool_sources():
    return sources("tools")


def helper_sources():
    return sources("tools/helper")


def words_of_the_journal_are_told():
    there = set()
    for name in ("pam_twostep/pam/journal.c", "pam_twostep/core/judgement.c",
                 "pam_twostep/store/setup.c", "pam_twostep/store/trusted.c",
                 "tools/helper/journal.c", "tools/journal.c", "tools/change.c"):
        for line in re.findall(r"event_put\w*\(([^;]*);", text(name)):
            there |= set(re.findall(r'&?line, (?:\w+ != NULL \? )?"(\w+)"', line))
            there |= set(re.findall(r'\? "\w+" : "(argument)"', line))
    page = journal()
    some(there, "the words of the journal")
    return ["pam_twostep(8) does not tell what %s= is" % w for w in sorted(there - {"result"})
            if not re.search(r"^\.(It )?Cm .*\b%s\b" % w, page, re.M)]


def codes_of_pam_are_told():
    there = set(re.findall(r"return (PAM_\w+);", text("pam_twostep/pam/outcome.c")))
    there.discard("PAM_SYSTEM_ERR")     # of no outcome
    page = section(man("pam_twostep.8"), "PAM RETURN VALUES")
    return differ(there, set(re.findall(r"Dv (PAM_\w+)", page)), "pam_twostep(8)")


def said_to_people(source):
    """The sentences that a login says, up to what is filled in."""
    calls = re.findall(r'(\bN_|say(?:_n|_in)?)\(((?:[^()"]|"(?:[^"\\]|\\.)*")*)\)', source)
    # of the forms of a plural the last: nobody reads both
    said = {literal for name, call in calls
            for literal in re.findall(r'"((?:[^"\\]|\\.|"\s*")*)"', call)[name == "say_n":]}
    plain = {re.sub(r'"\s*"', "", s).replace('\\"', '"') for s in said}
    return {s for s in plain if re.match(r"[A-Z%].{11,}", s)}


def beginning(sentence):
    """Of its first long part, where names and numbers are filled in between."""
    parts = re.split(r"%(?:\d\$)?(?:lld|s)", sentence)
    long = [part for part in parts if len(part) > 15] or [max(parts, key=len)]
    return long[0][:24].strip(" .\"")


def messages_are_told():
    page = " ".join(re.sub(r"^\.\S+ ?", "", man("pam_twostep.8"), flags=re.M).split())
    page = page.replace("\\(dq", '"').replace("\\&", "")
    said = (said_to_people(text("pam_twostep/flow/login.c")) |
            said_to_people(text("pam_twostep/flow/enroll.c")))
    some(len(said) >= 20, "the sentences of a login")
    return ["not told: " + s for s in sorted(said) if beginning(s) not in page]


def pages_are_clean():
    if shutil.which("mandoc") is None:
        return ["mandoc is not installed"]
    wrong = []
    for page in PAGES:
        path = os.path.join(TOP, "man", page)
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path],
                              capture_output=True, text=True)
        wrong += lint.stdout.splitlines()
        shown = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=%d" % TERMINAL, path],
                               capture_output=True, text=True).stdout
        shown = re.sub(r".\x08", "", shown)
        wrong += ["%s: wider than %d columns: %s" % (page, TERMINAL, line)
                  for line in shown.splitlines() if len(line) > TERMINAL]
        wrong += ["%s: an option of one dash: %s" % (page, word)
                  for word in re.findall(r"(?<![\w-])-(?:%s)\b" % "|".join(verbs()), shown)]
    return wrong


def pages_have_their_sections():
    wanted = {
        "pam_twostep.8": ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS",
                          "MODULE TYPES PROVIDED", "PAM RETURN VALUES", "FILES", "EXAMPLES",
                          "DIAGNOSTICS", "SEE ALSO", "SECURITY CONSIDERATIONS"],
        "twostep.8": ["NAME", "SYNOPSIS", "DESCRIPTION", "ENVIRONMENT", "FILES",
                      "EXIT STATUS", "EXAMPLES", "DIAGNOSTICS", "SEE ALSO"],
        "twostep.conf.5": ["NAME", "DESCRIPTION", "SETTINGS", "FILES", "EXAMPLES",
                           "DIAGNOSTICS", "SEE ALSO"],
        "twostep-helper.8": ["NAME", "SYNOPSIS", "DESCRIPTION", "FILES", "EXIT STATUS",
                             "DIAGNOSTICS", "SEE ALSO", "SECURITY CONSIDERATIONS"],
    }
    return ["%s: nobody knows its sections" % page for page in set(PAGES) ^ set(wanted)] + [
        "%s has no section %s" % (page, title) for page, titles in wanted.items()
        for title in titles if not section(man(page), title)]


def texts_are_plain():
    wrong = []
    for name in TEXTS:
        for number, line in enumerate(text(name).splitlines(), 1):
            if len(line) > COLUMNS or not line.isascii() or line != line.rstrip():
                wrong.append("%s:%d: not %d columns of ASCII" % (name, number, COLUMNS))
    return wrong


def stacks_hold_their_order():
    """In every example the module's line is followed by pam_permit, and nothing lets the
    module be passed by."""
    wrong, found = [], 0
    for name in ["README"] + ["man/" + page for page in PAGES]:
        lines = [" ".join(line.split()) for line in text(name).splitlines()]
        for number, line in enumerate(lines):
            if re.match(r"auth (sufficient|optional) pam_twostep", line):
                wrong.append("%s: %s" % (name, line))
            found += line == "auth required pam_twostep.so"
            if line == "auth required pam_twostep.so" and (
                    lines[number + 1] != "auth required pam_permit.so"):
                wrong.append("%s:%d: no pam_permit after it" % (name, number + 1))
    some(found, "the examples of stacks")
    return wrong


CHECKS = [
    settings_are_those_of_the_table, defaults_and_ranges_are_those_of_the_table,
    faults_of_settings_are_told, arguments_of_the_module_exist, verbs_are_those_of_the_help,
    options_are_those_of_the_help, options_in_the_texts_exist,
    json_words_are_those_of_the_source, findings_of_the_doctor_are_told, exit_statuses_are_those_of_the_source,
    statuses_of_the_helper_are_told, results_of_the_journal_are_told, words_of_the_journal_are_told, codes_of_pam_are_told,
    messages_are_told, pages_are_clean, pages_have_their_sections, texts_are_plain,
    stacks_hold_their_order,
]


def main():
    failed = 0
    for check in CHECKS:
        try:
            wrong = check()
        except (OSError, subprocess.SubprocessError) as error:
            wrong = [str(error)]
        failed += bool(wrong)
        print("%s - %s" % ("not ok" if wrong else "ok", check.__name__.replace("_", " ")))
        print("".join("    %s\n" % line for line in wrong), end="")
    print("%d passed, %d failed" % (len(CHECKS) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
