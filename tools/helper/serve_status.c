/* SPDX-License-Identifier: BSD-2-Clause */
#include "helper.h"

enum wire_status
serve_status(struct helper *helper, const struct wire *request)
{
	WIPED(enrollment_wipe) struct enrollment enrollment = { .devices = 0 };
	WIPED(invitation_wipe) struct invitation invitation = { .has_code = false };
	struct record *record = &helper->record;
	struct store_fault *fault = &helper->fault;
	WIRE wire;

	(void)request;
	if (!helper_open(helper) ||
	    (record->enrolled && !store_read(&helper->store, record, &enrollment, fault)) ||
	    (record->invited && !store_read_invitation(&helper->store, record, &invitation, fault)))
		return helper_fault(helper);
	wire_start(&wire, WIRE_SUMMARY);
	summary_make(&wire.summary, &helper->setup.settings, helper->who.user, &enrollment, &invitation,
	    &record->view.history, helper_now());
	return helper_send(helper, &wire) ? WIRE_DONE : WIRE_NO;
}
