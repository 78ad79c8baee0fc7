/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inviting many at once.
 *
 * 1. Each invitation is stored, and then its row is written: what the file says opens.
 * 2. Where the row cannot be written, the invitation is taken back.
 * 3. Whatever ends this in the middle, the file names those who are done; a kill may leave
 *    one more who is invited with a code that nobody knows. To run it again is safe: the
 *    newest code of each user is the only one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ahead.h"
#include "invite.h"
#include "letters.h"
#include "progress.h"
#include "roll.h"
#include "terminal.h"

static const char verb[] = "invite";

struct many {
	struct session session;
	struct roll roll;
	struct people_group group;   /* of --group */
	size_t *meant;               /* which people are to be invited */
	size_t count;
	int64_t valid;
	struct letters letters;
	struct progress progress;
	int status;
};

static int
fail(struct many *many, const char *what, const char *why)
{
	progress_clear(&many->progress);
	complain(verb, what, why);
	return EXIT_SYSTEM;
}

/*
 * True to go on: what is wrong with one record keeps no other waiting. A disk that
 * does not write is wrong for all.
 */
static bool
pass_over(struct many *many)
{
	const struct store_fault *fault = &many->session.fault;

	progress_clear(&many->progress);
	complain_fault(verb, fault);
	many->status = EXIT_SYSTEM;
	return fault->error == 0 || fault->holder > 0;
}

static void
take_back(struct many *many)
{
	struct session *session = &many->session;

	if (store_invite(&session->store, &session->record, NULL, &session->fault) != STORE_OK)
		(void)fail(many, session->user, tr("is invited with a code that nobody knows"));
}

static bool
write_row(struct many *many, const struct invite *invite)
{
	struct session *session = &many->session;
	int error;

	if (letters_add(&many->letters, session->user, invite->printed, invite->invitation.until)) {
		session_announce(session, "invited", NULL, NULL);
		return true;
	}
	error = errno;
	take_back(many);
	many->status = fail(many, many->letters.path, strerror(error));
	return false;
}

/* True to go on with the next. */
static bool
invite_person(struct many *many, const struct person *person, struct invite *invite)
{
	struct session *session = &many->session;

	if (invite == NULL) {
		many->status = fail(many, person->name, tr("the system makes no code"));
		return false;
	}
	memcpy(session->user, person->name, strlen(person->name) + 1);
	session->uid = person->uid;
	if (!session_read(session, session->user, session->uid))
		return pass_over(many);
	if (session->record.enrolled)
		return true;
	switch (invite_store(session, invite, many->valid)) {
	case STORE_OK:
		return write_row(many, invite);
	case STORE_CONFLICT:
		(void)store_fault_set(&session->fault, NULL, session->user,
		    N_("changed by somebody else meanwhile"), 0);
		break;
	case STORE_FAULT:
		break;
	}
	return pass_over(many);
}

static bool
invite_all(struct many *many)
{
	struct ahead *ahead = ahead_new(&many->session.store.key, many->count);
	size_t i = 0;

	if (ahead == NULL)
		many->status = fail(many, tr("accounts"), strerror(errno));
	progress_start(&many->progress, many->count);
	while (ahead != NULL && i < many->count && !terminal_interrupted() &&
	    invite_person(many, &many->roll.people.person[many->meant[i]], ahead_next(ahead)))
		progress_show(&many->progress, ++i);
	progress_clear(&many->progress);
	ahead_free(ahead);
	return i == many->count;
}

/* Whoever cannot be looked at is meant as well: so the reason is told. */
static bool
enrolled(struct many *many, const struct person *person)
{
	struct session *session = &many->session;
	bool there = store_look(&session->store, person->name, person->uid, &session->record,
			 &session->fault) &&
	    session->record.enrolled;

	record_close(&session->record);
	return there;
}

static int
choose(struct many *many)
{
	const struct people *people = &many->roll.people;
	bool group = many->session.request->group != NULL;

	many->meant = calloc(people->count + 1, sizeof *many->meant);
	if (many->meant == NULL)
		return fail(many, tr("accounts"), strerror(errno));
	for (size_t i = 0; i < people->count; i++) {
		const struct person *person = &people->person[i];
		bool wanted = group ? people_group_has(&many->group, person)
				    : roll_missing(&many->roll, person, false);

		if (wanted && !enrolled(many, person))
			many->meant[many->count++] = i;
	}
	return EXIT_DONE;
}

static int
read_accounts(struct many *many)
{
	const struct request *request = many->session.request;
	struct people *people = &many->roll.people;
	struct problem problem;
	int status;

	if (request->group == NULL)
		status = roll_read(&many->roll, &request->settings, session_now(),
		    many->session.store.created, &problem);
	else if ((status = people_group_read(&many->group, request->group, "--group", &problem)) ==
		EXIT_DONE &&
	    (status = people_list(people, &problem)) == EXIT_DONE)
		status = people_add_group(people, &many->group, &problem);
	if (status != EXIT_DONE)
		complain(verb, problem.what, problem.why);
	return status;
}

static int
report(struct many *many, bool all)
{
	size_t rows = many->letters.rows;
	char what[96];

	if (!letters_close(&many->letters))
		many->status = fail(many, many->letters.path, strerror(errno));
	if (all && many->status == EXIT_DONE) {
		printf(tr_n("%lld code is in %s\n", "%lld codes are in %s\n", (long long)rows),
		    (long long)rows, many->letters.path);
		return EXIT_DONE;
	}
	(void)snprintf(what, sizeof what, tr("%zu of %zu are invited"), rows, many->count);
	complain(verb, what, rows > 0 ? many->letters.path : NULL);
	return many->status != EXIT_DONE ? many->status : EXIT_NO;
}

static int
invite_meant(struct many *many)
{
	if (many->count == 0) {
		printf("%s\n", tr("Nobody is left to be invited."));
		return EXIT_DONE;
	}
	if (!letters_open(&many->letters, many->session.request->out))
		return fail(many, many->session.request->out, strerror(errno));
	return report(many, invite_all(many));
}

int
invite_many(struct request *request, int64_t valid)
{
	struct many many = { .valid = valid };
	int status = session_open_store(&many.session, request, true);

	if (status == EXIT_DONE && (status = read_accounts(&many)) == EXIT_DONE &&
	    (status = choose(&many)) == EXIT_DONE)
		status = invite_meant(&many);
	free(many.meant);
	people_group_free(&many.group);
	roll_free(&many.roll);
	session_close(&many.session);
	return status;
}
