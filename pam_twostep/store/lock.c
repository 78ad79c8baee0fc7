/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/lock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/language.h"
#include "store/patience.h"

/* Who holds the flock on this file, as proc_locks(5) lists it. */
static pid_t
holder(int fd)
{
	FILE *locks = fopen("/proc/locks", "re");
	char line[128];
	struct stat st;
	pid_t found = 0;

	if (locks == NULL || fstat(fd, &st) != 0) {
		if (locks != NULL)
			(void)fclose(locks);
		return 0;
	}
	while (found == 0 && fgets(line, sizeof line, locks) != NULL) {
		unsigned major_id, minor_id;
		uint64_t inode;
		int pid;

		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%" SCNu64, &pid, &major_id, &minor_id,
			&inode) == 4 &&
		    inode == st.st_ino && major_id == major(st.st_dev) && minor_id == minor(st.st_dev))
			found = pid;
	}
	(void)fclose(locks);
	return found;
}

static void
name_holder(int fd, struct store_fault *fault)
{
	char path[64];
	FILE *comm;

	fault->holder = holder(fd);
	if (fault->holder <= 0)
		return;
	(void)snprintf(path, sizeof path, "/proc/%ld/comm", (long)fault->holder);
	if ((comm = fopen(path, "re")) == NULL)
		return;
	if (fgets(fault->program, sizeof fault->program, comm) != NULL)
		fault->program[strcspn(fault->program, "\n")] = '\0';
	(void)fclose(comm);
}

static bool
take(int fd)
{
	struct patience patience = { .pauses = 0 };

	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return false;
		if (!patience_wait(&patience)) {
			errno = EWOULDBLOCK;
			return false;
		}
	}
	return true;
}

static bool
restore(struct lock *lock)
{
	int error = errno;
	bool ok = !lock->changed || setresuid(lock->real, (uid_t)-1, (uid_t)-1) == 0;

	(void)pthread_sigmask(SIG_SETMASK, &lock->mask, NULL);
	errno = error;
	return ok;
}

bool
lock_take(struct lock *lock, int fd, const char *directory, const char *file,
    struct store_fault *fault)
{
	sigset_t all;
	int error;

	*lock = (struct lock){ .fd = fd, .real = getuid() };
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &lock->mask);
	lock->changed = lock->real != 0 && setresuid(0, (uid_t)-1, (uid_t)-1) == 0;
	if (take(fd))
		return true;
	error = errno;
	(void)store_fault_set(fault, directory, file, "cannot be locked", error);
	if (error == EWOULDBLOCK) {
		name_holder(fd, fault);
		fault->why = N_("locked by another process");
		fault->error = 0;
	}
	(void)restore(lock);
	return false;
}

bool
lock_drop(struct lock *lock)
{
	(void)flock(lock->fd, LOCK_UN);
	return restore(lock);
}
