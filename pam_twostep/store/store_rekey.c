/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another host key in the place of the one there is.
 *
 * 1. Before anything is under the new key it stands durably in the key's file, beside the old.
 * 2. The old one goes when no record needs it any more, and that is durable.
 * 3. Whoever seals reads the key anew under the lock of the store's directory, and so does every
 *    step here: nothing comes to stand under a key that is gone.
 * 4. A key that was put in place and not flushed, by a rekey that was killed just then, would be
 *    lost with the power: whoever finds it beside the old one flushes it before he seals.
 * 5. Only the seal of a record changes. What is above it stays, and with it user, uid and
 *    generation; a login in flight sees another file, and judges again.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "store/fresh.h"
#include "store/store_file.h"

static bool
replacing(const struct store *store)
{
	return store->key.old_id[0] != '\0';
}

bool
store_key_to_seal(struct store *store, struct store_fault *fault)
{
	return store_key_renew(store, fault) &&
	    (!replacing(store) || store_flush_key(store, fault));
}

static bool
place_new_key(struct store *store, struct store_fault *fault)
{
	uint8_t bytes[HOST_KEY_MAX];
	struct host_key next;
	bool ok;

	host_key_copy(&next, &store->key);
	ok = fresh_bytes(next.key.bytes, SEAL_KEY_LENGTH, fault);
	if (ok)
		ok = store_place_key(store, bytes, host_key_format(&next, &store->key.key, bytes),
			 fault) &&
		    store_key_renew(store, fault);
	host_key_wipe(&next);
	secret_clear(bytes, sizeof bytes);
	return ok;
}

static bool
begin(struct store *store, char id[static SEAL_ID_SIZE], struct store_fault *fault)
{
	if (!store_key_renew(store, fault))
		return false;
	if (strcmp(store->key_file, "none") == 0)
		return store_fault_set(fault, NULL, "key_file", "none: there is no key to replace", 0);
	if (replacing(store) ? !store_flush_key(store, fault) : !place_new_key(store, fault))
		return false;
	memcpy(id, store->key.id, SEAL_ID_SIZE);
	return true;
}

bool
store_rekey_begin(struct store *store, char id[static SEAL_ID_SIZE], struct store_fault *fault)
{
	struct lock lock;
	bool ok;

	if (!store_lock(store, &lock, fault))
		return false;
	ok = begin(store, id, fault);
	return store_unlock(store, &lock, fault) && ok;
}

static bool
seal_bytes(struct store *store, const char *path, const char *bytes, size_t len, struct text *anew,
    struct store_fault *fault)
{
	uint8_t nonce[SEAL_NONCE_LENGTH];
	struct fault wrong = { .line = 0 };

	return fresh_bytes(nonce, sizeof nonce, fault) &&
	    (seal_again(anew, &store->key, nonce, bytes, len, &wrong) ||
		store_refuse(store, path, &wrong, fault));
}

/* One file, which may have been removed meanwhile. It is durable with its directory. */
static bool
seal_file(struct store *store, const char *directory, const char *name, struct store_fault *fault)
{
	char path[STORE_ENTRY_SIZE];
	char bytes[ENROLLMENT_SIZE], sealed[ENROLLMENT_SIZE];
	struct text anew = text_into(sealed, sizeof sealed);
	struct stat st;
	bool ok;
	int fd;

	store_entry(path, directory, name);
	fd = trusted_open(store->directory, store->path, path, O_RDONLY, TRUSTED_SECRET, store->trusted,
	    &st, fault);
	if (fd < 0)
		return fault->error == ENOENT;
	ok = store_read_whole(store, fd, st.st_size, path, bytes, sizeof bytes, fault) &&
	    seal_bytes(store, path, bytes, (size_t)st.st_size, &anew, fault);
	(void)close(fd);
	if (!ok || text_length(&anew) == 0)
		return ok;
	return store_lay(store, directory, name, sealed, text_length(&anew), false, fault);
}

static bool
seal_user(struct store *store, const char id[static SEAL_ID_SIZE], const char *name,
    struct store_fault *fault)
{
	if (!store_key_renew(store, fault))
		return false;
	/* Another rekey has seen to it, or is about to. */
	if (!replacing(store) || strcmp(store->key.id, id) != 0)
		return true;
	return seal_file(store, STORE_ENROLLMENTS, name, fault) &&
	    seal_file(store, STORE_INVITATIONS, name, fault);
}

bool
store_rekey_user(struct store *store, const char id[static SEAL_ID_SIZE], const char *user,
    struct store_fault *fault)
{
	char name[TEXT_NAME_SIZE];
	struct lock lock;
	bool ok;

	if (!text_name(name, user))
		return store_fault_set(fault, store->path, user, "no name of a record", 0);
	if (!store_lock(store, &lock, fault))
		return false;
	ok = seal_user(store, id, name, fault);
	return store_unlock(store, &lock, fault) && ok;
}

static bool
flush(struct store *store, const char *directory, struct store_fault *fault)
{
	return store_flush(store, directory) ||
	    store_fail(store, directory, "cannot be flushed", fault);
}

/* A store of before there were any has no invitations. */
static bool
flush_all(struct store *store, struct store_fault *fault)
{
	return flush(store, STORE_ENROLLMENTS, fault) &&
	    (flush(store, STORE_INVITATIONS, fault) || fault->error == ENOENT) &&
	    flush(store, "", fault);
}

static bool
drop_old_key(struct store *store, struct store_fault *fault)
{
	uint8_t bytes[HOST_KEY_MAX];
	bool ok = store_place_key(store, bytes, host_key_format(&store->key, NULL, bytes), fault) &&
	    store_key_renew(store, fault);

	secret_clear(bytes, sizeof bytes);
	return ok;
}

static bool
end(struct store *store, const char id[static SEAL_ID_SIZE], struct store_fault *fault)
{
	if (!store_key_renew(store, fault))
		return false;
	if (strcmp(store->key.id, id) != 0)
		return store_fault_set(fault, NULL, store->key_file, "replaced by another rekey since", 0);
	if (!replacing(store))
		return true;
	return seal_file(store, "", "marker", fault) && flush_all(store, fault) &&
	    drop_old_key(store, fault);
}

bool
store_rekey_end(struct store *store, const char id[static SEAL_ID_SIZE], struct store_fault *fault)
{
	struct lock lock;
	bool ok;

	if (!store_lock(store, &lock, fault))
		return false;
	ok = end(store, id, fault);
	return store_unlock(store, &lock, fault) && ok;
}
