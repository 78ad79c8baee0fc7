/* SPDX-License-Identifier: BSD-2-Clause */
/* A new store: its directories, the host key, the marker and the decoy, each made once. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/fresh.h"
#include "store/store_file.h"

static bool
empty(struct store *store, struct store_fault *fault)
{
	bool none[3];

	if (!store_walk(store, STORE_ENROLLMENTS, NULL, NULL, &none[0], fault) ||
	    !store_walk(store, STORE_HISTORIES, NULL, NULL, &none[1], fault) ||
	    !store_walk(store, STORE_INVITATIONS, NULL, NULL, &none[2], fault))
		return false;
	errno = 0;
	return (none[0] && none[1] && none[2]) || store_fail(store, "marker",
		   "missing, though there are records: is this the right store?", fault);
}

/* Opens the directory of the host key's file; *name is its name there. -1 sets errno. */
static int
key_directory(const struct store *store, const char **name)
{
	char directory[sizeof store->key_file];
	char *last;

	memcpy(directory, store->key_file, sizeof directory);
	last = strrchr(directory, '/');
	*last = '\0';
	*name = store->key_file + (last - directory) + 1;
	return openat(AT_FDCWD, directory[0] != '\0' ? directory : "/",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool
close_directory(const struct store *store, int fd, bool ok, const char *why,
    struct store_fault *fault)
{
	if (!ok)
		(void)store_fault_set(fault, NULL, store->key_file, why, errno);
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

bool
store_flush_key(struct store *store, struct store_fault *fault)
{
	const char *name;
	int fd = key_directory(store, &name);

	return close_directory(store, fd, fd >= 0 && fsync(fd) == 0, "cannot be flushed", fault);
}

/* In its own directory, so that it appears whole or not at all. */
bool
store_place_key(struct store *store, const uint8_t *bytes, size_t len, struct store_fault *fault)
{
	const char *name;
	int fd = key_directory(store, &name);
	bool ok = fd >= 0 &&
	    store_put(fd, ".twostep-key.new", name, (const char *)bytes, len, false) &&
	    fsync(fd) == 0;

	return close_directory(store, fd, ok, "cannot be made", fault);
}

static bool
make_key(struct store *store, struct store_fault *fault)
{
	uint8_t bytes[SEAL_KEY_LENGTH];
	bool ok = fresh_bytes(bytes, sizeof bytes, fault) &&
	    store_place_key(store, bytes, sizeof bytes, fault);

	secret_clear(bytes, sizeof bytes);
	return ok;
}

static bool
make_marker(struct store *store, int64_t now, struct store_fault *fault)
{
	uint8_t nonce[SEAL_NONCE_LENGTH];
	char marker[MARKER_SIZE];
	size_t len;

	if (!fresh_bytes(nonce, sizeof nonce, fault))
		return false;
	len = marker_format(marker, &store->key, nonce, now);
	errno = 0;
	if (len == 0)
		return store_fail(store, "marker", "libcrypto failed", fault);
	return store_place(store, "", "marker", marker, len, false, fault);
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

/*
 * A key without a marker is that of a founding that was cut off, which had made its decoy
 * before; or else of a store that is not mounted here, and who is enrolled there must not be
 * nobody here.
 */
static bool
take_key(struct store *store, bool begun, struct store_fault *fault)
{
	if (strcmp(store->key_file, "none") == 0)
		return true;
	errno = 0;
	if (!begun)
		return store_fail(store, "marker",
		    "missing, though there is a host key: is the store mounted?", fault);
	/* Whoever put it there may have been killed before he flushed it. */
	return store_flush_key(store, fault);
}

/* Only an empty store is given a key and a marker, once: the decoy comes before the key. */
static bool
found_store(struct store *store, int64_t now, struct store_fault *fault)
{
	bool begun = faccessat(store->directory, "decoy", F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	if (!empty(store, fault))
		return false;
	if (read_key(store, fault))
		return take_key(store, begun, fault) &&
		    store_place_history(store, "", "decoy", "?", fault) &&
		    make_marker(store, now, fault);
	return fault->error == ENOENT && store_place_history(store, "", "decoy", "?", fault) &&
	    make_key(store, fault) && read_key(store, fault) && make_marker(store, now, fault);
}

static bool
prepare_locked(struct store *store, int64_t now, struct store_fault *fault)
{
	if (!store_make_directory(store, "enrollments", fault) ||
	    !store_make_directory(store, "histories", fault) ||
	    !store_make_directory(store, "invitations", fault))
		return false;
	if (faccessat(store->directory, "marker", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return faccessat(store->directory, "decoy", F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
		    store_place_history(store, "", "decoy", "?", fault);
	if (errno != ENOENT)
		return store_fail(store, "marker", "cannot be looked at", fault);
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

	if (!store_lock(store, &lock, fault))
		return false;
	ok = prepare_locked(store, now, fault);
	return store_unlock(store, &lock, fault) && ok && store_key(store, fault);
}
