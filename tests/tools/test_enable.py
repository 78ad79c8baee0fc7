# SPDX-License-Identifier: BSD-2-Clause
"""twostep enable and disable: where the lines go, who may confirm them, and what is left by a kill, a
reboot or an editor at the worst moment."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import time

import pytest

import etc
import rig
from tool import DONE, NO, PROGRAM, SYSTEM, USAGE, plain_environment

PAM, RUN = "/etc/pam.d", "/run"
STOCK = ["sshd", "sudo", "sudo-i", "su", "login"]


def directory_of_modules():
    """Where the build takes the module to be."""
    with open(os.path.join(rig.build(), "Makefile"), encoding="utf-8") as file:
        return re.search(r"^pamdir = (.*)$", file.read(), re.M).group(1)


LIBRARIES = directory_of_modules()


class Machine:
    """What stands in the place of /etc/pam.d, /run and the directory of PAM's modules."""

    def __init__(self, directory):
        self._mounted = []
        copy = os.path.join(directory, "modules")
        shutil.copytree(LIBRARIES, copy)
        shutil.copy(rig.built("pam_twostep.so", ".libs/pam_twostep.so"), copy)
        self.cover(copy, LIBRARIES)
        self.cover(os.path.join(directory, "pam.d"), PAM)
        self.cover(os.path.join(directory, "run"), RUN)

    def cover(self, source, target):
        os.makedirs(source, exist_ok=True)
        rig.mount(source, target, flags=rig.MS_BIND)
        self._mounted.append(target)

    def fill(self):
        """Debian's files, and nothing else."""
        for directory in (PAM, RUN):
            for name in os.listdir(directory):
                path = os.path.join(directory, name)
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        for name, text in list(etc.COMMON.items()) + list(etc.SERVICES.items()):
            self.put(name, text)

    def close(self):
        for target in reversed(self._mounted):
            rig.unmount(target)

    @staticmethod
    def put(name, text):
        with open(os.path.join(PAM, name), "w", encoding="ascii", newline="") as file:
            file.write(text)
        os.chmod(os.path.join(PAM, name), 0o644)

    @staticmethod
    def text(name):
        with open(os.path.join(PAM, name), encoding="ascii", newline="") as file:
            return file.read()

    def note(self, service, **words):
        """Rewrites what is known of an unconfirmed change: another boot, an earlier deadline."""
        name = ".%s.twostep-unconfirmed" % service
        text = self.text(name)
        for word, value in words.items():
            text = re.sub(r"^%s .*$" % word, "%s %s" % (word, value), text, 1, re.M)
        with open(os.path.join(PAM, name), "w", encoding="ascii") as file:
            file.write(text)

    @staticmethod
    def beside(service):
        """What lies beside a service: {old, unconfirmed, new}."""
        start = ".%s.twostep-" % service
        return {name[len(start):] for name in os.listdir(PAM) if name.startswith(start)}


def end_waiting():
    """The processes that a test left behind to take its change back: they would do so in the next one."""
    ours = os.path.realpath(PROGRAM), os.readlink("/proc/self/ns/mnt")
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if (os.readlink("/proc/%s/exe" % pid), os.readlink("/proc/%s/ns/mnt" % pid)) == ours:
                os.kill(int(pid), signal.SIGKILL)
        except OSError:
            pass                # it has ended, or is the kernel's


@pytest.fixture(scope="module", name="one_machine")
def the_machine(journal, tmp_path_factory):
    if not os.path.isdir(LIBRARIES):
        pytest.skip("no modules of PAM in " + LIBRARIES)
    made = Machine(str(tmp_path_factory.mktemp("machine")))
    yield made
    made.close()


@pytest.fixture
def machine(one_machine):
    one_machine.fill()
    yield one_machine
    end_waiting()


@pytest.fixture
def systemd(machine, tmp_path):
    """systemd-run and systemctl, which write down what they were told."""
    said = tmp_path / "said"
    fakes = []
    os.makedirs("/run/systemd/system")
    for name in ("systemd-run", "systemctl"):
        if not os.path.exists("/usr/bin/" + name):
            pytest.skip("no /usr/bin/%s to stand in for" % name)
        fake = tmp_path / name
        fake.write_text('#!/bin/sh\necho "%s $*" >>%s\n' % (name, said))
        fake.chmod(0o755)
        rig.mount(str(fake), "/usr/bin/" + name, flags=rig.MS_BIND)
        fakes.append("/usr/bin/" + name)
    yield said
    for fake in fakes:
        rig.unmount(fake)


def enable(tool, service, *words, **more):
    return tool.run("enable", service, "--force", "--yes", *words, errors=False, **more)


def disable(tool, service, *words, **more):
    return tool.run("disable", service, "--yes", *words, errors=False, **more)


def take_back(tool, **more):
    return tool.run("disable", "--unconfirmed", errors=False, **more)


# ---- where the lines go

@pytest.mark.parametrize("service", STOCK)
def test_a_stock_service_is_written_as_the_readme_shows(tool, machine, service):
    enable(tool, service)
    assert machine.text(service) == etc.guarded(etc.SERVICES[service])
    assert machine.text(".%s.twostep-old" % service) == etc.SERVICES[service]
    found = tool.json("doctor", status=None, errors=False)["findings"]
    assert {f["finding"] for f in found if f["file"].startswith(PAM)} <= {"unconfirmed"}, found


@pytest.mark.parametrize("service", STOCK)
def test_what_was_put_in_comes_out_again(tool, machine, service):
    before = os.stat(os.path.join(PAM, service))
    enable(tool, service)
    disable(tool, service)
    after = os.stat(os.path.join(PAM, service))
    assert machine.text(service) == etc.SERVICES[service] and machine.beside(service) == set()
    assert (before.st_mode, before.st_uid) == (after.st_mode, after.st_uid)


FACTOR = "auth requisite pam_unix.so\n"
BLOCK = "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n"
ACCOUNTS = "account required pam_unix.so\n"
OURS = etc.AUTH
# a text, and the line before which the auth lines stand, or what is said
PLACES = [
    (FACTOR + ACCOUNTS, 2), (FACTOR + "auth optional pam_group.so\n" + ACCOUNTS, 2),
    # what a right password jumps to is the module
    (BLOCK + "auth required pam_permit.so\n" + ACCOUNTS, 3),
    # two factors, the second by way of a jump over the fallback
    ("auth [success=2 default=ignore] pam_unix.so\nauth [success=1 default=ignore] pam_sss.so\n"
     "auth requisite pam_deny.so\nauth required pam_permit.so\n" + ACCOUNTS, 4),
    (FACTOR + "auth [success=1 default=ignore] pam_succeed_if.so uid = 0\n"
     "auth optional pam_group.so\nauth optional pam_cap.so\n" + ACCOUNTS, 2),
    ("auth \\\n  requisite \\\n  pam_unix.so\n" + ACCOUNTS, 4),
    (ACCOUNTS + FACTOR, 3), ("@include common-auth\n" + ACCOUNTS, 2), ("auth include su\naccount include su\n", 2),
    (FACTOR + ACCOUNTS.rstrip("\n"), 2),
    ("auth [success=1 default=ignore] pam_localuser.so\n" + FACTOR + "auth optional pam_cap.so\n" + ACCOUNTS,
     3),
    # an exception that leads to behind the first factor must not stop at the module
    ("auth [success=2 default=ignore] pam_succeed_if.so uid = 0\n" + FACTOR +
     "auth optional pam_cap.so\nauth required pam_permit.so\n" + ACCOUNTS, 4),
    # nor may it come to lead nowhere, or somewhere
    ("auth [success=3 default=ignore] pam_succeed_if.so uid = 0\n" + FACTOR + ACCOUNTS, "a jump leads"),
    # who jumps past the password to the end of the phase is refused, and would be let in by pam_permit there
    ("auth [success=1 default=ignore] pam_succeed_if.so user ingroup leavers\n" + FACTOR + ACCOUNTS, "a jump leads"),
    (FACTOR + "auth [success=1 default=ignore] pam_succeed_if.so uid = 0\nauth optional pam_group.so\n" + ACCOUNTS,
     2),
    ("auth required pam_unix.so\n" + ACCOUNTS, "strangers can lock accounts"),
    ("auth sufficient pam_unix.so\nauth required pam_deny.so\n" + ACCOUNTS, "goes round the module"),
    ("auth requisite pam_deny.so\n" + ACCOUNTS, "asks for no first factor"),
    ("auth [success=ignore default=die] pam_unix.so\n" + ACCOUNTS, "lets nobody in"),
    (FACTOR + "auth requisite pam_deny.so\n" + ACCOUNTS, "lets nobody in"),
    (FACTOR, "has no account line"), (FACTOR + ACCOUNTS + "auth include gone\n", "cannot be read"),
    (FACTOR.replace("\n", "\r\n") + ACCOUNTS, "lines of DOS"),
    (etc.guarded(etc.SERVICES["sudo"]), "has the module already"),
    ("auth include twice\n" + ACCOUNTS, "has the module already"),
]


@pytest.mark.parametrize("text, place", PLACES, ids=range(len(PLACES)))
def test_rule_27_a_jump_is_crossed_or_an_unsafe_place_taken(tool, machine, text, place):
    machine.put("twice", etc.guarded(etc.SERVICES["sudo"]))
    machine.put("try", text)
    if isinstance(place, str):
        done = enable(tool, "try", status=NO)
        assert place in done.stderr and machine.text("try") == text, done
        assert machine.beside("try") == set()
        return
    enable(tool, "try")
    lines = text.splitlines(keepends=True)
    lines.insert(place - 1, OURS)
    first = next(n for n, line in enumerate(lines) if line.startswith(("account", "@include common-account")))
    lines.insert(first, etc.ACCOUNT)
    assert machine.text("try") == "".join(lines)
    disable(tool, "try")
    assert machine.text("try") == text


OUT = [
    # (what stands there, what is left or said)
    (FACTOR + "auth required pam_twostep.so exempt=root # ours\n" + ACCOUNTS, FACTOR + ACCOUNTS),
    (FACTOR + "auth required pam_twostep.so\nauth sufficient pam_permit.so\n" + ACCOUNTS,
     FACTOR + "auth sufficient pam_permit.so\n" + ACCOUNTS),
    (FACTOR + "auth required \\\n pam_twostep.so\n" + ACCOUNTS, FACTOR + ACCOUNTS),
    (FACTOR + "auth required pam_twostep.so\n# mine\nauth required pam_permit.so\n" + ACCOUNTS,
     FACTOR + "# mine\nauth required pam_permit.so\n" + ACCOUNTS),
    ("auth required pam_twostep.so\n" + ACCOUNTS, "would ask for nothing at all"),
    ("auth [success=1 default=ignore] pam_rootok.so\nauth required pam_twostep.so\n" + FACTOR + ACCOUNTS,
     "a jump would land elsewhere"),
    # the manual's stack of Red Hat: the right password would jump to the end, and nobody would get in
    ("auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_sss.so use_first_pass\n" + OURS + ACCOUNTS,
     "a jump would land elsewhere"),
    # a refusal that the module itself goes round
    (FACTOR + "auth [success=1 default=ignore] pam_twostep.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n" +
     ACCOUNTS, "a jump would land elsewhere"),
    (FACTOR + "auth sufficient pam_twostep.so\nauth required pam_deny.so\n" + ACCOUNTS, "would let nobody in"),
    (FACTOR + "auth [success=ok ignore=ignore default=die] pam_twostep.so\n" + ACCOUNTS, FACTOR + ACCOUNTS),
    (FACTOR + ACCOUNTS, "does not have the module"),
    ("auth include twice\n" + ACCOUNTS, "by way of a file that it includes"),
]


@pytest.mark.parametrize("text, left", OUT, ids=range(len(OUT)))
def test_lines_written_by_hand_are_taken_out_or_left(tool, machine, text, left):
    machine.put("twice", etc.guarded(etc.SERVICES["sudo"]))
    machine.put("try", text)
    if "\n" in left:
        disable(tool, "try")
        assert machine.text("try") == left
    else:
        done = disable(tool, "try", status=NO)
        assert left in done.stderr and machine.text("try") == text


def test_the_change_is_not_shown_or_not_asked_for(tool, machine):
    done = tool.run("enable", "sudo", "--force", input="n\n", status=NO)
    assert "not agreed to; nothing was changed" in done.stderr
    assert machine.text("sudo") == etc.SERVICES["sudo"] and machine.beside("sudo") == set()
    with open("/dev/shm/twostep-new", "w", encoding="ascii") as file:
        file.write(etc.guarded(etc.SERVICES["sudo"]))
    expected = subprocess.run(["diff", "-u", "--label", PAM + "/sudo", "--label", PAM + "/sudo",
                               PAM + "/sudo", "/dev/shm/twostep-new"], capture_output=True, text=True)
    os.unlink("/dev/shm/twostep-new")
    assert done.stdout.startswith(expected.stdout), done
    assert tool.run("enable", "sudo", "--force", input="y\n").stdout.startswith(expected.stdout)
    done = tool.run("disable", "sudo", input="\n", status=NO)
    assert "\n-account  required   pam_twostep.so\n" in done.stdout
    assert machine.text("sudo") == etc.guarded(etc.SERVICES["sudo"])


@pytest.mark.parametrize("name", ["", ".sudo", "../pam.d/sudo", "sudo/", "su do", "a" * 65, "s\u00fcdo",
                                  "sudo\n"])
def test_rule_27_a_name_becomes_a_path(tool, machine, name):
    for verb in ("enable", "disable"):
        assert "not the name of a service" in tool.run(verb, name, "--yes", status=USAGE).stderr
    assert "not the name" in tool.run("enable", "--keep", name, status=USAGE).stderr


@pytest.mark.parametrize("verb, words", [
    ("enable", []), ("disable", []), ("enable", ["sudo", "--confirm", "59s"]),
    ("enable", ["sudo", "--confirm", "61m"]), ("enable", ["sudo", "--confirm", "x"]),
    ("disable", ["--unconfirmed", "sudo"])])
def test_words_that_cannot_be(tool, machine, verb, words):
    tool.run(verb, *words, status=USAGE)
    assert machine.text("sudo") == etc.SERVICES["sudo"]


def test_files_that_are_not_ours_to_change(tool, machine, tmp_path):
    enable(tool, "gone", status=NO)
    os.rename(PAM + "/sudo", PAM + "/real")
    os.symlink("real", PAM + "/sudo")
    assert "authselect" in enable(tool, "sudo", status=NO).stderr
    for mode, uid in ((0o664, 0), (0o646, 0), (0o644, 1)):
        machine.put("try", etc.SERVICES["sudo"])
        os.chmod(PAM + "/try", mode)
        os.chown(PAM + "/try", uid, 0)
        enable(tool, "try", status=NO)
        assert machine.text("try") == etc.SERVICES["sudo"]
    os.mkdir(PAM + "/directory")
    enable(tool, "directory", status=NO)
    machine.put("common-auth", "\0" + etc.COMMON["common-auth"])
    assert "not a text" in enable(tool, "common-auth", status=NO).stderr


def test_a_shared_file_is_changed(tool, machine):
    machine.put("password-auth", FACTOR + ACCOUNTS)
    assert "screen lockers" in enable(tool, "password-auth", status=NO).stderr
    assert machine.text("password-auth") == FACTOR + ACCOUNTS


def test_mode_owner_or_attributes_are_lost(tool, machine):
    path = PAM + "/sudo"
    os.chown(path, 0, 42)
    os.chmod(path, 0o640)
    os.setxattr(path, "trusted.twostep", b"label")
    enable(tool, "sudo")
    for name in ("sudo", ".sudo.twostep-old"):
        st = os.stat(os.path.join(PAM, name))
        assert (stat.S_IMODE(st.st_mode), st.st_uid, st.st_gid) == (0o640, 0, 42)
        assert os.getxattr(os.path.join(PAM, name), "trusted.twostep") == b"label"
    assert stat.S_IMODE(os.stat(PAM + "/.sudo.twostep-unconfirmed").st_mode) == 0o600


# ---- who is enrolled, and what else is needed

def test_a_machine_without_an_enrolled_administrator_is_guarded(tool, machine, crowd):
    crowd.groups(sudo=["u1"], staff=["u2"])
    words = ["enable", "sudo", "--yes"]
    assert "nor anybody of sudo" in tool.run(*words, status=SYSTEM).stderr      # there is no store
    tool.enroll("u2")
    assert "nor anybody of sudo" in tool.run(*words, status=NO).stderr
    assert machine.text("sudo") == etc.SERVICES["sudo"]
    tool.enroll("u1")
    tool.run(*words)
    crowd.groups()
    assert "neither root" in tool.run("enable", "su", "--yes", status=NO).stderr
    tool.enroll("root")
    tool.run("enable", "su", "--yes")


def test_a_machine_is_guarded_that_cannot_serve(tool, machine):
    tool.configure("windou = 1\n")
    assert "windou" in enable(tool, "sudo", status=SYSTEM).stderr
    tool.settings()
    os.rename(LIBRARIES + "/pam_twostep.so", LIBRARIES + "/away")
    try:
        assert "not installed" in enable(tool, "sudo", status=NO).stderr
    finally:
        os.rename(LIBRARIES + "/away", LIBRARIES + "/pam_twostep.so")
    assert machine.text("sudo") == etc.SERVICES["sudo"]


def test_disabling_needs_sound_settings(tool, machine):
    enable(tool, "sudo")
    tool.configure("windou = 1\n")
    disable(tool, "sudo")
    assert machine.text("sudo") == etc.SERVICES["sudo"]


def test_what_sshd_still_needs_is_not_told(tool, machine):
    if not os.path.exists("/etc/ssh/sshd_config"):
        pytest.skip("no sshd here")
    with open("/dev/shm/sshd_config", "w", encoding="ascii") as file:
        file.write("UsePAM no\n")
    rig.mount("/dev/shm/sshd_config", "/etc/ssh/sshd_config", flags=rig.MS_BIND)
    try:
        done = enable(tool, "sshd")
    finally:
        rig.unmount("/etc/ssh/sshd_config")
        os.unlink("/dev/shm/sshd_config")
    assert "sshd_config:1: UsePAM is not yes" in done.stderr
    assert "Also needed" in done.stdout and "UsePAM" not in enable(tool, "sudo").stderr


def test_a_service_is_made_to_ask_twice(tool, machine):
    """Its own lines, and those of the file that it includes."""
    enable(tool, "su-l")
    done = enable(tool, "su", status=NO)
    assert done.stderr.startswith("twostep: enable: su-l: would ask twice"), done
    assert machine.text("su") == etc.SERVICES["su"] and machine.beside("su") == set()


@pytest.mark.parametrize("path, missing", [
    ("pam_twostep.so", LIBRARIES + "/pam_twostep.so"), ("/opt/gone/pam_twostep.so", "/opt/gone/pam_twostep.so"),
    ("/lib/$ISA/pam_twostep.so", None)])
def test_a_module_that_libpam_does_not_find_is_found_sound(tool, machine, path, missing):
    machine.put("sudo", etc.guarded(etc.SERVICES["sudo"]).replace("pam_twostep.so", path))
    aside = LIBRARIES + "/aside"
    os.rename(LIBRARIES + "/pam_twostep.so", aside)
    found = tool.json("doctor", status=None, errors=False)["findings"]
    os.rename(aside, LIBRARIES + "/pam_twostep.so")
    assert [f["file"] for f in found if f["finding"] == "module-missing"] == ([missing] if missing else [])
    if missing == LIBRARIES + "/pam_twostep.so":
        found = tool.json("doctor", status=None, errors=False)["findings"]
        assert "module-missing" not in {f["finding"] for f in found}


@pytest.mark.parametrize("path, mode, owner, named", [
    (PAM + "/sudo", 0o646, 0, None), (PAM + "/sudo", 0o664, 0, None), (PAM + "/sudo", 0o644, 1, None),
    (PAM + "/common-auth", 0o666, 0, None), (LIBRARIES + "/pam_twostep.so", 0o775, 0, None),
    (LIBRARIES + "/pam_twostep.so", 0o644, 1, None), (PAM, 0o777, 0, PAM),
    (PAM + "/su", 0o666, 0, "")])
def test_who_can_write_a_stack_or_the_module_is_not_told(tool, machine, path, mode, owner, named):
    """A service that does not name the module is not looked at."""
    machine.put("sudo", etc.guarded(etc.SERVICES["sudo"]))
    before = os.stat(path)
    os.chown(path, owner, 0)
    os.chmod(path, mode)
    found = tool.json("doctor", status=None, errors=False)["findings"]
    os.chown(path, before.st_uid, before.st_gid)
    os.chmod(path, stat.S_IMODE(before.st_mode))
    unsafe = [f for f in found if f["finding"] == "pam-unsafe"]
    assert [f["file"] for f in unsafe] == ([] if named == "" else [named or path]), unsafe
    assert not any(f["advice"] for f in unsafe)


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_a_stack_that_has_two_names_is_called_unsafe(tool, machine, link):
    """As authselect makes links, and as the trees of an image share their files."""
    machine.put("sudo", etc.guarded(etc.SERVICES["sudo"]))
    path, other, found = PAM + "/sudo", PAM + "/.sudo.shared", []
    os.rename(path, other)
    link(other, path)
    for mode in (0o644, 0o666):
        os.chmod(other, mode)
        found.append([f["file"] for f in tool.json("doctor", status=None, errors=False)["findings"]
                      if f["finding"] == "pam-unsafe"])
    assert found == [[], [path]]


def test_services_that_ask_as_well_are_not_named(tool, machine):
    machine.put("lock", "auth include login\naccount include login\n")
    machine.put("opens", "auth required pam_permit.so\nsession include login\n")
    assert "ask for a code then, too: lock\n" in enable(tool, "login").stdout
    assert "too: su-l\n" in enable(tool, "su").stdout
    assert "too:" not in enable(tool, "sudo").stdout


# ---- confirmed and unconfirmed

def login(number_too=True):
    """For the child before exec: a login with a number, as pam_loginuid makes it, or with none."""
    def become():
        try:
            with open("/proc/self/loginuid", "w", encoding="ascii") as file:
                file.write("0" if number_too else "4294967295")
        except FileNotFoundError:
            pass                # this kernel numbers none
    return become


def numbered():
    """True where the kernel numbers logins, and lets a test make some."""
    return subprocess.run(
        ["sh", "-c", "echo 0 >/proc/self/loginuid && grep -qvx 4294967295 /proc/self/sessionid"],
        capture_output=True).returncode == 0


def keep(tool, *words, status=DONE):
    return tool.run("enable", "--keep", *words, status=status, errors=False)


def now():
    """Hundredths of a second since the boot."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 10_000_000


class Shell:
    """One login, in which commands are typed one after another: a session that begins now, below the first
    process and not below the terminal from which the tests were started. It may have one of its own."""

    def __init__(self, tool, become, terminal=False):
        self._tool = tool
        typed, self._stdin = os.pipe()
        master, slave = os.openpty()
        words = ["setsid", "--fork", *["--ctty"] * terminal, "sh", "/dev/fd/%d" % typed]
        self._shell = subprocess.Popen(words, stdin=slave, stdout=subprocess.PIPE, text=True,
                                       pass_fds=[typed], preexec_fn=become, env=plain_environment())
        os.close(typed)
        os.close(slave)
        self._master = master
        assert self._shell.wait() == 0      # it forked: what goes on is nobody's child
        self.start = int(self._type("cut -d')' -f2 /proc/$$/stat").split()[19])

    def _type(self, line):
        os.write(self._stdin, (line + "\n").encode())
        return self._shell.stdout.readline()

    def run(self, *words, before=""):
        return int(self._type("%s %s >/dev/null 2>&1; echo $?" % (
            before, " ".join(self._tool.command(*words)))))

    def close(self):
        os.close(self._stdin)
        self._shell.stdout.read()
        self._shell.stdout.close()
        os.close(self._master)


@pytest.mark.parametrize("kind", ["numbered", "plain"])
def test_a_login_that_proves_nothing_confirms(tool, machine, kind):
    """The shell that made the change, another one that was there before, and what tmux or su makes of them."""
    if kind == "numbered" and not numbered():
        pytest.skip("the kernel numbers no logins")
    become = login(kind == "numbered")
    first, second = Shell(tool, become), Shell(tool, become)
    assert first.run("enable", "sudo", "--force", "--yes") == DONE
    assert first.run("enable", "--keep") == NO and second.run("enable", "--keep", "sudo") == NO
    if kind == "numbered":
        assert first.run("enable", "--keep", before="setsid -w") == NO
    assert machine.beside("sudo") == {"old", "unconfirmed"}
    third = Shell(tool, become)
    assert third.run("enable", "--keep") == DONE
    assert machine.beside("sudo") == {"old"}
    for shell in (first, second, third):
        shell.close()
    take_back(tool)
    assert machine.text("sudo") == etc.guarded(etc.SERVICES["sudo"])


# (the head of a session is as old as its login; sshd, which is older and lets in many, has no terminal)
AGES = [
    # terminal, in a session of its own, hundredths by which the change is older than the shell: what comes of it
    (False, False, 0, NO), (False, False, 1, DONE), (False, False, -1, NO),
    (True, True, 0, NO), (True, True, 1, DONE), (True, True, -1, NO),
    (False, True, 0, DONE),
]


@pytest.mark.parametrize("terminal, apart, older, status", AGES)
def test_a_login_of_the_same_hundredth_is_a_new_one(tool, machine, terminal, apart, older, status):
    enable(tool, "sudo")
    shell = Shell(tool, login(False), terminal)
    machine.note("sudo", made=shell.start - older)
    while now() <= shell.start + 1:
        time.sleep(0.001)       # what the shell starts is younger than it, and than the change
    assert shell.run("enable", "--keep", before="setsid" if apart else "") == status
    shell.close()


def test_the_reason_is_not_told(tool, machine, journal):
    enable(tool, "sudo")
    done = keep(tool, status=NO)
    assert "older than the change" in done.stderr
    shell = Shell(tool, login(False))
    assert shell.run("enable", "--keep", "sudo") == DONE
    shell.close()
    assert "nothing waits" in keep(tool, status=NO).stderr
    assert "nothing waits" in keep(tool, "sshd", status=NO).stderr
    assert journal.results() == ["guarded", "kept"]


# (a process of the tool's own would come first)

def test_an_unconfirmed_change_stays(tool, machine, systemd, journal):
    enable(tool, "sudo")
    take_back(tool)
    assert machine.beside("sudo") == {"old", "unconfirmed"}     # there is time left
    machine.note("sudo", until=1)
    assert "taken back" in take_back(tool).stdout
    assert machine.text("sudo") == etc.SERVICES["sudo"] and machine.beside("sudo") == set()
    assert journal.results() == ["guarded", "reverted"]


def test_an_unconfirmed_change_survives_a_reboot(tool, machine, systemd):
    enable(tool, "sudo", "--confirm", "1h")
    machine.note("sudo", boot="another/1")
    take_back(tool)
    assert machine.text("sudo") == etc.SERVICES["sudo"]


def test_a_change_of_before_the_reboot_is_older_than_every_login(tool, machine, systemd):
    enable(tool, "sudo")
    keep(tool, "sudo", status=NO)
    machine.note("sudo", boot="another/1")
    keep(tool, "sudo")
    assert machine.beside("sudo") == {"old"}


@pytest.mark.parametrize("harm", ["edited", "old gone", "out by hand", "damaged"])
def test_rule_27_a_file_that_changed_since_is_reverted(tool, machine, systemd, harm, journal):
    enable(tool, "sudo")
    machine.note("sudo", until=1)
    text = machine.text("sudo")
    if harm == "edited":
        machine.put("sudo", text + "# mine\n")
    elif harm == "old gone":
        os.unlink(PAM + "/.sudo.twostep-old")
    elif harm == "out by hand":
        machine.put("sudo", etc.SERVICES["sudo"] + "# mine\n")
    else:
        machine.note("sudo", boot="")
    there = machine.text("sudo")
    done = take_back(tool, status={"out by hand": DONE, "damaged": SYSTEM}.get(harm, NO))
    assert machine.text("sudo") == there
    if harm in ("edited", "old gone"):
        assert "stays as it is" in done.stderr and "edited" in journal.results()
    if harm == "out by hand":
        assert "unconfirmed" not in machine.beside("sudo")
    else:
        disable(tool, "sudo")
        assert machine.beside("sudo") == set()


def test_the_doctor_does_not_see_an_unconfirmed_change(tool, machine):
    enable(tool, "sudo")
    found = tool.json("doctor", status=NO, errors=False)["findings"]
    assert ("unconfirmed", PAM + "/sudo") in [(f["finding"], f["file"]) for f in found]


def test_nobody_takes_back_where_there_is_no_systemd(tool, machine, journal):
    done = enable(tool, "sudo")
    assert "A reboot does not take it back" in done.stdout
    machine.note("sudo", until=1)
    end = time.monotonic() + 10
    while machine.text("sudo") != etc.SERVICES["sudo"] and time.monotonic() < end:
        time.sleep(0.02)
    assert machine.text("sudo") == etc.SERVICES["sudo"]


# ---- systemd

def test_the_timer_does_not_do_it(tool, machine, systemd):
    done = enable(tool, "sudo", "--confirm", "90s")
    assert "A reboot" not in done.stdout
    run, ask = systemd.read_text().splitlines()
    assert ask == "systemctl is-enabled --quiet twostep-unconfirmed.service"
    words = run.split()
    assert words[:2] == ["systemd-run", "--quiet"] and "--on-active=90s" in words
    assert words[-2:] == ["disable", "--unconfirmed"] and os.path.basename(words[-3]) == "twostep"
    machine.note("sudo", until=1)
    subprocess.run(words[-3:], check=True, env={}, stdout=subprocess.DEVNULL)
    assert machine.text("sudo") == etc.SERVICES["sudo"]


def test_a_timer_that_fails_leaves_nobody_to_take_back(tool, machine, systemd, tmp_path):
    (tmp_path / "systemd-run").write_text("#!/bin/sh\nexit 1\n")
    enable(tool, "sudo")
    machine.note("sudo", boot="another/1")
    end = time.monotonic() + 10
    while machine.beside("sudo") and time.monotonic() < end:
        time.sleep(0.02)
    assert machine.text("sudo") == etc.SERVICES["sudo"]


# ---- interrupted

def sweep(tool, tmp_path, *words):
    """`twostep enable sudo` under the sweeper; its calls, and how it ended. It sees no processes but its own:
    it looks at each, and must make the same calls every time."""
    trace = str(tmp_path / "trace")
    subprocess.run([rig.built("tests/system/sweep"), "-o", trace, "-t", "4", *words, "--",
                    "unshare", "--pid", "--fork", "--mount-proc", *tool.command("enable", "sudo", "--force", "--yes")], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env=plain_environment(), timeout=60)
    with open(trace, encoding="ascii") as file:
        lines = [json.loads(line) for line in file]
    return [line for line in lines if "call" in line], lines[-1]


def points(calls):
    """Those of the tool from its lock on; all of them where there is time."""
    first = next(call for call in calls if "twostep.lock" in json.dumps(call))
    there = [call["n"] for call in calls if call["n"] >= first["n"] and call["pid"] == first["pid"]]
    # what is on the disk and what is in its place; the last one comes after the change
    changes = [call["n"] for call in calls if call["call"] in ("fsync", "renameat", "renameat2", "rename")]
    return there if rig.LONG else changes[-6:]


@pytest.mark.skipif(rig.SANITIZED, reason="a sanitizer's own calls cannot fail")
@pytest.mark.parametrize("action", ["kill", "kill-after", "ENOSPC"] + ["EIO", "EMFILE"] * rig.LONG)
def test_an_interruption_leaves_what_nobody_takes_back(tool, machine, systemd, tmp_path, action):
    """At boot the old file is there again, whatever call was the last one."""
    calls, _ = sweep(tool, tmp_path)
    old, new = etc.SERVICES["sudo"], etc.guarded(etc.SERVICES["sudo"])
    assert machine.text("sudo") == new
    hits, there_are = 0, points(calls)
    for at in there_are:
        machine.fill()
        systemd.write_text("")
        os.makedirs("/run/systemd/system")
        _, end = sweep(tool, tmp_path, "-n", str(at), "-a", action)
        hits += end["hit"] is not None
        there, beside = machine.text("sudo"), machine.beside("sudo")
        assert there in (old, new), (at, end)
        # what is there is known to be unconfirmed, and something was told to take it back
        assert there == old or {"old", "unconfirmed"} <= beside, (at, end, beside)
        # (where systemd cannot be asked, a process does it, which ends with its name space)
        assert there == old or "systemd-run" in systemd.read_text() or action in rig.ERRNOS, (at, end)
        if "unconfirmed" in beside:
            machine.note("sudo", boot="another/1")
        take_back(tool)
        assert machine.text("sudo") == old and "unconfirmed" not in machine.beside("sudo"), (at, end)
        enable(tool, "sudo")
        assert machine.text("sudo") == new, (at, end)
    assert 2 * hits > len(there_are)


@pytest.mark.skipif(rig.SANITIZED, reason="a sanitizer's own calls cannot fail")
@pytest.mark.parametrize("name", [".sudo.twostep-old", ".sudo.twostep-unconfirmed", "sudo"])
def test_a_change_that_fails_leaves_something_beside(tool, machine, systemd, tmp_path, name):
    calls, _ = sweep(tool, tmp_path)
    at = next(call["n"] for call in calls if call["call"].startswith("rename") and name in call["args"])
    machine.fill()
    os.makedirs("/run/systemd/system")
    _, end = sweep(tool, tmp_path, "-n", str(at), "-a", "EIO")
    assert end["hit"].startswith("rename") and end["exit"] == SYSTEM, end
    assert machine.text("sudo") == etc.SERVICES["sudo"] and machine.beside("sudo") == set(), systemd.read_text()


@pytest.mark.skipif(rig.SANITIZED, reason="a sanitizer's own calls cannot fail")
@pytest.mark.parametrize("words", [["disable", "--unconfirmed"], ["enable", "--keep"]])
def test_changes_that_cannot_be_listed_are_none(tool, machine, words):
    enable(tool, "sudo")
    status, done = tool.struck(*words, at="'%s', '.'" % PAM, action="EMFILE")
    assert status == SYSTEM and "Too many open files" in done.stderr, (status, done)
    assert "unconfirmed" in machine.beside("sudo")


def changes_of(calls):
    """What was done to /etc/pam.d, in order: (what, of which part), the start of the timer among it."""
    parts = {PAM: "directory", PAM + "/sudo": "service"}
    parts.update((PAM + "/.sudo.twostep-" + part, part) for part in ("old", "new", "unconfirmed"))
    found = []
    for call in calls:
        named = [parts[w] for w in (os.path.normpath(os.path.join(PAM, a)) for a in call["args"]
                                    if isinstance(a, str)) if w in parts]
        if call["call"] in ("fsync", "renameat", "renameat2") and named:
            found.append((call["call"][:6], named[-1]))
        elif call["call"] in ("execve", "vfork", "clone", "clone3") and found:
            found.append(("start", None))
    return [one for n, one in enumerate(found) if n == 0 or one != found[n - 1]]


@pytest.mark.skipif(rig.SANITIZED, reason="a sanitizer starts processes of its own")
def test_the_service_is_changed_before_what_takes_it_back_is_durable(tool, machine, systemd, tmp_path):
    calls, _ = sweep(tool, tmp_path)
    seen = changes_of(calls)
    first, timer = seen.index(("rename", "service")), seen.index(("start", None))
    assert seen.index(("rename", "old")) < seen.index(("rename", "unconfirmed")) < timer < first, seen
    for part in ("old", "unconfirmed", "service"):
        at = seen.index(("rename", part))
        assert seen[at - 1] == ("fsync", "new") and seen[at + 1] == ("fsync", "directory"), seen
