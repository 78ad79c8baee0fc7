/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/helped.h"

#include <errno.h>
#include <string.h>

#include "helper/call.h"

static const char not_own[] = "the helper serves nobody but the user of this process";

bool
helped_due(const struct login *login, bool opened)
{
	const struct store_fault *fault = &login->fault;
	struct stat st;

	if (login->setup.trusted == 0 || !call_built())
		return false;
	if (!opened)
		return fault->error == EACCES || fault->error == EPERM;
	return fstat(login->store.directory, &st) == 0 && st.st_uid != login->setup.trusted;
}

/* What only a login that writes the store itself can keep is not promised. */
static void
forgo(struct settings *settings)
{
	settings->enroll_at_login = ENROLL_NO;
	settings->remember = 0;
}

bool
helped_look(struct login *login)
{
	WIRE wire;

	store_close(&login->store);
	login->fault = (struct store_fault){ .why = NULL };
	login->helped = true;
	forgo(&login->setup.settings);
	wire_start(&wire, WIRE_LOOK);
	if (!call_once(&wire, WIRE_FACTS, &login->fault))
		return false;
	login->own = strcmp(wire.facts.user, login->who.user) == 0;
	if (!login->own)
		return !store_fault_set(&login->fault, NULL, TWOSTEP_HELPER, not_own, 0);
	login->facts = wire.facts;
	login->record.enrolled = wire.facts.enrolled != 0;
	login->record.invited = wire.facts.invited != 0;
	login->store.created = wire.facts.created;
	login->opened = true;
	return true;
}

static void
take(struct login *login, const struct wire_judged *judged)
{
	wire_take_judged(judged, &login->settle.judgement);
	login->has_codes = judged->codes != 0;
	if (login->answer.claim.kind == CLAIM_CODE)
		login->answer.claim.digits = judged->cut;
}

bool
helped_judge(struct login *login)
{
	const struct answer *answer = &login->answer;
	WIRE wire;

	wire_start(&wire, WIRE_JUDGE);
	wire.field = login->setup.settings.combined;
	wire.given = answer->asked == ASKED_TYPED;
	if (wire.given != 0)
		wire_put_typed(&wire, &answer->typed);
	if (!call_once(&wire, WIRE_JUDGED, &login->fault))
		return false;
	take(login, &wire.judged);
	/* Enrolled while he typed: what he was asked for then is decided at the next try. */
	return login->decision.policy == POLICY_ASK || wire.judged.verdict != VERDICT_ACCEPTED ||
	    store_fault_set(&login->fault, NULL, login->who.user, "changed meanwhile", 0);
}
