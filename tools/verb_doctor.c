/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "json.h"
#include "session.h"
#include "verb.h"

/* The key, the store and the marker, as every login reads them. */
static int
check_store(struct request *request, struct problem *problem)
{
	struct session session = { .request = request };
	const struct settings *settings = &request->settings;
	int status = EXIT_DONE;

	if (!store_open(&session.store, settings->store, settings->key_file, geteuid(),
		&session.fault) ||
	    !store_key(&session.store, &session.fault)) {
		problem_of_fault(problem, &session.fault);
		if (session.fault.error == ENOENT)
			(void)snprintf(problem->why, sizeof problem->why,
			    "not there yet, or not mounted: the first twostep enroll makes it");
		status = EXIT_NO;
	}
	store_close(&session.store);
	return status;
}

static void
print_json(const struct problem *problem)
{
	json_open(NULL, '{');
	json_open("findings", '[');
	if (problem != NULL) {
		json_open(NULL, '{');
		json_string("what", problem->what);
		json_string("why", problem->why);
		json_close('}');
	}
	json_close(']');
	json_close('}');
}

int
verb_doctor(struct request *request)
{
	struct problem problem;
	int status = session_try_settings(request, &problem);

	if (status == EXIT_USAGE) {
		complain(request->verb, problem.what, problem.why);
		return EXIT_USAGE;
	}
	if (status == EXIT_DONE)
		status = check_store(request, &problem);
	if (request->json)
		print_json(status == EXIT_DONE ? NULL : &problem);
	else if (status != EXIT_DONE)
		complain(request->verb, problem.what, problem.why);
	else
		printf("No fault found in %s and %s.\n", request->settings.conf, request->settings.store);
	return status == EXIT_DONE ? EXIT_DONE : EXIT_NO;
}
