/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What SELinux and AppArmor denied us, as the kernel's lines tell it: the end of each log, a week back.
 * Anybody may have written into a log: what is quoted is cut and escaped, and decides nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/event.h"
#include "doctor.h"
#include "program.h"
#include "terminal.h"

#define TAIL (256 * 1024) /* bytes of the end of a log that are read */
#define WEEK (7 * 24 * 60 * 60)

static const char *const logs[] = { "/var/log/audit/audit.log", "/var/log/kern.log",
	"/var/log/messages", "/var/log/syslog" };

static const struct guard {
	const char *mark, *name, *mend;
} guards[] = {
	{ "apparmor=\"DENIED\"", "AppArmor",
	    N_("allow it in the profile of that program, below /etc/apparmor.d/local") },
	{ "denied  {", "SELinux",
	    N_("restorecon -Rv /etc/twostep /var/lib/twostep; if it comes again: audit2allow") },
	{ "denied {", "SELinux",
	    N_("restorecon -Rv /etc/twostep /var/lib/twostep; if it comes again: audit2allow") },
};

/* `audit(1700000000.123:45)`: a line of another time, or of none, tells of what may be mended long since. */
static bool
is_recent(const char *line, int64_t now)
{
	const char *at = strstr(line, "audit(");
	int64_t when = 0;

	if (at == NULL)
		return false;
	for (at += strlen("audit("); text_is_digit(*at) && when < HISTORY_TIME_MAX; at++)
		when = 10 * when + (*at - '0');
	return when > now - WEEK;
}

static const struct guard *
guard_of(const char *line)
{
	for (size_t i = 0; i < sizeof guards / sizeof *guards; i++)
		if (strstr(line, guards[i].mark) != NULL)
			return &guards[i];
	return NULL;
}

/* From the mark on: what stands before it, a date and a host, tells nothing. */
static void
add(struct doctor *doctor, const char *log, const struct guard *guard, const char *line)
{
	char quoted[EVENT_SIZE], why[FINDING_TEXT];
	struct text text = event_start(quoted);

	event_put(&text, "line", strstr(line, guard->mark));
	(void)snprintf(why, sizeof why, tr("%s denied what concerns twostep: %s"), guard->name,
	    quoted);
	finding_add(doctor->findings, "denied", log, 0, why, tr(guard->mend));
}

/* The newest line counts: the last one. `lines` ends in NUL; only a file may hold old ones. */
static void
search(struct doctor *doctor, const char *log, bool is_file, char *lines)
{
	const struct guard *guard = NULL;
	char *rest = lines, *line, *last = NULL;

	while ((line = plain_line(&rest)) != NULL) {
		if (strstr(line, "twostep") == NULL || guard_of(line) == NULL ||
		    (is_file && !is_recent(line, doctor->now)))
			continue;
		guard = guard_of(line);
		last = line;
	}
	if (last != NULL)
		add(doctor, log, guard, last);
}

/* True when there is such a log, whatever it holds. */
static bool
read_log(struct doctor *doctor, const char *log, char bytes[static TAIL + 1])
{
	struct stat st;
	ssize_t n = -1;
	int fd = open(log, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		n = pread(fd, bytes, TAIL, st.st_size > TAIL ? st.st_size - TAIL : 0);
	(void)close(fd);
	for (ssize_t i = 0; i < n; i++)
		if (bytes[i] == '\0')
			bytes[i] = ' ';
	if (n > 0) {
		bytes[n] = '\0';
		search(doctor, log, true, bytes);
	}
	return n >= 0;
}

/* Where no log is a file, the kernel's lines are in the journal. */
static void
ask_journal(struct doctor *doctor)
{
	char *const question[] = { "/usr/bin/journalctl", "--since=-7days", "--quiet",
		"--no-pager", "--output=cat", "--grep=twostep", "--lines=100",
		"_TRANSPORT=kernel", "_TRANSPORT=audit", NULL };
	struct program *program = calloc(1, sizeof *program);

	if (program != NULL && access(question[0], X_OK) == 0 &&
	    program_ask(program, question) == PROGRAM_DONE)
		search(doctor, "journalctl", false, program->said);
	free(program);
}

void
denials_check(struct doctor *doctor)
{
	char *bytes = malloc(TAIL + 1);
	bool any = false;

	for (size_t i = 0; bytes != NULL && i < sizeof logs / sizeof *logs; i++)
		any |= read_log(doctor, logs[i], bytes);
	if (!any)
		ask_journal(doctor);
	free(bytes);
}
