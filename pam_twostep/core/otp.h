/* SPDX-License-Identifier: BSD-2-Clause */
/* HOTP (RFC 4226 section 5) and TOTP (RFC 6238 section 4) from a key and a step. */
#ifndef CORE_OTP_H
#define CORE_OTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/secret.h"

enum otp_type { OTP_TOTP, OTP_HOTP };
enum otp_algorithm { OTP_SHA1, OTP_SHA256, OTP_SHA512 };

#define OTP_DIGITS_MIN 6
#define OTP_DIGITS_MAX 8
#define OTP_PERIOD_MIN 15  /* seconds */
#define OTP_PERIOD_MAX 120 /* seconds */
#define OTP_KEY_MIN 16     /* bytes; RFC 4226 section 4, R6 */
#define OTP_KEY_MAX 128    /* bytes */
#define OTP_STEP_MAX 9999999999999LL /* steps and counters that a record holds */

struct otp {
	enum otp_type type;
	enum otp_algorithm algorithm;
	unsigned digits; /* OTP_DIGITS_MIN to OTP_DIGITS_MAX */
	unsigned period; /* seconds; TOTP only, 0 for HOTP */
	struct secret key;
};

/* The bytes that a new key has: the length of the hash (RFC 4226 R6, RFC 6238 section 5.1). */
size_t otp_key_length(enum otp_algorithm algorithm);

/* "SHA1", "SHA256", "SHA512"; and back, in exactly this spelling. */
const char *otp_algorithm_name(enum otp_algorithm algorithm);
bool otp_algorithm_named(const char *name, size_t len, enum otp_algorithm *algorithm);

/* The TOTP step of a moment, T of RFC 6238 section 4.2 with T0 = 0; now in Unix seconds. */
int64_t otp_step(const struct otp *otp, int64_t now);

/* The code at one step or counter, as a number below 10^digits. False when libcrypto fails. */
bool otp_code(const struct otp *otp, int64_t step, uint32_t *code);

/* A key made ready for many steps: setting it up costs more than all of a step's hashing. */
struct otp_keyed {
	const struct otp *otp;
	struct evp_mac_ctx_st *ctx;
};

/* Makes it ready. False when libcrypto fails. Wiped by otp_keyed_wipe after either answer. */
bool otp_key(struct otp_keyed *keyed, const struct otp *otp);
void otp_keyed_wipe(struct otp_keyed *keyed);

/*
 * Whether the code at each of `count` steps from `first` on is `code`:
 * match[i] is 1 or 0, and 0 for steps below zero. Every step is computed and
 * compared, whatever the answer. False when libcrypto fails.
 */
bool otp_match(const struct otp_keyed *keyed, int64_t first, size_t count, uint32_t code, uint8_t *match);

#endif
