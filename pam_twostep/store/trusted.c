/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/event.h"
#include "core/language.h"
#include "core/text.h"
#include "store/patience.h"

static const char replaced[] = N_("removed while it was looked at");

bool
store_fault_set(struct store_fault *fault, const char *directory, const char *name,
    const char *why, int error)
{
	struct text file = text_into(fault->file, sizeof fault->file);

	*fault = (struct store_fault){ .why = why, .error = error };
	if (directory != NULL) {
		text_put(&file, directory);
		text_put(&file, "/");
	}
	text_put(&file, name);
	text_end(&file);
	return false;
}

void
store_fault_put(struct text *line, const struct store_fault *fault)
{
	event_put(line, "file", fault->file);
	if (fault->line > 0)
		event_put_number(line, "line", fault->line);
	event_put(line, "why", fault->why);
	if (fault->error != 0)
		event_put(line, "error", strerror(fault->error));
	if (fault->holder > 0) {
		event_put_number(line, "holder", fault->holder);
		event_put(line, "program", fault->program);
	}
}

const char *
trusted_stat(const struct stat *st, enum trusted_kind kind, uid_t trusted)
{
	bool directory = kind == TRUSTED_DIRECTORY;

	if (directory && !S_ISDIR(st->st_mode))
		return N_("not a directory");
	if (!directory && !S_ISREG(st->st_mode))
		return N_("not a regular file");
	if (st->st_uid != 0 && st->st_uid != trusted)
		return N_("not owned by root");
	if (!directory && st->st_nlink == 0)
		return replaced;
	if (!directory && st->st_nlink != 1)
		return N_("has more than one name (a hard link)");
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0 && !(directory && (st->st_mode & S_ISVTX) != 0))
		return N_("writable by others than its owner");
	if (kind == TRUSTED_SECRET && (st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return N_("readable by others than its owner");
	return NULL;
}

/* One directory above a file; *link is set when it is a link, whose target is judged instead. */
static bool
parent(const char *path, uid_t trusted, bool *link, struct store_fault *fault)
{
	struct stat st;
	const char *why;

	if (lstat(path, &st) != 0)
		return store_fault_set(fault, NULL, path, "cannot be looked at", errno);
	if (S_ISLNK(st.st_mode) && (st.st_uid == 0 || st.st_uid == trusted)) {
		*link = true;
		return true;
	}
	if ((why = trusted_stat(&st, TRUSTED_DIRECTORY, trusted)) != NULL)
		return store_fault_set(fault, NULL, path, why, 0);
	return true;
}

static bool
parents(const char *path, uid_t trusted, bool *link, struct store_fault *fault)
{
	char prefix[PATH_MAX];

	for (const char *p = path + 1; (p = strchr(p, '/')) != NULL && !*link; p++) {
		size_t len = (size_t)(p - path);

		memcpy(prefix, path, len);
		prefix[len] = '\0';
		if (!parent(prefix, trusted, link, fault))
			return false;
	}
	return true;
}

bool
trusted_parents(const char *path, uid_t trusted, struct store_fault *fault)
{
	char real[PATH_MAX], above[PATH_MAX];
	const char *last = strrchr(path, '/');
	bool link = false;
	size_t len;

	if (*path != '/' || strlen(path) >= sizeof above)
		return store_fault_set(fault, NULL, path, "not an absolute path", EINVAL);
	if (!parents(path, trusted, &link, fault))
		return false;
	if (!link)
		return true;
	memcpy(above, path, (size_t)(last - path));
	above[last - path] = '\0';
	if (realpath(above, real) == NULL || (len = strlen(real)) + 2 > sizeof real)
		return store_fault_set(fault, NULL, above, "cannot be looked at", errno);
	memcpy(real + len, "/", sizeof "/");
	link = false;
	if (!parents(real, trusted, &link, fault))
		return false;
	return !link || store_fault_set(fault, NULL, real, "a link that changes", 0);
}

/* Away from 0 to 2, where the host closed them: what it says on its streams must not come to stand in a record. */
static int
away(int fd)
{
	int other, error;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	other = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	error = errno;
	(void)close(fd);
	errno = error;
	return other;
}

static int
open_once(int directory, const char *path, const char *name, int flags, enum trusted_kind kind,
    uid_t trusted, struct stat *st, struct store_fault *fault)
{
	int fd = away(openat(directory, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
	const char *why = NULL;
	int error = 0;

	if (fd < 0) {
		error = errno;
		why = error == ELOOP ? N_("a symbolic link") : N_("cannot be opened");
	} else if (fstat(fd, st) != 0) {
		error = errno;
		why = N_("cannot be looked at");
	} else {
		why = trusted_stat(st, kind, trusted);
	}
	if (why == NULL)
		return fd;
	(void)store_fault_set(fault, path, name, why, error);
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

int
trusted_open(int directory, const char *path, const char *name, int flags, enum trusted_kind kind,
    uid_t trusted, struct stat *st, struct store_fault *fault)
{
	int fd = open_once(directory, path, name, flags, kind, trusted, st, fault);
	struct patience patience = { .pauses = 0 };

	/*
	 * Another file takes its place, whole like every one here: that one counts. Until the kernel is done
	 * with the rename, which may wait for the disk in the middle, the name still leads to the old one.
	 */
	while (fd < 0 && fault->why == replaced && patience_wait(&patience))
		fd = open_once(directory, path, name, flags, kind, trusted, st, fault);
	return fd;
}

bool
trusted_pread(int fd, void *bytes, size_t len, off_t offset)
{
	char *at = bytes;

	while (len > 0) {
		ssize_t n = pread(fd, at, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n < 0 ? errno : 0;
			return false;
		}
		at += n;
		offset += n;
		len -= (size_t)n;
	}
	return true;
}

bool
trusted_together(const char *a, const char *b)
{
	const char *last = strrchr(a, '/'), *other = strrchr(b, '/');

	return last != NULL && other != NULL && last - a == other - b &&
	    strncmp(a, b, (size_t)(last - a)) == 0;
}

bool
trusted_file_open(struct trusted_file *file, int directory, const char *path, const char *name,
    enum trusted_kind kind, uid_t trusted, struct store_fault *fault)
{
	struct stat st;

	file->size = 0;
	file->fd = trusted_open(directory, path, name, O_RDONLY, kind, trusted, &st, fault);
	if (file->fd < 0)
		return false;
	file->size = (size_t)st.st_size;
	return true;
}

bool
trusted_file_read(const struct trusted_file *file, const char *path, const char *name, char *bytes,
    size_t size, struct store_fault *fault)
{
	if (file->size > size)
		return store_fault_set(fault, path, name, "too long", 0);
	return trusted_pread(file->fd, bytes, file->size, 0) ||
	    store_fault_set(fault, path, name, "cannot be read", errno);
}

void
trusted_file_close(struct trusted_file *file)
{
	if (file->fd >= 0)
		(void)close(file->fd);
	file->fd = -1;
}

bool
trusted_read(const char *path, enum trusted_kind kind, uid_t trusted, char *bytes, size_t size,
    size_t *len, struct store_fault *fault)
{
	struct trusted_file file;
	bool ok;

	*len = 0;
	if (!trusted_parents(path, trusted, fault) ||
	    !trusted_file_open(&file, AT_FDCWD, NULL, path, kind, trusted, fault))
		return false;
	ok = trusted_file_read(&file, NULL, path, bytes, size, fault);
	if (ok)
		*len = file.size;
	trusted_file_close(&file);
	return ok;
}
