/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "json.h"
#include "session.h"
#include "terminal.h"
#include "verb.h"

static int
make_new(struct session *session)
{
	WIPED(printed_codes_wipe) struct printed_codes codes = { .count = 0 };
	int status;

	if (session->request->settings.recovery_codes == 0) {
		complain(session->request->verb, "recovery_codes is 0", "none are made");
		return EXIT_NO;
	}
	if (!session_codes(session, &session->enrollment.recovery, &codes))
		return EXIT_SYSTEM;
	if ((status = session_replace(session, &session->enrollment)) != EXIT_DONE)
		return status;
	session_log(session, "enrolled", NULL, "recovery");
	session_print_codes(&codes, "The old recovery codes are void.");
	if (terminal_flush())
		return EXIT_DONE;
	complain(session->request->verb, "standard output",
	    "cannot be written; the old codes are void, so run this again");
	return EXIT_SYSTEM;
}

static int
count(struct session *session)
{
	const struct recovery_set *set = &session->enrollment.recovery;
	unsigned left = history_left(&session->record.view.history, set);

	if (session->request->json) {
		json_open(NULL, '{');
		json_string("user", session->user);
		json_number("recovery_codes_left", left);
		json_number("recovery_codes", set->count);
		json_close('}');
	} else {
		printf("%s: %u of %u recovery codes left\n", session->user, left, set->count);
	}
	return EXIT_DONE;
}

int
verb_recovery(struct request *request)
{
	struct session session;
	int status = session_open(&session, request, SESSION_RECORD);

	if (status == EXIT_DONE)
		status = request->make_new ? make_new(&session) : count(&session);
	session_close(&session);
	return status;
}
