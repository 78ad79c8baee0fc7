/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The module is put into the file of a service, for a while: until somebody says from a new login that
 * one can still log in.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admins.h"
#include "change.h"
#include "core/value.h"
#include "deadline.h"
#include "diff.h"
#include "doctor.h"
#include "flow/login.h"
#include "includers.h"
#include "session.h"
#include "terminal.h"

#define CONFIRM_MIN 60   /* seconds; a login takes some */
#define CONFIRM_MAX 3600 /* seconds; nobody waits longer for what locked him out */
#define CONFIRM_STANDARD 300

static const char verb[] = "enable";

/* What is going to be done. */
struct enabling {
	struct request *request;
	const char *name;
	char path[PLAIN_PATH_SIZE];
	int directory;
	int64_t seconds; /* to be kept within */
	struct guard_text before, after, again;
	struct findings findings; /* of what is going to be written */
	struct service service;
};

/* ---- what is right to write --------------------------------------------------------- */

static int
read_service(struct enabling *enabling)
{
	struct store_fault fault;
	char path[PLAIN_PATH_SIZE];

	if (service_part_read(
		enabling->directory, enabling->name, PART_SERVICE, &enabling->before, &fault))
		return EXIT_DONE;
	if (fault.error != ENOENT && fault.error != ELOOP && fault.error != 0)
		return complain_fault(verb, &fault);
	if (fault.error == ELOOP)
		return refuse(verb, fault.file,
		    tr("a symbolic link, which a program such as authselect writes: use that program"));
	if (fault.error == 0)
		return refuse(verb, fault.file, tr(fault.why));
	(void)snprintf(path, sizeof path, "/usr/lib/pam.d/%s", enabling->name);
	return access(path, F_OK) == 0
	    ? refuse(verb, path, tr("copy it to /etc/pam.d first: that one is the package's"))
	    : refuse(verb, enabling->name, tr("no such service in /etc/pam.d"));
}

/* The doctor looks at what would be there. */
static int
look_over(struct enabling *enabling)
{
	struct doctor doctor = { .root = "",
		.conf = enabling->request->conf != NULL ? enabling->request->conf : TWOSTEP_CONF,
		.now = session_now(),
		.findings = &enabling->findings,
		.store.directory = -1 };
	struct service *service = &enabling->service;

	service->doctor = &doctor;
	service->name = enabling->name;
	if (!stack_parse(&service->stack, "", enabling->path, enabling->after.bytes)) {
		complain(verb, NULL, tr("no memory"));
		return EXIT_SYSTEM;
	}
	service->auth = stack_ours(&service->stack, STACK_AUTH);
	service->account = stack_ours(&service->stack, STACK_ACCOUNT);
	if (strcmp(enabling->name, "sshd") == 0)
		sshd_look(&doctor);
	service_check(service);
	free(doctor.sshd);
	return enabling->findings.unreadable ? EXIT_SYSTEM : EXIT_DONE;
}

/* What is wrong with the service stands in the way; what is wrong elsewhere is told. */
static int
refuse_unsafe(struct enabling *enabling)
{
	struct findings *findings = &enabling->findings;
	bool unsafe = false;

	for (size_t i = 0; i < findings->count; i++)
		unsafe |= !findings->finding[i].advice &&
		    strcmp(findings->finding[i].file, enabling->path) == 0;
	if (!unsafe)
		return EXIT_DONE;
	findings_tell(findings, verb);
	return refuse(verb, enabling->name, tr("would not be safe so; nothing was changed"));
}

/* Who has the module beside what he reads here would ask for two codes in one login. */
static int
refuse_twice(const struct enabling *enabling)
{
	char others[INCLUDERS_SIZE];

	if (!includers_of(others, enabling->name, true) || others[0] == '\0')
		return EXIT_DONE;
	return refuse(verb, others + 1,
	    tr("would ask twice: has the module already, and reads this file; twostep disable takes it out there"));
}

static int
prepare(struct enabling *enabling)
{
	const char *why;
	int status = read_service(enabling);

	if (status != EXIT_DONE)
		return status;
	why = guard_add(&enabling->after, enabling->path, &enabling->before);
	if (why != NULL)
		return refuse(verb, enabling->path, tr(why));
	status = refuse_twice(enabling);
	if (status == EXIT_DONE)
		status = look_over(enabling);
	return status == EXIT_DONE ? refuse_unsafe(enabling) : status;
}

/* ---- showing and writing ------------------------------------------------------------ */

static bool
agreed(const struct enabling *enabling)
{
	const struct findings *findings = &enabling->findings;
	char others[INCLUDERS_SIZE];

	diff_print(enabling->path, enabling->before.bytes, enabling->after.bytes);
	if (includers_of(others, enabling->name, false) && others[0] != '\0')
		printf(tr("\nThese read that file, and ask for a code then, too:%s\n"), others);
	if (findings->count > 0) {
		printf("\n%s\n", tr("Also needed, and not done here:"));
		findings_tell(findings, verb);
	}
	return enabling->request->yes || terminal_agrees(tr("\nWrite this? [y/N] "));
}

/* From here on the change is taken back, whatever becomes of this process. */
static enum deadline
begin(struct enabling *enabling, struct store_fault *fault)
{
	enum deadline deadline;

	if (!change_begin(enabling->directory, enabling->name, &enabling->before,
		&enabling->after, enabling->seconds, fault))
		return DEADLINE_NONE;
	deadline = deadline_start(enabling->directory, enabling->name, enabling->seconds);
	if (deadline == DEADLINE_NONE)
		(void)store_fault_set(fault, NULL, enabling->path,
		    N_("nothing could be started that would take it back"), errno);
	return deadline;
}

static void
undo(const struct enabling *enabling)
{
	struct store_fault ignored;

	(void)service_part_remove(
	    enabling->directory, enabling->name, PART_UNCONFIRMED, &ignored);
	(void)service_part_remove(enabling->directory, enabling->name, PART_OLD, &ignored);
}

/* What failed may have come after the file was put in its place. Where that cannot be undone, the deadline will. */
static bool
write_or_restore(const struct enabling *enabling, struct store_fault *fault)
{
	struct store_fault ignored;

	if (service_part_write(enabling->directory, enabling->name, PART_SERVICE,
		enabling->after.bytes, enabling->after.len, fault))
		return true;
	if (service_part_restore(enabling->directory, enabling->name, &ignored))
		undo(enabling);
	return false;
}

static enum deadline
write_locked(struct enabling *enabling, struct store_fault *fault)
{
	enum deadline deadline;

	if (!service_part_read(
		enabling->directory, enabling->name, PART_SERVICE, &enabling->again, fault))
		return DEADLINE_NONE;
	if (strcmp(enabling->again.bytes, enabling->before.bytes) != 0) {
		(void)store_fault_set(fault, NULL, enabling->path,
		    N_("changed by somebody else meanwhile; nothing was done here"), 0);
		return DEADLINE_NONE;
	}
	deadline = begin(enabling, fault);
	if (deadline == DEADLINE_NONE)
		undo(enabling);
	else if (!write_or_restore(enabling, fault))
		deadline = DEADLINE_NONE;
	return deadline;
}

static void
tell(const struct enabling *enabling, enum deadline deadline)
{
	char wait[LOGIN_DURATION_SIZE];

	login_duration(wait, enabling->request->settings.language, enabling->seconds);
	printf(tr("\n%s asks for a code now. Log in anew within %s, from another\n"
		  "terminal - leave this one open - and type there:\n\n    twostep enable --keep %s\n\n"
		  "Else it is taken back by itself.\n"),
	    enabling->name, wait, enabling->name);
	if (deadline == DEADLINE_PROCESS || !deadline_at_boot())
		printf(tr("A reboot does not take it back: then type  twostep disable %s .\n"),
		    enabling->name);
}

static int
write_change(struct enabling *enabling)
{
	enum deadline deadline = DEADLINE_NONE;
	struct store_fault fault;
	struct service_lock lock;

	if (!service_lock(&lock, &fault))
		return complain_fault(verb, &fault);
	deadline = write_locked(enabling, &fault);
	service_unlock(&lock);
	if (deadline == DEADLINE_NONE)
		return complain_fault(verb, &fault);
	change_log(enabling->name, "guarded");
	tell(enabling, deadline);
	return EXIT_DONE;
}

static int
enable(struct enabling *enabling)
{
	int status = prepare(enabling);

	if (status != EXIT_DONE)
		return status;
	if (!agreed(enabling))
		return refuse(verb, enabling->name, tr("not agreed to; nothing was changed"));
	return write_change(enabling);
}

/* ---- the words ----------------------------------------------------------------------- */

static int
check_words(struct enabling *enabling)
{
	const struct request *request = enabling->request;
	const char *why = NULL;

	enabling->seconds = CONFIRM_STANDARD;
	if (request->confirm != NULL)
		why = value_time(&enabling->seconds, CONFIRM_MIN, CONFIRM_MAX,
		    (struct span){ request->confirm, strlen(request->confirm) });
	if (why != NULL)
		return misuse(verb, "--confirm", tr(why));
	if (request->user == NULL || !service_is_name(request->user))
		return misuse(verb, request->user != NULL ? request->user : "SERVICE",
		    request->user != NULL ? tr("not the name of a service")
					  : tr("needed, as in twostep enable sshd"));
	enabling->name = request->user;
	(void)snprintf(enabling->path, sizeof enabling->path, SERVICE_DIRECTORY "/%s", enabling->name);
	return EXIT_DONE;
}

/* Where these are missing, nobody would get in. */
static int
check_machine(struct request *request)
{
	int status = session_settings(request);

	if (status == EXIT_DONE && access(TWOSTEP_MODULE, R_OK) != 0)
		return refuse(verb, TWOSTEP_MODULE, tr("the module is not installed"));
	return status == EXIT_DONE && !request->force ? admins_enrolled(request) : status;
}

static int
start(struct request *request)
{
	struct enabling *enabling = calloc(1, sizeof *enabling);
	struct store_fault fault;
	int status;

	if (enabling == NULL) {
		complain(verb, NULL, tr("no memory"));
		return EXIT_SYSTEM;
	}
	enabling->request = request;
	status = check_words(enabling);
	if (status == EXIT_DONE)
		status = check_machine(request);
	if (status == EXIT_DONE) {
		enabling->directory = service_directory(&fault);
		status = enabling->directory >= 0 ? enable(enabling) : complain_fault(verb, &fault);
		if (enabling->directory >= 0)
			(void)close(enabling->directory);
	}
	free(enabling);
	return status;
}

/* ---- --keep -------------------------------------------------------------------------- */

static int
keep_one(int directory, const char *name)
{
	struct store_fault fault;

	switch (change_keep(directory, name, &fault)) {
	case CHANGE_KEPT:
		printf(tr("%s: kept\n"), name);
		return EXIT_DONE;
	case CHANGE_OLD:
		return refuse(verb, name, tr("this login is older than the change and proves nothing: "
				       "log in anew, and type it there"));
	case CHANGE_FAULT:
		return complain_fault(verb, &fault);
	default:
		return refuse(verb, name, tr("nothing waits to be kept"));
	}
}

static int
keep_all(int directory)
{
	char names[CHANGES_MAX][SERVICE_NAME_SIZE];
	struct store_fault fault;
	size_t count;
	int status = EXIT_DONE;

	if (!change_list(directory, names, &count, &fault))
		return complain_fault(verb, &fault);
	if (count == 0)
		return refuse(verb, tr("nothing waits to be kept"), NULL);
	for (size_t i = 0; i < count; i++) {
		int one = keep_one(directory, names[i]);

		status = one > status ? one : status;
	}
	return status;
}

static int
keep(const struct request *request)
{
	struct store_fault fault;
	int directory = service_directory(&fault), status;

	if (directory < 0)
		return complain_fault(verb, &fault);
	if (request->user != NULL)
		status = keep_one(directory, request->user);
	else
		status = keep_all(directory);
	(void)close(directory);
	return status;
}

int
verb_enable(struct request *request)
{
	struct problem ignored;

	(void)session_try_settings(request, &ignored);
	if (geteuid() != 0)
		return refuse(verb, tr("this is for root alone"), NULL);
	if (!request->keep)
		return start(request);
	if (request->user != NULL && !service_is_name(request->user))
		return misuse(verb, request->user, tr("not the name of a service"));
	return keep(request);
}
