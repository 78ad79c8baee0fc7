/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scrypt at N = 2^4 and not 2^14, for the tests in which codes are judged hundreds of times: what it
 * costs and gives is test_recovery's. The program is linked with --wrap=EVP_PBE_scrypt.
 */
#include <stdint.h>

#include <openssl/evp.h>

int __real_EVP_PBE_scrypt(const char *pass, size_t passlen, const unsigned char *salt, size_t saltlen,
    uint64_t n, uint64_t r, uint64_t p, uint64_t maxmem, unsigned char *key, size_t keylen);
int __wrap_EVP_PBE_scrypt(const char *pass, size_t passlen, const unsigned char *salt, size_t saltlen,
    uint64_t n, uint64_t r, uint64_t p, uint64_t maxmem, unsigned char *key, size_t keylen);

int
__wrap_EVP_PBE_scrypt(const char *pass, size_t passlen, const unsigned char *salt, size_t saltlen,
    uint64_t n, uint64_t r, uint64_t p, uint64_t maxmem, unsigned char *key, size_t keylen)
{
	return __real_EVP_PBE_scrypt(pass, passlen, salt, saltlen, n > 16 ? 16 : n, r, p, maxmem, key,
	    keylen);
}
