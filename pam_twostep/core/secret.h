/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A key, or what a person typed: the only type that holds either.
 *
 * Declare one as SECRET where it lives on the stack: it is then wiped on every
 * path out of its block. A struct that embeds one has a _wipe of its own.
 */
#ifndef CORE_SECRET_H
#define CORE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SECRET_MAX 512 /* bytes; PAM_MAX_RESP_SIZE, the longest answer that PAM knows */

struct secret {
	size_t len; /* bytes in use, at most SECRET_MAX */
	uint8_t bytes[SECRET_MAX];
};

#define WIPED(wipe) __attribute__((cleanup(wipe)))
#define SECRET WIPED(secret_wipe) struct secret

/* Overwrites the whole of it in a way that the compiler keeps. */
void secret_wipe(struct secret *secret);

/* Copies len bytes in. False, and an empty secret, when they do not fit. */
bool secret_set(struct secret *secret, const void *bytes, size_t len);

/* True when two runs of len bytes are the same; the time does not depend on them. */
bool secret_same(const void *a, const void *b, size_t len);

/*
 * Overwrites what held a secret under another type: a buffer, a digest. The compiler must take the bytes
 * for read afterwards, and so keeps it. (OPENSSL_cleanse goes eight bytes at a time, over 30 KB a login.)
 */
static inline void
secret_clear(void *bytes, size_t len)
{
	memset(bytes, 0, len);
	__asm__ __volatile__("" : : "r"(bytes) : "memory");
}

#endif
