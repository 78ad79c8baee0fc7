/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Codes that are printed once and kept as digests: recovery codes of 80 bits, printed as
 * XXXX-XXXX-XXXX-XXXX, and activation codes of 60 bits, printed as XXXX-XXXX-XXXX.
 *
 * The digests are scrypt's (RFC 7914, N = 2^14, r = 8, p = 1; 28 ms and 16 MiB) under one salt
 * a set (NIST SP 800-63B-4 section 3.1.2). A 16-bit tag under the host key is compared
 * first, so that a flood of wrong answers costs no scrypt.
 *
 * Scratch codes of 8 digits, which another program made, get N = 2^6: their 26 bits fall to whoever
 * reads the record, whatever the hash, and beside them he reads the key that makes all codes.
 * More would only keep 10,000 people who move in waiting.
 */
#ifndef CORE_RECOVERY_H
#define CORE_RECOVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/seal.h"
#include "core/secret.h"
#include "core/text.h"

#define RECOVERY_CODES_MAX 20
#define RECOVERY_CHARS 16   /* of Crockford's base32, without dashes */
#define RECOVERY_ENTROPY 10 /* bytes that make one code */
#define RECOVERY_PRINTED 20 /* with three dashes and the NUL */
#define ACTIVATION_CHARS 12
#define ACTIVATION_ENTROPY 8  /* bytes, of which the first 60 bits are used */
#define ACTIVATION_PRINTED 15 /* with two dashes and the NUL */
#define SCRATCH_CHARS 8      /* digits */
#define RECOVERY_VALID_MAX (30 * 86400) /* seconds; no code that ends is made for longer */
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
	struct secret code; /* its characters, upper case, no dashes */
	bool hashed;
	uint8_t salt[RECOVERY_SALT];
	uint8_t digest[RECOVERY_DIGEST];
};

/* The name of a set in the history: 16 hexadecimal digits of its salt. */
#define RECOVERY_ID_SIZE 17
void recovery_id(const struct recovery_set *set, char id[static RECOVERY_ID_SIZE]);

/*
 * Prints the first `chars` * 5 bits of the entropy as one code in groups of four, and a NUL:
 * RECOVERY_CHARS into RECOVERY_PRINTED bytes, or ACTIVATION_CHARS into ACTIVATION_PRINTED.
 */
void recovery_print(char *out, size_t chars, const uint8_t *entropy);

/*
 * Reads a typed code of so many characters, any case, blanks and dashes anywhere, I L O for
 * 1 1 0. False when it has not the shape of one.
 */
bool recovery_typed(struct secret *code, size_t chars, const struct secret *typed);

/* The codes of a set, while they are shown. */
struct printed_codes {
	unsigned count;
	char code[RECOVERY_CODES_MAX][RECOVERY_PRINTED];
};
void printed_codes_wipe(struct printed_codes *codes);

/*
 * Adds the digest of a printed code of so many characters to the set, whose salt stands already.
 * False when libcrypto fails.
 */
bool recovery_add(struct recovery_set *set, const struct host_key *key, size_t chars,
    const char *printed);

/* *index becomes the code's place in the set, or -1. False when libcrypto fails. */
bool recovery_find(const struct recovery_set *set, const struct host_key *key,
    struct recovery_claim *claim, int *index);

/*
 * A set's lines, `word` ("recovery ") and SALT, and "code TAG DIGEST" for each; none for an empty set.
 */
void recovery_put(struct text *text, const char *word, const struct recovery_set *set);
bool recovery_take(struct cursor *cursor, const char *word, struct recovery_set *set);

/* "UNTIL SALT TAG DIGEST" and the end of the line: a set of one code that ends, Unix seconds. */
void recovery_put_one(struct text *text, const struct recovery_set *set, int64_t until);
bool recovery_take_one(struct cursor *cursor, struct recovery_set *set, int64_t *until);

#endif
