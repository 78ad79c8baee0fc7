/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/secret.h"

#include <string.h>

#include <openssl/crypto.h>

void
secret_wipe(struct secret *secret)
{
	secret_clear(secret, sizeof *secret);
}

bool
secret_set(struct secret *secret, const void *bytes, size_t len)
{
	secret->len = 0;
	if (len > sizeof secret->bytes)
		return false;
	memcpy(secret->bytes, bytes, len);
	secret->len = len;
	return true;
}

bool
secret_same(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
