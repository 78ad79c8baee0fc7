/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of one directory of the store, in memory. */
#ifndef TOOLS_NAMES_H
#define TOOLS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct names {
	char **name;
	size_t count, room;
};

/* For store_list and its like; `arg` is a struct names that began as { NULL }. False: no memory. */
bool names_add(const char *user, void *arg);
void names_sort(struct names *names);
/* After names_sort. */
bool names_has(const struct names *names, const char *name);
void names_free(struct names *names);

#endif
