/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/language.h"
#include "store/launch.h"

static bool
may_run(const char *program, uid_t trusted, struct store_fault *fault)
{
	struct stat st;
	const char *why;

	if (!trusted_parents(program, trusted, fault))
		return false;
	if (lstat(program, &st) != 0)
		return store_fault_set(fault, NULL, program, "cannot be looked at", errno);
	why = trusted_stat(&st, TRUSTED_PUBLIC, trusted);
	if (why == NULL && (st.st_mode & S_IXUSR) == 0)
		why = N_("not a program that may be run");
	return why == NULL || store_fault_set(fault, NULL, program, why, 0);
}

bool
notify(const char *program, uid_t trusted, const char *line, struct store_fault *fault)
{
	size_t len = strlen(line);
	int ends[2];
	bool ok;

	if (*program == '\0')
		return true;
	if (!may_run(program, trusted, fault))
		return false;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return store_fault_set(fault, NULL, program, "no pipe to it", errno);
	/* A pipe holds a page at the least: neither end is waited for. */
	ok = write(ends[1], line, len) == (ssize_t)len && write(ends[1], "\n", 1) == 1 &&
	    launch(program, ends[0], LAUNCH_AS_EFFECTIVE);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return ok || store_fault_set(fault, NULL, program, "cannot be started", errno);
}
