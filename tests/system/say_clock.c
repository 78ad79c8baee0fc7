/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded, it says of the kernel's clock what the variable SAY_CLOCK says ("kept" or not): that of the
 * machine cannot be put out of order for a test.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

int
adjtimex(struct timex *state)
{
	const char *word = getenv("SAY_CLOCK");
	int kept = word != NULL && strcmp(word, "kept") == 0;

	state->status = kept ? STA_PLL : STA_UNSYNC;
	return kept ? TIME_OK : TIME_ERROR;
}
