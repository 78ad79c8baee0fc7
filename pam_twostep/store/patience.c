/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/patience.h"

#include <time.h>

#define PATIENCE_MS 2000
#define PAUSES_MIN 200
#define PAUSE_NS 1000000L

static int64_t
milliseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool
patience_wait(struct patience *patience)
{
	struct timespec pause = { .tv_nsec = PAUSE_NS };

	if (patience->pauses == 0)
		patience->end = milliseconds() + PATIENCE_MS;
	else if (patience->pauses >= PAUSES_MIN && milliseconds() >= patience->end)
		return false;
	patience->pauses++;
	(void)nanosleep(&pause, NULL);
	return true;
}
