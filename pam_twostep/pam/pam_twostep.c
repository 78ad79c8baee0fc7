/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second step of a login, as PAM calls it.
 *
 * 1. Every path starts from OUTCOME_UNAVAILABLE; only a verdict that is durable becomes
 *    a success, and only outcome_pam() says what PAM is told.
 * 2. An unknown, an unenrolled and an enrolled user see the same prompt and cost the same
 *    work: those without a record are judged against a decoy, which never proves anything.
 * 3. No key of a device and no host key is in memory, and no lock is held, while a
 *    person types.
 * 4. What one try leaves on the handle serves no other user and no other try.
 * 5. Nobody is let by, or through to enroll, before the host key has proved that this is the store;
 *    but who is exempt or comes from a trusted network needs no store.
 * 6. With one field the password is checked behind this module. Until it was, nobody is told
 *    anything: no text, delay or work tells who is enrolled, locked or let by, or had a right code.
 */
#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "core/judge.h"
#include "pam/account.h"
#include "pam/decide.h"
#include "pam/helped.h"
#include "pam/login.h"
#include "pam/outcome.h"
#include "pam/promise.h"
#include "pam/question.h"

static void
login_wipe(struct login *login)
{
	record_close(&login->record);
	store_close(&login->store);
	settle_wipe(&login->settle);
	answer_wipe(&login->answer);
}

/* libcrypto starts while the person has not yet been asked, and once in a process. */
static bool
warm(void)
{
	static _Atomic bool done;

	if (!done)
		done = judge_warm();
	return done;
}

static bool
look(struct login *login)
{
	const struct settings *settings = &login->setup.settings;
	struct store *store = &login->store;
	struct store_fault *fault = &login->fault;
	bool opened =
	    store_open(store, settings->store, settings->key_file, login->setup.trusted, fault);

	if (helped_due(login, opened))
		return helped_look(login);
	if (!opened)
		return false;
	store->judged = settings->conf;
	login->opened = store_key_open(store, fault) &&
	    store_look(store, login_account(login), login->who.uid, &login->record, fault) &&
	    (settings->enroll_at_login == ENROLL_NO || login->record.enrolled ||
		store_invited(store, &login->record, fault));
	return login->opened;
}

/* Judges the answer and makes the result durable; by the decoy for those who are not to be judged. */
static bool
weigh(struct login *login)
{
	struct settle *settle_ = &login->settle;

	if (login->helped)
		return helped_judge(login);
	settle_->settings = &login->setup.settings;
	settle_->claim = &login->answer.claim;
	settle_->untold = (login->flags & PAM_SILENT) != 0;
	settle_->decoy = login->answer.junk || login->decision.policy != POLICY_ASK;
	if (!store_key(&login->store, &login->fault) ||
	    !settle(settle_, &login->store, &login->record, &login->fault))
		return false;
	login->has_codes = settle_->enrollment.recovery.count > 0;
	return true;
}

static enum outcome
judged(struct login *login)
{
	struct settle *settle_ = &login->settle;
	bool serves = true;

	if (!login->helped && !warm())
		return OUTCOME_UNAVAILABLE;
	question(login);
	if (login->answer.claim.kind == CLAIM_ACTIVATION && !promise_serves(login, &serves))
		return OUTCOME_UNAVAILABLE;
	if (!serves)
		login->answer.claim.kind = CLAIM_MALFORMED;
	login->judged = weigh(login);
	if (!login->judged) {
		/* What could not be recorded is told as if nothing had been judged. */
		settle_->judgement = (struct judgement){ .verdict = VERDICT_MALFORMED };
		return OUTCOME_UNAVAILABLE;
	}
	if (login->setup.settings.combined && !answer_hand_on(&login->answer, login->pamh, false))
		return OUTCOME_UNAVAILABLE;
	if (login_account(login) == NULL)
		return OUTCOME_UNKNOWN;
	if (login->answer.junk)
		return OUTCOME_MALFORMED;
	if (settle_->judgement.verdict == VERDICT_ACTIVATED)
		return promise(login);
	return outcome_of(settle_->judgement.verdict);
}

static enum outcome
enrolls(struct login *login)
{
	bool serves;

	if (!promise_serves(login, &serves))
		return OUTCOME_UNAVAILABLE;
	if (serves)
		return promise(login);
	login->decision.policy = POLICY_DENY;
	return judged(login);
}

/*
 * In one field everybody is asked alike: of those who are let by it holds the password alone,
 * and the decoy is judged, so that a stranger cannot tell them by the work.
 */
static enum outcome
let_by(struct login *login)
{
	struct answer *answer = &login->answer;
	struct store_fault fault = login->fault;

	if (!login->setup.settings.combined)
		return OUTCOME_SKIPPED;
	/* A store that fails here keeps nobody out: who has to prove it was here already. */
	if (login->opened || look(login))
		(void)warm();
	question(login);
	if (login->opened && !login->helped)
		(void)weigh(login);
	login->fault = fault;
	/* (Then it is in PAM_AUTHTOK already.) */
	if (answer->asked == ASKED_PASSWORD)
		return OUTCOME_SKIPPED;
	if (answer->asked != ASKED_TYPED || answer->typed.len == 0)
		return answer->claim.kind == CLAIM_EMPTY ? OUTCOME_EMPTY : OUTCOME_MALFORMED;
	return answer_hand_on(answer, login->pamh, true) ? OUTCOME_SKIPPED : OUTCOME_UNAVAILABLE;
}

/* Somebody else than the caller, whom the helper does not serve: asked like everybody, in vain. */
static enum outcome
stranger(struct login *login)
{
	question(login);
	return OUTCOME_UNAVAILABLE;
}

static enum outcome
attempt(struct login *login, const char *name)
{
	enum outcome outcome;

	if (!who_find(&login->who, name, &login->fault))
		return OUTCOME_UNAVAILABLE;
	if ((outcome = decide_groups(login)) != OUTCOME_NOTHING)
		return outcome;
	decide(login);
	if (login->decision.policy == POLICY_PASS)
		return let_by(login);
	if (!look(login))
		return OUTCOME_UNAVAILABLE;
	if (login->helped && !login->own)
		return stranger(login);
	decide(login);
	switch (login->decision.policy) {
	case POLICY_PASS:
		/* (The helper has proved it, or there were no facts.) */
		return login->helped || store_key(&login->store, &login->fault)
		    ? let_by(login)
		    : OUTCOME_UNAVAILABLE;
	case POLICY_ENROLL:
		return enrolls(login);
	case POLICY_ASK:
	case POLICY_DENY:
		return judged(login);
	case POLICY_LOOK:
		break;
	}
	return OUTCOME_UNAVAILABLE;
}

PAM_EXTERN int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct policy_groups groups;
	WIPED(login_wipe) struct login login = {
		.groups = &groups,
		.pamh = pamh,
		.flags = flags,
		.store.directory = -1,
		.record = { .enrollment = -1, .history = -1, .invitation = -1 },
	};
	const struct mark *before = mark_left(pamh);
	enum outcome outcome = OUTCOME_MISCONFIGURED;
	const char *name = NULL;

	if (before != NULL)
		login.before = *before;
	mark_drop(pamh);
	if (setup_read(&login.setup, argc, argv, &login.fault)) {
		if (pam_get_user(pamh, &name, NULL) != PAM_SUCCESS || name == NULL)
			name = "";
		outcome = attempt(&login, name);
	}
	return login_tell(&login, outcome);
}

PAM_EXTERN int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}

PAM_EXTERN int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return outcome_pam(account_phase(pamh, flags, argc, argv));
}
