/* SPDX-License-Identifier: BSD-2-Clause */
#include "hostile_file.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/language.h"
#include "core/secret.h"
#include "store/trusted.h"

#define PATIENCE 10 /* seconds that one file may take */

/* What the child can say beside the bytes: a number, for a pointer from there would be taken on trust. */
enum reason { READ, BECOME, OPEN, STAT, TOO_LONG, READING, SILENT };

static const char *const reasons[] = {
	[BECOME] = N_("its owner's rights cannot be taken on"),
	[OPEN] = N_("cannot be opened"),
	[STAT] = N_("not a regular file of the user's alone, with one name"),
	[TOO_LONG] = N_("longer than 64 KiB"),
	[READING] = N_("cannot be read"),
	[SILENT] = N_("could not be read in time"),
};

struct reply {
	uint32_t reason;
	int32_t error;
	char bytes[HOSTILE_SIZE];
};

#define REPLY_HEAD offsetof(struct reply, bytes)

static void
reply_wipe(struct reply *reply)
{
	secret_clear(reply, sizeof *reply);
}

/* No memory of ours may be read by him whose rights this process takes on. */
static bool
become(const struct hostile_owner *owner)
{
	return prctl(PR_SET_DUMPABLE, 0) == 0 && setgroups(0, NULL) == 0 &&
	    setresgid(owner->gid, owner->gid, owner->gid) == 0 &&
	    setresuid(owner->uid, owner->uid, owner->uid) == 0 && geteuid() == owner->uid;
}

static enum reason
fill(int fd, struct reply *reply, size_t *len)
{
	ssize_t n = 1;
	char more;

	while (n > 0 && *len < sizeof reply->bytes) {
		n = read(fd, reply->bytes + *len, sizeof reply->bytes - *len);
		*len += n > 0 ? (size_t)n : 0;
	}
	if (n > 0)
		n = read(fd, &more, 1) == 0 ? 0 : 1;
	return n < 0 ? READING : n > 0 ? TOO_LONG : READ;
}

static enum reason
read_as_owner(
    const char *path, const struct hostile_owner *owner, struct reply *reply, size_t *len)
{
	struct stat st;
	enum reason reason;
	int fd;

	if (!become(owner))
		return BECOME;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return OPEN;
	errno = 0;
	if (fstat(fd, &st) != 0 ||
	    trusted_stat(&st, TRUSTED_PUBLIC, owner->uid) != NULL ||
	    st.st_uid != owner->uid)
		reason = STAT;
	else
		reason = fill(fd, reply, len);
	(void)close(fd);
	return reason;
}

__attribute__((noreturn)) static void
child(int out, const char *path, const struct hostile_owner *owner)
{
	WIPED(reply_wipe) struct reply reply;
	size_t len = 0, sent = 0;
	ssize_t n = 1;

	reply.reason = read_as_owner(path, owner, &reply, &len);
	reply.error = reply.reason != READ && reply.reason != TOO_LONG ? errno : 0;
	if (reply.reason != READ)
		len = 0;
	len += REPLY_HEAD;
	while (n > 0 && sent < len) {
		n = write(out, (const char *)&reply + sent, len - sent);
		sent += n > 0 ? (size_t)n : 0;
	}
	reply_wipe(&reply);
	_exit(0);
}

static int64_t
milliseconds(void)
{
	struct timespec now = { .tv_sec = 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* All that comes until the end of the pipe. False when that does not come in time, or too much does. */
static bool
receive(int in, struct reply *reply, size_t *got)
{
	int64_t until = milliseconds() + PATIENCE * 1000;
	struct pollfd ready = { .fd = in, .events = POLLIN };

	while (*got < sizeof *reply) {
		int64_t left = until - milliseconds();
		ssize_t n;

		if (left <= 0 || (poll(&ready, 1, (int)left) <= 0 && errno != EINTR))
			return false;
		if (ready.revents == 0)
			continue;
		n = read(in, (char *)reply + *got, sizeof *reply - *got);
		if (n <= 0)
			return n == 0;
		*got += (size_t)n;
	}
	return true;
}

static enum reason
ask_child(
    const char *path, const struct hostile_owner *owner, struct reply *reply, size_t *got)
{
	int ends[2];
	bool heard;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return READING;
	if ((pid = fork()) == 0)
		child(ends[1], path, owner);
	(void)close(ends[1]);
	heard = pid > 0 && receive(ends[0], reply, got);
	(void)close(ends[0]);
	if (pid < 0)
		return READING;
	/* Whatever it waits for: it is ours, and not yet waited for. */
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	errno = 0;
	if (!heard || *got < REPLY_HEAD || reply->reason >= SILENT)
		return SILENT;
	errno = reply->error;
	return (enum reason)reply->reason;
}

/* Our own file needs no child; that nobody else could have put it there must be seen. */
static bool
read_own(const char *path, uid_t uid, char bytes[static HOSTILE_SIZE], size_t *len,
    const char **why, int *error)
{
	struct store_fault fault = { .why = NULL };

	if (trusted_read(path, TRUSTED_PUBLIC, uid, bytes, HOSTILE_SIZE, len, &fault))
		return true;
	*why = fault.why;
	*error = fault.error;
	return false;
}

bool
hostile_read(const char *path, const struct hostile_owner *owner,
    char bytes[static HOSTILE_SIZE], size_t *len, const char **why, int *error)
{
	WIPED(reply_wipe) struct reply reply;
	enum reason reason;
	size_t got = 0;

	*len = 0;
	if (owner->uid == geteuid())
		return read_own(path, owner->uid, bytes, len, why, error);
	reason = ask_child(path, owner, &reply, &got);
	*error = errno;
	*why = reasons[reason];
	if (reason != READ)
		return false;
	*len = got - REPLY_HEAD;
	memcpy(bytes, reply.bytes, *len);
	return true;
}
