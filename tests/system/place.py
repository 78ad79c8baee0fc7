# SPDX-License-Identifier: BSD-2-Clause
"""A private place: a whole machine's logins, and nothing of the machine itself.

enter() runs the calling program again inside namespaces of its own. Place() then
gives it a copied /etc, empty /home, /root, /run, /tmp, /var/lib and /var/log, a /dev
with its own terminals and its own /dev/log, a loopback network, the module where
libpam looks and the tool in PATH. Accounts, PAM files, host keys, ports and
logs made there die with the program; the machine around it never sees them.

    place.enter()
    here = place.Place()
    ann = here.account("ann")
    phone = ann.enroll()
    server = here.sshd("password")
    seen = here.ssh_login(server, ann, phone.code())
    assert seen.entered
    print(seen.shown, here.log.module_lines())
"""

import base64
import contextlib
import ctypes
import itertools
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time

import dialogue

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))

NAMESPACES = [
    "unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc",
    "--ipc", "--uts", "--net", "--propagation", "private",
]

# Everything below these is hidden, but for what the tests themselves are run from.
HIDDEN = ["/home", "/root", "/run", "/tmp", "/var/lib", "/var/log"]
DEVICES = ["null", "zero", "full", "random", "urandom", "tty"]
PRELOAD = "/etc/ld.so.preload"
FAKETIME = "/etc/faketimerc"
BOOT_ID = "/proc/sys/kernel/random/boot_id"

# Where libpam may look, in the order in which the build looks for it.
MODULE_HOMES = [
    "/usr/lib/%s-linux-gnu/security" % os.uname().machine,
    "/lib/%s-linux-gnu/security" % os.uname().machine,
    "/usr/lib64/security", "/lib64/security", "/usr/lib/security", "/lib/security",
]

MS_BIND, MS_REC = 4096, 16384

# The lines that the README and pam_twostep(8) show. What they guard must be said
# once only, so that the tests try what people will copy.
MODULE_AUTH = ["auth required pam_twostep.so", "auth required pam_permit.so"]
MODULE_ACCOUNT = ["account required pam_twostep.so"]
# nodelay: pam_unix would hold every refusal back for two seconds of wall time
FIRST_FACTOR = ["auth requisite pam_unix.so nodelay"]
REST = ["account required pam_unix.so", "session required pam_permit.so"]

STACKS = {
    "password": FIRST_FACTOR + MODULE_AUTH + MODULE_ACCOUNT + REST,
    "key": MODULE_AUTH + MODULE_ACCOUNT + REST,
}

SSHD_METHODS = {
    "password": ["AuthenticationMethods keyboard-interactive:pam"],
    "key": ["AuthenticationMethods publickey,keyboard-interactive:pam"],
}


class Unable(Exception):
    """The place cannot be made on this machine; the text says why."""


# ---- namespaces and mounts -------------------------------------------------------

def inside():
    return os.getpid() == 1 and os.environ.get("TWOSTEP_PLACE") == "inside"


def why_not():
    """The reason for which no place can be made here, or None."""
    if inside():
        return None
    if os.geteuid() != 0:
        return "a private place needs root (mount, network and pid namespaces)"
    for word in ("unshare", "sshd", "ssh", "ssh-keygen", "oathtool", "ip"):
        if shutil.which(word, path=_path()) is None:
            return "%s is not installed" % word
    attempt = subprocess.run(NAMESPACES + ["true"], capture_output=True, text=True)
    if attempt.returncode != 0:
        return "no namespaces here: %s" % attempt.stderr.strip()
    return None


def enter():
    """Returns inside the place's namespaces: runs the program again if need be."""
    if inside():
        return
    reason = why_not()
    if reason:
        raise Unable(reason)
    environment = dict(os.environ, TWOSTEP_PLACE="inside")
    os.execvpe(NAMESPACES[0], NAMESPACES + ["--", sys.executable] + sys.orig_argv[1:],
               environment)


def _path():
    return os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"


def _mount(source, target, kind=None, flags=0, data=None):
    libc = ctypes.CDLL(None, use_errno=True)
    words = [w.encode() if w else None for w in (source, target, kind, data)]
    if libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]) != 0:
        raise OSError(ctypes.get_errno(), "mount on " + target)


def _bind(handle, target):
    _mount("/proc/self/fd/%d" % handle, target, flags=MS_BIND | MS_REC)


def _under(path, root):
    return path.startswith(root + "/")


def _hide(root, keep):
    """An empty file system over root, with the kept paths still where they were."""
    kept = [(p, os.open(p, os.O_PATH | os.O_CLOEXEC)) for p in keep if _under(p, root)]
    mode = "1777" if root == "/tmp" else "0755"
    _mount("tmpfs", root, "tmpfs", data="mode=" + mode)
    for path, handle in kept:
        if not os.path.exists(path):
            _stub(path, os.path.isdir("/proc/self/fd/%d" % handle))
            _bind(handle, path)
        os.close(handle)


def _stub(path, directory):
    """What another thing of its kind can be mounted on."""
    os.makedirs(path if directory else os.path.dirname(path), exist_ok=True)
    if not directory:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))


def _private_devices():
    nodes = {d: os.open("/dev/" + d, os.O_PATH | os.O_CLOEXEC) for d in DEVICES}
    _mount("tmpfs", "/dev", "tmpfs", data="mode=0755")
    for name, handle in nodes.items():
        os.close(os.open("/dev/" + name, os.O_CREAT | os.O_WRONLY, 0o666))
        _bind(handle, "/dev/" + name)
        os.close(handle)
    # (not sticky: fs.protected_regular then keeps root from the memory that libfaketime shares)
    for name, mode in (("pts", 0o755), ("shm", 0o777)):
        os.mkdir("/dev/" + name)
        os.chmod("/dev/" + name, mode)
    _mount("devpts", "/dev/pts", "devpts",
           data="newinstance,ptmxmode=0666,mode=0620,gid=5")
    os.symlink("pts/ptmx", "/dev/ptmx")
    os.symlink("/proc/self/fd", "/dev/fd")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink("/proc/self/fd/%d" % number, "/dev/" + name)


def _copied(directory):
    """A copy of the directory in its own place; returns the way to the copy."""
    copy = "/run/place" + directory
    os.makedirs(copy)
    subprocess.run(["cp", "-a", directory + "/.", copy], check=True)
    _mount(copy, directory, flags=MS_BIND)
    return copy


# ---- what is written to the private /dev/log --------------------------------------

class Log:
    """Every line that any process of the place sent to /dev/log, in order."""

    def __init__(self, path="/dev/log"):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(path)
        os.chmod(path, 0o666)
        self._path = path
        self._lines = []
        self._news = threading.Condition()
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self):
        while True:
            text = self._socket.recv(65536).decode("utf-8", "replace").rstrip("\0\n")
            with self._news:
                self._lines.append(re.sub(r"^<\d+>", "", text))
                self._news.notify_all()

    def wait_for(self, pattern, since=0, timeout=20):
        """The first line after `since` that matches; raises when none comes."""
        def found():
            return next((x for x in self._lines[since:] if re.search(pattern, x)), None)
        with self._news:
            if not self._news.wait_for(found, timeout):
                raise AssertionError("no log line %r in\n%s"
                                     % (pattern, "\n".join(self._lines[since:])))
            return found()

    def lines(self, since=0):
        """All lines so far: a word of our own, sent last, says when all have come."""
        word = "place-mark-" + secrets.token_hex(8)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mark:
            mark.sendto(word.encode(), self._path)
        self.wait_for(word)
        with self._news:
            return [x for x in self._lines[since:] if "place-mark-" not in x]

    def module_lines(self, since=0, user=None):
        """The lines of the module (tool, helper), for one user or for all."""
        found = [x for x in self.lines(since) if re.search(r"\b(pam_)?twostep(-helper)?[\[(:]", x)]
        return [x for x in found if user is None or words_of(x).get("user") == user]

    def now(self):
        """A place in the log: what is logged from here on is `since` it."""
        self.lines()
        with self._news:
            return len(self._lines)


def words_of(line):
    """The `word=value` pairs of a log line; a quoted value without its quotes."""
    pairs = re.findall(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|\S*)', line)
    return {word: value.strip('"') for word, value in pairs}


# ---- people and their authenticators ----------------------------------------------

class Device:
    """An authenticator whose codes come from oathtool, never from our own code."""

    def __init__(self, place, key, kind="totp", algorithm="SHA1", digits=6, period=30):
        self.place, self.key, self.kind = place, key, kind
        self.algorithm, self.digits, self.period = algorithm, digits, period
        self.counter = 0

    def code(self, steps=0, seconds=0):
        """The code now, so many steps (counters for HOTP) or seconds from now."""
        return self.place.secret(self._codes(1, steps, seconds)[0])

    def wrong(self, number=0):
        """A well-formed code that is none of those a login might look at."""
        near = self._codes(51, 0 if self.kind == "hotp" else -25)
        picks = (str(n).zfill(self.digits) for n in itertools.count(135790, 7919))
        picks = (p[-self.digits:] for p in picks)
        pick = next(itertools.islice((p for p in picks if p not in near), number, None))
        return self.place.secret(pick)

    def _codes(self, count, steps=0, seconds=0):
        """So many codes in a row, as oathtool computes them."""
        words = ["oathtool", "-b", "-d", str(self.digits), "-w", str(count - 1)]
        if self.kind == "hotp":
            words += ["--hotp", "-c", str(self.counter + steps)]
        else:
            at = int(self.place.time()) + steps * self.period + seconds
            words += ["--totp=" + self.algorithm, "-s", "%ds" % self.period]
            words += ["-N", "@%d" % at]
        made = subprocess.run(words + ["-"], input=self.key + "\n", capture_output=True,
                              text=True, check=True)
        return made.stdout.split()


class Account:
    def __init__(self, place, name, uid, password):
        self.place, self.name, self.uid, self.password = place, name, uid, password
        self.home = "/home/%d" % uid
        self.recovery_codes = []

    def enroll(self, *options, key=None, kind="totp", algorithm="SHA1", digits=6,
               period=30):
        """Enrolls with the real tool, unconfirmed, so that no code is spent yet. Recovery codes, each
        of which costs its scrypt, are made where the configuration says how many."""
        key = key or base64.b32encode(secrets.token_bytes(20)).decode()
        for spelling in (key, key.lower(), base64.b32decode(key).hex()):
            self.place.secret(spelling)
        words = ["--key", "-", "--no-confirm", "--qr", "none"]
        words += ["--hotp"] if kind == "hotp" else []
        words += ["--algorithm", algorithm] if algorithm != "SHA1" else []
        words += ["--digits", str(digits)] if digits != 6 else []
        words += ["--period", str(period)] if period != 30 else []
        with self.place.few_recovery_codes():
            told = self.place.tool("enroll", *words, *options, "--", self.name, input=key + "\n")
        self.recovery_codes = recovery_codes_in(told.stdout)
        for code in self.recovery_codes:
            self.place.secret(code)
            self.place.secret(code.replace("-", ""))
        return Device(self.place, key, kind, algorithm, digits, period)

    def status(self):
        """What `twostep status --json` says of this user."""
        told = self.place.tool("status", "--json", "--", self.name, check=False)
        return json.loads(told.stdout)

    def become(self):
        """For the child before exec: this user, as a login would have made him."""
        os.setgroups([])
        os.setgid(self.uid)
        os.setuid(self.uid)


def recovery_codes_in(text):
    return re.findall(r"\b(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}\b", text)


class Server:
    """One sshd on loopback, whose PAM service has its own name."""

    def __init__(self, service, port, process):
        self.service, self.port, self.process = service, port, process

    def stop(self):
        self.process.kill()
        self.process.wait()


# ---- the place itself --------------------------------------------------------------

def _words_of(build):
    """The variables of the build's Makefile, and what they are where there is none."""
    words = {"prefix": "/usr/local", "sysconfdir": "/etc", "localstatedir": "/var"}
    with contextlib.suppress(FileNotFoundError):
        with open(os.path.join(build, "Makefile"), encoding="utf-8") as file:
            words.update(re.findall(r"^(\w+) = (\S+)$", file.read(), re.MULTILINE))
    return words


def _expanded(words, name):
    return re.sub(r"\$[({](\w+)[)}]", lambda found: _expanded(words, found[1]),
                  words.get(name, ""))


def _nearest(path):
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


class Place:
    HOST = "srv1"

    def __init__(self, build=None):
        if not inside():
            raise Unable("call place.enter() first")
        build = build or os.environ.get("TWOSTEP_BUILD") or os.path.join(SOURCE, "build")
        self.build = os.path.realpath(build)
        self.module = self._built(".libs/pam_twostep.so", "pam_twostep.so")
        self.program = self._built(".libs/twostep", "twostep")
        words = _words_of(self.build)
        self.ETC = _expanded(words, "sysconfdir") + "/twostep"
        self.STORE = _expanded(words, "localstatedir") + "/lib/twostep"
        self.HELPER = _expanded(words, "HELPER_PATH")       # empty: built without it
        self.CONF, self.KEY = self.ETC + "/twostep.conf", self.ETC + "/key"
        self._secrets = set()
        self._offset = 0
        self._numbers = itertools.count(2001)
        self._ports = itertools.count(2201)
        self._mounts()
        self._machine()
        self.log = Log()
        self.client = self.account("caller")
        self._client_files()

    def _built(self, *names):
        for name in names:
            path = os.path.join(self.build, name)
            if os.path.exists(path):
                return path
        raise Unable("%s is not built in %s" % (names[-1], self.build))

    def _mounts(self):
        there = os.getcwd()
        keep = [SOURCE, self.build, os.path.realpath(there)]
        with open(self.module, "rb") as module, open(self.program, "rb") as program:
            for root in HIDDEN + self._elsewhere():
                _hide(root, keep)
            _private_devices()
            _copied("/etc")
            self._put_module(module)
            os.makedirs("/run/place/bin")
            self._put(program, "/run/place/bin/twostep")
        if self.HELPER:
            self._put_helper()
        os.chdir(there if os.path.exists(there) else "/")
        os.environ["PATH"] = "/run/place/bin:" + _path()
        os.environ["HOME"] = "/root"
        os.environ.pop("SSH_AUTH_SOCK", None)

    def _elsewhere(self):
        """What else to hide when the build keeps its files in unusual places."""
        usual = ["/etc"] + HIDDEN
        odd = {_nearest(p) for p in (self.ETC, self.STORE)
               if not any(_under(p, root) for root in usual)
               or any(_under(p, k) for k in (SOURCE, self.build))}
        if "/" in odd:
            raise Unable("%s and %s have no place here" % (self.ETC, self.STORE))
        return sorted(odd)

    def _put_module(self, module):
        home = next((d for d in MODULE_HOMES if os.path.exists(d + "/pam_permit.so")), None)
        if home is None:
            raise Unable("no directory of PAM modules found")
        self._put(module, _copied(home) + "/pam_twostep.so")

    def _put_helper(self):
        """Set-uid root, where module and tool look for it, among all that is there."""
        above = _nearest(os.path.dirname(self.HELPER))
        if above == "/":
            raise Unable("%s has no place here" % self.HELPER)
        helper = self._built(".libs/twostep-helper", "twostep-helper")
        with open(helper, "rb") as program:
            there = {entry.path for entry in os.scandir(above) if os.path.exists(entry.path)}
            _hide(above, there - {self.HELPER})
            os.makedirs(os.path.dirname(self.HELPER), exist_ok=True)
            self._put(program, self.HELPER, 0o4755)

    @staticmethod
    def _put(source, path, mode=0o755):
        with open(path, "wb") as target:
            shutil.copyfileobj(source, target)
        os.chmod(path, mode)

    def _machine(self):
        """The files that make it a small machine of its own, with plain accounts."""
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        socket.sethostname(self.HOST)
        shutil.rmtree(self.ETC, ignore_errors=True)
        os.makedirs(self.ETC, 0o755)
        os.makedirs(self.STORE, 0o700)
        for path in ("/run/sshd", "/run/sudo", "/run/lock"):
            os.makedirs(path, 0o755)
        for path in ("/etc/nologin", PRELOAD, FAKETIME):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        self.write("/etc/hosts", "127.0.0.1 localhost %s\n::1 localhost\n" % self.HOST)
        self.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\n"
                   "hosts: files\nservices: files\n")
        self.write("/etc/login.defs", "LOGIN_RETRIES 5\nLOGIN_TIMEOUT 60\n"
                   "ENV_PATH PATH=/usr/local/bin:/usr/bin:/bin\nUID_MIN 1000\n"
                   "ENV_SUPATH PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin\n")
        self.write("/etc/default/su", "FAIL_DELAY 0\n")
        self.write("/etc/motd", "")
        self.write("/run/utmp", "")
        self.write("/etc/sudoers", "Defaults !lecture, passwd_tries=1\n"
                   "Defaults secure_path=/run/place/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
                   "ALL ALL=(ALL:ALL) ALL\n", mode=0o440)
        self.stock = {name: self.read("/etc/pam.d/" + name) for name in os.listdir("/etc/pam.d")}
        for service in ("sudo", "su", "login"):
            self.pam(service, STACKS["password"])
        self.conf()

    def _client_files(self):
        self.key = "/root/id"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key],
                       check=True)
        with open(self.key + ".pub", encoding="ascii") as public:
            self._public = public.read()
        for path in ("/run/place/host", "/run/place/sshd"):
            os.makedirs(path, exist_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                        "/run/place/host/key"], check=True)
        with open("/run/place/host/key.pub", encoding="ascii") as public:
            self.write("/root/known_hosts", "%s %s" % (self.HOST, public.read()))
        self._newer = self._options_of_newer_sshd()

    @staticmethod
    def _options_of_newer_sshd():
        """From 9.8 on sshd shuts out an address that failed often: here, everybody."""
        knows = subprocess.run(
            [shutil.which("sshd", path=_path()), "-T", "-f", "/dev/null", "-h",
             "/run/place/host/key"], capture_output=True, text=True)
        return ["PerSourcePenalties no"] if "persourcepenalties" in knows.stdout else []

    # -- files and settings

    @staticmethod
    def write(path, text, mode=0o644):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)

    @staticmethod
    def read(path):
        with open(path, encoding="utf-8") as file:
            return file.read()

    def pam(self, service, lines):
        """Writes the stack of a service."""
        self.write("/etc/pam.d/" + service, "\n".join(lines) + "\n")

    @contextlib.contextmanager
    def line_in(self, path, line):
        """One line more in the file, for a while."""
        with open(path, encoding="utf-8") as file:
            before = file.read()
        self.write(path, before + line + "\n", os.stat(path).st_mode & 0o7777)
        try:
            yield
        finally:
            self.write(path, before, os.stat(path).st_mode & 0o7777)

    def few_recovery_codes(self):
        """None, for a while, but where the configuration says how many."""
        if not os.path.exists(self.CONF) or "recovery_codes" in self.read(self.CONF):
            return contextlib.nullcontext()
        return self.line_in(self.CONF, "recovery_codes = 0")

    def strays(self):
        """What stands in the store under a name that no record has."""
        kinds = {"enrollments", "histories", "invitations", "services"}
        there = os.listdir(self.STORE)
        found = [n for n in there if n not in kinds | {"marker", "decoy"}]
        for kind in kinds.intersection(there):
            found += [n for n in os.listdir(os.path.join(self.STORE, kind))
                      if not re.fullmatch(r"[A-Za-z0-9_@%-][A-Za-z0-9._@%-]*", n)]
        return found

    def conf(self, **words):
        """The configuration file: these settings, and the defaults for all others."""
        lines = ["%s = %s\n" % (word, value) for word, value in words.items()]
        self.write(self.CONF, "".join(lines))

    def tool(self, *words, input="", check=True, **more):
        """Runs twostep; its output is text, its standard input is `input`."""
        done = subprocess.run(["twostep", *words], input=input, capture_output=True,
                              text=True, timeout=30, **more)
        if check and done.returncode != 0:
            raise AssertionError("twostep %s: exit %d\n%s%s" % (
                " ".join(words), done.returncode, done.stdout, done.stderr))
        return done

    @contextlib.contextmanager
    def without(self, path):
        """The file or directory is away, as after a lost disk, and comes back."""
        os.rename(path, path + ".away")
        try:
            yield
        finally:
            if os.path.isdir(path):
                shutil.rmtree(path)
            os.rename(path + ".away", path)

    # -- secrets that no log may hold

    def secret(self, word):
        self._secrets.add(word)
        return word

    def secrets_in(self, lines):
        """Which of all secrets of this place stand in the lines."""
        found = []
        for line in lines:
            words = set(re.findall(r"[A-Za-z0-9-]+", line))
            parts = words | {p for w in words for p in w.split("-")}
            found += [(s, line) for s in self._secrets
                      if s in parts or (len(s) > 12 and s in line)]
        return found

    # -- time

    def time(self):
        """What a process started now sees as the time."""
        return time.time() + self._offset

    @contextlib.contextmanager
    def later(self, seconds):
        """Processes that start in here live so much later (or, negative, earlier).

        Set-uid programs and the sshd of each new connection too: the library is
        named in the place's own /etc/ld.so.preload."""
        library = faketime_library()
        if library is None:
            raise Unable("libfaketime is not installed")
        before = self._offset if os.path.exists(PRELOAD) else None
        self._live(seconds, library)
        try:
            yield
        finally:
            self._live(before, library)

    def _live(self, seconds, library):
        """So much later; None for the true time."""
        self._offset = seconds or 0
        if seconds is None:
            os.unlink(PRELOAD)
            os.unlink(FAKETIME)
        else:
            self.write(FAKETIME, "%+d\n" % seconds)
            self.write(PRELOAD, library + "\n")

    @contextlib.contextmanager
    def rebooted(self):
        """The kernel's name for this boot is another, as it is after each."""
        self.write("/run/place/boot_id", "01234567-89ab-4cde-8f01-23456789abcd\n")
        _mount("/run/place/boot_id", BOOT_ID, flags=MS_BIND)
        try:
            yield
        finally:
            subprocess.run(["umount", BOOT_ID], check=True)

    # -- accounts

    def account(self, name=None, password=None):
        """A new account with a password and an ssh key; any name without `:`."""
        uid = next(self._numbers)
        person = Account(self, name or "user%d" % uid, uid,
                         self.secret(password or "pw-" + secrets.token_hex(6)))
        crypt = ctypes.CDLL("libcrypt.so.1").crypt
        crypt.restype = ctypes.c_char_p
        salt = b"$6$rounds=1000$" + secrets.token_hex(8).encode()
        digest = crypt(person.password.encode(), salt).decode()
        for path, line in (
                ("/etc/passwd", "%s:x:%d:%d::%s:/bin/sh" % (
                    person.name, uid, uid, person.home)),
                ("/etc/group", "g%d:x:%d:" % (uid, uid)),
                ("/etc/shadow", "%s:%s:19000:0:99999:7:::" % (person.name, digest))):
            with open(path, "a", encoding="utf-8") as file:
                file.write(line + "\n")
        self._home(person)
        return person

    def _home(self, person):
        os.makedirs(person.home + "/.ssh")
        if hasattr(self, "_public"):
            self.write(person.home + "/.ssh/authorized_keys", self._public)
        for directory, names, files in os.walk(person.home):
            for name in [""] + files:
                os.chown(os.path.join(directory, name), person.uid, person.uid)

    # -- doors

    def sshd(self, kind="password", service=None, stack=None, options=None,
             environment=None):
        """Starts sshd: kind `password` (password and code) or `key` (key and code)."""
        service = service or "sshd-%s" % kind
        port = next(self._ports)
        self.pam(service, stack or STACKS[kind])
        lines = ["Port %d" % port, "ListenAddress 127.0.0.1", "UsePAM yes"]
        lines += options if options is not None else (
            ["KbdInteractiveAuthentication yes", "PasswordAuthentication no"]
            + SSHD_METHODS[kind])
        lines += ["LoginGraceTime 300", "MaxStartups 100", "PidFile none", "PrintMotd no",
                  "HostKey /run/place/host/key", "LogLevel VERBOSE"] + self._newer
        base = "/run/place/sshd/%s-%d" % (service, port)
        self.write(base + ".conf", "\n".join(lines) + "\n")
        # sshd's PAM service is the last part of the name by which it was called
        os.makedirs(base)
        link = os.path.join(base, service)
        os.symlink(shutil.which("sshd", path=_path()), link)
        since = self.log.now()
        process = subprocess.Popen(
            [link, "-D", "-f", base + ".conf"], stdin=subprocess.DEVNULL,
            env=dict(os.environ, **(environment or {})))
        self.log.wait_for(r"Server listening on .* port %d\b" % port, since)
        return Server(service, port, process)

    def ssh_command(self, server, person, *words):
        """The words of an ssh client that shares no connection and asks no file."""
        name = person if isinstance(person, str) else person.name
        options = ["User %s" % _quoted(name), "Port %d" % server.port,
                   "HostName 127.0.0.1", "ControlPath none", "ControlMaster no",
                   "HostKeyAlias " + self.HOST, "StrictHostKeyChecking yes",
                   "UserKnownHostsFile /root/known_hosts", "GlobalKnownHostsFile none",
                   "IdentityFile " + self.key, "IdentitiesOnly yes",
                   "NumberOfPasswordPrompts 1",
                   "PreferredAuthentications publickey,keyboard-interactive"]
        config = "/root/ssh-%s" % secrets.token_hex(6)
        self.write(config, "Host srv\n" + "".join("  %s\n" % o for o in options))
        return ["ssh", "-S", "none", "-F", config, *words, "srv"]

    def ssh_login(self, server, person, *codes, password=None, options=(), **more):
        """Types a login over ssh and says what was seen; see dialogue.Seen."""
        command = self.ssh_command(server, person, *options) + [dialogue.PROOF]
        return self._drive(command, person, codes, password, **more)

    def sudo(self, person, *codes, password=None, environment=None, **more):
        """`person` runs sudo; his own password and code are asked."""
        command = ["sudo", "-k", "--", "sh", "-c", dialogue.PROOF]
        return self._drive(command, person, codes, password, caller=person,
                           environment=environment, **more)

    def su(self, person, *codes, password=None, environment=None, **more):
        """An ordinary account becomes `person` by su."""
        name = person if isinstance(person, str) else person.name
        command = ["su", "-c", dialogue.PROOF, "--", name]
        return self._drive(command, person, codes, password, caller=self.client,
                           environment=environment, **more)

    def login(self, person, *codes, password=None, environment=None, **more):
        """A console login; a list of people is tried in turn, on one handle."""
        people = person if isinstance(person, list) else [person]
        passwords = [password] if password is not None else [
            p if isinstance(p, str) else p.password for p in people]
        names = [p if isinstance(p, str) else p.name for p in people]
        return dialogue.drive(["login"], names=names, passwords=passwords, codes=codes,
                              environment=environment, **more)

    @staticmethod
    def _drive(command, person, codes, password, caller=None, **more):
        if password is None:
            password = "" if isinstance(person, str) else person.password
        return dialogue.drive(command, passwords=[password], codes=codes,
                              become=caller.become if caller else None, **more)


def _quoted(name):
    return '"%s"' % name.replace("\\", "\\\\").replace('"', '\\"')


def faketime_library():
    for machine in (os.uname().machine + "-linux-gnu/", ""):
        for root in ("/usr/lib/", "/usr/lib64/"):
            path = root + machine + "faketime/libfaketime.so.1"
            if os.path.exists(path):
                return path
    return None
