/* SPDX-License-Identifier: BSD-2-Clause */
#include "sealed.h"

#include <stdio.h>
#include <string.h>

#include "core/base32.h"

static void
what_was_written_reads_otherwise(void **state)
{
	union written what;

	(void)state;
	sealed_sample(SEALED_ENROLLMENT, &what);
	sealed_expect_same(SEALED_ENROLLMENT, &what);
	sealed_full(SEALED_ENROLLMENT, &what);
	sealed_expect_same(SEALED_ENROLLMENT, &what);
}

static void
longest_record_does_not_fit(void **state)
{
	union written what;
	struct enrollment *enrollment = &what.enrollment;

	(void)state;
	sealed_full(SEALED_ENROLLMENT, &what);
	memset(enrollment->user, ' ', 85);
	enrollment->user[85] = '\0';
	enrollment->uid = UINT32_MAX;
	enrollment->generation = INT64_MAX - 1;
	for (unsigned i = 0; i < enrollment->devices; i++) {
		enrollment->device[i].otp.key.len = OTP_KEY_MAX;
		enrollment->device[i].floor = OTP_STEP_MAX;
		assert_true(device_identify(&enrollment->device[i]));
	}
	sealed_expect_same(SEALED_ENROLLMENT, &what);
}

static void
record_is_not_the_form_that_is_promised(void **state)
{
	/* the id is computed by Python's hashlib */
	static const char lines[] = "twostep-enrollment 1\n"
				    "user alice\n"
				    "uid 1000\n"
				    "generation 3\n"
				    "key none\n"
				    "device b623d65e9a8eece2 totp SHA1 6 30 -1 phone "
				    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n"
				    "recovery 000102030405060708090a0b0c0d0e0f\n"
				    "code abcd "
				    "000000000000000000000000000000000000000000000000000000000000001f\n"
				    "one 1700000000 000102030405060708090a0b0c0d0e0f abcd "
				    "000000000000000000000000000000000000000000000000000000000000001f\n"
				    "due\n";
	union written what;
	struct enrollment *enrollment = &what.enrollment;

	(void)state;
	sealed_sample(SEALED_ENROLLMENT, &what);
	assert_true(secret_set(&enrollment->device[0].otp.key, "12345678901234567890", 20));
	assert_true(device_identify(&enrollment->device[0]));
	enrollment->recovery.count = 1;
	for (uint8_t i = 0; i < RECOVERY_SALT; i++)
		enrollment->recovery.salt[i] = i;
	memcpy(enrollment->recovery.code[0].tag, "\xab\xcd", 2);
	enrollment->recovery.code[0].digest[31] = 0x1f;
	enrollment->one = enrollment->recovery;
	enrollment->one_until = 1700000000;
	enrollment->codes_due = true;
	sealed_expect_form(SEALED_ENROLLMENT, &what, lines);
}

#define HEADER "twostep-enrollment 1\nuser alice\nuid 1000\ngeneration 3\n"
#define KEY "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define PHONE "device b623d65e9a8eece2 totp SHA1 6 30 -1 phone " KEY "\n"
#define SALT "recovery 000102030405060708090a0b0c0d0e0f\n"
#define DIGEST "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f"
#define CODE "code abcd " DIGEST "\n"
#define BESIDE "000102030405060708090a0b0c0d0e0f abcd " DIGEST
#define ONE "one 1700000000 " BESIDE "\n"

static void
rule_13_header_is_read_in_part(void **state)
{
	static const struct sealed_row rows[] = {
		{ HEADER, PHONE, true, 0 },
		{ "", PHONE, false, 1 },
		{ "twostep-enrollment 2\nuser alice\nuid 1000\ngeneration 3\n", PHONE, false, 1 },
		{ "twostep-enrollment 1 \nuser alice\nuid 1000\ngeneration 3\n", PHONE, false, 1 },
		{ "twostep-enrollment 1\r\nuser alice\nuid 1000\ngeneration 3\n", PHONE, false, 1 },
		{ "twostep-enrollment 1\nuser \nuid 1000\ngeneration 3\n", PHONE, false, 2 },
		{ "twostep-enrollment 1\nuser  alice\nuid 1000\ngeneration 3\n", PHONE, false, 2 },
		{ "twostep-enrollment 1\nuser alice\nuser alice\nuid 1000\ngeneration 3\n", PHONE, false, 3 },
		{ "twostep-enrollment 1\nuid 1000\nuser alice\ngeneration 3\n", PHONE, false, 2 },
		{ "twostep-enrollment 1\nuser alice\nuid 01000\ngeneration 3\n", PHONE, false, 3 },
		{ "twostep-enrollment 1\nuser alice\nuid 4294968296\ngeneration 3\n", PHONE, false, 3 },
		{ "twostep-enrollment 1\nuser alice\nuid -1\ngeneration 3\n", PHONE, false, 3 },
		{ "twostep-enrollment 1\nuser alice\nuid 1000\n", PHONE, false, 4 },
		{ "twostep-enrollment 1\nuser alice\nuid 1000\ngeneration 0\n", PHONE, false, 4 },
		{ "twostep-enrollment 1\nuser alice\nuid 1000\ngeneration -3\n", PHONE, false, 4 },
		{ "twostep-enrollment 1\nuser alice\nuid 1000\ngeneration 9223372036854775807\n", PHONE, false, 4 },
		{ HEADER "nullok yes\n", PHONE, false, 5 },
	};

	(void)state;
	sealed_expect_rows(SEALED_ENROLLMENT, rows, sizeof rows / sizeof *rows);
}

static void
rule_13_unknown_or_damaged_line_is_passed_over(void **state)
{
	static const struct sealed_row rows[] = {
		{ HEADER, PHONE, true, 0 },
		{ HEADER, PHONE SALT CODE, true, 0 },
		{ HEADER, PHONE SALT CODE CODE, true, 0 },
		{ HEADER, PHONE ONE, true, 0 },
		{ HEADER, PHONE "due\n", true, 0 },
		{ HEADER, PHONE SALT CODE ONE "due\n", true, 0 },
		{ HEADER, ONE, false, 6 },
		{ HEADER, "due\n", false, 6 },
		{ HEADER, PHONE ONE ONE, false, 8 },
		{ HEADER, PHONE ONE SALT CODE, false, 8 },
		{ HEADER, PHONE "due\ndue\n", false, 8 },
		{ HEADER, PHONE "due\n" ONE, false, 8 },
		{ HEADER, PHONE "due", false, 7 },
		{ HEADER, PHONE "due 1\n", false, 7 },
		{ HEADER, PHONE "one\n", false, 7 },
		{ HEADER, PHONE "one 0 " BESIDE "\n", false, 7 },
		{ HEADER, PHONE "one -1 " BESIDE "\n", false, 7 },
		{ HEADER, PHONE "one 01700000000 " BESIDE "\n", false, 7 },
		{ HEADER, PHONE "one 100000000000 " BESIDE "\n", false, 7 },
		{ HEADER, PHONE "one " BESIDE "\n", false, 7 },
		{ HEADER, PHONE "one 1700000000 " BESIDE, false, 7 },
		{ HEADER, PHONE "one 1700000000 " BESIDE " \n", false, 7 },
		{ HEADER, PHONE "one 1700000000 " BESIDE "00\n", false, 7 },
		{ HEADER, "", false, 6 },
		{ HEADER, "\n", false, 6 },
		{ HEADER, SALT CODE, false, 6 },
		{ HEADER, PHONE "\n", false, 7 },
		{ HEADER, "\n" PHONE, false, 6 },
		{ HEADER, PHONE "nullok\n", false, 7 },
		{ HEADER, PHONE "# a remark\n", false, 7 },
		{ HEADER, PHONE SALT, false, 8 },
		{ HEADER, PHONE CODE, false, 7 },
		{ HEADER, PHONE SALT CODE PHONE, false, 9 },
		{ HEADER, PHONE SALT CODE SALT CODE, false, 9 },
		{ HEADER, SALT CODE PHONE, false, 6 },
		{ HEADER, PHONE "recovery 0001\n" CODE, false, 7 },
		{ HEADER, PHONE "recovery 000102030405060708090A0B0C0D0E0F\n" CODE, false, 7 },
		{ HEADER, PHONE SALT "code abc " DIGEST "\n", false, 8 },
		{ HEADER, PHONE SALT "code abcd " DIGEST "0\n", false, 8 },
		{ HEADER, PHONE SALT "code abcd  " DIGEST "\n", false, 8 },
		{ HEADER, PHONE PHONE, false, 7 },
		{ HEADER, PHONE "device b623d65e9a8eece2 totp SHA1 6 30 7 tablet " KEY "\n", false, 7 },
		{ HEADER, "device b623d65e9a8eece3 totp SHA1 6 30 -1 phone " KEY "\n", false, 6 },
		{ HEADER, "device B623D65E9A8EECE2 totp SHA1 6 30 -1 phone " KEY "\n", false, 6 },
		{ HEADER, "device b623d65e9a8eece2 TOTP SHA1 6 30 -1 phone " KEY "\n", false, 6 },
		{ HEADER, "device b623d65e9a8eece2 totp SHA256 6 30 -1 phone " KEY "\n", false, 6 },
		{ HEADER, "device b623d65e9a8eece2 totp SHA1 7 30 -1 phone " KEY "\n", false, 6 },
		{ HEADER, "device b623d65e9a8eece2 totp SHA1 5 30 -1 phone " KEY "\n", false, 6 },
		{ HEADER, "device b623d65e9a8eece2 totp SHA1 9 30 -1 phone " KEY "\n", false, 6 },
		{ HEADER, "device b623d65e9a8eece2 totp SHA1 6 14 -1 phone " KEY "\n", false, 6 },
		{ HEADER, "device b623d65e9a8eece2 totp SHA1 6 121 -1 phone " KEY "\n", false, 6 },
		{ HEADER, "device b623d65e9a8eece2 totp SHA1 6 0 -1 phone " KEY "\n", false, 6 },
		{ HEADER, "device b623d65e9a8eece2 totp SHA1 6 30 -2 phone " KEY "\n", false, 6 },
		{ HEADER, "device b623d65e9a8eece2 totp SHA1 6 30 10000000000000 phone " KEY "\n", false, 6 },
		{ HEADER, "device b623d65e9a8eece2 totp SHA1 6 30 -1 pho/ne " KEY "\n", false, 6 },
		{ HEADER, "device b623d65e9a8eece2 totp SHA1 6 30 -1  " KEY "\n", false, 6 },
		{ HEADER, "device b623d65e9a8eece2 totp SHA1 6 30 -1 "
		  "123456789012345678901234567890123 " KEY "\n", false, 6 },
		{ HEADER, "device b623d65e9a8eece2 totp SHA1 6 30 -1 phone " KEY " x\n", false, 6 },
		{ HEADER, "device b623d65e9a8eece2 totp SHA1 6 30 -1 phone " KEY, false, 6 },
		{ HEADER, "device b623d65e9a8eece2 totp SHA1 6 30 -1 phone \n", false, 6 },
		{ HEADER, "device b623d65e9a8eece2 totp SHA1 06 30 -1 phone " KEY "\n", false, 6 },
	};

	(void)state;
	sealed_expect_rows(SEALED_ENROLLMENT, rows, sizeof rows / sizeof *rows);
}

static void
rule_13_device_too_many_or_of_one_name_is_read(void **state)
{
	struct sealed sealed = { .kind = SEALED_ENROLLMENT };
	union written what;
	char body[8192];

	(void)state;
	host_key_none(&sealed.key);
	for (unsigned extra = 0; extra < 2; extra++) {
		struct text text = text_into(body, sizeof body);
		struct device device;
		char encoded[BASE32_LENGTH(OTP_KEY_MAX) + 1], line[512];

		for (unsigned i = 0; i < ENROLLMENT_DEVICES_MAX + extra; i++) {
			(void)snprintf(line, sizeof line, "d%u", i);
			sample_device(&device, line, OTP_TOTP, 100 + i);
			base32_encode(encoded, device.otp.key.bytes, device.otp.key.len);
			(void)snprintf(line, sizeof line, "device %s totp SHA1 6 30 -1 %s %s\n", device.id,
			    device.name, encoded);
			text_put(&text, line);
		}
		text_end(&text);
		assert_true(sealed_compose(&sealed, HEADER, body, strlen(body)));
		assert_int_equal(sealed_opens(&sealed), extra == 0);
	}
	sealed_full(SEALED_ENROLLMENT, &what);
	memcpy(what.enrollment.device[5].name, what.enrollment.device[2].name, DEVICE_NAME_SIZE);
	sealed_write(&sealed, &what);
	assert_false(sealed_opens(&sealed));
}

static void
recovery_code_too_many_is_read(void **state)
{
	struct sealed sealed = { .kind = SEALED_ENROLLMENT };
	char body[4096];

	(void)state;
	host_key_none(&sealed.key);
	for (unsigned extra = 0; extra < 2; extra++) {
		struct text text = text_into(body, sizeof body);

		text_put(&text, PHONE SALT);
		for (unsigned i = 0; i < RECOVERY_CODES_MAX + extra; i++)
			text_put(&text, CODE);
		text_end(&text);
		assert_true(sealed_compose(&sealed, HEADER, body, strlen(body)));
		assert_int_equal(sealed_opens(&sealed), extra == 0);
	}
}

static void
rule_18_name_or_key_runs_over_its_room(void **state)
{
	struct sealed sealed = { .kind = SEALED_ENROLLMENT };
	char body[2048];

	(void)state;
	host_key_none(&sealed.key);
	for (size_t len = 1; len < 1200; len++) {
		struct text text = text_into(body, sizeof body);
		unsigned field = len % 3;

		text_put(&text, "device ");
		for (size_t i = 0; field == 0 && i < len; i++)
			text_put(&text, "a");
		text_put(&text, " totp SHA1 6 30 -1 ");
		for (size_t i = 0; field == 1 && i < len; i++)
			text_put(&text, "a");
		text_put(&text, " ");
		for (size_t i = 0; field == 2 && i < len; i++)
			text_put(&text, "A");
		text_put(&text, "\n");
		text_end(&text);
		assert_true(sealed_compose(&sealed, HEADER, body, strlen(body)));
		assert_false(sealed_opens(&sealed));
	}
}

static void
device_name_is_a_path_or_a_line(void **state)
{
	static const struct {
		const char *name;
		bool valid;
	} rows[] = {
		{ "phone", true }, { "A-z_0.9", true }, { ".", true },
		{ "12345678901234567890123456789012", true },
		{ "123456789012345678901234567890123", false }, { "", false }, { "a b", false },
		{ "a/b", false }, { "a\n", false }, { "a:b", false }, { "\xc3\xa9", false },
		{ "a%", false }, { "\"", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_row(device_name_valid(rows[i].name) == rows[i].valid, rows[i].name);
}

static void
another_key_has_the_same_id(void **state)
{
	struct device first, other;

	(void)state;
	sample_device(&first, "phone", OTP_TOTP, 1);
	for (unsigned what = 0; what < 7; what++) {
		other = first;
		switch (what) {
		case 0: /* what decides no code decides no id */
			memcpy(other.name, "tablet", sizeof "tablet");
			other.floor = 7;
			break;
		case 1:
			other.otp.key.bytes[19] ^= 1;
			break;
		case 2:
			other.otp.key.len--;
			break;
		case 3:
			other.otp.digits = 8;
			break;
		case 4:
			other.otp.period = 60;
			break;
		case 5:
			other.otp.algorithm = OTP_SHA256;
			break;
		default:
			other.otp.type = OTP_HOTP;
			break;
		}
		assert_true(device_identify(&other));
		assert_int_equal(strcmp(first.id, other.id) == 0, what == 0);
	}
}

static void
device_is_found_by_part_of_its_name(void **state)
{
	struct enrollment enrollment;

	(void)state;
	sample_enrollment(&enrollment);
	assert_ptr_equal(enrollment_device(&enrollment, "phone"), &enrollment.device[0]);
	assert_null(enrollment_device(&enrollment, "phon"));
	assert_null(enrollment_device(&enrollment, ""));
	assert_null(enrollment_device(&enrollment, enrollment.device[0].id));
	assert_ptr_equal(enrollment_device_id(&enrollment, enrollment.device[0].id),
	    &enrollment.device[0]);
	assert_null(enrollment_device_id(&enrollment, "phone"));
	enrollment.devices = 0;
	assert_null(enrollment_device(&enrollment, "phone"));
}

static void
rule_03_decoy_has_another_shape(void **state)
{
	struct enrollment decoy;

	(void)state;
	enrollment_decoy(&decoy, OTP_SHA256, 8, 60);
	assert_true(decoy.decoy);
	assert_int_equal(decoy.devices, 1);
	assert_int_equal(decoy.device[0].otp.digits, 8);
	assert_int_equal(decoy.device[0].otp.period, 60);
	assert_int_equal(decoy.device[0].otp.algorithm, OTP_SHA256);
	assert_int_equal(decoy.device[0].otp.type, OTP_TOTP);
	assert_int_equal(decoy.device[0].otp.key.len, 32);
	assert_int_equal(decoy.recovery.count, 0);
}

static void
rule_03_record_says_that_it_is_a_decoy(void **state)
{
	struct sealed sealed = { .kind = SEALED_ENROLLMENT };
	union written what;

	(void)state;
	sealed_sample(SEALED_ENROLLMENT, &what);
	what.enrollment.decoy = true;
	sealed_form(&sealed, 0);
	sealed_write(&sealed, &what);
	assert_true(sealed_opens(&sealed));
	assert_false(sealed.back.enrollment.decoy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_reads_otherwise),
		cmocka_unit_test(longest_record_does_not_fit),
		cmocka_unit_test(record_is_not_the_form_that_is_promised),
		cmocka_unit_test(rule_03_decoy_has_another_shape),
		cmocka_unit_test(rule_03_record_says_that_it_is_a_decoy),
		cmocka_unit_test(rule_13_header_is_read_in_part),
		cmocka_unit_test(rule_13_unknown_or_damaged_line_is_passed_over),
		cmocka_unit_test(rule_13_device_too_many_or_of_one_name_is_read),
		cmocka_unit_test(recovery_code_too_many_is_read),
		cmocka_unit_test(rule_18_name_or_key_runs_over_its_room),
		cmocka_unit_test(device_name_is_a_path_or_a_line),
		cmocka_unit_test(another_key_has_the_same_id),
		cmocka_unit_test(device_is_found_by_part_of_its_name),
	};

	return cmocka_run_group_tests_name("enrollment", tests, NULL, NULL);
}
