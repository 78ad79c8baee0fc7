/* SPDX-License-Identifier: BSD-2-Clause */
#include "pauses.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

static struct {
	bool made;
	unsigned count, milliseconds;
	int64_t now, length; /* milliseconds by the clock: by now, and what a pause takes */
	void (*during)(unsigned pause);
} pauses;

void
pauses_begin(void (*during)(unsigned pause), int64_t length)
{
	pauses.made = true;
	pauses.count = pauses.milliseconds = 0;
	pauses.now = 0;
	pauses.length = length;
	pauses.during = during;
}

unsigned
pauses_end(void)
{
	pauses.made = false;
	return pauses.milliseconds;
}

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	if (!pauses.made)
		return __real_clock_gettime(clock, now);
	*now = (struct timespec){ .tv_sec = pauses.now / 1000, .tv_nsec = pauses.now % 1000 * 1000000 };
	return 0;
}

int __real_nanosleep(const struct timespec *pause, struct timespec *left);
int __wrap_nanosleep(const struct timespec *pause, struct timespec *left);
int
__wrap_nanosleep(const struct timespec *pause, struct timespec *left)
{
	if (!pauses.made)
		return __real_nanosleep(pause, left);
	pauses.milliseconds += (unsigned)pause->tv_sec * 1000 + (unsigned)(pause->tv_nsec / 1000000);
	pauses.count++;
	pauses.now += pauses.length;
	if (pauses.during != NULL)
		pauses.during(pauses.count);
	return 0;
}
