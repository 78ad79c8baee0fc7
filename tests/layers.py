#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds the layers to their promises; prints TAP.

    tests/layers.py [--quiet]          with --quiet only what is wrong

The include lines of each room are read, and core and flow are compiled afresh with
flags of our own (no CFLAGS: sanitizers, fortify and LTO change the list) to see what
they ask of the outside. Whoever adds a symbol to the list below says why core needs it:
nothing there may open, allocate, print, or know the time, the locale or the host."""

import glob
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# room: the rooms whose headers it may include, and the system headers, as patterns
OPENSSL = r"openssl/.*"
# (assert.h for static_assert: an assert that could abort shows among the symbols)
QUIET = r"(assert|stdarg|stdbool|stddef|stdint|limits|string|inttypes)\.h"
ROOMS = {
    "pam_twostep/core": (["core"], [QUIET, OPENSSL]),
    "pam_twostep/flow": (["core", "flow"], [QUIET]),
    "pam_twostep/store": (["core", "store"], [r"(?!openssl/|security/|qrencode|png|ldap).*"]),
    "pam_twostep/helper": (["core", "store", "helper"],
                           [r"(?!openssl/|security/|qrencode|png|ldap).*"]),
    "pam_twostep/pam": (["core", "flow", "store", "helper", "pam"], [r"(?!openssl/|png|ldap).*"]),
    "tools": (["core", "flow", "store", "helper", "tools"],
              [r"(?!openssl/|security/(?!pam_appl)|ldap).*"]),
    "tools/helper": (["core", "flow", "store", "helper", "../converse.h", "../journal.h"],
                     [r"(?!openssl/|security/(?!pam_appl)|qrencode|png|ldap).*"]),
}
ONLY_IN = {"qrencode.h": ["tools/qr.c", "pam_twostep/pam/picture.c"], "png.h": ["tools/qr.c"],
           "security/pam_appl.h": ["tools/converse.h", "tools/verb_test.c",
                                   "tools/helper/password.c"]}

# What core and flow may ask of the outside: bytes in memory (clang asks for bcmp where memcmp
# need not say which is less) ...
MEMORY = """memcpy memmove memset memcmp bcmp memchr strlen strnlen strcmp strncmp strchr
    strcspn strspn __stack_chk_fail _GLOBAL_OFFSET_TABLE_""".split()
# ... and of libcrypto, which only core may name, digests, ciphers and scrypt.
CRYPTO = r"EVP_(MAC|CIPHER|Cipher|Encrypt|Decrypt|Digest|MD|sha|aes|PBE_scrypt)\w*" \
    r"|OSSL_PARAM_construct_\w+|CRYPTO_memcmp"

# without PIC a table of pointers is constant, and not "data until it is relocated"
FLAGS = "-std=c11 -O2 -fno-stack-protector -U_FORTIFY_SOURCE -fno-lto -fno-pic -w".split()
PLACES = ['-DTWOSTEP_%s="/nowhere"' % word for word in ("CONF", "KEY", "STORE", "HELPER")]


def sources(room, endings=(".c", ".h")):
    directory = os.path.join(TOP, room)
    found = [room + "/" + name for name in sorted(os.listdir(directory))
             if name.endswith(endings)]
    if not found and room in ROOMS:     # a check over nothing would always pass
        raise OSError("no sources in " + room)
    return found


def includes(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return re.findall(r'^\s*#\s*include\s*([<"])([^>"]+)', file.read(), re.M)


def includes_of_another_layer(room):
    """Headers that the room must not see."""
    rooms, system = ROOMS[room]
    wrong = []
    for path in sources(room):
        for kind, header in includes(path):
            if kind == "<":
                fine = any(re.fullmatch(p, header) for p in system)
                fine = fine and path in ONLY_IN.get(header, [path])
            elif "/" in header:
                fine = header.split("/")[0] in rooms or header in rooms
            else:
                fine = room.startswith("tools") and os.path.exists(os.path.join(TOP, room, header))
            if not fine:
                wrong.append("%s includes %s" % (path, header))
    return wrong


def rooms_without_a_promise():
    """Directories with sources of what is installed, of which nothing is said above."""
    there = {os.path.relpath(directory, TOP) for top in ("pam_twostep", "tools")
             for directory, _, names in os.walk(os.path.join(TOP, top))
             if any(name.endswith((".c", ".h")) for name in names)}
    return sorted(there ^ set(ROOMS))


def languages(directory):
    """The table of languages, which belongs to core and is made by the build."""
    made = os.path.join(directory, "languages.c")
    if not os.path.exists(made):
        with open(made, "w", encoding="utf-8") as file:
            subprocess.run([sys.executable, TOP + "/po/languages.py"] +
                           sorted(glob.glob(TOP + "/po/*.po")), stdout=file, check=True)
    return made


def symbols(room, kind, directory):
    """{file: names} of the symbols that a room defines (kind T) or lacks (kind U). What was compiled
    for one check serves the next."""
    found = {}
    paths = sources(room, (".c",))
    paths += [languages(directory)] if room == "pam_twostep/core" else []
    for path in paths:
        made = os.path.join(directory, path.replace("/", "-") + ".o")
        if not os.path.exists(made):
            compiler = (os.environ.get("CC") or "cc").split()
            subprocess.run(compiler + FLAGS + PLACES + ["-I", TOP + "/pam_twostep", "-c",
                           os.path.join(TOP, path), "-o", made], check=True)
        listed = subprocess.run(["nm", made], capture_output=True, text=True, check=True)
        rows = [line.split()[-2:] for line in listed.stdout.splitlines()]
        found[path] = {name for letter, name in rows if letter in kind}
    return found


def symbols_that_reach_outside(room, directory):
    """Symbols that neither the rooms nor the lists above know."""
    names = ROOMS["pam_twostep/" + room][0]
    wrong, own = [], set()
    for name in names:
        for defined in symbols("pam_twostep/" + name, "TDRB", directory).values():
            own |= defined
    for path, lacking in symbols("pam_twostep/" + room, "UwV", directory).items():
        for name in sorted(lacking - own - set(MEMORY)):
            if room != "core" or not re.fullmatch(CRYPTO, name):
                wrong.append("%s asks for %s" % (path, name))
    return wrong


def state_that_outlives_a_call(room, directory):
    """Variables of core and flow that can be written: they know no globals."""
    return ["%s keeps %s" % (path, name)
            for path, names in symbols("pam_twostep/" + room, "bBDdC", directory).items()
            for name in sorted(names)]


def sources_that_nobody_builds():
    """Files of C in the tree that Makefile.am does not name."""
    with open(os.path.join(TOP, "Makefile.am"), encoding="utf-8") as file:
        text = file.read()
    # a program that names no source is made from the file of its own name
    named = set(re.findall(r"[\w/]+\.[ch]\b", text))
    named |= {name + ".c" for name in re.findall(r"tests/\w+/\w+", text)}
    rooms = list(ROOMS) + ["tests/" + name for name in os.listdir(TOP + "/tests")
                           if os.path.isdir(TOP + "/tests/" + name)]
    return ["%s is not in Makefile.am" % path for room in rooms for path in sources(room)
            if path not in named]


def run(directory):
    checks = [(includes_of_another_layer, room) for room in ROOMS]
    checks += [(check, room, directory) for room in ("core", "flow")
               for check in (symbols_that_reach_outside, state_that_outlives_a_call)]
    checks += [(rooms_without_a_promise,), (sources_that_nobody_builds,)]
    failed, quiet = 0, "--quiet" in sys.argv[1:]
    if not quiet:
        print("1..%d" % len(checks))
    for number, (check, *words) in enumerate(checks, 1):
        wrong = check(*words)
        failed += bool(wrong)
        if wrong or not quiet:
            print("%s %d - %s %s" % ("not ok" if wrong else "ok", number,
                                     check.__name__.replace("_", " "), " ".join(words[:1])))
            print("".join("# %s\n" % line for line in wrong), end="")
    return 1 if failed else 0


def main():
    with tempfile.TemporaryDirectory() as directory:
        return run(directory)


if __name__ == "__main__":
    sys.exit(main())
