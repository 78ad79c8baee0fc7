/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The module's lines in the text of a service, put in and taken out.
 *
 * 1. The auth lines come behind the last first factor, and the account line before every other.
 * 2. No jump MUST land elsewhere for it: `[success=1 ...]` counts lines, and one more or less can lead
 *    round the module, or round what refuses. The end of a phase is such a place: who jumps there past the
 *    first factor is refused, and would be let in by the lines that stand there now.
 * 3. Whether the result is sound is not judged here: see service_check.
 */
#ifndef TOOLS_GUARD_H
#define TOOLS_GUARD_H

#include "stack.h"

#define GUARD_TEXT_MAX 65536 /* bytes of a service that is added to; more are refused */

/* A text, and in which of its lines the module's stand. */
struct guard_text {
	size_t len;
	char bytes[GUARD_TEXT_MAX + 1024]; /* ends in a NUL */
	size_t count;
	unsigned ours[STACK_LINES_MAX]; /* numbers, from 1 */
};

/*
 * Makes `with` of a text that stands in `file`, without the module, or `without` of one with it.
 * NULL, or a constant that says why that cannot be.
 */
const char *guard_add(
    struct guard_text *with, const char *file, const struct guard_text *without);
const char *guard_remove(
    struct guard_text *without, const char *file, struct guard_text *with);

#endif
