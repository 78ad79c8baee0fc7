/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two halves of the file store share: logging in, and enrolling. */
#ifndef STORE_STORE_FILE_H
#define STORE_STORE_FILE_H

#include "store/store.h"

#define STORE_ENROLLMENTS "enrollments/"
#define STORE_HISTORIES "histories/"
#define STORE_ENTRY_SIZE (sizeof STORE_ENROLLMENTS + TEXT_NAME_SIZE)

/* The path of a user's file in the store. */
void store_entry(char path[static STORE_ENTRY_SIZE], const char *directory, const char *name);

/*
 * True while the enrollment is the one that was looked at. Its descriptor is open, so that no
 * other file can have been given its number.
 */
bool store_unchanged(struct store *store, const struct record *record);

/* Writes len bytes at `offset`, whole or not at all; a limit on file sizes fails it. */
bool store_write(int fd, const char *bytes, size_t len, off_t offset);

#endif
