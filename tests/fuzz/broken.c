/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void
fuzz_broken(const char *what, int line)
{
	(void)fprintf(stderr, "line %d: does not hold: %s\n", line, what);
	abort();
}
