/* SPDX-License-Identifier: BSD-2-Clause */
#include "helper.h"

enum wire_status
serve_look(struct helper *helper, const struct wire *request)
{
	WIRE wire;

	(void)request;
	if (!helper_open(helper))
		return helper_fault(helper);
	wire_start(&wire, WIRE_FACTS);
	helper_facts(helper, &wire.facts);
	return helper_send(helper, &wire) ? WIRE_DONE : WIRE_NO;
}
