/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/login.h"

#include <string.h>
#include <unistd.h>

#include <security/pam_ext.h>

#include "flow/login.h"
#include "helper/call.h"
#include "pam/ask.h"
#include "pam/journal.h"
#include "store/link.h"

#define DELAY_STEP_US 1000000U /* libpam adds up to half of a delay */
#define DELAY_MAX_US 3300000U

const char *
login_account(const struct login *login)
{
	return login->who.user[0] != '\0' ? login->who.user : NULL;
}

/* The refusal of the third wrong code in a row and of later ones is held back; a right code never. */
static void
hold_back(struct login *login)
{
	const struct judgement *judgement = &login->settle.judgement;
	int64_t steps = (int64_t)judgement->failures - login->setup.settings.delay_after + 1;

	if (judgement->verdict != VERDICT_WRONG || steps <= 0 || login->setup.settings.combined)
		return;
	(void)pam_fail_delay(login->pamh,
	    steps < 4 ? (unsigned)steps * DELAY_STEP_US : DELAY_MAX_US);
}

/* Whether the person may be a stranger still, whom nothing is told but that the machine failed. */
static bool
before_password(const struct login *login, enum outcome outcome)
{
	return login->setup.settings.combined && outcome != OUTCOME_ACCEPTED &&
	    outcome != OUTCOME_UNAVAILABLE && outcome != OUTCOME_MISCONFIGURED;
}

static void
compose(const struct login *login, enum outcome outcome, char text[static LOGIN_TEXT_SIZE])
{
	struct judgement judgement = login->settle.judgement;
	char name[SETTINGS_TEXT_SIZE];

	*text = '\0';
	if (outcome == OUTCOME_SKIPPED || outcome == OUTCOME_ENROLLS || before_password(login, outcome))
		return;
	if (!login->judged) {
		login_unavailable(text, &login->setup.settings);
		return;
	}
	/* An unknown account is told what an enrolled one would be. */
	if ((outcome == OUTCOME_UNKNOWN || login->answer.junk) && judgement.verdict == VERDICT_UNENROLLED)
		judgement.verdict = VERDICT_WRONG;
	*name = '\0';
	if (judgement.verdict == VERDICT_WRONG)
		link_issuer(&login->setup.settings, name);
	login_answer(text, &login->setup.settings, &judgement, name, login->settle.now,
	    login->store.created);
}

/* `said` of a success waits for the account phase where the password is still to be checked. */
static void
mark_success(const struct login *login, struct mark *mark, const char *said)
{
	const struct settings *settings = &login->setup.settings;
	const struct enrollment *enrollment = &login->settle.enrollment;
	const struct judgement *judgement = &login->settle.judgement;
	struct text later = text_into(mark->later, sizeof mark->later);
	char reminder[LOGIN_TEXT_SIZE] = "";

	mark->remember = settings->remember > 0;
	/* (One field cannot hold that dialogue: the codes stay owed.) */
	if (enrollment->codes_due && settings->recovery_codes > 0 && !settings->combined)
		mark->kind = MARK_CODES;
	else if (login->has_codes)
		login_reminder(reminder, settings, judgement->left,
		    judgement->method == METHOD_RECOVERY, call_built());
	text_put(&later, said);
	if (*said != '\0' && *reminder != '\0')
		text_put(&later, "\n");
	text_put(&later, reminder);
	text_end(&later);
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

/*
 * What is left for the account phase, `later` of a success among it; `said` for the next
 * try. False when memory is short.
 */
static bool
mark(const struct login *login, enum outcome outcome, const char *said, const char *later)
{
	struct mark mark = {
		.service = login->setup.settings.enroll_at_login != ENROLL_NO,
	};
	struct text text = text_into(mark.said, sizeof mark.said);

	memcpy(mark.user, login->who.user, sizeof mark.user);
	text_put(&text, said);
	text_end(&text);
	if (outcome == OUTCOME_ACCEPTED)
		mark_success(login, &mark, later);
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
	/* (Of a login that was judged a fault may be left that kept nobody from it.) */
	bool failed = outcome == OUTCOME_UNAVAILABLE || outcome == OUTCOME_MISCONFIGURED;
	const struct journal entry = {
		.setup = &login->setup,
		.user = login_account(login),
		.outcome = outcome,
		.judgement = login->judged ? &login->settle.judgement : NULL,
		.rule = outcome == OUTCOME_SKIPPED ? login->decision.rule : NULL,
		.fault = failed && login->fault.why != NULL ? &login->fault : NULL,
		.hint = login->hint != NULL ? login->hint : login->answer.hint,
		.torn = login->record.view.torn,
	};

	journal(login->pamh, &entry);
	if (login->setup.settings.debug)
		journal_debug(login->pamh, &login->setup.settings, &login->record);
}

int
login_tell(struct login *login, enum outcome outcome)
{
	bool silent = (login->flags & PAM_SILENT) != 0, refused, later;
	char text[LOGIN_TEXT_SIZE];

	refused = outcome_pam(outcome) != PAM_SUCCESS && outcome != OUTCOME_SKIPPED;
	compose(login, outcome, text);
	/* sudo is always silent: what is wrong then stands above its next prompt. */
	later = login->setup.settings.combined && !refused;
	if (!mark(login, outcome, silent && refused ? text : "", later ? text : "") &&
	    outcome == OUTCOME_ENROLLS)
		outcome = OUTCOME_UNAVAILABLE;
	/* (What the helper judged stands in the journal already.) */
	if (!login->helped || !login->judged)
		tell_journal(login, outcome);
	if (!silent && !later)
		ask_say(login->pamh, refused ? PAM_ERROR_MSG : PAM_TEXT_INFO, text);
	hold_back(login);
	return outcome_pam(outcome);
}
