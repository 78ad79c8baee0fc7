/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/otp.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

static const struct {
	const char *name;
	const char *digest; /* libcrypto's name */
	size_t length;      /* bytes */
} algorithms[] = {
	[OTP_SHA1] = { "SHA1", "SHA1", 20 },
	[OTP_SHA256] = { "SHA256", "SHA256", 32 },
	[OTP_SHA512] = { "SHA512", "SHA512", 64 },
};

size_t
otp_key_length(enum otp_algorithm algorithm)
{
	return algorithms[algorithm].length;
}

const char *
otp_algorithm_name(enum otp_algorithm algorithm)
{
	return algorithms[algorithm].name;
}

bool
otp_algorithm_named(const char *name, size_t len, enum otp_algorithm *algorithm)
{
	for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
		if (strlen(algorithms[i].name) == len && memcmp(algorithms[i].name, name, len) == 0) {
			*algorithm = (enum otp_algorithm)i;
			return true;
		}
	}
	return false;
}

int64_t
otp_step(const struct otp *otp, int64_t now)
{
	return now < 0 ? 0 : now / (int64_t)otp->period;
}

bool
otp_key(struct otp_keyed *keyed, const struct otp *otp)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	char *digest = (char *)algorithms[otp->algorithm].digest;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	keyed->otp = otp;
	keyed->ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac);
	return keyed->ctx != NULL &&
	    EVP_MAC_init(keyed->ctx, otp->key.bytes, otp->key.len, params) == 1;
}

void
otp_keyed_wipe(struct otp_keyed *keyed)
{
	EVP_MAC_CTX_free(keyed->ctx);
	keyed->ctx = NULL;
}

/* RFC 4226 section 5.3: 31 bits from the offset that the last nibble names. */
static uint32_t
truncate(const uint8_t *mac, size_t len, unsigned digits)
{
	static const uint32_t modulus[] = { 1000000, 10000000, 100000000 };
	const uint8_t *p = mac + (mac[len - 1] & 15);
	uint32_t binary = (uint32_t)(p[0] & 127) << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];

	return binary % modulus[digits - OTP_DIGITS_MIN];
}

static bool
step_code(const struct otp_keyed *keyed, int64_t step, uint32_t *code)
{
	uint8_t counter[8], mac[EVP_MAX_MD_SIZE];
	size_t len = 0;
	bool ok;

	for (int i = 0; i < 8; i++)
		counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
	ok = EVP_MAC_init(keyed->ctx, NULL, 0, NULL) == 1 &&
	    EVP_MAC_update(keyed->ctx, counter, sizeof counter) == 1 &&
	    EVP_MAC_final(keyed->ctx, mac, &len, sizeof mac) == 1 && len >= 20;
	*code = ok ? truncate(mac, len, keyed->otp->digits) : 0;
	secret_clear(mac, sizeof mac);
	return ok;
}

bool
otp_code(const struct otp *otp, int64_t step, uint32_t *code)
{
	struct otp_keyed keyed;
	bool ok = otp_key(&keyed, otp) && step_code(&keyed, step, code);

	otp_keyed_wipe(&keyed);
	return ok;
}

bool
otp_match(const struct otp_keyed *keyed, int64_t first, size_t count, uint32_t code, uint8_t *match)
{
	bool ok = true;

	for (size_t i = 0; ok && i < count; i++) {
		int64_t step = first + (int64_t)i;
		uint32_t right = 0;

		ok = step_code(keyed, step < 0 ? 0 : step, &right);
		match[i] = secret_same(&right, &code, sizeof code) && step >= 0;
		secret_clear(&right, sizeof right);
	}
	return ok;
}
