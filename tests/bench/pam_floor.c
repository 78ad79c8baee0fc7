/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The floor: the least that a module can do which lets one code in once and keeps that through
 * a power cut. It asks, and then opens a file, locks it, reads it, computes one HMAC-SHA1,
 * overwrites a record in place, flushes it and closes. Every answer is right. SHA-1 is its own:
 * a fresh process does not wait for libcrypto to load and start, as no peer's does.
 *
 *	auth required pam_floor.so FILE
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#define FILE_SIZE 8192
#define RECORD_SIZE 2048
#define SHA1_SIZE 20

static uint32_t
rotate(uint32_t word, unsigned by)
{
	return word << by | word >> (32 - by);
}

/* RFC 3174 section 6.1, one block of 64 bytes. */
static void
sha1_block(uint32_t hash[static 5], const uint8_t block[static 64])
{
	uint32_t w[80], a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4];

	for (unsigned i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
		    (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (unsigned i = 16; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (unsigned i = 0; i < 80; i++) {
		uint32_t f = i < 20 ? ((b & c) | (~b & d)) + 0x5a827999
		    : i < 40        ? (b ^ c ^ d) + 0x6ed9eba1
		    : i < 60        ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
				    : (b ^ c ^ d) + 0xca62c1d6;
		uint32_t next = rotate(a, 5) + f + e + w[i];

		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = next;
	}
	hash[0] += a;
	hash[1] += b;
	hash[2] += c;
	hash[3] += d;
	hash[4] += e;
}

/* SHA-1 of 64 bytes and no more than 55 others, which is what an HMAC of a step takes. */
static void
sha1(uint8_t digest[static SHA1_SIZE], const uint8_t first[static 64],
    const uint8_t *rest, size_t len)
{
	uint32_t hash[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	uint8_t last[64] = { 0 };
	size_t bits = 8 * (64 + len);

	memcpy(last, rest, len);
	last[len] = 0x80;
	last[62] = (uint8_t)(bits >> 8);
	last[63] = (uint8_t)bits;
	sha1_block(hash, first);
	sha1_block(hash, last);
	for (unsigned i = 0; i < SHA1_SIZE; i++)
		digest[i] = (uint8_t)(hash[i / 4] >> (24 - 8 * (i % 4)));
}

/* RFC 2104, of one counter. */
static void
hmac_sha1(uint8_t mac[static SHA1_SIZE], const uint8_t key[static SHA1_SIZE],
    const uint8_t counter[static 8])
{
	uint8_t inner[64], outer[64];

	memset(inner, 0x36, sizeof inner);
	memset(outer, 0x5c, sizeof outer);
	for (unsigned i = 0; i < SHA1_SIZE; i++) {
		inner[i] ^= key[i];
		outer[i] ^= key[i];
	}
	sha1(mac, inner, counter, 8);
	sha1(mac, outer, mac, SHA1_SIZE);
}

static bool
record(const char *path)
{
	static const uint8_t key[] = "12345678901234567890";
	uint8_t file[FILE_SIZE] = { 0 };
	int fd = open(path, O_RDWR | O_CLOEXEC);
	bool ok = fd >= 0 && flock(fd, LOCK_EX) == 0 &&
	    pread(fd, file, sizeof file, 0) == FILE_SIZE;

	if (ok) {
		hmac_sha1(file, key, file + SHA1_SIZE);
		ok =
		    pwrite(fd, file, RECORD_SIZE, 0) == RECORD_SIZE && fdatasync(fd) == 0;
	}
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	char *answer = NULL;

	(void)flags;
	if (argc != 1)
		return PAM_SERVICE_ERR;
	if (pam_prompt(pamh, PAM_PROMPT_ECHO_ON, &answer, "Verification code: ") !=
	    PAM_SUCCESS)
		return PAM_AUTH_ERR;
	free(answer);
	return record(argv[0]) ? PAM_SUCCESS : PAM_AUTHINFO_UNAVAIL;
}

int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}
