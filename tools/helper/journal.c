/* SPDX-License-Identifier: BSD-2-Clause */
#include <syslog.h>

#include "../journal.h"
#include "core/judgement.h"
#include "helper.h"
#include "store/notify.h"

/* Who asked: the caller has no say in it. */
static struct journal
journal_of(const struct helper *helper)
{
	const char *user = helper->who.user;

	return (struct journal){ .program = "twostep-helper", .user = user[0] != '\0' ? user : "?",
		.by = helper->uid };
}

static void
tell_program(const struct helper *helper, const char *told)
{
	char bytes[EVENT_SIZE];
	struct text line = event_start(bytes);
	struct store_fault fault;

	if (notify(helper->setup.settings.notify, helper->setup.trusted, told, &fault))
		return;
	event_put(&line, "notify", "failed");
	store_fault_put(&line, &fault);
	journal_write("twostep-helper", LOG_ERR, bytes);
}

void
helper_log(const struct helper *helper, const char *result, const struct judgement *judgement)
{
	const struct journal journal = journal_of(helper);
	char bytes[EVENT_SIZE];
	struct text line = journal_start(&journal, bytes, result);
	bool accepted = judgement != NULL && judgement->verdict == VERDICT_ACCEPTED;

	if (judgement != NULL)
		judgement_put(&line, judgement);
	if (helper->record.view.torn)
		event_put(&line, "torn", "yes");
	journal_end(&journal, &line, accepted ? LOG_INFO : LOG_NOTICE);
	if (judgement != NULL && judgement_alarms(judgement))
		tell_program(helper, bytes);
}

void
helper_announce(const struct helper *helper, const char *result, const char *device,
    const char *method)
{
	const struct journal journal = journal_of(helper);
	char bytes[EVENT_SIZE];

	journal_change(&journal, bytes, result, device, method);
	tell_program(helper, bytes);
}

enum wire_status
helper_fault(const struct helper *helper)
{
	const struct journal journal = journal_of(helper);
	bool setting = helper->setup.wrong.why != NULL;
	char bytes[EVENT_SIZE];
	struct text line = journal_start(&journal, bytes, setting ? "misconfigured" : "unavailable");

	setup_put(&line, &helper->setup);
	if (helper->fault.why != NULL)
		store_fault_put(&line, &helper->fault);
	journal_end(&journal, &line, LOG_ERR);
	return WIRE_SYSTEM;
}
