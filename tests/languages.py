#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds the translations against the sources, by gettext's own tools; prints TAP.

    tests/languages.py"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GENERATOR = os.path.join(TOP, "po", "languages.py")
COLUMNS = 72
# the languages that are complete; another may be on its way
COMPLETE = ["nl"]

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, "po"))
import languages  # noqa: E402


def translations():
    return sorted(glob.glob(os.path.join(TOP, "po", "*.po")))


def run(words, **more):
    return subprocess.run(words, capture_output=True, text=True,
                          env=dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE=""), **more)


def template():
    """What there is to translate: {English: its plural or None}."""
    done = run([os.path.join(TOP, "po", "update"), "--template"])
    if done.returncode != 0 or done.stderr:
        raise languages.Refused(done.stderr)
    return messages(done.stdout)


def messages(text):
    return {entry["msgid"]: entry.get("msgid_plural")
            for entry, _, _ in languages.entries(text.splitlines()) if entry["msgid"]}


def content(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def messages_without_their_translation():
    there = template()
    wrong = [] if len(there) > 200 else ["the sources hold %d messages only" % len(there)]
    for name in COMPLETE:
        done = languages.read(os.path.join(TOP, "po", name + ".po"))[1]
        wrong += ["%s lacks: %s" % (name, english) for english in there if english not in done]
    return wrong


def translations_of_what_nobody_says():
    """Left over, or of another plural; and what msgmerge guessed, which nobody has read."""
    there, wrong = template(), []
    for path in translations():
        name, text = os.path.basename(path), content(path)
        wrong += ["%s: nobody says: %s" % (name, english)
                  for english, plural in messages(text).items()
                  if there.get(english, english) != plural or english not in there]
        wrong += ["%s: %s" % (name, line) for line in text.splitlines()
                  if line.startswith("#~") or re.match(r"#,.*\bfuzzy\b", line)]
    return wrong


def translations_that_gettext_refuses():
    wrong = []
    for path in translations():
        done = run(["msgfmt", "--check", "--output-file=/dev/null", path])
        wrong += (done.stdout + done.stderr).splitlines()
    return wrong


def prompts_that_clients_do_not_know():
    """Clients look for the English words: every translation ends in them."""
    english = "Verification code: "
    done = {os.path.basename(path): languages.read(path)[1] for path in translations()}
    wrong = ["%s does not translate it" % name for name in sorted({n + ".po" for n in COMPLETE})
             if english not in done[name]]
    return wrong + ["%s: %s" % (name, text) for name, texts in done.items()
                    for text in texts.get(english, []) if not text.endswith(english)]


def lines_that_are_too_long():
    """Of texts that hold whole lines. (The others are put together, or folded, before they are shown.)"""
    there = dict(template())
    texts = [text for pair in there.items() for text in pair if text]
    for path in translations():
        texts += [text for forms in languages.read(path)[1].values() for text in forms]
    lines = [line for text in texts if text.endswith("\n") for line in text.splitlines()]
    wrong = [line for line in lines if len(line) > COLUMNS]
    return wrong if len(lines) > 100 else ["%d lines were read only" % len(lines)]


# ---- texts that no translation can reach --------------------------------------------

CALL = re.compile(r"\b(printf|fprintf|puts|fputs|complain|usage_error|snprintf|terminal_ask"
                  r"|text_put|text_format|finding_add)\s*\(")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
# a word between blanks, or a word that ends a sentence
WORDS = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}|[A-Za-z]{3,}[.:] ?$")


def argument(source, start):
    """The text of a call from its bracket on, without what is in tr() and its like."""
    depth, at, skip, out = 0, start, None, ""
    while at < len(source):
        string = STRING.match(source, at)
        if string:
            out += string.group() if skip is None else ""
            at = string.end()
            continue
        if source[at] == "(":
            depth += 1
            if skip is None and re.search(r"\b(tr|tr_n|say|say_in|say_n|N_)$",
                                          source[max(0, at - 8):at]):
                skip = depth
        if source[at] == ")":
            if depth == skip:
                skip = None
            depth -= 1
            if depth == 0:
                return out
        out += source[at] if skip is None and source[at] in "," else ""
        at += 1
    return out


def texts_that_nobody_can_translate():
    """Sentences that are printed as they stand. JSON, the journal and URIs have other calls."""
    wrong, calls = [], 0
    for path in sorted(glob.glob(TOP + "/tools/*.c") + glob.glob(TOP + "/pam_twostep/flow/*.c")):
        source = re.sub(r"/\*.*?\*/", "", content(path), flags=re.S)
        for call in CALL.finditer(source):
            literal = "".join(s[1:-1] for s in STRING.findall(argument(source, call.end() - 1)))
            calls += 1
            if WORDS.search(re.sub(r"%[-*.\w]*|\\n", "", literal)):
                wrong.append("%s: %s(%s)" % (os.path.relpath(path, TOP), call.group(1), literal))
    return wrong if calls > 100 else ["%d calls were read only" % calls]


# ---- the generator ------------------------------------------------------------------

HEADER = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
RULES = {
    "Japanese": ("nplurals=1; plural=0;", True),
    "Polish": ("nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) "
               "? 1 : 2);", True),
    "a call": ('nplurals=2; plural=(system("true"), n != 1);', False),
    "another name": ("nplurals=2; plural=nn;", False),
    "a name behind a number": ("nplurals=2; plural=1n;", False),
    "a second statement": ("nplurals=2; plural=0; return 1;", False),
    "a comment": ("nplurals=2; plural=n /* */;", False),
    "an array": ("nplurals=2; plural=n[0];", False),
    "an assignment of nothing": ("nplurals=2; plural=;", False),
    "no form": ("nplurals=0; plural=0;", False),
    "many forms": ("nplurals=9; plural=0;", False),
}
ENTRIES = {
    "as it should be": ('msgid "a %s"\nmsgstr "b %s"\n', True),
    "in another order": ('msgid "%1$s %2$lld"\nmsgstr "%2$lld %1$s"\n', True),
    "a number that one form leaves out":
        ('msgid "one"\nmsgid_plural "%lld"\nmsgstr[0] "een"\nmsgstr[1] "%lld"\n', True),
    "over several lines": ('msgid ""\n"a "\n"b"\nmsgstr "c"\n', True),
    "without a translation": ('msgid "a"\nmsgstr ""\n', True),
    "a guess that nobody has read": ('#, fuzzy\nmsgid "a"\nmsgstr "b %s"\n', True),
    "a directive more": ('msgid "a"\nmsgstr "%s"\n', False),
    "a directive less": ('msgid "a %s"\nmsgstr "a"\n', False),
    "another directive": ('msgid "a %s"\nmsgstr "a %lld"\n', False),
    "two in another order": ('msgid "%s %lld"\nmsgstr "%lld %s"\n', False),
    "one that writes": ('msgid "a %s"\nmsgstr "a %n"\n', False),
    "one that is cut off": ('msgid "a"\nmsgstr "a %"\n', False),
    "a letter with an accent": ('msgid "a"\nmsgstr "\u00e9"\n', False),
    "an escape sequence": ('msgid "a"\nmsgstr "\\033[31m"\n', False),
    "a control character": ('msgid "a"\nmsgstr "\x1b"\n', False),
    "a newline more": ('msgid "a"\nmsgstr "a\\n"\n', False),
    "a blank less": ('msgid "a: "\nmsgstr "a:"\n', False),
    "twice": ('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n', False),
    "a form less": ('msgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\n', False),
    "forms of no plural": ('msgid "a"\nmsgstr[0] "b"\nmsgstr[1] "b"\n', False),
    "a context": ('msgctxt "x"\nmsgid "a"\nmsgstr "b"\n', False),
    "no quotation mark": ('msgid "a"\nmsgstr "b\n', False),
    "C behind the text": ('msgid "a"\nmsgstr "b" "\\0"\n', False),
    "something else": ('msgid "a"\nmsgstr "b"\nmsgwhat\n', False),
}


def made(directory, name, text):
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return run([sys.executable, GENERATOR, path])


def tables_that_should_not_have_been_made():
    wrong = []
    with tempfile.TemporaryDirectory() as directory:
        for what, (entry, fine) in ENTRIES.items():
            done = made(directory, "xx.po", HEADER + entry)
            if (done.returncode == 0) != fine or "Traceback" in done.stderr:
                wrong.append("%s: %s" % (what, done.stderr or "made"))
            if not fine and not re.match(r"\S+xx\.po:\d+: .", done.stderr):
                wrong.append("%s: neither file nor line: %s" % (what, done.stderr))
        for what, (rule, fine) in RULES.items():
            header = HEADER.replace("nplurals=2; plural=(n != 1);", rule.replace('"', '\\"'))
            done = made(directory, "xx.po", header)
            if (done.returncode == 0) != fine or "Traceback" in done.stderr:
                wrong.append("%s: %s" % (what, done.stderr or "made"))
        for name in ("en.po", "xx yy.po", 'x".po', "XX.po", ".po"):
            if made(directory, name, HEADER).returncode == 0:
                wrong.append("a language called %s is made" % name)
        if made(directory, "xx.po", 'msgid "a"\nmsgstr "b"\n').returncode == 0:
            wrong.append("a table without a header is made")
    return wrong


SPEAKS = r"""
#include <stdio.h>
#include "core/language.h"
int main(void)
{
	const struct language *xx = language_named("xx", 2);
	for (int n = 0; n < 26; n++)
		printf("%s ", say_n(xx, "%lld day", "%lld days", n));
	return printf("%s", say(xx, "never")) < 0;
}
"""
POLISH = ('msgid ""\nmsgstr ""\n"Plural-Forms: %s\\n"\n\n'
          'msgid "%%lld day"\nmsgid_plural "%%lld days"\n'
          'msgstr[0] "a"\nmsgstr[1] "b"\nmsgstr[2] "c"\n\nmsgid "never"\nmsgstr "\\"nigdy\\"?"\n'
          % RULES["Polish"][0]).replace('"a"', '"%lld a"').replace('"b"', '"%lld b"') \
    .replace('"c"', '"%lld c"')


def languages_that_take_more_than_a_file():
    """A third language, with more forms than two: one file, and the programs speak it."""
    with tempfile.TemporaryDirectory() as directory:
        for name, text in (("xx.po", POLISH), ("speaks.c", SPEAKS)):
            with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
                file.write(text)
        table = run([sys.executable, GENERATOR, *translations(), directory + "/xx.po"])
        with open(directory + "/languages.c", "w", encoding="utf-8") as file:
            file.write(table.stdout)
        compiler = (os.environ.get("CC") or "cc").split()
        built = run(compiler + ["-std=c11", "-Wall", "-Wextra", "-Werror", "-Wno-format-nonliteral",
                                "-I", TOP + "/pam_twostep", TOP + "/pam_twostep/core/language.c",
                                directory + "/languages.c", directory + "/speaks.c",
                                "-o", directory + "/speaks"])
        if table.returncode or built.returncode:
            return (table.stderr + built.stderr).splitlines()
        said = run([directory + "/speaks"]).stdout.replace("%lld ", "")
    expected = "c a b b b c c c c c c c c c c c c c c c c c b b b c "
    makefile = content(os.path.join(TOP, "Makefile.am"))
    return [] if said == expected + '"nigdy"?' and "nl.po" not in makefile else [said]


CHECKS = [
    messages_without_their_translation, translations_of_what_nobody_says,
    translations_that_gettext_refuses, prompts_that_clients_do_not_know, lines_that_are_too_long,
    texts_that_nobody_can_translate, tables_that_should_not_have_been_made,
    languages_that_take_more_than_a_file,
]


def main():
    failed = False
    print("1..%d" % len(CHECKS))
    for number, check in enumerate(CHECKS, 1):
        name = check.__name__.replace("_", " ")
        if not shutil.which("xgettext") or not shutil.which("msgfmt"):
            print("ok %d - %s # SKIP gettext is not installed" % (number, name))
            continue
        try:
            wrong = check()
        except (OSError, languages.Refused) as error:
            wrong = [str(error)]
        failed = failed or bool(wrong)
        print("%s %d - %s" % ("not ok" if wrong else "ok", number, name))
        print("".join("# %s\n" % line for line in wrong), end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
