/* SPDX-License-Identifier: BSD-2-Clause */
#include "service_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/language.h"

#define LOCK_FILE "/run/twostep.lock"
#define ATTRIBUTES_MAX 65536 /* bytes, of their names and of one value: what Linux has room for */

static const char *const endings[] = {
	[PART_OLD] = ".twostep-old",
	[PART_UNCONFIRMED] = ".twostep-unconfirmed",
	[PART_NEW] = ".twostep-new",
};

void
service_part_name(
    char out[static SERVICE_PART_SIZE], const char *service, enum service_part part)
{
	bool beside = part != PART_SERVICE;

	(void)snprintf(out, SERVICE_PART_SIZE, "%s%s%s", beside ? "." : "", service,
	    beside ? endings[part] : "");
}

bool
service_part_of(char service[static SERVICE_NAME_SIZE], const char *name)
{
	const char *ending = endings[PART_UNCONFIRMED];
	size_t len = strlen(name), end = strlen(ending);

	if (len < end + 2 || len - end > SERVICE_NAME_SIZE || *name != '.' ||
	    strcmp(name + len - end, ending) != 0)
		return false;
	memcpy(service, name + 1, len - end - 1);
	service[len - end - 1] = '\0';
	return service_is_name(service);
}

int
service_directory(struct store_fault *fault)
{
	int fd;

	if (!trusted_parents(SERVICE_DIRECTORY "/", 0, fault))
		return -1;
	fd = open(SERVICE_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		(void)store_fault_set(
		    fault, NULL, SERVICE_DIRECTORY, N_("cannot be opened"), errno);
	return fd;
}

bool
service_lock(struct service_lock *lock, struct store_fault *fault)
{
	lock->fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (lock->fd < 0)
		return store_fault_set(fault, NULL, LOCK_FILE, N_("cannot be opened"), errno);
	if (lock_take(&lock->lock, lock->fd, NULL, LOCK_FILE, fault))
		return true;
	(void)close(lock->fd);
	return false;
}

void
service_unlock(struct service_lock *lock)
{
	(void)lock_drop(&lock->lock);
	(void)close(lock->fd);
}

bool
service_part_read(int directory, const char *service, enum service_part part,
    struct guard_text *text, struct store_fault *fault)
{
	enum trusted_kind kind = part == PART_UNCONFIRMED ? TRUSTED_SECRET : TRUSTED_PUBLIC;
	struct trusted_file file;
	char name[SERVICE_PART_SIZE];
	bool ok;

	service_part_name(name, service, part);
	if (!trusted_file_open(&file, directory, SERVICE_DIRECTORY, name, kind, 0, fault))
		return false;
	ok = trusted_file_read(
	    &file, SERVICE_DIRECTORY, name, text->bytes, sizeof text->bytes - 1, fault);
	text->len = ok ? file.size : 0;
	text->bytes[text->len] = '\0';
	trusted_file_close(&file);
	if (ok && strlen(text->bytes) != text->len)
		ok = store_fault_set(fault, SERVICE_DIRECTORY, name, N_("not a text"), 0);
	return ok;
}

/* What belongs to the bytes of one file alone: another with these would be refused. */
static bool
is_of_content(const char *attribute)
{
	return strcmp(attribute, "security.ima") == 0 || strcmp(attribute, "security.evm") == 0;
}

static bool
copy_attribute(int to, int from, const char *name, char *value)
{
	ssize_t len;

	if (is_of_content(name))
		return true;
	len = fgetxattr(from, name, value, ATTRIBUTES_MAX);
	return len >= 0 && fsetxattr(to, name, value, (size_t)len, 0) == 0;
}

/* The label of SELinux, lists of access and the like. */
static bool
copy_attributes(int to, int from)
{
	char *names = malloc(ATTRIBUTES_MAX + 1), *value = malloc(ATTRIBUTES_MAX);
	ssize_t len = -1;
	bool ok = false;

	if (names != NULL && value != NULL) {
		len = flistxattr(from, names, ATTRIBUTES_MAX);
		ok = len >= 0 || errno == ENOTSUP;
	}
	for (ssize_t at = 0; ok && at < len; at += (ssize_t)strlen(names + at) + 1)
		ok = copy_attribute(to, from, names + at, value);
	free(names);
	free(value);
	return ok;
}

/* Owner before mode: a change of owner takes bits away. */
static bool
make_like(int to, int directory, const char *service)
{
	struct stat st;
	int error, from = openat(directory, service, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool ok = from >= 0 && fstat(from, &st) == 0 && fchown(to, st.st_uid, st.st_gid) == 0 &&
	    fchmod(to, st.st_mode & 07777) == 0 && copy_attributes(to, from);

	error = errno;
	if (from >= 0)
		(void)close(from);
	errno = error;
	return ok;
}

static bool
write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

bool
service_part_write(int directory, const char *service, enum service_part part,
    const char *bytes, size_t len, struct store_fault *fault)
{
	char temporary[SERVICE_PART_SIZE], name[SERVICE_PART_SIZE];
	int fd, error;
	bool ok;

	service_part_name(temporary, service, PART_NEW);
	service_part_name(name, service, part);
	(void)unlinkat(directory, temporary, 0);
	fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    S_IRUSR | S_IWUSR);
	ok = fd >= 0 && write_all(fd, bytes, len) &&
	    (part == PART_UNCONFIRMED || make_like(fd, directory, service)) && fsync(fd) == 0 &&
	    renameat(directory, temporary, directory, name) == 0;
	error = errno;
	if (!ok)
		(void)unlinkat(directory, temporary, 0);
	if (fd >= 0)
		(void)close(fd);
	if (!ok)
		return store_fault_set(
		    fault, SERVICE_DIRECTORY, name, N_("cannot be written"), error);
	return fsync(directory) == 0 ||
	    store_fault_set(fault, NULL, SERVICE_DIRECTORY, N_("cannot be flushed"), errno);
}

bool
service_part_restore(int directory, const char *service, struct store_fault *fault)
{
	char old[SERVICE_PART_SIZE];

	service_part_name(old, service, PART_OLD);
	if (renameat(directory, old, directory, service) != 0)
		return store_fault_set(
		    fault, SERVICE_DIRECTORY, old, N_("cannot be put back"), errno);
	return fsync(directory) == 0 ||
	    store_fault_set(fault, NULL, SERVICE_DIRECTORY, N_("cannot be flushed"), errno);
}

bool
service_part_remove(
    int directory, const char *service, enum service_part part, struct store_fault *fault)
{
	char name[SERVICE_PART_SIZE];

	service_part_name(name, service, part);
	if (unlinkat(directory, name, 0) != 0 && errno != ENOENT)
		return store_fault_set(
		    fault, SERVICE_DIRECTORY, name, N_("cannot be removed"), errno);
	return fsync(directory) == 0 ||
	    store_fault_set(fault, NULL, SERVICE_DIRECTORY, N_("cannot be flushed"), errno);
}
