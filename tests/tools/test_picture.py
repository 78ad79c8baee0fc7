# SPDX-License-Identifier: BSD-2-Clause
"""The picture: whether a phone can read it where it is shown, and who can read its file."""

import os
import re
import stat
import subprocess

import pytest

import terminal
from tool import DONE, NO, PROMPT, SYSTEM, Phone, grouped, phone_of, uri_in

KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LONG_NAME = "hal-9000.example"      # with an ordinary account still no wider than version 5


def shown_at(tool, *words, rows=24, **more):
    """All that a terminal was sent until the code is asked for."""
    child = tool.spawn("enroll", *words, size=(rows, terminal.COLUMNS), **more)
    child.expect_exact(PROMPT)
    text = child.before + PROMPT
    child.close(force=True)
    return text


def picture(text, theme, path, rows=24):
    """A terminal that was sent the text, and what zbarimg reads on it."""
    screen = terminal.screen_of(text, rows)
    return screen, terminal.decode(terminal.draw(screen, theme, path))


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("issuer", ["srv1", LONG_NAME])
@pytest.mark.parametrize("words", [[], ["--qr", "auto"], ["--qr", "utf8"]])
def test_80x24_holds_picture_key_and_prompt(tool, ann, tmp_path, theme, issuer, words):
    tool.settings(issuer=issuer)
    text = shown_at(tool, ann, *words)
    screen, uri = picture(text, theme, str(tmp_path / "screen.png"))
    assert uri is not None, "\n".join(screen.display)
    lines = terminal.lines_of(screen)
    assert "Key: " + grouped(phone_of(uri).key) in "\n".join(lines)
    assert PROMPT.rstrip() in lines
    assert uri.startswith("otpauth://totp/%s:%s?" % (issuer, ann))


@pytest.mark.parametrize("language", ["nl_NL.UTF-8", "xx_XX.utf8", "C.UTF-8"])
def test_a_locale_that_is_not_installed_still_says_that_blocks_can_be_drawn(
        tool, ann, tmp_path, language):
    """ssh sends the LANG of the client along, which the server need not have."""
    text = shown_at(tool, ann, env={"LANG": language})
    _, uri = picture(text, "dark", str(tmp_path / "screen.png"))
    assert uri is not None


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("words, language", [(["--qr", "ansi"], "C.UTF-8"), ([], "C")])
def test_a_terminal_without_blocks_gets_colours(tool, ann, tmp_path, theme, words, language):
    text = shown_at(tool, ann, *words, rows=50, env={"LANG": language})
    assert text.isascii()
    _, uri = picture(text, theme, str(tmp_path / "screen.png"), rows=50)
    assert uri is not None


@pytest.mark.parametrize("words, columns", [([], 37), (["--qr", "ansi"], 74), (["--qr", "ascii"], 74)])
def test_a_picture_wider_than_the_terminal_is_not_drawn(tool, ann, words, columns):
    """Broken into two lines each, nothing reads it."""
    for size, drawn in (((50, columns), True), ((50, columns - 1), False), ((0, 0), True)):
        child = tool.spawn("enroll", ann, *words, size=size)
        child.expect_exact(PROMPT)
        assert ("Too large a picture" in child.before) == (not drawn)
        assert len(child.before.splitlines()) > 20 or not drawn
        assert "Key: " in child.before
        child.close(force=True)


def test_colours_end_with_each_line(tool, ann):
    """A line that is cut or wrapped must not colour the rest of the screen."""
    for words in (["--qr", "utf8"], ["--qr", "ansi"]):
        text = shown_at(tool, ann, *words, rows=50)
        assert "\033[" in text
        for line in text.splitlines():
            assert "\033[" not in line or line.endswith("\033[0m"), line


@pytest.mark.codes
def test_the_decoded_picture_gives_the_code_that_enrolls(tool, ann, tmp_path):
    child = tool.spawn("enroll", ann)
    child.expect_exact(PROMPT)
    _, uri = picture(child.before, "dark", str(tmp_path / "screen.png"))
    phone = phone_of(uri)
    child.sendline(phone.code())
    child.expect_exact("recovery codes")
    child.read()
    child.close()
    assert child.exitstatus == DONE
    tool.verify(ann, phone.code(1))


# ---- through a pipe

def block_lines(text, blocks):
    return [line for line in text.splitlines() if line and set(line) <= set(blocks)]


def test_text_blocks_through_a_pipe(tool, ann, tmp_path):
    done = tool.run("enroll", ann, "--qr", "utf8", "--no-confirm", "--uri")
    assert "\033" not in done.stdout
    text = "\r\n".join(block_lines(done.stdout, " \u2580\u2584\u2588"))
    _, uri = picture(text, "dark", str(tmp_path / "qr.png"))
    assert uri == uri_in(done.stdout)


def test_ascii_through_a_pipe(tool, ann, tmp_path):
    done = tool.run("enroll", ann, "--qr", "ascii", "--no-confirm", "--uri")
    assert done.stdout.isascii() and "\033" not in done.stdout
    lines = block_lines(done.stdout, " #")
    assert len(lines) > 20
    path = terminal.draw_marks(lines, "#", str(tmp_path / "qr.png"))
    assert terminal.decode(path) == uri_in(done.stdout)


@pytest.mark.parametrize("language", ["C", "C.UTF-8"])
def test_no_escape_goes_through_a_pipe_unasked(tool, ann, language):
    done = tool.run("enroll", ann, "--no-confirm", env={"LANG": language})
    assert "\033" not in done.stdout
    assert language != "C" or done.stdout.isascii()


def test_no_picture_where_none_is_wanted(tool, ann):
    done = tool.run("enroll", ann, "--qr", "none", "--key", KEY, "--no-confirm")
    assert "\033" not in done.stdout and not re.search("[#\u2588]", done.stdout)
    assert "Key: " + grouped(KEY) in done.stdout


def test_a_long_uri_gets_no_picture_but_the_key(tool, ann):
    done = tool.run("enroll", ann, "--issuer", "x" * 80, "--uri", "--key", KEY, "--no-confirm")
    assert len(uri_in(done.stdout)) > 140
    assert not re.search("[#\u2588]", done.stdout)
    assert "Key: " + grouped(KEY) in done.stdout


# ---- the file

def enrolled_with(tool, ann, path, more=(), **how):
    return tool.run("enroll", ann, "--qr-file", str(path), "--no-confirm", "--uri", "--qr",
                    "none", *more, **how)


@pytest.mark.parametrize("umask", [0, 0o22, 0o77, 0o777])
def test_the_file_is_for_its_owner_alone(tool, ann, tmp_path, umask):
    path = tmp_path / "qr.png"
    done = enrolled_with(tool, ann, path, umask=umask)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert terminal.decode(str(path)) == uri_in(done.stdout)


def test_a_file_holds_what_no_terminal_does(tool, ann, tmp_path):
    path = tmp_path / "qr.png"
    done = enrolled_with(tool, ann, path, more=["--issuer", "x" * 80, "--algorithm", "SHA512"])
    assert len(uri_in(done.stdout)) > 300
    assert terminal.decode(str(path)) == uri_in(done.stdout)


def test_the_file_is_named_relative_to_the_directory(tool, ann, tmp_path):
    enrolled_with(tool, ann, "qr.png", cwd=tmp_path)
    assert (tmp_path / "qr.png").exists()


def test_a_file_that_is_there_stays(tool, ann, tmp_path):
    path = tmp_path / "qr.png"
    path.write_text("mine")
    enrolled_with(tool, ann, path, status=None)
    assert path.read_text() == "mine"
    tool.run("status", ann, status=NO, errors=False)


@pytest.mark.parametrize("aim", ["there", "nowhere"])
def test_a_link_is_not_followed(tool, ann, tmp_path, aim):
    (tmp_path / "there").write_text("mine")
    os.symlink(tmp_path / aim, tmp_path / "qr.png")
    done = enrolled_with(tool, ann, tmp_path / "qr.png", status=None)
    assert done.returncode in (NO, SYSTEM) and "qr.png" in done.stderr
    assert (tmp_path / "there").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()
    assert os.path.islink(tmp_path / "qr.png")


def test_a_fifo_hangs_nobody(tool, ann, tmp_path):
    os.mkfifo(tmp_path / "qr.png")
    done = enrolled_with(tool, ann, tmp_path / "qr.png", status=None)
    assert done.returncode in (NO, SYSTEM)


@pytest.mark.parametrize("name", ["none/qr.png", "", ".", "/", "x" * 300])
def test_a_file_that_cannot_be_made_is_named(tool, ann, tmp_path, name):
    done = enrolled_with(tool, ann, name, status=None, cwd=tmp_path)
    assert done.returncode != DONE
    tool.run("status", ann, status=NO, errors=False)


def test_no_file_is_left_when_the_disk_is_full(tool, ann, tmp_path):
    """It takes the name of the file, and none of its bytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", disk], check=True)
    try:
        with pytest.raises(OSError), open(disk / "filler", "wb", buffering=0) as file:
            for _ in range(5):
                file.write(b"x" * 4096)
        done = enrolled_with(tool, ann, disk / "qr.png", status=SYSTEM)
        assert "No space left" in done.stderr
        assert not (disk / "qr.png").exists()
        tool.run("status", ann, status=NO, errors=False)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_limit_on_file_sizes_leaves_no_file(tool, ann, tmp_path):
    path = tmp_path / "qr.png"
    tool.enroll("u0")
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh",
         *tool.command("enroll", ann, "--qr-file", str(path), "--no-confirm")],
        capture_output=True, text=True)
    assert done.returncode != DONE
    assert not path.exists()
    tool.run("status", ann, status=NO, errors=False)


def test_a_picture_is_all_that_a_quiet_enrollment_shows_of_the_key(tool, ann, tmp_path):
    path = tmp_path / "qr.png"
    done = tool.run("enroll", ann, "--quiet", "--no-confirm", "--qr-file", str(path))
    phone = phone_of(terminal.decode(str(path)))
    assert phone.key not in done.stdout and "otpauth" not in done.stdout
    tool.verify(ann, Phone(phone.key).code())
