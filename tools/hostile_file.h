/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that belong to ordinary people, read by root.
 *
 * 1. A home directory is hostile to root: nothing in one is opened but by a child that has become its
 *    owner, so that no link leads to what he could not read himself.
 * 2. The child hands over bytes and no more, through a pipe; who stops it or lets it wait for a dead
 *    file system is left behind.
 * 3. It MUST be a regular file of its owner's, with one link and nobody else's to write, of 64 KiB
 *    at most.
 */
#ifndef TOOLS_HOSTILE_FILE_H
#define TOOLS_HOSTILE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define HOSTILE_SIZE 65536 /* bytes */

struct hostile_owner {
	uid_t uid;
	gid_t gid;
};

/*
 * Reads the whole file by its absolute path; *len is its length. False with the reason: *error is an
 * errno or 0, ENOENT when there is no such file. The caller wipes the bytes.
 */
bool hostile_read(const char *path, const struct hostile_owner *owner,
    char bytes[static HOSTILE_SIZE], size_t *len, const char **why, int *error);

#endif
