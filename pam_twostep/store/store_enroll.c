/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What enrolling does to the file store.
 *
 * Every change here happens under the lock of the store's directory, so that there is one
 * temporary name; a user's record also under the lock of his history, so that no login
 * is in flight. A file appears whole or not at all: written and flushed under the
 * temporary name, renamed, and the directory flushed. What a kill leaves behind under that
 * name is removed by the next change.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "store/key.h"
#include "store/lock.h"
#include "store/store_file.h"

#define TEMPORARY ".new"

static bool
fail(struct store *store, const char *name, const char *why, struct store_fault *fault)
{
	return store_fault_set(fault, store->path, name, why, errno);
}

static bool
random_bytes(void *bytes, size_t len, struct store_fault *fault)
{
	return getrandom(bytes, len, 0) == (ssize_t)len ||
	    store_fault_set(fault, NULL, "getrandom", "no random bytes", errno);
}

/* In place is in place only without copy on write (btrfs); elsewhere this is unknown and unneeded. */
static void
no_copy_on_write(int fd)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags |= FS_NOCOW_FL;
		(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
}

static bool
write_durably(int fd, const char *bytes, size_t len)
{
	return fchmod(fd, S_IRUSR | S_IWUSR) == 0 && store_write(fd, bytes, len, 0) && fsync(fd) == 0;
}

/*
 * Puts a file into a directory, in the place of one of that name. `temporary` is in the same
 * directory. False sets errno; nothing of the new file is then left.
 */
static bool
place(int directory, const char *temporary, const char *name, const char *bytes, size_t len,
    bool in_place)
{
	int fd, error;
	bool ok;

	if (unlinkat(directory, temporary, 0) != 0 && errno != ENOENT)
		return false;
	fd = openat(directory, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    S_IRUSR | S_IWUSR);
	if (fd < 0)
		return false;
	if (in_place)
		no_copy_on_write(fd);
	ok = write_durably(fd, bytes, len);
	error = errno;
	ok = close(fd) == 0 && ok;
	if (ok && renameat(directory, temporary, directory, name) == 0)
		return true;
	error = ok ? errno : error;
	(void)unlinkat(directory, temporary, 0);
	errno = error;
	return false;
}

/* Flushes the directory `name` of the store, so that what was renamed in it stays. */
static bool
flush_directory(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	bool ok = fd >= 0 && fsync(fd) == 0;
	int error = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = error;
	return ok;
}

/* A store file appears whole and durable, or not at all. */
static bool
place_in_store(struct store *store, const char *directory, const char *name, const char *bytes,
    size_t len, bool in_place, struct store_fault *fault)
{
	char path[STORE_ENTRY_SIZE], temporary[STORE_ENTRY_SIZE];

	store_entry(path, directory, name);
	store_entry(temporary, directory, TEMPORARY);
	if (!place(store->directory, temporary, path, bytes, len, in_place) ||
	    !flush_directory(store->directory, *directory != '\0' ? directory : "."))
		return fail(store, path, "cannot be written", fault);
	return true;
}

/* A whole history file in which nothing has happened yet. */
static bool
begin_history(char file[static HISTORY_SIZE], const char *user)
{
	struct history history;

	memset(file, 0, HISTORY_SIZE);
	history_start(&history, user);
	if (!history_write(&history, file))
		return false;
	history_note(file, file + HISTORY_SLOT);
	return true;
}

static bool
place_history(struct store *store, const char *directory, const char *name, const char *user,
    struct store_fault *fault)
{
	char file[HISTORY_SIZE];

	if (!begin_history(file, user))
		return fail(store, name, "cannot be put into words", fault);
	return place_in_store(store, directory, name, file, sizeof file, true, fault);
}

static bool
make_directory(struct store *store, const char *name, struct store_fault *fault)
{
	struct stat st;
	const char *why;

	if (mkdirat(store->directory, name, S_IRWXU) == 0)
		return flush_directory(store->directory, ".") ||
		    fail(store, name, "cannot be flushed", fault);
	if (errno != EEXIST)
		return fail(store, name, "cannot be made", fault);
	if (fstatat(store->directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return fail(store, name, "cannot be looked at", fault);
	errno = 0;
	why = trusted_stat(&st, TRUSTED_DIRECTORY, store->trusted);
	return why == NULL || fail(store, name, why, fault);
}

/* Goes through a directory of the store; *none says whether it has no entries. */
static bool
walk(struct store *store, const char *name, bool (*each)(const char *user, void *arg), void *arg,
    bool *none, struct store_fault *fault)
{
	int fd = openat(store->directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *found;
	char user[TEXT_NAME_SIZE];
	bool more = true;

	*none = true;
	if (directory == NULL) {
		(void)fail(store, name, "cannot be opened", fault);
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	while (more && (errno = 0, found = readdir(directory)) != NULL) {
		if (found->d_name[0] == '.')
			continue;
		*none = false;
		if (each != NULL && text_unname(user, found->d_name))
			more = each(user, arg);
	}
	if (more && errno != 0)
		more = fail(store, name, "cannot be read", fault);
	else
		more = true;
	(void)closedir(directory);
	return more;
}

bool
store_list(struct store *store, bool (*each)(const char *user, void *arg), void *arg,
    struct store_fault *fault)
{
	bool none;

	return walk(store, STORE_ENROLLMENTS, each, arg, &none, fault);
}

static bool
empty(struct store *store, struct store_fault *fault)
{
	bool none[2];

	if (!walk(store, STORE_ENROLLMENTS, NULL, NULL, &none[0], fault) ||
	    !walk(store, STORE_HISTORIES, NULL, NULL, &none[1], fault))
		return false;
	errno = 0;
	return (none[0] && none[1]) || fail(store, "marker",
		   "missing, though there are records: is this the right store?", fault);
}

/* A new host key, in a file of its own directory that appears whole or not at all. */
static bool
make_key(struct store *store, struct store_fault *fault)
{
	char directory[sizeof store->key_file];
	uint8_t bytes[SEAL_KEY_LENGTH];
	char *last;
	int fd;
	bool ok;

	if (!random_bytes(bytes, sizeof bytes, fault))
		return false;
	memcpy(directory, store->key_file, sizeof directory);
	last = strrchr(directory, '/');
	*last = '\0';
	fd = openat(AT_FDCWD, directory[0] != '\0' ? directory : "/",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = fd >= 0 &&
	    place(fd, ".twostep-key" TEMPORARY, last + 1, (const char *)bytes, sizeof bytes, false) &&
	    fsync(fd) == 0;
	if (!ok)
		(void)store_fault_set(fault, NULL, store->key_file, "cannot be made", errno);
	if (fd >= 0)
		(void)close(fd);
	secret_clear(bytes, sizeof bytes);
	return ok;
}

static bool
make_marker(struct store *store, int64_t now, struct store_fault *fault)
{
	uint8_t nonce[SEAL_NONCE_LENGTH];
	char marker[MARKER_SIZE];
	size_t len;

	if (!random_bytes(nonce, sizeof nonce, fault))
		return false;
	len = marker_format(marker, &store->key, nonce, now);
	errno = 0;
	if (len == 0)
		return fail(store, "marker", "libcrypto failed", fault);
	return place_in_store(store, "", "marker", marker, len, false, fault);
}

static bool
read_key(struct store *store, struct store_fault *fault)
{
	struct trusted_file key;
	bool ok = key_open(&key, store->key_file, NULL, store->trusted, fault) &&
	    key_read(&store->key, &key, store->key_file, fault);

	trusted_file_close(&key);
	return ok;
}

/* Only an empty store is given a key and a marker; the key comes first and is used if it is there. */
static bool
found_store(struct store *store, int64_t now, struct store_fault *fault)
{
	if (!empty(store, fault) || !place_history(store, "", "decoy", "?", fault))
		return false;
	if (!read_key(store, fault)) {
		if (fault->error != ENOENT || !make_key(store, fault) || !read_key(store, fault))
			return false;
	}
	return make_marker(store, now, fault);
}

static bool
prepare_locked(struct store *store, int64_t now, struct store_fault *fault)
{
	if (!make_directory(store, "enrollments", fault) || !make_directory(store, "histories", fault))
		return false;
	if (faccessat(store->directory, "marker", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return faccessat(store->directory, "decoy", F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
		    place_history(store, "", "decoy", "?", fault);
	if (errno != ENOENT)
		return fail(store, "marker", "cannot be looked at", fault);
	return found_store(store, now, fault);
}

bool
store_make(const char *where, struct store_fault *fault)
{
	const char *path = strncmp(where, "file:", 5) == 0 ? where + 5 : where;

	return mkdir(path, S_IRWXU) == 0 || errno == EEXIST ||
	    store_fault_set(fault, NULL, path, "cannot be made", errno);
}

bool
store_prepare(struct store *store, int64_t now, struct store_fault *fault)
{
	struct lock lock;
	bool ok;

	if (!lock_take(&lock, store->directory, NULL, store->path, fault))
		return false;
	ok = prepare_locked(store, now, fault);
	return lock_drop(&lock) && ok && store_key(store, fault);
}

static bool
place_enrollment(struct store *store, struct record *record, struct enrollment *enrollment,
    struct store_fault *fault)
{
	char bytes[ENROLLMENT_SIZE];
	uint8_t nonce[SEAL_NONCE_LENGTH];
	size_t len;

	if (!random_bytes(nonce, sizeof nonce, fault))
		return false;
	enrollment->generation++;
	len = enrollment_format(enrollment, &store->key, nonce, bytes);
	errno = 0;
	if (len == 0)
		return fail(store, record->name, "cannot be put into words", fault);
	return place_in_store(store, STORE_ENROLLMENTS, record->name, bytes, len, false, fault);
}

static bool
remove_enrollment(struct store *store, struct record *record, struct store_fault *fault)
{
	char path[STORE_ENTRY_SIZE];

	store_entry(path, STORE_ENROLLMENTS, record->name);
	if (unlinkat(store->directory, path, 0) != 0 ||
	    !flush_directory(store->directory, STORE_ENROLLMENTS))
		return fail(store, path, "cannot be removed", fault);
	return true;
}

static int
open_history(struct store *store, const struct record *record, struct store_fault *fault)
{
	char path[STORE_ENTRY_SIZE];
	struct stat st;

	store_entry(path, STORE_HISTORIES, record->name);
	return trusted_open(store->directory, store->path, path, O_RDWR, TRUSTED_SECRET,
	    store->trusted, &st, fault);
}

/* The user's own history, which a new enrollment must find in its place before it stands. */
static int
need_history(struct store *store, const struct record *record, bool removing,
    struct store_fault *fault)
{
	int fd = open_history(store, record, fault);

	/* What a kill left behind may not be durable yet. */
	if (fd >= 0 && !record->enrolled && !flush_directory(store->directory, STORE_HISTORIES)) {
		(void)fail(store, STORE_HISTORIES, "cannot be flushed", fault);
		(void)close(fd);
		return -1;
	}
	/* Beside an enrollment a history that is missing is an error, but not to getting rid of it. */
	if (fd >= 0 || fault->error != ENOENT || (record->enrolled && !removing))
		return fd;
	if (!place_history(store, STORE_HISTORIES, record->name, record->user, fault))
		return -1;
	return open_history(store, record, fault);
}

/*
 * Called under the lock. A damaged history must not stay for the next enrollment: who removes
 * begins it anew, in place, and who enrolls is told.
 */
static bool
sound_history(struct store *store, const struct record *record, int fd, bool removing,
    struct store_fault *fault)
{
	char file[HISTORY_SIZE] = { 0 };
	struct history_view view;
	struct fault wrong = { .line = 0 };
	char path[STORE_ENTRY_SIZE];

	store_entry(path, STORE_HISTORIES, record->name);
	errno = 0;
	if (trusted_pread(fd, file, sizeof file, 0) && history_read(&view, file, record->user, &wrong))
		return true;
	if (!removing)
		return fail(store, path, "damaged; delete this file to begin anew", fault);
	return (begin_history(file, record->user) && ftruncate(fd, HISTORY_SIZE) == 0 &&
		   store_write(fd, file, sizeof file, 0) && fsync(fd) == 0) ||
	    fail(store, path, "cannot be written", fault);
}

static enum store_answer
replace_locked(struct store *store, struct record *record, struct enrollment *enrollment,
    int history, struct store_fault *fault)
{
	bool ok;

	if (!store_unchanged(store, record))
		return STORE_CONFLICT;
	if (!sound_history(store, record, history, enrollment == NULL, fault))
		return STORE_FAULT;
	ok = enrollment != NULL ? place_enrollment(store, record, enrollment, fault)
				: remove_enrollment(store, record, fault);
	return ok ? STORE_OK : STORE_FAULT;
}

/* Called under the lock of the store's directory; takes the history's too. */
static enum store_answer
replace_with_history(struct store *store, struct record *record, struct enrollment *enrollment,
    struct store_fault *fault)
{
	enum store_answer answer = STORE_FAULT;
	struct lock lock;
	int fd = need_history(store, record, enrollment == NULL, fault);

	if (fd < 0)
		return STORE_FAULT;
	if (lock_take(&lock, fd, store->path, record->name, fault)) {
		answer = replace_locked(store, record, enrollment, fd, fault);
		(void)lock_drop(&lock);
	}
	(void)close(fd);
	return answer;
}

enum store_answer
store_replace(struct store *store, struct record *record, struct enrollment *enrollment,
    struct store_fault *fault)
{
	enum store_answer answer;
	struct lock lock;

	if (record->user[0] == '\0') {
		(void)store_fault_set(fault, store->path, "enrollments", "no record can have this name", 0);
		return STORE_FAULT;
	}
	if (!lock_take(&lock, store->directory, NULL, store->path, fault))
		return STORE_FAULT;
	answer = replace_with_history(store, record, enrollment, fault);
	(void)lock_drop(&lock);
	return answer;
}
