/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/settle.h"

#include "store/store_file.h"

#define CONFLICTS_MAX 10000 /* times that other logins of one user may be faster */

void
settle_wipe(struct settle *settle)
{
	enrollment_wipe(&settle->enrollment);
	invitation_wipe(&settle->invitation);
}

/* An invitation is looked for whatever the user is, and read where a code could be its. */
static bool
read_invitation(struct settle *settle, struct store *store, struct record *record,
    struct store_fault *fault)
{
	invitation_wipe(&settle->invitation);
	if (settle->claim->kind != CLAIM_ACTIVATION)
		return true;
	return store_look_invitation(store, record, fault) &&
	    (!record->invited || settle->decoy ||
		store_read_invitation(store, record, &settle->invitation, fault));
}

static bool
read_enrollment(struct settle *settle, struct store *store, const struct record *record,
    struct store_fault *fault)
{
	const struct settings *settings = settle->settings;

	if (!settle->decoy)
		return store_read(store, record, &settle->enrollment, fault);
	enrollment_decoy(&settle->enrollment, settings->algorithm, (unsigned)settings->digits,
	    (unsigned)settings->period);
	/* costs what opening a record does */
	return judge_warm() || store_fault_set(fault, NULL, "libcrypto", "failed", 0);
}

/* What is under a key that is gone was sealed again since it was looked at, like any other change. */
static enum store_answer
unread(struct store *store, const struct record *record, const struct store_fault *fault)
{
	return seal_other(fault->why) && (!store_unchanged(store, record) ||
					     !store_invitation_unchanged(store, record))
	    ? STORE_CONFLICT
	    : STORE_FAULT;
}

static enum store_answer
once(struct settle *settle, struct store *store, struct record *record, struct store_fault *fault)
{
	enum store_answer answer;
	struct history next;

	/* What cannot be recorded is not even judged: not the time either then tells right from wrong. */
	if (!store_may_write(store, record, fault))
		return STORE_FAULT;
	if (!read_enrollment(settle, store, record, fault) ||
	    !read_invitation(settle, store, record, fault))
		return unread(store, record, fault);
	if (!judge(settle->settings, &store->key, &settle->enrollment, &settle->invitation,
		&record->view.history, settle->claim, settle->now, &settle->judgement, &next)) {
		(void)store_fault_set(fault, NULL, "libcrypto", "failed", 0);
		return STORE_FAULT;
	}
	if (!settle->judgement.write)
		return STORE_OK;
	if (settle->untold)
		next.since += settle->judgement.since;
	answer = store_swap(store, record, &next, fault);
	/* The decoy is written for its cost alone. */
	return settle->decoy ? STORE_OK : answer;
}

bool
settle(struct settle *settle, struct store *store, struct record *record, struct store_fault *fault)
{
	for (unsigned i = 0; i < CONFLICTS_MAX; i++) {
		enum store_answer answer = once(settle, store, record, fault);

		if (answer != STORE_CONFLICT)
			return answer == STORE_OK;
		if (!store_look_again(store, record, fault))
			return false;
		/* Removed meanwhile: nothing is left that the answer could fit. */
		settle->decoy = settle->decoy || !record->enrolled;
	}
	return store_fault_set(fault, store->path, "histories", "changes without end", 0);
}

bool
settle_invitation(struct invitation *invitation, int64_t generation, bool replace,
    struct store *store, const struct record *record, struct store_fault *fault)
{
	invitation_wipe(invitation);
	if (!record->invited)
		return true;
	if (!store_read_invitation(store, record, invitation, fault))
		return false;
	if (!invitation_fits(invitation, generation))
		invitation->has_code = invitation->has_pending = false;
	if (invitation->replace != replace)
		invitation->has_code = false;
	return true;
}

/* Beside an enrollment, which came meanwhile, no code to begin with is worth anything. */
static bool
read_first(struct settle *settle, struct store *store, const struct record *record,
    struct store_fault *fault)
{
	invitation_wipe(&settle->invitation);
	return record->enrolled ||
	    settle_invitation(&settle->invitation, 0, false, store, record, fault);
}

/*
 * An invitation that went or changed while the person typed is no longer what the code is held against. His
 * wrong codes count in his own history even then: the decoy's is everybody's.
 */
static enum store_answer
activate_once(struct settle *settle, struct store *store, struct record *record,
    struct store_fault *fault)
{
	struct history next;

	if (!store_invitation_unchanged(store, record))
		return STORE_CONFLICT;
	if (!store_may_write(store, record, fault) ||
	    (!record->has_history && !store_own_history(store, record, fault)))
		return STORE_FAULT;
	if (!read_first(settle, store, record, fault))
		return unread(store, record, fault);
	if (!judge_activation(settle->settings, &store->key, &settle->invitation,
		&record->view.history, settle->claim, settle->now, &settle->judgement, &next)) {
		(void)store_fault_set(fault, NULL, "libcrypto", "failed", 0);
		return STORE_FAULT;
	}
	return settle->judgement.write ? store_swap(store, record, &next, fault) : STORE_OK;
}

bool
settle_activation(struct settle *settle, struct store *store, struct record *record,
    struct store_fault *fault)
{
	for (unsigned i = 0; i < CONFLICTS_MAX; i++) {
		enum store_answer answer = activate_once(settle, store, record, fault);

		if (answer != STORE_CONFLICT)
			return answer == STORE_OK;
		if (!store_look_again(store, record, fault))
			return false;
	}
	return store_fault_set(fault, store->path, "histories", "changes without end", 0);
}
