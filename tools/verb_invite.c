/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Activation codes, which an administrator hands out and a login asks before it enrolls anybody.
 *
 * A code is stored before it is shown: what is shown opens. The newest is the only one.
 */
#include <stdio.h>

#include "invite.h"
#include "json.h"
#include "letters.h"
#include "session.h"
#include "terminal.h"
#include "verb.h"

#define VALID_MIN 600 /* seconds */
#define VALID_USUAL 3600

static const char verb[] = "invite";

/* Whether this user can be invited in this way. */
static int
admit(const struct session *session)
{
	bool replace = session->request->replace;

	if (session->record.enrolled == replace)
		return EXIT_DONE;
	return refuse(verb, session->user,
	    replace ? tr("not enrolled: leave out --replace")
		    : tr("enrolled already; for a lost phone use --replace"));
}

/* The module's arguments may say otherwise, which is not seen from here. */
static void
warn(const struct settings *settings)
{
	if (settings->enroll_at_login == ENROLL_NO)
		complain(verb, "enroll_at_login = no",
		    tr("no login takes the code until that is set to invited or yes"));
}

static int
show(const struct session *session, const struct invite *invite)
{
	char until[TERMINAL_TIME_SIZE];

	if (session->request->json) {
		terminal_time_json(until, invite->invitation.until);
		json_open(NULL, '{');
		json_string("user", session->user);
		json_string("code", invite->printed);
		json_string("invited_until", until);
		json_bool("replace", invite->invitation.replace);
		json_close('}');
	} else {
		terminal_time(until, invite->invitation.until);
		printf(tr("Activation code for %s, until %s.\nShown only now:\n\n"), session->user, until);
		printf("    %s\n", invite->printed);
	}
	if (terminal_flush())
		return EXIT_DONE;
	complain(verb, tr("standard output"),
	    tr("cannot be written; nobody knows the code, so run this again"));
	return EXIT_SYSTEM;
}

static int
invite_one(struct session *session, int64_t valid)
{
	WIPED(invite_wipe) struct invite invite = { .printed = "" };
	int status = admit(session);

	if (status != EXIT_DONE)
		return status;
	if (!invite_make(&invite, &session->store.key)) {
		complain(verb, session->user, tr("the system makes no code"));
		return EXIT_SYSTEM;
	}
	status = session_answer(session, invite_store(session, &invite, valid));
	if (status != EXIT_DONE)
		return status;
	session_announce(session, "invited", NULL, NULL);
	warn(&session->request->settings);
	return show(session, &invite);
}

/* What several users at once need, and one does not take. */
static int
check_many(const struct request *request)
{
	if (request->all_missing && request->group != NULL)
		return misuse(verb, "--all-missing, --group", tr("one or the other"));
	if (request->user != NULL)
		return misuse(verb, request->user, tr("either a user, or --all-missing or --group"));
	if (request->replace)
		return misuse(verb, "--replace", tr("for one user at a time"));
	if (request->json)
		return misuse(verb, "--json", tr("the codes go to --out, which may end in .json"));
	if (request->valid == NULL)
		return misuse(verb, "--valid", tr("must be given: letters take their time"));
	if (request->out == NULL)
		return misuse(verb, "--out", tr("must be given: a file for the codes, .csv or .json"));
	if (!letters_named(request->out))
		return misuse(verb, "--out", tr("must end in .csv or .json"));
	return EXIT_DONE;
}

int
verb_invite(struct request *request)
{
	bool many = request->all_missing || request->group != NULL;
	struct session session;
	int64_t valid = VALID_USUAL;
	int status;

	if (many && (status = check_many(request)) != EXIT_DONE)
		return status;
	if (!many && request->out != NULL)
		return misuse(verb, "--out", tr("goes with --all-missing or --group"));
	if ((status = session_valid(request, VALID_MIN, &valid)) != EXIT_DONE)
		return status;
	if (many) {
		warn(&request->settings);
		return invite_many(request, valid);
	}
	status = session_open(&session, request, SESSION_MAKE);
	if (status == EXIT_DONE)
		status = invite_one(&session, valid);
	session_close(&session);
	return status;
}
