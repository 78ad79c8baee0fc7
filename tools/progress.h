/* SPDX-License-Identifier: BSD-2-Clause */
/* How far a long work is: one line on standard error, where that is a terminal. */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	bool wanted, drawn;
	size_t total;
	int64_t began, last; /* milliseconds */
};

void progress_start(struct progress *progress, size_t total);
/* So much is done. Nothing is drawn in the first two seconds. */
void progress_show(struct progress *progress, size_t done);
/* Takes the line away; due before anything else is written. */
void progress_clear(struct progress *progress);

#endif
