/* SPDX-License-Identifier: BSD-2-Clause */
#include "flow/picture.h"

unsigned
picture_lines(const struct picture *picture)
{
	return (picture->width + 2 * PICTURE_MARGIN + 1) / 2;
}

/* Coordinates count from the corner of the margin; all around the code is light. */
static bool
light(const struct picture *picture, unsigned x, unsigned y)
{
	unsigned width = picture->width;

	if (x < PICTURE_MARGIN || y < PICTURE_MARGIN || x >= width + PICTURE_MARGIN ||
	    y >= width + PICTURE_MARGIN)
		return true;
	return (picture->modules[(y - PICTURE_MARGIN) * width + x - PICTURE_MARGIN] & 1) == 0;
}

void
picture_line(struct text *text, const struct picture *picture, unsigned line, bool inverted)
{
	/* nothing, lower half, upper half, both */
	static const char *const block[2][2] = { { " ", "\u2584" }, { "\u2580", "\u2588" } };

	for (unsigned x = 0; x < picture->width + 2 * PICTURE_MARGIN; x++)
		text_put(text, block[light(picture, x, 2 * line) != inverted]
				    [light(picture, x, 2 * line + 1) != inverted]);
}
