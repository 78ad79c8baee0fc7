/* SPDX-License-Identifier: BSD-2-Clause */
#include "includers.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service_file.h"

static bool
reads(struct stack *stack, const char *name, const char *path)
{
	if (!stack_read(stack, "", name))
		return false;
	for (size_t i = 0; i < stack->count; i++)
		if (stack->line[i].type == STACK_AUTH && strcmp(stack->line[i].file, path) == 0)
			return true;
	return false;
}

bool
includers_of(char names[static INCLUDERS_SIZE], const char *service, bool guarded)
{
	struct stack *stack = malloc(sizeof *stack);
	struct dirent **entries;
	char path[PLAIN_PATH_SIZE];
	int count = stack != NULL ? scandir(SERVICE_DIRECTORY, &entries, NULL, alphasort) : -1;
	size_t len = 0;

	names[0] = '\0';
	(void)snprintf(path, sizeof path, SERVICE_DIRECTORY "/%s", service);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (service_is_name(name) && strcmp(name, service) != 0 &&
		    len + strlen(name) + 2 < INCLUDERS_SIZE && reads(stack, name, path) &&
		    (!guarded || stack_ours(stack, STACK_AUTH) != NULL))
			len += (size_t)snprintf(names + len, INCLUDERS_SIZE - len, " %s", name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	free(stack);
	return count >= 0;
}
