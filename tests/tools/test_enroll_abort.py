# SPDX-License-Identifier: BSD-2-Clause
"""Enrolling that is broken off, at any prompt and by any means: what was there stands."""

import os
import resource
import signal
import subprocess
import time

import pexpect
import pytest

from tool import DONE, NO, PROMPT, RECOVERY, USAGE, Phone, asleep, read

CTRL_C, CTRL_D, CTRL_BACKSLASH = "\x03", "\x04", "\x1c"


@pytest.fixture(name="old", params=["", "--add", "--replace"])
def what_was_there(request, tool, ann):
    """Nobody, or somebody with a device: (words for enroll, the phone that still opens)."""
    if request.param == "":
        tool.enroll("u0")       # the store itself is there
        return [], None
    phone = tool.enroll(ann, None, "--name", "old")
    return [request.param], phone


@pytest.fixture(name="unchanged")
def nothing_changes(tool, ann, old, journal):
    """Afterwards every byte is as it was, the journal is silent, and the old phone opens."""
    before = tool.files()
    journal.take()
    yield
    after = tool.files()
    assert after == before
    assert "result=enrolled" not in "\n".join(journal.take())
    assert tool.enrolled(ann) == (old[1] is not None)
    if old[1]:
        tool.verify(ann, old[1].code())
        for code in old[1].recovery[:1]:
            tool.verify(ann, code)


def wrong_lines(phone, count):
    return (phone.wrong() + "\n") * count


@pytest.mark.usefixtures("unchanged")
class TestNothingIsStored:
    @pytest.mark.parametrize("tries", [0, 2])
    def test_after_the_end_of_input(self, tool, ann, old, tries):
        phone = Phone()
        done = tool.run("enroll", ann, *old[0], "--key", phone.key, status=NO,
                        input=wrong_lines(phone, tries))
        assert RECOVERY.findall(done.stdout) == []
        assert "nothing was changed" in done.stderr

    @pytest.mark.codes
    def test_after_three_wrong_codes(self, tool, ann, old):
        """And a right one after them is not read any more."""
        phone = Phone()
        done = tool.run("enroll", ann, *old[0], "--key", phone.key, status=NO,
                        input=wrong_lines(phone, 3) + phone.code() + "\n")
        assert RECOVERY.findall(done.stdout) == []
        assert "1 try left" in done.stderr and "0 tries" not in done.stderr

    @pytest.mark.parametrize("typed", ["", " ", "12345", "123456789", "0" * 600, "\0" * 6,
                                       "1234\u0665\u0666", "\x08\n\r\x7fINCORRECT", "+12345"])
    def test_after_what_is_no_code(self, tool, ann, old, typed):
        tool.run("enroll", ann, *old[0], input=(typed + "\n") * 3, status=NO)

    def test_after_a_code_of_another_time(self, tool, ann, old):
        phone = Phone()
        typed = "".join(phone.code(n) + "\n" for n in (-20, -10, 20))
        tool.run("enroll", ann, *old[0], "--key", phone.key, input=typed, status=NO)

    @pytest.mark.codes
    def test_after_a_recovery_code(self, tool, ann, old):
        code = old[1].recovery[0] if old[1] else "0000-0000-0000-0000"
        tool.run("enroll", ann, *old[0], input=(code + "\n") * 3, status=NO)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP,
                                        signal.SIGQUIT, signal.SIGKILL])
    @pytest.mark.parametrize("tries", [0, 2])
    def test_after_a_signal(self, tool, ann, old, number, tries):
        phone = Phone()
        with tool.pipes("enroll", ann, *old[0], "--key", phone.key) as child:
            while "Key: " not in child.stdout.readline():
                pass
            for _ in range(tries):
                child.stdin.write(phone.wrong() + "\n")
                child.stdin.flush()
                assert "left" in child.stderr.readline()
            asleep(child.pid)
            child.send_signal(number)
            rest, _ = child.communicate(timeout=30)
        assert child.returncode != DONE
        assert RECOVERY.findall(rest) == []

    @pytest.mark.parametrize("key", [CTRL_C, CTRL_D, CTRL_BACKSLASH])
    @pytest.mark.parametrize("tries", [0, 2])
    def test_after_a_key_at_the_terminal(self, tool, ann, old, key, tries):
        phone = Phone()
        child = tool.spawn("enroll", ann, *old[0], "--key", phone.key)
        for _ in range(tries):
            child.expect_exact(PROMPT)
            child.sendline(phone.wrong())
        child.expect_exact(PROMPT)
        child.send(key)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == NO or child.signalstatus
        assert not RECOVERY.search(child.before)

    @pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
    def test_at_the_prompt_for_the_key(self, tool, ann, old, key):
        child = tool.spawn("enroll", ann, *old[0], "--key", "-")
        child.expect_exact("Key: ")
        child.send(key)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == (NO if key == CTRL_C else USAGE)
        assert ("broken off: nothing was changed" in child.before) == (key == CTRL_C)
        assert "\ntwostep: enroll: " in child.before, "a complaint begins a line of its own"

    def test_after_the_terminal_is_gone(self, tool, ann, old):
        child = tool.spawn("enroll", ann, *old[0])
        child.expect_exact(PROMPT)
        child.close(force=False)
        child.wait()

    def test_when_the_key_could_not_be_shown(self, tool, ann, old):
        """A key that nobody has seen would keep the person out."""
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run(tool.command("enroll", ann, *old[0], "--no-confirm"),
                                  stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 3 and "standard output" in done.stderr

    def test_when_the_picture_could_not_be_written(self, tool, ann, old):
        tool.run("enroll", ann, *old[0], "--no-confirm", "--qr-file",
                 tool.directory + "/none/qr.png", status=None)

    def test_when_standard_input_is_closed(self, tool, ann, old):
        done = subprocess.run(["sh", "-c", 'exec "$@" <&-', "sh",
                               *tool.command("enroll", ann, *old[0])],
                              capture_output=True, text=True)
        assert done.returncode not in (DONE, 2)


def test_the_old_record_stands_until_the_code_fits(tool, ann):
    old = tool.enroll(ann)
    bytes_before = read(tool.enrollment(ann))
    phone = Phone()
    with tool.pipes("enroll", ann, "--replace", "--key", phone.key) as child:
        while "Key: " not in child.stdout.readline():
            pass
        assert read(tool.enrollment(ann)) == bytes_before
        tool.verify(ann, old.code())
        child.communicate(phone.code() + "\n", timeout=30)
    assert child.returncode == DONE
    tool.verify(ann, old.code(1), status=NO)


@pytest.mark.codes
@pytest.mark.parametrize("there", [False, True])
def test_of_two_at_once_the_second_is_refused(tool, ann, there):
    """Each has asked for a code; the one who answers second would undo the first."""
    words = ["--replace"] if there else []
    if there:
        tool.enroll(ann)
    phone = Phone()
    with tool.pipes("enroll", ann, *words, "--key", phone.key) as child:
        while "Key: " not in child.stdout.readline():
            pass
        winner = tool.enroll(ann, None, *words, "--name", "winner")
        rest, errors = child.communicate(phone.code() + "\n", timeout=30)
    assert child.returncode == NO, errors
    assert RECOVERY.findall(rest) == []
    assert tool.devices(ann) == ["winner"]
    tool.verify(ann, winner.code())
    tool.verify(ann, winner.recovery[0])


def test_a_device_that_was_removed_meanwhile_does_not_come_back(tool, ann):
    tool.enroll(ann, None, "--name", "lost")
    phone = Phone()
    with tool.pipes("enroll", ann, "--add", "--key", phone.key) as child:
        while "Key: " not in child.stdout.readline():
            pass
        tool.run("remove", ann)
        child.communicate(phone.code() + "\n", timeout=30)
    assert child.returncode == NO
    assert not tool.enrolled(ann)


def test_a_login_meanwhile_is_not_undone(tool, ann):
    """The code that it spent stays spent when the new device is stored."""
    old = tool.enroll(ann)
    code = old.code()
    phone = Phone()
    with tool.pipes("enroll", ann, "--add", "--key", phone.key) as child:
        while "Key: " not in child.stdout.readline():
            pass
        tool.verify(ann, code)
        _, errors = child.communicate(phone.code() + "\n", timeout=30)
    assert child.returncode == DONE, errors
    tool.verify(ann, code, status=NO)


@pytest.mark.parametrize("how", ["end", "wrong", "term", "full"])
def test_no_picture_of_a_key_that_was_not_stored_stays(tool, ann, how):
    """It would stand in the way of the next enrollment, and show a key that opens nothing."""
    picture = os.path.join(tool.directory, "qr.png")
    words = tool.command("enroll", ann, "--qr-file", picture)
    if how == "full":
        with open("/dev/full", "w", encoding="ascii") as full:
            subprocess.run(words, stdout=full, stderr=subprocess.DEVNULL, check=False,
                           stdin=subprocess.DEVNULL)
    elif how == "term":
        with tool.pipes("enroll", ann, "--qr-file", picture) as child:
            while "Key: " not in child.stdout.readline():
                pass
            asleep(child.pid)
            child.terminate()
            child.communicate(timeout=30)
    else:
        tool.run("enroll", ann, "--qr-file", picture, status=NO,
                 input="" if how == "end" else "x\n" * 3)
    assert not os.path.exists(picture)


def test_a_file_that_was_there_is_not_removed_with_it(tool, ann):
    picture = os.path.join(tool.directory, "qr.png")
    with open(picture, "w", encoding="ascii") as file:
        file.write("mine")
    tool.run("enroll", ann, "--qr-file", picture, "--no-confirm", status=None)
    assert read(picture) == b"mine"
    assert not tool.enrolled(ann)


def test_who_owns_a_directory_on_the_way_turns_no_removal_elsewhere(tool, ann):
    """Root removes the picture that it made, not what a link put in its path leads to."""
    way, victims = os.path.join(tool.directory, "way"), os.path.join(tool.directory, "victims")
    for directory in (way, victims):
        os.mkdir(directory)
    with open(victims + "/qr.png", "w", encoding="ascii") as file:
        file.write("theirs")
    with tool.pipes("enroll", ann, "--qr-file", way + "/qr.png") as child:
        while "Key: " not in child.stdout.readline():
            pass
        os.rename(way, way + ".moved")
        os.symlink(victims, way)
        child.communicate("", timeout=30)
    assert read(victims + "/qr.png") == b"theirs" and os.listdir(way + ".moved") == []


def dumps_core(child):
    child.send_signal(signal.SIGQUIT)
    return os.WCOREDUMP(os.waitpid(child.pid, 0)[1])


def test_a_core_file_holds_the_key(tool, ann, tmp_path):
    def unlimited():
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)

    around = {"preexec_fn": unlimited, "cwd": tmp_path}
    with subprocess.Popen(["sleep", "60"], **around) as other:
        if not dumps_core(other):
            pytest.skip("no program leaves a core file here")
    with tool.pipes("enroll", ann, **around) as child:
        while "Key: " not in child.stdout.readline():
            pass
        assert not dumps_core(child)
