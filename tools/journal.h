/* SPDX-License-Identifier: BSD-2-Clause */
/* What is no module writes to the journal in the module's words: the tool, and the set-uid helper. */
#ifndef TOOLS_JOURNAL_H
#define TOOLS_JOURNAL_H

#include <sys/types.h>

#include "core/event.h"

struct journal {
	const char *program; /* which says it, and is the service of its lines */
	const char *user;    /* whom they are about */
	uid_t by;            /* who has called it */
};

/* A line, of LOG_NOTICE or the like. */
void journal_write(const char *program, int priority, const char *bytes);

/* Begins a line in `bytes`. */
struct text journal_start(const struct journal *journal, char bytes[static EVENT_SIZE], const char *result);
/* Ends it, and writes it; it stays in its buffer. */
void journal_end(const struct journal *journal, struct text *line, int priority);

/* The whole line of a change of the account; device and method may be NULL. */
void journal_change(const struct journal *journal, char bytes[static EVENT_SIZE], const char *result,
    const char *device, const char *method);

#endif
