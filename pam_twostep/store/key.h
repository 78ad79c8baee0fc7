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
 * Reads the host key, or none for "none". `judged` (NULL for none) is a file whose directory was
 * judged a moment ago: the key beside it saves the second look. False with the reason; the
 * caller wipes the key.
 */
bool key_read(struct host_key *key, const char *file, const char *judged, uid_t trusted,
    struct store_fault *fault);

/* Proves a marker, which `directory` holds, and reads its time. */
bool marker_read(int directory, const char *path, const struct host_key *key, uid_t trusted,
    int64_t *created, struct store_fault *fault);

/* Writes a marker; returns its length, or 0 when libcrypto fails. */
size_t marker_format(char marker[static MARKER_SIZE], const struct host_key *key,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], int64_t created);

#endif
