# SPDX-License-Identifier: BSD-2-Clause
"""Screens that people lock with the real programs, and what opens them again: i3lock,
xscreensaver and xsecurelock on an X server that nobody sees, swaylock on such a Wayland compositor,
vlock on a terminal.

    with lockers.I3lock(here, ann, screen) as lock:
        assert not lock.opens(ann.password, ann.phone.wrong())
        assert lock.opens(ann.password, ann.phone.code())

All of it is run by the person himself, as no more than that. Whatever is still locked in the
end dies with all that he runs."""

import contextlib
import io
import os
import re
import shutil
import subprocess
import time

import pexpect
import pexpect.fdpexpect

import dialogue

PASSWORD, CODE = r"[Pp]assword: ", r"Verification code: "
BOUND = 20              # seconds that anything here may take
POLL = 0.01             # seconds between two looks, where nothing tells of the event


def missing(*programs):
    """Which of the programs are not installed."""
    return [name for name in programs if shutil.which(name) is None]


def wait_for(what, happens):
    """Looks until it has happened."""
    end = time.monotonic() + BOUND
    while not happens():
        assert time.monotonic() < end, "waited in vain for " + what
        time.sleep(POLL)


def running(uid):
    """Whether any process of this user has not ended yet."""
    for number in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open("/proc/%s/status" % number, encoding="utf-8", errors="replace") as file:
                found = re.search(r"^State:\t(\w)[\s\S]*^Uid:\t(\d+)", file.read(), re.M)
            if found[1] not in "ZX" and found[2] == str(uid):
                return True
    return False


# ---- where screens are ---------------------------------------------------------------

class Screen:
    """An X server without a screen, on which anybody may draw and type."""

    NEEDS = ("Xvfb", "xdotool")

    def __init__(self, _):
        told, tell = os.pipe()
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(tell), "-screen", "0", "640x480x24", "-noreset", "-ac",
             "-r", "-nolisten", "tcp"], pass_fds=[tell], stderr=subprocess.DEVNULL)
        os.close(tell)
        ready = pexpect.fdpexpect.fdspawn(told, timeout=BOUND, encoding="ascii")
        ready.expect(r"(\d+)\n")
        self.environment = {"DISPLAY": ":" + ready.match[1]}
        ready.close()

    def types(self, words):
        """Presses the keys, and Enter. No Shift: by the time a locker reads a key, and asks for
        that, it may have been let go."""
        assert words == words.lower()
        typing = ["type", "--delay", "0", "--args", "1", words] if words else []
        subprocess.run(["xdotool", *typing, "key", "Return"], check=True, timeout=BOUND,
                       env=dict(os.environ, **self.environment))

    def leave(self):
        self._server.kill()
        self._server.wait()


class Seat:
    """A Wayland compositor without a screen, at which anybody may sit down and type."""

    NEEDS = ("sway", "swaymsg", "wtype")

    def __init__(self, here):
        self._run = here.client.home + "/run"
        os.mkdir(self._run, 0o755)
        os.chown(self._run, here.client.uid, here.client.uid)
        # Without a keyboard that stays, a locker sees none until somebody types, and
        # misses the first key.
        here.write(self._run + ".conf", "xwayland disable\nexec wtype -s 1000000000\n")
        self._log = open(self._run + ".log", "w+", encoding="utf-8")
        environment = {
            "PATH": os.environ["PATH"], "HOME": here.client.home, "LC_ALL": "C.UTF-8",
            "XDG_RUNTIME_DIR": self._run, "SWAYSOCK": self._run + "/ipc",
            "LIBSEAT_BACKEND": "noop", "WLR_BACKENDS": "headless",
            "WLR_LIBINPUT_NO_DEVICES": "1", "WLR_RENDERER": "pixman"}
        self._server = subprocess.Popen(
            ["sway", "-c", self._run + ".conf"], env=environment, preexec_fn=here.client.become,
            cwd="/", stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        wait_for("a keyboard at sway", self._has_keyboard)
        os.chmod(self._run + "/wayland-1", 0o777)
        self.environment = {"XDG_RUNTIME_DIR": self._run,
                            "WAYLAND_DISPLAY": self._run + "/wayland-1"}

    def _has_keyboard(self):
        told = subprocess.run(["swaymsg", "-s", self._run + "/ipc", "-t", "get_inputs"],
                              capture_output=True, text=True, timeout=BOUND)
        return "virtual-keyboard" in told.stdout or "virtual_keyboard" in told.stdout

    def types(self, words):
        """Presses the keys, and Enter."""
        subprocess.run(["wtype", words, "-k", "Return"], check=True, timeout=BOUND,
                       env=dict(os.environ, **self.environment))

    def leave(self):
        self._server.kill()
        self._server.wait()
        self._log.close()


class Desk:
    """No screen at all, for what is locked at a terminal of its own."""

    NEEDS = ()
    environment = {}

    def __init__(self, _):
        pass

    def leave(self):
        pass


# ---- what locks them -----------------------------------------------------------------

class Lock:
    """A screen that the person has locked, for as long as he is here."""

    PROGRAMS, SCREEN, SERVICE = (), Desk, ""
    ONE_FIELD = False           # one string is typed, which answers whatever is asked
    HELPED = True               # runs as the user, with nothing of root

    def __init__(self, here, person, screen):
        self.here, self.person, self.screen = here, person, screen
        self.said = None        # what can be waited for: the messages of the program
        self.heard = io.StringIO()

    def __enter__(self):
        try:
            self._locks()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # (Nothing of anybody else's.)
        subprocess.run(["sh", "-c", "kill -9 -1"], preexec_fn=self.person.become, check=False)
        wait_for("the last of his programs", lambda: not running(self.person.uid))
        if self.said is not None:
            self.said.close()

    def opens(self, password, code=None):
        """Types them as they are asked; says whether that unlocked the screen."""
        raise NotImplementedError

    def _locks(self):
        raise NotImplementedError

    def _environment(self):
        return dict(PATH=os.environ["PATH"], HOME=self.person.home, USER=self.person.name,
                    LOGNAME=self.person.name, LC_ALL="C.UTF-8", **self.screen.environment)

    def _starts(self, *command):
        """Runs it as the person; what it says on standard error can be waited for."""
        told, tell = os.pipe()
        process = subprocess.Popen(command, env=self._environment(), cwd="/", stderr=tell,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   preexec_fn=self.person.become)
        os.close(tell)
        self.said = pexpect.fdpexpect.fdspawn(told, timeout=BOUND, encoding="utf-8",
                                              codec_errors="replace")
        self.said.logfile_read = self.heard
        return process

    def _asks(self, command, *words):
        subprocess.run([command, *words], env=self._environment(), cwd="/", check=True,
                       timeout=BOUND, capture_output=True, preexec_fn=self.person.become)


class OneField(Lock):
    """Goes to the background once the screen is locked, and ends once it is not."""

    ONE_FIELD = True
    OPTIONS, REFUSED = (), ""

    def _locks(self):
        assert self._starts(self.PROGRAMS[0], *self.OPTIONS).wait(BOUND) == 0

    def opens(self, password, code=None):
        self.screen.types(password + (code or ""))
        return self.said.expect([pexpect.EOF, self.REFUSED]) == 0


class I3lock(OneField):
    PROGRAMS, SCREEN, SERVICE = ("i3lock",), Screen, "i3lock"
    OPTIONS = ("--debug", "--color=000000")
    # "verifying", and then "wrong": until the latter ends it tells of itself again and again
    REFUSED = r"auth_state = 1\)[\s\S]*?auth_state = 3\)"


class Swaylock(OneField):
    PROGRAMS, SCREEN, SERVICE = ("swaylock",), Seat, "swaylock"
    OPTIONS = ("--daemonize", "--color", "000000")
    REFUSED = r"pam_authenticate failed: "


class Xscreensaver(Lock):
    PROGRAMS, SCREEN, SERVICE = ("xscreensaver", "xscreensaver-command"), Screen, "xscreensaver"
    SETTINGS = ("mode: blank\nlock: True\nsplash: False\nfade: False\nunfade: False\n"
                "timeout: 1:00:00\nlockTimeout: 0:00:00\ndpmsEnabled: False\n")
    ASKS = r'pam_conversation \(ECHO_O(?:FF|N)="[^"]*%s"\)'
    TELLS = r"pam_conversation \((?:ERROR_MSG|TEXT_INFO)="
    OPENED = r"exited and authenticated[\s\S]*\bunblanking"
    REFUSED = r"pam_authenticate \(\.\.\.\) ==> [1-9]"

    def _locks(self):
        self.here.write(self.person.home + "/.xscreensaver", self.SETTINGS)
        self._starts("xscreensaver", "--no-splash", "--verbose")
        self.said.expect(r"xscreensaver-auth exited")
        self._asks("xscreensaver-command", "--lock")
        self.said.expect(r"xscreensaver-gfx: [\d:]* blanking")
        # as somebody who moves the mouse does, but not within the first two seconds
        self._asks("xscreensaver-command", "--deactivate")

    def opens(self, password, code=None):
        known = [self.ASKS % PASSWORD, self.ASKS % CODE, self.TELLS, self.REFUSED, self.OPENED]
        while True:
            seen = self.said.expect(known)
            if seen >= 3:
                return known[seen] == self.OPENED
            if seen == 0:
                self.said.expect("re-creating window")      # nobody listens before it is there
            self.screen.types((password, code or "", "")[seen])     # (Enter: read what it tells)


class Xsecurelock(Lock):
    TALKS = "/usr/libexec/xsecurelock/authproto_pam"
    PROGRAMS, SCREEN, SERVICE = ("xsecurelock", TALKS, "bash"), Screen, "xsecurelock"
    # nothing but its next question shows that it refused
    PROTOCOL = "#!/bin/bash\nset -o pipefail\n%s | tee >(cat >&2)\n" % TALKS

    def _environment(self):
        return dict(super()._environment(), XSECURELOCK_PAM_SERVICE=self.SERVICE,
                    XSECURELOCK_AUTHPROTO=self.person.home + "/protocol",
                    XSECURELOCK_WANT_FIRST_KEYPRESS="1", XSECURELOCK_SAVER="saver_blank",
                    XSECURELOCK_NO_COMPOSITE="1", XSECURELOCK_BLANK_TIMEOUT="-1")

    def _locks(self):
        self.here.write(self.person.home + "/protocol", self.PROTOCOL, 0o755)
        self._starts("xsecurelock", "--", "sh", "-c", "echo it is locked >&2")
        self.said.expect("it is locked")

    def opens(self, password, code=None):
        self.screen.types(password)             # the first key wakes it, and counts
        self.said.expect(PASSWORD)
        if code is not None:
            if self.said.expect([CODE, PASSWORD]) == 1:
                return False
            self.screen.types(code)
        return self.said.expect([pexpect.EOF, PASSWORD]) == 0


class Vlock(Lock):
    PROGRAMS, SERVICE = ("vlock",), "vlock"
    HELPED = False              # set-uid root, as sudo is

    def _locks(self):
        self.said = dialogue.spawn(["vlock", "-c"], self.person.become, self._environment(), BOUND)
        self.said.logfile_read = self.heard
        self.said.expect(r"\[ENTER\] to unlock")
        self.said.sendline("")

    def __exit__(self, *_):
        dialogue.hang_up(self.said)

    def _sleeps(self):
        with open("/proc/%d/stat" % self.said.pid, encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] == "S"

    def opens(self, password, code=None):
        for prompt, answer in ((PASSWORD + "$", password), (CODE + "$", code)):
            if answer is None:
                continue
            if self.said.expect([prompt, r"vlock: \w"]) == 1:
                return False
            wait_for("vlock to listen", self._sleeps)       # what was typed before is thrown away
            self.said.sendline(answer)
        return self.said.expect([pexpect.EOF, r"vlock: \w"]) == 0
