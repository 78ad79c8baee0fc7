# SPDX-License-Identifier: BSD-2-Clause
"""The real tool on a store of its own, typed at through pipes or a terminal.

    tool = Tool(tmp_path)
    phone = Phone()
    tool.run("enroll", "u0", "--key", phone.key, "--no-confirm")
    tool.run("verify", "u0", input=phone.code())

Codes come from oathtool, never from the code that is tested."""

import base64
import json
import os
import re
import secrets
import subprocess
import sys
import time
import urllib.parse

import pexpect
import pyotp
import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
# the private /etc and /dev/log, and what a terminal draws, are written there already
sys.path[1:1] = [os.path.join(os.path.dirname(HERE), room) for room in ("pam", "system")]

import rig  # noqa: E402

BUILD = os.path.realpath(os.environ.get("TWOSTEP_BUILD") or os.path.join(SOURCE, "build"))
PROGRAM = os.path.join(BUILD, "twostep")
PROMPT = "Verification code: "
DONE, NO, USAGE, SYSTEM = 0, 1, 2, 3
RECOVERY = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}\b")
# twostep: what: why, in one line, of which neither is empty
COMPLAINT = re.compile(r"^twostep: [^\s:].*: \S.*$", re.M)


BESIDE = {}     # what every program is given beside that, for the time of a test


def plain_environment(**more):
    return dict({"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "xterm", **BESIDE}, **more)


def scrypt_n():
    """What a digest costs: as much as it does, but for a test that has cheap recovery codes."""
    return 16 if BESIDE else 1 << 14


def faketime(shift):
    """The environment in which a program sees another time."""
    library = next((p for p in ("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
                                "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1")
                    if os.path.exists(p)), None)
    if library is None:
        pytest.skip("libfaketime is not installed")
    return {"LD_PRELOAD": ":".join([library, *filter(None, [BESIDE.get("LD_PRELOAD")])]), "FAKETIME": shift,
            "ASAN_OPTIONS": "verify_asan_link_order=0"}


class Phone:
    """An authenticator app or a token, computed by oathtool."""

    def __init__(self, key=None, bits=160, hotp=False, algorithm="SHA1", digits=6, period=30):
        random = base64.b32encode(secrets.token_bytes(bits // 8)).decode().rstrip("=")
        self.key = key or random
        self.hotp, self.algorithm, self.digits, self.period = hotp, algorithm, digits, period

    def code(self, ahead=0, at=None):
        """The code so many steps from now, or from the first counter."""
        now = int(time.time() if at is None else at)
        words = ["oathtool", "-b", "-d", str(self.digits)]
        if self.hotp:
            words += ["--hotp", "-c", str(ahead)]
        else:
            words += ["--totp=" + self.algorithm, "-s", "%ds" % self.period,
                      "-N", "@%d" % (now + ahead * self.period)]
        key = self.key + "=" * (-len(self.key) % 8)
        done = subprocess.run(words + [key], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def wrong(self):
        """A code that no login takes now, though it has the right length."""
        near = {self.code(n) for n in (range(0, 8) if self.hotp else range(-3, 5))}
        return next(c for c in ("%0*d" % (self.digits, n) for n in range(1, 99))
                    if c not in near)


def phone_of(uri):
    """The phone that has scanned this picture: what pyotp reads in the URI."""
    read = pyotp.parse_uri(uri)
    assert isinstance(read, (pyotp.TOTP, pyotp.HOTP))
    return Phone(read.secret, hotp=isinstance(read, pyotp.HOTP),
                 algorithm=read.digest().name.upper(), digits=read.digits,
                 period=getattr(read, "interval", 30))


def uri_in(text):
    found = re.findall(r"otpauth://\S+", text)
    assert len(found) == 1, text
    return found[0]


def label_of(uri):
    parts = urllib.parse.urlsplit(uri)
    return urllib.parse.unquote(parts.path.lstrip("/"))


def fields_of(uri):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(uri).query,
                                       strict_parsing=True))


def grouped(key):
    """The key as it is read aloud."""
    return " ".join(key[i:i + 4] for i in range(0, len(key), 4))


class Tool:
    """One store, one host key and one configuration."""

    def __init__(self, directory, codes=0):
        self.directory, self.codes = str(directory), codes
        self.store = os.path.join(self.directory, "store")
        self.key_file = os.path.join(self.directory, "key")
        self.conf = os.path.join(self.directory, "twostep.conf")
        self.settings()

    def settings(self, **words):
        """Recovery codes cost 28 ms each: none, but for a test that bears the mark `codes`."""
        words = dict({"recovery_codes": self.codes, "issuer": "srv1"}, **words)
        self.configure("".join("%s = %s\n" % pair for pair in words.items()))

    def configure(self, text):
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.conf, 0o644)

    def place(self):
        return ["--store", "file:" + self.store, "--key-file", self.key_file,
                "--conf", self.conf]

    def command(self, *words):
        return [PROGRAM, *words, *self.place()]

    def run(self, *words, input="", status=DONE, env=None, place=True, errors=True, **more):
        """Runs it to its end. Standard error fits the exit status, unless errors is False."""
        done = subprocess.run(self.command(*words) if place else [PROGRAM, *words],
                              input=input, capture_output=True, text=True, timeout=60,
                              env=plain_environment(**(env or {})), **more)
        assert status is None or done.returncode == status, (words, done)
        if errors and done.returncode == DONE:
            assert done.stderr == "", done
        elif errors:
            assert COMPLAINT.search(done.stderr), (words, done)
        return done

    def json(self, *words, **more):
        done = self.run(*words, "--json", **more)
        return json.loads(done.stdout)

    def spawn(self, *words, size=(24, 80), env=None, **more):
        """At a terminal."""
        child = pexpect.spawn(PROGRAM, self.command(*words)[1:], dimensions=size, timeout=30,
                              encoding="utf-8", env=plain_environment(**(env or {})), **more)
        child.delaybeforesend = None
        return child

    def pipes(self, *words, **more):
        """With a pipe at each end, for a program that answers what it reads."""
        return subprocess.Popen(self.command(*words), stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env=plain_environment(), **more)

    def sweep(self, *words, options=(), stdout=subprocess.PIPE):
        """Runs it under the sweeper: (its trace, what it said). Its number is in the file `pid` meanwhile."""
        pid, trace = (os.path.join(self.directory, name) for name in ("pid", "trace"))
        done = subprocess.run([rig.built("tests/system/sweep"), "-o", trace, "-t", "60", *options, "--", "sh",
                               "-c", 'echo $$ >%s; exec "$@"' % pid, "sh", *self.command(*words)],
                              stdout=stdout, stderr=subprocess.PIPE, text=True, check=True, timeout=90,
                              # (who is traced can look for no leak)
                              env=plain_environment(ASAN_OPTIONS="detect_leaks=0:verify_asan_link_order=0"))
        with open(trace, encoding="ascii") as file:
            return rig.Trace(file.read()), done

    def struck(self, *words, at, action, anew=lambda: None):
        """Something happens to it, in the sweeper's words, as it opens that file: (exit status, what it
        said). It is run to its end first; anew() makes good what that changed."""
        calls = self.sweep(*words)[0].calls
        anew()
        number = next(c.n for c in calls if c.name == "openat" and at in str(c.args))
        trace, done = self.sweep(*words, options=["-n", str(number), "-a", action])
        return trace.end["exit"], done

    def enroll(self, user, phone=None, *more):
        """One more device, unconfirmed: no code of it is spent yet."""
        phone = phone or Phone()
        words = ["enroll", user, "--key", phone.key, "--no-confirm", "--quiet",
                 "--algorithm", phone.algorithm, "--digits", str(phone.digits)]
        words += ["--hotp"] if phone.hotp else ["--period", str(phone.period)]
        phone.told = self.run(*words, *more)
        phone.recovery = RECOVERY.findall(phone.told.stdout)
        return phone

    def enrolled(self, user):
        return self.json("status", user, status=None, errors=False)["enrolled"]

    def devices(self, user):
        return [d["name"] for d in self.json("status", user)["devices"]]

    def verify(self, user, typed, status=DONE, **more):
        return self.run("verify", user, input=typed + "\n", status=status, **more)

    # -- the store as bytes

    def enrollment(self, user):
        return os.path.join(self.store, "enrollments", user)

    def history(self, user):
        return os.path.join(self.store, "histories", user)

    def files(self):
        """{path: (mode, bytes)} of all there is, the host key included."""
        found = {}
        for directory, _, names in os.walk(self.directory):
            for path in (os.path.join(directory, name) for name in names):
                with open(path, "rb") as file:
                    found[path] = (os.lstat(path).st_mode & 0o7777, file.read())
        return found


def asleep(pid):
    """Waits until the process waits for its input."""
    while True:
        with open("/proc/%d/stat" % pid, encoding="ascii") as file:
            state = file.read().rsplit(")", 1)[1].split()[0]
        assert state != "Z", "it has ended"
        if state == "S":
            return
        time.sleep(0.001)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    """In place: owner and mode stay."""
    with open(path, "r+b") as file:
        file.truncate(0)
        file.write(data)
