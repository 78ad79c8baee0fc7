/* SPDX-License-Identifier: BSD-2-Clause */
#include "flow/field.h"
#include "flow/login.h"
#include "helper.h"

/* An activation code opens the way to a dialogue, which a login holds and not the helper. */
static void
read_claim(struct claim *claim, const struct wire *request)
{
	SECRET typed;

	wire_take_typed(request, &typed);
	if (request->field != 0 && request->given != 0)
		field_claim(claim, &typed);
	else
		login_claim(claim, request->given != 0 ? &typed : NULL);
	if (claim->kind == CLAIM_ACTIVATION)
		claim->kind = CLAIM_MALFORMED;
}

/*
 * Who is not enrolled is told so, and nothing is written: a login would write the decoy, for its
 * cost alone, and that is one file for everybody, whose lock no user may get hold of in here.
 */
static bool
judge_nobody(const struct helper *helper, struct settle *settled)
{
	settled->judgement = (struct judgement){ .verdict = VERDICT_UNENROLLED };
	helper_log(helper, "unenrolled", NULL);
	return true;
}

static void
put(struct wire_judged *judged, const struct settle *settled)
{
	const struct judgement *judgement = &settled->judgement;

	judged->wait = judgement->wait;
	judged->verdict = judgement->verdict;
	judged->method = judgement->method;
	judged->failures = judgement->failures;
	judged->since = judgement->since;
	judged->left = judgement->left;
	judged->digits = judgement->digits;
	judged->locks = judgement->locks;
	judged->blocks = judgement->blocks;
	judged->cut = settled->claim->kind == CLAIM_CODE ? settled->claim->digits : 0;
	judged->codes = settled->enrollment.recovery.count > 0;
}

enum wire_status
serve_judge(struct helper *helper, const struct wire *request)
{
	WIPED(claim_wipe) struct claim claim;
	WIPED(settle_wipe) struct settle settled = { .claim = &claim };
	WIRE wire;

	read_claim(&claim, request);
	if (!helper_open(helper) ||
	    !(helper->record.enrolled ? helper_judge(helper, &settled)
				      : judge_nobody(helper, &settled)))
		return helper_fault(helper);
	wire_start(&wire, WIRE_JUDGED);
	put(&wire.judged, &settled);
	return helper_send(helper, &wire) ? WIRE_DONE : WIRE_NO;
}
