# SPDX-License-Identifier: BSD-2-Clause
"""twostep doctor on whole machines: each broken one gives its one finding, and a sound one none.

The machine is Debian's with ssh by key and code, sudo and the console guarded as the README says; jan
is its administrator, and ansible a program that comes in by a key alone."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

import pytest

import place

sys.path.append(os.path.join(os.path.dirname(place.HERE), "tools"))

import etc  # noqa: E402

BASE = "/run/place/sound"
SSHD, DROP_INS = "/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d"
OURS, LATER = DROP_INS + "/00-twostep.conf", DROP_INS + "/99-twostep.conf"
CLOUD = DROP_INS + "/50-cloud-init.conf"
CONF, KEY, STORE = "/etc/twostep/twostep.conf", "/etc/twostep/key", "/var/lib/twostep"
AUDIT, KERNEL = "/var/log/audit/audit.log", "/var/log/kern.log"
KEPT = ["/etc/pam.d", "/etc/ssh", "/etc/twostep", STORE, "/var/log"]
PEOPLE = ["/etc/passwd", "/etc/shadow", "/etc/group"]
PASSWORD = "$6$rounds=1000$x$y"
CONSOLE = "auth     required   pam_twostep.so exempt=root\n"


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def replace(path, old, new):
    text = read(path)
    assert old in text, (path, old)
    write(path, text.replace(old, new, 1))


def append(path, text):
    with open(path, "a", encoding="ascii") as file:
        file.write(text)


def account(name, uid, password):
    append("/etc/passwd", "%s:x:%d:%d::/nonexistent:/bin/sh\n" % (name, uid, uid))
    append("/etc/shadow", "%s:%s:19000:0:99999:7:::\n" % (name, password))


def people():
    """Those of the system, and no others of the place."""
    system = [line for line in read("/etc/passwd").splitlines()
              if int(line.split(":")[2]) < 1000 and not line.startswith("root:")]
    write("/etc/passwd", "\n".join(["root:x:0:0::/root:/bin/sh"] + system) + "\n")
    write("/etc/shadow", "root:%s:19000::::::\n" % PASSWORD + "".join(
        "%s:*:19000::::::\n" % line.split(":")[0] for line in system))
    account("jan", 5001, PASSWORD)
    account("ansible", 5002, "!")
    write("/etc/group", "root:x:0:\nsudo:x:27:jan\n")


def files():
    empty("/etc/pam.d")
    for name, text in list(etc.COMMON.items()) + list(etc.SERVICES.items()):
        write("/etc/pam.d/" + name, text)
    write("/etc/pam.d/sshd", etc.guarded(etc.SERVICES["sshd"], instead=True))
    write("/etc/pam.d/sudo", etc.guarded(etc.SERVICES["sudo"]))
    write("/etc/pam.d/login", etc.guarded(etc.SERVICES["login"]).replace(
        "auth     required   pam_twostep.so\n", CONSOLE))
    empty(DROP_INS)
    write(SSHD, etc.SSHD_CONFIG)
    write(OURS, etc.KEY_AND_CODE)
    write(CONF, "")
    write("/var/log/syslog", "")


def save(base):
    """All of it is root's; times do not matter."""
    for path in KEPT:
        shutil.copytree(path, base + path, symlinks=True)
    for path in PEOPLE:
        shutil.copy(path, base + path)


def empty(path):
    """It may be a mount."""
    os.makedirs(path, exist_ok=True)
    for entry in os.scandir(path):
        remove(entry.path)()


def restore(base=BASE):
    for path in KEPT:
        empty(path)
        shutil.copytree(base + path, path, symlinks=True, dirs_exist_ok=True)
    for path in PEOPLE:
        shutil.copy(base + path, path)


@pytest.fixture(scope="module")
def machine(the_place):
    """The sound one; the place is as it was afterwards."""
    if (the_place.CONF, the_place.STORE) != (CONF, STORE):
        pytest.skip("built for other directories than Debian's")
    save("/run/place/before")
    for path in (STORE, "/etc/twostep", "/var/log"):
        empty(path)
    people()
    files()
    enroll("")
    save(BASE)
    yield the_place
    restore("/run/place/before")


def enroll(settings):
    write(CONF, "recovery_codes = 0\n" + settings)
    subprocess.run(["twostep", "enroll", "jan", "--no-confirm", "--quiet"], check=True,
                   capture_output=True)
    write(CONF, settings)


@pytest.fixture
def sound(machine):
    restore()
    return machine


def doctor(here, *words, clock="kept", preload="", pass_fds=(), **variables):
    shim = os.path.join(here.build, "tests/system/.libs/say_clock.so")
    return here.tool("doctor", *words, check=False, pass_fds=pass_fds, env=dict(
        os.environ, LD_PRELOAD=shim + " " + preload, SAY_CLOCK=clock, LANG="C.UTF-8",
        ASAN_OPTIONS="verify_asan_link_order=0", **variables))


def found(done):
    return [(f["finding"], "%s:%d" % (f["file"], f["line"]) if f["line"] else f["file"])
            for f in json.loads(done.stdout)["findings"]]


def test_a_sound_system_has_nothing_to_say(sound):
    done = doctor(sound)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert done.stdout.startswith("No fault found")
    assert found(doctor(sound, "--json")) == []


@pytest.mark.parametrize("where", ["LocalPort 2222", "Address 192.0.2.0/24,10.0.0.0/8", "LocalAddress 192.0.2.0/24"])
def test_a_block_for_a_port_or_a_network_is_no_fault(sound, where):
    append(OURS, "Match %s\n\tAuthenticationMethods publickey\n" % where)
    with directory("/run/sshd"):
        assert found(doctor(sound, "--json")) == []


def debian_as_it_comes():
    os.unlink(OURS)


def sshd_config(text, name=OURS):
    def make():
        os.unlink(OURS)
        write(name, text)
    return make


def drop_in(ours, theirs, name=CLOUD):
    def make():
        sshd_config(ours, LATER)()
        write(name, theirs)
    return make


def stack(service, old, new):
    return lambda: replace("/etc/pam.d/" + service, old, new)


def red_hat(control):
    def make():
        for name, text in etc.RED_HAT.items():
            write("/etc/pam.d/" + name, text)
        write("/etc/pam.d/sudo", "auth %s password-auth\n" % control + etc.AUTH + etc.ACCOUNT +
              "account include password-auth\n")
    return make


def mode(path, bits):
    return lambda: os.chmod(path, bits)


def conf(text):
    return lambda: write(CONF, text)


def remove(path):
    return lambda: shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)


def damage(path):
    def make():
        with open(path, "r+b") as file:
            byte = file.read()[-10]
            file.seek(-10, os.SEEK_END)
            file.write(b"0" if byte != ord("0") else b"1")
    return make


def both(*steps):
    def make():
        for step in steps:
            step()
    return make


def unsealed():
    empty(STORE)
    enroll("key_file = none\n")


def rekey_that_was_cut_off():
    """A record could not be sealed anew, and comes back."""
    record = STORE + "/enrollments/jan"
    shutil.move(record, "/etc/twostep/jan")
    write(record, "")
    os.chmod(record, 0o600)
    assert subprocess.run(["twostep", "rekey"], capture_output=True).returncode == 3
    shutil.move("/etc/twostep/jan", record)


def denial(path, text, ago=0):
    return lambda: write(path, text % (time.time() - ago))


SELINUX = "type=AVC msg=audit(%.3f:45): avc:  denied  { read } for  pid=7 comm=\"sshd\" " \
    "name=\"twostep\" dev=\"vda1\" tclass=dir permissive=0\n"
APPARMOR = "Nov  1 host kernel: audit: type=1400 audit(%.3f:45): apparmor=\"DENIED\" " \
    "operation=\"open\" name=\"/etc/twostep/key\" comm=\"x\x1b]0;\x07\"\n"
PASSWORDS = "KbdInteractiveAuthentication yes\nPubkeyAuthentication no\n" \
    "PasswordAuthentication no\nMatch User ansible\n AuthenticationMethods publickey\n"
PASSWORD_STACK = stack("sshd", "auth     required   pam_twostep.so\n",
                       "@include common-auth\nauth     required   pam_twostep.so\n")

# name: (what is done to it, finding, place, exit status)
BROKEN = {
    "Debian's default sshd_config": (
        debian_as_it_comes, "interactive", SSHD + ":2", 1),
    "a drop-in of cloud-init that wins": (
        both(PASSWORD_STACK, drop_in(PASSWORDS, "PasswordAuthentication yes\n")),
        "password-method", CLOUD + ":1", 0),
    "a drop-in whose name draws on the terminal": (
        both(PASSWORD_STACK, drop_in(PASSWORDS, "PasswordAuthentication yes\n",
                                     DROP_INS + "/50-\x1b[2J\u009b2J.conf")),
        "password-method", DROP_INS + "/50-\\x1b[2J\\xc2\\x9b2J.conf:1", 0),
    "a drop-in that forbids the question": (
        drop_in(etc.KEY_AND_CODE, "ChallengeResponseAuthentication no\n"), "interactive",
        CLOUD + ":1", 1),
    "a drop-in by which a key is enough": (
        drop_in(etc.KEY_AND_CODE, "AuthenticationMethods publickey\n"), "methods-round",
        CLOUD + ":1", 1),
    "sshd with keys alone": (
        sshd_config("KbdInteractiveAuthentication yes\nPasswordAuthentication no\n"),
        "methods-missing", SSHD, 1),
    "sshd without PAM": (
        sshd_config("UsePAM no\n" + etc.KEY_AND_CODE), "use-pam", OURS + ":1", 1),
    "a Match block that lets an administrator in by a key": (
        sshd_config(etc.KEY_AND_CODE.replace("User ansible,backup", "User *")), "key-alone",
        OURS + ":7", 0),
    "a typing error in sshd_config": (
        sshd_config("AuthenticationMethod publickey\n"), "sshd-refuses", SSHD, 1),
    "a typing error that draws on the terminal": (
        sshd_config("Authentication\x1b]0;x\x07 publickey\n"), "sshd-refuses", SSHD, 1),
    "methods with a blank behind the comma": (
        sshd_config(etc.KEY_AND_CODE.replace("publickey,", "publickey, ")), "sshd-refuses",
        SSHD, 1),
    "sshd that cannot be asked": (
        remove("/run/sshd"), "sshd-unasked", SSHD, 0),
    "optional": (
        stack("sudo", "auth     required   pam_twostep.so", "auth optional pam_twostep.so"),
        "optional", "/etc/pam.d/sudo:4", 1),
    "the password behind the code": (
        stack("sudo", "@include common-auth\n" + etc.AUTH, etc.AUTH + "@include common-auth\n"),
        "alone", "/etc/pam.d/sudo:3", 1),
    "a first factor that goes on when it fails": (
        stack("sudo", "@include common-auth\n", "auth required pam_unix.so\n"), "stranger",
        "/etc/pam.d/sudo:3", 1),
    "the account line below an include that ends early": (
        both(conf("enroll_at_login = yes\n"),
             stack("sudo", etc.ACCOUNT + "@include common-account\n",
                   "@include common-account\n" + etc.ACCOUNT)),
        "account-order", "/etc/pam.d/sudo:7", 1),
    "Red Hat's include": (red_hat("include"), "round", "/etc/pam.d/sudo:1", 1),
    "Red Hat's substack": (red_hat("substack"), "stranger", "/etc/pam.d/sudo:1", 1),
    "a setting of another module": (conf("nullok\n"), "setting", CONF + ":1", 1),
    "settings that all can write": (mode(CONF, 0o666), "settings-file", CONF, 1),
    "a host key that the group reads": (mode(KEY, 0o640), "store", KEY, 1),
    "a store that all can write": (mode(STORE, 0o777), "store", STORE, 1),
    "a store that all can look into": (mode(STORE, 0o755), "readable", STORE, 0),
    "a history that all can read": (
        mode(STORE + "/histories/jan", 0o644), "record", STORE + "/histories/jan", 0),
    "a key that is somebody else's": (lambda: os.chown(KEY, 5001, 0), "store", KEY, 1),
    "no host key": (remove(KEY), "key-missing", KEY, 1),
    "no marker": (remove(STORE + "/marker"), "marker-missing", STORE + "/marker", 1),
    "a store that is not mounted": (remove(STORE), "store", STORE, 1),
    "a record that does not open": (
        damage(STORE + "/enrollments/jan"), "record", STORE + "/enrollments/jan:6", 0),
    "a history that is gone": (
        remove(STORE + "/histories/jan"), "record", STORE + "/histories/jan", 0),
    "a store without a seal": (unsealed, "unsealed", STORE + "/enrollments", 0),
    "a new key that not everything is under": (
        rekey_that_was_cut_off, "rekey-unfinished", KEY, 0),
    "nobody enrolled on the day": (
        both(conf("require_from = 2025-05-05\n"), remove(STORE + "/enrollments/jan")),
        "nobody-gets-in", CONF + ":1", 1),
    "a colleague who missed the day": (
        both(conf("require_from = 2025-05-05\n"), lambda: account("kim", 5003, PASSWORD)),
        "unenrolled", CONF + ":1", 0),
    "a group that is misspelt": (
        conf("exempt = @auditers\n"), "group-missing", CONF + ":1", 1),
    "no way in for root": (
        stack("login", CONSOLE, "auth     required   pam_twostep.so\n"), "root",
        "/etc/pam.d/login:6", 0),
    "administrators without a second step": (
        lambda: replace("/etc/group", "sudo:x:27:jan", "sudo:x:27:ansible"), "admins",
        "/etc/pam.d/sudo:4", 0),
    "a program that is exempt, and is asked to be interactive": (
        both(conf("exempt = ansible\n"),
             sshd_config(etc.KEY_AND_CODE.replace("ansible,backup", "backup"))),
        "robot", CONF + ":1", 0),
    "SELinux": (denial(AUDIT, SELINUX), "denied", AUDIT, 0),
    "AppArmor": (denial(KERNEL, APPARMOR), "denied", KERNEL, 0),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_system_gives_its_one_finding(sound, name):
    make, finding, where, status = BROKEN[name]
    with directory("/run/sshd"):
        make()
        done = doctor(sound, "--json")
    assert found(done) == [(finding, where)]
    assert done.returncode == status and done.stderr == "", done
    only, = json.loads(done.stdout)["findings"]
    assert only["advice"] == (status == 0) and only["why"]
    assert "\x1b" not in only["why"]


@contextlib.contextmanager
def directory(path):
    """It is there again afterwards."""
    yield
    os.makedirs(path, exist_ok=True)


def test_a_clock_that_nobody_keeps(sound):
    """Its daemon is dead; then it lives, and has no server that answers."""
    assert found(doctor(sound, "--json", clock="lost")) == [("clock-alone", "clock")]
    shutil.copy(shutil.which("sleep"), "/run/place/chronyd")
    with subprocess.Popen(["/run/place/chronyd", "60"]) as daemon:
        done = doctor(sound, "--json", clock="lost")
        daemon.kill()
    assert found(done) == [("clock-unset", "clock")] and done.returncode == 0


def test_a_clock_that_is_behind_the_store(sound):
    if place.faketime_library() is None:
        pytest.skip("libfaketime is not installed")
    with sound.later(-86400):
        done = doctor(sound, "--json")
    assert found(done) == [("clock-behind", STORE + "/marker")] and done.returncode == 1


def test_root_without_a_password_is_no_program(sound):
    write(CONF, "exempt = root\n")
    replace("/etc/shadow", "root:" + PASSWORD, "root:!")
    assert "robot" not in dict(found(doctor(sound, "--json")))


def test_one_fault_in_two_places_is_told_of_both(sound):
    os.chmod(KEY, 0o640)
    os.chmod(STORE + "/marker", 0o604)
    assert found(doctor(sound, "--json")) == [("store", KEY), ("store", STORE + "/marker")]


def test_denials_of_last_month_are_over(sound):
    denial(AUDIT, SELINUX, ago=30 * 86400)()
    assert found(doctor(sound, "--json")) == []


# ---- --fix

def modes(*paths):
    return [oct(os.lstat(path).st_mode & 0o7777) for path in paths]


def test_fix_mends_what_modes_allow_too_much(sound):
    wide = {CONF: 0o666, KEY: 0o644, "/etc/twostep": 0o777, STORE: 0o755,
            STORE + "/histories": 0o777, STORE + "/marker": 0o604,
            STORE + "/enrollments/jan": 0o640}
    for path, bits in wide.items():
        os.chmod(path, bits)
    before = json.loads(doctor(sound, "--json").stdout)["findings"]
    assert not any(f["mended"] for f in before)
    done = doctor(sound, "--fix")
    assert done.returncode == 0 and done.stderr == "", done
    told = [line.split(": ")[:2] for line in done.stdout.splitlines() if ": " in line]
    assert sorted(told) == sorted(["mended", path] for path in wide), done.stdout
    assert modes(*wide) == ["0o644", "0o600", "0o755", "0o700", "0o700", "0o600", "0o600"]
    assert found(doctor(sound, "--json")) == []


def test_fix_touches_nothing_that_is_not_roots_alone(sound):
    """What stands in the store may have been put there while others could write to it."""
    named, linked = STORE + "/named", STORE + "/linked"
    histories = STORE + "/histories/"
    for victim in (named, linked):
        write(victim, "")
        os.chmod(victim, 0o666)
    os.symlink(linked, histories + "link")
    os.link(named, histories + "second-name")
    os.mkfifo(histories + "fifo")
    os.chmod(histories + "fifo", 0o666)
    os.chmod(histories + "jan", 0o666)
    os.chown(histories + "jan", 5001, 0)
    paths = [named, linked, histories + "fifo", histories + "jan"]
    done = doctor(sound, "--fix", "--json")
    assert modes(*paths) == ["0o666"] * 4
    assert found(done) == [("record", histories + "jan")]
    assert not json.loads(done.stdout)["findings"][0]["mended"]


# ---- sshd as it is asked

@contextlib.contextmanager
def another_sshd(script):
    """This shell script in the place of /usr/sbin/sshd."""
    path = shutil.which("sshd", path="/usr/sbin")
    if path is None:
        pytest.skip("sshd is not in /usr/sbin")
    shutil.copy(path, "/run/place/sshd.real")
    write("/run/place/sshd.script", "#!/bin/sh\n" + script)
    os.chmod("/run/place/sshd.script", 0o755)
    subprocess.run(["mount", "--bind", "/run/place/sshd.script", path], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", path], check=True)


def test_sshd_is_asked_in_an_empty_environment_and_with_no_file_of_its_callers(sound):
    ours = os.dup2(0, 200)
    with another_sshd("env >/run/place/heard; echo /proc/$$/fd/* >>/run/place/heard\n"
                      "exec /run/place/sshd.real \"$@\"\n"):
        assert found(doctor(sound, "--json", pass_fds=[ours])) == []
    os.close(ours)
    heard = set(read("/run/place/heard").split())
    assert "SAY_CLOCK=kept" not in heard and not any("PRELOAD" in word for word in heard)
    assert any(word.endswith("/fd/2") for word in heard)
    assert not any(word.endswith("/fd/200") for word in heard)


@pytest.mark.parametrize("script", ["kill -9 $$", "exit 127"])
def test_an_sshd_that_does_not_answer_is_not_believed(sound, script):
    with another_sshd(script + "\n"):
        assert found(doctor(sound, "--json")) == [("sshd-unasked", SSHD)]


def test_an_sshd_that_says_too_much_is_not_believed_and_not_heard_out(sound):
    """A tenth as fast for the doctor: he would hear it for fifty seconds, and is waited for for thirty."""
    if place.faketime_library() is None:
        pytest.skip("libfaketime is not installed")
    with another_sshd("echo usepam no; exec yes\n"):
        done = doctor(sound, "--json", preload=place.faketime_library(), FAKETIME="+0 x0.1")
        assert found(done) == [("sshd-unasked", SSHD)]
    with another_sshd("echo usepam no; yes | head -c 66000\n"):
        assert found(doctor(sound, "--json")) == [("sshd-unasked", SSHD)], "nor half of it"


def test_an_sshd_that_complains_at_length_is_heard(sound):
    """More than a pipe holds, so that it would wait for ever to be read."""
    with another_sshd("yes | head -c 100000 >&2; exec /run/place/sshd.real \"$@\"\n"):
        assert found(doctor(sound, "--json")) == []


def test_an_sshd_that_hangs_is_left_behind(sound):
    """A hundred times as fast for the doctor: nobody waits for long."""
    if place.faketime_library() is None:
        pytest.skip("libfaketime is not installed")
    with another_sshd("exec sleep 60\n"):
        begun = time.monotonic()
        done = doctor(sound, "--json", preload=place.faketime_library(), FAKETIME="+0 x100")
        assert found(done) == [("sshd-unasked", SSHD)]
        assert time.monotonic() - begun < 30, "it sleeps for sixty"


def test_an_sshd_that_hangs_behind_closed_streams_is_left_behind(sound):
    """An alarm ends it, whatever was inherited: here at once, by the hand of strace."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    with another_sshd("exec >&- 2>&-; exec sleep 60\n"):
        done = subprocess.run(
            ["strace", "-f", "-qq", "-o", "/run/place/trace", "-e", "trace=?alarm,setitimer",
             "-e", "inject=?alarm,setitimer:signal=ALRM",
             "env", "--block-signal=ALRM", "--ignore-signal=ALRM", "twostep", "doctor", "--json"],
            capture_output=True, text=True, timeout=30,
            env=dict(os.environ, LANG="C.UTF-8", ASAN_OPTIONS="detect_leaks=0"))
    assert [finding for finding, _ in found(done) if finding.startswith("sshd")] == ["sshd-unasked"]
    assert re.search(r"alarm\(5\)|setitimer\(ITIMER_REAL.*tv_sec=5,", read("/run/place/trace"))


@pytest.mark.parametrize("words", [["--json"], []], ids=["json", "plain"])
def test_rule_27_what_sshd_says_draws_nothing_on_the_terminal(sound, words):
    with another_sshd("test \"$2\" = -f && exit 0\n"
                      "printf 'line 1: \\033]0;x\\007\\302\\2332J\\r\\n' >&2; exit 255\n"):
        done = doctor(sound, *words)
    told = (done.stdout + done.stderr).replace("\\\\", "\\")
    assert "line 1: \\x1b]0;x\\x07\\xc2\\x9b2J" in told
    assert not set(told) & set("\x1b\x07\x9b\r")


def test_sshd_decides_where_its_files_are_read_otherwise(sound):
    """What it would do counts; that no line of the files says so shows in the place."""
    with another_sshd("/run/place/sshd.real \"$@\" | sed s/^usepam.*/usepam\\ no/\n"):
        assert found(doctor(sound, "--json")) == [("use-pam", SSHD)]
