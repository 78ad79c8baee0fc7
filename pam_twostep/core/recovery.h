/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recovery codes: 80 bits each, printed as XXXX-XXXX-XXXX-XXXX, kept as scrypt
 * digests (RFC 7914, N = 2^14, r = 8, p = 1; 28 ms and 16 MiB) under one salt a set
 * (NIST SP 800-63B-4 section 3.1.2). A 16-bit tag under the host key is compared first,
 * so that a flood of wrong answers costs no scrypt.
 */
#ifndef CORE_RECOVERY_H
#define CORE_RECOVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/seal.h"
#include "core/secret.h"

#define RECOVERY_CODES_MAX 20
#define RECOVERY_CHARS 16   /* of Crockford's base32, without dashes */
#define RECOVERY_ENTROPY 10 /* bytes that make one code */
#define RECOVERY_PRINTED 20 /* with three dashes and the NUL */
#define RECOVERY_SALT 16
#define RECOVERY_TAG 2
#define RECOVERY_DIGEST 32

struct recovery_set {
	uint8_t salt[RECOVERY_SALT]; /* random; also names the set */
	unsigned count;              /* 0 to RECOVERY_CODES_MAX */
	struct {
		uint8_t tag[RECOVERY_TAG];
		uint8_t digest[RECOVERY_DIGEST];
	} code[RECOVERY_CODES_MAX];
};

/*
 * A typed code and the digest that was last computed of it, so that a login
 * that has to be judged again pays for scrypt once.
 */
struct recovery_claim {
	struct secret code; /* RECOVERY_CHARS characters, upper case, no dashes */
	bool hashed;
	uint8_t salt[RECOVERY_SALT];
	uint8_t digest[RECOVERY_DIGEST];
};

/* The name of a set in the history: 16 hexadecimal digits of its salt. */
#define RECOVERY_ID_SIZE 17
void recovery_id(const struct recovery_set *set, char id[static RECOVERY_ID_SIZE]);

/* Prints RECOVERY_ENTROPY bytes as one code in groups of four. */
void recovery_print(char out[static RECOVERY_PRINTED],
    const uint8_t entropy[static RECOVERY_ENTROPY]);

/*
 * Reads a typed code, any case, blanks and dashes anywhere, I L O for 1 1 0.
 * False when it has not the shape of one.
 */
bool recovery_typed(struct secret *code, const struct secret *typed);

/* Adds the digest of a printed code to the set, whose salt stands already. False when libcrypto fails. */
bool recovery_add(struct recovery_set *set, const struct host_key *key, const char *printed);

/* *index becomes the code's place in the set, or -1. False when libcrypto fails. */
bool recovery_find(const struct recovery_set *set, const struct host_key *key,
    struct recovery_claim *claim, int *index);

#endif
