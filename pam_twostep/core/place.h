/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a login comes from, as far as a history remembers it: digests, and no address. */
#ifndef CORE_PLACE_H
#define CORE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#define PLACE_ID_SIZE 17 /* 16 hexadecimal digits and the NUL */

struct place {
	char id[PLACE_ID_SIZE];   /* empty: nowhere, never remembered */
	char boot[PLACE_ID_SIZE]; /* of the boot id, likewise a digest */
	int64_t uptime;           /* CLOCK_BOOTTIME, seconds */
	bool local;               /* gone with this boot */
};

/*
 * Names the place by what makes it this one, in order, each fact closed off from the next.
 * False when libcrypto fails, and for more than a place is made of (4,096 bytes): then it is nowhere.
 */
bool place_identify(struct place *place, const char *const facts[], unsigned count);

/* True for a place that a history can hold. */
bool place_valid(const struct place *place);

#endif
