/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host key does: it seals a record's body (AES-256-GCM, NIST SP 800-38D,
 * a fresh 96-bit random nonce each time), with everything that stands in clear
 * above it as associated data, and keys the short tags of codes.
 *
 * The host key itself encrypts nothing: each use has a key of its own, HMAC-SHA256
 * of the use's name under the host key.
 */
#ifndef CORE_SEAL_H
#define CORE_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/secret.h"
#include "core/text.h"

#define SEAL_KEY_LENGTH 32 /* bytes of a host key */
#define SEAL_NONCE_LENGTH 12
#define SEAL_TAG_LENGTH 16
#define SEAL_SUM_LENGTH 8
#define SEAL_ID_SIZE 17 /* 16 hexadecimal digits and the NUL */
#define SEAL_BODY_MAX 8192 /* bytes; half of the longest record, which is hexadecimal */
#define HOST_KEY_MAX (3 * SEAL_KEY_LENGTH) /* bytes of what a host key's file may hold */

struct host_key {
	struct secret key;     /* SEAL_KEY_LENGTH bytes; all zero where nothing is sealed */
	uint8_t seal[SEAL_KEY_LENGTH]; /* the key of sealing, derived once */
	uint8_t tag[SEAL_KEY_LENGTH];  /* the key of tags, likewise */
	char id[SEAL_ID_SIZE]; /* names the key, tells nothing of it; "none" where nothing is sealed */
	uint8_t old_seal[SEAL_KEY_LENGTH]; /* of the key before this one, which still opens; */
	char old_id[SEAL_ID_SIZE];         /* empty where none does */
	/* made by host_key_ready, or NULL */
	struct evp_mac_ctx_st *mac;
	struct evp_cipher_ctx_st *cipher;
};

/*
 * Has libcrypto find its algorithms for a key that is set later, so that less is left to do
 * then. On a struct of zeros; host_key_wipe is due after either answer. False when libcrypto fails.
 */
bool host_key_ready(struct host_key *key);

void host_key_wipe(struct host_key *key);

/* A copy without what was made ready, to be used beside the first and wiped like that. */
void host_key_copy(struct host_key *copy, const struct host_key *key);

/*
 * A host key from what its file holds, `len` bytes, in a struct of zeros or one made ready:
 *
 *	the key                      as it was made with the store
 *	the key, that of tags        after a rekey: tags cannot be computed anew without the printed
 *	                             codes, so their key is carried on from key to key
 *	both, and the key before     during one: new records are under the new, others may be under either
 *
 * False when libcrypto fails, and for another length.
 */
bool host_key_parse(struct host_key *key, const uint8_t *bytes, size_t len);

/* The reverse, with the key before for `old` (NULL for none); returns the length. */
size_t host_key_format(const struct host_key *key, const struct secret *old,
    uint8_t bytes[static HOST_KEY_MAX]);

/* For `key_file = none`: records stand in clear, guarded by a sum alone. */
void host_key_none(struct host_key *key);

/*
 * Appends to a record's clear header the line that names the key, then the body
 * sealed under it. Everything in `record` so far becomes associated data.
 * The nonce must never have been used before. False when libcrypto fails or
 * the record does not fit.
 */
bool seal_write(struct text *record, const struct host_key *key,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], const char *body, size_t len);

/*
 * Reads what seal_write appended, up to the end of the record, which began at `start`.
 * The body goes to `body` (size bytes), its length to *len. False, with the reason,
 * for another key, for a record in clear beside a host key, and for any change.
 */
bool seal_read(struct cursor *record, const char *start, const struct host_key *key,
    char *body, size_t size, size_t *len, struct fault *fault);

/* True for the reason of seal_read that says: under another key. It may be a newer one. */
bool seal_other(const char *why);

/*
 * Copies a whole record of `len` bytes into `anew`, its clear header as it stands and its body sealed
 * under the key, with a nonce that was never used; nothing is copied when it is so already.
 * False, with the reason, when it cannot be opened or does not fit.
 */
bool seal_again(struct text *anew, const struct host_key *key,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], const char *record, size_t len,
    struct fault *fault);

/*
 * A keyed tag of `len` bytes (at most 32) over a salt and what was typed: tells apart, without
 * the cost of a password hash, what certainly differs. False when libcrypto fails.
 */
bool seal_tag(const struct host_key *key, const uint8_t *salt, size_t salt_len,
    const struct secret *typed, uint8_t *tag, size_t len);

/* The first 8 bytes of SHA-256: finds damage, not malice. False when libcrypto fails. */
bool seal_sum(const void *bytes, size_t len, uint8_t sum[static SEAL_SUM_LENGTH]);

#endif
