/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "doctor.h"
#include "session.h"
#include "terminal.h"
#include "verb.h"

static bool
note_one(const char *user, void *arg)
{
	(void)user;
	*(bool *)arg = true;
	return false;
}

/* The key, the store and the marker, as every login reads them. */
static void
check_store(struct doctor *doctor, const struct settings *settings)
{
	struct store_fault fault = { .why = NULL };

	doctor->answers = store_open(&doctor->store, settings->store, settings->key_file,
			      geteuid(), &fault) &&
	    store_key(&doctor->store, &fault) &&
	    store_list(&doctor->store, note_one, &doctor->enrolled, &fault) &&
	    store_list_invited(&doctor->store, note_one, &doctor->invited, &fault);
	if (doctor->answers)
		return;
	if (fault.error == ENOENT)
		finding_add(doctor->findings, "store", fault.file, 0,
		    tr("not there yet, or not mounted: the first twostep enroll makes it"),
		    NULL);
	else
		finding_add_fault(doctor->findings, "store", &fault);
}

/* The settings of the file alone, and the store that they and the command line name. */
static void
check_all(struct doctor *doctor, struct request *request)
{
	struct sourced *sourced = calloc(1, sizeof *sourced);

	if (sourced == NULL) {
		finding_unreadable(doctor->findings, doctor->conf, errno);
	} else if (sourced_read(sourced, doctor, NULL)) {
		check_store(doctor, &request->settings);
		rules_check(doctor, sourced);
	}
	services_check(doctor);
	store_close(&doctor->store);
	free(sourced);
}

static int
tell(const struct findings *findings, const struct request *request)
{
	if (request->json)
		findings_json(findings);
	else
		findings_tell(findings, request->verb);
	if (findings->count > 0)
		return EXIT_NO;
	if (findings->unreadable)
		return EXIT_SYSTEM;
	if (!request->json)
		printf(tr("No fault found in %s, %s and the files of PAM.\n"),
		    request->settings.conf, request->settings.store);
	return EXIT_DONE;
}

int
verb_doctor(struct request *request)
{
	struct findings *findings;
	struct problem problem;
	struct doctor doctor = { .root = request->root != NULL ? request->root : "",
		.conf = request->conf != NULL ? request->conf : TWOSTEP_CONF,
		.now = session_now(),
		.store.directory = -1 };
	int status = session_try_settings(request, &problem);

	/* What the file says is a finding; what the command line says is not. */
	if (status == EXIT_USAGE) {
		complain(request->verb, problem.what, problem.why);
		return EXIT_USAGE;
	}
	if ((findings = calloc(1, sizeof *findings)) == NULL) {
		complain(request->verb, NULL, tr("no memory"));
		return EXIT_SYSTEM;
	}
	doctor.findings = findings;
	check_all(&doctor, request);
	status = tell(findings, request);
	free(findings);
	return status;
}
