/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of activation codes, for printing letters: CSV (RFC 4180) or JSON.
 *
 * 1. It is a new file that only its owner can read; a link in its place is refused like any file.
 * 2. A row is written after its code was stored, and whole: whatever stops the tool, every row
 *    that is there opens. The file is whole CSV or JSON after each.
 */
#ifndef TOOLS_LETTERS_H
#define TOOLS_LETTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "new_file.h"

struct letters {
	const char *path;
	struct new_file file;
	int fd;
	bool json;
	size_t rows;
	off_t end; /* of what is written */
};

/* True for a name that says what the file is: .csv or .json. */
bool letters_named(const char *path);

/* Makes the file. False sets errno. */
bool letters_open(struct letters *letters, const char *path);

/* One more row. False sets errno; the file is then as it was before. */
bool letters_add(struct letters *letters, const char *user, const char *code, int64_t until);

/* Flushes and closes it; without rows it is removed. False sets errno. */
bool letters_close(struct letters *letters);

#endif
