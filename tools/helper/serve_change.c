/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes of what is enrolled already: each after the password and a code. */
#include "core/language.h"
#include "permit.h"
#include "store/link.h"

#define CONFLICTS_MAX 100 /* times that a login may be faster */

/* From the request to the enrollment that may be changed. */
static enum wire_status
begin(struct helper *helper)
{
	enum wire_status status;

	if (!helper_open(helper))
		return helper_fault(helper);
	status = permit_begin(helper, false);
	return status == WIRE_DONE ? permit_change(helper) : status;
}

static enum wire_status
replace(struct helper *helper, struct enrollment *enrollment)
{
	return helper_answer(helper,
	    store_replace(&helper->store, &helper->record, enrollment, &helper->fault));
}

enum wire_status
serve_recovery(struct helper *helper, const struct wire *request)
{
	WIPED(enrollment_wipe) struct enrollment enrollment = { .devices = 0 };
	enum wire_status status = begin(helper);
	unsigned count = (unsigned)helper->setup.settings.recovery_codes;
	WIRE wire;

	(void)request;
	if (status != WIRE_DONE)
		return status;
	if (count == 0)
		return helper_refuse(helper, N_("none are made: recovery_codes is 0"));
	wire_start(&wire, WIRE_CODES);
	if (!store_read(&helper->store, &helper->record, &enrollment, &helper->fault) ||
	    !link_only_codes(&enrollment, &helper->store.key, count, &wire.codes, &helper->fault))
		return helper_fault(helper);
	if ((status = replace(helper, &enrollment)) != WIRE_DONE)
		return status;
	helper_announce(helper, "enrolled", NULL, "recovery");
	return helper_send(helper, &wire) ? WIRE_DONE : WIRE_NO;
}

static enum wire_status
remove_all(struct helper *helper)
{
	enum wire_status status = replace(helper, NULL);

	if (status == WIRE_DONE)
		helper_announce(helper, "removed", NULL, NULL);
	return status;
}

static enum wire_status
remove_one(struct helper *helper, const char *name)
{
	WIPED(enrollment_wipe) struct enrollment enrollment = { .devices = 0 };
	enum wire_status status;

	if (!store_read(&helper->store, &helper->record, &enrollment, &helper->fault))
		return helper_fault(helper);
	switch (link_remove(&enrollment, name)) {
	case LINK_NO_SUCH:
		return helper_refuse(helper, N_("no such device"));
	case LINK_NONE:
		if ((status = remove_all(helper)) == WIRE_DONE)
			helper->why = N_("it was the last one");
		return status;
	case LINK_OTHERS:
		break;
	}
	if ((status = replace(helper, &enrollment)) == WIRE_DONE)
		helper_announce(helper, "removed", name, NULL);
	return status;
}

/* A slip of the pen shall not cost a code. */
static enum wire_status
look_for(struct helper *helper, const char *name)
{
	WIPED(enrollment_wipe) struct enrollment enrollment = { .devices = 0 };

	if (!store_read(&helper->store, &helper->record, &enrollment, &helper->fault))
		return helper_fault(helper);
	return enrollment_device(&enrollment, name) != NULL
	    ? WIRE_DONE
	    : helper_refuse(helper, N_("no such device"));
}

enum wire_status
serve_remove(struct helper *helper, const struct wire *request)
{
	const char *name = request->wish.name;
	enum wire_status status;

	if (!helper_open(helper))
		return helper_fault(helper);
	status = permit_begin(helper, false);
	if (status == WIRE_DONE && *name != '\0')
		status = look_for(helper, name);
	if (status == WIRE_DONE)
		status = permit_change(helper);
	if (status != WIRE_DONE)
		return status;
	return *name != '\0' ? remove_one(helper, name) : remove_all(helper);
}

enum wire_status
serve_forget(struct helper *helper, const struct wire *request)
{
	enum wire_status status = begin(helper);
	enum store_answer answer = STORE_CONFLICT;

	(void)request;
	if (status != WIRE_DONE)
		return status;
	for (unsigned i = 0; answer == STORE_CONFLICT && i < CONFLICTS_MAX; i++) {
		struct history next;

		/* The code that was spent just now is in no history that was looked at before. */
		if (!store_look_again(&helper->store, &helper->record, &helper->fault))
			return helper_fault(helper);
		if (!helper->record.enrolled)
			return helper_conflict(helper);
		next = helper->record.view.history;
		history_forget(&next);
		answer = store_swap(&helper->store, &helper->record, &next, &helper->fault);
	}
	if ((status = helper_answer(helper, answer)) == WIRE_DONE)
		helper_log(helper, "forgotten", NULL);
	return status;
}
