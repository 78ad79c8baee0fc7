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
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "core/judge.h"
#include "core/policy.h"
#include "flow/login.h"
#include "pam/account.h"
#include "pam/ask.h"
#include "pam/journal.h"
#include "pam/mark.h"
#include "pam/outcome.h"
#include "pam/place.h"
#include "pam/setup.h"
#include "pam/who.h"
#include "store/settle.h"
#include "store/store.h"

#define DELAY_STEP_US 1000000U /* libpam adds up to half of a delay */
#define DELAY_MAX_US 3300000U
#define SERVICE_PATIENCE 120 /* seconds that a service's account phase may take to come */

static const char sshd_hint[] =
    "no code was typed: set KbdInteractiveAuthentication yes and PasswordAuthentication no in "
    "sshd_config";
static const char root_hint[] =
    "sshd hides what is typed for this account: see PermitRootLogin in sshd_config";
static const char account_hint[] =
    "nobody enrolls: this service never came to the module's account line; put it first among them";

/*
 * What sshd hands over for an account that it will not let in: this, over and over, as long
 * as what was typed.
 */
static const char sshd_junk[] = "\b\n\r\177INCORRECT";

struct login {
	pam_handle_t *pamh;
	int flags;
	struct setup setup;
	struct who who;
	struct policy_groups groups;
	struct policy_decision decision;
	struct store store;
	struct store_fault fault;
	struct record record;
	struct claim claim;
	struct settle settle;
	bool opened; /* the store was */
	bool junk;   /* sshd hid the answer */
	bool judged; /* settle.judgement stands, and is durable */
	const char *hint;
	struct mark before; /* of the try before */
};

static void
login_wipe(struct login *login)
{
	record_close(&login->record);
	store_close(&login->store);
	settle_wipe(&login->settle);
	claim_wipe(&login->claim);
}

static const char *
account(const struct login *login)
{
	return login->who.user[0] != '\0' ? login->who.user : NULL;
}

static bool
is_junk(const struct secret *typed)
{
	for (size_t i = 0; i < typed->len; i++)
		if (typed->bytes[i] != (uint8_t)sshd_junk[i % (sizeof sshd_junk - 1)])
			return false;
	return typed->len > 0;
}

/* Nobody typed it, so it is no guess; but it must look and cost like a wrong code of its length. */
static void
hide_junk(struct login *login, const struct secret *typed)
{
	struct claim *claim = &login->claim;

	login->junk = is_junk(typed);
	if (login->junk && typed->len >= OTP_DIGITS_MIN && typed->len <= OTP_DIGITS_MAX) {
		claim->kind = CLAIM_CODE;
		claim->digits = (unsigned)login->setup.settings.digits;
	}
	if (login->junk && account(login) != NULL)
		login->hint = root_hint;
}

/* What a wrong password method gave away is neither counted nor told apart from a malformed code. */
static void
read_answer(struct login *login, enum asked asked, const struct secret *typed)
{
	const void *tty = NULL;

	(void)pam_get_item(login->pamh, PAM_TTY, &tty);
	login_claim(&login->claim, asked == ASKED_TYPED ? typed : NULL);
	if (asked == ASKED_OVERLONG || asked == ASKED_PASSWORD)
		login->claim.kind = CLAIM_MALFORMED;
	if (tty != NULL && strcmp(tty, "ssh") == 0 &&
	    (asked == ASKED_PASSWORD || asked == ASKED_BROKEN))
		login->hint = sshd_hint;
	if (asked == ASKED_TYPED)
		hide_junk(login, typed);
}

static int64_t
now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec;
}

static void
question(struct login *login)
{
	const struct settings *settings = &login->setup.settings;
	SECRET typed;
	char text[LOGIN_TEXT_SIZE];
	bool same = strcmp(login->before.user, login->who.user) == 0;
	int64_t wait;
	enum verdict standing =
	    judge_standing(settings, &login->record.view.history, now(), &wait);

	login_question(text, settings, same ? login->before.said : "", standing, wait);
	read_answer(login, ask(login->pamh, text, settings->echo, &typed), &typed);
	login->settle.now = now();
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
	place_here(login->pamh, &place);
	return history_remembers(&login->record.view.history, &place, now(), settings->remember);
}

/* What the rules make of the user, with what the store says once it was looked at. */
static void
decide(struct login *login)
{
	const struct policy_case who = {
		.account = account(login) != NULL,
		.user = login->who.user,
		.groups = &login->groups,
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

	policy_groups(&login->groups, &login->setup.settings);
	if (account(login) == NULL)
		return OUTCOME_NOTHING;
	switch (who_groups(&login->who, &login->groups, &missing, &login->fault)) {
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

	if (!store_open(store, settings->store, settings->key_file, login->setup.trusted, fault))
		return false;
	store->judged = settings->conf;
	login->opened = store_key_open(store, fault) &&
	    store_look(store, account(login), login->who.uid, &login->record, fault) &&
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

static enum outcome
judged(struct login *login)
{
	struct settle *settle_ = &login->settle;
	bool serves = true;

	if (!warm())
		return OUTCOME_UNAVAILABLE;
	question(login);
	if (login->claim.kind == CLAIM_ACTIVATION && !service_serves(login, &serves))
		return OUTCOME_UNAVAILABLE;
	if (!serves)
		login->claim.kind = CLAIM_MALFORMED;
	settle_->settings = &login->setup.settings;
	settle_->claim = &login->claim;
	settle_->decoy = login->junk || login->decision.policy != POLICY_ASK;
	login->judged = store_key(&login->store, &login->fault) &&
	    settle(settle_, &login->store, &login->record, &login->fault);
	if (!login->judged) {
		/* What could not be recorded is told as if nothing had been judged. */
		settle_->judgement = (struct judgement){ .verdict = VERDICT_MALFORMED };
		return OUTCOME_UNAVAILABLE;
	}
	if (account(login) == NULL)
		return OUTCOME_UNKNOWN;
	if (login->junk)
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
		return OUTCOME_SKIPPED;
	if (!look(login))
		return OUTCOME_UNAVAILABLE;
	decide(login);
	switch (login->decision.policy) {
	case POLICY_PASS:
		return store_key(&login->store, &login->fault) ? OUTCOME_SKIPPED
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

/* The refusal of the third wrong code in a row and of later ones is held back; a right code never. */
static void
hold_back(struct login *login)
{
	const struct judgement *judgement = &login->settle.judgement;
	int64_t steps = (int64_t)judgement->failures - login->setup.settings.delay_after + 1;

	if (judgement->verdict != VERDICT_WRONG || steps <= 0)
		return;
	(void)pam_fail_delay(login->pamh,
	    steps < 4 ? (unsigned)steps * DELAY_STEP_US : DELAY_MAX_US);
}

static void
compose(const struct login *login, enum outcome outcome, char text[static LOGIN_TEXT_SIZE])
{
	struct judgement judgement = login->settle.judgement;
	char name[SETTINGS_TEXT_SIZE];

	*text = '\0';
	if (outcome == OUTCOME_SKIPPED || outcome == OUTCOME_ENROLLS)
		return;
	if (!login->judged) {
		login_unavailable(text, &login->setup.settings);
		return;
	}
	/* An unknown account is told what an enrolled one would be. */
	if ((outcome == OUTCOME_UNKNOWN || login->junk) && judgement.verdict == VERDICT_UNENROLLED)
		judgement.verdict = VERDICT_WRONG;
	*name = '\0';
	if (judgement.verdict == VERDICT_WRONG)
		setup_issuer(&login->setup, name);
	login_answer(text, &login->setup.settings, &judgement, name, login->settle.now,
	    login->store.created);
}

static void
mark_success(const struct login *login, struct mark *mark)
{
	const struct settings *settings = &login->setup.settings;
	const struct enrollment *enrollment = &login->settle.enrollment;
	const struct judgement *judgement = &login->settle.judgement;

	mark->remember = settings->remember > 0;
	if (enrollment->codes_due && settings->recovery_codes > 0)
		mark->kind = MARK_CODES;
	else if (enrollment->recovery.count > 0)
		login_reminder(mark->later, settings, judgement->left,
		    judgement->method == METHOD_RECOVERY);
}

static void
mark_skipped(const struct login *login, struct mark *mark)
{
	const struct settings *settings = &login->setup.settings;

	if (login->decision.remind)
		login_announce(mark->later, settings, settings->require_from, login->decision.days);
	if (login->decision.offer && (login->flags & PAM_SILENT) == 0)
		mark->kind = MARK_OFFER;
}

/* What is left for the account phase; `said` for the next try. False when memory is short. */
static bool
mark(const struct login *login, enum outcome outcome, const char *said)
{
	struct mark mark = {
		.service = login->setup.settings.enroll_at_login != ENROLL_NO,
	};
	struct text text = text_into(mark.said, sizeof mark.said);

	memcpy(mark.user, login->who.user, sizeof mark.user);
	text_put(&text, said);
	text_end(&text);
	if (outcome == OUTCOME_ACCEPTED)
		mark_success(login, &mark);
	if (outcome == OUTCOME_SKIPPED)
		mark_skipped(login, &mark);
	if (outcome == OUTCOME_ENROLLS)
		mark.kind = login->decision.policy == POLICY_ENROLL ? MARK_ENROLL : MARK_REPLACE;
	if (mark.kind != MARK_DONE || mark.remember)
		mark.process = getpid();
	return mark_leave(login->pamh, &mark);
}

static void
tell_journal(const struct login *login, enum outcome outcome)
{
	const struct journal entry = {
		.setup = &login->setup,
		.user = account(login),
		.outcome = outcome,
		.judgement = login->judged ? &login->settle.judgement : NULL,
		.rule = outcome == OUTCOME_SKIPPED ? login->decision.rule : NULL,
		.fault = login->fault.why != NULL && outcome == OUTCOME_UNAVAILABLE ? &login->fault : NULL,
		.hint = login->hint,
		.torn = login->record.view.torn,
	};

	journal(login->pamh, &entry);
	if (login->setup.settings.debug)
		journal_debug(login->pamh, &login->setup.settings, &login->record);
}

/* Tells the person, the journal, the account phase and PAM how it ended. */
static int
tell(struct login *login, enum outcome outcome)
{
	bool silent = (login->flags & PAM_SILENT) != 0, refused;
	char text[LOGIN_TEXT_SIZE];

	refused = outcome_pam(outcome) != PAM_SUCCESS && outcome != OUTCOME_SKIPPED;
	compose(login, outcome, text);
	/* sudo is always silent: what is wrong then stands above its next prompt. */
	if (!mark(login, outcome, silent && refused ? text : "") && outcome == OUTCOME_ENROLLS)
		outcome = OUTCOME_UNAVAILABLE;
	tell_journal(login, outcome);
	if (!silent)
		ask_say(login->pamh, refused ? PAM_ERROR_MSG : PAM_TEXT_INFO, text);
	hold_back(login);
	return outcome_pam(outcome);
}

PAM_EXTERN int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	WIPED(login_wipe) struct login login = {
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
	return tell(&login, outcome);
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
