/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a typed code stands among one device's codes of this moment. */
#ifndef CORE_SEARCH_H
#define CORE_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/enrollment.h"
#include "core/history.h"
#include "core/otp.h"
#include "core/settings.h"

#define SEARCH_RESYNC 20 /* TOTP steps on either side in which two codes in a row count */
#define SEARCH_MAX 160   /* steps that one search looks at, at the most */

/* One device's view of the moment; its caller sets device and now, and wipes it. */
struct search {
	const struct device *device;
	int64_t now;     /* Unix seconds */
	uint32_t number; /* what was typed */
	struct otp_keyed keyed;
	int64_t step;             /* TOTP: now's; HOTP: the next counter */
	int64_t last;             /* spent up to here */
	int drift;                /* steps */
	int64_t from, to;         /* what is accepted at once, if later than last */
	int64_t least, most;      /* what else tells something of a code */
	int64_t first, count;     /* what `match` is about */
	uint8_t match[SEARCH_MAX];
};

void search_wipe(struct search *search);

/* Looks at what can be accepted at once: all that most logins need. False when libcrypto fails. */
bool search_near(struct search *search, const struct settings *settings,
    const struct history *history, uint32_t number);

/* Looks, after search_near, at all that tells something of a code. False when libcrypto fails. */
bool search_far(struct search *search);

/* The latest matching step in [from, to] that a record can hold, or -1. */
int64_t search_latest(const struct search *search, int64_t from, int64_t to);

/* The latest matching step that is accepted at once, or -1. */
int64_t search_accepted(const struct search *search);

#endif
