/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls that fail, or in whose place the process is killed. The test is linked with
 * --wrap for each of the calls in trouble.c.
 */
#ifndef TROUBLE_H
#define TROUBLE_H

#include <stdbool.h>

/* The call after `calls` others fails with this errno; errno 0 kills the process there. */
void trouble_after(unsigned calls, int error);
/* No more trouble; true when it has come. */
bool trouble_over(void);

/* How many of the wrapped calls were made since trouble_after. */
unsigned trouble_calls(void);

#endif
