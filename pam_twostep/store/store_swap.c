/* SPDX-License-Identifier: BSD-2-Clause */
/* One history in the place of another, while neither it nor the enrollment has changed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "store/store_file.h"

bool
store_limit_allows(off_t end)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
	    (limit.rlim_cur == RLIM_INFINITY || (rlim_t)end <= limit.rlim_cur))
		return true;
	errno = EFBIG;
	return false;
}

bool
store_unchanged(struct store *store, const struct record *record)
{
	char path[STORE_ENTRY_SIZE];
	struct stat st;

	store_entry(path, STORE_ENROLLMENTS, record->name);
	if (fstatat(store->directory, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT && !record->enrolled;
	return record->enrolled && st.st_dev == record->enrollment_stat.st_dev &&
	    st.st_ino == record->enrollment_stat.st_ino;
}

/* True while the history is the one that was looked at. */
static bool
still(const struct record *record)
{
	char file[HISTORY_SIZE];

	return trusted_pread(record->history, file, sizeof file, 0) &&
	    memcmp(file, record->file, sizeof file) == 0;
}

/* A file size limit that the caller set must fail the write, not kill the host process later. */
static void
swallow_sigxfsz(void)
{
	struct timespec now = { .tv_sec = 0 };
	sigset_t xfsz;
	int error = errno;

	(void)sigemptyset(&xfsz);
	(void)sigaddset(&xfsz, SIGXFSZ);
	(void)sigtimedwait(&xfsz, NULL, &now);
	errno = error;
}

bool
store_may_write(const struct store *store, const struct record *record, struct store_fault *fault)
{
	char path[STORE_ENTRY_SIZE];

	if (record->unwritable == 0)
		return true;
	store_entry(path, STORE_HISTORIES, record->name);
	return store_fault_set(fault, store->path, path, "cannot be written", record->unwritable);
}

static bool
write_whole(int fd, const char *bytes, size_t len, off_t offset)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, bytes, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n < 0 && errno == EFBIG)
				swallow_sigxfsz();
			return false;
		}
		bytes += n;
		offset += n;
		len -= (size_t)n;
	}
	return true;
}

bool
store_write(int fd, const char *bytes, size_t len, off_t offset)
{
	return store_limit_allows(offset + (off_t)len) && write_whole(fd, bytes, len, offset);
}

/*
 * Flushes a success and notes behind it that this is done; the note itself may be lost. A slot
 * that cannot be flushed gets its old bytes back: the kernel reports such an error once
 * and then takes the pages for clean.
 */
static bool
make_durable(const struct record *record, const char slot[static HISTORY_SLOT], off_t offset)
{
	char note[HISTORY_NOTE];
	int error;

	if (fdatasync(record->history) == 0) {
		history_note(slot, note);
		(void)!pwrite(record->history, note, sizeof note, offset + HISTORY_SLOT);
		return true;
	}
	error = errno;
	(void)write_whole(record->history, record->file + offset, HISTORY_STRIDE, offset);
	errno = error;
	return false;
}

/* Called under the lock. */
static enum store_answer
swap_locked(struct store *store, struct record *record, const struct history *next,
    const char *path, struct store_fault *fault)
{
	off_t offset = (off_t)record->view.target * HISTORY_STRIDE;
	char slot[HISTORY_STRIDE] = { 0 };
	/* A damaged slot is written to its very end, or else what is written would not count. */
	size_t len = record->view.torn ? HISTORY_STRIDE : HISTORY_SLOT;

	if (!store_may_write(store, record, fault))
		return STORE_FAULT;
	if (!still(record) || !store_unchanged(store, record))
		return STORE_CONFLICT;
	if (!history_write(next, slot))
		(void)store_fault_set(fault, store->path, path, "cannot be put into words", 0);
	else if (record->view.doubtful && fdatasync(record->history) != 0)
		(void)store_fault_set(fault, store->path, path, "cannot be flushed", errno);
	else if (!write_whole(record->history, slot, len, offset))
		(void)store_fault_set(fault, store->path, path, "cannot be written", errno);
	else if (next->flushed && !make_durable(record, slot, offset))
		(void)store_fault_set(fault, store->path, path, "cannot be flushed", errno);
	else
		return STORE_OK;
	return STORE_FAULT;
}

enum store_answer
store_swap(struct store *store, struct record *record, const struct history *next,
    struct store_fault *fault)
{
	enum store_answer answer;
	char path[STORE_ENTRY_SIZE];
	struct lock lock;

	if (record->has_history)
		store_entry(path, STORE_HISTORIES, record->name);
	else
		memcpy(path, "decoy", sizeof "decoy");
	if (record->history < 0) {
		(void)store_fault_set(fault, store->path, path, "missing", 0);
		return STORE_FAULT;
	}
	if (!lock_take(&lock, record->history, store->path, path, fault))
		return STORE_FAULT;
	answer = swap_locked(store, record, next, path, fault);
	if (!lock_drop(&lock)) {
		(void)store_fault_set(fault, store->path, path, "the real uid cannot be given back", errno);
		answer = STORE_FAULT;
	}
	return answer;
}
