/* SPDX-License-Identifier: BSD-2-Clause */
/* The module is taken out of the file of a service; or what nobody has confirmed is taken back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "diff.h"
#include "session.h"
#include "terminal.h"

static const char verb[] = "disable";

struct disabling {
	const struct request *request;
	const char *name;
	char path[PLAIN_PATH_SIZE];
	int directory;
	struct guard_text before, after, other;
};

/* ---- one service --------------------------------------------------------------------- */

/* The old file is what would be written: it has every attribute that it had. */
static bool
is_old(struct disabling *disabling)
{
	struct store_fault ignored;

	return service_part_read(disabling->directory, disabling->name, PART_OLD,
		   &disabling->other, &ignored) &&
	    strcmp(disabling->other.bytes, disabling->after.bytes) == 0;
}

/* What is left of a change is removed last: should that fail, nothing is taken back that is out already. */
static bool
write_locked(struct disabling *disabling, struct store_fault *fault)
{
	int directory = disabling->directory;
	const char *name = disabling->name;

	if (!service_part_read(directory, name, PART_SERVICE, &disabling->other, fault))
		return false;
	if (strcmp(disabling->other.bytes, disabling->before.bytes) != 0)
		return store_fault_set(fault, NULL, disabling->path,
		    N_("changed by somebody else meanwhile; nothing was done here"), 0);
	return (is_old(disabling)
		       ? service_part_restore(directory, name, fault)
		       : service_part_write(directory, name, PART_SERVICE,
			     disabling->after.bytes, disabling->after.len, fault)) &&
	    service_part_remove(directory, name, PART_UNCONFIRMED, fault) &&
	    service_part_remove(directory, name, PART_OLD, fault);
}

static int
write_change(struct disabling *disabling)
{
	struct store_fault fault;
	struct service_lock lock;
	bool ok;

	if (!service_lock(&lock, &fault))
		return complain_fault(verb, &fault);
	ok = write_locked(disabling, &fault);
	service_unlock(&lock);
	if (!ok)
		return complain_fault(verb, &fault);
	change_log(disabling->name, "unguarded");
	printf(tr("%s: asks for no code any more\n"), disabling->name);
	return EXIT_DONE;
}

static int
disable(struct disabling *disabling)
{
	const char *path = disabling->path, *why;
	struct store_fault fault;

	if (!service_part_read(disabling->directory, disabling->name, PART_SERVICE,
		&disabling->before, &fault)) {
		if (fault.error == ENOENT)
			return refuse(verb, disabling->name, tr("no such service in /etc/pam.d"));
		return complain_fault(verb, &fault);
	}
	why = guard_remove(&disabling->after, path, &disabling->before);
	if (why != NULL)
		return refuse(verb, path, tr(why));
	diff_print(path, disabling->before.bytes, disabling->after.bytes);
	if (!disabling->request->yes && !terminal_agrees(tr("\nWrite this? [y/N] ")))
		return refuse(verb, disabling->name, tr("not agreed to; nothing was changed"));
	return write_change(disabling);
}

static int
disable_service(const struct request *request, int directory)
{
	struct disabling *disabling = calloc(1, sizeof *disabling);
	int status = EXIT_SYSTEM;

	if (disabling == NULL) {
		complain(verb, NULL, tr("no memory"));
		return EXIT_SYSTEM;
	}
	disabling->request = request;
	disabling->name = request->user;
	disabling->directory = directory;
	(void)snprintf(
	    disabling->path, sizeof disabling->path, SERVICE_DIRECTORY "/%s", request->user);
	status = disable(disabling);
	free(disabling);
	return status;
}

/* ---- --unconfirmed ------------------------------------------------------------------- */

static int
take_back(int directory, const char *name)
{
	struct store_fault fault;

	switch (change_take_back(directory, name, &fault)) {
	case CHANGE_TAKEN:
		printf(tr("%s: was not kept in time, and is taken back\n"), name);
		return EXIT_DONE;
	case CHANGE_EDITED:
		return refuse(verb, name, tr("was not kept in time, but somebody has changed it since: "
				       "it stays as it is"));
	case CHANGE_FAULT:
		return complain_fault(verb, &fault);
	default:
		return EXIT_DONE;
	}
}

static int
take_all_back(int directory)
{
	char names[CHANGES_MAX][SERVICE_NAME_SIZE];
	struct store_fault fault;
	size_t count;
	int status = EXIT_DONE;

	if (!change_list(directory, names, &count, &fault))
		return complain_fault(verb, &fault);
	for (size_t i = 0; i < count; i++) {
		int one = take_back(directory, names[i]);

		status = one > status ? one : status;
	}
	return status;
}

static int
check(const struct request *request)
{
	if (geteuid() != 0)
		return refuse(verb, tr("this is for root alone"), NULL);
	if (request->unconfirmed && request->user == NULL)
		return EXIT_DONE;
	if (!request->unconfirmed && request->user != NULL && service_is_name(request->user))
		return EXIT_DONE;
	if (request->user == NULL)
		return misuse(verb, "SERVICE", tr("needed, as in twostep disable sshd"));
	return misuse(verb, request->user, request->unconfirmed ? tr("one word too many")
								: tr("not the name of a service"));
}

int
verb_disable(struct request *request)
{
	struct problem ignored;
	struct store_fault fault;
	int status, directory;

	(void)session_try_settings(request, &ignored);
	status = check(request);
	if (status != EXIT_DONE)
		return status;
	directory = service_directory(&fault);
	if (directory < 0)
		return complain_fault(verb, &fault);
	status = request->unconfirmed ? take_all_back(directory)
				      : disable_service(request, directory);
	(void)close(directory);
	return status;
}
