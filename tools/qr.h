/* SPDX-License-Identifier: BSD-2-Clause */
/* The picture that an authenticator app scans: on a terminal, as plain text, or in a PNG file. */
#ifndef TOOLS_QR_H
#define TOOLS_QR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define QR_TEXT_MAX 140 /* bytes; a longer text makes a picture that no terminal holds */

enum qr_form {
	QR_NONE,
	QR_UTF8,     /* half blocks, light modules drawn: right on a dark terminal */
	QR_TERMINAL, /* half blocks in explicit black on white: right on every terminal */
	QR_ANSI,     /* blanks on explicit black and white, two columns a module */
	QR_ASCII,    /* ##, two columns a module, light modules drawn */
};

/* The form of that name (`auto` or NULL: as this terminal can show it); false for none. */
bool qr_form_named(const char *name, enum qr_form *form);

/* Draws it on standard output; false when it is too large for the terminal. */
bool qr_show(const char *text, enum qr_form form);

/*
 * Draws the text as a QR code (ECC L, a quiet zone of 2 modules) of at most so many columns; 0: any number.
 * False when it does not fit or memory is short; nothing is drawn then.
 */
bool qr_draw(FILE *out, const char *text, enum qr_form form, unsigned columns);

/* Writes it as a PNG (8 pixels a module, a quiet zone of 4). False sets errno. */
bool qr_write_png(int fd, const char *text);

#endif
