/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

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

void
store_close(struct store *store)
{
	if (store->directory >= 0)
		(void)close(store->directory);
	store->directory = -1;
	if (store->opened)
		trusted_file_close(&store->key_opened);
	store->opened = false;
	store_key_forget(store);
}

void
store_key_forget(struct store *store)
{
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
	host_key_wipe(&store->key);
	if (!host_key_ready(&store->key)) {
		(void)store_fault_set(fault, NULL, "libcrypto", "failed", 0);
	} else if (marker_open(&store->marker, store->directory, store->path, store->trusted,
		       fault)) {
		store->created = store->marker.created;
		return true;
	}
	trusted_file_close(&store->key_opened);
	store->opened = false;
	return false;
}

static bool
read_key(struct store *store, struct store_fault *fault)
{
	if (!store->opened && !store_key_open(store, fault))
		return false;
	store->keyed = key_read(&store->key, &store->key_opened, store->key_file, fault) &&
	    marker_prove(&store->marker, store->path, &store->key, fault);
	trusted_file_close(&store->key_opened);
	store->opened = false;
	return store->keyed;
}

bool
store_key(struct store *store, struct store_fault *fault)
{
	char id[SEAL_ID_SIZE] = "";

	/* The marker may be under a key that came after the one that was opened; then that one is there by now. */
	while (!read_key(store, fault)) {
		if (!seal_other(fault->why) || strcmp(store->key.id, id) == 0)
			return false;
		memcpy(id, store->key.id, sizeof id);
	}
	return true;
}

bool
store_key_renew(struct store *store, struct store_fault *fault)
{
	store_key_forget(store);
	return store_key(store, fault);
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

/* Where the disk has become read-only everybody is asked all the same, and nobody gets in. */
static int
open_history(struct store *store, struct record *record, const char *path, struct stat *st,
    struct store_fault *fault)
{
	int fd = trusted_open(store->directory, store->path, path, O_RDWR, TRUSTED_SECRET,
	    store->trusted, st, fault);

	if (fd >= 0 || fault->error != EROFS)
		return fd;
	record->unwritable = EROFS;
	*fault = (struct store_fault){ .why = NULL };
	return trusted_open(store->directory, store->path, path, O_RDONLY, TRUSTED_SECRET,
	    store->trusted, st, fault);
}

/* Opens a history and reads it; the decoy is held to its form like every other. */
static bool
look_history(struct store *store, struct record *record, const char *path, const char *user,
    struct store_fault *fault)
{
	struct fault wrong = { .line = 0 };
	struct stat st;

	record->history = open_history(store, record, path, &st, fault);
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
	return store_refuse(store, path, &wrong, fault);
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
	struct store_fault found = { .error = 0 };

	store_entry(path, STORE_ENROLLMENTS, record->name);
	record->enrollment = trusted_open(store->directory, store->path, path, O_RDONLY,
	    TRUSTED_SECRET, store->trusted, &record->enrollment_stat, &found);
	record->enrolled = record->enrollment >= 0;
	if (record->enrolled || found.error == ENOENT)
		return true;
	*fault = found;
	return false;
}

/* The directory of a user's files: one that is gone, or somebody else's, is never "not enrolled". */
bool
store_directory(struct store *store, const char *name, struct store_fault *fault)
{
	struct stat st;
	const char *why;

	if (fstatat(store->directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return store_fault_set(fault, store->path, name, "cannot be looked at", errno);
	why = trusted_stat(&st, TRUSTED_DIRECTORY, store->trusted);
	return why == NULL || store_fault_set(fault, store->path, name, why, 0);
}

bool
store_own_history(struct store *store, struct record *record, struct store_fault *fault)
{
	char path[STORE_ENTRY_SIZE];

	if (record->history >= 0)
		(void)close(record->history);
	store_entry(path, STORE_HISTORIES, record->name);
	record->has_history = look_history(store, record, path, record->user, fault);
	return record->has_history;
}

bool
store_history(struct store *store, const char *user, struct history_view *view,
    struct store_fault *fault)
{
	struct record record = { .enrollment = -1, .history = -1, .invitation = -1 };
	bool ok;

	if (strlen(user) >= sizeof record.user || !text_name(record.name, user))
		return store_fault_set(fault, store->path, user, "no name of a record", 0);
	memcpy(record.user, user, strlen(user) + 1);
	ok = store_own_history(store, &record, fault);
	*view = record.view;
	record_close(&record);
	return ok;
}

bool
store_look(struct store *store, const char *user, uid_t uid, struct record *record,
    struct store_fault *fault)
{
	*record = (struct record){ .uid = uid, .enrollment = -1, .history = -1, .invitation = -1,
		.unwritable = store_limit_allows(HISTORY_SIZE) ? 0 : errno };
	/* No user's file has a leading dot, so this one is never there. */
	if (user == NULL || strlen(user) >= sizeof record->user || !text_name(record->name, user))
		memcpy(record->name, ".none", sizeof ".none");
	else
		memcpy(record->user, user, strlen(user) + 1);
	if (!store_directory(store, "enrollments", fault) ||
	    !store_directory(store, "histories", fault) || !look_enrollment(store, record, fault))
		return false;
	if (!record->enrolled) {
		look_decoy(store, record);
		return true;
	}
	return store_own_history(store, record, fault);
}

void
record_close(struct record *record)
{
	if (record->enrollment >= 0)
		(void)close(record->enrollment);
	if (record->history >= 0)
		(void)close(record->history);
	if (record->invited && record->invitation >= 0)
		(void)close(record->invitation);
	record->enrollment = record->history = record->invitation = -1;
}

bool
store_look_again(struct store *store, struct record *record, struct store_fault *fault)
{
	char user[TEXT_NAME_SIZE];
	bool asked = record->asked;

	memcpy(user, record->user, sizeof user);
	record_close(record);
	return store_look(store, user[0] != '\0' ? user : NULL, record->uid, record, fault) &&
	    (!asked || store_invited(store, record, fault));
}

bool
store_read_whole(struct store *store, int fd, off_t size, const char *path, char *bytes, size_t max,
    struct store_fault *fault)
{
	if (size > (off_t)max)
		return store_fault_set(fault, store->path, path, "longer than any record", 0);
	if (trusted_pread(fd, bytes, (size_t)size, 0))
		return true;
	(void)store_fault_set(fault, store->path, path, "cannot be read", errno);
	secret_clear(bytes, (size_t)size);
	return false;
}

bool
store_refuse(struct store *store, const char *path, const struct fault *wrong,
    struct store_fault *fault)
{
	(void)store_fault_set(fault, store->path, path, wrong->why, 0);
	fault->line = wrong->line;
	return false;
}

bool
store_read(struct store *store, const struct record *record, struct enrollment *enrollment,
    struct store_fault *fault)
{
	char bytes[ENROLLMENT_SIZE], path[STORE_ENTRY_SIZE];
	struct fault wrong = { .line = 0 };
	size_t size = (size_t)record->enrollment_stat.st_size;
	bool ok;

	store_entry(path, STORE_ENROLLMENTS, record->name);
	if (!store_read_whole(store, record->enrollment, record->enrollment_stat.st_size, path, bytes,
		sizeof bytes, fault))
		return false;
	ok = enrollment_parse(enrollment, bytes, size, &store->key, record->user, record->uid, &wrong);
	/* It may be under a key that came after the one that was read. */
	if (!ok && seal_other(wrong.why) && store_key_renew(store, fault))
		ok = enrollment_parse(enrollment, bytes, size, &store->key, record->user, record->uid,
		    &wrong);
	secret_clear(bytes, size); /* without a host key all of it was in clear */
	return ok || store_refuse(store, path, &wrong, fault);
}
