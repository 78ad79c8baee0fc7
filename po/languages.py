#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes the table of languages, in C, from the translations.

    po/languages.py [NAME.po ...] >languages.c

A translation that the programs could not show as it stands is refused with its file and
line: one whose directives are not those of the English, that is not plain ASCII, or that
begins or ends otherwise. What has none yet, or a fuzzy one, is left out, and stays English."""

import os
import re
import sys

# in C's own words; anything else has no place in a rule that becomes C
RULE = re.compile(r"(?!.*/[/*])nplurals\s*=\s*([1-6])\s*;\s*plural\s*=\s*"
                  r"((?:\d|\bn\b|[-+*/%!=<>&|?:() ])+);?\s*$")
DIRECTIVE = re.compile(r"%(?:(\d+)\$)?[-+ #0]*\d*(?:\.\d*)?((?:hh?|ll?|[zjt])?[a-zA-Z%])?")
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


class Refused(Exception):
    """Why, and in which line where that is not the first of the message."""

    def __init__(self, why, line=None):
        super().__init__(why)
        self.line = line


def unquote(quoted):
    """The text between the quotation marks of one line."""
    found = re.fullmatch(r'"((?:[^"\\]|\\["\\nt])*)"', quoted.strip())
    if not found:
        raise Refused("not a text in quotation marks")
    return re.sub(r"\\(.)", lambda escape: ESCAPES[escape.group(1)], found.group(1))


def entries(lines):
    """Each message: {keyword: text}, with its line and whether it is fuzzy."""
    entry, word, line, fuzzy = {}, None, 0, False
    for number, text in enumerate(lines + [""], 1):
        text = text.strip()
        started = re.match(r"(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)\s+(?=\")", text)
        try:
            if not text or text.startswith("#") or (started and started.group(1) == "msgid"):
                if entry:
                    yield entry, line, fuzzy
                    entry, fuzzy = {}, False
                word = None
                fuzzy = fuzzy or (text.startswith("#,") and "fuzzy" in text)
            if started:
                word, line = started.group(1), line if entry else number
                if word == "msgctxt" or word in entry:
                    raise Refused("%s has no place here" % word)
                entry[word] = unquote(text[started.end():])
            elif text and not text.startswith("#"):
                if word is None:
                    raise Refused("not a line of a translation")
                entry[word] += unquote(text)
        except Refused as why:
            raise Refused(str(why), number) from None


def directives(text):
    """{place: kind} of what printf would take."""
    found = {}
    for match in DIRECTIVE.finditer(text):
        place, kind = match.groups()
        if kind is None:
            raise Refused("a %% that begins nothing")
        if kind != "%":
            found[place or str(len(found) + 1)] = kind
    return found


def check(english, text):
    """`english` is both forms of a plural: they need not both show the number."""
    if not all(c == "\n" or " " <= c <= "~" for c in "".join(english) + text):
        raise Refused("holds what is not plain ASCII")
    if directives(text) not in [directives(form) for form in english]:
        raise Refused("its directives are not those of the English")
    for edge in (r"^\s*", r"\s*$"):
        if re.search(edge, text).group() != re.search(edge, english[0]).group():
            raise Refused("begins or ends with other blanks than the English")


def take(entry, rule):
    """What one entry says: its English and its forms; of the header, the rule of plurals."""
    forms = [entry[word] for word in sorted(entry) if word.startswith("msgstr")]
    english = entry.get("msgid")
    if english is None or not forms:
        raise Refused("not a whole message")
    if english == "":
        header = re.search(r"^Plural-Forms:(.*)$", forms[0], re.M)
        found = RULE.match(header.group(1).strip()) if header else None
        if not found:
            raise Refused("no Plural-Forms that can be read")
        return english, found
    if rule is None:
        raise Refused("no header before it")
    if len(forms) != (int(rule.group(1)) if "msgid_plural" in entry else 1):
        raise Refused("has another number of forms than the language")
    for form in filter(None, forms):
        check([english, entry.get("msgid_plural", english)], form)
    return english, forms


def read(path):
    """The rule and {English: [form, ...]} of one language."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    rule, messages, there, line = None, {}, set(), 1
    try:
        for entry, line, fuzzy in entries(lines):
            if fuzzy and entry.get("msgid"):
                continue
            english, taken = take(entry, rule)
            if english in there:
                raise Refused("is there already")
            there.add(english)
            if english == "":
                rule = taken
            elif all(taken):
                messages[english] = taken
        if rule is None:
            raise Refused("no header")
    except Refused as why:
        raise Refused("%s:%s: %s" % (path, why.line or line, why)) from None
    return rule.group(2).strip(), messages


def quote(text):
    """As C writes it, with its NUL."""
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return '"%s\\0"' % text


def table(name, rule, messages):
    """One language in C."""
    rows, texts, length = [], [], 0
    for english in sorted(messages):
        forms = messages[english]
        rows.append("\t{ %d, %d, %d }," % (length, length + len(english) + 1, len(forms)))
        for text in [english] + forms:
            texts.append("\t" + quote(text))
            length += len(text) + 1
    return """
static const char texts_{0}[] =
{1};

static const struct message messages_{0}[] = {{
{2}
}};

static unsigned
form_{0}(uint64_t n)
{{
	(void)n;
	return (unsigned)({3});
}}
""".format(name, "\n".join(texts) or '\t""', "\n".join(rows) or "\t{ 0, 0, 0 },", rule)


def main(paths):
    named = {os.path.basename(path)[:-len(".po")]: path for path in paths}
    made = {"en": ("n != 1", {})}
    for name, path in named.items():
        if not re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", name) or name in made:
            raise Refused("%s: its name is not that of another language" % path)
        made[name] = read(path)
    print("/* Made from the translations in po/ by po/languages.py. */\n"
          '#include "core/language_table.h"')
    for name in sorted(made):
        print(table(name, *made[name]), end="")
    print("\nconst struct language languages[] = {")
    for name in sorted(made):
        print('\t{ "%s", texts_%s, messages_%s, %d, form_%s },'
              % (name, name, name, len(made[name][1]), name))
    print("};\n\nconst size_t languages_count = sizeof languages / sizeof *languages;")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (OSError, ValueError, Refused) as error:
        sys.exit("%s" % error)
