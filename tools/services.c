/* SPDX-License-Identifier: BSD-2-Clause */
/* The services of PAM: each file of its directories that is one. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "service.h"
#include "service_file.h"
#include "terminal.h"

#define FRAGMENTS_MAX 128

struct services {
	struct service service; /* the one that is looked at */
	size_t fragments;
	char fragment[FRAGMENTS_MAX][PLAIN_PATH_SIZE]; /* files that others include */
};

static bool
ends_in(const char *name, const char *ending)
{
	size_t len = strlen(name), end = strlen(ending);

	return len >= end && strcmp(name + len - end, ending) == 0;
}

/* Left behind by editors and packages: no service has such a name. */
static bool
is_left_over(const char *name)
{
	static const char *const endings[] = { "~", ".bak", ".old", ".orig", ".dpkg-old",
		".dpkg-dist", ".dpkg-new", ".ucf-dist", ".ucf-old", ".rpmnew", ".rpmsave",
		".rpmorig", ".swp" };

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (ends_in(name, endings[i]))
			return true;
	return *name == '.';
}

/* Which files others include: parts of services, that are no services themselves. */
static void
note_fragments(struct services *services)
{
	const struct stack *stack = &services->service.stack;

	for (size_t i = 0; i < stack->count; i++) {
		const char *file = stack->line[i].file;
		bool known = strcmp(file, stack->file) == 0;

		for (size_t j = 0; j < services->fragments; j++)
			known = known || strcmp(services->fragment[j], file) == 0;
		if (!known && services->fragments < FRAGMENTS_MAX)
			memcpy(services->fragment[services->fragments++], file,
			    PLAIN_PATH_SIZE);
	}
}

/* (su-l includes su, which is a service as well: it opens sessions.) */
static bool
is_fragment(const struct services *services)
{
	const struct stack *stack = &services->service.stack;

	for (size_t i = 0; i < stack->count; i++)
		if (stack->line[i].type == STACK_SESSION)
			return service_is_shared(stack->file);
	for (size_t i = 0; i < services->fragments; i++)
		if (strcmp(services->fragment[i], stack->file) == 0)
			return true;
	return false;
}

static void
look_at(struct services *services, const char *name)
{
	struct service *service = &services->service;
	struct stack *stack = &service->stack;
	bool ours = false;

	service->name = name;
	service->auth = stack_ours(stack, STACK_AUTH);
	service->account = stack_ours(stack, STACK_ACCOUNT);
	for (size_t i = 0; i < stack->count; i++)
		ours = ours || stack_is_ours(&stack->line[i]);
	if (stack->cut)
		finding_unreadable(service->doctor->findings, stack->file, EFBIG);
	else if (ours && !is_fragment(services))
		service_check(service);
}

/* Reads it: the first time round for what it includes, the second time to look at it. */
static void
read_service(struct services *services, const char *name, bool again)
{
	struct doctor *doctor = services->service.doctor;

	/* (a directory, say, is none of libpam's) */
	if (!stack_read(&services->service.stack, doctor->root, name)) {
		if (again && errno != EINVAL)
			finding_unreadable(doctor->findings, name, errno);
	} else if (again) {
		look_at(services, name);
	} else {
		note_fragments(services);
	}
}

/* What lies beside a service of which a change waits to be confirmed. */
static void
check_beside(struct doctor *doctor, const char *name)
{
	char service[SERVICE_NAME_SIZE], path[PLAIN_PATH_SIZE];

	if (service_part_of(service, name) &&
	    plain_path(path, doctor->root, SERVICE_DIRECTORY, service) != NULL)
		finding_add(doctor->findings, "unconfirmed", path, 0,
		    tr("changed by twostep enable, and nobody has confirmed it"),
		    tr("twostep enable --keep from a new login, or twostep disable"));
}

static void
read_directory(struct services *services, const char *directory, bool first, bool again)
{
	struct doctor *doctor = services->service.doctor;
	char path[PLAIN_PATH_SIZE];
	struct dirent **entries;
	int count;

	if (plain_path(path, doctor->root, directory, "") == NULL)
		return;
	count = scandir(path, &entries, NULL, alphasort);
	/* The second one is there on few machines. */
	if (count < 0 && again && (first || errno != ENOENT))
		finding_unreadable(doctor->findings, path, errno);
	if (count < 0)
		return;
	for (int i = 0; i < count; i++) {
		if (!is_left_over(entries[i]->d_name))
			read_service(services, entries[i]->d_name, again);
		else if (first && again)
			check_beside(doctor, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

void
services_check(struct doctor *doctor)
{
	struct services *services = calloc(1, sizeof *services);

	if (services == NULL) {
		finding_unreadable(doctor->findings, stack_directories[0], errno);
		return;
	}
	services->service.doctor = doctor;
	for (int again = 0; again < 2; again++)
		for (size_t i = 0; stack_directories[i] != NULL; i++)
			read_directory(services, stack_directories[i], i == 0, again > 0);
	free(services);
}
