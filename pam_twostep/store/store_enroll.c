/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What enrolling does to the file store.
 *
 * A user's record changes under the lock of the store's directory and, inside that, the lock of his
 * history, so that no login is in flight. Of two files the one whose loss opens nothing goes
 * first: an invitation is void beside any other enrollment than the one that it was made
 * for, so a kill after the new enrollment's rename leaves nothing that counts; but a
 * generation begins anew after a removal, so there the invitation goes before the enrollment.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "store/fresh.h"
#include "store/store_file.h"

bool
store_list(struct store *store, bool (*each)(const char *user, void *arg), void *arg,
    struct store_fault *fault)
{
	bool none;

	return store_walk(store, STORE_ENROLLMENTS, each, arg, &none, fault);
}

static bool
place_enrollment(struct store *store, struct record *record, struct enrollment *enrollment,
    struct store_fault *fault)
{
	char bytes[ENROLLMENT_SIZE];
	uint8_t nonce[SEAL_NONCE_LENGTH];
	size_t len;

	if (!store_key_to_seal(store, fault) || !fresh_bytes(nonce, sizeof nonce, fault))
		return false;
	enrollment->generation++;
	len = enrollment_format(enrollment, &store->key, nonce, bytes);
	return store_place_record(store, STORE_ENROLLMENTS, record->name, bytes, sizeof bytes, len,
	    fault);
}

static bool
remove_enrollment(struct store *store, struct record *record, struct store_fault *fault)
{
	if (!record->enrolled)
		return store_fault_set(fault, store->path, record->name, "cannot be removed", ENOENT);
	return store_drop(store, STORE_INVITATIONS, record->name, fault) &&
	    store_drop(store, STORE_ENROLLMENTS, record->name, fault);
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
	if (fd >= 0 && !record->enrolled && !store_flush(store, STORE_HISTORIES)) {
		(void)store_fail(store, STORE_HISTORIES, "cannot be flushed", fault);
		(void)close(fd);
		return -1;
	}
	/* Beside an enrollment a history that is missing is an error, but not to getting rid of it. */
	if (fd >= 0 || fault->error != ENOENT || (record->enrolled && !removing))
		return fd;
	if (!store_place_history(store, STORE_HISTORIES, record->name, record->user, fault))
		return -1;
	return open_history(store, record, fault);
}

int
store_hold_history(struct store *store, const struct record *record, bool removing,
    struct lock *lock, struct store_fault *fault)
{
	char path[STORE_ENTRY_SIZE];
	int fd = need_history(store, record, removing, fault);

	store_entry(path, STORE_HISTORIES, record->name);
	if (fd >= 0 && lock_take(lock, fd, store->path, path, fault))
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* Who removes begins a damaged one anew, in place, and who enrolls or invites is told. */
bool
store_sound_history(struct store *store, const struct record *record, int fd, bool removing,
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
		return store_fail(store, path, "damaged; delete this file to begin anew", fault);
	return (store_begin_history(file, record->user) && ftruncate(fd, HISTORY_SIZE) == 0 &&
		   store_write(fd, file, sizeof file, 0) && fsync(fd) == 0) ||
	    store_fail(store, path, "cannot be written", fault);
}

/* Called under both locks. */
static enum store_answer
replace_locked(struct store *store, struct record *record, struct enrollment *enrollment,
    int history, struct store_fault *fault)
{
	struct store_fault ignored;

	if (!store_unchanged(store, record) || !store_invitation_unchanged(store, record))
		return STORE_CONFLICT;
	if (!store_sound_history(store, record, history, enrollment == NULL, fault))
		return STORE_FAULT;
	if (enrollment == NULL)
		return remove_enrollment(store, record, fault) ? STORE_OK : STORE_FAULT;
	if (!place_enrollment(store, record, enrollment, fault))
		return STORE_FAULT;
	/* The commit stands; what cannot be removed is void beside it. */
	(void)store_drop(store, STORE_INVITATIONS, record->name, &ignored);
	return STORE_OK;
}

bool
store_nameable(struct store *store, const struct record *record, struct store_fault *fault)
{
	return record->user[0] != '\0' ||
	    store_fault_set(fault, store->path, "enrollments", "no record can have this name", 0);
}

enum store_answer
store_replace(struct store *store, struct record *record, struct enrollment *enrollment,
    struct store_fault *fault)
{
	enum store_answer answer = STORE_FAULT;
	struct lock lock, inner;
	int fd;

	if (!store_nameable(store, record, fault) || !store_lock(store, &lock, fault))
		return STORE_FAULT;
	fd = store_hold_history(store, record, enrollment == NULL, &inner, fault);
	if (fd >= 0) {
		answer = replace_locked(store, record, enrollment, fd, fault);
		(void)lock_drop(&inner);
		(void)close(fd);
	}
	return store_unlock(store, &lock, fault) ? answer : STORE_FAULT;
}
