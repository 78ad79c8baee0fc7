/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long somebody is waited for who is in the middle of something: two seconds, because he may have been
 * stopped there and never go on. Counted are the pauses, not what a clock says: on a machine that is
 * overloaded or stood still for a while he had no more time than the one who waits.
 */
#ifndef STORE_PATIENCE_H
#define STORE_PATIENCE_H

#include <stdbool.h>

struct patience {
	unsigned pauses; /* made so far; begins as 0 */
};

/* Sleeps for a millisecond, in which he can go on; false instead when the time is over. */
bool patience_wait(struct patience *patience);

#endif
