# SPDX-License-Identifier: BSD-2-Clause
"""A disk that is full keeps nobody out; a limit that the caller sets lets nobody in.

A caller of su keeps his limits: with `ulimit -f` he can make the module's write fail, in
whole or in the middle, and must learn nothing of the code by it, nor lose his failures.
"""

import errno
import os
import re
import shutil
import subprocess

import pytest

from rig import (AUTH_ERR, LONG, SANITIZED, SUCCESS, UNAVAILABLE, WRONG_RECOVERY, Phone, Rig, mount,
                 steady, unmount)
from test_sweep import plain

# Up to where the history may be written: not at all, within and after the first slot,
# within and after the second, all but one byte.
SIZES = [0, 1, 512, 1024, 2047, 2048, 4096, 4097, 5120, 6143, 6144, 8191]
if SANITIZED and not LONG:      # what such files hold is read by test_history and its fuzzer, too
    SIZES = [1, 2047, 4097]


def fill(directory):
    """Writes until not one byte more goes in."""
    handle = os.open(os.path.join(directory, "filler"), os.O_CREAT | os.O_WRONLY)
    size = 1 << 20
    while size:
        try:
            os.write(handle, b"x" * size)
        except OSError as error:
            assert error.errno == errno.ENOSPC
            size //= 2
    os.fsync(handle)
    os.close(handle)
    number = 0
    try:
        while True:
            os.mkdir(os.path.join(directory, "filler-%d" % number))
            number += 1
            if number > 20000:
                return
    except OSError as error:
        assert error.errno == errno.ENOSPC


def everything_works_on_a_full_disk(rig):
    ann, bob = rig.enroll(recovery=2), rig.enroll(hotp=True)
    fill(rig.disk)
    with pytest.raises(OSError):
        with open(os.path.join(rig.disk, "one-more"), "wb") as file:
            file.write(b"x" * 8192)
            file.flush()
    steady()
    wrong = ann.phone.wrong()
    seen = rig.login(ann, wrong, ann.phone.code(0), ann.phone.code(0), ann.recovery[0],
                     ann.recovery[0], ann.phone.code(1))
    assert seen.codes == [AUTH_ERR, SUCCESS, AUTH_ERR, SUCCESS, AUTH_ERR, SUCCESS]
    for counter in range(6):
        assert rig.login(bob, bob.phone.code(counter)).codes == [SUCCESS]
    done = rig.tool(*rig.enroll_words(ann.name, Phone(), "--replace"), status=3)
    assert re.search("space", done.stderr), done.stderr
    assert rig.login(ann, ann.recovery[1]).codes == [SUCCESS], "the old device is still there"


def test_full_tmpfs(tmp_path, journal):
    rig = Rig(tmp_path, journal, size="4m")
    try:
        everything_works_on_a_full_disk(rig)
    finally:
        rig.close()


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs"])
def test_full_disk(tmp_path, journal, kind):
    """On real file systems in a file, as far as this machine can make and mount them."""
    if shutil.which("mkfs." + kind, path="/usr/sbin:/sbin:/usr/bin") is None:
        pytest.skip("mkfs.%s is not installed" % kind)
    image = str(tmp_path / "image")
    with open(image, "wb") as file:
        file.truncate({"ext4": 16, "xfs": 320, "btrfs": 128}[kind] << 20)
    subprocess.run(["mkfs." + kind, "-q", image], check=True, capture_output=True,
                   env=dict(os.environ, PATH="/usr/sbin:/sbin:/usr/bin:/bin"))
    disk = str(tmp_path / "disk")
    os.mkdir(disk)
    made = subprocess.run(["mount", "-o", "loop", image, disk], capture_output=True, text=True)
    if made.returncode != 0:
        pytest.skip("cannot mount: " + made.stderr.strip())
    try:
        everything_works_on_a_full_disk(Rig(tmp_path, journal, on=disk))
    finally:
        unmount(disk)


def test_read_only_file_system_lets_nobody_in(rig):
    """Nor does it tell who is enrolled: all are asked, and told the same."""
    ann = rig.enroll()
    mount("none", rig.disk, flags=32 | 1)  # MS_REMOUNT | MS_RDONLY
    looks = []
    rig.journal.take()
    for person, answer in ((ann, ann.phone.code()), (ann, ann.phone.wrong()), ("u399", "123456"),
                           ("nobody-of-that-name", "123456")):
        seen = rig.login(person, answer)
        assert seen.codes == [UNAVAILABLE]
        lines = plain(rig.journal.take())
        assert "Read-only file system" in lines[-1]
        looks.append((seen.texts, lines))
    assert looks[0] == looks[1]
    assert {tuple(map(str, texts)) for texts, _ in looks} == {tuple(map(str, looks[0][0]))} != {()}
    mount("none", rig.disk, flags=32)
    assert rig.login(ann, ann.phone.code()).codes == [SUCCESS]


# ---- ulimit -f -------------------------------------------------------------------------

def limited(rig, person, answer, size, ignored):
    """One login under the limit, and all that its caller can see of it."""
    options = ["-F", str(size), "-k"] + (["-X"] if ignored else [])
    rig.journal.take()
    command = rig.login_command(person, answer, options=options)
    done, trace = rig.sweep(command, begin="answered", end="authenticated")
    text = re.sub(r'"us":\d+', "", done.stdout)
    return (trace.end["exit"], trace.end["signal"], text, plain(rig.journal.take()),
            trace.work("answered", "authenticated"))


@pytest.mark.parametrize("ignored", [True, False], ids=["ignored", "default"])
@pytest.mark.parametrize("before", [0, 1, 2, 4], ids=lambda n: "%d-failures" % n)
def test_under_a_limit_right_and_wrong_look_alike(rig, ignored, before):
    """Also where a wrong code would have been held back: the time tells as much."""
    ann = rig.enroll(recovery=1)
    wrong = ann.phone.wrongs(before + 1)
    if before:
        rig.login(ann, *wrong[:before])
    saved = rig.save()
    steady()
    for pair in ((ann.phone.code(), wrong[-1]), (ann.recovery[0], WRONG_RECOVERY)):
        looks = []
        for answer in pair:
            rig.restore(saved)
            looks.append(limited(rig, ann, answer, 0, ignored))
        assert looks[0] == looks[1]
        assert looks[0][0] == UNAVAILABLE, "the limit must fail the login, not the host"
    rig.restore(saved)
    assert rig.login(ann, ann.phone.code()).codes == [SUCCESS]


@pytest.mark.parametrize("ignored", [True, False], ids=["ignored", "default"])
@pytest.mark.parametrize("size", SIZES)
def test_no_limit_frees_of_failures(rig, size, ignored):
    """Nine failures, then guesses under a limit that may tear the record: the next
    wrong one still locks, and no code is let in that is not then recorded."""
    ann = rig.enroll(hotp=True)
    wrong = ann.phone.wrongs(14)
    for start in range(2):  # either slot may be the one that a failure is written to
        rig.settings(lock_after=100)
        rig.login(ann, ann.phone.code(start))
        rig.login(ann, *wrong[:9])
        saved = rig.save()
        for guess in wrong[9:12]:
            exit_status, signal = limited(rig, ann, guess, size, ignored)[:2]
            assert exit_status in (AUTH_ERR, UNAVAILABLE) and signal == 0
        rig.settings(lock_after=10)
        rig.login(ann, wrong[12])
        rig.journal.take()
        rig.login(ann, wrong[13])
        assert rig.journal.results() == ["locked"], "a torn record lost its failures"
        rig.restore(saved)
        rig.settings()
        code = ann.phone.code(start + 1)
        first = limited(rig, ann, code, size, ignored)[0]
        again = rig.login(ann, code).codes[0]
        assert (first == SUCCESS) + (again == SUCCESS) <= 1, "accepted twice"
        assert rig.login(ann, ann.phone.code(start + 2)).codes == [SUCCESS]
        rig.restore(saved)
