/* SPDX-License-Identifier: BSD-2-Clause */
#include "site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/settle.h"
#include "trouble.h"

#define ALICE "alice", 1000
#define STEP (SAMPLE_NOW / 30)

static struct settings settings;

static int
settled(struct site *site, const char *user, uid_t uid, uint32_t code, bool decoy)
{
	struct claim claim;

	sample_claim(&claim, code, 6);
	return site_settle(site, user, uid, &settings, &claim, decoy);
}

static uint32_t
right_code(uint32_t seed, int64_t step)
{
	struct device phone;

	sample_device(&phone, "phone", OTP_TOTP, seed);
	return sample_code(&phone, step);
}

/* A code of no step that is searched, another for each i below 200. */
static uint32_t
wrong_code(uint32_t seed, uint32_t i)
{
	uint32_t right[61], wrong = 0;

	for (int s = 0; s < 61; s++)
		right[s] = right_code(seed, STEP - 30 + s);
	for (uint32_t found = 0; found <= i; wrong++) {
		bool fits = false;

		for (int s = 0; s < 61; s++)
			fits = fits || right[s] == wrong;
		found += !fits;
	}
	return wrong - 1;
}

static int
start(void **state)
{
	settings_default(&settings);
	if (site_found(state) != 0)
		return -1;
	site_enroll(*state, ALICE, 1);
	return 0;
}

static void
verdict_is_not_recorded(void **state)
{
	struct site *site = *state;
	struct enrollment enrollment;
	struct history history;
	unsigned failures = 0;
	struct {
		uint32_t code;
		enum verdict verdict;
	} rows[] = {
		{ wrong_code(1, 0), VERDICT_WRONG },
		{ wrong_code(1, 1), VERDICT_WRONG },
		{ right_code(1, STEP), VERDICT_ACCEPTED },
		{ right_code(1, STEP), VERDICT_SPENT },
		{ right_code(1, STEP - 1), VERDICT_SPENT },
		{ wrong_code(1, 2), VERDICT_WRONG },
		{ right_code(1, STEP + 1), VERDICT_ACCEPTED },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(settled(site, ALICE, rows[i].code, false), rows[i].verdict);
		assert_true(site_load(site, ALICE, &enrollment, &history));
		failures = rows[i].verdict == VERDICT_WRONG ? failures + 1
		    : rows[i].verdict == VERDICT_ACCEPTED   ? 0
							    : failures;
		assert_int_equal(history.failures, failures);
		assert_int_equal(history.seq, i + 1);
	}
}

static void
rule_08_verdict_is_told_though_it_was_not_recorded(void **state)
{
	struct site *site = *state;

	/* flock, pwrite and, for a right code, fdatasync */
	for (unsigned call = 0; call < 2; call++) {
		trouble_after(call, EIO);
		assert_int_equal(settled(site, ALICE, wrong_code(1, 0), false), -1);
		assert_true(trouble_over());
		trouble_after(call, EIO);
		assert_int_equal(settled(site, ALICE, right_code(1, STEP), false), -1);
		assert_true(trouble_over());
	}
	trouble_after(2, EIO);
	assert_int_equal(settled(site, ALICE, right_code(1, STEP), false), -1);
	assert_true(trouble_over());
	/* What could not be flushed was taken back: it let nobody in, and does so once now. */
	assert_int_equal(settled(site, ALICE, right_code(1, STEP), false), VERDICT_ACCEPTED);
	assert_int_equal(settled(site, ALICE, right_code(1, STEP), false), VERDICT_SPENT);
}

static void
interrupted_call_refuses(void **state)
{
	struct site *site = *state;

	/* flock, pwrite */
	for (unsigned call = 0; call < 2; call++) {
		trouble_after(call, EINTR);
		assert_int_equal(settled(site, ALICE, wrong_code(1, call), false), VERDICT_WRONG);
		assert_true(trouble_over());
	}
}

/* Right and wrong would cost another time, a recovery code's scrypt above all. */
static void
rule_08_answer_that_cannot_be_recorded_is_judged(void **state)
{
	struct site *site = *state;
	struct claim claim;
	struct settle one = { .settings = &settings, .claim = &claim, .now = SAMPLE_NOW };
	struct record record;

	sample_claim(&claim, right_code(1, STEP), 6);
	site_look(site, ALICE, &record);
	record.unwritable = EFBIG;
	one.judgement.failures = 99;
	assert_false(settle(&one, &site->store, &record, &site->fault));
	assert_int_equal(one.judgement.failures, 99);
	claim = (struct claim){ .kind = CLAIM_ACTIVATION };
	assert_false(settle_activation(&one, &site->store, &record, &site->fault));
	assert_int_equal(one.judgement.failures, 99);
	record_close(&record);
	settle_wipe(&one);
}

static void
rule_19_what_was_read_outlives_the_answer(void **state)
{
	static const struct enrollment no_enrollment;
	static const struct invitation no_invitation;
	struct settle one = { .now = SAMPLE_NOW };

	(void)state;
	sample_enrollment(&one.enrollment);
	sample_invitation(&one.invitation);
	settle_wipe(&one);
	assert_memory_equal(&one.enrollment, &no_enrollment, sizeof no_enrollment);
	assert_memory_equal(&one.invitation, &no_invitation, sizeof no_invitation);
}

static void
what_is_no_answer_is_recorded(void **state)
{
	static const enum claim_kind kinds[] = { CLAIM_EMPTY, CLAIM_MALFORMED };
	struct site *site = *state;

	for (size_t i = 0; i < 2; i++) {
		struct claim claim = { .kind = kinds[i] };
		struct settle one = { .settings = &settings, .claim = &claim, .now = SAMPLE_NOW };
		struct record record;

		site_look(site, ALICE, &record);
		trouble_after(99, EIO);
		assert_true(settle(&one, &site->store, &record, &site->fault));
		(void)trouble_over();
		assert_int_equal(trouble_calls(), 0);
		record_close(&record);
		settle_wipe(&one);
	}
}

static void
rule_03_unknown_user_is_let_in_or_costs_less(void **state)
{
	struct site *site = *state;
	static const struct secret zero = { .len = 20 };
	struct device decoy = { .otp = { .digits = 6, .period = 30, .key = zero } };

	for (int64_t step = STEP - 1; step <= STEP + 1; step++) {
		trouble_after(99, EIO);
		assert_int_equal(settled(site, "nobody", 7, sample_code(&decoy, step), true),
		    VERDICT_UNENROLLED);
		(void)trouble_over();
		assert_int_equal(trouble_calls(), 3); /* lock, write, unlock, as for a wrong code */
	}
	/* An account that is gone is judged by no record, even if there is one. */
	assert_int_equal(settled(site, ALICE, right_code(1, STEP), true), VERDICT_UNENROLLED);
	/* and a decoy that cannot be written refuses nobody else's word */
	trouble_after(1, EIO);
	assert_int_equal(settled(site, "nobody", 7, 1, true), VERDICT_UNENROLLED);
	assert_true(trouble_over());
	assert_int_equal(settled(site, ALICE, right_code(1, STEP), false), VERDICT_ACCEPTED);
}

static void
rule_03_wrong_codes_of_unknown_users_show_at_the_next_prompt(void **state)
{
	struct site *site = *state;
	struct record record;
	int64_t wait;

	for (uint32_t i = 0; i < 12; i++)
		assert_int_equal(settled(site, "nobody", 7, wrong_code(1, i), true),
		    VERDICT_UNENROLLED);
	site_look(site, "somebody", 8, &record);
	assert_int_equal(judge_standing(&settings, &record.view.history, SAMPLE_NOW, &wait),
	    VERDICT_EMPTY);
	record_close(&record);
}

static bool crypto_fails;

bool __real_judge_warm(void);
bool __wrap_judge_warm(void);
bool
__wrap_judge_warm(void)
{
	return !crypto_fails && __real_judge_warm();
}

static void
libcrypto_that_fails_for_an_unknown_user_gives_no_reason(void **state)
{
	struct site *site = *state;

	site->fault = (struct store_fault){ .why = NULL };
	crypto_fails = true;
	assert_int_equal(settled(site, "nobody", 7, 1, true), -1);
	crypto_fails = false;
	assert_non_null(site->fault.why);
	assert_string_equal(site->fault.file, "libcrypto");
}

/* Looks before something happens, and settles after it. */
static void
rule_04_login_in_flight_succeeds_on_a_removed_device(void **state)
{
	struct site *site = *state;

	for (unsigned what = 0; what < 3; what++) {
		struct claim claim;
		struct settle one = { .settings = &settings, .claim = &claim, .now = SAMPLE_NOW };
		struct record record, other;

		site_enroll(site, ALICE, 1);
		sample_claim(&claim, right_code(1, STEP), 6);
		site_look(site, ALICE, &record);
		if (what == 0) {
			site_look(site, ALICE, &other);
			assert_int_equal(store_replace(&site->store, &other, NULL, &site->fault),
			    STORE_OK);
			record_close(&other);
		} else if (what == 1) {
			site_enroll(site, ALICE, 2);
		} else {
			assert_int_equal(settled(site, ALICE, right_code(1, STEP), false),
			    VERDICT_ACCEPTED);
		}
		assert_true(settle(&one, &site->store, &record, &site->fault));
		assert_int_equal(one.judgement.verdict,
		    what == 0 ? VERDICT_UNENROLLED : what == 1 ? VERDICT_WRONG : VERDICT_SPENT);
		record_close(&record);
		settle_wipe(&one);
	}
}

#define RACERS 64
#define RACERS_FEW 16 /* and still more than are judged before the lock */

/* Many processes at once, each with the code of its number; how many had this verdict. */
static unsigned
race(struct site *site, uint32_t (*code)(unsigned racer), enum verdict verdict)
{
	pid_t children[RACERS];
	int go[2];
	unsigned had = 0, racers = sample_stride() > 1 ? RACERS_FEW : RACERS;
	char byte;

	assert_int_equal(pipe(go), 0);
	for (unsigned i = 0; i < racers; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0) {
			uint32_t typed = code(i);

			/* All wait for the end of the pipe. */
			if (close(go[1]) != 0 || read(go[0], &byte, 1) != 0)
				_exit(0);
			_exit(settled(site, ALICE, typed, false) + 1);
		}
	}
	(void)close(go[0]);
	(void)close(go[1]);
	for (unsigned i = 0; i < racers; i++) {
		int status = 0;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) > 0);
		had += WEXITSTATUS(status) == (int)verdict + 1;
	}
	return had;
}

static uint32_t
the_right_one(unsigned racer)
{
	(void)racer;
	return right_code(1, STEP);
}

static uint32_t
another_wrong_one(unsigned racer)
{
	return wrong_code(1, racer);
}

static uint32_t
one_right_among_wrong(unsigned racer)
{
	return racer < 4 ? wrong_code(1, racer) : racer == 4 ? right_code(1, STEP) : 1;
}

static void
rule_07_one_code_lets_two_of_many_in(void **state)
{
	struct site *site = *state;

	for (unsigned round = 0; round < 3; round++) {
		site_enroll(site, ALICE, 1);
		assert_int_equal(race(site, the_right_one, VERDICT_ACCEPTED), round == 0);
	}
	settings.window = 1;
	assert_int_equal(settled(site, ALICE, right_code(1, STEP + 1), false), VERDICT_ACCEPTED);
}

static void
rule_08_parallel_guesses_outrun_the_lock(void **state)
{
	struct site *site = *state;

	assert_int_equal(race(site, another_wrong_one, VERDICT_WRONG), settings.lock_after);
	assert_int_equal(settled(site, ALICE, right_code(1, STEP), false), VERDICT_LOCKED);
}

static void
rule_09_right_code_is_lost_beside_wrong_ones(void **state)
{
	struct site *site = *state;

	settings.lock_after = 9999;
	assert_int_equal(race(site, one_right_among_wrong, VERDICT_ACCEPTED), 1);
}

int
main(void)
{
#define STARTED(test) cmocka_unit_test_setup_teardown(test, start, site_remove)
	const struct CMUnitTest tests[] = {
		STARTED(verdict_is_not_recorded),
		STARTED(rule_19_what_was_read_outlives_the_answer),
		STARTED(what_is_no_answer_is_recorded),
		STARTED(rule_03_unknown_user_is_let_in_or_costs_less),
		STARTED(rule_03_wrong_codes_of_unknown_users_show_at_the_next_prompt),
		STARTED(libcrypto_that_fails_for_an_unknown_user_gives_no_reason),
		STARTED(rule_04_login_in_flight_succeeds_on_a_removed_device),
		STARTED(rule_07_one_code_lets_two_of_many_in),
		STARTED(rule_08_parallel_guesses_outrun_the_lock),
		STARTED(rule_08_verdict_is_told_though_it_was_not_recorded),
		STARTED(rule_08_answer_that_cannot_be_recorded_is_judged),
		STARTED(interrupted_call_refuses),
		STARTED(rule_09_right_code_is_lost_beside_wrong_ones),
	};

	return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}
