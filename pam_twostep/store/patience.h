/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long somebody is waited for who is in the middle of something: two seconds, because he may have been
 * stopped there and never go on; and two hundred pauses at the least, because on a machine that stood still
 * for a while he had no more time than the one who waits.
 */
#ifndef STORE_PATIENCE_H
#define STORE_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

struct patience {
	unsigned pauses; /* made so far; begins as 0 */
	int64_t end;     /* milliseconds of the clock that nobody sets */
};

/* Sleeps for a millisecond, in which he can go on; false instead when the time is over. */
bool patience_wait(struct patience *patience);

#endif
