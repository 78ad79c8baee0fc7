/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "doctor.h"
#include "people.h"
#include "session.h"
#include "terminal.h"
#include "verb.h"

/* The settings of the file alone, and the store that they and the command line name. */
static void
check_settings(struct doctor *doctor, const struct settings *settings)
{
	struct sourced *sourced = calloc(1, sizeof *sourced);

	if (sourced == NULL) {
		finding_unreadable(doctor->findings, doctor->conf, errno);
	} else if (sourced_read(sourced, doctor, NULL)) {
		modes_check(doctor, settings);
		store_check(doctor, settings);
		rules_check(doctor, sourced);
	}
	free(sourced);
}

static void
check_all(struct doctor *doctor, const struct settings *settings)
{
	check_settings(doctor, settings);
	people_locked(&doctor->locked);
	sshd_look(doctor);
	services_check(doctor);
	if (*doctor->root == '\0') {
		helper_check(doctor);
		clock_check(doctor);
		denials_check(doctor);
	}
	store_close(&doctor->store);
	names_free(&doctor->enrolled);
	names_free(&doctor->invited);
	names_free(&doctor->locked);
	free(doctor->sshd);
}

static int
tell(const struct findings *findings, const struct request *request)
{
	if (request->json)
		findings_json(findings);
	else
		findings_tell(findings, request->verb);
	if (findings_fail(findings))
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
	struct findings *findings = calloc(1, sizeof *findings);
	struct problem problem;
	struct doctor doctor = { .root = request->root != NULL ? request->root : "",
		.conf = request->conf != NULL ? request->conf : TWOSTEP_CONF,
		.fix = request->fix,
		.now = session_now(),
		.store.directory = -1,
		.findings = findings };
	int status = session_try_settings(request, &problem);

	/* What the file says is a finding; what the command line says is not. */
	if (status == EXIT_USAGE || findings == NULL) {
		complain(request->verb, findings != NULL ? problem.what : NULL,
		    findings != NULL ? problem.why : tr("no memory"));
		free(findings);
		return status == EXIT_USAGE ? EXIT_USAGE : EXIT_SYSTEM;
	}
	modes_check_conf(&doctor);
	/* Mended, it may be read. */
	if (request->fix)
		(void)session_try_settings(request, &problem);
	check_all(&doctor, &request->settings);
	status = tell(findings, request);
	free(findings);
	return status;
}
