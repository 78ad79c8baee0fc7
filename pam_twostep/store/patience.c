/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/patience.h"

#include <time.h>

#define PAUSES_MAX 2000
#define PAUSE_NS 1000000L

bool
patience_wait(struct patience *patience)
{
	struct timespec pause = { .tv_nsec = PAUSE_NS };

	if (patience->pauses == PAUSES_MAX)
		return false;
	patience->pauses++;
	(void)nanosleep(&pause, NULL);
	return true;
}
