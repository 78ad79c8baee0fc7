/* SPDX-License-Identifier: BSD-2-Clause */
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BEFORE 2000 /* milliseconds in which nothing is drawn, and from one drawing to the next */
#define BETWEEN 100
#define WIDTH 40 /* of the bar, columns */

static int64_t
milliseconds(void)
{
	struct timespec now = { .tv_sec = 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
progress_start(struct progress *progress, size_t total)
{
	*progress = (struct progress){ .wanted = isatty(STDERR_FILENO) == 1, .total = total };
	progress->began = progress->wanted ? milliseconds() : 0;
}

void
progress_show(struct progress *progress, size_t done)
{
	int64_t now = progress->wanted ? milliseconds() : 0;
	size_t full;

	if (!progress->wanted || now - progress->began < BEFORE || now - progress->last < BETWEEN)
		return;
	full = done * WIDTH / progress->total;
	(void)fputs("\r[", stderr);
	for (size_t i = 0; i < WIDTH; i++)
		(void)fputc(i < full ? '#' : '.', stderr);
	fprintf(stderr, "] %zu/%zu", done, progress->total);
	(void)fflush(stderr);
	progress->drawn = true;
	progress->last = now;
}

void
progress_clear(struct progress *progress)
{
	if (progress->drawn)
		fprintf(stderr, "\r%*s\r", 72, "");
	progress->drawn = false;
}
