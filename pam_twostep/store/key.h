/* SPDX-License-Identifier: BSD-2-Clause */
/* The host key in its file, and the marker that it seals. */
#ifndef STORE_KEY_H
#define STORE_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/seal.h"
#include "store/trusted.h"

#define MARKER_SIZE 512 /* bytes; no marker is longer */

/*
 * Opens the host key's file; none is opened for "none". `judged` (NULL for none) is a file whose
 * directory was judged a moment ago: the key beside it saves the second look.
 * False with the reason.
 */
bool key_open(struct trusted_file *opened, const char *file, const char *judged, uid_t trusted,
    struct store_fault *fault);

/* Reads the host key that was opened. False with the reason; the caller wipes the key. */
bool key_read(struct host_key *key, const struct trusted_file *opened, const char *file,
    struct store_fault *fault);

/* A store's marker as its file says it. */
struct marker {
	char bytes[MARKER_SIZE];
	size_t len;
	int64_t created; /* Unix seconds */
};

/* Reads the marker of the store at `path`; nothing of it is proven. False with the reason. */
bool marker_open(struct marker *marker, int directory, const char *path, uid_t trusted,
    struct store_fault *fault);

/* Proves with the host key that it is this store's marker. False with the reason. */
bool marker_prove(const struct marker *marker, const char *path, const struct host_key *key,
    struct store_fault *fault);

/* Writes one; returns its length, or 0 when libcrypto fails. */
size_t marker_format(char marker[static MARKER_SIZE], const struct host_key *key,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], int64_t created);

#endif
