/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A clock that goes on only while somebody sleeps, and nobody sleeps in truth: what waits for seconds is
 * tested in no time, on every machine alike. The test is linked with --wrap for clock_gettime and nanosleep.
 */
#ifndef PAUSES_H
#define PAUSES_H

#include <stdint.h>

/*
 * From here on nobody sleeps; a pause takes `length` milliseconds by the clock, however short it was to be.
 * `during`, or NULL, is told which pause it is, counted from 1.
 */
void pauses_begin(void (*during)(unsigned pause), int64_t length);
/* The clock is the machine's again. Returns the milliseconds that were to be slept. */
unsigned pauses_end(void);

#endif
