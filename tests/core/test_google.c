/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <stdio.h>
#include <string.h>

#include "core/base32.h"
#include "core/google.h"

#define KEY "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n"
#define STEP (SAMPLE_NOW / 30)
#define AT "56666666" /* that step, in digits */

static bool
parse(struct google *google, const char *text, struct fault *fault)
{
	*fault = (struct fault){ .why = NULL };
	return google_parse(google, text, strlen(text), SAMPLE_NOW, fault);
}

static void
a_sound_file_is_read_otherwise_than_its_module_does(void **state)
{
	static const struct {
		const char *text;
		enum otp_type type;
		unsigned period;
		int64_t floor;
		int drift;
		unsigned codes;
		bool clamped;
	} rows[] = {
		{ KEY, OTP_TOTP, 30, -1, 0, 0, false },
		{ KEY "\" TOTP_AUTH\n", OTP_TOTP, 30, -1, 0, 0, false },
		{ KEY "\" RATE_LIMIT 3 30 1699999990\n\" WINDOW_SIZE 17\n\" DISALLOW_REUSE\n\" TOTP_AUTH\n"
		      "11111111\n99999999\n", OTP_TOTP, 30, -1, 0, 2, false },
		{ KEY "\" DISALLOW_REUSE " AT " 56666660\n", OTP_TOTP, 30, STEP, 0, 0, false },
		{ KEY "\" DISALLOW_REUSE 56666660 " AT "\n", OTP_TOTP, 30, STEP, 0, 0, false },
		{ KEY "\" DISALLOW_REUSE 9999999999\n", OTP_TOTP, 30, STEP + 20, 0, 0, false },
		{ KEY "\" STEP_SIZE 60\n", OTP_TOTP, 60, -1, 0, 0, false },
		{ KEY "\" TIME_SKEW -3\n", OTP_TOTP, 30, -1, -3, 0, false },
		{ KEY "\" TIME_SKEW 20\n", OTP_TOTP, 30, -1, 20, 0, false },
		{ KEY "\" TIME_SKEW 21\n", OTP_TOTP, 30, -1, 20, 0, true },
		{ KEY "\" TIME_SKEW -1500\n", OTP_TOTP, 30, -1, -20, 0, true },
		{ KEY "\" HOTP_COUNTER 1\n", OTP_HOTP, 0, 0, 0, 0, false },
		{ KEY "\" HOTP_COUNTER 7\n\" TIME_SKEW 4\n12345678\n", OTP_HOTP, 0, 6, 0, 1, false },
		{ KEY "\" LAST0 host 17\n\" RESETTING_TIME_SKEW 1+2\n", OTP_TOTP, 30, -1, 0, 0, false },
		{ "gezd gnbv gy3t qojq gezd gnbv gy3t qojq\r\n\r\n\" TOTP_AUTH\r\n12345678\r\n", OTP_TOTP, 30,
		    -1, 0, 1, false },
		{ "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", OTP_TOTP, 30, -1, 0, 0, false },
		/* written by hand, with digits for letters and one letter too many */
		{ "GEZDGN8VGY3TQ0JQGEZDGNBVGY3TQOJQ7\n", OTP_TOTP, 30, -1, 0, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct google google;
		struct fault fault;
		const struct device *device = &google.device;

		assert_row(parse(&google, rows[i].text, &fault), rows[i].text);
		assert_row(device->otp.type == rows[i].type && device->otp.digits == 6 &&
			device->otp.algorithm == OTP_SHA1 && device->otp.period == rows[i].period,
		    rows[i].text);
		assert_row(device->floor == rows[i].floor && device->drift == rows[i].drift, rows[i].text);
		assert_row(google.codes == rows[i].codes && google.clamped == rows[i].clamped, rows[i].text);
		assert_int_equal(device->otp.key.len, 20);
		assert_memory_equal(device->otp.key.bytes, "12345678901234567890", 20);
		assert_true(device_name_valid(device->name));
	}
}

static void
what_no_login_there_would_take_is_taken_here(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} rows[] = {
		{ "", 1 }, { "\n", 1 }, { "\" TOTP_AUTH\n", 1 }, { "12345678\n", 1 },
		{ "GEZDGNBVGY3TQOJQ\n", 1 }, /* 80 bits */
		{ "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ9\n", 1 }, { KEY "\n1234567\n", 3 },
		{ KEY "123456789\n", 2 }, { KEY "01234567\n", 2 }, { KEY "12345678 x\n", 2 },
		{ KEY "-1234567\n", 2 }, { KEY "x\n", 2 }, { KEY "\"\n", 2 },
		{ KEY "\" DISALLOW_REUS\n", 2 }, { KEY "\" DISALLOW_REUSE x\n", 2 },
		{ KEY "\" DISALLOW_REUSE 1x 2\n", 2 }, { KEY "\" DISALLOW_REUSE -1\n", 2 },
		{ KEY "\" HOTP_COUNTER 0\n", 2 }, { KEY "\" HOTP_COUNTER\n", 2 },
		{ KEY "\" HOTP_COUNTER 99999999999999\n", 2 }, { KEY "\" HOTP_COUNTER 7 8\n", 2 },
		{ KEY "\" STEP_SIZE 1\n", 2 }, { KEY "\" STEP_SIZE 0\n", 2 },
		{ KEY "\" STEP_SIZE 121\n", 2 }, { KEY "\" TIME_SKEW x\n", 2 },
		{ KEY "\" TIME_SKEW 99999999\n", 2 }, { KEY "\" LASTX\n", 2 }, { KEY "\" totp_auth\n", 2 },
		{ KEY "\" TOTP_AUTH\n\n11111111\n\" NONE\n", 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct google google, none = { .codes = 0 };
		struct fault fault;

		assert_row(!parse(&google, rows[i].text, &fault), rows[i].text);
		assert_row(fault.line == rows[i].line && fault.why != NULL, rows[i].text);
		assert_memory_equal(&google, &none, sizeof none);
	}
}

static void
more_scratch_codes_than_a_record_holds(void **state)
{
	char text[1024];
	size_t len = sizeof KEY - 1;
	struct google google;
	struct fault fault;

	(void)state;
	memcpy(text, KEY, sizeof KEY);
	for (unsigned i = 0; i < RECOVERY_CODES_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "12345678\n");
	assert_true(parse(&google, text, &fault));
	assert_int_equal(google.codes, RECOVERY_CODES_MAX);
	(void)snprintf(text + len, sizeof text - len, "12345678\n");
	assert_false(parse(&google, text, &fault));
	assert_int_equal(fault.line, RECOVERY_CODES_MAX + 2);
}

static void
bytes_of_any_kind_are_read_past_their_end(void **state)
{
	static const char sound[] = KEY "\" TIME_SKEW 4\n\" DISALLOW_REUSE 1 2\n12345678\n";
	struct draw draw = { .state = 7 };

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		size_t len = draw_number(&draw, sizeof sound);
		char *bytes = test_malloc(len + 1);
		struct google google;
		struct fault fault = { .why = NULL };

		memcpy(bytes, sound, len);
		for (unsigned n = draw_number(&draw, 3); len > 0 && n > 0; n--)
			bytes[draw_number(&draw, (uint32_t)len)] = (char)draw_number(&draw, 256);
		if (google_parse(&google, bytes, len, SAMPLE_NOW, &fault)) {
			assert_in_range(google.device.otp.key.len, OTP_KEY_MIN, OTP_KEY_MAX);
			assert_in_range(google.codes, 0, RECOVERY_CODES_MAX);
		} else {
			assert_non_null(fault.why);
		}
		test_free(bytes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_file_is_read_otherwise_than_its_module_does),
		cmocka_unit_test(what_no_login_there_would_take_is_taken_here),
		cmocka_unit_test(more_scratch_codes_than_a_record_holds),
		cmocka_unit_test(bytes_of_any_kind_are_read_past_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
