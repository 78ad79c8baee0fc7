/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/judgement.h"

#include <stddef.h>

#include "core/event.h"
#include "core/language.h"

const char *
judgement_word(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_ACCEPTED:
	case VERDICT_ACTIVATED: /* a login lets him by, to enroll */
		return N_("accepted");
	case VERDICT_WRONG:
		return N_("wrong");
	case VERDICT_SPENT:
		return N_("spent");
	case VERDICT_LOCKED:
		return N_("locked");
	case VERDICT_BLOCKED:
		return N_("blocked");
	case VERDICT_EXPIRED:
		return N_("expired");
	case VERDICT_UNENROLLED:
		return N_("unenrolled");
	case VERDICT_EMPTY:
		return N_("empty");
	case VERDICT_MALFORMED:
		break;
	}
	return N_("malformed");
}

void
judgement_put(struct text *line, const struct judgement *judgement)
{
	event_put(line, "method", judge_method_name(judgement->method));
	if (judgement->device != NULL)
		event_put(line, "device", judgement->device->name);
	if (judgement->verdict == VERDICT_WRONG)
		event_put_number(line, "failures", judgement->failures);
	if (judgement->verdict == VERDICT_ACCEPTED && judgement->since > 0)
		event_put_number(line, "failures", judgement->since);
	if (judgement->verdict == VERDICT_ACCEPTED && judgement->method == METHOD_RECOVERY)
		event_put_number(line, "left", judgement->left);
	if (judgement->locks)
		event_put(line, "locks", "yes");
	if (judgement->blocks)
		event_put(line, "blocks", "yes");
}

bool
judgement_alarms(const struct judgement *judgement)
{
	return judgement->locks || judgement->blocks ||
	    (judgement->verdict == VERDICT_ACCEPTED &&
		(judgement->method == METHOD_RECOVERY || judgement->method == METHOD_SCRATCH));
}
