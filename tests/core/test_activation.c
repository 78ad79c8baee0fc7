/* SPDX-License-Identifier: BSD-2-Clause */
/* Codes that end: activation codes, and the one recovery code beside the set. */
#include "sample.h"

#include <string.h>

#define DAY 86400
#define UNTIL (SAMPLE_NOW + 3600)
#define STEP (SAMPLE_NOW / 30)
#define RIGHT "0123456789AB"
#define WRONG "1111111111" /* and two more */
#define BESIDE "0123456789ABCDEF"
#define OF_SET "ZZZZYYYYXXXXWWWW"

static struct host_key key;
static struct recovery_set code, one, set; /* scrypt is slow: digested once */

static int
make_codes(void **state)
{
	(void)state;
	sample_key(&key, 7);
	code.salt[0] = 1;
	one.salt[0] = 2;
	set.salt[0] = 3;
	return recovery_add(&code, &key, ACTIVATION_CHARS, RIGHT) &&
		recovery_add(&one, &key, RECOVERY_CHARS, BESIDE) &&
		recovery_add(&set, &key, RECOVERY_CHARS, OF_SET)
	    ? 0
	    : -1;
}

struct person {
	struct settings settings;
	struct enrollment enrollment; /* generation 3 */
	struct invitation invitation;
	struct history history;
	struct judgement said;
};

static void
person_start(struct person *person)
{
	memset(person, 0, sizeof *person);
	settings_default(&person->settings);
	sample_enrollment(&person->enrollment);
	person->enrollment.recovery = set;
	sample_invitation(&person->invitation);
	person->invitation.code = code;
	person->invitation.until = UNTIL;
	history_start(&person->history, SAMPLE_USER);
}

/* At the prompt of every login, or in the dialogue of one who is not enrolled. */
static enum verdict
judged(struct person *person, bool dialogue, struct claim *claim, int64_t now)
{
	const struct history before = person->history;
	struct history next;
	char slot[HISTORY_SLOT];
	bool ok;

	memset(&next, 0x5a, sizeof next);
	ok = dialogue ? judge_activation(&person->settings, &key, &person->invitation, &before, claim,
			    now, &person->said, &next)
		      : judge(&person->settings, &key, &person->enrollment, &person->invitation, &before,
			    claim, now, &person->said, &next);
	assert_true(ok);
	assert_int_equal(next.seq, before.seq + 1);
	assert_true(history_write(&next, slot));
	assert_int_equal(next.flushed, person->said.verdict == VERDICT_ACTIVATED ||
		person->said.verdict == VERDICT_ACCEPTED);
	if (person->said.write)
		person->history = next;
	claim_wipe(claim);
	return person->said.verdict;
}

static enum verdict
types(struct person *person, bool dialogue, const char *typed, int64_t now)
{
	struct claim claim;

	sample_activation(&claim, typed);
	return judged(person, dialogue, &claim, now);
}

static enum verdict
types_recovery(struct person *person, const char *typed, int64_t now)
{
	struct claim claim;

	sample_recovery(&claim, typed);
	return judged(person, false, &claim, now);
}

static void
code_that_does_not_count_here_lets_enroll(void **state)
{
	static const struct {
		const char *name;
		bool dialogue, has_code, replace;
		int64_t generation;
		enum verdict verdict;
	} rows[] = {
		{ "of an enrolled user", false, true, true, 3, VERDICT_ACTIVATED },
		{ "not to replace", false, true, false, 3, VERDICT_WRONG },
		{ "of an enrollment before", false, true, true, 2, VERDICT_WRONG },
		{ "of an enrollment to come", false, true, true, 4, VERDICT_WRONG },
		{ "of before any enrollment", false, true, true, 0, VERDICT_WRONG },
		{ "a key that pends alone", false, false, true, 3, VERDICT_WRONG },
		{ "of one who is not enrolled", true, true, false, 0, VERDICT_ACTIVATED },
		{ "of one who is not, to replace", true, true, true, 0, VERDICT_ACTIVATED },
		{ "of an enrollment that is gone", true, true, true, 3, VERDICT_WRONG },
		{ "pending alone, not enrolled", true, false, false, 0, VERDICT_WRONG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct person person;

		person_start(&person);
		person.invitation.has_code = rows[i].has_code;
		person.invitation.replace = rows[i].replace;
		person.invitation.generation = rows[i].generation;
		assert_row(types(&person, rows[i].dialogue, RIGHT, SAMPLE_NOW) == rows[i].verdict,
		    rows[i].name);
		assert_row(person.said.write, rows[i].name);
		assert_row(person.said.method ==
			(rows[i].verdict == VERDICT_WRONG ? METHOD_NONE : METHOD_ACTIVATION),
		    rows[i].name);
		assert_row(person.history.failures == (rows[i].verdict == VERDICT_WRONG), rows[i].name);
	}
	assert_string_equal(judge_method_name(METHOD_ACTIVATION), "activation");
}

static void
nobody_was_invited_and_somebody_is_let_enroll(void **state)
{
	struct judgement said;
	struct person person;
	struct history next;
	struct claim claim;

	(void)state;
	person_start(&person);
	sample_activation(&claim, RIGHT);
	assert_true(judge(&person.settings, &key, &person.enrollment, NULL, &person.history, &claim,
	    SAMPLE_NOW, &said, &next));
	assert_int_equal(said.verdict, VERDICT_WRONG);
	assert_int_equal(next.failures, 1);
	assert_true(judge_activation(&person.settings, &key, NULL, &person.history, &claim, SAMPLE_NOW,
	    &said, &next));
	assert_int_equal(said.verdict, VERDICT_WRONG);
	assert_int_equal(next.failures, 1);
	/* not wiped, and empty: what a login holds that found none */
	invitation_wipe(&person.invitation);
	person.enrollment.generation = 0;
	assert_int_equal(types(&person, false, RIGHT, SAMPLE_NOW), VERDICT_WRONG);
	assert_int_equal(types(&person, true, "000000000000", SAMPLE_NOW), VERDICT_WRONG);
}

static void
rule_20_code_is_taken_when_it_is_over(void **state)
{
	static const struct {
		const char *name;
		int64_t now, seen;
		bool taken;
	} rows[] = {
		{ "in time", SAMPLE_NOW, 0, true },
		{ "at the last moment", UNTIL - 1, 0, true },
		{ "over", UNTIL, 0, false },
		{ "long over", UNTIL + 365 * DAY, 0, false },
		{ "clock set back before a login", SAMPLE_NOW, UNTIL, false },
		{ "a login before it was over", SAMPLE_NOW, UNTIL - 1, true },
		{ "made 30 days ago", UNTIL - 30 * DAY, 0, true },
		{ "clock of before it was made", UNTIL - 30 * DAY - 1, 0, false },
		{ "clock of 1970", 5, 0, false },
		{ "clock of before that", INT64_MIN, 0, false },
		{ "clock beyond all", INT64_MAX, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct person person;

		for (unsigned dialogue = 0; dialogue < 2; dialogue++) {
			person_start(&person);
			person.history.rows = 1;
			person.history.row[0].used = rows[i].seen;
			person.invitation.generation = dialogue != 0 ? 0 : 3;
			assert_row(types(&person, dialogue != 0, RIGHT, rows[i].now) ==
				(rows[i].taken ? VERDICT_ACTIVATED : VERDICT_EXPIRED),
			    rows[i].name);
			assert_row(person.said.write && person.history.failures == 0, rows[i].name);
			assert_row(person.said.method == METHOD_ACTIVATION, rows[i].name);
		}
		/* and so the code beside the set, but that one is told to be wrong, and counts */
		person_start(&person);
		person.history.rows = 1;
		person.history.row[0].used = rows[i].seen;
		person.enrollment.one = one;
		person.enrollment.one_until = UNTIL;
		assert_row(types_recovery(&person, BESIDE, rows[i].now) ==
			(rows[i].taken ? VERDICT_ACCEPTED : VERDICT_WRONG),
		    rows[i].name);
		assert_row(person.history.failures == !rows[i].taken, rows[i].name);
	}
}

/* An administrator says that the clock is right now: codes of before the leap serve again. */
static void
rule_20_clock_that_leapt_ahead_keeps_codes_over_for_good(void **state)
{
	struct person person;
	struct history next;

	(void)state;
	person_start(&person);
	person.history.rows = 1;
	person.history.row[0].used = SAMPLE_NOW + 365LL * DAY;
	assert_int_equal(types(&person, false, RIGHT, SAMPLE_NOW), VERDICT_EXPIRED);
	judge_unlock(&person.enrollment, &person.history, SAMPLE_NOW, &next);
	person.history = next;
	assert_int_equal(types(&person, false, RIGHT, SAMPLE_NOW), VERDICT_ACTIVATED);
}

static void
wrong_code_is_not_counted_or_counted_twice(void **state)
{
	(void)state;
	for (unsigned dialogue = 0; dialogue < 2; dialogue++) {
		struct person person;
		char typed[] = WRONG "11";

		person_start(&person);
		person.invitation.generation = dialogue != 0 ? 0 : 3;
		for (unsigned i = 1; i <= 10; i++) {
			typed[11] = (char)('0' + i % 10);
			assert_int_equal(types(&person, dialogue != 0, typed, SAMPLE_NOW), VERDICT_WRONG);
			assert_int_equal(person.said.failures, i);
			assert_int_equal(person.said.locks, i == 10);
			if (i < 10) { /* a client that repeats itself */
				assert_int_equal(types(&person, dialogue != 0, typed, SAMPLE_NOW),
				    VERDICT_WRONG);
				assert_int_equal(person.said.failures, i);
			}
		}
		/* Locked, the right one is not judged; when it is over, it is. */
		assert_int_equal(types(&person, dialogue != 0, RIGHT, SAMPLE_NOW), VERDICT_LOCKED);
		assert_int_equal(person.said.wait, person.settings.lock_time);
		assert_int_equal(types(&person, dialogue != 0, RIGHT,
				     SAMPLE_NOW + person.settings.lock_time),
		    VERDICT_ACTIVATED);
		person.history.blocked = SAMPLE_NOW;
		assert_int_equal(types(&person, dialogue != 0, RIGHT, UNTIL - 1), VERDICT_BLOCKED);
		assert_int_equal(person.history.blocked, SAMPLE_NOW);
	}
}

static void
right_code_clears_failures_or_is_spent(void **state)
{
	(void)state;
	for (unsigned dialogue = 0; dialogue < 2; dialogue++) {
		struct person person;

		person_start(&person);
		person.invitation.generation = dialogue != 0 ? 0 : 3;
		for (unsigned i = 0; i < 4; i++) {
			char typed[] = WRONG "10";

			typed[11] = (char)('0' + i);
			assert_int_equal(types(&person, dialogue != 0, typed, SAMPLE_NOW), VERDICT_WRONG);
			/* It may be typed again until the commit, and lets nobody guess on afresh. */
			assert_int_equal(types(&person, dialogue != 0, RIGHT, SAMPLE_NOW),
			    VERDICT_ACTIVATED);
			assert_int_equal(person.history.failures, i + 1);
			assert_int_equal(person.history.since, i + 1);
			assert_int_equal(person.said.since, 0);
		}
		assert_int_equal(history_month(&person.history, SAMPLE_NOW), 4);
		assert_int_equal(person.history.sets, 0);
	}
}

static void
dialogue_takes_what_is_no_activation_code(void **state)
{
	struct person person;
	struct claim claims[4];
	uint32_t right;

	(void)state;
	person_start(&person);
	person.invitation.generation = 0;
	right = sample_code(&person.enrollment.device[0], STEP);
	sample_claim(&claims[0], right, 6);
	sample_recovery(&claims[1], OF_SET);
	claims[2] = (struct claim){ .kind = CLAIM_MALFORMED };
	claims[3] = (struct claim){ .kind = CLAIM_EMPTY };
	for (unsigned i = 0; i < 4; i++) {
		enum verdict verdict = judged(&person, true, &claims[i], SAMPLE_NOW);

		assert_int_equal(verdict, i == 3 ? VERDICT_EMPTY : VERDICT_MALFORMED);
		assert_false(person.said.write);
		assert_int_equal(person.history.seq, 0);
	}
}

static void
rule_03_activation_code_tells_who_is_enrolled(void **state)
{
	struct person person;

	(void)state;
	person_start(&person);
	enrollment_decoy(&person.enrollment, OTP_SHA1, 6, 30);
	person.invitation.generation = 0;
	history_start(&person.history, "?");
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(types(&person, false, i == 0 ? RIGHT : WRONG "22", SAMPLE_NOW),
		    VERDICT_UNENROLLED);
		assert_true(person.said.write);
		assert_int_equal(person.said.method, METHOD_NONE);
		assert_int_equal(person.history.failures, 0);
		assert_false(person.history.flushed);
	}
}

static void
code_beside_the_set_counts_twice_or_takes_one_away(void **state)
{
	struct person person;

	(void)state;
	person_start(&person);
	person.enrollment.one = one;
	person.enrollment.one_until = UNTIL;
	person.history.blocked = SAMPLE_NOW;
	assert_int_equal(types_recovery(&person, BESIDE, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(person.said.method, METHOD_RECOVERY);
	assert_int_equal(person.said.left, 1);
	assert_int_equal(person.history.blocked, 0);
	assert_int_equal(types_recovery(&person, BESIDE, SAMPLE_NOW), VERDICT_SPENT);
	assert_int_equal(types_recovery(&person, OF_SET, SAMPLE_NOW), VERDICT_ACCEPTED);
	assert_int_equal(person.said.left, 0);
	assert_int_equal(types_recovery(&person, OF_SET, SAMPLE_NOW), VERDICT_SPENT);
	assert_int_equal(types_recovery(&person, BESIDE, UNTIL - 1), VERDICT_SPENT);
	/* a new set does not revive it */
	person.enrollment.recovery.salt[9] ^= 1;
	assert_int_equal(types_recovery(&person, BESIDE, SAMPLE_NOW), VERDICT_SPENT);
	/* and nobody has one who was given none */
	person.enrollment.one.count = 0;
	assert_int_equal(types_recovery(&person, BESIDE, SAMPLE_NOW), VERDICT_WRONG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_that_does_not_count_here_lets_enroll),
		cmocka_unit_test(nobody_was_invited_and_somebody_is_let_enroll),
		cmocka_unit_test(rule_03_activation_code_tells_who_is_enrolled),
		cmocka_unit_test(wrong_code_is_not_counted_or_counted_twice),
		cmocka_unit_test(right_code_clears_failures_or_is_spent),
		cmocka_unit_test(dialogue_takes_what_is_no_activation_code),
		cmocka_unit_test(rule_20_code_is_taken_when_it_is_over),
		cmocka_unit_test(rule_20_clock_that_leapt_ahead_keeps_codes_over_for_good),
		cmocka_unit_test(code_beside_the_set_counts_twice_or_takes_one_away),
	};

	return cmocka_run_group_tests_name("activation", tests, make_codes, NULL);
}
