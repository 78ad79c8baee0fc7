/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/account.h"

#include <string.h>
#include <unistd.h>

#include "pam/ask.h"
#include "pam/enroll.h"
#include "pam/host.h"
#include "pam/journal.h"
#include "pam/mark.h"
#include "pam/place.h"
#include "store/who.h"

#define CONFLICTS_MAX 10 /* times that another login may be faster; a place is not worth more */

struct phase {
	pam_handle_t *pamh;
	int flags;
	struct setup setup;
	bool read; /* the settings were */
	struct mark mark;
	struct store store;
	struct record record;
	struct store_fault fault;
	const char *hint;
};

static void
phase_wipe(struct phase *phase)
{
	record_close(&phase->record);
	store_close(&phase->store);
	secret_clear(&phase->mark, sizeof phase->mark);
}

/* Whether anybody was let through who must now enroll. */
static bool
promised(const struct mark *mark)
{
	return mark->kind == MARK_ENROLL || mark->kind == MARK_REPLACE;
}

/* Whether the mark is of this process and of the user that the application means now. */
static bool
is_own(pam_handle_t *pamh, const struct mark *mark, struct store_fault *fault)
{
	const char *name = host_item(pamh, PAM_USER);
	struct who who;

	if ((mark->process != 0 && mark->process != getpid()) || name == NULL)
		return false;
	if (strcmp(name, mark->user) != 0 &&
	    (!who_find(&who, name, fault) || strcmp(who.user, mark->user) != 0))
		return false;
	return mark->user[0] != '\0';
}

static void
say_later(pam_handle_t *pamh, int flags, const struct mark *mark)
{
	if ((flags & PAM_SILENT) == 0)
		ask_say(pamh, PAM_TEXT_INFO, mark->later);
}

static bool
open_store(struct phase *phase)
{
	const struct settings *settings = &phase->setup.settings;

	if (phase->store.directory >= 0)
		return true;
	if (!store_open(&phase->store, settings->store, settings->key_file, phase->setup.trusted,
		&phase->fault))
		return false;
	phase->store.judged = settings->conf;
	return true;
}

/* Whoever comes here proves that the service has an account phase. */
static bool
clear_service(struct phase *phase)
{
	const char *service = host_item(phase->pamh, PAM_SERVICE);

	if (phase->setup.settings.enroll_at_login == ENROLL_NO)
		return true;
	return service != NULL && open_store(phase) && store_service_clear(&phase->store, service, &phase->fault);
}

/* Looks the user up anew: what the auth phase saw is old, and its descriptors are closed. */
static bool
look(struct phase *phase)
{
	struct who who;

	record_close(&phase->record);
	return who_find(&who, phase->mark.user, &phase->fault) && who.user[0] != '\0' &&
	    open_store(phase) &&
	    store_look(&phase->store, who.user, who.uid, &phase->record, &phase->fault);
}

/* Best effort: who is not remembered is asked again. */
static void
remember(struct phase *phase)
{
	enum store_answer answer = STORE_CONFLICT;
	struct store_fault ignored;
	struct place place;

	if (!look(phase))
		return;
	place_here(phase->pamh, &phase->record, &place);
	for (unsigned i = 0; answer == STORE_CONFLICT && i < CONFLICTS_MAX; i++) {
		struct history next = phase->record.view.history;

		if (place.id[0] == '\0' || !phase->record.enrolled)
			return;
		history_remember(&next, &place, host_now());
		answer = store_swap(&phase->store, &phase->record, &next, &ignored);
		if (answer == STORE_CONFLICT &&
		    !store_look_again(&phase->store, &phase->record, &ignored))
			return;
	}
}

static void
write_journal(struct phase *phase, enum outcome outcome, const struct dialogue *dialogue)
{
	bool linked = outcome == OUTCOME_ENROLLED;
	const struct journal entry = {
		.setup = &phase->setup,
		.user = phase->mark.user,
		.outcome = outcome,
		.judgement = NULL,
		.method = linked ? "totp" : NULL,
		.device = linked ? dialogue->device.name : NULL,
		.fault = phase->fault.why != NULL ? &phase->fault : NULL,
		.hint = phase->hint,
	};

	journal(phase->pamh, &entry);
}

/* What came of a dialogue for those who were let through, let by, or let in before it. */
static enum outcome
ended(const struct phase *phase, const struct dialogue *dialogue)
{
	bool stands = enroll_stands(&dialogue->enroll);

	if (phase->mark.kind == MARK_CODES)
		return OUTCOME_NOTHING;
	if (stands)
		return OUTCOME_ENROLLED;
	if (promised(&phase->mark))
		return OUTCOME_UNCOMMITTED;
	/* Let by, because he had no second step: but now he has one. */
	return phase->record.enrolled ? OUTCOME_UNCOMMITTED : OUTCOME_NOTHING;
}

static enum outcome
hold_dialogue(struct phase *phase)
{
	WIPED(dialogue_wipe) struct dialogue dialogue = {
		.pamh = phase->pamh,
		.setup = &phase->setup,
		.store = &phase->store,
		.record = &phase->record,
		.kind = phase->mark.kind,
	};
	char text[LOGIN_TEXT_SIZE];
	enum outcome outcome;

	/* The key is opened before the records, as in the auth phase: one that came since is then told. */
	if (!open_store(phase) || !store_key_open(&phase->store, &phase->fault) || !look(phase) ||
	    !store_invited(&phase->store, &phase->record, &phase->fault) ||
	    !store_key(&phase->store, &phase->fault)) {
		write_journal(phase, OUTCOME_UNAVAILABLE, NULL);
		login_unavailable(text, &phase->setup.settings);
		ask_say(phase->pamh, PAM_ERROR_MSG, text);
		return promised(&phase->mark) ? OUTCOME_UNCOMMITTED : OUTCOME_NOTHING;
	}
	dialogue_hold(&dialogue);
	phase->fault = dialogue.fault;
	outcome = ended(phase, &dialogue);
	if (outcome != OUTCOME_NOTHING)
		write_journal(phase, outcome, &dialogue);
	else if (phase->fault.why != NULL)
		write_journal(phase, OUTCOME_UNAVAILABLE, NULL);
	enroll_ending(&dialogue.enroll, text);
	ask_say(phase->pamh, outcome == OUTCOME_UNCOMMITTED ? PAM_ERROR_MSG : PAM_TEXT_INFO, text);
	return outcome;
}

/* With the settings read: what the mark asks for. */
static enum outcome
keep(struct phase *phase)
{
	enum outcome outcome = OUTCOME_NOTHING;

	if (!is_own(phase->pamh, &phase->mark, &phase->fault)) {
		phase->hint = "the application asks for another account than it authenticated";
		if (promised(&phase->mark))
			write_journal(phase, OUTCOME_UNCOMMITTED, NULL);
		return promised(&phase->mark) ? OUTCOME_UNCOMMITTED : OUTCOME_NOTHING;
	}
	say_later(phase->pamh, phase->flags, &phase->mark);
	if (phase->mark.kind != MARK_DONE)
		outcome = hold_dialogue(phase);
	/* After it: binding recovery codes changes the enrollment, and with it every place. */
	if (phase->mark.remember)
		remember(phase);
	return outcome;
}

/*
 * Without settings or store nobody enrolls. For the others nothing but the text can be done, and that is
 * no reason to refuse them. Settings that are wrong are named; the store may be one that is not for this
 * process, such as a screen lock that runs as its user.
 */
static enum outcome
keep_little(struct phase *phase)
{
	char text[LOGIN_TEXT_SIZE];

	if (promised(&phase->mark)) {
		write_journal(phase, OUTCOME_UNCOMMITTED, NULL);
		login_unavailable(text, &phase->setup.settings);
		ask_say(phase->pamh, PAM_ERROR_MSG, text);
		return OUTCOME_UNCOMMITTED;
	}
	if (!phase->read)
		write_journal(phase, OUTCOME_MISCONFIGURED, NULL);
	phase->mark.kind = MARK_DONE;
	phase->mark.remember = false;
	return keep(phase);
}

/* What needs more than the handle; a mark may be missing. */
static enum outcome
with_settings(pam_handle_t *pamh, int flags, int argc, const char **argv, const struct mark *mark)
{
	WIPED(phase_wipe) struct phase phase = {
		.pamh = pamh,
		.flags = flags,
		.store.directory = -1,
		.record = { .enrollment = -1, .history = -1, .invitation = -1 },
	};
	bool ready;

	if (mark != NULL)
		phase.mark = *mark;
	phase.read = setup_read(&phase.setup, argc, argv, &phase.fault);
	ready = phase.read && clear_service(&phase);
	if (mark == NULL)
		return OUTCOME_NOTHING;
	return ready ? keep(&phase) : keep_little(&phase);
}

/* Nothing but a text is due. */
static bool
only_text(const struct mark *mark)
{
	return mark->kind == MARK_DONE && !mark->remember && !mark->service;
}

enum outcome
account_phase(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const struct mark *mark = mark_left(pamh);
	struct store_fault ignored;

	if (mark == NULL || !only_text(mark))
		return with_settings(pamh, flags, argc, argv, mark);
	if (is_own(pamh, mark, &ignored))
		say_later(pamh, flags, mark);
	return OUTCOME_NOTHING;
}
