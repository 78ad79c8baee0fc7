# SPDX-License-Identifier: BSD-2-Clause
"""Where output cannot go, what the environment says, and descriptors that are not open."""

import fcntl
import json
import os
import re
import resource
import signal
import subprocess
import time

import pytest

import rig
from tool import DONE, NO, PROMPT, RECOVERY, SYSTEM, USAGE, Phone, asleep, faketime, plain_environment, read, write

pytestmark = pytest.mark.usefixtures("quick")


def into(path, words, **more):
    with open(path, "w", encoding="ascii") as file:
        return subprocess.run(words, stdout=file, stderr=subprocess.PIPE, text=True, timeout=60,
                              env=plain_environment(), **more)


def into_closed_pipe(words, **more):
    there, here = os.pipe()
    os.close(there)
    try:
        return subprocess.run(words, stdout=here, stderr=subprocess.PIPE, text=True, timeout=60,
                              env=plain_environment(), **more)
    finally:
        os.close(here)


def into_nothing(words, **more):
    return subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *words], stderr=subprocess.PIPE,
                          text=True, timeout=60, env=plain_environment(), **more)


OUTPUTS = {"full disk": lambda words, **more: into("/dev/full", words, **more),
           "closed pipe": into_closed_pipe, "not open": into_nothing}


@pytest.fixture(params=OUTPUTS, name="nowhere")
def a_place_that_takes_nothing(request):
    return OUTPUTS[request.param]


@pytest.mark.codes(1)
@pytest.mark.parametrize("words", [["status", "ANN"], ["status", "--all"], ["recovery", "ANN"],
                                   ["status", "--all", "--json"], ["doctor"], ["help"],
                                   ["help", "enroll"], ["--version"], ["--help"],
                                   ["recovery", "ANN", "--new"], ["remove", "ANN"],
                                   ["unlock", "ANN"]])
def test_output_that_is_lost_is_an_error(tool, ann, nowhere, words):
    tool.enroll(ann)
    done = nowhere(tool.command(*[ann if w == "ANN" else w for w in words]))
    assert done.returncode == SYSTEM
    assert done.stderr.startswith("twostep: "), done


def test_an_accepted_code_that_cannot_be_told_is_an_error(tool, ann, nowhere):
    phone = tool.enroll(ann)
    done = nowhere(tool.command("verify", ann), input=phone.code() + "\n")
    assert done.returncode == SYSTEM and done.stderr.startswith("twostep: ")


@pytest.mark.codes
def test_recovery_codes_that_were_lost_are_spoken_of(tool, ann, nowhere):
    """The device is stored by then: the words say how to get others."""
    phone = Phone()
    done = nowhere(tool.command("enroll", ann, "--key", phone.key, "--quiet", "--no-confirm"))
    assert done.returncode == SYSTEM
    assert "recovery --new" in done.stderr
    tool.verify(ann, phone.code())
    assert len(RECOVERY.findall(tool.run("recovery", ann, "--new").stdout)) == 2


@pytest.mark.codes
def test_new_recovery_codes_that_were_lost_are_spoken_of(tool, ann, nowhere):
    tool.enroll(ann)
    done = nowhere(tool.command("recovery", ann, "--new"))
    assert done.returncode == SYSTEM
    assert "recovery" in done.stderr.replace("twostep: recovery:", "", 1), done.stderr


@pytest.mark.codes
def test_a_disk_that_fills_up_before_the_recovery_codes(tool, ann, tmp_path):
    """The key was shown and confirmed; what comes after it does not fit any more."""
    phone = Phone()
    reader, writer = os.pipe()
    child = subprocess.Popen(tool.command("enroll", ann, "--key", phone.key, "--qr", "none"),
                             stdin=subprocess.PIPE, stdout=writer, stderr=subprocess.PIPE,
                             text=True, env=plain_environment())
    os.close(writer)
    with child:
        shown = b""
        while b"Key: " not in shown or not shown.endswith(b"\n"):
            shown += os.read(reader, 4096)
        os.close(reader)
        _, errors = child.communicate(phone.code() + "\n", timeout=30)
    assert child.returncode == SYSTEM and "recovery --new" in errors


def test_errors_that_cannot_be_told_hold_nobody_up(tool, ann):
    tool.enroll(ann)
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run(tool.command("verify", ann), input=b"x\n", stderr=full,
                              stdout=subprocess.PIPE)
    assert done.returncode == NO


@pytest.mark.codes(1)
@pytest.mark.parametrize("closed", ["0", "1", "2", "01", "02", "12", "012"])
@pytest.mark.parametrize("words", [["status"], ["unlock"], ["recovery", "--new"], ["verify"],
                                   ["enroll", "--replace", "--no-confirm"],
                                   ["enroll", "--add", "--quiet", "--no-confirm"], ["remove"]])
def test_a_descriptor_that_is_not_open_is_not_the_stores(tool, ann, closed, words):
    """The first file that is opened gets its number, and what is printed would go there."""
    tool.enroll(ann)
    before = tool.files()
    shut = " ".join(fd + (">&-" if fd != "0" else "<&-") for fd in closed)
    done = subprocess.run(["sh", "-c", 'exec "$@" ' + shut, "sh",
                           *tool.command(words[0], ann, *words[1:])],
                          input=None if "0" in closed else b"000000\n", timeout=60,
                          capture_output=True, env=plain_environment())
    assert done.returncode in (DONE, NO, SYSTEM)
    for path, (mode, data) in tool.files().items():
        assert ann.encode() + b": " not in data, path
        assert b"twostep: " not in data, path
        if path == tool.key_file:
            assert (mode, data) == before[path]
    tool.run("status", ann, status=None if words[0] == "remove" else DONE, errors=False)
    tool.run("doctor")


# ---- the environment

HOSTILE = {
    "LANG": "tr_TR.UTF-8", "LC_ALL": "ar_EG.UTF-8", "LANGUAGE": "nl", "TZ": "Asia/Kathmandu",
    "HOME": "/nonexistent", "PATH": "/nonexistent", "USER": "u399", "LOGNAME": "u399",
    "SUDO_USER": "u399", "TMPDIR": "/nonexistent", "POSIXLY_CORRECT": "1", "COLUMNS": "1",
    "IFS": "/", "HOSTALIASES": "/nonexistent", "OPENSSL_CONF": "/nonexistent",
    "TWOSTEP_CONF": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent", "TERM": "dumb",
}


@pytest.mark.parametrize("name", list(HOSTILE) + ["all", "none"])
def test_the_environment_decides_nothing(tool, ann, name):
    phone = tool.enroll(ann)
    if name in HOSTILE:
        environment = plain_environment(**{name: HOSTILE[name]})
    else:
        environment = HOSTILE if name == "all" else {}

    def run(*words, **more):
        return subprocess.run(tool.command(*words), capture_output=True, text=True,
                              env=environment, **more)

    tool.verify(ann, phone.code())
    assert run("status", ann, "--json").stdout == tool.run("status", ann, "--json").stdout
    assert run("status", ann).stdout == tool.run("status", ann).stdout
    assert run("status", "--all").stdout == tool.run("status", "--all").stdout
    assert run("verify", ann, input=phone.code(1) + "\n").returncode == DONE
    assert run("enroll", ann, "--replace", "--no-confirm", "--qr", "none").returncode == DONE
    assert run("status").returncode == 2


def test_a_lock_is_told_in_utc(tool, ann):
    tool.settings(lock_after=1, lock_time="1h")
    phone = tool.enroll(ann)
    tool.verify(ann, phone.wrong(), status=NO)
    until = tool.json("status", ann, env={"TZ": "Asia/Kathmandu"})["locked_until"]
    hour = time.strftime("%Y-%m-%dT%H", time.gmtime(time.time() + 3590))
    later = time.strftime("%Y-%m-%dT%H", time.gmtime(time.time() + 3600))
    assert until[:13] in (hour, later) and until.endswith("Z")


def test_it_runs_in_a_directory_that_is_gone(tool, ann, tmp_path):
    tool.enroll(ann)
    there = tmp_path / "there"
    there.mkdir()
    done = subprocess.run(["sh", "-c", 'cd "$0" && rmdir "$0" && exec "$@"', str(there),
                           *tool.command("status", ann)], capture_output=True)
    assert done.returncode == DONE


def test_it_holds_no_file_open_while_a_person_thinks(tool, names):
    """Nobody else waits for a lock while somebody has gone to fetch a phone."""
    ann, bob = next(names), next(names)
    phone = tool.enroll(ann)
    with tool.pipes("enroll", ann, "--replace") as child:
        while "Key: " not in child.stdout.readline():
            pass
        tool.enroll(bob)
        tool.verify(ann, phone.code())
        tool.run("unlock", ann)
        child.kill()


@pytest.mark.codes
def test_a_full_store_loses_nothing(tool, ann):
    """A new record needs room; the old one stands until the new one has it."""
    os.mkdir(tool.store)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0700,size=128k", "none", tool.store],
                   check=True)
    try:
        phone = tool.enroll(ann)
        before = read(tool.enrollment(ann))
        with pytest.raises(OSError), open(tool.store + "/filler", "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        done = tool.run("enroll", ann, "--replace", "--no-confirm", status=SYSTEM)
        assert "No space left" in done.stderr
        assert RECOVERY.findall(done.stdout) == []
        tool.run("recovery", ann, "--new", status=SYSTEM)
        assert read(tool.enrollment(ann)) == before
        tool.verify(ann, phone.code())
        tool.verify(ann, phone.recovery[0])
        os.unlink(tool.store + "/filler")
        tool.enroll(ann, None, "--replace")
    finally:
        subprocess.run(["umount", tool.store], check=True)


def test_many_readers_and_a_writer(tool, names):
    people = [next(names) for _ in range(8)]
    children = [subprocess.Popen(tool.command("enroll", name, "--no-confirm", "--quiet"),
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                for name in people]
    told = [child.communicate(timeout=60) for child in children]
    assert [child.returncode for child in children] == [DONE] * 8, told
    assert sorted(user["user"] for user in tool.json("status", "--all")) == sorted(people)


# ---- what is typed

@pytest.mark.parametrize("words, status", [(["verify", "ANN"], NO), (["export", "ANN"], NO),
                                           (["enroll", "ANN", "--add", "--key", "-"], USAGE)])
@pytest.mark.parametrize("length", [512, 513, 4096])
def test_the_rest_of_a_line_that_is_too_long_is_nobodys(tool, ann, words, status, length):
    """The shell would run it."""
    tool.enroll(ann)
    command = tool.command(*[ann if w == "ANN" else w for w in words])
    done = subprocess.run(["sh", "-c", '"$@"; echo "$?"; exec cat', "sh", *command], text=True,
                          input="x" * length + "\nnext\n", capture_output=True, timeout=60,
                          env=plain_environment())
    assert done.stdout.splitlines()[-2:] == [str(status), "next"], done


def test_a_key_is_shown_to_whoever_lists_processes(tool, ann):
    phone = Phone()
    child = tool.spawn("enroll", ann, "--key", phone.key, "--qr", "none")
    child.expect(re.escape(PROMPT))
    assert phone.key.encode() not in read("/proc/%d/cmdline" % child.pid)
    child.sendline(phone.code())
    child.expect("is on")
    child.close()
    tool.verify(ann, phone.code(1))


# ---- a file that cannot be had

def test_a_file_that_is_held_or_may_not_grow_is_named(tool, ann):
    """By a path that an administrator can look at."""
    tool.enroll(ann)
    path = os.path.join(tool.store, "histories", ann)
    done = tool.run("unlock", ann, status=SYSTEM,
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)))
    assert done.stderr.startswith("twostep: unlock: %s: cannot be written" % path)
    with open(path, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = tool.run("remove", ann, status=SYSTEM, env=faketime("+0 x20"))
        assert done.stderr.startswith("twostep: remove: %s: locked by another process" % path)


@pytest.mark.skipif(rig.SANITIZED, reason="a sanitizer reads /proc when it starts")
def test_without_proc_a_lock_names_nobody(tool, ann):
    tool.enroll(ann)
    with open(os.path.join(tool.store, "histories", ann), "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = subprocess.run(["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh",
                               *tool.command("remove", ann)], capture_output=True, text=True,
                              env=plain_environment(**faketime("+0 x20")))
    assert done.returncode == SYSTEM and done.stderr.endswith(": locked by another process\n"), done


# ---- an interrupt

@pytest.mark.parametrize("words", [["report"], ["report", "--json"], ["doctor"], ["status", "--all"],
                                   ["status", "--all", "--json"]])
def test_an_interrupt_that_leaves_people_out_is_no_answer(tool, names, words):
    people = sorted(next(names) for _ in range(3))
    for person in people:
        tool.enroll(person)
    kill = "run=kill -TERM $(cat %s/pid)" % tool.directory
    status, done = tool.struck(*words, at="histories/" + people[1], action=kill)
    assert status == SYSTEM and "nterrupted" in done.stderr, done
    assert people[2] not in done.stdout and "No fault" not in done.stdout
    if "status" not in words:
        assert people[0] not in done.stdout
    elif "--json" in words:
        assert [user["user"] for user in json.loads(done.stdout)] == people[:2]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_nohup_has_had_ignored_breaks_off(tool, ann, number):
    phone = tool.enroll(ann)
    with tool.pipes("verify", ann, preexec_fn=lambda: signal.signal(number, signal.SIG_IGN)) as child:
        asleep(child.pid)
        child.send_signal(number)
        told, _ = child.communicate(phone.code() + "\n", timeout=30)
    assert child.returncode == DONE and "accepted" in told


def test_a_list_goes_on_though_nobody_reads_it(tool, names):
    """As behind `| head`: the rest would be read for nothing."""
    people = sorted(next(names) for _ in range(12))
    for name in people:
        tool.enroll(name)
    with open("/dev/full", "w", encoding="ascii") as full:
        opened = str([call.args for call in tool.sweep("status", "--all", "--json", stdout=full)[0].calls])
    assert "histories/" + people[0] in opened and "histories/" + people[-1] not in opened


# ---- what others have named, on the terminal and for scripts

CONTROLS = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f]")
ODD = [b"\x1b[2J", b"\xc2\x9b2J", b"\x9b2J", b"\xc0\x9b", b"\xe0\x80\x9b", b"\xed\xa0\x80", b"\xf0\x80\x80\x9b",
       b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xff", b"\xe2\x82", b"\xc3", b"\x7f", b"\n\r\t\b", b'"\\']
GOOD = ["caf\u00e9", "\u20ac", "\ud7ff\ue000", "\U0010ffff", "\U00010000", "\u0800", "\u00a0"]


def test_names_of_files_are_json_and_draw_nothing(tool, tmp_path):
    """What is no UTF-8 is none for those who read the JSON, either: RFC 3629, section 4."""
    paths = [os.path.join(os.fsencode(tmp_path), name)
             for name in ODD + [name.encode("utf-8") for name in GOOD]]
    done = subprocess.run(tool.command("import", "google-authenticator", "--dry-run", "--json", *paths),
                          capture_output=True, env=plain_environment())
    assert done.returncode == NO
    said, errors = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    sources = [record["source"] for record in json.loads(said)["records"]]
    assert CONTROLS.search(said) is None and CONTROLS.search(errors.replace("\t", "")) is None
    assert len(sources) == len(paths) == len(errors.splitlines())
    for path, source in zip(paths, sources):
        shown = path.decode("utf-8", "replace").replace("\ufffd", "")
        assert source.replace("\ufffd", "") == shown
    assert [source[len(str(tmp_path)) + 1:] for source in sources[len(ODD):]] == GOOD


def test_names_of_accounts_draw_nothing(tool, crowd):
    bad, worse, absent = "a\x1b[2Jb", "c\u009b2Jd", "e\x1b]0;x\x07f"
    crowd.people(bad, worse, absent)
    tool.enroll(bad)
    tool.enroll(worse)
    write(tool.history(os.listdir(tool.store + "/histories")[0]), b"\0" * 8192)
    said = ""
    for words in (["status", bad], ["status", worse], ["status", "--all"], ["report"],
                  ["status", "--all", "--json"], ["report", "--json"]):
        done = tool.run(*words, status=None, errors=False)
        said += done.stdout + done.stderr
    assert CONTROLS.search(said) is None
    assert "a?[2Jb" in said and "e?]0;x?f" in said


def test_names_of_homes_draw_nothing(tool, crowd, tmp_path):
    assert crowd
    path = str(tmp_path / "\x1b[2J")
    with open(path, "w", encoding="ascii") as file:
        file.write("HOTP/T30/6\tu1\t-\t%s\n" % ("ab" * 20))
    os.chmod(path, 0o600)
    done = tool.run("import", "oath", path, "--dry-run")
    assert "would be taken: u1" in done.stdout and CONTROLS.search(done.stdout) is None
