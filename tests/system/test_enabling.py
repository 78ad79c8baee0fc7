# SPDX-License-Identifier: BSD-2-Clause
"""twostep enable on the files that the packages of sshd, sudo and login bring, tried by real logins."""

import contextlib
import os
import re
import shutil
import subprocess
import time

import pytest

import dialogue
import place

NAMES = ["sshd", "sudo", "login"]
TOOL = "/run/place/bin/twostep"


@pytest.fixture(name="stock")
def stock_files(here):
    """Debian's own files, for a while; a wrong password is not held back."""
    common = here.stock.get("common-auth", "")
    if not all("@include common-auth" in here.stock.get(name, "") for name in NAMES):
        pytest.skip("the machine's files are not Debian's")
    pamdir = re.search(r"^pamdir = (.*)$", here.read(here.build + "/Makefile"), re.M).group(1)
    if not os.path.exists(pamdir + "/pam_twostep.so"):
        pytest.skip("the module is not where the build was told")
    before = {name: here.read("/etc/pam.d/" + name) for name in [*NAMES, "common-auth"]
              if os.path.exists("/etc/pam.d/" + name)}
    here.write("/etc/pam.d/common-auth", common.replace("pam_unix.so", "pam_unix.so nodelay"))
    for name in NAMES:
        here.write("/etc/pam.d/" + name, here.stock[name])
    yield here
    for name in os.listdir("/etc/pam.d"):
        if re.match(r"\..*\.twostep-", name):
            with contextlib.suppress(FileNotFoundError):    # somebody may just take it back
                os.unlink("/etc/pam.d/" + name)
    for name, text in before.items():
        here.write("/etc/pam.d/" + name, text)


@pytest.fixture(name="server")
def stock_sshd(stock):
    server = stock.sshd("password", service="sshd", stack=stock.stock["sshd"].splitlines())
    yield server
    server.stop()


def enter(here, server, name, person, *codes, **more):
    if name == "sshd":
        return here.ssh_login(server, person, *codes, **more)
    if shutil.which(name) is None:
        pytest.skip(name + " is not installed")
    return getattr(here, name)(person, *codes, **more)


@pytest.mark.parametrize("name", NAMES)
def test_a_stock_service_asks_wrongly_or_stays_guarded(stock, server, name, ann):
    assert enter(stock, server, name, ann).entered          # by password alone
    stock.tool("enable", name, "--force", "--yes")
    seen = enter(stock, server, name, ann, ann.phone.code())
    assert seen.entered and len(seen.prompts) == 1, seen
    if name == "sshd":      # (login holds back every refusal for three seconds)
        seen = enter(stock, server, name, ann, ann.phone.wrong())
        assert not seen.entered and len(seen.prompts) == 1, seen
        # a wrong password never comes as far as the module
        since = stock.log.now()
        seen = enter(stock, server, name, ann, ann.phone.code(1), password="wrong")
        assert not seen.entered and not seen.prompts and not stock.log.module_lines(since), seen
    found = stock.tool("doctor", "--json", check=False).stdout
    assert '"unconfirmed"' in found and not re.search(
        r'"finding": ?"(?!unconfirmed|methods|interactive|use-pam)[^"]*", ?"file": ?"/etc/pam.d', found)
    stock.tool("disable", name, "--yes")
    assert stock.read("/etc/pam.d/" + name) == stock.stock[name]


def keep(here, server, person, code):
    """Types it in a new login over ssh; `entered` says whether that was taken."""
    command = here.ssh_command(server, person) + [
        "sudo -n %s enable --keep && %s" % (TOOL, dialogue.PROOF)]
    return dialogue.drive(command, passwords=[person.password], codes=[code])


def test_a_login_that_was_open_before_confirms_or_a_new_one_cannot(stock, server, ann):
    with stock.line_in("/etc/sudoers", "%s ALL=(ALL) NOPASSWD: ALL" % ann.name):
        old = dialogue.spawn(stock.ssh_command(server, ann) + [
            "-t", "echo old-$((40+2)); read x; sudo -n %s enable --keep; echo out-$?" % TOOL])
        old.expect("assword.*: ?$")
        old.sendline(ann.password)
        old.expect("old-42")
        stock.tool("enable", "sshd", "--force", "--yes")
        old.sendline("")
        old.expect(r"older than the change(.|\n)*out-1")
        dialogue.hang_up(old)
        assert os.path.exists("/etc/pam.d/.sshd.twostep-unconfirmed")
        assert keep(stock, server, ann, ann.phone.code()).entered
        assert not os.path.exists("/etc/pam.d/.sshd.twostep-unconfirmed")


def test_who_is_locked_out_stays_out(stock, server, bob):
    """bob is not enrolled, and nobody says that it works: as if the only administrator was."""
    stock.tool("enable", "sshd", "--force", "--yes")
    assert not stock.ssh_login(server, bob, "123456").entered
    path = "/etc/pam.d/.sshd.twostep-unconfirmed"
    stock.write(path, re.sub(r"^until .*$", "until 1", stock.read(path), 1, re.M), 0o600)
    end = time.monotonic() + 20
    while os.path.exists(path) and time.monotonic() < end:
        time.sleep(0.02)
    assert stock.ssh_login(server, bob).entered


# ---- systemd itself

BOOT = """\
mount -t proc proc /proc
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /run/systemd
mount -t tmpfs tmpfs /etc/systemd/system
cd /etc/systemd/system
mkdir sysinit.target.wants
sed 's|@bindir@|/run/place/bin|' %(source)s/tools/twostep-unconfirmed.service.in >twostep-unconfirmed.service
ln -s ../twostep-unconfirmed.service sysinit.target.wants
for unit in udevd udev-trigger hwdb-update journald modules-load random-seed sysctl sysusers \
		tmpfiles-setup tmpfiles-setup-dev; do
	ln -s /dev/null systemd-$unit.service
done
printf '[Unit]\\nRequires=sysinit.target login.service\\n' >trial.target
printf '[Unit]\\nAfter=sysinit.target\\n[Service]\\nType=oneshot\\nExecStart=/bin/sh /run/place/login\\n' \
	>login.service
exec env -i container=place PATH=/usr/sbin:/usr/bin /lib/systemd/systemd --system --unit=trial.target
"""


class Boots:
    """systemd as the first process of a name space, with a cgroup of its own."""

    def __init__(self, here):
        self._here = here
        roots = re.findall(r"^\S+ (\S+) cgroup2 ", here.read("/proc/mounts"), re.M)
        if not os.path.exists("/lib/systemd/systemd") or not roots:
            pytest.skip("no systemd, or no cgroups of the second kind")
        self._group = roots[0] + "/twostep-%d" % time.time_ns()
        os.mkdir(self._group)
        os.makedirs("/run/systemd")
        here.write("/run/place/boot", "set -e\n" + BOOT % {"source": place.SOURCE})

    def boot(self, script):
        """Runs it when the machine is up, and pulls the plug; what it said."""
        self._here.write("/run/place/login", "exec >/run/place/said 2>&1\n%s\necho THE END\n" % script)
        self._here.write("/run/place/said", "")
        machine = subprocess.Popen(
            ["sh", "-c", "echo $$ >%s/cgroup.procs && exec unshare --mount --pid --cgroup --ipc --uts --fork "
             "--kill-child=KILL sh /run/place/boot" % self._group],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        end = time.monotonic() + 60
        while "THE END" not in self._here.read("/run/place/said") and time.monotonic() < end:
            if machine.poll() is not None:
                break
            time.sleep(0.05)
        machine.kill()
        told = machine.communicate()[0]
        said = self._here.read("/run/place/said")
        assert "THE END" in said, (said, told)
        return said

    def close(self):
        os.rmdir("/run/systemd")
        end = time.monotonic() + 10
        while os.path.exists(self._group) and time.monotonic() < end:
            for directory, _, _ in os.walk(self._group, topdown=False):
                with contextlib.suppress(OSError):      # its processes are about to end
                    os.rmdir(directory)


@pytest.mark.skipif(not os.environ.get("TWOSTEP_LONG"), reason="boots systemd: TWOSTEP_LONG")
def test_an_unconfirmed_change_is_there_after_a_reboot(stock):
    boots = Boots(stock)
    try:
        said = boots.boot("twostep=%s\n$twostep enable sudo --force --yes --confirm 1h\n"
                          "systemctl list-timers --all" % TOOL)
        assert "twostep-unconfirmed-sudo-" in said and "A reboot does not" not in said, said
        assert "pam_twostep" in stock.read("/etc/pam.d/sudo")
        said = boots.boot("grep twostep /etc/pam.d/sudo\nls -A /etc/pam.d | grep twostep-")
        assert said == "THE END\n" and stock.read("/etc/pam.d/sudo") == stock.stock["sudo"]
    finally:
        boots.close()


# ---- pam-auth-update

@pytest.mark.skipif(shutil.which("pam-auth-update", path="/usr/sbin") is None,
                    reason="no pam-auth-update here")
def test_the_profile_of_debian_is_on_or_does_not_guard(stock, ann):
    shutil.copytree("/usr/share/pam-configs", "/run/place/pam-configs")
    shutil.copy(os.path.join(place.SOURCE, "tools", "twostep.pam-config"), "/run/place/pam-configs/twostep")
    subprocess.run(["mount", "--bind", "/run/place/pam-configs", "/usr/share/pam-configs"], check=True)
    os.makedirs("/var/lib/pam", exist_ok=True)
    shared = ["common-account", "common-auth", "common-password", "common-session",
              "common-session-noninteractive"]
    before = {name: stock.read("/etc/pam.d/" + name) for name in shared}
    try:
        for name in shared:
            stock.write("/etc/pam.d/" + name, stock.stock[name])
        update(["--package", "--force"])
        assert "pam_twostep" not in "".join(stock.read("/etc/pam.d/" + name) for name in shared)
        update(["--enable", "twostep"])
        found = stock.tool("doctor", "--json", check=False).stdout
        words = set(re.findall(r'"finding": ?"([^"]*)"', found))
        assert "shared" in words and not words & {"round", "stranger", "jump", "ignored", "closed",
                                                  "undecided", "alone", "account-order"}, found
        seen = stock.sudo(ann, ann.phone.code())
        assert seen.entered and len(seen.prompts) == 1, seen
        update(["--disable", "twostep"])
        assert "pam_twostep" not in "".join(stock.read("/etc/pam.d/" + name) for name in shared)
    finally:
        subprocess.run(["umount", "/usr/share/pam-configs"], check=True)
        shutil.rmtree("/run/place/pam-configs")
        for name, text in before.items():
            stock.write("/etc/pam.d/" + name, text)


def update(words):
    subprocess.run(["pam-auth-update", *words], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))
