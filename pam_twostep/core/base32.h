/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Base32 of keys (RFC 4648 section 6) and the forgiving alphabet of printed
 * codes (Crockford's: no I, L, O, U; I and L are read as 1, O as 0).
 */
#ifndef CORE_BASE32_H
#define CORE_BASE32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/secret.h"

/* Characters that len bytes take in base32 without padding, without the NUL. */
#define BASE32_LENGTH(len) (((len) * 8 + 4) / 5)

/*
 * Writes len bytes in base32 without padding, and a NUL.
 * out holds at least BASE32_LENGTH(len) + 1 bytes.
 */
void base32_encode(char *out, const uint8_t *bytes, size_t len);

/*
 * Reads base32 in either case, with or without padding; blanks and dashes
 * between groups are passed over. False on any other character, on a length that
 * no encoder makes, on bits left over that are not zero, and when nothing is there.
 */
bool base32_decode(struct secret *out, const char *text, size_t len);

/*
 * Reads a key that somebody wrote by hand as google-authenticator's module does, so that it gives the codes
 * that it gave there: 0, 1 and 8 stand for O, L and B, and bits left over for nothing.
 */
bool base32_decode_written(struct secret *out, const char *text, size_t len);

/* Writes the first `chars` * 5 bits of bytes as `chars` characters; no NUL. */
void base32_print(char *out, size_t chars, const uint8_t *bytes);

/*
 * The printed form of one typed character, upper case, or 0 when it is no
 * character of a printed code.
 */
char base32_typed(char c);

#endif
