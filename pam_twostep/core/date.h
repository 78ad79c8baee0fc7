/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dates and times of the calendar (ISO 8601, as RFC 3339 section 5.6 writes them) and moments in
 * Unix seconds. UTC, unless the text names an offset: TZ is a variable, and so the caller's.
 */
#ifndef CORE_DATE_H
#define CORE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/text.h"

#define DATE_DAY 86400 /* seconds */

/*
 * Reads YYYY-MM-DD, YYYY-MM-DDTHH:MM or YYYY-MM-DDTHH:MM:SS, each followed by nothing, Z, +HH:MM or
 * -HH:MM: all of it, a day that there is, from 1970 on. No leap second: Unix time has none. *east
 * becomes the seconds that the writer is ahead of UTC.
 */
bool date_parse(const char *at, size_t len, int64_t *moment, int64_t *east);

struct date {
	int64_t year;
	unsigned month; /* 1 to 12 */
	unsigned day;   /* 1 to 31 */
};

/* The day of a moment in UTC; of one before 1970, its first. */
struct date date_of(int64_t moment);

/* The same, as YYYY-MM-DD. */
void date_put(struct text *text, int64_t moment);

#endif
