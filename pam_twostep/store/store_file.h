/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the file store share: looking, swapping, enrolling, inviting, founding. */
#ifndef STORE_STORE_FILE_H
#define STORE_STORE_FILE_H

#include "store/lock.h"
#include "store/store.h"

#define STORE_ENROLLMENTS "enrollments/"
#define STORE_HISTORIES "histories/"
#define STORE_INVITATIONS "invitations/"
#define STORE_SERVICES "services/"
#define STORE_ENTRY_SIZE (sizeof STORE_ENROLLMENTS + TEXT_NAME_SIZE)

/* The path of a user's file in the store. */
void store_entry(char path[static STORE_ENTRY_SIZE], const char *directory, const char *name);

/* Judges a directory of the store by its name. False with the reason. */
bool store_directory(struct store *store, const char *name, struct store_fault *fault);

/* Reads a record of `size` bytes that was opened, at most `max`. False with the reason. */
bool store_read_whole(struct store *store, int fd, off_t size, const char *path, char *bytes,
    size_t max, struct store_fault *fault);

/* Reads the host key anew: another may be in its place since. False with the reason. */
bool store_key_renew(struct store *store, struct store_fault *fault);

/* Notes why a file of the store was not taken; always false. */
bool store_refuse(struct store *store, const char *path, const struct fault *wrong,
    struct store_fault *fault);

/* Opens and reads the user's own history in the place of what the record holds. */
bool store_own_history(struct store *store, struct record *record, struct store_fault *fault);

/*
 * Opens the user's invitation; false with a fault unless it is merely absent. The history
 * stays the one that was looked at.
 */
bool store_look_invitation(struct store *store, struct record *record, struct store_fault *fault);

/*
 * True while the enrollment, or the invitation, is the one that was looked at. Its descriptor is
 * open, so that no other file can have been given its number.
 */
bool store_unchanged(struct store *store, const struct record *record);
bool store_invitation_unchanged(struct store *store, const struct record *record);

/*
 * True when a limit on file sizes leaves room up to `end`. One that ends within a slot would
 * tear it: a caller could so make the record forget his failures.
 */
bool store_limit_allows(off_t end);

/* Writes len bytes at `offset`, whole or not at all; a limit on file sizes fails it. */
bool store_write(int fd, const char *bytes, size_t len, off_t offset);

/* ---- store_place.c: files that appear whole and durable, or not at all ---- */

/* Notes what errno says is wrong with `name`; always false. */
bool store_fail(struct store *store, const char *name, const char *why, struct store_fault *fault);

/* Takes and drops the lock of the store's directory, under which every change here happens. */
bool store_lock(struct store *store, struct lock *lock, struct store_fault *fault);
bool store_unlock(struct store *store, struct lock *lock, struct store_fault *fault);

/*
 * Puts a file into a directory, in the place of one of that name; called under the lock.
 * `temporary` is in the same directory. False sets errno; nothing of the new file is then left.
 */
bool store_put(int directory, const char *temporary, const char *name, const char *bytes,
    size_t len, bool in_place);

/* The same in a directory of the store ("" for the store's own), which is still to be flushed. */
bool store_lay(struct store *store, const char *directory, const char *name, const char *bytes,
    size_t len, bool in_place, struct store_fault *fault);

/* The same, and flushes that. */
bool store_place(struct store *store, const char *directory, const char *name, const char *bytes,
    size_t len, bool in_place, struct store_fault *fault);

/*
 * The same for a record of `len` bytes in a buffer of `size`, 0 for one that could not be put into
 * words. The buffer is wiped: without a host key what is in it stands in clear.
 */
bool store_place_record(struct store *store, const char *directory, const char *name, char *bytes,
    size_t size, size_t len, struct store_fault *fault);

/* Removes a file of the store durably; one that is not there is fine. */
bool store_drop(struct store *store, const char *directory, const char *name,
    struct store_fault *fault);

/* Flushes a directory of the store, so that what was renamed in it stays. False sets errno. */
bool store_flush(struct store *store, const char *directory);

/* Makes a directory of the store where there is none. False with the reason. */
bool store_make_directory(struct store *store, const char *name, struct store_fault *fault);

/* Goes through a directory of the store; *none says whether it has no entries. */
bool store_walk(struct store *store, const char *name,
    bool (*each)(const char *user, void *arg), void *arg, bool *none, struct store_fault *fault);

/* A whole history file in which nothing has happened yet. */
bool store_begin_history(char file[static HISTORY_SIZE], const char *user);
bool store_place_history(struct store *store, const char *directory, const char *name,
    const char *user, struct store_fault *fault);

/* ---- store_found.c ---- */

/* Puts the host key's file in place, durably; called under the lock of the store's directory. */
bool store_place_key(struct store *store, const uint8_t *bytes, size_t len,
    struct store_fault *fault);

/* Makes certain that the host key's file that is there will be there after a power cut. */
bool store_flush_key(struct store *store, struct store_fault *fault);

/* ---- store_rekey.c ---- */

/*
 * Reads the host key anew before something is sealed, under the lock of the store's directory:
 * what comes to stand under a key that is gone is lost. False with the reason.
 */
bool store_key_to_seal(struct store *store, struct store_fault *fault);

/* ---- store_enroll.c ---- */

/* False, with the reason, for a user whose name no record can have. */
bool store_nameable(struct store *store, const struct record *record, struct store_fault *fault);

/*
 * Called under the lock of the store's directory: makes the user's history where an enrollment or
 * invitation is to stand on it, and takes its lock. Returns its descriptor, or -1 with the reason.
 */
int store_hold_history(struct store *store, const struct record *record, bool removing,
    struct lock *lock, struct store_fault *fault);

/* Called under both locks: a damaged history must not stay for what is to stand on it. */
bool store_sound_history(struct store *store, const struct record *record, int fd, bool removing,
    struct store_fault *fault);

#endif
