# SPDX-License-Identifier: BSD-2-Clause
"""A person who sits at a terminal: reads first, then types, and may leave in the middle.

    with sitting.ssh(here, server, bob) as seat:
        seat.reads(sitting.CODE)
        seat.finishes(seat.scans().code())

dialogue.drive() types a whole login whose questions are known; this is for those in which
what is typed depends on what was read: a picture, a key, a code that is shown only once."""

import re
import shutil
import urllib.parse

import pexpect
import pytest

import dialogue
import place
import terminal

_MISSING = [p for p in ("zbarimg", "sudo", "login", "chage") if shutil.which(p) is None]
_MISSING += [] if place.faketime_library() else ["libfaketime"]
ALL_INSTALLED = pytest.mark.skipif(bool(_MISSING),
                                   reason="not installed: " + ", ".join(_MISSING))

CODE = r"Verification code: $"
ACTIVATION = r"Activation code: $"
SAVED = r"Enter: $"        # in any language
PASSWORD = r"[Pp]assword(?: for [^\n]*)?: ?$"
NAME = r"(?<![A-Za-z])login: $"
SHELL = r"[$#] $"

_KEY = re.compile(r"Key:((?:\s+[A-Z2-7]{4})+)\s")
_ACTIVATION_CODE = re.compile(r"(?<![-0-9A-Z])(?:[0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}"
                              r"(?![-0-9A-Z])")


class Sitting:
    def __init__(self, here, command, become=None, environment=None, shell=False):
        self.here, self.shell = here, shell
        self.since = here.log.now()
        self.child = dialogue.spawn(command, become, environment)
        self.shown = ""         # since the beginning
        self.text = ""          # since the last answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leaves()

    def leaves(self):
        """Closes the terminal, whatever is going on in it."""
        dialogue.hang_up(self.child)

    def _waits(self, pattern):
        try:
            self.child.expect(pattern)
        except (pexpect.EOF, pexpect.TIMEOUT) as why:
            raise AssertionError("%s instead of %s after:\n%s" % (
                type(why).__name__, pattern, self.shown + self.child.before)) from None
        after = self.child.after if isinstance(self.child.after, str) else ""
        self.text = self.child.before + after
        self.shown += self.text

    def reads(self, pattern):
        """What is shown, up to this; fails when something else ends it."""
        self._waits(pattern)
        assert not dialogue.INSIDE.search(self.text), self.shown
        return self.text

    def types(self, words):
        self.child.sendline(words)

    def says(self, words, pattern=CODE):
        """Types, and reads on."""
        self.types(words)
        return self.reads(pattern)

    def gets_in(self):
        """What is shown until the shell behind the door speaks."""
        shown = ""
        if self.shell:
            shown = self.reads(SHELL)
            self.types(dialogue.PROOF)
        self._waits(dialogue.INSIDE)
        return shown + self.text

    def is_refused(self):
        """What is shown until the program ends, which lets nobody in."""
        return self.reads(pexpect.EOF)

    # -- what is on the screen

    def screen(self):
        return terminal.screen_of(self.shown)

    def scans(self, theme="dark"):
        """The picture on the screen, read by a phone; None where there is none."""
        picture = terminal.draw(self.screen(), theme, "/root/seen.png")
        uri = terminal.decode(picture)
        return device_of(self.here, uri) if uri else None

    def key(self):
        """The key that is shown in groups of four, typed into an app by hand; or None."""
        found = _KEY.findall(self.text.replace("\r", ""))
        if not found:
            return None
        key = "".join(found[-1].split())
        self.here.secret(key)
        return place.Device(self.here, key)

    def recovery_codes(self):
        codes = place.recovery_codes_in(self.text)
        for code in codes:
            self.here.secret(code)
            self.here.secret(code.replace("-", ""))
        return codes

    def finishes(self, code):
        """Types the code that proves the phone, keeps the recovery codes, and gets in."""
        self.says(code, SAVED)
        codes = self.recovery_codes()
        self.types("")
        self.gets_in()
        return codes

    def links(self):
        """From the picture to the shell, as almost everybody does it: the phone, and the
        recovery codes."""
        self.reads(CODE)
        phone = self.scans()
        assert phone is not None, self.shown
        return phone, self.finishes(phone.code())


def device_of(here, uri):
    """The authenticator that read this URI."""
    kind, _, words = parts_of(uri)
    here.secret(words["secret"])
    return place.Device(here, words["secret"], kind, words.get("algorithm", "SHA1"),
                        int(words.get("digits", 6)), int(words.get("period", 30)))


def parts_of(uri):
    """Kind, label and parameters of an otpauth URI."""
    parsed = urllib.parse.urlparse(uri)
    assert parsed.scheme == "otpauth", uri
    label = urllib.parse.unquote(parsed.path.lstrip("/"))
    return parsed.netloc, label, dict(urllib.parse.parse_qsl(parsed.query))


# ---- where to sit ------------------------------------------------------------------

def ssh(here, server, person, *options, password=None, environment=None):
    """At an ssh client, with the password typed."""
    command = here.ssh_command(server, person, *options) + [dialogue.PROOF]
    return _password(Sitting(here, command, environment=environment), person, password)


def sudo(here, person):
    command = ["sudo", "-k", "--", "sh", "-c", dialogue.PROOF]
    return _password(Sitting(here, command, become=person.become), person)


def su(here, person):
    command = ["su", "-c", dialogue.PROOF, "--", person.name]
    return _password(Sitting(here, command, become=here.client.become), person)


def login(here, person, password=None):
    seat = Sitting(here, ["login"], shell=True)
    seat.reads(NAME)
    seat.types(person.name)
    return _password(seat, person, password)


def _password(seat, person, password=None):
    seat.reads(PASSWORD)
    seat.types(person.password if password is None else password)
    return seat


def activation_code(here, person, *options, check=True):
    """What the letter to this person says."""
    told = here.tool("invite", person.name, *options, check=check)
    code = _ACTIVATION_CODE.search(told.stdout).group()
    here.secret(code)
    here.secret(code.replace("-", ""))
    return code
