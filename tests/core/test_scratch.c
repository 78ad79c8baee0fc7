/* SPDX-License-Identifier: BSD-2-Clause */
/* What was brought along from another program: codes of 8 digits, and the drift of a clock. */
#include "sample.h"

#include <string.h>

static struct settings settings;
static struct host_key key;

struct person {
	struct enrollment enrollment;
	struct history history;
	struct judgement judgement;
};

static void
arrive(struct person *person)
{
	static const char *const codes[] = { "12345678", "87654321", "00000000" };

	memset(person, 0, sizeof *person);
	sample_enrollment(&person->enrollment);
	memset(person->enrollment.scratch.salt, 0x5a, RECOVERY_SALT);
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		assert_true(recovery_add(&person->enrollment.scratch, &key, SCRATCH_CHARS, codes[i]));
	history_start(&person->history, SAMPLE_USER);
}

static enum verdict
type(struct person *person, uint32_t code, unsigned digits, int64_t now)
{
	struct claim claim;
	struct history next;

	sample_claim(&claim, code, digits);
	assert_true(judge(&settings, &key, &person->enrollment, NULL, &person->history, &claim, now,
	    &person->judgement, &next));
	if (person->judgement.write)
		person->history = next;
	return person->judgement.verdict;
}

static void
scratch_code_opens_more_than_once(void **state)
{
	struct person person;

	(void)state;
	arrive(&person);
	assert_int_equal(type(&person, 12345678, 8, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(person.judgement.method, METHOD_SCRATCH);
	assert_true(person.history.flushed);
	assert_int_equal(type(&person, 12345678, 8, SAMPLE_NOW + 86400), VERDICT_SPENT);
	assert_int_equal(type(&person, 0, 8, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(history_left(&person.history, &person.enrollment.scratch), 1);
	assert_int_equal(person.history.failures, 0);
}

static void
guesses_at_scratch_codes_are_not_counted(void **state)
{
	struct person person;

	(void)state;
	arrive(&person);
	for (unsigned i = 0; i < settings.lock_after; i++)
		assert_int_equal(type(&person, 11111111 + i, 8, SAMPLE_NOW), VERDICT_WRONG);
	assert_true(person.judgement.locks);
	assert_int_equal(person.history.failures, settings.lock_after);
}

static void
scratch_code_opens_a_locked_or_blocked_account(void **state)
{
	struct person person;

	(void)state;
	arrive(&person);
	person.history.locked = SAMPLE_NOW;
	assert_int_equal(type(&person, 12345678, 8, SAMPLE_NOW + 1), VERDICT_LOCKED);
	person.history.blocked = SAMPLE_NOW;
	assert_int_equal(type(&person, 12345678, 8, SAMPLE_NOW + 86400), VERDICT_BLOCKED);
	assert_int_equal(history_left(&person.history, &person.enrollment.scratch), 3);
	history_open(&person.history);
	assert_int_equal(type(&person, 12345678, 8, SAMPLE_NOW), VERDICT_ACCEPTED);
}

static void
scratch_code_lifts_a_count_towards_the_block(void **state)
{
	struct person person;

	(void)state;
	arrive(&person);
	assert_int_equal(type(&person, 11111111, 8, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(type(&person, 12345678, 8, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(history_month(&person.history, SAMPLE_NOW), 1);
}

static void
device_of_eight_digits_and_scratch_codes_shut_each_other_out(void **state)
{
	struct person person;
	struct device *device = &person.enrollment.device[0];
	uint32_t code;

	(void)state;
	arrive(&person);
	device->otp.digits = 8;
	assert_true(device_identify(device));
	code = sample_code(device, SAMPLE_NOW / 30);
	assert_int_equal(type(&person, code, 8, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(person.judgement.method, METHOD_TOTP);
	assert_int_equal(type(&person, code, 8, SAMPLE_NOW), VERDICT_SPENT);
	assert_int_equal(type(&person, 12345678, 8, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(person.judgement.method, METHOD_SCRATCH);
}

static void
eight_digits_are_judged_where_none_were_brought_along(void **state)
{
	struct person person;

	(void)state;
	arrive(&person);
	person.enrollment.scratch.count = 0;
	assert_int_equal(type(&person, 12345678, 8, SAMPLE_NOW), VERDICT_MALFORMED);
	assert_false(person.judgement.write);
	arrive(&person);
	assert_int_equal(type(&person, 1234567, 7, SAMPLE_NOW), VERDICT_MALFORMED);
}

static void
spending_scratch_codes_revives_recovery_codes(void **state)
{
	struct person person;
	struct enrollment *enrollment = &person.enrollment;

	(void)state;
	arrive(&person);
	memset(enrollment->recovery.salt, 1, RECOVERY_SALT);
	memset(enrollment->one.salt, 2, RECOVERY_SALT);
	enrollment->recovery.count = enrollment->one.count = 1;
	for (unsigned i = 0; i < 3; i++) {
		struct recovery_set old = { .count = 1 };

		memset(old.salt, 0x70 + (int)i, sizeof old.salt);
		history_spend(&person.history, enrollment, &old, 0);
	}
	history_spend(&person.history, enrollment, &enrollment->recovery, 0);
	history_spend(&person.history, enrollment, &enrollment->one, 0);
	assert_int_equal(type(&person, 12345678, 8, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(history_left(&person.history, &enrollment->recovery), 0);
	assert_int_equal(history_left(&person.history, &enrollment->one), 0);
	assert_int_equal(history_left(&person.history, &enrollment->scratch), 2);
	assert_in_range(person.history.sets, 3, HISTORY_SPENT);
}

static void
spending_recovery_codes_revives_scratch_codes(void **state)
{
	struct person person;
	struct enrollment *enrollment = &person.enrollment;
	struct recovery_set old = { .count = 1, .salt = { 9 } };

	(void)state;
	arrive(&person);
	memset(enrollment->recovery.salt, 1, RECOVERY_SALT);
	memset(enrollment->one.salt, 2, RECOVERY_SALT);
	enrollment->recovery.count = enrollment->one.count = 1;
	assert_int_equal(type(&person, 12345678, 8, SAMPLE_NOW), VERDICT_ACCEPTED);
	history_spend(&person.history, enrollment, &enrollment->recovery, 0);
	history_spend(&person.history, enrollment, &old, 0);
	history_spend(&person.history, enrollment, &enrollment->one, 0);
	assert_int_equal(type(&person, 12345678, 8, SAMPLE_NOW), VERDICT_SPENT);
}

static void
scratch_code_of_another_host_key_opens(void **state)
{
	struct person person;
	struct host_key other;

	(void)state;
	arrive(&person);
	other = key;
	sample_key(&key, 77);
	assert_int_equal(type(&person, 12345678, 8, SAMPLE_NOW), VERDICT_WRONG);
	key = other;
}

static void
drift_that_was_brought_along_is_not_followed(void **state)
{
	(void)state;
	for (int drift = -HISTORY_DRIFT_MAX; drift <= HISTORY_DRIFT_MAX; drift += 5) {
		struct person person;
		struct device *device = &person.enrollment.device[0];
		int64_t step = SAMPLE_NOW / 30 + drift;

		arrive(&person);
		device->drift = drift;
		assert_int_equal(type(&person, sample_code(device, step), 6, SAMPLE_NOW), VERDICT_ACCEPTED);
		assert_int_equal(history_row(&person.history, device->id)->drift, drift);
		assert_int_equal(type(&person, sample_code(device, step + 1), 6, SAMPLE_NOW + 30),
		    VERDICT_ACCEPTED);
	}
}

static void
drift_is_lost_with_a_first_code_that_is_far_off(void **state)
{
	struct person person;
	struct device *device = &person.enrollment.device[0];
	int64_t step = SAMPLE_NOW / 30;

	(void)state;
	arrive(&person);
	device->drift = -8;
	assert_int_equal(type(&person, sample_code(device, step + 9), 6, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(type(&person, sample_code(device, step - 8), 6, SAMPLE_NOW), VERDICT_ACCEPTED);
}

static void
drift_in_a_record_is_read_in_a_second_way(void **state)
{
	static const struct {
		const char *floor;
		bool sound;
		int drift;
	} rows[] = {
		{ "5", true, 0 }, { "5+1", true, 1 }, { "5-1", true, -1 }, { "-1+20", true, 20 },
		{ "-1-20", true, -20 }, { "5+0", false, 0 }, { "5-0", false, 0 }, { "5+21", false, 0 },
		{ "5-21", false, 0 }, { "5+-1", false, 0 }, { "5+", false, 0 }, { "5+01", false, 0 },
		{ "5 +1", false, 0 }, { "5+1+1", false, 0 },
	};
	struct device device, read;
	char line[512];
	const char *at;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char made[512];
		struct text text = text_into(line, sizeof line), out = text_into(made, sizeof made);
		struct cursor cursor;

		sample_device(&device, "phone", OTP_TOTP, 1);
		device.floor = 424242;
		device_put(&text, &device);
		text_end(&text);
		at = strstr(line, "424242");
		assert_non_null(at);
		text_put_bytes(&out, line, (size_t)(at - line));
		text_put(&out, rows[i].floor);
		text_put(&out, at + 6);
		text_end(&out);
		cursor = cursor_over(made, strlen(made));
		assert_row(device_take(&cursor, &read) == rows[i].sound, rows[i].floor);
		assert_row(!rows[i].sound || read.drift == rows[i].drift, rows[i].floor);
	}
}

static int
set_up(void **state)
{
	(void)state;
	settings_default(&settings);
	sample_key(&key, 1);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scratch_code_opens_more_than_once),
		cmocka_unit_test(guesses_at_scratch_codes_are_not_counted),
		cmocka_unit_test(scratch_code_opens_a_locked_or_blocked_account),
		cmocka_unit_test(scratch_code_lifts_a_count_towards_the_block),
		cmocka_unit_test(device_of_eight_digits_and_scratch_codes_shut_each_other_out),
		cmocka_unit_test(eight_digits_are_judged_where_none_were_brought_along),
		cmocka_unit_test(spending_scratch_codes_revives_recovery_codes),
		cmocka_unit_test(spending_recovery_codes_revives_scratch_codes),
		cmocka_unit_test(scratch_code_of_another_host_key_opens),
		cmocka_unit_test(drift_that_was_brought_along_is_not_followed),
		cmocka_unit_test(drift_is_lost_with_a_first_code_that_is_far_off),
		cmocka_unit_test(drift_in_a_record_is_read_in_a_second_way),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
