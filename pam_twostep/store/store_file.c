/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "store/key.h"
#include "store/lock.h"
#include "store/store.h"
#include "store/store_file.h"

void
store_entry(char path[static STORE_ENTRY_SIZE], const char *directory, const char *name)
{
	struct text text = text_into(path, STORE_ENTRY_SIZE);

	text_put(&text, directory);
	text_put(&text, name);
	text_end(&text);
}

static bool
copy(char *out, size_t size, const char *string)
{
	size_t len = strlen(string);

	if (len >= size)
		return false;
	memcpy(out, string, len + 1);
	return true;
}

bool
store_open(struct store *store, const char *where, const char *key_file, uid_t trusted,
    struct store_fault *fault)
{
	struct stat st;

	*store = (struct store){ .directory = -1, .trusted = trusted };
	if (strncmp(where, "file:/", 6) != 0 || !copy(store->path, sizeof store->path, where + 5) ||
	    !copy(store->key_file, sizeof store->key_file, key_file))
		return store_fault_set(fault, NULL, "store", "not file: and an absolute path", 0);
	if (!trusted_parents(store->path, trusted, fault))
		return false;
	store->directory = trusted_open(AT_FDCWD, NULL, store->path, O_RDONLY | O_DIRECTORY,
	    TRUSTED_DIRECTORY, trusted, &st, fault);
	return store->directory >= 0;
}

static void
close_key(struct store *store)
{
	if (!store->opened)
		return;
	store->opened = false;
	trusted_file_close(&store->key_opened);
	trusted_file_close(&store->marker_opened);
}

void
store_close(struct store *store)
{
	if (store->directory >= 0)
		(void)close(store->directory);
	store->directory = -1;
	close_key(store);
	store->keyed = false;
	host_key_wipe(&store->key);
}

bool
store_key_open(struct store *store, struct store_fault *fault)
{
	store->opened = key_open(&store->key_opened, store->key_file, store->judged, store->trusted,
	    fault);
	if (!store->opened)
		return false;
	if (trusted_file_open(&store->marker_opened, store->directory, store->path, "marker",
		TRUSTED_SECRET, store->trusted, fault))
		return true;
	close_key(store);
	return false;
}

bool
store_key(struct store *store, struct store_fault *fault)
{
	if (!store->opened && !store_key_open(store, fault))
		return false;
	store->keyed = key_read(&store->key, &store->key_opened, store->key_file, fault) &&
	    marker_read(&store->marker_opened, store->path, &store->key, &store->created, fault);
	close_key(store);
	return store->keyed;
}

static bool
read_locked(struct store *store, struct record *record, const char *path, struct store_fault *fault)
{
	struct lock lock;
	int error = 0;

	if (!lock_take(&lock, record->history, store->path, path, fault))
		return false;
	if (!trusted_pread(record->history, record->file, HISTORY_SIZE, 0))
		error = errno != 0 ? errno : EIO;
	if (lock_drop(&lock) && error == 0)
		return true;
	return store_fault_set(fault, store->path, path, "cannot be read", error);
}

/* Opens a history and reads it; the decoy is held to its form like every other. */
static bool
look_history(struct store *store, struct record *record, const char *path, const char *user,
    struct store_fault *fault)
{
	struct fault wrong = { .line = 0 };
	struct stat st;

	record->history = trusted_open(store->directory, store->path, path, O_RDWR, TRUSTED_SECRET,
	    store->trusted, &st, fault);
	if (record->history < 0)
		return false;
	if (st.st_size != HISTORY_SIZE)
		return store_fault_set(fault, store->path, path, "cut off, or too long", 0);
	if (!trusted_pread(record->history, record->file, HISTORY_SIZE, 0))
		return store_fault_set(fault, store->path, path, "cannot be read", errno);
	if (history_read(&record->view, record->file, user, &wrong))
		return true;
	/* Two logins may have written while it was read: under the lock nobody does. */
	if (!read_locked(store, record, path, fault))
		return false;
	if (history_read(&record->view, record->file, user, &wrong))
		return true;
	(void)store_fault_set(fault, store->path, path, wrong.why, 0);
	fault->line = wrong.line;
	return false;
}

/* What is judged and written for those who have no history of their own. */
static void
look_decoy(struct store *store, struct record *record)
{
	struct store_fault ignored;

	if (look_history(store, record, "decoy", "?", &ignored))
		return;
	if (record->history >= 0)
		(void)close(record->history);
	record->history = -1;
	history_start(&record->view.history, "?");
}

static bool
look_enrollment(struct store *store, struct record *record, struct store_fault *fault)
{
	char path[STORE_ENTRY_SIZE];

	store_entry(path, STORE_ENROLLMENTS, record->name);
	record->enrollment = trusted_open(store->directory, store->path, path, O_RDONLY,
	    TRUSTED_SECRET, store->trusted, &record->enrollment_stat, fault);
	record->enrolled = record->enrollment >= 0;
	return record->enrolled || fault->error == ENOENT;
}

/*
 * True when a limit on file sizes leaves room up to `end`. One that ends within a slot would
 * tear it: a caller could so make the record forget his failures.
 */
static bool
limit_allows(off_t end)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
	    (limit.rlim_cur == RLIM_INFINITY || (rlim_t)end <= limit.rlim_cur))
		return true;
	errno = EFBIG;
	return false;
}

/* The directory of a user's files: one that is gone, or somebody else's, is never "not enrolled". */
static bool
look_directory(struct store *store, const char *name, struct store_fault *fault)
{
	struct stat st;
	const char *why;

	if (fstatat(store->directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return store_fault_set(fault, store->path, name, "cannot be looked at", errno);
	why = trusted_stat(&st, TRUSTED_DIRECTORY, store->trusted);
	return why == NULL || store_fault_set(fault, store->path, name, why, 0);
}

bool
store_look(struct store *store, const char *user, uid_t uid, struct record *record,
    struct store_fault *fault)
{
	char path[STORE_ENTRY_SIZE];

	*record = (struct record){ .uid = uid, .enrollment = -1, .history = -1,
		.may_write = limit_allows(HISTORY_SIZE) };
	/* No user's file has a leading dot, so this one is never there. */
	if (user == NULL || strlen(user) >= sizeof record->user || !text_name(record->name, user))
		memcpy(record->name, ".none", sizeof ".none");
	else
		memcpy(record->user, user, strlen(user) + 1);
	if (!look_directory(store, "enrollments", fault) ||
	    !look_directory(store, "histories", fault) || !look_enrollment(store, record, fault))
		return false;
	if (!record->enrolled) {
		look_decoy(store, record);
		return true;
	}
	store_entry(path, STORE_HISTORIES, record->name);
	record->has_history = look_history(store, record, path, user, fault);
	return record->has_history;
}

void
record_close(struct record *record)
{
	if (record->enrollment >= 0)
		(void)close(record->enrollment);
	if (record->history >= 0)
		(void)close(record->history);
	record->enrollment = record->history = -1;
}

bool
store_look_again(struct store *store, struct record *record, struct store_fault *fault)
{
	char user[TEXT_NAME_SIZE];

	memcpy(user, record->user, sizeof user);
	record_close(record);
	return store_look(store, user[0] != '\0' ? user : NULL, record->uid, record, fault);
}

bool
store_read(struct store *store, const struct record *record, struct enrollment *enrollment,
    struct store_fault *fault)
{
	char bytes[ENROLLMENT_SIZE], path[STORE_ENTRY_SIZE];
	struct fault wrong = { .line = 0 };
	off_t size = record->enrollment_stat.st_size;

	store_entry(path, STORE_ENROLLMENTS, record->name);
	if (size > (off_t)sizeof bytes)
		return store_fault_set(fault, store->path, path, "longer than any record", 0);
	if (!trusted_pread(record->enrollment, bytes, (size_t)size, 0))
		return store_fault_set(fault, store->path, path, "cannot be read", errno);
	if (enrollment_parse(enrollment, bytes, (size_t)size, &store->key, record->user, record->uid,
		&wrong))
		return true;
	(void)store_fault_set(fault, store->path, path, wrong.why, 0);
	fault->line = wrong.line;
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
	return record->may_write ||
	    store_fault_set(fault, store->path, record->name, "cannot be written", EFBIG);
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
	return limit_allows(offset + (off_t)len) && write_whole(fd, bytes, len, offset);
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
