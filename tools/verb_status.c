/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "core/summary.h"
#include "flow/login.h"
#include "json.h"
#include "names.h"
#include "people.h"
#include "self.h"
#include "session.h"
#include "terminal.h"
#include "verb.h"

/* What is told of one user, worked out once for every form. False with the session's fault. */
static bool
summarise(struct session *session, struct summary *summary)
{
	WIPED(invitation_wipe) struct invitation invitation = { .has_code = false };
	struct record *record = &session->record;

	if (record->invited &&
	    !store_read_invitation(&session->store, record, &invitation, &session->fault))
		return false;
	summary_make(summary, &session->request->settings, session->user, &session->enrollment,
	    &invitation, &record->view.history, session_now());
	return true;
}

static void
json_time(const char *name, int64_t time)
{
	char text[TERMINAL_TIME_SIZE];

	terminal_time_json(text, time);
	json_string(name, time != 0 ? text : NULL);
}

static void
json_device(const struct summary_device *device)
{
	json_open(NULL, '{');
	json_string("name", device->name);
	json_string("type", device->type == OTP_HOTP ? "hotp" : "totp");
	json_string("algorithm", otp_algorithm_name(device->algorithm));
	json_number("digits", device->digits);
	if (device->type == OTP_TOTP) {
		json_number("period", device->period);
		json_number("drift", device->drift);
	}
	json_time("last_used", device->used);
	json_close('}');
}

static void
json_enrolled(const struct summary *summary)
{
	bool locked = summary->standing == VERDICT_LOCKED;

	json_open("devices", '[');
	for (unsigned i = 0; i < summary->devices; i++)
		json_device(&summary->device[i]);
	json_close(']');
	json_number("recovery_codes_left", summary->left);
	json_number("recovery_codes", summary->codes);
	json_number("scratch_codes_left", summary->scratch);
	json_number("failures", summary->failures);
	json_number("failures_30d", summary->month);
	json_bool("locked", locked);
	json_time("locked_until", locked ? summary->now + summary->wait : 0);
	json_bool("blocked", summary->standing == VERDICT_BLOCKED);
	json_time("last_used", summary->used);
	json_bool("recovery_codes_owed", summary->codes_due);
	json_time("recovery_one_until", summary->one);
	json_number("places", summary->places);
}

static void
json_user(const struct summary *summary)
{
	json_open(NULL, '{');
	json_string("user", summary->user);
	json_bool("enrolled", summary->devices > 0);
	if (summary->devices > 0)
		json_enrolled(summary);
	json_bool("invited", summary->until > summary->now);
	json_time("invited_until", summary->until);
	json_close('}');
}

static void
json_damaged(const char *user, bool enrolled, const char *why)
{
	json_open(NULL, '{');
	json_string("user", user);
	json_bool("enrolled", enrolled);
	json_string("damaged", why);
	json_close('}');
}

enum state { OPEN, LOCKED, BLOCKED, INVITED, OVER };

static const char *const states[] = {
	[OPEN] = N_("open"),
	[LOCKED] = N_("locked"),
	[BLOCKED] = N_("blocked"),
	[INVITED] = N_("invited"),
	[OVER] = N_("over"),
};

static enum state
state(const struct summary *summary)
{
	if (summary->devices == 0)
		return summary->until > summary->now ? INVITED : OVER;
	if (summary->standing == VERDICT_BLOCKED)
		return BLOCKED;
	return summary->standing == VERDICT_LOCKED ? LOCKED : OPEN;
}

static void
print_device(const struct summary_device *device)
{
	char last[TERMINAL_TIME_SIZE];
	int drift = device->drift;

	terminal_time(last, device->used);
	if (device->type == OTP_TOTP)
		printf(tr("  device '%s': TOTP %s, %u digits every %u s; last used %s"), device->name,
		    otp_algorithm_name(device->algorithm), device->digits, device->period, last);
	else
		printf(tr("  device '%s': HOTP %s, %u digits; last used %s"), device->name,
		    otp_algorithm_name(device->algorithm), device->digits, last);
	if (drift < 0)
		printf(tr_n("; its clock is %d step behind", "; its clock is %d steps behind", drift), -drift);
	if (drift > 0)
		printf(tr_n("; its clock is %d step ahead", "; its clock is %d steps ahead", drift), drift);
	printf("\n");
}

static void
print_enrolled(const struct summary *summary, const struct language *language)
{
	char wait[LOGIN_DURATION_SIZE], one[TERMINAL_TIME_SIZE];

	login_duration(wait, language, summary->wait);
	for (unsigned i = 0; i < summary->devices; i++)
		print_device(&summary->device[i]);
	printf(tr("  recovery codes: %u of %u left\n"), summary->left, summary->codes);
	if (summary->scratch > 0)
		printf(tr("  scratch codes of 8 digits: %u left\n"), summary->scratch);
	terminal_time(one, summary->one);
	if (summary->codes_due)
		printf(tr("  recovery codes are owed: the next login shows new ones\n"));
	if (summary->one != 0)
		printf(tr("  one recovery code beside them, until %s\n"), one);
	printf(tr("  wrong codes: %u in a row, %u in 30 days\n"), summary->failures, summary->month);
	if (summary->standing == VERDICT_BLOCKED)
		printf(tr("  blocked: twostep unlock %s, or a recovery code\n"), summary->user);
	if (summary->standing == VERDICT_LOCKED)
		printf(tr("  locked for %s: twostep unlock %s, or a recovery code\n"), wait,
		    summary->user);
	if (summary->places > 0)
		printf(tr("  places where no code is asked: %u\n"), summary->places);
}

static void
print_user(struct summary *summary, const struct language *language)
{
	char until[TERMINAL_TIME_SIZE];

	terminal_clean(summary->user, "");
	printf(summary->devices > 0 ? tr("%s: enrolled\n") : tr("%s: not enrolled\n"), summary->user);
	if (summary->devices > 0)
		print_enrolled(summary, language);
	terminal_time(until, summary->until);
	if (summary->until > summary->now)
		printf(tr("  invited until %s\n"), until);
	else if (summary->until != 0)
		printf(tr("  the activation code is over since %s\n"), until);
}

/* An EXIT_ status: whether he is enrolled. */
static int
show(const struct request *request, struct summary *summary)
{
	if (request->json)
		json_user(summary);
	else
		print_user(summary, request->settings.language);
	return summary->devices > 0 ? EXIT_DONE : EXIT_NO;
}

/* The listing of every user: what went wrong with one record does not hide the others. */
struct listing {
	struct session *session;
	struct people accounts; /* of those who have a record */
	int status;
	int devices, left, state; /* how wide the columns are in the language of the day */
};

static int
wider(int columns, const char *word)
{
	int width = (int)strlen(word);

	return width > columns ? width : columns;
}

static void
print_heading(struct listing *listing)
{
	listing->devices = wider(7, tr("DEVICES"));
	listing->left = wider(8, tr("RECOVERY"));
	listing->state = wider(8, tr("STATE"));
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		listing->state = wider(listing->state, tr(states[i]));
	printf("%-24s %*s %*s  %-*s %s\n", tr("USER"), listing->devices, tr("DEVICES"), listing->left,
	    tr("RECOVERY"), listing->state, tr("STATE"), tr("LAST USED"));
}

static void
print_row(const struct listing *listing, struct summary *summary)
{
	char last[TERMINAL_TIME_SIZE];

	terminal_clean(summary->user, "");
	terminal_time(last, summary->used);
	printf("%-24s %*u %*u  %-*s %s\n", summary->user, listing->devices,
	    summary->devices, listing->left, summary->left, listing->state,
	    tr(states[state(summary)]), last);
}

static void
list_damaged(struct listing *listing, const char *user, bool enrolled)
{
	struct session *session = listing->session;
	char shown[TEXT_NAME_SIZE];

	complain_fault(session->request->verb, &session->fault);
	listing->status = EXIT_SYSTEM;
	(void)snprintf(shown, sizeof shown, "%s", user);
	terminal_clean(shown, "");
	if (session->request->json)
		json_damaged(user, enrolled, session->fault.why);
	else
		printf(tr("%-24s damaged: %s\n"), shown, tr(session->fault.why));
}

/* Reads one of the listing. False with the session's fault. */
static bool
read_one(struct listing *listing, const char *user)
{
	struct session *session = listing->session;
	const struct person *account = people_find(&listing->accounts, user);

	memcpy(session->user, user, strlen(user) + 1);
	if (account != NULL)
		return session_read(session, user, account->uid);
	return store_fault_set(&session->fault, NULL, user, N_("no such account"), 0);
}

static void
list_one(struct listing *listing, const char *user, bool enrolled)
{
	struct session *session = listing->session;
	struct summary summary;

	if (!read_one(listing, user) || !summarise(session, &summary))
		list_damaged(listing, user, enrolled);
	else if (!session->record.enrolled && !session->record.invited)
		return; /* removed meanwhile */
	else if (session->request->json)
		json_user(&summary);
	else
		print_row(listing, &summary);
}

/* Those of the one list who are not in the other; none more once nobody waits for them. */
static void
list_names(struct listing *listing, const struct names *names, const struct names *but, bool enrolled)
{
	for (size_t i = 0; i < names->count && !terminal_interrupted() && ferror(stdout) == 0; i++)
		if (!names_has(but, names->name[i]))
			list_one(listing, names->name[i], enrolled);
}

/* Asking for each anew costs seconds where they are thousands. False when the name service does not answer. */
static bool
find_accounts(struct listing *listing, const struct names *enrolled, const struct names *invited)
{
	struct people *accounts = &listing->accounts;
	struct problem problem;

	if (people_add_all(accounts, enrolled->name, enrolled->count, &problem) == EXIT_DONE &&
	    people_add_all(accounts, invited->name, invited->count, &problem) == EXIT_DONE)
		return true;
	complain(listing->session->request->verb, problem.what, problem.why);
	listing->status = EXIT_SYSTEM;
	return false;
}

static void
list_all(struct listing *listing)
{
	struct session *session = listing->session;
	struct names enrolled = { .name = NULL }, invited = { .name = NULL }, nobody = { .name = NULL };
	bool listed = names_list(&enrolled, &session->store, store_list, &session->fault) &&
	    names_list(&invited, &session->store, store_list_invited, &session->fault);

	if (!listed) {
		complain_fault(session->request->verb, &session->fault);
		listing->status = EXIT_SYSTEM;
	}
	names_sort(&enrolled);
	names_sort(&invited);
	if (find_accounts(listing, &enrolled, &invited)) {
		list_names(listing, &enrolled, &nobody, true);
		list_names(listing, &invited, &enrolled, false);
	}
	people_free(&listing->accounts);
	names_free(&enrolled);
	names_free(&invited);
}

static int
status_of_all(struct session *session)
{
	struct listing listing = { .session = session, .status = EXIT_DONE };

	if (session->request->json)
		json_open(NULL, '[');
	else
		print_heading(&listing);
	list_all(&listing);
	if (session->request->json)
		json_close(']');
	if (!terminal_interrupted())
		return listing.status;
	complain(session->request->verb, tr("interrupted"), NULL);
	return EXIT_SYSTEM;
}

static int
status_of_damaged(const struct session *session)
{
	if (session->request->json)
		json_damaged(session->user, session->record.enrolled, session->fault.why);
	return complain_fault(session->request->verb, &session->fault);
}

static int
status_of_one(struct session *session)
{
	bool gone = session->uid == (uid_t)-1;
	struct summary summary;

	if (!session_read(session, session->user, session->uid) || !summarise(session, &summary)) {
		if (gone)
			(void)store_fault_set(&session->fault, NULL, session->user, N_("no such account"), 0);
		return status_of_damaged(session);
	}
	if (gone)
		return refuse(session->request->verb, session->user, tr("no such account"));
	return show(session->request, &summary);
}

static int
status_of_oneself(struct request *request)
{
	WIRE wire;
	int status = self_ask(request, WIRE_STATUS, &wire, WIRE_SUMMARY);

	return status == EXIT_DONE ? show(request, &wire.summary) : status;
}

int
verb_status(struct request *request)
{
	struct session session;
	int status;

	if (request->all && request->user != NULL)
		return misuse(request->verb, request->user, tr("either a user or --all"));
	if (!request->all && self_serves(request))
		return status_of_oneself(request);
	status = request->all ? session_open_store(&session, request, false)
			      : session_open(&session, request, SESSION_READ);
	if (status == EXIT_DONE)
		status = request->all ? status_of_all(&session) : status_of_one(&session);
	session_close(&session);
	return status;
}
