# SPDX-License-Identifier: BSD-2-Clause
"""What twostep(8) shows is typed as it stands, in its order, at a terminal."""

import os
import re
import shlex

import pexpect
import pytest

from tool import PROGRAM, PROMPT, SOURCE, Phone, plain_environment, read

PEOPLE = "jan kim piet joke ria".split()
# they need a machine around them: sudo, sshd
ELSEWHERE = ("enable", "test")


def examples():
    """The lines that root types."""
    with open(SOURCE + "/man/twostep.8", encoding="utf-8") as file:
        text = re.search(r"^\.Sh EXAMPLES\n(.*?)^\.Sh ", file.read(), re.M | re.S).group(1)
    text = text.replace("\\e\n", "").replace("|\n", "|")
    text = text.replace("# umask 077\n.Dl # ", "# umask 077; ")
    lines = re.findall(r"^(?:\.Dl )?# ((?:umask \d+; )?twostep (\w+) .*|twostep rekey)$", text, re.M)
    return [line for line, verb in lines if verb not in ELSEWHERE]


class Hand:
    """Who types: scans every key that is shown, and answers with its code, each once."""

    def __init__(self, tool, directory):
        self.tool, self.directory, self.phones = tool, directory, {}
        wrapper = os.path.join(directory, "twostep")
        with open(wrapper, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\nexec %s "$@" %s\n' % (PROGRAM, shlex.join(tool.place())))
        os.chmod(wrapper, 0o755)

    def types(self, line):
        """The exit status, and all that was shown."""
        env = plain_environment(PATH=self.directory + ":/usr/bin:/bin")
        line = line.replace("/root/", self.directory + "/")
        child = pexpect.spawn("sh", ["-c", line], cwd=self.directory, env=env, timeout=30,
                              encoding="utf-8", dimensions=(60, 80))
        child.delaybeforesend = None
        shown = ""
        while child.expect_exact([PROMPT, pexpect.EOF]) == 0:
            shown += child.before
            child.sendline(self._code(line, shown))
        child.close()
        return child.exitstatus, shown + child.before

    def has(self, user):
        if not self.tool.enrolled(user):
            self.phones[user] = self.tool.enroll(user)

    def _code(self, line, shown):
        user = next(name for name in PEOPLE if name in line)
        key = re.search(r"Key: ([A-Z2-7 ]+)", shown)
        if key:
            self.phones[user] = Phone(key.group(1).replace(" ", ""), hotp="--hotp" in line)
        return self.phones[user].code(0 if key else 1)


@pytest.mark.codes
def test_an_example_of_the_manual_does_not_do_what_it_says(tool, crowd, tmp_path):
    crowd.people(*PEOPLE)
    crowd.groups(staff=PEOPLE)
    tool.settings(enroll_at_login="invited")
    (tmp_path / "piet.key").write_text(Phone().key + "\n")
    hand, lines = Hand(tool, str(tmp_path)), examples()
    assert len(lines) > 12
    failed = {}
    for line in lines:
        if " jq " in line:          # (it need not be here, and decides nothing)
            line = line.split("|")[0]
        if " jan" in line and not re.match("twostep (enroll|invite)", line):
            hand.has("jan")         # each example begins anew, and one removes her
        status, shown = hand.types(line)
        if status != 0:
            failed[line] = (status, shown[-300:])
    assert not failed
    assert read(tmp_path / "ria.txt").startswith(b"otpauth://")
    assert (tmp_path / "letters.csv").stat().st_size > 0
    for secrets in ("ria.txt", "letters.csv"):
        assert (tmp_path / secrets).stat().st_mode & 0o077 == 0, secrets
