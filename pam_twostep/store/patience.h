/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long somebody is waited for who is in the middle of something: two seconds, because he may have been
 * stopped there and never go on.
 */
#ifndef STORE_PATIENCE_H
#define STORE_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

struct patience {
	int64_t end; /* milliseconds of the clock that nobody sets */
};

/* The two seconds begin. */
struct patience patience_begin(void);

/* Sleeps for a millisecond, in which he can go on; false instead when the time is over. */
bool patience_wait(const struct patience *patience);

#endif
