/* SPDX-License-Identifier: BSD-2-Clause */
#include <syslog.h>

#include "core/event.h"
#include "core/judgement.h"
#include "helper.h"
#include "store/notify.h"

static void
log_line(int priority, const char *bytes)
{
	openlog("twostep-helper", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_AUTHPRIV | priority, "%s", bytes);
	closelog();
}

static struct text
line_start(const struct helper *helper, char bytes[static EVENT_SIZE], const char *result)
{
	struct text line = event_start(bytes);

	event_put(&line, "user", helper->who.user[0] != '\0' ? helper->who.user : "?");
	event_put(&line, "result", result);
	return line;
}

/* Who asked: the caller has no say in either. */
static void
put_caller(struct text *line, const struct helper *helper)
{
	event_put(line, "service", "twostep-helper");
	event_put_number(line, "by", (long long)helper->uid);
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
	log_line(LOG_ERR, bytes);
}

void
helper_log(const struct helper *helper, const char *result, const struct judgement *judgement)
{
	char bytes[EVENT_SIZE];
	struct text line = line_start(helper, bytes, result);
	bool accepted = judgement != NULL && judgement->verdict == VERDICT_ACCEPTED;

	if (judgement != NULL)
		judgement_put(&line, judgement);
	put_caller(&line, helper);
	if (helper->record.view.torn)
		event_put(&line, "torn", "yes");
	log_line(accepted ? LOG_INFO : LOG_NOTICE, bytes);
	if (judgement != NULL && judgement_alarms(judgement))
		tell_program(helper, bytes);
}

void
helper_announce(const struct helper *helper, const char *result, const char *device,
    const char *method)
{
	char bytes[EVENT_SIZE];
	struct text line = line_start(helper, bytes, result);

	event_put(&line, "method", method);
	event_put(&line, "device", device);
	put_caller(&line, helper);
	log_line(LOG_NOTICE, bytes);
	tell_program(helper, bytes);
}

enum wire_status
helper_fault(const struct helper *helper)
{
	bool setting = helper->setup.wrong.why != NULL;
	char bytes[EVENT_SIZE];
	struct text line = line_start(helper, bytes, setting ? "misconfigured" : "unavailable");

	put_caller(&line, helper);
	setup_put(&line, &helper->setup);
	if (helper->fault.why != NULL)
		store_fault_put(&line, &helper->fault);
	log_line(LOG_ERR, bytes);
	return WIRE_SYSTEM;
}
