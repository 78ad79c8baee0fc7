/* SPDX-License-Identifier: BSD-2-Clause */
/* Which form a picture takes at this terminal. */
#include <stdio.h>
#include <string.h>

#include "qr.h"
#include "terminal.h"

static enum qr_form
automatic_form(void)
{
	if (terminal_is_out())
		return terminal_is_utf8() ? QR_TERMINAL : QR_ANSI;
	return terminal_is_utf8() ? QR_UTF8 : QR_ASCII;
}

bool
qr_form_named(const char *name, enum qr_form *form)
{
	static const struct {
		const char *name;
		enum qr_form form;
	} forms[] = { { "utf8", QR_UTF8 }, { "ansi", QR_ANSI }, { "ascii", QR_ASCII },
		{ "none", QR_NONE } };

	*form = automatic_form();
	if (name == NULL || strcmp(name, "auto") == 0)
		return true;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (strcmp(name, forms[i].name) == 0) {
			*form = forms[i].form;
			/* Where it is shown, the colours need not be guessed. */
			if (*form == QR_UTF8 && terminal_is_out())
				*form = QR_TERMINAL;
			return true;
		}
	}
	return false;
}

bool
qr_show(const char *text, enum qr_form form)
{
	return qr_draw(stdout, text, form, terminal_columns());
}
