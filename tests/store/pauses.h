/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A clock that goes on only while somebody sleeps, so that what waits for seconds takes none, and waits as
 * long on a slow machine. The test is linked with --wrap for clock_gettime and nanosleep.
 */
#ifndef PAUSES_H
#define PAUSES_H

/* From here on nobody sleeps; `during`, or NULL, is told which pause it is, counted from 1. */
void pauses_begin(void (*during)(unsigned pause));
/* The clock is the machine's again. Returns the milliseconds that were slept. */
unsigned pauses_end(void);

#endif
