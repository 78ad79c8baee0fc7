/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "leftover.h"

#define DAY 86400
#define LOCK 1800
#define PERIOD 30
#define STEP (SAMPLE_NOW / PERIOD)

/* One person who logs in again and again; what judging leaves is what the next one finds. */
struct person {
	struct settings settings;
	struct host_key key;
	struct enrollment enrollment;
	struct history history;
	struct judgement said;
};

static struct device *
phone(struct person *person)
{
	return &person->enrollment.device[0];
}

static void
person_start(struct person *person)
{
	memset(person, 0, sizeof *person);
	settings_default(&person->settings);
	sample_key(&person->key, 7);
	sample_enrollment(&person->enrollment);
	history_start(&person->history, SAMPLE_USER);
}

/* A next history must be one that the file can hold, or else the user is locked out for good. */
static void
assert_storable(const struct history *history)
{
	char file[HISTORY_SIZE] = { 0 };
	struct history_view view;
	struct fault fault;

	assert_true(history_write(history, file));
	assert_true(history_read(&view, file, history->user, &fault));
	assert_true(sample_same_history(&view.history, history));
}

/* What holds after every judging, whatever was typed. */
static void
assert_sound(const struct person *person, const struct history *before)
{
	const struct history *next = &person->history;
	bool accepted = person->said.verdict == VERDICT_ACCEPTED;

	assert_int_equal(next->flushed, accepted);
	assert_true(!accepted || person->said.write);
	assert_true(!accepted || !person->enrollment.decoy);
	assert_storable(next);
	for (unsigned i = 0; !person->enrollment.decoy && i < before->rows; i++) {
		const struct history_row *row = history_row(next, before->row[i].id);

		assert_non_null(row);
		assert_true(row->last >= before->row[i].last);
		assert_true(accepted || row->last == before->row[i].last);
	}
}

static enum verdict
judged(struct person *person, struct claim *claim, int64_t now)
{
	struct history before = person->history;
	struct history next;

	memset(&next, 0x5a, sizeof next);
	assert_true(judge(&person->settings, &person->key, &person->enrollment, NULL, &before, claim, now,
	    &person->said, &next));
	assert_int_equal(next.seq, before.seq + 1);
	if (person->said.write) {
		person->history = next;
		assert_sound(person, &before);
	}
	return person->said.verdict;
}

static enum verdict
types(struct person *person, uint32_t code, int64_t now)
{
	struct claim claim;

	sample_claim(&claim, code, 6);
	return judged(person, &claim, now);
}

/* Types the phone's code of a step. */
static enum verdict
types_step(struct person *person, int64_t step, int64_t now)
{
	return types(person, sample_code(phone(person), step), now);
}

static enum verdict
types_recovery(struct person *person, const char *code, int64_t now)
{
	struct claim claim;

	sample_recovery(&claim, code);
	return judged(person, &claim, now);
}

/* A code that no device shows within any search; each call another. */
static uint32_t
wrong_code(struct person *person, int64_t now)
{
	static uint32_t code;
	bool fits;

	do {
		fits = false;
		code = (code + 1) % 1000000;
		for (unsigned i = 0; i < person->enrollment.devices; i++) {
			const struct otp *otp = &person->enrollment.device[i].otp;
			uint8_t match[400];
			int64_t first = otp->type == OTP_TOTP ? now / otp->period - 100 : 0;

			sample_match(otp, first, sizeof match, code, match);
			fits = fits || memchr(match, 1, sizeof match) != NULL;
		}
	} while (fits);
	return code;
}

static enum verdict
types_wrong(struct person *person, int64_t now)
{
	return types(person, wrong_code(person, now), now);
}

/* The phone's row, which must be there. */
static const struct history_row *
row(const struct person *person)
{
	const struct history_row *found =
	    history_row(&person->history, person->enrollment.device[0].id);

	assert_non_null(found);
	return found;
}

static void
only_hotp(struct person *person)
{
	person_start(person);
	sample_device(phone(person), "token", OTP_HOTP, 4);
}

/* ---- the window ------------------------------------------------------------------- */

static void
code_at_the_edge_of_the_window_is_misjudged(void **state)
{
	(void)state;
	for (int64_t window = 0; window <= 10; window++) {
		for (int64_t offset = -14; offset <= 14; offset++) {
			struct person person;
			bool inside = offset >= -window && offset <= window;

			person_start(&person);
			person.settings.window = window;
			assert_int_equal(types_step(&person, STEP + offset, SAMPLE_NOW),
			    inside ? VERDICT_ACCEPTED : VERDICT_WRONG);
			assert_true(person.said.write);
			if (!inside)
				continue;
			assert_int_equal(person.said.method, METHOD_TOTP);
			assert_ptr_equal(person.said.device, phone(&person));
			assert_int_equal(row(&person)->last, STEP + offset);
			assert_int_equal(row(&person)->used, SAMPLE_NOW);
		}
	}
}

static void
window_moves_within_a_step(void **state)
{
	struct person person;

	(void)state;
	for (int64_t second = 0; second < PERIOD; second++) {
		person_start(&person);
		person.settings.window = 0;
		assert_int_equal(types_step(&person, STEP, STEP * PERIOD + second), VERDICT_ACCEPTED);
	}
	person_start(&person);
	person.settings.window = 0;
	assert_int_equal(types_step(&person, STEP, STEP * PERIOD - 1), VERDICT_WRONG);
	assert_int_equal(types_step(&person, STEP, (STEP + 1) * PERIOD), VERDICT_WRONG);
}

static void
drift_is_not_recorded_or_not_followed(void **state)
{
	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		struct person person;
		int64_t now = SAMPLE_NOW;
		int drift = 0;

		person_start(&person);
		/* A clock that goes one step more wrong between any two logins. */
		for (int login = 1; login <= 5; login++) {
			now += 100 * PERIOD;
			assert_int_equal(types_step(&person, now / PERIOD + login * sign, now),
			    VERDICT_ACCEPTED);
			drift = login < 4 ? login : 4;
			assert_int_equal(row(&person)->drift, drift * sign);
		}
		/* At four steps it stays. */
		now += 100 * PERIOD;
		assert_int_equal(types_step(&person, now / PERIOD + 6 * sign, now), VERDICT_WRONG);
		assert_int_equal(types_step(&person, now / PERIOD + 2 * sign, now), VERDICT_WRONG);
		assert_int_equal(types_step(&person, now / PERIOD + 5 * sign, now), VERDICT_ACCEPTED);
		assert_int_equal(row(&person)->drift, 4 * sign);
		/* A clock that was set right comes back the same way. */
		for (int login = 3; login >= 0; login--) {
			now += 100 * PERIOD;
			assert_int_equal(types_step(&person, now / PERIOD + login * sign, now),
			    VERDICT_ACCEPTED);
			assert_int_equal(row(&person)->drift, login * sign);
		}
	}
}

static void
wide_window_lets_the_drift_grow_past_its_bound(void **state)
{
	struct person person;

	(void)state;
	person_start(&person);
	person.settings.window = 10;
	assert_int_equal(types_step(&person, STEP + 10, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(row(&person)->drift, 4);
	assert_int_equal(types_step(&person, STEP + 100 + 15, SAMPLE_NOW + 100 * PERIOD), VERDICT_WRONG);
	assert_int_equal(types_step(&person, STEP + 100 - 6, SAMPLE_NOW + 100 * PERIOD),
	    VERDICT_ACCEPTED);
	assert_int_equal(row(&person)->drift, -4);
}

static void
first_steps_of_all_time_are_misjudged(void **state)
{
	static const int64_t moments[] = { INT64_MIN, -1, 0, 1, 29, 30, 59, 600 };

	(void)state;
	for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
		struct person person;
		int64_t now = moments[i], step = now < 0 ? 0 : now / PERIOD;

		person_start(&person);
		assert_int_equal(types_step(&person, step, now), VERDICT_ACCEPTED);
		assert_int_equal(row(&person)->last, step);
		assert_int_equal(types_step(&person, step, now), VERDICT_SPENT);
	}
}

static void
last_moments_of_all_time_are_misjudged(void **state)
{
	static const int64_t moments[] = { HISTORY_TIME_MAX - 1, HISTORY_TIME_MAX, HISTORY_TIME_MAX + 1,
		INT64_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
		struct person person;

		person_start(&person);
		assert_int_equal(types_step(&person, HISTORY_TIME_MAX / PERIOD, moments[i]),
		    VERDICT_ACCEPTED);
		assert_int_equal(types_wrong(&person, moments[i]), VERDICT_WRONG);
	}
}

/* ---- once is once ----------------------------------------------------------------- */

static void
rule_06_spent_step_in_any_spelling(void **state)
{
	struct person person;

	(void)state;
	person_start(&person);
	person.settings.window = 2;
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_ACCEPTED);
	for (int64_t step = STEP - 20; step <= STEP; step++) {
		assert_int_equal(types_step(&person, step, SAMPLE_NOW), VERDICT_SPENT);
		assert_int_equal(person.said.method, METHOD_TOTP);
		assert_ptr_equal(person.said.device, phone(&person));
	}
	assert_int_equal(person.history.failures, 0);
	assert_int_equal(person.history.since, 0);
	/* A device of the same key that was enrolled anew has the same row. */
	memcpy(phone(&person)->name, "other", sizeof "other");
	phone(&person)->floor = -1;
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_SPENT);
	assert_int_equal(types_step(&person, STEP + 1, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(types_step(&person, STEP + 1, SAMPLE_NOW), VERDICT_SPENT);
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_SPENT);
}

static void
rule_06_floor_of_a_new_device_is_not_spent(void **state)
{
	struct person person;

	(void)state;
	person_start(&person);
	phone(&person)->floor = STEP;
	assert_int_equal(types_step(&person, STEP - 1, SAMPLE_NOW), VERDICT_SPENT);
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_SPENT);
	assert_int_equal(types_step(&person, STEP + 1, SAMPLE_NOW), VERDICT_ACCEPTED);
	/* a floor that rose above the row, as when the device is enrolled once more */
	phone(&person)->floor = STEP + 50;
	assert_int_equal(types_step(&person, STEP + 50, SAMPLE_NOW + 50 * PERIOD), VERDICT_SPENT);
	assert_int_equal(types_step(&person, STEP + 51, SAMPLE_NOW + 50 * PERIOD), VERDICT_ACCEPTED);
}

static void
rule_06_earlier_step_that_drift_moved_into_view(void **state)
{
	struct person person;

	(void)state;
	person_start(&person);
	/* Ahead by one, then a clock that is set back: what was spent stays spent. */
	assert_int_equal(types_step(&person, STEP + 1, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(types_step(&person, STEP + 1, SAMPLE_NOW - 60), VERDICT_SPENT);
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW - 60), VERDICT_SPENT);
	assert_int_equal(types_step(&person, STEP + 1, SAMPLE_NOW + 3 * PERIOD), VERDICT_SPENT);
	assert_int_equal(row(&person)->last, STEP + 1);
}

/* With this key the steps -7 and +5 have one code, and 0 and +2 with the other. */
static void
rule_06_same_digits_count_at_two_steps(void **state)
{
	struct person person;

	(void)state;
	person_start(&person);
	sample_device(phone(&person), "phone", OTP_TOTP, 20442);
	person.settings.window = 10;
	assert_int_equal(sample_code(phone(&person), STEP - 7), sample_code(phone(&person), STEP + 5));
	assert_int_equal(types_step(&person, STEP - 7, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(row(&person)->last, STEP + 5);
	for (int64_t later = 0; later < 30; later++)
		assert_int_not_equal(types_step(&person, STEP + 5, SAMPLE_NOW + later * PERIOD),
		    VERDICT_ACCEPTED);
	person_start(&person);
	sample_device(phone(&person), "phone", OTP_TOTP, 49270);
	/* The later one lies outside the window now: only what is inside is taken. */
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(row(&person)->last, STEP);
}

static void
next_code_is_said_to_come_too_early_or_late(void **state)
{
	struct person person;

	(void)state;
	person_start(&person);
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_ACCEPTED);
	for (int64_t later = 0; later < 9; later++) {
		assert_int_equal(types_step(&person, STEP, SAMPLE_NOW + later), VERDICT_SPENT);
		assert_int_equal(person.said.wait, (STEP + 1) * PERIOD - SAMPLE_NOW - later);
	}
	/* a phone that is ahead shows its next code sooner, and "0 seconds" is never said */
	person_start(&person);
	assert_int_equal(types_step(&person, STEP + 1, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(types_step(&person, STEP + 1, SAMPLE_NOW), VERDICT_SPENT);
	assert_int_equal(person.said.wait, (STEP + 1) * PERIOD - SAMPLE_NOW);
	assert_int_equal(types_step(&person, STEP + 1, SAMPLE_NOW + PERIOD), VERDICT_SPENT);
	assert_int_equal(person.said.wait, 1);
	only_hotp(&person);
	assert_int_equal(types_step(&person, 0, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(types_step(&person, 0, SAMPLE_NOW), VERDICT_SPENT);
	assert_int_equal(person.said.wait, 0);
	assert_int_equal(person.said.method, METHOD_HOTP);
}

/* ---- two codes in a row ----------------------------------------------------------- */

static void
two_codes_in_a_row_do_not_resynchronise(void **state)
{
	(void)state;
	for (int64_t offset = -24; offset <= 24; offset++) {
		struct person person;
		bool near = offset >= -20 && offset <= 20;
		int64_t then = SAMPLE_NOW + PERIOD;

		if (offset >= -2 && offset <= 2)
			continue; /* in the window anyway */
		person_start(&person);
		assert_int_equal(types_step(&person, STEP + offset, SAMPLE_NOW), VERDICT_WRONG);
		assert_int_equal(types_step(&person, STEP + offset + 1, then),
		    near ? VERDICT_ACCEPTED : VERDICT_WRONG);
		if (!near)
			continue;
		assert_int_equal(row(&person)->last, STEP + offset + 1);
		assert_int_equal(row(&person)->drift, offset);
		assert_int_equal(row(&person)->pair_step, -1);
		assert_int_equal(person.said.method, METHOD_TOTP);
		assert_int_equal(person.said.since, 1);
		assert_int_equal(person.history.failures, 0);
		/* From here on one code is enough, and both of the pair are spent. */
		assert_int_equal(types_step(&person, STEP + offset, then), VERDICT_SPENT);
		assert_int_equal(types_step(&person, STEP + offset + 1, then), VERDICT_SPENT);
		then += 50 * PERIOD;
		assert_int_equal(types_step(&person, then / PERIOD + offset + 2, then), VERDICT_WRONG);
		assert_int_equal(types_step(&person, then / PERIOD + offset + 1, then),
		    VERDICT_ACCEPTED);
	}
}

static void
drift_of_a_resynchronised_clock_grows_further(void **state)
{
	struct person person;
	int64_t now = SAMPLE_NOW;

	(void)state;
	person_start(&person);
	assert_int_equal(types_step(&person, STEP + 15, now), VERDICT_WRONG);
	now += PERIOD;
	assert_int_equal(types_step(&person, STEP + 16, now), VERDICT_ACCEPTED);
	assert_int_equal(row(&person)->drift, 15);
	now += 50 * PERIOD;
	assert_int_equal(types_step(&person, now / PERIOD + 16, now), VERDICT_ACCEPTED);
	assert_int_equal(row(&person)->drift, 15);
	now += 50 * PERIOD;
	assert_int_equal(types_step(&person, now / PERIOD + 14, now), VERDICT_ACCEPTED);
	assert_int_equal(row(&person)->drift, 14);
	now += 50 * PERIOD;
	assert_int_equal(types_step(&person, now / PERIOD + 15, now), VERDICT_ACCEPTED);
	assert_int_equal(row(&person)->drift, 14);
}

static void
second_code_at_once_resynchronises(void **state)
{
	static const struct {
		const char *name;
		int64_t second, later; /* the second code: of which step, how many seconds later */
		enum verdict verdict;
	} rows[] = {
		{ "a period later", 11, PERIOD, VERDICT_ACCEPTED },
		{ "a second less", 11, PERIOD - 1, VERDICT_WRONG },
		{ "at once", 11, 0, VERDICT_WRONG },
		{ "by a clock that was set back", 11, -PERIOD, VERDICT_WRONG },
		{ "the same code again", 10, PERIOD, VERDICT_WRONG },
		{ "the one before", 9, PERIOD, VERDICT_WRONG },
		{ "not the next but one", 12, PERIOD, VERDICT_WRONG },
		{ "five minutes later", 11, 300, VERDICT_ACCEPTED },
		{ "when it is no longer near", 11, 32 * PERIOD, VERDICT_WRONG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct person person;
		int64_t then = SAMPLE_NOW + rows[i].later;

		person_start(&person);
		assert_int_equal(types_step(&person, STEP + 10, SAMPLE_NOW), VERDICT_WRONG);
		assert_row(types_step(&person, STEP + rows[i].second, then) == rows[i].verdict,
		    rows[i].name);
	}
}

static void
same_code_typed_again_delays_or_hastens_the_second(void **state)
{
	struct person person;

	(void)state;
	person_start(&person);
	assert_int_equal(types_step(&person, STEP + 10, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(types_step(&person, STEP + 10, SAMPLE_NOW + PERIOD - 1), VERDICT_WRONG);
	assert_int_equal(types_step(&person, STEP + 11, SAMPLE_NOW + PERIOD), VERDICT_ACCEPTED);
}

static void
rule_06_old_codes_resynchronise(void **state)
{
	struct person person;
	int64_t now = SAMPLE_NOW;

	(void)state;
	person_start(&person);
	assert_int_equal(types_step(&person, STEP, now), VERDICT_ACCEPTED);
	/* Any number of codes in a row that were shown before the last accepted one. */
	for (int64_t step = STEP - 12; step <= STEP; step++) {
		now += PERIOD;
		assert_int_not_equal(types_step(&person, step, now), VERDICT_ACCEPTED);
	}
	/* One noted before a later success, its second after it. */
	person_start(&person);
	assert_int_equal(types_step(&person, STEP - 5, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW + 1), VERDICT_ACCEPTED);
	assert_int_equal(types_step(&person, STEP - 4, SAMPLE_NOW + 2 * PERIOD), VERDICT_SPENT);
	/* The last one and the next: the first of them is spent. */
	person_start(&person);
	phone(&person)->floor = STEP + 10;
	assert_int_equal(types_step(&person, STEP + 10, SAMPLE_NOW), VERDICT_SPENT);
	assert_int_equal(types_step(&person, STEP + 11, SAMPLE_NOW + PERIOD), VERDICT_WRONG);
	assert_int_equal(types_step(&person, STEP + 12, SAMPLE_NOW + 2 * PERIOD), VERDICT_ACCEPTED);
}

static void
rule_06_pair_of_two_devices_resynchronises(void **state)
{
	struct person person;
	struct device *other;

	(void)state;
	person_start(&person);
	other = &person.enrollment.device[person.enrollment.devices++];
	sample_device(other, "tablet", OTP_TOTP, 2);
	assert_int_equal(types_step(&person, STEP + 10, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(types(&person, sample_code(other, STEP + 11), SAMPLE_NOW + PERIOD),
	    VERDICT_WRONG);
	/* and each has its own pair, which the other's does not disturb */
	assert_int_equal(types_step(&person, STEP + 11, SAMPLE_NOW + 2 * PERIOD), VERDICT_ACCEPTED);
	assert_int_equal(types(&person, sample_code(other, STEP + 12), SAMPLE_NOW + 2 * PERIOD),
	    VERDICT_ACCEPTED);
}

static void
pair_is_lost_to_a_wrong_code_between(void **state)
{
	struct person person;

	(void)state;
	person_start(&person);
	assert_int_equal(types_step(&person, STEP + 10, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(types_wrong(&person, SAMPLE_NOW + 5), VERDICT_WRONG);
	assert_int_equal(types_step(&person, STEP + 11, SAMPLE_NOW + PERIOD), VERDICT_ACCEPTED);
}

static void
locked_account_is_resynchronised(void **state)
{
	struct person person;

	(void)state;
	person_start(&person);
	assert_int_equal(types_step(&person, STEP + 10, SAMPLE_NOW), VERDICT_WRONG);
	person.history.locked = SAMPLE_NOW;
	assert_int_equal(types_step(&person, STEP + 11, SAMPLE_NOW + PERIOD), VERDICT_LOCKED);
	assert_int_equal(row(&person)->last, -1);
}

/* ---- HOTP ------------------------------------------------------------------------- */

static void
counter_at_the_edge_of_the_look_ahead_is_misjudged(void **state)
{
	(void)state;
	for (int64_t ahead = 0; ahead <= 12; ahead++) {
		struct person person;

		only_hotp(&person);
		phone(&person)->floor = 40;
		assert_int_equal(types_step(&person, 41 + ahead, SAMPLE_NOW),
		    ahead <= 5 ? VERDICT_ACCEPTED : VERDICT_WRONG);
		if (ahead > 5)
			continue;
		assert_int_equal(person.said.method, METHOD_HOTP);
		assert_int_equal(row(&person)->last, 41 + ahead);
		assert_int_equal(row(&person)->drift, 0);
		/* The counters that were passed over are spent too. */
		for (int64_t counter = 25 + ahead; counter <= 41 + ahead; counter++)
			assert_int_equal(types_step(&person, counter, SAMPLE_NOW), VERDICT_SPENT);
		assert_int_equal(types_step(&person, 42 + ahead, SAMPLE_NOW), VERDICT_ACCEPTED);
	}
}

static void
two_counters_in_a_row_do_not_resynchronise(void **state)
{
	(void)state;
	for (int64_t ahead = 6; ahead <= 110; ahead++) {
		struct person person;
		bool near = ahead < 100;

		only_hotp(&person);
		phone(&person)->floor = 9;
		assert_int_equal(types_step(&person, 10 + ahead, SAMPLE_NOW), VERDICT_WRONG);
		/* A token needs no time for its next one. */
		assert_int_equal(types_step(&person, 11 + ahead, SAMPLE_NOW),
		    near ? VERDICT_ACCEPTED : VERDICT_WRONG);
		if (near)
			assert_int_equal(row(&person)->last, 11 + ahead);
	}
}

static void
rule_06_old_counters_resynchronise(void **state)
{
	struct person person;

	(void)state;
	only_hotp(&person);
	phone(&person)->floor = 30;
	for (int64_t counter = 11; counter <= 30; counter++)
		assert_int_equal(types_step(&person, counter, SAMPLE_NOW), VERDICT_SPENT);
	assert_int_equal(types_step(&person, 50, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(types_step(&person, 52, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(types_step(&person, 51, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(types_step(&person, 52, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(types_step(&person, 51, SAMPLE_NOW), VERDICT_SPENT);
}

static void
last_counter_of_all_runs_over(void **state)
{
	struct person person;

	(void)state;
	only_hotp(&person);
	phone(&person)->floor = OTP_STEP_MAX - 1;
	assert_int_equal(types_step(&person, OTP_STEP_MAX + 1, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(types_step(&person, OTP_STEP_MAX + 2, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(types_step(&person, OTP_STEP_MAX, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(types_step(&person, OTP_STEP_MAX + 1, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(types_step(&person, OTP_STEP_MAX, SAMPLE_NOW), VERDICT_SPENT);
}

/* ---- several devices -------------------------------------------------------------- */

static void
second_device_is_not_judged(void **state)
{
	struct person person;
	struct device *devices;

	(void)state;
	person_start(&person);
	devices = person.enrollment.device;
	person.enrollment.devices = 4;
	sample_device(&devices[1], "token", OTP_HOTP, 2);
	sample_device(&devices[2], "tablet", OTP_TOTP, 3);
	devices[2].otp.period = 60;
	devices[2].otp.algorithm = OTP_SHA512;
	assert_true(device_identify(&devices[2]));
	sample_device(&devices[3], "eight", OTP_TOTP, 5);
	devices[3].otp.digits = 8;
	assert_true(device_identify(&devices[3]));
	for (unsigned i = 0; i < 4; i++) {
		const struct otp *otp = &devices[i].otp;
		struct claim claim;

		sample_claim(&claim,
		    sample_code(&devices[i], otp->type == OTP_HOTP ? 0 : SAMPLE_NOW / otp->period),
		    otp->digits);
		assert_int_equal(judged(&person, &claim, SAMPLE_NOW), VERDICT_ACCEPTED);
		assert_ptr_equal(person.said.device, &devices[i]);
		assert_int_equal(judged(&person, &claim, SAMPLE_NOW), VERDICT_SPENT);
		assert_ptr_equal(person.said.device, &devices[i]);
		assert_int_equal(person.said.digits, 0);
	}
}

static void
spent_on_one_device_hides_that_it_is_right_on_another(void **state)
{
	(void)state;
	/* One key as TOTP with two periods: a code may be old on the one and new on the other. */
	for (unsigned order = 0; order < 2; order++) {
		struct person person;
		struct device *devices;

		person_start(&person);
		devices = person.enrollment.device;
		person.enrollment.devices = 2;
		sample_device(&devices[order], "spent", OTP_TOTP, 1);
		sample_device(&devices[!order], "fresh", OTP_HOTP, 1);
		devices[order].floor = STEP;
		devices[!order].floor = STEP - 1;
		assert_int_equal(types(&person, sample_code(&devices[0], STEP), SAMPLE_NOW),
		    VERDICT_ACCEPTED);
		assert_ptr_equal(person.said.device, &devices[!order]);
		assert_int_equal(history_row(&person.history, devices[!order].id)->last, STEP);
	}
}

static void
rule_06_same_digits_count_on_two_devices(void **state)
{
	(void)state;
	/* One key as a clock and as a counter that happens to stand at the same number. */
	for (unsigned order = 0; order < 2; order++) {
		struct person person;
		struct device *devices;

		person_start(&person);
		devices = person.enrollment.device;
		person.enrollment.devices = 2;
		sample_device(&devices[order], "clock", OTP_TOTP, 1);
		sample_device(&devices[!order], "counter", OTP_HOTP, 1);
		devices[!order].floor = STEP - 1;
		assert_int_equal(types(&person, sample_code(&devices[0], STEP), SAMPLE_NOW),
		    VERDICT_ACCEPTED);
		assert_ptr_equal(person.said.device, &devices[0]);
		assert_int_equal(types(&person, sample_code(&devices[0], STEP), SAMPLE_NOW),
		    VERDICT_SPENT);
		assert_int_equal(types(&person, sample_code(&devices[0], STEP + 1), SAMPLE_NOW),
		    VERDICT_ACCEPTED);
	}
}

static void
code_of_other_digits_counts_or_fits(void **state)
{
	static const unsigned others[] = { 7, 8 };
	struct person person;
	struct claim claim;

	(void)state;
	person_start(&person);
	for (size_t i = 0; i < 2; i++) {
		/* The right digits with zeros before them, and with others. */
		sample_claim(&claim, sample_code(phone(&person), STEP), others[i]);
		assert_int_equal(judged(&person, &claim, SAMPLE_NOW), VERDICT_MALFORMED);
		assert_false(person.said.write);
		assert_int_equal(person.said.digits, 6);
		assert_int_equal(person.said.failures, 0);
	}
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_ACCEPTED);
}

static void
leading_zeros_of_a_code_are_lost(void **state)
{
	struct person person;
	int64_t step = STEP;

	(void)state;
	person_start(&person);
	while (sample_code(phone(&person), step) >= 10000)
		step++;
	assert_int_equal(types_step(&person, step, step * PERIOD), VERDICT_ACCEPTED);
}

/* ---- failures, lock and block ----------------------------------------------------- */

static void
rule_10_wrong_codes_do_not_lock(void **state)
{
	struct person person;

	(void)state;
	person_start(&person);
	for (unsigned i = 1; i <= 10; i++) {
		assert_int_equal(types_wrong(&person, SAMPLE_NOW + i), VERDICT_WRONG);
		assert_int_equal(person.said.failures, i);
		assert_int_equal(person.said.locks, i == 10);
		assert_int_equal(person.said.wait, i == 10 ? LOCK : 0);
		assert_false(person.said.blocks);
		assert_true(person.said.write);
	}
	/* Locked: not even the right code is judged, and a wrong one makes it no longer. */
	assert_int_equal(types_step(&person, STEP + 1, SAMPLE_NOW + 20), VERDICT_LOCKED);
	assert_int_equal(person.said.wait, LOCK - 10);
	assert_int_equal(types_wrong(&person, SAMPLE_NOW + 30), VERDICT_LOCKED);
	assert_int_equal(person.history.failures, 10);
	assert_int_equal(types_step(&person, (SAMPLE_NOW + 10 + LOCK - 1) / PERIOD,
	    SAMPLE_NOW + 10 + LOCK - 1), VERDICT_LOCKED);
	assert_int_equal(person.said.wait, 1);
	/* It ends on the second, and counting begins again. */
	assert_int_equal(types_wrong(&person, SAMPLE_NOW + 10 + LOCK), VERDICT_WRONG);
	assert_int_equal(person.said.failures, 1);
	assert_int_equal(types_step(&person, (SAMPLE_NOW + 10 + LOCK) / PERIOD,
	    SAMPLE_NOW + 10 + LOCK), VERDICT_ACCEPTED);
	assert_int_equal(person.said.since, 11);
	assert_int_equal(person.said.failures, 0);
}

static void
rule_20_lock_in_the_future_keeps_somebody_out_for_years(void **state)
{
	struct person person;
	int64_t wait;

	(void)state;
	person_start(&person);
	for (unsigned i = 0; i < 10; i++)
		(void)types_wrong(&person, SAMPLE_NOW + 3650LL * DAY);
	assert_int_equal(judge_standing(&person.settings, &person.history, SAMPLE_NOW, &wait),
	    VERDICT_LOCKED);
	assert_int_equal(wait, LOCK);
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_LOCKED);
	assert_int_equal(person.said.wait, LOCK);
	assert_int_equal(types_step(&person, (SAMPLE_NOW + LOCK) / PERIOD, SAMPLE_NOW + LOCK),
	    VERDICT_ACCEPTED);
}

static void
success_does_not_clear_the_failures(void **state)
{
	struct person person;

	(void)state;
	person_start(&person);
	for (unsigned i = 0; i < 9; i++)
		assert_int_equal(types_wrong(&person, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(person.said.since, 9);
	assert_int_equal(person.said.failures, 0);
	for (unsigned i = 0; i < 9; i++)
		assert_int_equal(types_wrong(&person, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(types_step(&person, STEP + 1, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(types_step(&person, STEP + 2, SAMPLE_NOW + PERIOD), VERDICT_ACCEPTED);
	assert_int_equal(person.said.since, 0);
}

static void
block_is_cleared_by_successes_in_between(void **state)
{
	struct person person;
	int64_t now = SAMPLE_NOW;
	int64_t wait;

	(void)state;
	person_start(&person);
	/* five a day, and a login after each */
	for (unsigned i = 1; i <= 100; i++) {
		assert_int_equal(types_wrong(&person, now), VERDICT_WRONG);
		assert_int_equal(person.said.blocks, i == 100);
		if (i < 100)
			assert_int_equal(types_step(&person, now / PERIOD, now), VERDICT_ACCEPTED);
		now += DAY / 5;
	}
	assert_int_equal(types_step(&person, now / PERIOD, now), VERDICT_BLOCKED);
	assert_int_equal(judge_standing(&person.settings, &person.history, now, &wait),
	    VERDICT_BLOCKED);
	/* It does not end by itself. */
	now += 3650LL * DAY;
	assert_int_equal(types_step(&person, now / PERIOD, now), VERDICT_BLOCKED);
	assert_int_equal(types_wrong(&person, now), VERDICT_BLOCKED);
	assert_int_equal(judge_standing(&person.settings, &person.history, now, &wait),
	    VERDICT_BLOCKED);
}

static void
wrong_codes_of_more_than_thirty_days_block(void **state)
{
	struct person person;
	int64_t now = SAMPLE_NOW;

	(void)state;
	person_start(&person);
	/* three a day are 90 in any 30 days */
	for (unsigned i = 0; i < 300; i++) {
		assert_int_equal(types_wrong(&person, now), VERDICT_WRONG);
		assert_int_equal(types_step(&person, now / PERIOD, now), VERDICT_ACCEPTED);
		now += DAY / 3;
	}
}

static void
rule_20_clock_that_leapt_ahead_counts_for_ever(void **state)
{
	struct person person;
	int64_t now = SAMPLE_NOW;

	(void)state;
	person_start(&person);
	assert_int_equal(types_wrong(&person, now + 3650LL * DAY), VERDICT_WRONG);
	assert_int_equal(types_step(&person, now / PERIOD, now), VERDICT_ACCEPTED);
	for (unsigned i = 0; i < 150; i++) {
		now += DAY;
		assert_int_equal(types_wrong(&person, now), VERDICT_WRONG);
		assert_false(person.said.blocks);
		assert_int_equal(types_step(&person, now / PERIOD, now), VERDICT_ACCEPTED);
	}
}

static void
rule_10_same_wrong_code_counts_twice(void **state)
{
	static const struct {
		const char *name;
		int64_t later;
		unsigned failures;
	} rows[] = {
		{ "at once", 0, 1 },
		{ "within the window", 3 * PERIOD - 1, 1 },
		{ "after it", 3 * PERIOD, 2 },
		{ "by a clock that was set back", -1, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct person person;
		uint32_t code;

		person_start(&person);
		code = wrong_code(&person, SAMPLE_NOW);
		assert_int_equal(types(&person, code, SAMPLE_NOW), VERDICT_WRONG);
		assert_int_equal(types(&person, code, SAMPLE_NOW + rows[i].later), VERDICT_WRONG);
		assert_row(person.said.failures == rows[i].failures, rows[i].name);
		assert_row(history_month(&person.history, SAMPLE_NOW) == rows[i].failures, rows[i].name);
		assert_true(person.said.write);
		/* Another one counts, and so does the first after it. */
		assert_int_equal(types_wrong(&person, SAMPLE_NOW), VERDICT_WRONG);
		assert_row(person.said.failures == rows[i].failures + 1, rows[i].name);
		assert_int_equal(types(&person, code, SAMPLE_NOW), VERDICT_WRONG);
		assert_row(person.said.failures == rows[i].failures + 2, rows[i].name);
	}
}

static void
wrong_code_after_a_success_is_taken_for_a_repeated_one(void **state)
{
	struct person person;
	uint32_t code;

	(void)state;
	person_start(&person);
	code = wrong_code(&person, SAMPLE_NOW);
	assert_int_equal(types(&person, code, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(types(&person, code, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(person.said.failures, 1);
}

static void
rule_19_history_tells_the_wrong_code(void **state)
{
	struct person one, other;

	(void)state;
	/* The tag is keyed: another host key, another tag for the same digits. */
	person_start(&one);
	person_start(&other);
	sample_key(&other.key, 8);
	assert_int_equal(types(&one, 1, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(types(&other, 1, SAMPLE_NOW), VERDICT_WRONG);
	assert_memory_not_equal(one.history.wrong_tag, other.history.wrong_tag, HISTORY_TAG);
}

static void
what_is_no_answer_is_counted_or_written(void **state)
{
	static const enum claim_kind kinds[] = { CLAIM_EMPTY, CLAIM_MALFORMED };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct person person;
		struct claim claim = { .kind = kinds[i] };

		person_start(&person);
		person.history.failures = 2;
		assert_int_equal(judged(&person, &claim, SAMPLE_NOW),
		    i == 0 ? VERDICT_EMPTY : VERDICT_MALFORMED);
		assert_false(person.said.write);
		assert_int_equal(person.said.failures, 2);
		assert_int_equal(person.said.digits, 6);
		assert_int_equal(person.said.method, METHOD_NONE);
		/* nor does it open what is locked */
		person.history.locked = SAMPLE_NOW;
		assert_int_equal(judged(&person, &claim, SAMPLE_NOW),
		    i == 0 ? VERDICT_EMPTY : VERDICT_MALFORMED);
		assert_int_equal(person.history.locked, SAMPLE_NOW);
	}
}

static void
rule_02_claim_that_was_never_filled_in_proves_something(void **state)
{
	static const struct claim never;
	struct claim claim = never;
	struct person person;

	(void)state;
	person_start(&person);
	assert_int_equal(judged(&person, &claim, SAMPLE_NOW), VERDICT_EMPTY);
	assert_int_equal(VERDICT_EMPTY, 0);
	/* a kind that there is not */
	claim.kind = (enum claim_kind)99;
	assert_false(judge(&person.settings, &person.key, &person.enrollment, NULL, &person.history, &claim,
	    SAMPLE_NOW, &person.said, &person.history));
	assert_int_not_equal(person.said.verdict, VERDICT_ACCEPTED);
	/* no device at all */
	person_start(&person);
	person.enrollment.devices = 0;
	assert_int_equal(types(&person, 0, SAMPLE_NOW), VERDICT_MALFORMED);
}

static void
standing_is_said_otherwise_than_it_is_judged(void **state)
{
	static const struct {
		const char *name;
		int64_t locked, blocked;
		enum verdict verdict;
		int64_t wait;
	} rows[] = {
		{ "neither", 0, 0, VERDICT_EMPTY, 0 },
		{ "locked now", SAMPLE_NOW, 0, VERDICT_LOCKED, LOCK },
		{ "for a second more", SAMPLE_NOW - LOCK + 1, 0, VERDICT_LOCKED, 1 },
		{ "over", SAMPLE_NOW - LOCK, 0, VERDICT_EMPTY, 0 },
		{ "blocked", 0, SAMPLE_NOW, VERDICT_BLOCKED, 0 },
		{ "blocked long since", 0, 1, VERDICT_BLOCKED, 0 },
		{ "both", SAMPLE_NOW, 1, VERDICT_BLOCKED, LOCK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct person person;
		int64_t wait = -1;

		person_start(&person);
		person.history.locked = rows[i].locked;
		person.history.blocked = rows[i].blocked;
		assert_row(judge_standing(&person.settings, &person.history, SAMPLE_NOW, &wait) ==
			rows[i].verdict,
		    rows[i].name);
		assert_row(wait == rows[i].wait, rows[i].name);
		assert_row(types_step(&person, STEP, SAMPLE_NOW) ==
			(rows[i].verdict == VERDICT_EMPTY ? VERDICT_ACCEPTED : rows[i].verdict),
		    rows[i].name);
		assert_row(person.said.wait == rows[i].wait, rows[i].name);
	}
}

/* ---- recovery codes --------------------------------------------------------------- */

static const char *const recovery[] = { "0123456789ABCDEF", "ZZZZYYYYXXXXWWWW", "0000000000000000" };
static struct recovery_set three; /* scrypt is slow: digested once */

static int
make_three(void **state)
{
	struct host_key key;

	(void)state;
	sample_key(&key, 7);
	memset(three.salt, 0x33, sizeof three.salt);
	for (unsigned i = 0; i < 3; i++)
		if (!recovery_add(&three, &key, RECOVERY_CHARS, recovery[i]))
			return -1;
	return 0;
}

static void
with_recovery(struct person *person)
{
	person_start(person);
	person->enrollment.recovery = three;
}

static void
rule_06_recovery_code_counts_twice(void **state)
{
	struct person person;

	(void)state;
	with_recovery(&person);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(types_recovery(&person, recovery[i], SAMPLE_NOW), VERDICT_ACCEPTED);
		assert_int_equal(person.said.method, METHOD_RECOVERY);
		assert_int_equal(person.said.left, 2 - i);
		assert_null(person.said.device);
		assert_int_equal(types_recovery(&person, recovery[i], SAMPLE_NOW), VERDICT_SPENT);
		assert_int_equal(person.said.method, METHOD_RECOVERY);
		assert_int_equal(person.said.left, 2 - i);
		assert_int_equal(person.history.failures, 0);
	}
	/* A device's code is none the worse for it. */
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(person.said.left, 0);
}

static void
wrong_recovery_code_is_not_counted(void **state)
{
	struct person person;

	(void)state;
	with_recovery(&person);
	assert_int_equal(types_recovery(&person, "1111111111111111", SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(person.said.failures, 1);
	assert_int_equal(types_recovery(&person, "1111111111111111", SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(person.said.failures, 1);
	assert_int_equal(types_recovery(&person, "1111111111111112", SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(person.said.failures, 2);
	for (unsigned i = 3; i <= 10; i++) {
		char code[] = "2222222222222220";

		code[15] = (char)('0' + i % 10);
		assert_int_equal(types_recovery(&person, code, SAMPLE_NOW), VERDICT_WRONG);
		assert_int_equal(person.said.locks, i == 10);
	}
}

static void
recovery_code_does_not_open_what_is_shut(void **state)
{
	static const struct {
		const char *name;
		int64_t locked, blocked;
		enum verdict otherwise;
	} rows[] = {
		{ "open", 0, 0, VERDICT_WRONG },
		{ "locked", SAMPLE_NOW - 5, 0, VERDICT_LOCKED },
		{ "blocked", 0, SAMPLE_NOW - 5, VERDICT_BLOCKED },
		{ "both", SAMPLE_NOW - 5, SAMPLE_NOW - 5, VERDICT_BLOCKED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct person person;

		with_recovery(&person);
		history_spend(&person.history, &person.enrollment, &three, 1);
		person.history.locked = rows[i].locked;
		person.history.blocked = rows[i].blocked;
		person.history.failures = 5;
		person.history.since = 6;
		person.history.day = SAMPLE_NOW / DAY;
		person.history.wrong[0] = 50;
		/* A wrong one opens nothing and, while it is shut, counts for nothing. */
		assert_row(types_recovery(&person, "1111111111111111", SAMPLE_NOW) == rows[i].otherwise,
		    rows[i].name);
		assert_row(person.history.locked == rows[i].locked, rows[i].name);
		assert_row(person.history.blocked == rows[i].blocked, rows[i].name);
		assert_row(person.history.failures == (i == 0 ? 6 : 5), rows[i].name);
		/* Neither does a spent one. */
		assert_row(types_recovery(&person, recovery[1], SAMPLE_NOW) == VERDICT_SPENT,
		    rows[i].name);
		assert_row(person.history.locked == rows[i].locked, rows[i].name);
		assert_row(person.history.blocked == rows[i].blocked, rows[i].name);
		/* A right one opens it altogether. */
		assert_row(types_recovery(&person, recovery[0], SAMPLE_NOW) == VERDICT_ACCEPTED,
		    rows[i].name);
		assert_row(person.history.locked == 0 && person.history.blocked == 0, rows[i].name);
		assert_row(person.history.failures == 0, rows[i].name);
		assert_row(history_month(&person.history, SAMPLE_NOW) == 0, rows[i].name);
		assert_row(person.said.wait == 0, rows[i].name);
		assert_row(types_step(&person, STEP, SAMPLE_NOW) == VERDICT_ACCEPTED, rows[i].name);
	}
}

static void
code_of_an_older_set_counts(void **state)
{
	struct person person;

	(void)state;
	with_recovery(&person);
	person.enrollment.recovery.salt[0] ^= 1;
	assert_int_equal(types_recovery(&person, recovery[0], SAMPLE_NOW), VERDICT_WRONG);
	/* and what was spent of the older one is not spent of the newer */
	with_recovery(&person);
	assert_int_equal(types_recovery(&person, recovery[0], SAMPLE_NOW), VERDICT_ACCEPTED);
	person.enrollment.recovery.salt[0] ^= 1;
	assert_int_equal(history_left(&person.history, &person.enrollment.recovery), 3);
}

static void
somebody_without_recovery_codes_has_one(void **state)
{
	struct person person;

	(void)state;
	person_start(&person);
	assert_int_equal(types_recovery(&person, "0000000000000000", SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(person.said.left, 0);
}

/* ---- the decoy -------------------------------------------------------------------- */

static void
as_decoy(struct person *person)
{
	person_start(person);
	enrollment_decoy(&person->enrollment, OTP_SHA1, 6, PERIOD);
	history_start(&person->history, "?");
}

static void
rule_03_decoy_lets_somebody_in(void **state)
{
	struct person person;

	(void)state;
	as_decoy(&person);
	/* its own right code, two of them in a row, a spent one, a wrong one, a recovery code */
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_UNENROLLED);
	assert_false(person.history.flushed);
	assert_true(person.said.write);
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_UNENROLLED);
	assert_int_equal(types_step(&person, STEP + 10, SAMPLE_NOW), VERDICT_UNENROLLED);
	assert_int_equal(types_step(&person, STEP + 11, SAMPLE_NOW + PERIOD), VERDICT_UNENROLLED);
	assert_int_equal(types_wrong(&person, SAMPLE_NOW), VERDICT_UNENROLLED);
	assert_int_equal(types_recovery(&person, "0000000000000000", SAMPLE_NOW), VERDICT_UNENROLLED);
	person.history.locked = SAMPLE_NOW;
	assert_int_equal(types_step(&person, STEP + 1, SAMPLE_NOW), VERDICT_UNENROLLED);
	person.history.blocked = SAMPLE_NOW;
	assert_int_equal(types_step(&person, STEP + 1, SAMPLE_NOW), VERDICT_UNENROLLED);
}

static void
rule_03_decoy_with_recovery_codes_lets_somebody_in(void **state)
{
	struct person person;

	(void)state;
	as_decoy(&person);
	person.enrollment.recovery = three;
	assert_int_equal(types_recovery(&person, recovery[0], SAMPLE_NOW), VERDICT_UNENROLLED);
	assert_false(person.history.flushed);
}

/* A decoy that spoils its own file would cost less than a record: unknown users would show. */
static void
rule_03_decoy_spoils_its_own_history(void **state)
{
	struct person person;

	(void)state;
	as_decoy(&person);
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_UNENROLLED);
	as_decoy(&person);
	assert_int_equal(types_step(&person, STEP + 10, SAMPLE_NOW), VERDICT_UNENROLLED);
}

/*
 * One history stands in for everybody who has none. If it could be locked, ten wrong codes for
 * any name would put "locked" above the prompt of every unknown user, and of no known one.
 */
static void
rule_03_decoy_is_locked_for_everybody(void **state)
{
	struct person person;
	int64_t wait;

	(void)state;
	as_decoy(&person);
	for (unsigned i = 0; i < 150; i++) {
		assert_int_equal(types_wrong(&person, SAMPLE_NOW + i), VERDICT_UNENROLLED);
		assert_true(person.said.write);
		assert_int_equal(judge_standing(&person.settings, &person.history, SAMPLE_NOW + i, &wait),
		    VERDICT_EMPTY);
		assert_false(person.said.locks || person.said.blocks);
	}
}

static void
rule_03_malformed_answer_tells_that_nobody_is_enrolled(void **state)
{
	struct claim claims[2] = { { .kind = CLAIM_EMPTY }, { .kind = CLAIM_MALFORMED } };
	struct person person, decoy;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		person_start(&person);
		as_decoy(&decoy);
		assert_int_equal(judged(&person, &claims[i], SAMPLE_NOW),
		    judged(&decoy, &claims[i], SAMPLE_NOW));
		assert_int_equal(person.said.digits, decoy.said.digits);
		assert_int_equal(person.said.write, decoy.said.write);
	}
}

/* ---- an administrator, and enrolling ---------------------------------------------- */

static void
unlocked_account_is_still_shut(void **state)
{
	struct person person;
	struct history next;

	(void)state;
	person_start(&person);
	for (unsigned i = 0; i < 10; i++)
		(void)types_wrong(&person, SAMPLE_NOW);
	person.history.blocked = SAMPLE_NOW;
	person.history.wrong[0] = 99;
	judge_unlock(&person.enrollment, &person.history, SAMPLE_NOW, &next);
	assert_int_equal(next.seq, person.history.seq + 1);
	assert_true(next.flushed);
	person.history = next;
	assert_storable(&next);
	/* The wrong code that was typed last counts again, and there is room for it. */
	assert_int_equal(types_wrong(&person, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(person.said.failures, 1);
	assert_false(person.said.blocks);
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(person.said.since, 11);
}

static void
rule_06_unlocking_revives_a_spent_code(void **state)
{
	struct person person;
	struct history next;

	(void)state;
	with_recovery(&person);
	assert_int_equal(types_step(&person, STEP - 100, SAMPLE_NOW - 100 * PERIOD), VERDICT_ACCEPTED);
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(types_recovery(&person, recovery[0], SAMPLE_NOW), VERDICT_ACCEPTED);
	/* now, a little behind, and as far behind as a phone may be ahead */
	for (int64_t back = 0; back <= 20; back++) {
		judge_unlock(&person.enrollment, &person.history, SAMPLE_NOW - back * PERIOD, &next);
		assert_int_equal(next.row[0].last, STEP);
	}
	person.history = next;
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_SPENT);
	assert_int_equal(types_recovery(&person, recovery[0], SAMPLE_NOW), VERDICT_SPENT);
}

static void
unlock(struct person *person, int64_t now)
{
	struct history next;

	judge_unlock(&person->enrollment, &person->history, now, &next);
	assert_storable(&next);
	person->history = next;
}

static void
rule_20_clock_that_leapt_ahead_leaves_years_of_spent_steps(void **state)
{
	const int64_t then = SAMPLE_NOW + 3650LL * DAY;

	(void)state;
	/* any number of logins by the wrong clock, close together or hours apart */
	for (int64_t logins = 1; logins <= 3; logins++) {
		for (int64_t apart = PERIOD; apart <= 3600; apart += 3600 - PERIOD) {
			struct person person;

			person_start(&person);
			assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_ACCEPTED);
			for (int64_t i = 0; i < logins; i++)
				assert_int_equal(types_step(&person, (then + i * apart) / PERIOD,
				    then + i * apart), VERDICT_ACCEPTED);
			assert_int_not_equal(types_step(&person, STEP + 4, SAMPLE_NOW + 4 * PERIOD),
			    VERDICT_ACCEPTED);
			unlock(&person, SAMPLE_NOW + 5 * PERIOD);
			/* What was spent before stays spent, and what comes next counts. */
			assert_int_not_equal(types_step(&person, STEP, SAMPLE_NOW + PERIOD),
			    VERDICT_ACCEPTED);
			assert_int_equal(types_step(&person, STEP + 5, SAMPLE_NOW + 5 * PERIOD),
			    VERDICT_ACCEPTED);
		}
	}
}

static void
rule_20_second_leap_that_is_farther_leaves_years_of_spent_steps(void **state)
{
	static const int64_t leaps[] = { 365LL * DAY, 366LL * DAY, 7300LL * DAY };
	struct person person;

	(void)state;
	person_start(&person);
	assert_int_equal(types_step(&person, STEP, SAMPLE_NOW), VERDICT_ACCEPTED);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(types_step(&person, (SAMPLE_NOW + leaps[i]) / PERIOD,
		    SAMPLE_NOW + leaps[i]), VERDICT_ACCEPTED);
	unlock(&person, SAMPLE_NOW + 5 * PERIOD);
	assert_int_not_equal(types_step(&person, STEP, SAMPLE_NOW + PERIOD), VERDICT_ACCEPTED);
	assert_int_equal(types_step(&person, STEP + 9, SAMPLE_NOW + 9 * PERIOD), VERDICT_ACCEPTED);
}

static void
rule_06_unlocking_after_a_leap_revives_a_code(void **state)
{
	struct person person;

	(void)state;
	person_start(&person);
	/* A long holiday, half a year of logins, and a leap that is shorter than the holiday. */
	for (int64_t day = 800; day >= 0; day -= day == 800 ? 600 : 20)
		assert_int_equal(types_step(&person, STEP - day * DAY / PERIOD, SAMPLE_NOW - day * DAY),
		    VERDICT_ACCEPTED);
	assert_int_equal(types_step(&person, STEP + 90 * DAY / PERIOD, SAMPLE_NOW + 90 * DAY),
	    VERDICT_ACCEPTED);
	unlock(&person, SAMPLE_NOW + 10);
	assert_int_not_equal(types_step(&person, STEP, SAMPLE_NOW + 10), VERDICT_ACCEPTED);
}

static void
rule_20_unlocking_revives_what_was_used_around_a_leap(void **state)
{
	static const struct {
		const char *name;
		struct {
			int64_t step, at; /* from STEP, and in periods from SAMPLE_NOW */
		} used[4];
		size_t past;      /* so many of them before the moment of unlocking */
		int64_t unlocked; /* likewise */
	} rows[] = {
		{ "a phone that is ahead", { { -2880, -2880 }, { 1, 0 }, { 3, 1 }, { 123, 121 } }, 3, 2 },
		{ "hours after others", { { -961, -961 }, { -960, -960 }, { 0, 0 }, { 240, 240 } }, 3, 1 },
		{ "never a pause, and back", { { 0, 0 }, { 18, 18 }, { 36, 36 }, { 54, 54 } }, 2, 19 },
		{ "back too far", { { -961, -961 }, { -960, -960 }, { 0, 0 }, { 1440, 1440 } }, 3, -5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct person person;

		person_start(&person);
		phone(&person)->floor = STEP + rows[i].used[0].step - 1;
		for (size_t j = 0; j < 4; j++)
			assert_row(types_step(&person, STEP + rows[i].used[j].step,
			    SAMPLE_NOW + rows[i].used[j].at * PERIOD) == VERDICT_ACCEPTED, rows[i].name);
		unlock(&person, SAMPLE_NOW + rows[i].unlocked * PERIOD);
		for (size_t j = 0; j < rows[i].past; j++)
			assert_row(types_step(&person, STEP + rows[i].used[j].step,
			    SAMPLE_NOW + rows[i].used[j].at * PERIOD) != VERDICT_ACCEPTED, rows[i].name);
		/* and what comes next counts */
		assert_row(types_step(&person, STEP + rows[i].unlocked + 6 + row(&person)->drift,
		    SAMPLE_NOW + (rows[i].unlocked + 6) * PERIOD) == VERDICT_ACCEPTED, rows[i].name);
	}
}

static void
rule_20_unlocking_twice_revives_what_was_used_between(void **state)
{
	static const int64_t used[] = { 0, 1440, 3, 21, 39, 69 };
	struct person person;

	(void)state;
	person_start(&person);
	for (size_t i = 0; i < sizeof used / sizeof *used; i++) {
		assert_int_equal(types_step(&person, STEP + used[i], SAMPLE_NOW + used[i] * PERIOD),
		    VERDICT_ACCEPTED);
		if (used[i] == 1440)
			unlock(&person, SAMPLE_NOW + 2 * PERIOD);
	}
	unlock(&person, SAMPLE_NOW + 4 * PERIOD);
	assert_int_equal(types_step(&person, STEP + 3, SAMPLE_NOW + 4 * PERIOD), VERDICT_SPENT);
}

static void
unlocking_sets_a_counter_back(void **state)
{
	struct person person;

	(void)state;
	only_hotp(&person);
	phone(&person)->floor = 9000000000;
	assert_int_equal(types_step(&person, 9000000003, SAMPLE_NOW), VERDICT_ACCEPTED);
	unlock(&person, SAMPLE_NOW);
	assert_int_equal(types_step(&person, 9000000003, SAMPLE_NOW), VERDICT_SPENT);
}

static void
confirming_code_is_taken_from_anywhere(void **state)
{
	(void)state;
	for (int64_t offset = -5; offset <= 5; offset++) {
		struct person person;
		struct claim claim;
		bool near = offset >= -1 && offset <= 1;

		person_start(&person);
		sample_claim(&claim, sample_code(phone(&person), STEP + offset), 6);
		assert_int_equal(judge_confirm(&person.settings, phone(&person), &claim, SAMPLE_NOW),
		    near);
		assert_int_equal(phone(&person)->floor, near ? STEP + offset : -1);
		if (!near)
			continue;
		/* The code that confirmed is spent, twice over. */
		assert_false(judge_confirm(&person.settings, phone(&person), &claim, SAMPLE_NOW));
		assert_int_equal(types_step(&person, STEP + offset, SAMPLE_NOW), VERDICT_SPENT);
	}
	for (int64_t counter = 0; counter <= 8; counter++) {
		struct person person;
		struct claim claim;

		only_hotp(&person);
		sample_claim(&claim, sample_code(phone(&person), counter), 6);
		assert_int_equal(judge_confirm(&person.settings, phone(&person), &claim, SAMPLE_NOW),
		    counter <= 5);
		assert_int_equal(phone(&person)->floor, counter <= 5 ? counter : -1);
	}
}

static void
anything_else_confirms(void **state)
{
	struct person person;
	struct claim claim;

	(void)state;
	with_recovery(&person);
	sample_claim(&claim, sample_code(phone(&person), STEP), 7);
	assert_false(judge_confirm(&person.settings, phone(&person), &claim, SAMPLE_NOW));
	sample_recovery(&claim, recovery[0]);
	assert_false(judge_confirm(&person.settings, phone(&person), &claim, SAMPLE_NOW));
	claim = (struct claim){ .kind = CLAIM_EMPTY, .digits = 6 };
	assert_false(judge_confirm(&person.settings, phone(&person), &claim, SAMPLE_NOW));
	sample_claim(&claim, sample_code(phone(&person), STEP), 6);
	claim.kind = CLAIM_MALFORMED;
	assert_false(judge_confirm(&person.settings, phone(&person), &claim, SAMPLE_NOW));
}

static void
warming_up_fails(void **state)
{
	(void)state;
	assert_true(judge_warm());
}

/* ---- secrets ---------------------------------------------------------------------- */

struct trial {
	struct person person;
	struct claim claim;
};

static void
judge_it(void *arg)
{
	struct trial *trial = arg;
	struct history next;

	assert_true(judge(&trial->person.settings, &trial->person.key, &trial->person.enrollment,
	    NULL, &trial->person.history, &trial->claim, SAMPLE_NOW, &trial->person.said, &next));
}

static void
rule_19_secret_stays_on_the_stack(void **state)
{
	static struct trial trial;
	const struct secret *key = &phone(&trial.person)->otp.key;

	(void)state;
	with_recovery(&trial.person);
	sample_claim(&trial.claim, 12345678, 8);
	phone(&trial.person)->otp.digits = 8;
	assert_false(leftover(judge_it, &trial, key->bytes, key->len));
	assert_false(leftover(judge_it, &trial, "12345678", 8));
	sample_recovery(&trial.claim, recovery[0]);
	assert_false(leftover(judge_it, &trial, recovery[0], RECOVERY_CHARS));
	claim_wipe(&trial.claim);
	for (size_t i = 0; i < sizeof trial.claim; i++)
		assert_int_equal(((uint8_t *)&trial.claim)[i], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_at_the_edge_of_the_window_is_misjudged),
		cmocka_unit_test(window_moves_within_a_step),
		cmocka_unit_test(drift_is_not_recorded_or_not_followed),
		cmocka_unit_test(wide_window_lets_the_drift_grow_past_its_bound),
		cmocka_unit_test(first_steps_of_all_time_are_misjudged),
		cmocka_unit_test(last_moments_of_all_time_are_misjudged),

		cmocka_unit_test(rule_06_spent_step_in_any_spelling),
		cmocka_unit_test(rule_06_floor_of_a_new_device_is_not_spent),
		cmocka_unit_test(rule_06_earlier_step_that_drift_moved_into_view),
		cmocka_unit_test(rule_06_same_digits_count_at_two_steps),
		cmocka_unit_test(next_code_is_said_to_come_too_early_or_late),

		cmocka_unit_test(two_codes_in_a_row_do_not_resynchronise),
		cmocka_unit_test(drift_of_a_resynchronised_clock_grows_further),
		cmocka_unit_test(second_code_at_once_resynchronises),
		cmocka_unit_test(same_code_typed_again_delays_or_hastens_the_second),
		cmocka_unit_test(pair_is_lost_to_a_wrong_code_between),
		cmocka_unit_test(locked_account_is_resynchronised),
		cmocka_unit_test(rule_06_old_codes_resynchronise),
		cmocka_unit_test(rule_06_pair_of_two_devices_resynchronises),

		cmocka_unit_test(counter_at_the_edge_of_the_look_ahead_is_misjudged),
		cmocka_unit_test(two_counters_in_a_row_do_not_resynchronise),
		cmocka_unit_test(rule_06_old_counters_resynchronise),
		cmocka_unit_test(last_counter_of_all_runs_over),

		cmocka_unit_test(second_device_is_not_judged),
		cmocka_unit_test(spent_on_one_device_hides_that_it_is_right_on_another),
		cmocka_unit_test(rule_06_same_digits_count_on_two_devices),
		cmocka_unit_test(code_of_other_digits_counts_or_fits),
		cmocka_unit_test(leading_zeros_of_a_code_are_lost),

		cmocka_unit_test(rule_02_claim_that_was_never_filled_in_proves_something),
		cmocka_unit_test(what_is_no_answer_is_counted_or_written),
		cmocka_unit_test(rule_10_wrong_codes_do_not_lock),
		cmocka_unit_test(rule_10_same_wrong_code_counts_twice),
		cmocka_unit_test(wrong_code_after_a_success_is_taken_for_a_repeated_one),
		cmocka_unit_test(success_does_not_clear_the_failures),
		cmocka_unit_test(block_is_cleared_by_successes_in_between),
		cmocka_unit_test(wrong_codes_of_more_than_thirty_days_block),
		cmocka_unit_test(standing_is_said_otherwise_than_it_is_judged),
		cmocka_unit_test(rule_20_lock_in_the_future_keeps_somebody_out_for_years),
		cmocka_unit_test(rule_20_clock_that_leapt_ahead_counts_for_ever),

		cmocka_unit_test(rule_06_recovery_code_counts_twice),
		cmocka_unit_test(wrong_recovery_code_is_not_counted),
		cmocka_unit_test(recovery_code_does_not_open_what_is_shut),
		cmocka_unit_test(code_of_an_older_set_counts),
		cmocka_unit_test(somebody_without_recovery_codes_has_one),

		cmocka_unit_test(rule_03_decoy_lets_somebody_in),
		cmocka_unit_test(rule_03_decoy_with_recovery_codes_lets_somebody_in),
		cmocka_unit_test(rule_03_decoy_spoils_its_own_history),
		cmocka_unit_test(rule_03_decoy_is_locked_for_everybody),
		cmocka_unit_test(rule_03_malformed_answer_tells_that_nobody_is_enrolled),

		cmocka_unit_test(unlocked_account_is_still_shut),
		cmocka_unit_test(rule_06_unlocking_revives_a_spent_code),
		cmocka_unit_test(rule_20_clock_that_leapt_ahead_leaves_years_of_spent_steps),
		cmocka_unit_test(rule_20_second_leap_that_is_farther_leaves_years_of_spent_steps),
		cmocka_unit_test(rule_06_unlocking_after_a_leap_revives_a_code),
		cmocka_unit_test(rule_20_unlocking_revives_what_was_used_around_a_leap),
		cmocka_unit_test(rule_20_unlocking_twice_revives_what_was_used_between),
		cmocka_unit_test(unlocking_sets_a_counter_back),
		cmocka_unit_test(confirming_code_is_taken_from_anywhere),
		cmocka_unit_test(anything_else_confirms),
		cmocka_unit_test(warming_up_fails),
		cmocka_unit_test(rule_19_secret_stays_on_the_stack),
		cmocka_unit_test(rule_19_history_tells_the_wrong_code),
	};

	return cmocka_run_group_tests_name("judge", tests, make_three, NULL);
}
