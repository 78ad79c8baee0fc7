/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "session.h"
#include "verb.h"

/* The key, the store and the marker: as every login reads them. */
static int
check_store(struct request *request)
{
	struct session session = { .request = request };
	const struct settings *settings = &request->settings;
	int status = EXIT_DONE;

	if (!store_open(&session.store, settings->store, settings->key_file, geteuid(),
		&session.fault) ||
	    !store_key(&session.store, &session.fault)) {
		complain_fault(request->verb, &session.fault);
		status = EXIT_NO;
		if (session.fault.error == ENOENT)
			(void)fputs("The first twostep enroll makes the store and the host key.\n", stderr);
	}
	store_close(&session.store);
	return status;
}

int
verb_doctor(struct request *request)
{
	int status = session_settings(request);

	if (status == EXIT_SYSTEM)
		return EXIT_NO;
	if (status == EXIT_DONE)
		status = check_store(request);
	if (status == EXIT_DONE)
		printf("No fault found in %s and %s.\n", request->settings.conf, request->settings.store);
	return status;
}
