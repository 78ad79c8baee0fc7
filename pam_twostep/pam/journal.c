/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/journal.h"

#include <string.h>
#include <syslog.h>

#include <security/pam_ext.h>

#include "core/event.h"
#include "core/judgement.h"
#include "store/notify.h"

static const char *
item(pam_handle_t *pamh, int type)
{
	const void *value = NULL;

	return pam_get_item(pamh, type, &value) == PAM_SUCCESS ? value : NULL;
}

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

static void
put_setting(struct text *line, const char *conf, const struct settings_fault *setting)
{
	if (setting->why == NULL)
		return;
	/* (A group that does not exist is known by its name alone.) */
	if (setting->line > 0) {
		event_put(line, "file", conf != NULL ? conf : "arguments");
		event_put_number(line, conf != NULL ? "line" : "argument", setting->line);
	}
	event_put(line, "word", setting->word);
	event_put(line, "why", setting->why);
}

static void
put_fault(struct text *line, const struct store_fault *fault)
{
	event_put(line, "file", fault->file);
	if (fault->line > 0)
		event_put_number(line, "line", fault->line);
	event_put(line, "why", fault->why);
	if (fault->error != 0)
		event_put(line, "error", strerror(fault->error));
	if (fault->holder > 0) {
		event_put_number(line, "holder", fault->holder);
		event_put(line, "program", fault->program);
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
	put_fault(&failed, &fault);
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
	event_put(&line, "service", item(pamh, PAM_SERVICE));
	event_put(&line, "rhost", item(pamh, PAM_RHOST));
	put_setting(&line, entry->setup->conf, &entry->setup->wrong);
	if (entry->fault != NULL)
		put_fault(&line, entry->fault);
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
