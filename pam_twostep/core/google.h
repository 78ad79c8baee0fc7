/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file that google-authenticator keeps in a home directory, ~/.google_authenticator:
 *
 *	KEY                             base32
 *	" HOTP_COUNTER 7                the next counter; without it the codes are timed
 *	" STEP_SIZE 30                  seconds
 *	" TIME_SKEW -2                  steps that the phone's clock is ahead
 *	" DISALLOW_REUSE 56666666 ...   steps that are used
 *	12345678                        a scratch code that is not used
 *
 * and options that say how its module works and nothing of the person. What a login there would read
 * otherwise than here is refused.
 */
#ifndef CORE_GOOGLE_H
#define CORE_GOOGLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/device.h"
#include "core/recovery.h"
#include "core/text.h"

struct google {
	struct device device; /* with a name and an id; what was used is below its floor */
	unsigned codes;
	char code[RECOVERY_CODES_MAX][SCRATCH_CHARS + 1];
	bool clamped; /* its clock is further off than HISTORY_DRIFT_MAX steps */
};

void google_wipe(struct google *google);

/* Reads a whole file at this moment, Unix seconds. False with the line and the reason. */
bool google_parse(struct google *google, const char *bytes, size_t len, int64_t now,
    struct fault *fault);

#endif
