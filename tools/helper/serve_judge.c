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

enum wire_status
serve_judge(struct helper *helper, const struct wire *request)
{
	WIPED(claim_wipe) struct claim claim;
	WIPED(settle_wipe) struct settle settled = { .claim = &claim };

	read_claim(&claim, request);
	if (!helper_open(helper) || !helper_judge(helper, &settled))
		return helper_fault(helper);
	return helper_tell(helper, &settled) ? WIRE_DONE : WIRE_NO;
}
