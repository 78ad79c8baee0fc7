/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "core/otp.h"
#include "leftover.h"

static const char digits_64[] =
    "1234567890123456789012345678901234567890123456789012345678901234";

static struct otp
rfc(enum otp_type type, enum otp_algorithm algorithm, unsigned digits)
{
	struct otp otp = {
		.type = type,
		.algorithm = algorithm,
		.digits = digits,
		.period = type == OTP_TOTP ? 30 : 0,
	};

	assert_true(secret_set(&otp.key, digits_64, otp_key_length(algorithm)));
	return otp;
}

static void
hotp_departs_from_rfc_4226_appendix_d(void **state)
{
	static const uint32_t six[] = { 755224, 287082, 359152, 969429, 338314, 254676, 287922, 162583,
		399871, 520489 };
	static const uint32_t decimal[] = { 1284755224, 1094287082, 137359152, 1726969429, 1640338314,
		868254676, 1918287922, 82162583, 673399871, 645520489 };

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		uint32_t code = 0;

		for (unsigned digits = 6; digits <= 8; digits++) {
			struct otp otp = rfc(OTP_HOTP, OTP_SHA1, digits);
			uint32_t modulus = digits == 6 ? 1000000 : digits == 7 ? 10000000 : 100000000;

			assert_true(otp_code(&otp, i, &code));
			assert_int_equal(code, decimal[i] % modulus);
			if (digits == 6)
				assert_int_equal(code, six[i]);
		}
	}
}

static void
totp_departs_from_rfc_6238_appendix_b(void **state)
{
	static const struct {
		int64_t now, step;
		uint32_t sha1, sha256, sha512;
	} rows[] = {
		{ 59, 0x1, 94287082, 46119246, 90693936 },
		{ 1111111109, 0x23523EC, 7081804, 68084774, 25091201 },
		{ 1111111111, 0x23523ED, 14050471, 67062674, 99943326 },
		{ 1234567890, 0x273EF07, 89005924, 91819424, 93441116 },
		{ 2000000000, 0x3F940AA, 69279037, 90698825, 38618901 },
		{ 20000000000, 0x27BC86AA, 65353130, 77737706, 47863826 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint32_t right[] = { rows[i].sha1, rows[i].sha256, rows[i].sha512 };

		for (unsigned a = 0; a < 3; a++) {
			struct otp otp = rfc(OTP_TOTP, (enum otp_algorithm)a, 8);
			uint32_t code = 0;

			assert_int_equal(otp_step(&otp, rows[i].now), rows[i].step);
			assert_true(otp_code(&otp, rows[i].step, &code));
			assert_int_equal(code, right[a]);
		}
	}
}

static void
step_begins_a_second_early_or_late(void **state)
{
	static const struct {
		unsigned period;
		int64_t now, step;
	} rows[] = {
		{ 30, 0, 0 }, { 30, 29, 0 }, { 30, 30, 1 }, { 30, 59, 1 }, { 15, 14, 0 }, { 15, 15, 1 },
		{ 120, 119, 0 }, { 120, 120, 1 }, { 30, -1, 0 }, { 30, INT64_MIN, 0 },
		{ 30, INT64_MAX, INT64_MAX / 30 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct otp otp = { .type = OTP_TOTP, .period = rows[i].period };

		assert_int_equal(otp_step(&otp, rows[i].now), rows[i].step);
	}
}

static void
new_key_is_shorter_than_its_hash(void **state)
{
	(void)state;
	assert_int_equal(otp_key_length(OTP_SHA1), 20);
	assert_int_equal(otp_key_length(OTP_SHA256), 32);
	assert_int_equal(otp_key_length(OTP_SHA512), 64);
}

static void
algorithm_is_known_by_another_name(void **state)
{
	static const struct {
		const char *name;
		int algorithm; /* -1 for none */
	} rows[] = {
		{ "SHA1", OTP_SHA1 }, { "SHA256", OTP_SHA256 }, { "SHA512", OTP_SHA512 }, { "sha1", -1 },
		{ "SHA-1", -1 }, { "SHA", -1 }, { "SHA2", -1 }, { "SHA25", -1 }, { "SHA2566", -1 },
		{ "", -1 }, { "MD5", -1 }, { "SHA1 ", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		enum otp_algorithm algorithm = OTP_SHA1;
		bool named = otp_algorithm_named(rows[i].name, strlen(rows[i].name), &algorithm);

		assert_row(named == (rows[i].algorithm >= 0), rows[i].name);
		if (named) {
			assert_row((int)algorithm == rows[i].algorithm, rows[i].name);
			assert_string_equal(otp_algorithm_name(algorithm), rows[i].name);
		}
	}
}

static void
search_finds_another_step(void **state)
{
	struct otp otp = rfc(OTP_HOTP, OTP_SHA1, 6);
	uint8_t match[16];

	(void)state;
	for (unsigned right = 0; right < 10; right++) {
		uint32_t code = 0;

		assert_true(otp_code(&otp, right, &code));
		memset(match, 7, sizeof match);
		sample_match(&otp, 0, 10, code, match);
		for (unsigned i = 0; i < 10; i++)
			assert_int_equal(match[i], i == right);
		assert_int_equal(match[10], 7);
	}
}

static void
step_below_zero_has_a_code(void **state)
{
	struct otp otp = rfc(OTP_HOTP, OTP_SHA1, 6);
	uint8_t match[5];
	static const uint8_t right[] = { 0, 0, 0, 1, 0 };

	(void)state;
	sample_match(&otp, -3, sizeof match, 755224, match);
	assert_memory_equal(match, right, sizeof right);
}

static void
code_of_more_digits_matches_by_its_end(void **state)
{
	struct otp otp = rfc(OTP_HOTP, OTP_SHA1, 6);
	uint8_t match[1] = { 7 };

	(void)state;
	sample_match(&otp, 0, 1, 84755224, match);
	assert_int_equal(match[0], 0);
	sample_match(&otp, 0, 1, 4755224, match);
	assert_int_equal(match[0], 0);
}

static void
counter_is_cut_to_32_bits(void **state)
{
	struct otp otp = rfc(OTP_HOTP, OTP_SHA1, 8);
	uint32_t code = 0, low = 0;

	(void)state;
	/* oathtool -d 8 -c 9999999999999, and its lower half */
	assert_true(otp_code(&otp, OTP_STEP_MAX, &code));
	assert_true(otp_code(&otp, OTP_STEP_MAX & 0xffffffff, &low));
	assert_int_equal(code, 69414310);
	assert_int_not_equal(code, low);
}

static void
compute(void *arg)
{
	uint8_t match[8];

	sample_match(arg, 0, sizeof match, 755224, match);
}

static void
rule_19_key_stays_on_the_stack(void **state)
{
	struct otp otp = rfc(OTP_HOTP, OTP_SHA1, 6);

	(void)state;
	assert_false(leftover(compute, &otp, otp.key.bytes, otp.key.len));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hotp_departs_from_rfc_4226_appendix_d),
		cmocka_unit_test(totp_departs_from_rfc_6238_appendix_b),
		cmocka_unit_test(step_begins_a_second_early_or_late),
		cmocka_unit_test(new_key_is_shorter_than_its_hash),
		cmocka_unit_test(algorithm_is_known_by_another_name),
		cmocka_unit_test(search_finds_another_step),
		cmocka_unit_test(step_below_zero_has_a_code),
		cmocka_unit_test(code_of_more_digits_matches_by_its_end),
		cmocka_unit_test(counter_is_cut_to_32_bits),
		cmocka_unit_test(rule_19_key_stays_on_the_stack),
	};

	return cmocka_run_group_tests_name("otp", tests, NULL, NULL);
}
