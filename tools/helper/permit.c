/* SPDX-License-Identifier: BSD-2-Clause */
#include "permit.h"

#include "core/judgement.h"
#include "core/language.h"
#include "flow/enroll.h"

/* In the words that a login has for it. */
static enum wire_status
refuse_unenrolled(const struct helper *helper)
{
	const struct settle settled = { .judgement = { .verdict = VERDICT_UNENROLLED } };

	(void)helper_tell(helper, &settled);
	return WIRE_NO;
}

enum wire_status
permit_begin(struct helper *helper, bool enrolling)
{
	const struct settings *settings = &helper->setup.settings;

	if (helper->record.enrolled)
		return WIRE_DONE;
	if (!enrolling)
		return helper_refuse(helper, N_("not enrolled"));
	if (settings->enroll_at_login == ENROLL_YES ||
	    (settings->enroll_at_login == ENROLL_INVITED && helper->record.invited))
		return WIRE_DONE;
	return refuse_unenrolled(helper);
}

/* As the record stands now, after whatever went on while somebody typed. */
static bool
look_again(struct helper *helper)
{
	return store_key(&helper->store, &helper->fault) &&
	    store_look_again(&helper->store, &helper->record, &helper->fault);
}

typedef bool judging(struct helper *helper, struct settle *settled);

/* One code that is typed, and judged. WIRE_DONE where it opens. */
static enum wire_status
ask_code(struct helper *helper, const struct wire *question, judging *judge_code)
{
	WIPED(claim_wipe) struct claim claim = { .kind = CLAIM_EMPTY };
	WIPED(settle_wipe) struct settle settled = { .claim = &claim };
	bool activation = question->about == WIRE_ABOUT_ACTIVATION;
	enum verdict wanted = activation ? VERDICT_ACTIVATED : VERDICT_ACCEPTED;
	enum verdict verdict;
	SECRET typed;

	if (!helper_ask(helper, question, &typed))
		return helper_broken(helper);
	login_claim(&claim, &typed);
	if (!store_key(&helper->store, &helper->fault) || !judge_code(helper, &settled))
		return helper_fault(helper);
	verdict = settled.judgement.verdict;
	/* (No packet says so of an activation code: what comes next does.) */
	if (verdict == VERDICT_ACTIVATED)
		return verdict == wanted ? WIRE_DONE : WIRE_NO;
	if (!helper_tell(helper, &settled))
		return helper_broken(helper);
	if (verdict == VERDICT_UNENROLLED)
		return helper_refuse(helper, N_("not enrolled"));
	return verdict == wanted ? WIRE_DONE : WIRE_NO;
}

static enum wire_status
ask_codes(struct helper *helper, enum wire_about about, judging *judge_code)
{
	for (unsigned tries = WIRE_TRIES; tries > 0; tries--) {
		enum wire_status status;
		struct wire question;

		wire_start(&question, WIRE_ASK);
		question.about = about;
		question.tries = tries;
		helper_facts(helper, &question.facts);
		status = ask_code(helper, &question, judge_code);
		if (status != WIRE_NO || helper->why != NULL)
			return status;
		if (!look_again(helper))
			return helper_fault(helper);
	}
	return helper_refuse(helper, N_("no code was right; nothing was changed"));
}

/* An activation code opens the way to a dialogue for one who is not enrolled, and no other. */
static bool
judge_present(struct helper *helper, struct settle *settled)
{
	if (settled->claim->kind == CLAIM_ACTIVATION)
		settled->claim->kind = CLAIM_MALFORMED;
	return helper_judge(helper, settled);
}

enum wire_status
permit_change(struct helper *helper)
{
	enum wire_status status = permit_password(helper);

	if (status != WIRE_DONE)
		return status;
	if (!look_again(helper))
		return helper_fault(helper);
	status = permit_begin(helper, false);
	return status == WIRE_DONE ? ask_codes(helper, WIRE_ABOUT_CODE, judge_present) : status;
}

static bool
judge_invitation(struct helper *helper, struct settle *settled)
{
	const struct judgement *judgement = &settled->judgement;

	settled->settings = &helper->setup.settings;
	settled->now = helper_now();
	if (!settle_activation(settled, &helper->store, &helper->record, &helper->fault))
		return false;
	if (judgement->verdict != VERDICT_ACTIVATED)
		helper_log(helper, judgement_word(judgement->verdict), judgement);
	return true;
}

/* False with the fault. The invitation holds digests, and keys: it is gone before anything is asked. */
static bool
needs_code(struct helper *helper, bool *needed)
{
	WIPED(invitation_wipe) struct invitation invitation = { .has_code = false };

	if (!settle_invitation(&invitation, 0, false, &helper->store, &helper->record, &helper->fault))
		return false;
	*needed = enroll_needs_code(&helper->setup.settings, &invitation, helper_now());
	return true;
}

static enum wire_status
permit_first(struct helper *helper)
{
	enum wire_status status = permit_begin(helper, true);
	bool needed = true;

	if (status != WIRE_DONE)
		return status;
	if (!needs_code(helper, &needed))
		return helper_fault(helper);
	if (needed)
		status = ask_codes(helper, WIRE_ABOUT_ACTIVATION, judge_invitation);
	/* Somebody has linked a device meanwhile, of which nobody here has shown a code. */
	if (status == WIRE_DONE && helper->record.enrolled)
		return helper_conflict(helper);
	return status;
}

enum wire_status
permit_enroll(struct helper *helper)
{
	enum wire_status status = permit_password(helper);

	if (status != WIRE_DONE)
		return status;
	if (!look_again(helper))
		return helper_fault(helper);
	return helper->record.enrolled ? ask_codes(helper, WIRE_ABOUT_CODE, judge_present)
				       : permit_first(helper);
}
