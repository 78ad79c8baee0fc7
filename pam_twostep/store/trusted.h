/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that nobody but root could have written.
 *
 * 1. A file is opened first and judged by its descriptor, so that what was judged is
 *    what is read: never through a link, never waiting for a FIFO or a device.
 * 2. It MUST be a regular file with one link, of a trusted owner, and not writable
 *    by others; what holds a secret MUST not even be readable by them.
 * 3. So MUST every directory above it, or else somebody could put another in its place.
 */
#ifndef STORE_TRUSTED_H
#define STORE_TRUSTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "core/text.h"

/* Why the store could not serve. */
struct store_fault {
	char file[1024];  /* which; empty where there is none */
	unsigned line;    /* of the file; 0 where there are none */
	const char *why;  /* a constant */
	int error;        /* errno, or 0 */
	pid_t holder;     /* who holds the lock, or 0 */
	char program[32]; /* the holder's name, or empty */
};

/* Notes what is wrong with `name` in `directory` (NULL for none); always false. */
bool store_fault_set(struct store_fault *fault, const char *directory, const char *name,
    const char *why, int error);

/* Appends what the journal says of it. */
void store_fault_put(struct text *line, const struct store_fault *fault);

enum trusted_kind {
	TRUSTED_PUBLIC,    /* others may read it */
	TRUSTED_SECRET,    /* others may not */
	TRUSTED_DIRECTORY, /* others may not write, unless it is sticky */
};

/* Judges what fstat said: NULL, or what is wrong. Owners are root and `trusted`. */
const char *trusted_stat(const struct stat *st, enum trusted_kind kind, uid_t trusted);

/* Judges every directory above `path`, which is absolute. False with the reason and its name. */
bool trusted_parents(const char *path, uid_t trusted, struct store_fault *fault);

/*
 * Opens `name` in `directory` (AT_FDCWD for an absolute path), flags being O_RDONLY or O_RDWR.
 * Returns a descriptor and fills in *st, or -1 with the reason; fault->error is
 * ENOENT when there is no such file.
 */
int trusted_open(int directory, const char *path, const char *name, int flags,
    enum trusted_kind kind, uid_t trusted, struct stat *st, struct store_fault *fault);

/* True when two absolute paths lie in one directory, going by their letters. */
bool trusted_together(const char *a, const char *b);

/*
 * Reads a whole small file by its absolute path into `bytes`, at most `size` bytes; *len is its length.
 * False with the reason; fault->error is ENOENT when there is no such file.
 */
bool trusted_read(const char *path, enum trusted_kind kind, uid_t trusted, char *bytes, size_t size,
    size_t *len, struct store_fault *fault);

/* A small file that was opened to be read later; fd is -1 where there is none. */
struct trusted_file {
	int fd;
	size_t size; /* bytes; at the time of opening */
};

/* Opens one as trusted_open does, for reading. False with the reason. */
bool trusted_file_open(struct trusted_file *file, int directory, const char *path,
    const char *name, enum trusted_kind kind, uid_t trusted, struct store_fault *fault);
/* Reads the whole of it into `bytes`, at most `size` bytes. False with the reason. */
bool trusted_file_read(const struct trusted_file *file, const char *path, const char *name,
    char *bytes, size_t size, struct store_fault *fault);
void trusted_file_close(struct trusted_file *file);

/* Reads len bytes at `offset`, whole or not at all. False sets errno, 0 for a short file. */
bool trusted_pread(int fd, void *bytes, size_t len, off_t offset);

#endif
