/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/journal.h"

#include <syslog.h>

#include <security/pam_ext.h>

#include "core/event.h"
#include "core/judgement.h"
#include "pam/host.h"
#include "store/notify.h"

static int
priority(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_ACCEPTED:
	case OUTCOME_SKIPPED:
	case OUTCOME_ENROLLS:
	case OUTCOME_ENROLLED:
		return LOG_INFO;
	case OUTCOME_UNAVAILABLE:
	case OUTCOME_MISCONFIGURED:
		return LOG_ERR;
	default:
		return LOG_NOTICE;
	}
}

/* What the person should hear of even if it was not he who sat there. */
static bool
of_interest(const struct journal *entry)
{
	if (entry->outcome == OUTCOME_ENROLLED)
		return true;
	return entry->judgement != NULL && entry->user != NULL &&
	    judgement_alarms(entry->judgement);
}

static void
tell_program(pam_handle_t *pamh, const struct journal *entry, const char *line)
{
	char bytes[EVENT_SIZE];
	struct text failed = event_start(bytes);
	struct store_fault fault;

	if (notify(entry->setup->settings.notify, entry->setup->trusted, line, &fault))
		return;
	event_put(&failed, "notify", "failed");
	store_fault_put(&failed, &fault);
	pam_syslog(pamh, LOG_ERR, "%s", bytes);
}

void
journal(pam_handle_t *pamh, const struct journal *entry)
{
	char bytes[EVENT_SIZE];
	struct text line = event_start(bytes);

	event_put(&line, "user", entry->user != NULL ? entry->user : "?");
	event_put(&line, "result", outcome_word(entry->outcome));
	event_put(&line, "rule", entry->rule);
	event_put(&line, "method", entry->method);
	event_put(&line, "device", entry->device);
	if (entry->judgement != NULL)
		judgement_put(&line, entry->judgement);
	event_put(&line, "service", host_item(pamh, PAM_SERVICE));
	event_put(&line, "rhost", host_item(pamh, PAM_RHOST));
	setup_put(&line, entry->setup);
	if (entry->fault != NULL)
		store_fault_put(&line, entry->fault);
	if (entry->torn)
		event_put(&line, "torn", "yes");
	event_put(&line, "hint", entry->hint);
	pam_syslog(pamh, priority(entry->outcome), "%s", bytes);
	if (of_interest(entry))
		tell_program(pamh, entry, bytes);
}

void
journal_debug(pam_handle_t *pamh, const struct settings *settings, const struct record *record)
{
	char bytes[EVENT_SIZE];
	struct text line = event_start(bytes);

	event_put(&line, "user", record->user[0] != '\0' ? record->user : "?");
	event_put(&line, "debug", "yes");
	event_put(&line, "enrolled", record->enrolled ? "yes" : "no");
	event_put_number(&line, "seq", record->view.history.seq);
	event_put_number(&line, "failures", record->view.history.failures);
	event_put_number(&line, "window", settings->window);
	event_put(&line, "store", settings->store);
	pam_syslog(pamh, LOG_DEBUG, "%s", bytes);
}
