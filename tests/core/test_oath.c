/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <stdio.h>
#include <string.h>

#include "core/oath.h"
#include "core/search.h"

/* RFC 4226 appendix D: counters 0 and 1 give 755224 and 287082. */
#define KEY "3132333435363738393031323334353637383930"

static bool
parse(struct oath *oath, const char *line, const char **why)
{
	return oath_parse(oath, line, strlen(line), SAMPLE_NOW, why);
}

static void
a_sound_line_is_read_otherwise_than_its_module_does(void **state)
{
	static const struct {
		const char *line;
		enum otp_type type;
		unsigned digits, period;
		int64_t floor;
	} rows[] = {
		{ "HOTP jan - " KEY, OTP_HOTP, 6, 0, -1 },
		{ "HOTP\tjan\t-\t" KEY "\t0", OTP_HOTP, 6, 0, -1 },
		{ "HOTP jan + " KEY " 7", OTP_HOTP, 6, 0, 6 },
		{ "  HOTP/E jan - " KEY " 7 \r", OTP_HOTP, 6, 0, 6 },
		{ "HOTP/E/6 jan - " KEY, OTP_HOTP, 6, 0, -1 },
		{ "HOTP/E/8 jan - " KEY, OTP_HOTP, 8, 0, -1 },
		/* pam_oath notes the counter that was used, beside its code */
		{ "HOTP jan - " KEY " 1 287082 2025-05-05T12:00:00L", OTP_HOTP, 6, 0, 1 },
		{ "HOTP jan - " KEY " 1 755224 2025-05-05T12:00:00L", OTP_HOTP, 6, 0, 0 },
		{ "HOTP/T30 jan - " KEY, OTP_TOTP, 6, 30, -1 },
		{ "HOTP/T60/8 jan - " KEY " 0", OTP_TOTP, 8, 60, -1 },
		{ "HOTP/T30/7 jan - " KEY, OTP_TOTP, 7, 30, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct oath oath;
		const char *why;
		const struct otp *otp = &oath.device.otp;

		assert_row(parse(&oath, rows[i].line, &why) && why == NULL, rows[i].line);
		assert_row(otp->type == rows[i].type && otp->digits == rows[i].digits &&
			otp->period == rows[i].period && otp->algorithm == OTP_SHA1, rows[i].line);
		assert_row(oath.device.floor == rows[i].floor && oath.device.drift == 0, rows[i].line);
		assert_row(otp->key.len == 20 && memcmp(otp->key.bytes, "12345678901234567890", 20) == 0,
		    rows[i].line);
		assert_string_equal(oath.user, "jan");
	}
}

static void
what_no_login_may_rest_on_is_taken(void **state)
{
	static const char *const rows[] = {
		"bad", "HOTP jan", "HOTP jan -", "HOTP jan - " KEY " 0 755224 when more",
		"HOTP jan 1234 " KEY, "HOTP jan -- " KEY, "hotp jan - " KEY, "HOTPX jan - " KEY,
		"HOTP/ jan - " KEY, "HOTP/E/ jan - " KEY, "HOTP/E/5 jan - " KEY, "HOTP/E/9 jan - " KEY,
		"HOTP/T jan - " KEY, "HOTP/T0 jan - " KEY, "HOTP/T14 jan - " KEY, "HOTP/T121 jan - " KEY,
		"HOTP/T30/ jan - " KEY, "HOTP/T30/6/1 jan - " KEY, "MOTP jan - " KEY,
		"HOTP jan - " KEY "0", "HOTP jan - " KEY "0g", "HOTP jan - 00112233445566778899",
		"HOTP jan - " KEY " x", "HOTP jan - " KEY " -1", "HOTP jan - " KEY " 99999999999999",
		"HOTP jan - " KEY " 1x", "HOTP jan - " KEY " 1 28708", "HOTP jan - " KEY " 1 28708x",
		"HOTP jan - " KEY " 1 2870822", "HOTP jan - " KEY " 1 287082000000000000000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct oath oath, none = { .user = "" };
		const char *why;

		assert_row(!parse(&oath, rows[i], &why), rows[i]);
		assert_row(why != NULL, rows[i]);
		assert_memory_equal(&oath, &none, sizeof none);
	}
}

static void
a_comment_is_complained_of(void **state)
{
	static const char *const rows[] = { "", " \t\r", ("# HOTP jan - " KEY), "  #x" };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct oath oath;
		const char *why = "", *user;
		size_t len;

		assert_row(!parse(&oath, rows[i], &why) && why == NULL, rows[i]);
		assert_row(!oath_user(rows[i], strlen(rows[i]), &user, &len), rows[i]);
	}
}

static void
rule_06_timed_code_that_was_used_opens_once_more(void **state)
{
	char line[256];

	(void)state;
	for (int ahead = -SEARCH_RESYNC; ahead <= SEARCH_RESYNC; ahead++) {
		struct oath oath;
		const char *why;
		int64_t step = SAMPLE_NOW / 30 + ahead;

		assert_true(parse(&oath, "HOTP/T30 jan - " KEY, &why));
		(void)snprintf(line, sizeof line, "HOTP/T30 jan - " KEY " 0 %06u 2025-05-05T12:00:00L",
		    (unsigned)sample_code(&oath.device, step));
		assert_true(parse(&oath, line, &why));
		assert_int_equal(oath.device.floor, step);
	}
}

static void
a_name_of_any_length_is_cut(void **state)
{
	char line[1024], name[300];
	struct oath oath;
	const char *why, *user = NULL;
	size_t len = 0;

	(void)state;
	memset(name, 'u', sizeof name);
	for (int chars = 254; chars <= 257; chars++) {
		(void)snprintf(line, sizeof line, "HOTP %.*s - " KEY, chars, name);
		assert_int_equal(parse(&oath, line, &why), chars < TEXT_NAME_SIZE);
		assert_true(oath_user(line, strlen(line), &user, &len));
		assert_int_equal(len, chars);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_line_is_read_otherwise_than_its_module_does),
		cmocka_unit_test(what_no_login_may_rest_on_is_taken),
		cmocka_unit_test(a_comment_is_complained_of),
		cmocka_unit_test(rule_06_timed_code_that_was_used_opens_once_more),
		cmocka_unit_test(a_name_of_any_length_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
