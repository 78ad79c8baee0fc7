# SPDX-License-Identifier: BSD-2-Clause
"""What a terminal draws for a program's output, as a picture that a phone could read."""

import subprocess

import pyte
from PIL import Image, ImageDraw, ImageFont

COLUMNS = 80
_WIDE, _HIGH = 8, 16

_COLOURS = {
    "black": (0, 0, 0), "red": (205, 0, 0), "green": (0, 205, 0), "brown": (205, 205, 0),
    "blue": (0, 0, 238), "magenta": (205, 0, 205), "cyan": (0, 205, 205),
    "white": (229, 229, 229), "brightblack": (127, 127, 127), "brightwhite": (255,) * 3,
}
# (foreground, background) where the program named none
_THEMES = {"dark": ((229,) * 3, (0,) * 3), "light": ((0,) * 3, (255,) * 3)}

# The part of its cell that a block fills: left, top, right, bottom in eighths
_BLOCKS = {
    "\u2588": (0, 0, 8, 8), "\u2580": (0, 0, 8, 4), "\u2584": (0, 4, 8, 8),
    "\u258c": (0, 0, 4, 8), "\u2590": (4, 0, 8, 8),
}


def screen_of(text, rows=24):
    """A terminal of 80 columns after it was sent the text."""
    screen = pyte.Screen(COLUMNS, rows)
    pyte.Stream(screen).feed(text)
    return screen


def lines_of(screen):
    return [line.rstrip() for line in screen.display]


def draw(screen, theme, path):
    """Draws the screen as a dark or a light terminal would and saves it at path."""
    image = Image.new("RGB", (COLUMNS * _WIDE, screen.lines * _HIGH), _THEMES[theme][1])
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default()
    for row in range(screen.lines):
        for column in range(COLUMNS):
            _cell(pen, font, screen.buffer[row][column], column * _WIDE, row * _HIGH, theme)
    image.save(path)
    return path


def _cell(pen, font, char, x, y, theme):
    front = _colour(char.fg, _THEMES[theme][0])
    back = _colour(char.bg, _THEMES[theme][1])
    if char.reverse:
        front, back = back, front
    pen.rectangle((x, y, x + _WIDE - 1, y + _HIGH - 1), fill=back)
    if char.data in _BLOCKS:
        left, top, right, bottom = _BLOCKS[char.data]
        pen.rectangle((x + left * _WIDE // 8, y + top * _HIGH // 8,
                       x + right * _WIDE // 8 - 1, y + bottom * _HIGH // 8 - 1), fill=front)
    elif char.data.strip():
        pen.text((x, y), char.data if char.data.isascii() else "?", fill=front, font=font)


def _colour(name, default):
    if name == "default":
        return default
    if name in _COLOURS:
        return _COLOURS[name]
    return tuple(int(name[i:i + 2], 16) for i in (0, 2, 4))


def draw_marks(lines, mark, path):
    """Draws plain text lines as a dark terminal would: every mark a light cell."""
    wide = max(map(len, lines))
    image = Image.new("L", (wide * _WIDE, len(lines) * _HIGH), 0)
    pen = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        for column, char in enumerate(line):
            if char == mark:
                x, y = column * _WIDE, row * _HIGH
                pen.rectangle((x, y, x + _WIDE - 1, y + _HIGH - 1), fill=255)
    image.save(path)
    return path


def decode(path):
    """What zbarimg reads in the picture, or None; only QR codes count."""
    read = subprocess.run(
        ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", path],
        capture_output=True, text=True)
    return read.stdout.strip() or None
