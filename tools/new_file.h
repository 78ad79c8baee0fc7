/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A new file for its owner's eyes alone: 0600 whatever the umask says, and in the place of none.
 *
 * It is named below one descriptor of its directory, so that who owns a directory on the way
 * cannot turn our removal elsewhere.
 */
#ifndef TOOLS_NEW_FILE_H
#define TOOLS_NEW_FILE_H

#include <stdbool.h>

struct new_file {
	const char *name; /* in the directory, the end of the path that was given; NULL: no file */
	int directory;    /* a descriptor */
};

/* Returns a descriptor to write to; -1 sets errno, and leaves no file and nothing to close. */
int new_file_make(struct new_file *file, const char *path);

/* Takes it away, if there is one. False sets errno. */
bool new_file_remove(struct new_file *file);

/* Lets it be. */
void new_file_keep(struct new_file *file);

#endif
