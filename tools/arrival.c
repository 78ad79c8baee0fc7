/* SPDX-License-Identifier: BSD-2-Clause */
#include "arrival.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/text.h"

#define ANCESTORS_MAX 64
#define SESSION_MAX 4294967294LL /* one more is "none" */
#define HUNDREDTH 10000000       /* nanoseconds; the unit in which the kernel tells when a process began */

/* What proc(5) says of a process. */
struct process {
	long parent, session;
	long terminal; /* 0 for none */
	int64_t start; /* hundredths of a second since the boot */
};

/* The first line of a small file. */
static bool
read_line(const char *path, char *line, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, line, size - 1) : -1;
	int error = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = error;
	if (len <= 0)
		return false;
	line[len] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return true;
}

static bool
read_process(const char *pid, struct process *process)
{
	char path[64], line[1024];
	const char *behind;

	(void)snprintf(path, sizeof path, "/proc/%s/stat", pid);
	if (!read_line(path, line, sizeof line))
		return false;
	/* Its name stands in parentheses, and may hold some. */
	behind = strrchr(line, ')');
	errno = EINVAL;
	return behind != NULL &&
	    sscanf(behind + 1,
		" %*c %ld %*d %ld %ld %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNd64,
		&process->parent, &process->session, &process->terminal, &process->start) == 4;
}

/* The number of the login that a process belongs to; -1 for none. */
static int64_t
session_of(const char *pid)
{
	char path[64], line[32];
	struct cursor cursor;
	int64_t number;

	(void)snprintf(path, sizeof path, "/proc/%s/sessionid", pid);
	if (!read_line(path, line, sizeof line))
		return -1;
	cursor = cursor_over(line, strlen(line));
	return cursor_number(&cursor, 0, SESSION_MAX, &number) ? number : -1;
}

static bool
highest_session(int64_t *highest)
{
	DIR *processes = opendir("/proc");
	const struct dirent *entry;

	*highest = -1;
	if (processes == NULL)
		return false;
	while ((entry = readdir(processes)) != NULL) {
		int64_t session = text_is_digit(entry->d_name[0]) ? session_of(entry->d_name) : -1;

		if (session > *highest)
			*highest = session;
	}
	(void)closedir(processes);
	return true;
}

static int64_t
hundredths(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 100 + now.tv_nsec / HUNDREDTH;
}

bool
arrival_now(struct arrival *arrival)
{
	char boot[40];
	struct process first;

	arrival->time = hundredths();
	arrival->session = -1;
	if (!read_line("/proc/sys/kernel/random/boot_id", boot, sizeof boot) ||
	    !read_process("1", &first))
		return false;
	(void)snprintf(arrival->boot, sizeof arrival->boot, "%s/%" PRId64, boot, first.start);
	return true;
}

bool
arrival_now_logins(struct arrival *arrival)
{
	return arrival_now(arrival) && highest_session(&arrival->session);
}

bool
arrival_rebooted(const struct arrival *then, const struct arrival *now)
{
	return strcmp(then->boot, now->boot) != 0;
}

/* Nothing that is older has a terminal, from the caller up to the first process. */
static bool
is_young(int64_t then)
{
	struct process process;
	char pid[24] = "self";

	for (unsigned i = 0; i < ANCESTORS_MAX; i++) {
		if (!read_process(pid, &process) || (process.start <= then && process.terminal != 0))
			return false;
		if (process.parent <= 1)
			return true;
		(void)snprintf(pid, sizeof pid, "%ld", process.parent);
	}
	return false;
}

/*
 * The head of the caller's session, which may be a shell with no terminal, is younger: nothing in a session is
 * older than its head. One of the same hundredth may have been there before.
 */
static bool
leads_young(int64_t then)
{
	struct process self, leader;
	char pid[24];

	if (!read_process("self", &self))
		return false;
	(void)snprintf(pid, sizeof pid, "%ld", self.session);
	return read_process(pid, &leader) && leader.start > then;
}

bool
arrival_is_after(const struct arrival *then)
{
	int64_t session = session_of("self");

	if (session >= 0)
		return session > then->session;
	return leads_young(then->time) && is_young(then->time);
}
