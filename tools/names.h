/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of one directory of the store, in memory. */
#ifndef TOOLS_NAMES_H
#define TOOLS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"

struct names {
	char **name;
	size_t count, room;
	bool cut; /* memory was short, and somebody is not there */
};

/* For store_list and its like; `arg` is a struct names that began as { NULL }. False: it is cut. */
bool names_add(const char *user, void *arg);
/* Adds all that store_list or store_list_invited lists. False with the fault. */
bool names_list(struct names *names, struct store *store,
    bool (*list)(struct store *store, bool (*each)(const char *user, void *arg), void *arg,
	struct store_fault *fault),
    struct store_fault *fault);
void names_sort(struct names *names);
/* After names_sort. */
bool names_has(const struct names *names, const char *name);
void names_free(struct names *names);

#endif
