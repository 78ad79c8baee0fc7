# SPDX-License-Identifier: BSD-2-Clause
"""The accounts and groups of a machine, as a test wants them, and what the store and the file of
letters say of those who were invited."""

import csv
import hashlib
import json
import os
import re

import rig
from tool import scrypt_n

CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b")
ROOT = "root:x:0:0:root:/root:/bin/sh"


def account(name, uid, gid=None, shell="/bin/sh"):
    return "%s:x:%d:%d:A Name,,,:/nonexistent:%s" % (name, uid, gid or uid, shell)


class Crowd:
    """Takes the place of /etc/passwd, /etc/group and /etc/login.defs until it is closed."""

    def __init__(self, directory):
        self._directory, self._mounted = str(directory), []
        self.accounts([])
        self.groups()
        self.login_defs("UID_MIN 1000\nUID_MAX 60000\n")

    def _put(self, path, text):
        copy = os.path.join(self._directory, os.path.basename(path))
        with open(copy, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(copy, 0o644)
        if path not in self._mounted:
            rig.mount(copy, path, flags=rig.MS_BIND)
            self._mounted.append(path)

    def close(self):
        for path in self._mounted:
            rig.unmount(path)

    def accounts(self, lines):
        """Beside root."""
        self._put("/etc/passwd", "\n".join([ROOT, *lines]) + "\n")

    def nobody(self):
        """Not even root, as where a name service fails without saying so."""
        self._put("/etc/passwd", "\n")

    def people(self, *names):
        self.accounts([account(name, 1000 + n) for n, name in enumerate(names)])

    def groups(self, **members):
        """staff=["jan", "ria"]; their numbers begin at 5000, in order."""
        lines = ["root:x:0:"] + ["%s:x:%d:%s" % (name, 5000 + n, ",".join(who))
                                 for n, (name, who) in enumerate(members.items())]
        self._put("/etc/group", "\n".join(lines) + "\n")

    def login_defs(self, text):
        self._put("/etc/login.defs", text)


def kept(tool, user):
    """What the store keeps of an activation code, (until, salt, digest), or None. The store must
    not be sealed."""
    try:
        with open(os.path.join(tool.store, "invitations", user), encoding="ascii") as file:
            found = re.search(r"^code (\d+) (\S+) \S+ (\S+)$", file.read(), re.M)
    except FileNotFoundError:
        return None
    return int(found.group(1)), bytes.fromhex(found.group(2)), bytes.fromhex(found.group(3))


def opens(tool, user, code):
    """Whether this is the code that the store keeps for the user, by another scrypt."""
    there = kept(tool, user)
    if there is None:
        return False
    digest = hashlib.scrypt(code.replace("-", "").encode(), salt=there[1], n=scrypt_n(), r=8,
                            p=1, maxmem=1 << 26, dklen=32)
    return digest == there[2]


def invited(tool):
    try:
        return sorted(name for name in os.listdir(os.path.join(tool.store, "invitations"))
                      if not name.startswith("."))
    except FileNotFoundError:
        return []


def letters(path):
    """{user: code} of a file that must be whole."""
    with open(path, encoding="utf-8", newline="") as file:
        if path.endswith(".json"):
            rows = json.load(file)
        else:
            rows = list(csv.DictReader(file, strict=True))
    assert all(set(row) == {"user", "code", "invited_until"} for row in rows), rows
    assert all(CODE.fullmatch(row["code"]) for row in rows), rows
    assert len({row["user"] for row in rows}) == len(rows)
    return {row["user"]: row["code"] for row in rows}
