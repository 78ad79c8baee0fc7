/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include "core/summary.h"

static void
status_tells_another_record_than_there_is(void **state)
{
	struct enrollment enrollment;
	struct invitation invitation;
	struct settings settings;
	struct summary summary;
	struct history history;

	(void)state;
	settings_default(&settings);
	settings.remember = 100;
	sample_full(&enrollment);
	enrollment.one_until = SAMPLE_NOW + 1;
	sample_invitation(&invitation);
	invitation.generation = enrollment.generation;
	history_start(&history, SAMPLE_USER);
	history_row_make(&history, &enrollment, &enrollment.device[1])->used = SAMPLE_NOW - 5;
	history_spend(&history, &enrollment, &enrollment.recovery, 0);
	history.places = 2;
	history.place[0].since = SAMPLE_NOW - 100;
	history.place[1].since = SAMPLE_NOW - 99;
	history.locked = SAMPLE_NOW - 60;
	summary_make(&summary, &settings, SAMPLE_USER, &enrollment, &invitation, &history, SAMPLE_NOW);
	assert_string_equal(summary.user, SAMPLE_USER);
	assert_int_equal(summary.devices, 8);
	assert_string_equal(summary.device[7].name, enrollment.device[7].name);
	assert_int_equal(summary.used, SAMPLE_NOW - 5);
	assert_int_equal(summary.device[0].used, 0);
	assert_int_equal(summary.left, enrollment.recovery.count - 1);
	assert_int_equal(summary.places, 1);
	assert_int_equal(summary.standing, VERDICT_LOCKED);
	assert_int_equal(summary.wait, settings.lock_time - 60);
	assert_int_equal(summary.one, SAMPLE_NOW + 1);
	assert_int_equal(summary.until, invitation.until);
	assert_true(summary.codes_due);

	invitation.generation++;
	enrollment.one_until = SAMPLE_NOW;
	summary_make(&summary, &settings, SAMPLE_USER, &enrollment, &invitation, &history, SAMPLE_NOW);
	assert_int_equal(summary.until, 0);
	assert_int_equal(summary.one, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_tells_another_record_than_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
