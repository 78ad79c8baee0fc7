/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine that is so slow that every pause takes a second by its clock, and none in truth: what waits for
 * seconds is tested in no time. The test is linked with --wrap for clock_gettime and nanosleep.
 */
#ifndef PAUSES_H
#define PAUSES_H

/* From here on nobody sleeps; `during`, or NULL, is told which pause it is, counted from 1. */
void pauses_begin(void (*during)(unsigned pause));
/* The clock is the machine's again. Returns the milliseconds that were to be slept. */
unsigned pauses_end(void);

#endif
