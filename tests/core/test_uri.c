/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "core/uri.h"
#include "leftover.h"

static const char key[] = "12345678901234567890";

static struct otp
otp(enum otp_type type, enum otp_algorithm algorithm, unsigned digits, unsigned period)
{
	struct otp made = {
		.type = type, .algorithm = algorithm, .digits = digits, .period = period
	};

	assert_true(secret_set(&made.key, key, sizeof key - 1));
	return made;
}

#define KEY "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

static void
uri_is_not_what_apps_read(void **state)
{
	static const struct {
		enum otp_type type;
		enum otp_algorithm algorithm;
		unsigned digits, period;
		const char *issuer, *account, *uri;
	} rows[] = {
		{ OTP_TOTP, OTP_SHA1, 6, 30, "srv1", "jan",
		    "otpauth://totp/srv1:jan?secret=" KEY "&issuer=srv1" },
		{ OTP_TOTP, OTP_SHA256, 6, 30, "srv1", "jan",
		    "otpauth://totp/srv1:jan?secret=" KEY "&issuer=srv1&algorithm=SHA256" },
		{ OTP_TOTP, OTP_SHA512, 8, 60, "srv1", "jan",
		    "otpauth://totp/srv1:jan?secret=" KEY
		    "&issuer=srv1&algorithm=SHA512&digits=8&period=60" },
		{ OTP_HOTP, OTP_SHA1, 6, 0, "srv1", "jan",
		    "otpauth://hotp/srv1:jan?secret=" KEY "&issuer=srv1&counter=7" },
		{ OTP_HOTP, OTP_SHA1, 7, 0, "srv1", "jan",
		    "otpauth://hotp/srv1:jan?secret=" KEY "&issuer=srv1&digits=7&counter=7" },
		{ OTP_TOTP, OTP_SHA1, 6, 30, "My Bank", "jan+x@a.b",
		    "otpauth://totp/My%20Bank:jan%2Bx%40a.b?secret=" KEY "&issuer=My%20Bank" },
		{ OTP_TOTP, OTP_SHA1, 6, 30, "a&b=c#d/e?f%", "\xc3\xa9 ~-_.",
		    "otpauth://totp/a%26b%3Dc%23d%2Fe%3Ff%25:%C3%A9%20~-_.?secret=" KEY
		    "&issuer=a%26b%3Dc%23d%2Fe%3Ff%25" },
		{ OTP_TOTP, OTP_SHA1, 6, 30, "", "jan", NULL },
		{ OTP_TOTP, OTP_SHA1, 6, 30, "srv1", "", NULL },
		{ OTP_TOTP, OTP_SHA1, 6, 30, "a:b", "jan", NULL },
		{ OTP_TOTP, OTP_SHA1, 6, 30, "srv1", "a:b", NULL },
	};
	char uri[URI_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct otp made = otp(rows[i].type, rows[i].algorithm, rows[i].digits, rows[i].period);
		bool built;

		memset(uri, '#', sizeof uri);
		built = uri_build(uri, &made, rows[i].issuer, rows[i].account, 7);
		assert_row(built == (rows[i].uri != NULL), rows[i].account);
		assert_string_equal(uri, built ? rows[i].uri : "");
	}
}

static void
longest_names_do_not_fit(void **state)
{
	struct otp made = otp(OTP_HOTP, OTP_SHA512, 8, 0);
	char uri[URI_SIZE], issuer[SETTINGS_TEXT_SIZE], account[TEXT_NAME_SIZE];

	(void)state;
	made.key.len = OTP_KEY_MAX;
	memset(made.key.bytes, 0xff, sizeof made.key.bytes);
	memset(issuer, ' ', sizeof issuer - 1);
	memset(account, ' ', sizeof account - 1);
	issuer[sizeof issuer - 1] = account[sizeof account - 1] = '\0';
	assert_true(uri_build(uri, &made, issuer, account, OTP_STEP_MAX));
	assert_true(strlen(uri) < sizeof uri);
}

static void
rule_18_overlong_uri_runs_over_or_keeps_the_key(void **state)
{
	struct otp made = otp(OTP_TOTP, OTP_SHA1, 6, 30);
	char uri[URI_SIZE + 8], account[URI_SIZE];

	(void)state;
	memset(uri, '#', sizeof uri);
	for (size_t len = 1; len < sizeof account; len++) {
		memset(account, 'a', len);
		account[len] = '\0';
		if (uri_build(uri, &made, "i", account, 0))
			assert_in_range(strlen(uri), len, URI_SIZE - 1);
		else
			for (size_t i = 0; i < URI_SIZE; i++)
				assert_int_equal(uri[i], '\0');
		assert_int_equal(uri[URI_SIZE], '#');
	}
	made.key.len = OTP_KEY_MAX + 1;
	assert_false(uri_build(uri, &made, "i", "a", 0));
}

static char built[URI_SIZE];

static void
build(void *arg)
{
	assert_true(uri_build(built, arg, "srv1", "jan", 0));
}

static void
rule_19_key_stays_on_the_stack(void **state)
{
	struct otp made = otp(OTP_TOTP, OTP_SHA1, 6, 30);

	(void)state;
	assert_false(leftover(build, &made, KEY, sizeof KEY - 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uri_is_not_what_apps_read),
		cmocka_unit_test(longest_names_do_not_fit),
		cmocka_unit_test(rule_18_overlong_uri_runs_over_or_keeps_the_key),
		cmocka_unit_test(rule_19_key_stays_on_the_stack),
	};

	return cmocka_run_group_tests_name("uri", tests, NULL, NULL);
}
