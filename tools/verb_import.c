/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "import.h"
#include "json.h"
#include "terminal.h"
#include "verb.h"

static const char verb[] = "import";

/* Whether what was said goes together. */
static int
check(const struct request *request, bool google)
{
	size_t files = 0;

	while (request->more[files] != NULL)
		files++;
	if (request->user == NULL || (!google && strcmp(request->user, "oath") != 0))
		return misuse(verb, request->user != NULL ? request->user : "KIND",
		    tr("say google-authenticator or oath"));
	if (request->all_homes && (!google || files > 0))
		return misuse(verb, "--all-homes",
		    tr("goes with google-authenticator, and without files"));
	if (files == 0 && !request->all_homes)
		return misuse(verb, request->user, tr("which file?"));
	if (files > 1 && !google)
		return misuse(verb, request->more[1], tr("one word too many"));
	return EXIT_DONE;
}

static bool
missing(const char *path)
{
	return access(path, F_OK) != 0 && errno == ENOENT;
}

/* Before the first record there are neither key nor marker, and a dry run makes none. */
static bool
not_begun(const struct request *request)
{
	const char *where = request->settings.store + sizeof "file:" - 1;
	char marker[SETTINGS_PATH_SIZE + sizeof "/marker"];

	(void)snprintf(marker, sizeof marker, "%s/marker", where);
	return missing(marker) && missing(request->settings.key_file);
}

static void
report(const struct import *import)
{
	const struct request *request = import->session.request;

	if (request->json) {
		json_close(']');
		json_number("taken", (long long)import->taken);
		json_number("there", (long long)import->there);
		json_number("refused", (long long)import->refused);
		json_close('}');
		return;
	}
	printf(request->dry_run
		? tr("would be taken: %zu; there already: %zu; not taken: %zu\n")
		: tr("taken: %zu; there already: %zu; not taken: %zu\n"),
	    import->taken, import->there, import->refused);
}

static int
run(struct import *import, bool google)
{
	const struct request *request = import->session.request;
	bool all;

	if (request->json) {
		json_open(NULL, '{');
		json_bool("dry_run", request->dry_run);
		json_open("records", '[');
	}
	if (!google)
		all = import_oath(import, request->more[0]);
	else if (request->all_homes)
		all = import_google_homes(import);
	else
		all = import_google_files(import, request->more);
	report(import);
	if (!all && import->status == EXIT_DONE)
		complain(verb, tr("broken off"), tr("run it again to go on"));
	if (import->status != EXIT_DONE)
		return import->status;
	return all && import->refused == 0 ? EXIT_DONE : EXIT_NO;
}

int
verb_import(struct request *request)
{
	bool google =
	    request->user != NULL && strcmp(request->user, "google-authenticator") == 0;
	struct import import = { .status = EXIT_DONE };
	int status = check(request, google);

	if (status != EXIT_DONE)
		return status;
	import.no_store = request->dry_run && not_begun(request);
	if (import.no_store)
		session_begin(&import.session, request);
	else
		status = session_open_store(&import.session, request, !request->dry_run);
	if (status == EXIT_DONE)
		status = run(&import, google);
	session_close(&import.session);
	return status;
}
