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
#include <string.h>
#include <time.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "core/judge.h"
#include "flow/login.h"
#include "pam/account.h"
#include "pam/ask.h"
#include "pam/authtok.h"
#include "pam/helped.h"
#include "pam/login.h"
#include "pam/outcome.h"
#include "pam/place.h"

#define SERVICE_PATIENCE 120 /* seconds that a service's account phase may take to come */

static const char account_hint[] =
    "nobody enrolls: this service never came to the module's account line; put it first among them";

static void
login_wipe(struct login *login)
{
	record_close(&login->record);
	store_close(&login->store);
	settle_wipe(&login->settle);
	answer_wipe(&login->answer);
}

static int64_t
now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec;
}

static void
read_answer(struct login *login, const struct secret *typed)
{
	login->settle.now = now();
	answer_read(&login->answer, login->pamh, login_account(login), &login->setup.settings, typed);
}

/* Locked or blocked, before anything is typed. */
static enum verdict
standing_of(const struct login *login, int64_t *wait)
{
	if (!login->helped)
		return judge_standing(&login->setup.settings, &login->record.view.history, now(), wait);
	*wait = login->facts.wait;
	return (enum verdict)login->facts.standing;
}

static void
prompt(struct login *login)
{
	const struct settings *settings = &login->setup.settings;
	SECRET typed;
	char text[LOGIN_TEXT_SIZE];
	bool same = strcmp(login->before.user, login->who.user) == 0;
	int64_t wait;
	enum verdict standing = standing_of(login, &wait);

	/* One field is asked of strangers, who must not learn that somebody is locked. */
	if (settings->combined)
		standing = VERDICT_EMPTY;
	login_question(text, settings, same ? login->before.said : "", standing, wait);
	login->answer.asked =
	    ask(login->pamh, text, settings->echo && !settings->combined, &typed);
	read_answer(login, &typed);
}

/* What another module left comes first, where the settings take it; then a person is asked. */
static void
question(struct login *login)
{
	const struct settings *settings = &login->setup.settings;
	SECRET left;

	if (settings->try_first_pass || settings->use_first_pass) {
		login->answer.asked = authtok_take(login->pamh, &left);
		read_answer(login, &left);
		if (settings->use_first_pass || answer_fits(&login->answer, settings))
			return;
	}
	prompt(login);
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

static const char *
item(const struct login *login, int type)
{
	const void *value = NULL;

	return pam_get_item(login->pamh, type, &value) == PAM_SUCCESS ? value : NULL;
}

static bool
remembered(const struct login *login)
{
	const struct settings *settings = &login->setup.settings;
	struct place place;

	if (settings->remember == 0 || !login->record.enrolled)
		return false;
	place_here(login->pamh, &login->record, &place);
	return history_remembers(&login->record.view.history, &place, now(), settings->remember);
}

/* What the rules make of the user, with what the store says once it was looked at. */
static void
decide(struct login *login)
{
	const struct policy_case who = {
		.account = login_account(login) != NULL,
		.user = login->who.user,
		.groups = login->groups,
		.rhost = item(login, PAM_RHOST),
		.now = now(),
		.looked = login->opened,
		.enrolled = login->record.enrolled,
		.invited = login->record.invited,
		.remembered = login->opened && remembered(login),
		.created = login->store.created,
	};

	login->decision = policy_decide(&login->setup.settings, &who);
}

/* OUTCOME_NOTHING when all groups that a rule names were read. */
static enum outcome
read_groups(struct login *login)
{
	struct text word = text_into(login->setup.wrong.word, sizeof login->setup.wrong.word);
	const char *missing = "";

	policy_groups(login->groups, &login->setup.settings);
	if (login_account(login) == NULL)
		return OUTCOME_NOTHING;
	switch (who_groups(&login->who, login->groups, &missing, &login->fault)) {
	case WHO_GROUPS_READ:
		return OUTCOME_NOTHING;
	case WHO_GROUPS_MISSING:
		text_put(&word, "@");
		text_put(&word, missing);
		text_end(&word);
		login->setup.wrong.why = "no such group";
		return OUTCOME_MISCONFIGURED;
	case WHO_GROUPS_FAULT:
		break;
	}
	return OUTCOME_UNAVAILABLE;
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

/* Whether people can enroll in this service: one whose account phase never comes would let in for ever. */
static bool
service_serves(struct login *login, bool *serves)
{
	const char *service = item(login, PAM_SERVICE);
	int64_t since = 0, age;

	*serves = login->setup.settings.enroll_at_login != ENROLL_NO && service != NULL;
	if (!*serves)
		return true;
	if (!store_service_marked(&login->store, service, &since, &login->fault))
		return false;
	age = now() - since;
	*serves = since == 0 || (age >= 0 && age <= SERVICE_PATIENCE);
	if (!*serves)
		login->hint = account_hint;
	return true;
}

/* The service is marked, durably, before anybody is let through on a promise. */
static enum outcome
promise(struct login *login)
{
	if (!login->store.keyed && !store_key(&login->store, &login->fault))
		return OUTCOME_UNAVAILABLE;
	return store_service_mark(&login->store, item(login, PAM_SERVICE), now(), &login->fault)
	    ? OUTCOME_ENROLLS
	    : OUTCOME_UNAVAILABLE;
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
	if (login->answer.claim.kind == CLAIM_ACTIVATION && !service_serves(login, &serves))
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

	if (!service_serves(login, &serves))
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
	if ((outcome = read_groups(login)) != OUTCOME_NOTHING)
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
