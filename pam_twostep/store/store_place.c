/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How files come into the file store, and go.
 *
 * Every change here happens under the lock of the store's directory, so that there is one
 * temporary name. A file appears whole or not at all: written and flushed under the
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
#include <unistd.h>

#include "store/store_file.h"

#define TEMPORARY ".new"

bool
store_fail(struct store *store, const char *name, const char *why, struct store_fault *fault)
{
	return store_fault_set(fault, store->path, name, why, errno);
}

bool
store_lock(struct store *store, struct lock *lock, struct store_fault *fault)
{
	return lock_take(lock, store->directory, NULL, store->path, fault);
}

bool
store_unlock(struct store *store, struct lock *lock, struct store_fault *fault)
{
	return lock_drop(lock) || store_fail(store, ".", "the real uid cannot be given back", fault);
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

bool
store_put(int directory, const char *temporary, const char *name, const char *bytes, size_t len,
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

bool
store_flush(struct store *store, const char *directory)
{
	int fd = openat(store->directory, *directory != '\0' ? directory : ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	bool ok = fd >= 0 && fsync(fd) == 0;
	int error = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = error;
	return ok;
}

bool
store_lay(struct store *store, const char *directory, const char *name, const char *bytes,
    size_t len, bool in_place, struct store_fault *fault)
{
	char path[STORE_ENTRY_SIZE], temporary[STORE_ENTRY_SIZE];

	store_entry(path, directory, name);
	store_entry(temporary, directory, TEMPORARY);
	return store_put(store->directory, temporary, path, bytes, len, in_place) ||
	    store_fail(store, path, "cannot be written", fault);
}

bool
store_place(struct store *store, const char *directory, const char *name, const char *bytes,
    size_t len, bool in_place, struct store_fault *fault)
{
	char path[STORE_ENTRY_SIZE];

	store_entry(path, directory, name);
	return store_lay(store, directory, name, bytes, len, in_place, fault) &&
	    (store_flush(store, directory) || store_fail(store, path, "cannot be written", fault));
}

bool
store_place_record(struct store *store, const char *directory, const char *name, char *bytes,
    size_t size, size_t len, struct store_fault *fault)
{
	bool ok = len > 0
	    ? store_place(store, directory, name, bytes, len, false, fault)
	    : store_fault_set(fault, store->path, name, "cannot be put into words", 0);

	secret_clear(bytes, size);
	return ok;
}

bool
store_drop(struct store *store, const char *directory, const char *name, struct store_fault *fault)
{
	char path[STORE_ENTRY_SIZE];

	store_entry(path, directory, name);
	if (unlinkat(store->directory, path, 0) != 0)
		return errno == ENOENT || store_fail(store, path, "cannot be removed", fault);
	return store_flush(store, directory) || store_fail(store, path, "cannot be removed", fault);
}

bool
store_begin_history(char file[static HISTORY_SIZE], const char *user)
{
	struct history history;

	memset(file, 0, HISTORY_SIZE);
	history_start(&history, user);
	if (!history_write(&history, file))
		return false;
	history_note(file, file + HISTORY_SLOT);
	return true;
}

bool
store_place_history(struct store *store, const char *directory, const char *name, const char *user,
    struct store_fault *fault)
{
	char file[HISTORY_SIZE];

	if (!store_begin_history(file, user))
		return store_fault_set(fault, store->path, name, "cannot be put into words", 0);
	return store_place(store, directory, name, file, sizeof file, true, fault);
}

bool
store_make_directory(struct store *store, const char *name, struct store_fault *fault)
{
	struct stat st;
	const char *why;

	if (mkdirat(store->directory, name, S_IRWXU) == 0)
		return store_flush(store, "") ||
		    store_fail(store, name, "cannot be flushed", fault);
	if (errno != EEXIST)
		return store_fail(store, name, "cannot be made", fault);
	if (fstatat(store->directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return store_fail(store, name, "cannot be looked at", fault);
	errno = 0;
	why = trusted_stat(&st, TRUSTED_DIRECTORY, store->trusted);
	return why == NULL || store_fail(store, name, why, fault);
}

bool
store_walk(struct store *store, const char *name, bool (*each)(const char *user, void *arg), void *arg,
    bool *none, struct store_fault *fault)
{
	int fd = openat(store->directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *found;
	char user[TEXT_NAME_SIZE];
	bool more = true;

	*none = true;
	if (directory == NULL) {
		(void)store_fail(store, name, "cannot be opened", fault);
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
		more = store_fail(store, name, "cannot be read", fault);
	else
		more = true;
	(void)closedir(directory);
	return more;
}
