/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration files of other programs, as the doctor reads them: whole, and never waiting. */
#ifndef TOOLS_PLAIN_FILE_H
#define TOOLS_PLAIN_FILE_H

#include <stddef.h>

#define PLAIN_PATH_SIZE 512 /* a longer path is refused as ENAMETOOLONG */

/*
 * Reads a regular file of at most 1 MiB that is a text; *len is its length. The caller frees what is returned,
 * which ends in NUL. NULL sets errno; EINVAL for what is no regular file.
 */
char *plain_read(const char *path, size_t *len);

/* `root`, `directory` and `name` as one path; an absolute name needs no directory. NULL sets errno. */
const char *plain_path(char out[static PLAIN_PATH_SIZE], const char *root,
    const char *directory, const char *name);

/* The next line, ended by NUL in place; NULL at the end. *rest begins as what plain_read returned. */
char *plain_line(char **rest);

#endif
