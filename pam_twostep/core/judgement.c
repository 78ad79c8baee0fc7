/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/judgement.h"

#include <stddef.h>

#include "core/event.h"

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
