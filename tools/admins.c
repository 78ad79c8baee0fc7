/* SPDX-License-Identifier: BSD-2-Clause */
#include "admins.h"

#include <errno.h>

#include "session.h"
#include "terminal.h"

static const char *const groups[] = { "sudo", "wheel", "admin" };

static int
add_members(struct people *people, const char *name, struct problem *problem)
{
	struct people_group group;
	int status = people_group_read(&group, name, name, problem);

	if (status == EXIT_DONE)
		status = people_add_group(people, &group, problem);
	else if (status == EXIT_NO)
		status = EXIT_DONE;
	people_group_free(&group);
	return status;
}

int
admins_add(struct people *people, struct problem *problem)
{
	int status = EXIT_DONE;

	for (size_t i = 0; i < sizeof groups / sizeof *groups && status == EXIT_DONE; i++)
		status = add_members(people, groups[i], problem);
	return status;
}

static int
read_admins(struct people *people, const char *verb)
{
	struct problem problem;
	int status = people_add(people, "root", &problem);

	if (status == EXIT_DONE)
		status = admins_add(people, &problem);
	if (status != EXIT_DONE)
		complain(verb, problem.what, problem.why);
	return status;
}

static int
nobody(const char *verb)
{
	return refuse(verb, tr("neither root nor anybody of sudo, wheel or admin is enrolled"),
	    tr("twostep enroll one of them first, or say --force"));
}

static int
look_for_one(struct session *session, const struct people *people)
{
	for (size_t i = 0; i < people->count; i++) {
		const struct person *person = &people->person[i];
		bool looked = store_look(&session->store, person->name, person->uid,
		    &session->record, &session->fault);
		bool enrolled = looked && session->record.enrolled;

		record_close(&session->record);
		if (!looked)
			return complain_fault(session->request->verb, &session->fault);
		if (enrolled)
			return EXIT_DONE;
	}
	return nobody(session->request->verb);
}

int
admins_enrolled(struct request *request)
{
	struct people people = { .person = NULL };
	struct session session;
	int status = session_open_store(&session, request, false);

	/* The first enrollment makes the store. */
	if (status != EXIT_DONE && session.fault.error == ENOENT)
		(void)nobody(request->verb);
	if (status == EXIT_DONE)
		status = read_admins(&people, request->verb);
	if (status == EXIT_DONE)
		status = look_for_one(&session, &people);
	people_free(&people);
	session_close(&session);
	return status;
}
