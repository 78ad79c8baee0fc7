/* SPDX-License-Identifier: BSD-2-Clause */
#include "names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool
names_add(const char *user, void *arg)
{
	struct names *names = arg;
	char *name;

	names->cut = true;
	if (names->count == names->room) {
		size_t room = names->room > 0 ? 2 * names->room : 256;
		char **more = reallocarray(names->name, room, sizeof *more);

		if (more == NULL)
			return false;
		names->name = more;
		names->room = room;
	}
	if ((name = strdup(user)) == NULL)
		return false;
	names->name[names->count++] = name;
	names->cut = false;
	return true;
}

bool
names_list(struct names *names, struct store *store,
    bool (*list)(struct store *store, bool (*each)(const char *user, void *arg), void *arg,
	struct store_fault *fault),
    struct store_fault *fault)
{
	if (!list(store, names_add, names, fault))
		return false;
	return !names->cut || store_fault_set(fault, store->path, ".", "cannot be listed", ENOMEM);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
names_sort(struct names *names)
{
	if (names->count > 0)
		qsort(names->name, names->count, sizeof *names->name, compare);
}

bool
names_has(const struct names *names, const char *name)
{
	return names->count > 0 &&
	    bsearch(&name, names->name, names->count, sizeof *names->name, compare) !=
	    NULL;
}

void
names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
}
