# SPDX-License-Identifier: BSD-2-Clause
"""A store, people with phones, and the real libpam around the real module.

All of it lives in a mount namespace of the test process: /etc/passwd, /dev/log and the
file system that holds the store are its own and end with it.

    rig = Rig(tmp_path)
    ann = rig.enroll()
    seen = rig.login(ann, ann.phone.code(), ann.phone.code())
    assert seen.codes == [SUCCESS, AUTH_ERR]

Codes come from pyotp and from oathtool, never from the code that is tested.
"""

import base64
import ctypes
import itertools
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import threading
import time

import pyotp

SUCCESS, AUTH_ERR, UNAVAILABLE, USER_UNKNOWN = 0, 7, 9, 10
SERVICE_ERR, PERM_DENIED, IGNORE = 3, 6, 25

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
LONG = os.environ.get("TWOSTEP_LONG", "") not in ("", "0")
SERVICE = "twostep-test"
FIRST_UID = 30000
PEOPLE = 400

MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
CLONE_NEWNS = 0x00020000
DEVICES = ["null", "zero", "full", "random", "urandom", "tty"]


def build():
    return os.path.realpath(os.environ.get("TWOSTEP_BUILD")
                            or os.path.join(SOURCE, "build"))


def built(*names):
    """The first of the built files that is there."""
    for name in names:
        path = os.path.join(build(), name)
        if os.path.exists(path):
            return path
    return None


def sanitized():
    """A build with sanitizers: their run time cannot be traced for leaks, nor run under valgrind,
    and does not survive that its own system calls fail."""
    client = built("tests/pam/login")
    if client is None:
        return False
    with open(client, "rb") as file:
        return b"__asan_" in file.read()


def why_not():
    """Why these tests cannot run here, or None."""
    if os.geteuid() != 0:
        return "needs root, for a mount namespace of its own"
    tried = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/dev"],
                           capture_output=True, text=True)
    if tried.returncode != 0:
        return "no mount namespaces here: " + tried.stderr.strip()
    for names in (("pam_twostep.so", ".libs/pam_twostep.so"), ("twostep", ".libs/twostep"),
                  ("tests/pam/login",), ("tests/system/sweep",), ("tests/core/.libs/quick.so",)):
        if built(*names) is None:
            return "%s is not built in %s" % (names[-1], build())
    return None


SANITIZED = sanitized()
NAME_MAX = 255      # bytes of the longest name that the module takes
ERRNOS = [] if SANITIZED else ["ENOSPC", "EIO", "EROFS", "EMFILE"]


# ---- the private mounts ----------------------------------------------------------------

def mount(source, target, kind=None, flags=0, data=None):
    libc = ctypes.CDLL(None, use_errno=True)
    words = [w.encode() if w else None for w in (source, target, kind, data)]
    if libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]) != 0:
        raise OSError(ctypes.get_errno(), "mount on " + target)


def unmount(target):
    ctypes.CDLL(None).umount2(target.encode(), 2)


def _passwd(directory):
    """Plain accounts u0, u1, ... beside those of the machine; files alone are asked."""
    with open("/etc/passwd", encoding="utf-8") as file:
        lines = file.read().rstrip("\n").split("\n")
    lines = [line for line in lines if not re.match(r"u\d+:", line)]
    lines += ["u%d:x:%d:%d::/nonexistent:/bin/sh" % (n, FIRST_UID + n, FIRST_UID + n)
              for n in range(PEOPLE)]
    lines += ["%s:x:%d:%d::/nonexistent:/bin/sh" % ("n" * n, FIRST_UID + PEOPLE + n, FIRST_UID + PEOPLE + n)
              for n in (NAME_MAX, NAME_MAX + 1)]
    for name, text in (("passwd", "\n".join(lines) + "\n"),
                       ("nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\n")):
        copy = os.path.join(directory, name)
        with open(copy, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(copy, 0o644)
        mount(copy, "/etc/" + name, flags=MS_BIND)


def _devices():
    """A /dev whose log is ours: the machine's may have none, and must see nothing."""
    names = [d for d in os.listdir("/dev") if d in DEVICES or re.match(r"loop[\d-]", d)]
    nodes = {d: os.open("/dev/" + d, os.O_PATH) for d in names}
    trees = {d: os.open("/dev/" + d, os.O_PATH) for d in ("pts", "shm")
             if os.path.isdir("/dev/" + d)}
    mount("tmpfs", "/dev", "tmpfs", data="mode=0755")
    for name, handle in nodes.items():
        os.close(os.open("/dev/" + name, os.O_CREAT | os.O_WRONLY, 0o666))
        mount("/proc/self/fd/%d" % handle, "/dev/" + name, flags=MS_BIND)
        os.close(handle)
    for name, handle in trees.items():
        os.mkdir("/dev/" + name)
        mount("/proc/self/fd/%d" % handle, "/dev/" + name, flags=MS_BIND | MS_REC)
        os.close(handle)
    for link, to in (("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"),
                     ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
                     ("stderr", "/proc/self/fd/2")):
        os.symlink(to, "/dev/" + link)


def seclude(directory):
    """Takes this process, and all that it starts, out of the machine's mounts."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    _passwd(directory)
    _devices()
    return Journal()


class Journal:
    """Every line that reaches /dev/log, as it comes."""

    def __init__(self, path="/dev/log"):
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(path)
        os.chmod(path, 0o666)
        self._lines = []
        self._news = threading.Condition()
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self):
        while True:
            line = self._socket.recv(65536).decode("utf-8", "replace").rstrip("\0\n")
            with self._news:
                self._lines.append(line)
                self._news.notify_all()

    def take(self):
        """The lines since the last call; none is still on its way."""
        word = "mark-" + secrets.token_hex(8)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
            own.sendto(word.encode(), self._path)
        with self._news:
            if not self._news.wait_for(lambda: word in self._lines, 20):
                raise AssertionError("the journal's socket is silent")
            lines, self._lines = self._lines, []
        return [line for line in lines if line != word]

    def results(self):
        """What the module's lines since the last call say as result=."""
        return [m.group(1) for line in self.take()
                for m in [re.search(r"\bresult=(\w+)", line)] if m]


# ---- people ------------------------------------------------------------------------------

class Phone:
    """An authenticator of the usual kind, computed by pyotp."""

    def __init__(self, key=None, hotp=False):
        self.key = key or base64.b32encode(secrets.token_bytes(20)).decode()
        self.hotp = hotp
        self.counter = 0

    def code(self, ahead=0):
        """The code now, or so many steps (counters) from now."""
        if self.hotp:
            return pyotp.HOTP(self.key).at(self.counter + ahead)
        return pyotp.TOTP(self.key).at(int(time.time()), ahead)

    def wrong(self):
        """A well-formed code that no login would take."""
        return self.wrongs(1)[0]

    def wrongs(self, count):
        """So many of them, all different."""
        near = {self.code(n) for n in range(0 if self.hotp else -25, 130)}
        picks = ("%06d" % (n % 1000000) for n in itertools.count(135790, 7919))
        return list(itertools.islice((p for p in picks if p not in near), count))


class Person:
    def __init__(self, name, phone, recovery):
        self.name, self.phone, self.recovery = name, phone, recovery


WRONG_RECOVERY = "0000-0000-0000-0000"


def steady():
    """Waits for the next step when this one is about to end: the codes that a test computes
    now must still be what they are when the last of its logins has been judged."""
    left = 30 - time.time() % 30
    if left < 3:
        time.sleep(left + 0.1)


# ---- what was seen -----------------------------------------------------------------------

class Seen:
    """What one run of tests/pam/login said."""

    def __init__(self, output, status, errors=""):
        self.status, self.errors = status, errors
        self.events = [json.loads(line) for line in output.splitlines() if line]

    def of(self, *names, process=None):
        return [e for e in self.events if e["event"] in names
                and (process is None or e["process"] == process)]

    @property
    def codes(self):
        """What each pam_authenticate returned, in the order in which they did."""
        return [e["code"] for e in self.of("authenticate")]

    def by_process(self):
        return {e["process"]: e["code"] for e in self.of("authenticate")}

    @property
    def accounts(self):
        """What each pam_acct_mgmt returned, likewise."""
        return [e["code"] for e in self.of("acct_mgmt")]

    @property
    def prompts(self):
        return [e["text"].encode("latin-1").decode("utf-8")
                for e in self.of("prompt_echo_on", "prompt_echo_off")]

    @property
    def keys(self):
        """The keys that were shown, each once, in base32."""
        found = [re.search(r"(?:Key|Sleutel): ((?:[A-Z2-7]{4}[ \n]?)+)", text) for text in self.texts]
        keys = [re.sub(r"\s", "", m.group(1)) for m in found if m]
        return list(dict.fromkeys(keys))

    @property
    def texts(self):
        return [e["text"] for e in self.events if "text" in e]

    @property
    def microseconds(self):
        return [e["us"] for e in self.of("authenticate")]


class Call:
    def __init__(self, n, pid, name, args):
        self.n, self.pid, self.name, self.args, self.ret = n, pid, name, args, None

    def __repr__(self):
        args = [a[:40] + "..." if isinstance(a, str) and len(a) > 44 else a for a in self.args]
        return "%d %s%r = %s" % (self.n, self.name, tuple(args), self.ret)


# Calls that leave nothing behind: what they did ends with the process.
FLEETING = set("""read pread64 readv close fstat newfstatat statx stat lstat lseek getdents64
    access faccessat readlink readlinkat mmap munmap mprotect madvise mlock brk rt_sigaction
    rt_sigprocmask rt_sigpending rt_sigtimedwait rt_sigreturn futex clock_gettime gettimeofday
    getuid geteuid getpid gettid prctl prlimit64 set_tid_address set_robust_list rseq arch_prctl
    poll select umask getrandom fcntl""".split())
MAKERS = set("openat openat2 open creat socket pipe2 dup dup2 dup3 memfd_create".split())


def lasts(call):
    """Whether the call may leave something behind, on a disk or with somebody else."""
    if call.name == "openat":
        return bool(call.args[2] & (os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_RDWR))
    return call.name not in FLEETING


def worth(call, fault):
    """Whether this fault at this call is another than at the call after it, or than EIO. A kill
    differs from one a call later by what that call left behind; a full disk and a table of files
    are met by the calls that write and open. TWOSTEP_LONG strikes all."""
    if LONG or fault == "EIO":
        return True
    if fault == "EMFILE":
        return call.name in MAKERS or call.name.startswith("call_")
    return lasts(call)


class Trace:
    """What tests/system/sweep recorded: calls and marks, in order."""

    def __init__(self, text):
        self.entries, self.end = [], {}
        last = {}
        for line in text.splitlines():
            row = json.loads(line)
            if "call" in row:
                call = Call(row["n"], row["pid"], row["call"], row["args"])
                last[row["pid"]] = call
                self.entries.append(call)
            elif "mark" in row:
                self.entries.append(row["mark"])
            elif "ret" in row:
                last[row["pid"]].ret = row["ret"]
            elif "end" in row:
                self.end = row

    @property
    def calls(self):
        return [e for e in self.entries if isinstance(e, Call)]

    def targets(self, fault, first=1):
        """The numbers of the calls to strike with it, from that one on; the last one always."""
        last = self.end["calls"]
        return [c.n for c in self.calls if c.n >= first and (worth(c, fault) or c.n == last)]

    def work(self, begin, end):
        """The names of the calls between two marks, but for those that only get memory."""
        inside = [c for c in self.after(begin) if end not in self.entries or c in self.before(end)]
        return [c.name for c in inside if c.name not in ("brk", "mmap", "munmap", "madvise")]

    def where(self, mark):
        return self.entries.index(mark) if mark in self.entries else None

    def before(self, mark):
        """The calls before that mark."""
        return [e for e in self.entries[:self.where(mark)] if isinstance(e, Call)]

    def after(self, mark):
        """The calls from the last such mark on."""
        if mark not in self.entries:
            return []
        last = len(self.entries) - self.entries[::-1].index(mark)
        return [e for e in self.entries[last:] if isinstance(e, Call)]


def striking(calls, fault, every):
    """The numbers of the calls at which a tool is struck: in the thin version it is killed before
    each renaming and after the last, and fails there and in what it opens and writes, at each so
    manieth of those calls."""
    if LONG:
        return [c.n for c in calls]
    names = ["renameat"] + (["pwrite64", "fsync", "openat"] if fault != "kill" else [])
    few = [c.n for c in calls if c.name in names]
    return few + [few[-1] + 1] if fault == "kill" else few[::every]


def cheap_scrypt():
    """The environment in which recovery codes, which are most of the time of many tests, cost next
    to nothing: tests/core/quick.c. (Where a sweep begins with the loader's calls, it would be among them.)"""
    if LONG:
        return {}
    # (a sanitizer's library wants to be the first)
    return {"LD_PRELOAD": built("tests/core/.libs/quick.so"), "ASAN_OPTIONS": "verify_asan_link_order=0"}


# ---- the rig itself ----------------------------------------------------------------------

class Rig:
    """One store on a file system of its own, and the way in to it."""

    def __init__(self, directory, journal, size="64m", on=None):
        self.directory = str(directory)
        self.journal = journal
        self.disk = os.path.join(self.directory, "disk")
        os.makedirs(self.disk, exist_ok=True)
        if on is None:
            mount("tmpfs", self.disk, "tmpfs", data="mode=0755,size=" + size)
        self.store = os.path.join(self.disk, "store")
        self.key_file = os.path.join(self.disk, "key")
        self.conf = os.path.join(self.directory, "twostep.conf")
        self.services = os.path.join(self.directory, "pam.d")
        self.trace_file = os.path.join(self.disk, "trace")
        self.module = built("pam_twostep.so", ".libs/pam_twostep.so")
        self.program = built(".libs/twostep", "twostep")
        self.client = built("tests/pam/login")
        self.sweeper = built("tests/system/sweep")
        self.names = ("u%d" % n for n in itertools.count())
        os.mkdir(self.services)
        self.store_make()
        self.settings()
        self.service()

    def close(self):
        unmount(self.disk)

    def store_make(self):
        os.mkdir(self.store, 0o700)
        for name in ("enrollments", "histories"):
            os.mkdir(os.path.join(self.store, name), 0o700)

    def settings(self, **words):
        """The configuration file. Recovery codes cost 28 ms each, so few are made."""
        words = dict({"recovery_codes": 0}, **words)
        with open(self.conf, "w", encoding="ascii") as file:
            file.writelines("%s = %s\n" % (w, v) for w, v in words.items())
        os.chmod(self.conf, 0o644)

    def service(self, *words, before="", after=""):
        """The service's file; `before` and `after` stand around the module in the auth stack."""
        where = ["store=file:" + self.store, "key_file=" + self.key_file, "conf=" + self.conf]
        line = " ".join([self.module, *where, *words])
        with open(os.path.join(self.services, SERVICE), "w", encoding="ascii") as file:
            file.write("%sauth required %s\n%saccount required %s\n"
                       "account required pam_permit.so\n" % (before, line, after, line))

    # -- the tool

    def tool_command(self, *words):
        return [self.program, *words, "--store", "file:" + self.store,
                "--key-file", self.key_file, "--conf", self.conf]

    def tool(self, *words, input="", status=0):
        done = subprocess.run(self.tool_command(*words), input=input, capture_output=True,
                              text=True, timeout=60)
        assert status is None or done.returncode == status, (words, done)
        return done

    def enroll_words(self, name, phone, *more):
        hotp = ["--hotp"] if phone.hotp else []
        return ["enroll", name, "--key", phone.key, "--no-confirm", "--quiet", *hotp, *more]

    def enroll(self, name=None, phone=None, hotp=False, recovery=0, more=()):
        """Enrolls a person with one device, unconfirmed: no code of it is spent yet."""
        name = name or next(self.names)
        phone = phone or Phone(hotp=hotp)
        self.tool(*self.enroll_words(name, phone, *more))
        codes = self.recovery_codes(name, recovery) if recovery else []
        return Person(name, phone, codes)

    def recovery_codes(self, name, count):
        self.settings(recovery_codes=count)
        told = self.tool("recovery", name, "--new")
        self.settings()
        group = "[0-9A-HJKMNP-TV-Z]{4}"
        codes = re.findall(r"\b%s(?:-%s){3}\b" % (group, group), told.stdout)
        assert len(codes) == count, told
        return codes

    # -- logging in

    def login_command(self, person, *tries, options=()):
        name = person if isinstance(person, str) else person.name
        return [self.client, *options, SERVICE, self.services, name, *tries]

    def login(self, person, *tries, options=(), timeout=60, **more):
        done = subprocess.run(self.login_command(person, *tries, options=options),
                              capture_output=True, text=True, timeout=timeout, **more)
        return Seen(done.stdout, done.returncode, done.stderr)

    def sweep(self, command, at=None, action=None, begin=None, end=None, input=None,
              timeout=20):
        """Runs the command under the sweeper; returns (what it did, its trace)."""
        words = [self.sweeper, "-o", self.trace_file, "-t", str(timeout)]
        words += ["-b", begin] if begin else []
        words += ["-e", end] if end else []
        words += ["-n", str(at), "-a", action] if at else []
        environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0:verify_asan_link_order=0") if SANITIZED else None
        done = subprocess.run([*words, "--", *command], capture_output=True, text=True,
                              input=input, timeout=timeout + 60, env=environment)
        assert done.returncode == 0, done.stderr
        with open(self.trace_file, encoding="ascii") as file:
            return done, Trace(file.read())

    def sweep_login(self, person, *tries, options=(), **more):
        command = self.login_command(person, *tries, options=["-k", *options])
        done, trace = self.sweep(command, begin="start", end="end", **more)
        return Seen(done.stdout, trace.end["exit"], done.stderr), trace

    # -- the store as bytes

    def history(self, person):
        name = person if isinstance(person, str) else person.name
        return os.path.join(self.store, "histories", name)

    def enrollment(self, person):
        name = person if isinstance(person, str) else person.name
        return os.path.join(self.store, "enrollments", name)

    def save(self):
        """Everything below the disk, so that restore() can bring it back."""
        saved = {}
        for directory, _, files in os.walk(self.disk):
            for name in files:
                path = os.path.join(directory, name)
                if path == self.trace_file:
                    continue
                with open(path, "rb") as file:
                    saved[path] = (os.stat(path).st_mode & 0o7777, file.read())
            if directory != self.disk:
                saved[directory] = (os.stat(directory).st_mode & 0o7777, None)
        return saved

    def untouched(self, saved):
        """True while everything is, to the byte, as save() saw it."""
        return self.save() == saved

    def restore(self, saved):
        for name in os.listdir(self.disk):
            path = os.path.join(self.disk, name)
            if path == self.trace_file:
                continue
            if os.path.isdir(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)
        for path in sorted(saved):
            mode, data = saved[path]
            if data is None:
                os.mkdir(path, mode)
                continue
            handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, mode)
            os.write(handle, data)
            os.close(handle)
