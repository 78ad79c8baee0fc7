/* SPDX-License-Identifier: BSD-2-Clause */
#include "trouble.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static struct {
	bool armed, came;
	unsigned calls, after;
	int error;
} trouble;

void
trouble_after(unsigned calls, int error)
{
	trouble.armed = true;
	trouble.came = false;
	trouble.calls = 0;
	trouble.after = calls;
	trouble.error = error;
}

bool
trouble_over(void)
{
	trouble.armed = false;
	return trouble.came;
}

unsigned
trouble_calls(void)
{
	return trouble.calls;
}

static bool
comes(void)
{
	if (!trouble.armed || trouble.calls++ != trouble.after)
		return false;
	trouble.came = true;
	if (trouble.error == 0) {
		(void)kill(getpid(), SIGKILL);
		for (;;)
			(void)pause();
	}
	errno = trouble.error;
	return true;
}

#define WRAP(call, parameters, arguments)                \
	int __real_##call parameters;                    \
	int __wrap_##call parameters;                    \
	int __wrap_##call parameters                     \
	{                                                \
		return comes() ? -1 : __real_##call arguments; \
	}

WRAP(fsync, (int fd), (fd))
WRAP(fdatasync, (int fd), (fd))
WRAP(fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(flock, (int fd, int how), (fd, how))
WRAP(mkdirat, (int directory, const char *path, mode_t mode), (directory, path, mode))
WRAP(unlinkat, (int directory, const char *path, int flags), (directory, path, flags))
WRAP(renameat, (int from, const char *old, int to, const char *name), (from, old, to, name))

ssize_t __real_pwrite(int fd, const void *bytes, size_t len, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t offset);
ssize_t
__wrap_pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	return comes() ? -1 : __real_pwrite(fd, bytes, len, offset);
}

ssize_t __real_getrandom(void *bytes, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags);
ssize_t
__wrap_getrandom(void *bytes, size_t len, unsigned flags)
{
	return comes() ? -1 : __real_getrandom(bytes, len, flags);
}
