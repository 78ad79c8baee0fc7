# SPDX-License-Identifier: BSD-2-Clause
"""Bad settings, broken records, missing keys: named, and never taken for nothing there."""

import json
import os
import shutil

import pytest

import rig
from tool import DONE, NO, SOURCE, SYSTEM, read, write

BAD = [
    ("nullok\n", 1, "nullok"), ("\n# a remark\nwindows = 1\n", 3, "windows"),
    ("window = x\n", 1, "window"), ("window = -1\n", 1, "window"), ("window =\n", 1, "window"),
    ("window = 99\n", 1, "window"), ("window = 1\nwindow = 1\n", 2, "window"),
    ("window 1\n", 1, "window"), ("echo = maybe\n", 1, "echo"), ("Echo = yes\n", 1, "Echo"),
    ("lock_time = 30x\n", 1, "lock_time"), ("lock_after = 0\n", 1, "lock_after"),
    ("store = /var/lib/twostep\n", 1, "store"), ("key_file = key\n", 1, "key_file"),
    ("conf = /etc/x\n", 1, "conf"), ("digits = 5\n", 1, "digits"),
    ("period = 300\n", 1, "period"), ("algorithm = MD5\n", 1, "algorithm"),
    ("recovery_codes = 21\n", 1, "recovery_codes"), ("issuer = a:b\n", 1, "issuer"),
    ("contact = a\x1b[2Jb\n", 1, "contact"), ("window = 1\0\n", 1, "window"),
    ("prompt = %s\n" % ("x" * 200), 1, "prompt"),
    ("window = 1\r\n", 1, "window"),
]


@pytest.mark.parametrize("text, line, word", BAD, ids=range(len(BAD)))
def test_a_bad_setting_is_named_with_file_line_and_word(tool, ann, text, line, word):
    tool.enroll(ann)
    tool.configure(text)
    place = "%s:%d: %s: " % (tool.conf, line, word)
    assert place in tool.run("doctor", status=NO).stderr
    for words in (["status", ann], ["verify", ann], ["enroll", ann, "--replace"]):
        assert place in tool.run(*words, status=SYSTEM).stderr


def test_a_bad_setting_does_not_reach_the_terminal_raw(tool):
    tool.configure("win\x1b]0;x\x07dow = 1\n")
    done = tool.run("doctor", status=NO)
    assert ":1: win\\x1b]0;x\\x07dow: " in done.stderr
    assert "\x1b" not in done.stderr and "\x07" not in done.stderr


@pytest.mark.parametrize("text", ["", "# nothing\n", "\n\n   \n", "window=2", "echo\n",
                                  "  window\t=\t2  \n", "# caf\u00e9\nwindow=2\n"])
def test_a_configuration_as_editors_leave_it(tool, ann, text):
    tool.enroll(ann)
    tool.configure(text)
    tool.run("doctor")


def test_all_is_well(tool, ann):
    tool.enroll(ann)
    assert tool.run("doctor").returncode == DONE


def test_all_is_well_for_scripts(tool, ann):
    tool.enroll(ann)
    json.loads(tool.run("doctor", "--json").stdout)


def test_what_is_wrong_for_scripts(tool, ann):
    tool.enroll(ann)
    tool.configure("nullok\n")
    done = tool.run("doctor", "--json", status=NO, errors=False)
    assert "nullok" in json.dumps(json.loads(done.stdout))


def test_no_configuration_means_the_defaults(tool, ann):
    os.unlink(tool.conf)
    tool.enroll(ann)
    tool.run("doctor")


@pytest.mark.parametrize("harm", ["directory", "group", "others", "link", "fifo", "huge", "owner"])
def test_a_configuration_that_cannot_be_trusted_is_refused(tool, ann, harm):
    tool.enroll(ann)
    if harm == "directory":
        os.unlink(tool.conf)
        os.mkdir(tool.conf)
    elif harm == "link":
        os.rename(tool.conf, tool.conf + ".real")
        os.symlink(tool.conf + ".real", tool.conf)
    elif harm == "fifo":
        os.unlink(tool.conf)
        os.mkfifo(tool.conf)
    elif harm == "huge":
        tool.configure("#" * 100000)
    elif harm == "owner":
        os.chown(tool.conf, 30001, -1)
    else:
        os.chmod(tool.conf, 0o664 if harm == "group" else 0o646)
    assert tool.conf in tool.run("doctor", status=NO).stderr
    assert tool.conf in tool.run("status", ann, status=SYSTEM).stderr


def test_before_the_first_enrollment_doctor_says_what_to_do(tool):
    done = tool.run("doctor", status=NO)
    assert "twostep enroll" in done.stderr
    assert not os.path.exists(tool.store)


# ---- the host key and the marker

def break_key(tool, how):
    if how == "missing":
        os.unlink(tool.key_file)
    elif how == "other":
        write(tool.key_file, os.urandom(32))
    elif how == "short":
        write(tool.key_file, os.urandom(31))
    elif how == "long":
        write(tool.key_file, os.urandom(33))
    elif how == "readable":
        os.chmod(tool.key_file, 0o640)
    elif how == "owner":
        os.chown(tool.key_file, 30001, -1)
    elif how == "link":
        os.rename(tool.key_file, tool.key_file + ".real")
        os.symlink(tool.key_file + ".real", tool.key_file)
    elif how == "hard link":
        os.link(tool.key_file, tool.key_file + ".second")
    elif how == "fifo":
        os.unlink(tool.key_file)
        os.mkfifo(tool.key_file, 0o600)
    elif how == "marker missing":
        os.unlink(tool.store + "/marker")
    elif how == "marker damaged":
        data = read(tool.store + "/marker")
        write(tool.store + "/marker", data[:-3] + b"\0" + data[-2:])
    elif how == "open store":
        os.chmod(tool.store, 0o770)


@pytest.mark.codes
@pytest.mark.parametrize("how", ["missing", "other", "short", "long", "readable", "owner", "link",
                                 "hard link", "fifo", "marker missing", "marker damaged",
                                 "open store"])
def test_a_broken_key_store_or_marker_refuses_and_mends_nothing(tool, ann, names, how):
    phone = tool.enroll(ann)
    break_key(tool, how)
    state = tool_state(tool)
    named = tool.key_file if how in ("missing", "short", "long", "readable", "owner", "link",
                                     "hard link", "fifo") else tool.store
    assert named in tool.run("doctor", status=NO).stderr
    for words in (["status", ann], ["status", "--all"], ["enroll", ann, "--replace"],
                  ["enroll", next(names)], ["recovery", ann, "--new"], ["unlock", ann]):
        done = tool.run(*words, status=SYSTEM)
        assert named in done.stderr and done.stdout.strip() in ("", "[]"), done
    tool.verify(ann, phone.code(), status=SYSTEM)
    assert tool_state(tool) == state


def test_rule_01_a_store_that_is_not_mounted_is_made_anew(tool, ann, names):
    """Who was enrolled would be asked for nothing there, or could link another phone."""
    tool.enroll(ann)
    os.rename(tool.store, tool.store + ".disk")
    for mounted in (False, True):
        if mounted:
            os.mkdir(tool.store, 0o700)
        told = tool.run("doctor", status=NO).stderr
        assert tool.store in told and "not mounted" in told and "enroll" not in told
        for words in (["enroll", next(names)], ["invite", ann]):
            assert "is the store mounted?" in tool.run(*words, status=SYSTEM).stderr
        tool.run("status", ann, status=SYSTEM)
        shutil.rmtree(tool.store)
    os.rename(tool.store + ".disk", tool.store)
    tool.run("status", ann)


def test_a_store_on_a_disk_that_became_read_only(tool, ann):
    """A login that cannot be recorded is refused: nobody gets in."""
    phone = tool.enroll(ann)
    rig.mount(tool.store, tool.store, flags=rig.MS_BIND)
    rig.mount("none", tool.store, flags=rig.MS_BIND | 32 | 1)    # remount, read-only
    try:
        tool.verify(ann, phone.code(), status=SYSTEM)
        assert tool.store + ": on a disk that is read-only" in tool.run("doctor", status=NO).stderr
    finally:
        rig.unmount(tool.store)
    tool.run("doctor")


def test_who_may_not_look_finds_no_fault(tool, ann):
    """Exit 1 would say that somebody comes in without a second step, or nobody at all."""
    tool.enroll(ann)
    done = tool.run("doctor", "--json", status=SYSTEM, user=30001, cwd="/")
    assert ": Permission denied" in done.stderr
    assert all(finding["advice"] for finding in json.loads(done.stdout)["findings"])
    for path in (tool.directory, *(tool.directory + "/.." * n for n in (1, 2))):
        os.chmod(path, 0o711)
    done = tool.run("doctor", "--json", status=SYSTEM, user=30001, cwd="/")
    assert tool.store + ": Permission denied" in done.stderr
    assert all(finding["advice"] for finding in json.loads(done.stdout)["findings"])


def tool_state(tool):
    found = {}
    for directory, _, names in os.walk(tool.directory):
        for name in names:
            path = os.path.join(directory, name)
            if os.path.islink(path) or not os.path.isfile(path):
                found[path] = None
            else:
                found[path] = read(path)
    return found


def test_the_first_enrollment_makes_key_and_store_for_root_alone(tool, ann):
    tool.enroll(ann)
    assert len(read(tool.key_file)) == 32
    for path, mode in [(tool.key_file, 0o600), (tool.store, 0o700),
                       (tool.store + "/enrollments", 0o700), (tool.store + "/histories", 0o700),
                       (tool.enrollment(ann), 0o600), (tool.history(ann), 0o600)]:
        assert os.stat(path).st_mode & 0o7777 == mode, path


@pytest.mark.parametrize("umask", [0, 0o777])
def test_whatever_the_umask(tool, ann, umask):
    tool.run("enroll", ann, "--no-confirm", umask=umask)
    assert {mode for path, (mode, _) in tool.files().items() if path != tool.conf} == {0o600}
    tool.run("status", ann)


def test_the_second_enrollment_uses_the_same_key(tool, names):
    tool.enroll(next(names))
    key = read(tool.key_file)
    tool.enroll(next(names))
    assert read(tool.key_file) == key


def test_unsealed_where_no_key_is_wanted(tool, ann):
    tool.key_file = "none"
    phone = tool.enroll(ann)
    tool.verify(ann, phone.code())
    assert not os.path.exists(os.path.join(tool.directory, "key"))
    tool.key_file = os.path.join(tool.directory, "key")
    tool.run("status", ann, status=SYSTEM)


# ---- broken records

HARM = {
    "empty": lambda b: b"", "short": lambda b: b[:len(b) // 2], "cut": lambda b: b[:-1],
    "long": lambda b: b + b"\n", "first": lambda b: b"T" + b[1:],
    "last": lambda b: b[:-2] + bytes([b[-2] ^ 1]) + b[-1:], "zeros": lambda b: b"\0" * len(b),
    "version": lambda b: b.replace(b"enrollment 1", b"enrollment 2", 1),
    "name": lambda b: b.replace(b"\nuser u", b"\nuser v", 1), "huge": lambda b: b * 50,
}


@pytest.mark.codes
@pytest.mark.parametrize("how", HARM)
def test_a_broken_enrollment_is_named_and_kept(tool, ann, how):
    phone = tool.enroll(ann)
    harmed = HARM[how](read(tool.enrollment(ann)))
    write(tool.enrollment(ann), harmed)
    path = "enrollments/" + ann
    for words in (["status", ann], ["recovery", ann], ["recovery", ann, "--new"], ["unlock", ann],
                  ["enroll", ann], ["enroll", ann, "--add"]):
        done = tool.run(*words, status=SYSTEM)
        assert path in done.stderr and done.stdout == "", done
    tool.verify(ann, phone.code(), status=SYSTEM)
    assert read(tool.enrollment(ann)) == harmed


def test_a_record_under_another_name_is_refused(tool, names):
    ann, bob = next(names), next(names)
    phone = tool.enroll(ann)
    tool.enroll(bob)
    shutil.copyfile(tool.enrollment(ann), tool.enrollment(bob))
    tool.run("status", bob, status=SYSTEM)
    tool.verify(bob, phone.code(), status=SYSTEM)


@pytest.mark.codes
@pytest.mark.parametrize("how", ["missing", "zeros", "short", "long", "other", "link", "readable"])
def test_a_broken_history_is_named_and_kept(tool, names, how):
    """A missing history is never "nothing was spent"."""
    ann, bob = next(names), next(names)
    phone = tool.enroll(ann)
    tool.enroll(bob)
    path, data = tool.history(ann), read(tool.history(ann))
    if how == "missing":
        os.unlink(path)
    elif how == "link":
        os.rename(path, path + ".x")
        os.symlink(path + ".x", path)
    elif how == "readable":
        os.chmod(path, 0o644)
    else:
        write(path, {"zeros": bytes(len(data)), "short": data[:-1], "long": data + b"\0",
                     "other": read(tool.history(bob))}[how])
    for words in (["status", ann], ["unlock", ann], ["recovery", ann]):
        done = tool.run(*words, status=SYSTEM)
        assert "histories/" + ann in done.stderr, done
    tool.verify(ann, phone.code(), status=SYSTEM)


@pytest.mark.parametrize("harmed", ["invitations", "histories"])
def test_a_broken_record_of_who_is_only_invited_is_named(tool, ann, harmed):
    """At a login he is refused as others are."""
    tool.settings(enroll_at_login="invited")
    tool.run("invite", ann)
    path = os.path.join(tool.store, harmed, ann)
    write(path, bytes(len(read(path))))
    assert [(finding["finding"], finding["file"]) for finding in tool.json("doctor")["findings"]
            if finding["finding"] == "record"] == [("record", path)]


@pytest.mark.parametrize("how", ["missing", "zeros", "short"])
def test_a_broken_history_can_be_removed_with_the_record(tool, ann, how):
    """Otherwise nobody could mend it with the tool."""
    tool.enroll(ann)
    if how == "missing":
        os.unlink(tool.history(ann))
    else:
        data = read(tool.history(ann))
        write(tool.history(ann), bytes(len(data)) if how == "zeros" else data[:-1])
    tool.run("remove", ann)
    tool.enroll(ann)
    tool.run("status", ann)


@pytest.mark.codes
def test_the_sample_configuration_is_all_defaults_and_well(tool, ann):
    with open(os.path.join(SOURCE, "tools", "twostep.conf"), encoding="ascii") as file:
        sample = file.read()
    assert all(line.startswith("#") for line in sample.splitlines() if line)
    tool.configure(sample)
    tool.enroll(ann)
    tool.run("doctor")
    bare = "".join(line[1:] + "\n" for line in sample.splitlines()
                   if line.startswith("#") and " =" in line and line[1] != " ")
    tool.configure(bare)
    tool.run("doctor")
