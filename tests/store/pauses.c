/* SPDX-License-Identifier: BSD-2-Clause */
#include "pauses.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define SECOND 1000000000L /* nanoseconds */

static struct {
	bool made;
	struct timespec now;
	unsigned count;
	void (*during)(unsigned pause);
} pauses;

void
pauses_begin(void (*during)(unsigned pause))
{
	pauses.made = true;
	pauses.now = (struct timespec){ .tv_sec = 0 };
	pauses.count = 0;
	pauses.during = during;
}

unsigned
pauses_end(void)
{
	pauses.made = false;
	return (unsigned)pauses.now.tv_sec * 1000 + (unsigned)(pauses.now.tv_nsec / 1000000);
}

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	if (!pauses.made)
		return __real_clock_gettime(clock, now);
	*now = pauses.now;
	return 0;
}

int __real_nanosleep(const struct timespec *pause, struct timespec *left);
int __wrap_nanosleep(const struct timespec *pause, struct timespec *left);
int
__wrap_nanosleep(const struct timespec *pause, struct timespec *left)
{
	if (!pauses.made)
		return __real_nanosleep(pause, left);
	pauses.now.tv_sec += pause->tv_sec + (pauses.now.tv_nsec + pause->tv_nsec) / SECOND;
	pauses.now.tv_nsec = (pauses.now.tv_nsec + pause->tv_nsec) % SECOND;
	pauses.count++;
	if (pauses.during != NULL)
		pauses.during(pauses.count);
	return 0;
}
