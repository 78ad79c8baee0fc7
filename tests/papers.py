#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds the README, NEWS and the sample configuration against what is built; prints TAP.
(The manual pages are held by docs.py.)

    tests/papers.py BUILDDIR"""

import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.realpath(sys.argv[1])

sys.path.insert(0, os.path.join(TOP, "tests", "system"))


def text(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def man(name):
    """A manual page without its escapes."""
    return re.sub(r"\\f.|\\&|\\\((?=-)", "", text("man/" + name)).replace("\\-", "-")


def settings():
    """{word: default} of the table in the source."""
    source = text("pam_twostep/core/settings.c")
    rows = re.findall(r"^\tWORD\((\w+), \w+, .*, ([^,]+)\),$", source, re.M)
    macros = {"TWOSTEP_STORE": "file:/var/lib/twostep", "TWOSTEP_KEY": "/etc/twostep/key",
              "SETTINGS_PROMPT": "Verification code:"}
    return {word: macros.get(value, value.strip('"')) for word, value in rows}


def lacking(words, where, name):
    return ["%s does not name %s" % (name, w) for w in words
            if not re.search(r"(?<!\w)%s(?!\w)" % re.escape(w), where)]


def settings_that_the_sample_misses():
    sample = dict(re.findall(r"^#(\w+) = ?(.*)$", text("tools/twostep.conf"), re.M))
    table = settings()
    wrong = [] if len(table) > 10 else ["the table of settings cannot be read"]
    wrong += ["%s stands at '%s' and is '%s'" % (word, sample.get(word), value)
              for word, value in table.items() if sample.get(word) != value]
    return wrong + ["%s is no setting" % word for word in sample if word not in table]


def said_of(text_of_file, *words):
    """What the tool says of a configuration file."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(text_of_file)
        file.flush()
        done = subprocess.run([BUILD + "/twostep", *words, "--conf", file.name],
                              capture_output=True, text=True)
        return [line for line in (done.stdout + done.stderr).splitlines() if file.name in line]


def refused(files, *words):
    """What it says of each of these; and of one that is surely wrong."""
    wrong = [] if said_of("nullok\n", *words) else ["twostep %s refuses nothing" % words[0]]
    return wrong + [line for file in files for line in said_of(file, *words)]


def sample_that_is_refused():
    """The sample as it is, and with every line switched on."""
    sample = text("tools/twostep.conf")
    on, lines = re.subn(r"^#(?=\w)", "", sample, flags=re.M)
    wrong = [] if lines > 10 else ["the sample cannot be read"]
    return wrong + refused([sample, on], "doctor")


def examples_that_are_refused():
    """Each that README and the manual pages show as a whole file or as a piece of one."""
    pages = "".join(text("man/" + page) for page in sorted(os.listdir(os.path.join(TOP, "man"))))
    shown = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", pages, re.M | re.S)
    shown += re.findall(r"(?:^        .*\n|^\n(?=        \w+ = ))+", text("README"), re.M)
    files = [re.sub(r"^ +", "", x, flags=re.M) for x in shown if re.match(r"\s*(#.*\n *)*\w+ = ", x)]
    wrong = [] if len(files) > 8 else ["the examples cannot be read"]
    return wrong + refused(files, "status", "nobody")


def stacks_that_no_test_tries():
    """The lines that people copy are those that the tests of whole logins use."""
    import place
    wrong = []
    for name, page in (("README", text("README")), ("pam_twostep(8)", man("pam_twostep.8"))):
        words = " ".join(page.split())
        wrong += ["%s lacks '%s'" % (name, line)
                  for line in place.MODULE_AUTH + place.MODULE_ACCOUNT if line not in words]
    return wrong


def readme_that_sends_people_nowhere():
    readme = text("README")
    wrong = lacking(["./bootstrap demo", "./bootstrap check"], readme, "README")
    wrong += lacking(["pam_twostep(8)", "twostep(8)", "twostep.conf(5)"],
                     re.sub(r" ?\((\d)\)", r"(\1)", readme), "README")
    paths = re.findall(r"(?<![\w/.-])((?:tests|tools|man|pam_twostep)/(?:[\w./-]*\w)?)", readme)
    wrong += [] if paths else ["the paths in README cannot be read"]
    for path in paths:
        if not os.path.exists(os.path.join(TOP, path)):
            wrong.append("README names %s, which is not there" % path)
    return wrong


def news_without_this_version():
    version = re.search(r"AC_INIT\(\[pam_twostep\], \[([^]]+)\]", text("configure.ac")).group(1)
    return lacking([version], text("NEWS"), "NEWS")


def rules_that_no_test_is_named_for():
    """What the field paid for, by number."""
    names = set()
    for directory, _, files in os.walk(os.path.join(TOP, "tests")):
        for name in files:
            if re.match(r"test_.*\.(c|py)$", name):
                names |= set(re.findall(r"^(?:def test_)?rule_(\d\d)_\w+\(",
                                        text(os.path.join(directory, name)), re.M))
    return ["no test is named for rule %d" % rule for rule in range(1, 28) if "%02d" % rule not in names]


CHECKS = [
    settings_that_the_sample_misses, sample_that_is_refused, examples_that_are_refused,
    stacks_that_no_test_tries,
    readme_that_sends_people_nowhere, news_without_this_version, rules_that_no_test_is_named_for,
]


def main():
    failed = False
    print("1..%d" % len(CHECKS))
    for number, check in enumerate(CHECKS, 1):
        try:
            wrong = check()
        except OSError as error:
            wrong = [str(error)]
        failed = failed or bool(wrong)
        print("%s %d - %s" % ("not ok" if wrong else "ok", number,
                              check.__name__.replace("_", " ")))
        print("".join("# %s\n" % line for line in wrong), end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
