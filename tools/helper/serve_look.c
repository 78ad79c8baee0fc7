/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "helper.h"

enum wire_status
serve_look(struct helper *helper, const struct wire *request)
{
	struct wire_facts *facts;
	WIRE wire;
	int64_t wait = 0;

	(void)request;
	if (!helper_open(helper))
		return helper_fault(helper);
	wire_start(&wire, WIRE_FACTS);
	facts = &wire.facts;
	facts->created = helper->store.created;
	facts->standing = judge_standing(&helper->setup.settings, &helper->record.view.history,
	    helper_now(), &wait);
	facts->wait = wait;
	facts->enrolled = helper->record.enrolled;
	facts->invited = helper->record.invited;
	memcpy(facts->user, helper->who.user, strlen(helper->who.user));
	return helper_send(helper, &wire) ? WIRE_DONE : WIRE_NO;
}
