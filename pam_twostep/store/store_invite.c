/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invitations: looked at by a login that may enroll, written by inviting and by the dialogue.
 * Under both locks, like an enrollment, and on a history that stands before them: what is
 * typed wrong must count from the first try.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "store/fresh.h"
#include "store/store_file.h"

bool
store_look_invitation(struct store *store, struct record *record, struct store_fault *fault)
{
	char path[STORE_ENTRY_SIZE];
	struct store_fault found = { .error = 0 };

	if (record->invited && record->invitation >= 0)
		(void)close(record->invitation);
	record->invitation = -1;
	record->invited = false;
	store_entry(path, STORE_INVITATIONS, record->name);
	/* A store of before there were any has no such directory. */
	if (store_directory(store, "invitations", &found))
		record->invitation = trusted_open(store->directory, store->path, path, O_RDONLY,
		    TRUSTED_SECRET, store->trusted, &record->invitation_stat, &found);
	record->invited = record->invitation >= 0;
	if (record->invited || found.error == ENOENT)
		return true;
	*fault = found;
	return false;
}

bool
store_invited(struct store *store, struct record *record, struct store_fault *fault)
{
	record->asked = true;
	return store_look_invitation(store, record, fault) &&
	    (!record->invited || record->has_history || store_own_history(store, record, fault));
}

bool
store_read_invitation(struct store *store, const struct record *record,
    struct invitation *invitation, struct store_fault *fault)
{
	char bytes[INVITATION_SIZE], path[STORE_ENTRY_SIZE];
	struct fault wrong = { .line = 0 };
	size_t size = (size_t)record->invitation_stat.st_size;
	bool ok;

	store_entry(path, STORE_INVITATIONS, record->name);
	if (!record->invited)
		return store_fault_set(fault, store->path, path, "missing", 0);
	if (!store_read_whole(store, record->invitation, record->invitation_stat.st_size, path, bytes,
		sizeof bytes, fault))
		return false;
	ok = invitation_parse(invitation, bytes, size, &store->key, record->user, record->uid, &wrong);
	/* It may be under a key that came after the one that was read. */
	if (!ok && seal_other(wrong.why) && store_key_renew(store, fault))
		ok = invitation_parse(invitation, bytes, size, &store->key, record->user, record->uid,
		    &wrong);
	secret_clear(bytes, size); /* without a host key all of it was in clear */
	return ok || store_refuse(store, path, &wrong, fault);
}

bool
store_invitation_unchanged(struct store *store, const struct record *record)
{
	char path[STORE_ENTRY_SIZE];
	struct stat st;

	if (!record->asked)
		return true;
	store_entry(path, STORE_INVITATIONS, record->name);
	if (fstatat(store->directory, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT && !record->invited;
	return record->invited && st.st_dev == record->invitation_stat.st_dev &&
	    st.st_ino == record->invitation_stat.st_ino;
}

static bool
place_invitation(struct store *store, const struct record *record, struct invitation *invitation,
    struct store_fault *fault)
{
	char bytes[INVITATION_SIZE];
	uint8_t nonce[SEAL_NONCE_LENGTH];
	size_t len;

	memcpy(invitation->user, record->user, sizeof invitation->user);
	invitation->uid = record->uid;
	if (!store_key_to_seal(store, fault) || !fresh_bytes(nonce, sizeof nonce, fault))
		return false;
	len = invitation_format(invitation, &store->key, nonce, bytes);
	return store_place_record(store, STORE_INVITATIONS, record->name, bytes, sizeof bytes, len,
	    fault);
}

/* Called under both locks; what it leaves is what the record knows, before anybody else comes. */
static enum store_answer
invite_locked(struct store *store, struct record *record, struct invitation *invitation,
    int history, struct store_fault *fault)
{
	bool ok;

	if (!store_unchanged(store, record) || !store_invitation_unchanged(store, record))
		return STORE_CONFLICT;
	if (invitation != NULL)
		ok = store_sound_history(store, record, history, false, fault) &&
		    place_invitation(store, record, invitation, fault);
	else
		ok = store_drop(store, STORE_INVITATIONS, record->name, fault);
	return ok && store_invited(store, record, fault) ? STORE_OK : STORE_FAULT;
}

/* Called under the lock of the store's directory. */
static enum store_answer
invite(struct store *store, struct record *record, struct invitation *invitation,
    struct store_fault *fault)
{
	enum store_answer answer;
	struct lock lock;
	int fd;

	if (invitation != NULL && !store_make_directory(store, "invitations", fault))
		return STORE_FAULT;
	fd = store_hold_history(store, record, invitation == NULL, &lock, fault);
	if (fd < 0)
		return STORE_FAULT;
	answer = invite_locked(store, record, invitation, fd, fault);
	(void)lock_drop(&lock);
	(void)close(fd);
	return answer;
}

enum store_answer
store_invite(struct store *store, struct record *record, struct invitation *invitation,
    struct store_fault *fault)
{
	enum store_answer answer;
	struct lock lock;

	if (!store_nameable(store, record, fault) || !store_lock(store, &lock, fault))
		return STORE_FAULT;
	answer = invite(store, record, invitation, fault);
	return store_unlock(store, &lock, fault) ? answer : STORE_FAULT;
}

bool
store_list_invited(struct store *store, bool (*each)(const char *user, void *arg), void *arg,
    struct store_fault *fault)
{
	struct store_fault found = { .error = 0 };
	bool none;

	if (store_directory(store, "invitations", &found))
		return store_walk(store, STORE_INVITATIONS, each, arg, &none, fault);
	if (found.error == ENOENT)
		return true;
	*fault = found;
	return false;
}
