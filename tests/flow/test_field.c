/* SPDX-License-Identifier: BSD-2-Clause */
#include "../core/sample.h"

#include <stdio.h>
#include <string.h>

#include "flow/field.h"

static struct settings settings;
static struct host_key key;
static struct enrollment enrollment;
static struct history history;

static int
start(void **state)
{
	(void)state;
	settings_default(&settings);
	sample_key(&key, 1);
	sample_enrollment(&enrollment);
	memset(&history, 0, sizeof history);
	memcpy(history.user, SAMPLE_USER, sizeof SAMPLE_USER);
	return 0;
}

static void
secret_of(struct secret *secret, const char *string)
{
	assert_true(secret_set(secret, string, strlen(string)));
}

static void
assert_secret(const struct secret *secret, const char *string, const char *row)
{
	assert_row(secret->len == strlen(string), row);
	assert_row(memcmp(secret->bytes, string, secret->len) == 0, row);
}

/* What a login makes of a field: the claim as it was judged, and the password that is handed on. */
static struct judgement
judge_field(const char *typed, struct claim *claim, struct secret *password)
{
	struct judgement judgement;
	struct history next;
	struct secret field;

	secret_of(&field, typed);
	memset(claim, 0x5a, sizeof *claim);
	field_claim(claim, &field);
	assert_true(judge(&settings, &key, &enrollment, NULL, &history, claim, SAMPLE_NOW, &judgement,
	    &next));
	memset(password, 0x5a, sizeof *password);
	field_password(password, &field, claim);
	return judgement;
}

/* Devices whose codes have so many digits each; none for 0. */
static void
give_devices(unsigned first, unsigned second)
{
	sample_enrollment(&enrollment);
	enrollment.device[0].otp.digits = first;
	enrollment.devices = second != 0 ? 2 : 1;
	if (second != 0) {
		sample_device(&enrollment.device[1], "token", OTP_TOTP, 7);
		enrollment.device[1].otp.digits = second;
	}
}

static void
code_is_cut_elsewhere(void **state)
{
	static const struct {
		const char *field;
		unsigned first, second; /* digits of the devices */
		const char *password, *code;
	} rows[] = {
		{ "secret123456", 6, 0, "secret", "123456" },
		{ "secret1234567", 7, 0, "secret", "1234567" },
		{ "secret12345678", 8, 0, "secret", "12345678" },
		/* the password ends in digits, blanks or dashes of its own */
		{ "secret99123456", 6, 0, "secret99", "123456" },
		{ "secret9912345678", 8, 0, "secret99", "12345678" },
		{ "2024123456", 6, 0, "2024", "123456" },
		{ "secret-123456", 6, 0, "secret-", "123456" },
		{ "secret 123456", 6, 0, "secret ", "123456" },
		{ "99 123456", 6, 0, "99 ", "123456" },
		{ "9-123456", 6, 0, "9-", "123456" },
		/* as apps show it */
		{ "secret123 456", 6, 0, "secret", "123 456" },
		{ "secret9123 456", 6, 0, "secret9", "123 456" },
		{ "secret 123-456", 6, 0, "secret ", "123-456" },
		{ "secret1234 5678", 8, 0, "secret", "1234 5678" },
		/* nothing before it, and a byte of every kind */
		{ "123456", 6, 0, "", "123456" }, { "\xc3\xa9" "123456", 6, 0, "\xc3\xa9", "123456" },
		{ "se cret\t!123456", 6, 0, "se cret\t!", "123456" },
		/* codes of several lengths: the longest that there is room for */
		{ "secret123456", 6, 8, "secret", "123456" }, { "secret123456", 8, 6, "secret", "123456" },
		{ "secret12345678", 6, 8, "secret", "12345678" },
		{ "secret1234567", 6, 8, "secret1", "234567" },
		{ "secret1234567", 6, 7, "secret", "1234567" },
		/* shorter than any code of this user: as long as the shortest that there is */
		{ "secret123456", 8, 0, "secret", "123456" }, { "secret1234567", 8, 0, "secret1", "234567" },
		/* two groups of four are eight, whatever the devices; other groups are none */
		{ "secret1234-5678", 6, 0, "secret", "1234-5678" },
		{ "secret991234 5678", 7, 6, "secret99", "1234 5678" },
		{ "1234-5678", 6, 0, "", "1234-5678" }, { "9-1234-5678", 6, 0, "9-", "1234-5678" },
		{ "secret123-45678", 6, 0, "secret12", "3-45678" },
		{ "secret12345-678", 6, 0, "secret12", "345-678" },
		{ "secret12-34-5678", 6, 0, "secret12-", "34-5678" },
		{ "secret-1234567 890", 6, 0, "secret-1234", "567 890" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char digits[16], *p = digits;
		struct secret password;
		struct claim claim;

		for (const char *c = rows[i].code; *c != '\0'; c++)
			if (*c >= '0' && *c <= '9')
				*p++ = *c;
		*p = '\0';
		give_devices(rows[i].first, rows[i].second);
		(void)judge_field(rows[i].field, &claim, &password);
		assert_row(claim.kind == CLAIM_CODE, rows[i].field);
		assert_row(claim.digits == strlen(digits), rows[i].field);
		assert_secret(&claim.code, digits, rows[i].field);
		assert_secret(&password, rows[i].password, rows[i].field);
	}
}

static void
recovery_code_is_cut_elsewhere(void **state)
{
	static const struct {
		const char *field, *password, *code;
	} rows[] = {
		{ "secret0123-4567-89AB-CDEF", "secret", "0123456789ABCDEF" },
		{ "secretoi23-4567-89ab-cdef", "secret", "0123456789ABCDEF" },
		{ "secret-0123-4567-89AB-CDEF", "secret-", "0123456789ABCDEF" },
		{ "9 0123-4567-89AB-CDEF", "9 ", "0123456789ABCDEF" },
		{ "0123-4567-89AB-CDEF", "", "0123456789ABCDEF" },
		{ "secret0123456789abcdef", "secret", "0123456789ABCDEF" },
		{ "0123456789ABCDEF", "", "0123456789ABCDEF" },
		{ "cafe0123-4567-89AB-CDEF", "cafe", "0123456789ABCDEF" },
		/* of digits at its end: the dashes tell it from a code */
		{ "secret0123-4567-8912-3456", "secret", "0123456789123456" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct secret password;
		struct claim claim;

		(void)judge_field(rows[i].field, &claim, &password);
		assert_row(claim.kind == CLAIM_RECOVERY, rows[i].field);
		assert_secret(&claim.recovery.code, rows[i].code, rows[i].field);
		assert_row(claim.code.len == 0 && claim.ending.len == 0, rows[i].field);
		assert_secret(&password, rows[i].password, rows[i].field);
	}
}

/* Codes of 8 digits that were brought along, beside devices of 6, 7 or 8. */
static void
scratch_code_is_cut_elsewhere(void **state)
{
	static const struct {
		const char *field;
		unsigned digits; /* of the device */
		const char *password;
		enum verdict verdict;
	} rows[] = {
		{ "secret1234-5678", 6, "secret", VERDICT_ACCEPTED },
		{ "secret1234 5678", 6, "secret", VERDICT_ACCEPTED },
		{ "secret991234-5678", 6, "secret99", VERDICT_ACCEPTED },
		{ "secret99-1234-5678", 7, "secret99-", VERDICT_ACCEPTED },
		{ "secret1234-5678", 8, "secret", VERDICT_ACCEPTED },
		{ "secret12345678", 8, "secret", VERDICT_ACCEPTED },
		/* in one they are a password's and a code's, or else nobody could log in with these */
		{ "secret12345678", 6, "secret12", VERDICT_WRONG },
		{ "secret12345678", 7, "secret1", VERDICT_WRONG },
		/* a wrong one is cut alike */
		{ "secret1234-5679", 6, "secret", VERDICT_WRONG },
		{ "secret12345679", 8, "secret", VERDICT_WRONG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct judgement judgement;
		struct secret password;
		struct claim claim;

		give_devices(rows[i].digits, 0);
		assert_true(recovery_add(&enrollment.scratch, &key, SCRATCH_CHARS, "12345678"));
		judgement = judge_field(rows[i].field, &claim, &password);
		assert_row(judgement.verdict == rows[i].verdict, rows[i].field);
		assert_row(rows[i].verdict != VERDICT_ACCEPTED || judgement.method == METHOD_SCRATCH,
		    rows[i].field);
		assert_row(rows[i].verdict != VERDICT_WRONG || judgement.failures == 1, rows[i].field);
		assert_secret(&password, rows[i].password, rows[i].field);
		/* and so it is where none were brought along, or none is judged at all */
		enrollment.scratch.count = 0;
		assert_row(judge_field(rows[i].field, &claim, &password).verdict == VERDICT_WRONG,
		    rows[i].field);
		assert_secret(&password, rows[i].password, rows[i].field);
		history.locked = SAMPLE_NOW - 1;
		assert_row(judge_field(rows[i].field, &claim, &password).verdict == VERDICT_LOCKED,
		    rows[i].field);
		assert_secret(&password, rows[i].password, rows[i].field);
		history.locked = 0;
	}
}

static void
long_password_before_a_code_passes_for_a_recovery_code(void **state)
{
	struct secret password;
	struct claim claim;

	(void)state;
	(void)judge_field("correcthorsebattery123456", &claim, &password);
	assert_int_equal(claim.kind, CLAIM_CODE);
	assert_secret(&password, "correcthorsebattery", "all of it may stand in a recovery code");
}

static void
rule_02_password_alone_is_an_answer(void **state)
{
	static const char *const rows[] = { "secret", "12345", "secret12345", "123456x", "123456 ",
		"12  3456", "12--3456", "1234--5678", "1234-5678-", "secret123456-", " ", "-", "0123-4567-89AB-CDE",
		"0123-4567-89AB-CDEF-", "0123 4567 89AB CDEF", "0123-456789AB-CDEF", "0123456789ABCDEU",
		/* no activation code either: one field holds no dialogue */
		"secret0123-4567-89AB", "!0123456789AB", "\b\n\r\177INCORRECT\b\n\r\177INCORRECT" };
	struct secret password;
	struct claim claim;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct judgement judgement = judge_field(rows[i], &claim, &password);

		assert_row(claim.kind == CLAIM_MALFORMED, rows[i]);
		assert_row(judgement.verdict == VERDICT_MALFORMED && !judgement.write, rows[i]);
		assert_secret(&password, rows[i], rows[i]);
	}
	assert_int_equal(judge_field("", &claim, &password).verdict, VERDICT_EMPTY);
	assert_int_equal(password.len, 0);
}

static void
rule_18_longest_field_runs_over(void **state)
{
	struct secret field, password;
	struct judgement judgement;
	struct history next;
	struct claim claim;

	(void)state;
	for (const char *c = "0A-\xff "; *c != '\0'; c++) {
		memset(field.bytes, *c, sizeof field.bytes);
		field.len = sizeof field.bytes;
		field_claim(&claim, &field);
		assert_true(judge(&settings, &key, &enrollment, NULL, &history, &claim, SAMPLE_NOW,
		    &judgement, &next));
		field_password(&password, &field, &claim);
		assert_true(claim.ending.len <= OTP_DIGITS_MAX);
		assert_int_equal(password.len, sizeof field.bytes - (*c == '0' ? 6 : *c == 'A' ? 16 : 0));
	}
}

/* ---- what the next module gets tells nothing ---------------------------------------- */

static void
password_of_a_wrong_code_is_another(void **state)
{
	struct secret right, wrong;
	struct claim claim;
	char field[64];
	uint32_t code;

	(void)state;
	for (unsigned digits = 6; digits <= 8; digits++) {
		give_devices(digits, digits == 6 ? 8 : 6);
		code = sample_code(&enrollment.device[0], SAMPLE_NOW / 30);
		(void)snprintf(field, sizeof field, "secret %0*u", (int)digits, code);
		assert_int_equal(judge_field(field, &claim, &right).verdict, VERDICT_ACCEPTED);
		(void)snprintf(field, sizeof field, "secret %0*u", (int)digits, code ^ 1);
		assert_int_equal(judge_field(field, &claim, &wrong).verdict, VERDICT_WRONG);
		assert_secret(&right, "secret ", field);
		assert_secret(&wrong, "secret ", field);
		/* nor is it another while nothing is judged at all */
		history.locked = SAMPLE_NOW - 1;
		assert_int_equal(judge_field(field, &claim, &wrong).verdict, VERDICT_LOCKED);
		assert_secret(&wrong, "secret ", field);
		history.locked = 0;
	}
}

static void
field_is_counted_by_the_devices_there_are(void **state)
{
	static const char *const fields[] = { "secret123456", "secret1234567", "secret12345678" };
	struct secret password;
	struct claim claim;

	(void)state;
	for (unsigned digits = 6; digits <= 8; digits++) {
		give_devices(digits, 0);
		for (size_t i = 0; i < 3; i++) {
			struct judgement judgement = judge_field(fields[i], &claim, &password);

			assert_row(judgement.verdict == VERDICT_WRONG, fields[i]);
			assert_row(judgement.write && judgement.failures == 1, fields[i]);
		}
	}
}

static void
field_without_a_record_is_less_work(void **state)
{
	struct secret password;
	struct claim claim;

	(void)state;
	enrollment_decoy(&enrollment, OTP_SHA1, 6, 30);
	assert_true(judge_field("secret99123456", &claim, &password).write);
	assert_secret(&password, "secret99", "a decoy has the digits of the settings");
	enrollment_decoy(&enrollment, OTP_SHA1, 8, 30);
	assert_true(judge_field("secret123456", &claim, &password).write);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(code_is_cut_elsewhere, start),
		cmocka_unit_test_setup(recovery_code_is_cut_elsewhere, start),
		cmocka_unit_test_setup(scratch_code_is_cut_elsewhere, start),
		cmocka_unit_test_setup(long_password_before_a_code_passes_for_a_recovery_code, start),
		cmocka_unit_test_setup(rule_02_password_alone_is_an_answer, start),
		cmocka_unit_test_setup(rule_18_longest_field_runs_over, start),

		cmocka_unit_test_setup(password_of_a_wrong_code_is_another, start),
		cmocka_unit_test_setup(field_is_counted_by_the_devices_there_are, start),
		cmocka_unit_test_setup(field_without_a_record_is_less_work, start),
	};

	return cmocka_run_group_tests_name("field", tests, NULL, NULL);
}
