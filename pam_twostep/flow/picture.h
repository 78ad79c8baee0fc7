/* SPDX-License-Identifier: BSD-2-Clause */
/* A QR code in half blocks: two rows of modules in a line of text, in UTF-8. */
#ifndef FLOW_PICTURE_H
#define FLOW_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"

#define PICTURE_MARGIN 2 /* light modules around it; zbarimg reads no picture with less */

/* The modules of a QR code, row by row, as libqrencode gives them: bit 0 is 1 for a dark one. */
struct picture {
	unsigned width; /* modules, 0 for no picture */
	const uint8_t *modules;
};

/* Lines of text that it takes. */
unsigned picture_lines(const struct picture *picture);

/*
 * One of its lines, without a newline. Light modules are drawn, which is right on a dark
 * terminal; inverted for a light one.
 */
void picture_line(struct text *text, const struct picture *picture, unsigned line, bool inverted);

#endif
