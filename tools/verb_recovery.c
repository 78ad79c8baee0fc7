/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "json.h"
#include "self.h"
#include "session.h"
#include "store/fresh.h"
#include "store/link.h"
#include "terminal.h"
#include "verb.h"

#define VALID_MIN 600 /* seconds */
#define VALID_USUAL 86400

/* What is told of a user in every form of this verb. */
static void
json_begin(const char *user, unsigned left, unsigned all)
{
	json_open(NULL, '{');
	json_string("user", user);
	json_number("recovery_codes_left", left);
	json_number("recovery_codes", all);
}

static void
json_new(const char *user, const struct printed_codes *codes)
{
	json_begin(user, codes->count, codes->count);
	json_open("codes", '[');
	for (unsigned i = 0; i < codes->count; i++)
		json_string(NULL, codes->code[i]);
	json_close(']');
	json_close('}');
}

static int
show_new(const struct request *request, const char *user, const struct printed_codes *codes)
{
	if (request->json)
		json_new(user, codes);
	else
		session_print_codes(codes, tr("The old recovery codes are void."));
	if (terminal_flush())
		return EXIT_DONE;
	complain(request->verb, tr("standard output"),
	    tr("cannot be written; the old codes are void, so run this again"));
	return EXIT_SYSTEM;
}

static int
make_new(struct session *session)
{
	WIPED(printed_codes_wipe) struct printed_codes codes = { .count = 0 };
	int status;

	if (session->request->settings.recovery_codes == 0)
		return refuse(session->request->verb, tr("recovery_codes is 0"), tr("none are made"));
	if (!link_only_codes(&session->enrollment, &session->store.key,
		(unsigned)session->request->settings.recovery_codes, &codes, &session->fault))
		return complain_fault(session->request->verb, &session->fault);
	if ((status = session_replace(session, &session->enrollment)) != EXIT_DONE)
		return status;
	session_announce(session, "enrolled", NULL, "recovery");
	return show_new(session->request, session->user, &codes);
}

static int
make_own(struct request *request)
{
	struct self self;
	WIRE wire;
	int status;

	wire_start(&wire, WIRE_RECOVERY_NEW);
	status = self_begin(&self, request, &wire);
	if (status == EXIT_DONE)
		status = self_until(&self, &wire, WIRE_CODES);
	if (status == EXIT_DONE)
		status = show_new(request, self.session.user, &wire.codes);
	self_end(&self);
	return status;
}

static unsigned
left_of(const struct session *session)
{
	return history_left(&session->record.view.history, &session->enrollment.recovery);
}

static int
show_one(const struct session *session, const char *code)
{
	const struct enrollment *enrollment = &session->enrollment;
	char until[TERMINAL_TIME_SIZE];

	if (session->request->json) {
		terminal_time_json(until, enrollment->one_until);
		json_begin(session->user, left_of(session), enrollment->recovery.count);
		json_string("code", code);
		json_string("recovery_one_until", until);
		json_close('}');
	} else {
		terminal_time(until, enrollment->one_until);
		printf(tr("One recovery code for %s, until %s.\nShown only now:\n\n"), session->user, until);
		printf("    %s\n", code);
	}
	if (terminal_flush())
		return EXIT_DONE;
	complain(session->request->verb, tr("standard output"),
	    tr("cannot be written; nobody knows the code, so run this again"));
	return EXIT_SYSTEM;
}

/* For a lost phone on a Friday: the set stays in the drawer. */
static int
make_one(struct session *session, int64_t valid)
{
	WIPED(printed_codes_wipe) struct printed_codes codes = { .count = 0 };
	struct enrollment *enrollment = &session->enrollment;
	int status;

	if (!fresh_codes(&session->store.key, 1, &enrollment->one, &codes, &session->fault))
		return complain_fault(session->request->verb, &session->fault);
	enrollment->one_until = session_now() + valid;
	if ((status = session_replace(session, enrollment)) != EXIT_DONE)
		return status;
	session_announce(session, "recovery", NULL, NULL);
	return show_one(session, codes.code[0]);
}

static int
count(const struct request *request, const char *user, unsigned left, unsigned all)
{
	if (request->json) {
		json_begin(user, left, all);
		json_close('}');
	} else {
		printf(tr("%s: %u of %u recovery codes left\n"), user, left, all);
	}
	return EXIT_DONE;
}

static int
count_of(const struct session *session)
{
	return count(session->request, session->user, left_of(session),
	    session->enrollment.recovery.count);
}

static int
count_own(struct request *request)
{
	WIRE wire;
	const struct summary *summary = &wire.summary;
	int status = self_ask(request, WIRE_STATUS, &wire, WIRE_SUMMARY);

	if (status != EXIT_DONE)
		return status;
	if (summary->devices > 0)
		return count(request, summary->user, summary->left, summary->codes);
	return refuse(request->verb, summary->user, tr("not enrolled"));
}

static int
recovery_own(struct request *request)
{
	if (!request->one)
		return request->make_new ? make_own(request) : count_own(request);
	return refuse(request->verb, "--one", tr("this is for root alone"));
}

int
verb_recovery(struct request *request)
{
	struct session session;
	int64_t valid = VALID_USUAL;
	int status;

	if (request->make_new && request->one)
		return misuse(request->verb, "--new, --one", tr("one or the other"));
	if (request->valid != NULL && !request->one)
		return misuse(request->verb, "--valid", tr("goes with --one"));
	if ((status = session_valid(request, VALID_MIN, &valid)) != EXIT_DONE)
		return status;
	if (self_serves(request))
		return recovery_own(request);
	status = session_open(&session, request, SESSION_RECORD);
	if (status == EXIT_DONE && request->one)
		status = make_one(&session, valid);
	else if (status == EXIT_DONE)
		status = request->make_new ? make_new(&session) : count_of(&session);
	session_close(&session);
	return status;
}
