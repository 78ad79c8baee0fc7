/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line of the file that pam_oath reads, users.oath:
 *
 *	HOTP/T30/6  jan  -  00112233445566778899aabbccddeeff  0  123456  2025-05-05T12:00:00L
 *	type        user PIN  key in hexadecimal  counter  code used last  and when
 *
 * The last three may be missing. pam_oath passes over what it cannot read; here it is refused.
 */
#ifndef CORE_OATH_H
#define CORE_OATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/device.h"
#include "core/text.h"

struct oath {
	char user[TEXT_NAME_SIZE];
	struct device device; /* without a name, with an id; what was used is below its floor */
};

void oath_wipe(struct oath *oath);

/* Where the user's name stands in a line without its end. False when there is none, as in a comment. */
bool oath_user(const char *line, size_t len, const char **user, size_t *user_len);

/*
 * Reads such a line at this moment, Unix seconds. False with the reason in *why, NULL for a blank line
 * and for a comment.
 */
bool oath_parse(struct oath *oath, const char *line, size_t len, int64_t now, const char **why);

#endif
