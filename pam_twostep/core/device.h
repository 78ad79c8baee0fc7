/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One authenticator: its key, what decides its codes beside the key, and its text form,
 *
 *	ID totp SHA1 6 30 FLOOR NAME KEY
 *
 * which enrollments and invitations hold in their sealed bodies. Behind FLOOR, without a blank,
 * stands a drift that was brought along, as +2 or -3.
 */
#ifndef CORE_DEVICE_H
#define CORE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/otp.h"
#include "core/text.h"

#define DEVICE_ID_SIZE 17   /* 16 hexadecimal digits and the NUL */
#define DEVICE_NAME_SIZE 33 /* 32 characters of [A-Za-z0-9._-] and the NUL */

struct device {
	char id[DEVICE_ID_SIZE]; /* of the key and its parameters: the same key is the same device */
	char name[DEVICE_NAME_SIZE];
	struct otp otp;
	int64_t floor; /* codes of this step or counter and before never count; -1 for none */
	int drift; /* steps that its clock is ahead, until the history knows better; 0 for HOTP */
};

void device_wipe(struct device *device);

/* True for one to 32 characters of [A-Za-z0-9._-]. */
bool device_name_valid(const char *name);

/* Fills in the id from the rest. False when libcrypto fails. */
bool device_identify(struct device *device);

/* Writes the text form and ends the line. */
void device_put(struct text *text, const struct device *device);

/*
 * Takes one text form with its newline. False for anything that device_put would not have
 * written, an id that is not the key's among it; the device may then be filled in part.
 */
bool device_take(struct cursor *cursor, struct device *device);

#endif
