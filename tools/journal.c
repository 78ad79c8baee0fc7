/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal.h"

#include <syslog.h>

void
journal_write(const char *program, int priority, const char *bytes)
{
	openlog(program, LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_AUTHPRIV | priority, "%s", bytes);
	closelog();
}

struct text
journal_start(const struct journal *journal, char bytes[static EVENT_SIZE], const char *result)
{
	struct text line = event_start(bytes);

	event_put(&line, "user", journal->user);
	event_put(&line, "result", result);
	return line;
}

void
journal_end(const struct journal *journal, struct text *line, int priority)
{
	event_put(line, "service", journal->program);
	event_put_number(line, "by", (long long)journal->by);
	journal_write(journal->program, priority, line->start);
}

void
journal_change(const struct journal *journal, char bytes[static EVENT_SIZE], const char *result,
    const char *device, const char *method)
{
	struct text line = journal_start(journal, bytes, result);

	event_put(&line, "method", method);
	event_put(&line, "device", device);
	journal_end(journal, &line, LOG_NOTICE);
}
