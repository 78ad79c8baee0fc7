/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scrypt at N = 2^4 and not 2^14, for the tests in which codes are judged hundreds of times: what it
 * costs and gives is test_recovery's. It is linked into a unit test, and preloaded by programs that are
 * shipped; both find it before that of libcrypto.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

typedef int scrypt(const char *, size_t, const unsigned char *, size_t, uint64_t, uint64_t, uint64_t,
    uint64_t, unsigned char *, size_t);

int
EVP_PBE_scrypt(const char *pass, size_t passlen, const unsigned char *salt, size_t saltlen,
    uint64_t n, uint64_t r, uint64_t p, uint64_t maxmem, unsigned char *key, size_t keylen)
{
	void *found = dlsym(RTLD_NEXT, "EVP_PBE_scrypt");
	scrypt *next;

	if (found == NULL)
		abort();
	memcpy(&next, &found, sizeof next);
	return next(pass, passlen, salt, saltlen, n > 16 ? 16 : n, r, p, maxmem, key, keylen);
}
