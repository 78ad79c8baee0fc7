/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <stdio.h>
#include <string.h>

#include "core/seal.h"

#define DAY 86400
#define LOCK 1800

static struct history_view view;
static struct fault fault;

static bool
reads(const char *file, const char *user)
{
	memset(&view, 0x5a, sizeof view);
	fault = (struct fault){ .line = 0 };
	if (history_read(&view, file, user, &fault))
		return true;
	assert_non_null(fault.why);
	return false;
}

/* What store_swap does, without the disk. */
static void
put(char file[static HISTORY_SIZE], const struct history *next, unsigned target)
{
	assert_true(history_write(next, file + target * HISTORY_STRIDE));
}

/* A file whose slot 0 holds a history of alice with something in every field. */
static void
begin(char file[static HISTORY_SIZE], struct history *history)
{
	sample_longest(history);
	memcpy(history->user, SAMPLE_USER, sizeof SAMPLE_USER);
	history->seq = 7;
	memset(file, 0, HISTORY_SIZE);
	put(file, history, 0);
}

static void
what_was_written_reads_otherwise(void **state)
{
	char file[HISTORY_SIZE] = { 0 };
	struct history history;

	(void)state;
	history_start(&history, SAMPLE_USER);
	put(file, &history, 0);
	assert_true(reads(file, SAMPLE_USER));
	assert_true(sample_same_history(&view.history, &history));
	assert_int_equal(view.target, 1);
	assert_false(view.torn);
	begin(file, &history);
	assert_true(reads(file, SAMPLE_USER));
	assert_true(sample_same_history(&view.history, &history));
}

static void
longest_slot_does_not_fit(void **state)
{
	char file[HISTORY_SIZE + 1] = { 0 };
	struct history history;

	(void)state;
	sample_longest(&history);
	file[HISTORY_SLOT] = '#';
	put(file, &history, 0);
	assert_int_equal(file[HISTORY_SLOT], '#');
	file[HISTORY_SLOT] = '\0';
	assert_true(reads(file, history.user));
	/* all but the places, of which there is room for the newest */
	history.place[0] = history.place[HISTORY_PLACES - 1];
	history.places = 1;
	assert_true(sample_same_history(&view.history, &history));
	history.places = 0;
	memset(history.user, '/', 85);
	history.user[85] = '\0';
	put(file, &history, 0);
	assert_true(reads(file, history.user));
}

static void
slot_is_not_the_form_that_is_promised(void **state)
{
	static const char right[] =
	    "twostep-history 1\n"
	    "user alice\n"
	    "seq 3\n"
	    "flushed 0\n"
	    "device 0123456789abcdef last 60000000 before -1 drift -2 used 1700000000 pair 5 at 6\n"
	    "failures 4\n"
	    "since 5\n"
	    "locked 0\n"
	    "blocked 1700000001\n"
	    "days 19675 4 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 9\n"
	    "wrong 1700000000 00000000000000ff\n"
	    "spent 0001020304050607 5\n"
	    "place 00000000000000aa 1700000002 00000000000000bb 7\n"
	    "\n\n";
	struct history history;
	char slot[HISTORY_SLOT];

	(void)state;
	history_start(&history, SAMPLE_USER);
	history.seq = 3;
	history.flushed = false;
	history.rows = 1;
	history.row[0] = (struct history_row){ "0123456789abcdef", 60000000, -1, -2, 1700000000, 5, 6 };
	history.failures = 4;
	history.since = 5;
	history.blocked = 1700000001;
	history.day = 19675;
	history.wrong[0] = 4;
	history.wrong[29] = 9;
	history.wrong_at = 1700000000;
	history.wrong_tag[7] = 0xff;
	history.sets = 1;
	memcpy(history.spent[0].set, "0001020304050607", RECOVERY_ID_SIZE);
	history.spent[0].codes = 5;
	history.places = 1;
	history.place[0] = (struct history_place){ "00000000000000aa", 1700000002, "00000000000000bb", 7 };
	assert_true(history_write(&history, slot));
	assert_memory_equal(slot, right, sizeof right - 1);
	assert_memory_equal(slot + HISTORY_SLOT - 21, "sum ", 4);
	assert_int_equal(slot[HISTORY_SLOT - 1], '\n');
}

static void
rule_13_flipped_bit_is_read(void **state)
{
	char file[HISTORY_SIZE];
	struct history older, newer;

	(void)state;
	begin(file, &older);
	for (size_t i = 0; i < HISTORY_SLOT; i += sample_stride()) {
		for (int bit = 0; bit < 8; bit++) {
			file[i] = (char)(file[i] ^ 1 << bit);
			assert_false(reads(file, SAMPLE_USER));
			file[i] = (char)(file[i] ^ 1 << bit);
		}
	}
	/* With a second slot, whichever is whole counts, and the journal hears of the other. */
	newer = older;
	newer.seq++;
	newer.failures = 1;
	put(file, &newer, 1);
	for (size_t i = 0; i < HISTORY_SIZE; i += sample_stride()) {
		const struct history *left = i < HISTORY_STRIDE ? &newer : &older;
		int bit = (int)(i % 8);

		if (i % HISTORY_STRIDE >= HISTORY_SLOT)
			continue;
		file[i] = (char)(file[i] ^ 1 << bit);
		assert_true(reads(file, SAMPLE_USER));
		assert_true(sample_same_history(&view.history, left));
		assert_int_equal(view.target, left == &older);
		assert_true(view.torn);
		file[i] = (char)(file[i] ^ 1 << bit);
	}
}

/* What lies between and behind the slots says nothing, whatever it is. */
static void
rule_13_byte_between_the_slots_makes_another_history(void **state)
{
	char file[HISTORY_SIZE];
	struct history older, newer;

	(void)state;
	begin(file, &older);
	newer = older;
	newer.seq++;
	put(file, &newer, 1);
	for (size_t i = HISTORY_SLOT; i < HISTORY_STRIDE; i += sample_stride()) {
		file[i] = file[i + HISTORY_STRIDE] = (char)(1 + i % 255);
		assert_true(!reads(file, SAMPLE_USER) || sample_same_history(&view.history, &newer));
		file[i] = file[i + HISTORY_STRIDE] = 0;
	}
	/* nor where each is what the one before it is */
	memset(file + HISTORY_SLOT + HISTORY_NOTE, 'x', HISTORY_STRIDE - HISTORY_SLOT - HISTORY_NOTE);
	assert_true(reads(file, SAMPLE_USER) && view.torn);
	memset(file + HISTORY_SLOT, 'x', HISTORY_NOTE);
	assert_true(reads(file, SAMPLE_USER) && view.torn);
}

static void
rule_14_torn_write_reads_as_a_whole_one(void **state)
{
	char file[HISTORY_SIZE], slot[HISTORY_SLOT], whole[HISTORY_SIZE];
	struct history older, newer;

	(void)state;
	begin(file, &older);
	newer = older;
	newer.seq++;
	newer.rows = 1;
	assert_true(history_write(&newer, slot));
	/* any number of its bytes over zeros, and over an older slot */
	for (unsigned over = 0; over < 2; over++) {
		if (over == 1) {
			older.seq--;
			put(file, &older, 1);
			older.seq++;
		}
		for (size_t len = 0; len < HISTORY_SLOT; len += sample_stride()) {
			memcpy(whole, file, sizeof whole);
			memcpy(whole + HISTORY_STRIDE, slot, len);
			assert_true(reads(whole, SAMPLE_USER));
			if (memcmp(whole + HISTORY_STRIDE, slot, HISTORY_SLOT) == 0)
				continue;
			assert_true(sample_same_history(&view.history, &older));
			assert_int_equal(view.target, 1);
		}
	}
}

static void
rule_01_two_damaged_slots_are_an_empty_history(void **state)
{
	char file[HISTORY_SIZE] = { 0 };
	struct history history;

	(void)state;
	assert_false(reads(file, SAMPLE_USER));
	memset(file, '\n', sizeof file);
	assert_false(reads(file, SAMPLE_USER));
	begin(file, &history);
	history.seq++;
	put(file, &history, 1);
	file[3] ^= 1;
	file[HISTORY_STRIDE + 3] ^= 1;
	assert_false(reads(file, SAMPLE_USER));
}

static void
empty_slot_is_reported_as_torn(void **state)
{
	char file[HISTORY_SIZE];
	struct history history;

	(void)state;
	begin(file, &history);
	assert_true(reads(file, SAMPLE_USER));
	assert_false(view.torn);
	file[HISTORY_STRIDE + 1] = 1;
	assert_true(reads(file, SAMPLE_USER));
	assert_true(view.torn);
	memset(file + HISTORY_STRIDE, 1, HISTORY_STRIDE);
	assert_true(reads(file, SAMPLE_USER));
	assert_true(view.torn);
}

static void
rule_04_history_of_another_user_is_taken(void **state)
{
	static const char *const users[] = { "alic", "alice2", "bob", "", "Alice", "alice\nseq 9" };
	char file[HISTORY_SIZE];
	struct history history;

	(void)state;
	begin(file, &history);
	for (size_t i = 0; i < sizeof users / sizeof *users; i++)
		assert_row(!reads(file, users[i]), users[i]);
	/* Neither does a foreign slot win over one's own. */
	memcpy(history.user, "bob", sizeof "bob");
	history.seq++;
	put(file, &history, 1);
	assert_true(reads(file, SAMPLE_USER));
	assert_string_equal(view.history.user, SAMPLE_USER);
	assert_int_equal(view.history.seq, 7);
}

static void
slots_of_one_number_are_guessed_between(void **state)
{
	char file[HISTORY_SIZE];
	struct history history;

	(void)state;
	begin(file, &history);
	history.failures = 0;
	put(file, &history, 1);
	assert_false(reads(file, SAMPLE_USER));
}

/* Puts lines of our own under a right sum. */
static void
compose(char file[static HISTORY_SIZE], const char *lines)
{
	static const size_t body = HISTORY_SLOT - (4 + 2 * SEAL_SUM_LENGTH + 1);
	struct text text;
	uint8_t sum[SEAL_SUM_LENGTH];

	memset(file, 0, HISTORY_SIZE);
	assert_true(strlen(lines) <= body);
	memset(file, '\n', body);
	memcpy(file, lines, strlen(lines));
	assert_true(seal_sum(file, body, sum));
	text = text_into(file + body, HISTORY_SLOT - body);
	text_put(&text, "sum ");
	text_put_hex(&text, sum, sizeof sum);
	text_put(&text, "\n");
}

#define HEAD "twostep-history 1\nuser alice\nseq 3\nflushed 1\n"
#define ROW "device 0123456789abcdef last 6 before -1 drift -2 used 17 pair 5 at 6\n"
#define COUNTS "failures 4\nsince 5\nlocked 0\nblocked 0\n"
#define ZEROS "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"
#define MONTH "days 19675 4 " ZEROS "\n"
#define WRONG "wrong 17 00000000000000ff\n"
#define SPENT "spent 0001020304050607 5\n"
#define TAIL COUNTS MONTH WRONG
#define ID "0001020304050607"
#define PLACE(digit) "place " digit "001020304050607 1700000000 " ID " 7\n"

static void
rule_13_unknown_or_damaged_line_is_passed_over(void **state)
{
	static const struct {
		const char *lines;
		bool read;
	} rows[] = {
		{ HEAD TAIL, true },
		{ HEAD ROW TAIL SPENT, true },
		{ "twostep-history 2\nuser alice\nseq 3\nflushed 1\n" TAIL, false },
		{ "\n" HEAD TAIL, false },
		{ "twostep-history 1\nuser alice\nseq -1\nflushed 1\n" TAIL, false },
		{ "twostep-history 1\nuser alice\nseq 9223372036854775807\nflushed 1\n" TAIL, false },
		{ "twostep-history 1\nuser alice\nseq 3\nflushed 2\n" TAIL, false },
		{ "twostep-history 1\nuser alice\nseq 3\n" TAIL, false },
		{ HEAD "nullok\n" TAIL, false },
		{ HEAD "\n" TAIL, false },
		{ HEAD ROW ROW TAIL, false },
		{ HEAD "device 0123456789ABCDEF last 6 before -1 drift -2 used 17 pair 5 at 6\n" TAIL,
		    false },
		{ HEAD "device 0123456789abcdef last -2 before -1 drift -2 used 17 pair 5 at 6\n" TAIL,
		    false },
		{ HEAD "device 0123456789abcdef last 6 before -1 drift 21 used 17 pair 5 at 6\n" TAIL,
		    false },
		{ HEAD "device 0123456789abcdef last 6 before -1 drift -21 used 17 pair 5 at 6\n" TAIL,
		    false },
		{ HEAD "device 0123456789abcdef last 10000000000000 before -1 drift 0 used 1 pair 5 at 6\n"
		       TAIL, false },
		{ HEAD "device 0123456789abcdef last 6 before -1 drift 0 used -1 pair 5 at 6\n" TAIL,
		    false },
		{ HEAD "device 0123456789abcdef last 6 before -1 drift 0 used 1 pair 5 at 6 x\n" TAIL,
		    false },
		{ HEAD "device 0123456789abcde last 6 before -1 drift 0 used 1 pair 5 at 6\n" TAIL,
		    false },
		{ HEAD "failures 100000\nsince 5\nlocked 0\nblocked 0\n" MONTH WRONG, false },
		{ HEAD "failures -1\nsince 5\nlocked 0\nblocked 0\n" MONTH WRONG, false },
		{ HEAD "failures 1\nsince 5\nlocked 100000000000\nblocked 0\n" MONTH WRONG, false },
		{ HEAD "failures 1\nsince 5\nblocked 0\nlocked 0\n" MONTH WRONG, false },
		{ HEAD COUNTS "days 19675 " ZEROS "\n" WRONG, false },
		{ HEAD COUNTS "days 19675 4 4 " ZEROS "\n" WRONG, false },
		{ HEAD COUNTS "days 1157408 4 " ZEROS "\n" WRONG, false },
		{ HEAD COUNTS MONTH "wrong 17 00000000000000f\n", false },
		{ HEAD COUNTS MONTH "wrong 17  00000000000000ff\n", false },
		{ HEAD COUNTS MONTH, false },
		{ HEAD TAIL "spent 0001020304050607 4294967296\n", false },
		{ HEAD TAIL SPENT "spent 1001020304050607 5\nspent 2001020304050607 5\n", true },
		{ HEAD TAIL SPENT "spent 1001020304050607 5\nspent 2001020304050607 5\n"
		       "spent 3001020304050607 5\n", false },
		{ HEAD TAIL SPENT SPENT, false }, /* which of the two would count? */
		{ HEAD TAIL PLACE("0"), true },
		{ HEAD TAIL SPENT PLACE("0") PLACE("1") PLACE("2") PLACE("3"), true },
		{ HEAD TAIL PLACE("0") PLACE("1") PLACE("2") PLACE("3") PLACE("4"), false },
		{ HEAD TAIL PLACE("0") PLACE("1") PLACE("0"), false }, /* which of the two would count? */
		{ HEAD TAIL PLACE("0") SPENT, false },
		{ HEAD PLACE("0") TAIL, false },
		{ HEAD TAIL "place 1\n", false },
		{ HEAD TAIL "place " ID " 1700000000 " ID "\n", false },
		{ HEAD TAIL "place " ID " 1700000000 " ID " 7 x\n", false },
		{ HEAD TAIL "place " ID "  1700000000 " ID " 7\n", false },
		{ HEAD TAIL "place " ID " 0 " ID " 7\n", false },
		{ HEAD TAIL "place " ID " 100000000000 " ID " 7\n", false },
		{ HEAD TAIL "place " ID " 1700000000 " ID " -1\n", false },
		{ HEAD TAIL "place " ID " 1700000000 " ID " 100000000000\n", false },
		{ HEAD TAIL "place " ID "0 1700000000 " ID " 7\n", false },
		{ HEAD TAIL "place 0001020304050 1700000000 " ID " 7\n", false },
		{ HEAD TAIL "place 000102030405060A 1700000000 " ID " 7\n", false },
		{ HEAD TAIL "place " ID " 1700000000 000102030405060A 7\n", false },
		{ HEAD TAIL "\nspent 0001020304050607 5\n", false },
		{ HEAD TAIL " \n", false },
	};
	char file[HISTORY_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		compose(file, rows[i].lines);
		assert_row(reads(file, SAMPLE_USER) == rows[i].read, rows[i].lines);
	}
}

static void
device_row_too_many_is_read(void **state)
{
	char file[HISTORY_SIZE], lines[HISTORY_SLOT];

	(void)state;
	for (unsigned extra = 0; extra < 2; extra++) {
		struct text text = text_into(lines, sizeof lines);
		char row[128];

		text_put(&text, HEAD);
		for (unsigned i = 0; i < HISTORY_ROWS + extra; i++) {
			(void)snprintf(row, sizeof row,
			    "device %016x last 6 before -1 drift 0 used 17 pair 5 at 6\n", i);
			text_put(&text, row);
		}
		text_put(&text, TAIL);
		text_end(&text);
		compose(file, lines);
		assert_int_equal(reads(file, SAMPLE_USER), extra == 0);
	}
}

/*
 * Any number of successes and failures in any order: the slot that is written never
 * holds the newest durable success, so that losing the write loses nothing that was told.
 */
static void
rule_09_write_touches_the_newest_durable_success(void **state)
{
	struct draw draw = { .state = 9 };
	char file[HISTORY_SIZE] = { 0 }, torn[HISTORY_SIZE];
	struct history history, durable;
	unsigned durable_slot = 0;

	(void)state;
	history_start(&history, SAMPLE_USER);
	put(file, &history, 0);
	durable = history;
	for (int i = 0; i < 3000; i++) {
		bool success = draw_number(&draw, 4) == 0;

		assert_true(reads(file, SAMPLE_USER));
		assert_true(sample_same_history(&view.history, &history));
		assert_int_not_equal(view.target, durable_slot);
		history.seq++;
		history.flushed = success;
		history.failures = success ? 0 : history.failures + 1;
		/* The power may fail at any byte of it: the last success is then what counts. */
		memcpy(torn, file, sizeof torn);
		put(torn, &history, view.target);
		memset(torn + view.target * HISTORY_STRIDE + 1, 'x', draw_number(&draw, 2000) + 1);
		put(file, &history, view.target);
		if (success) {
			durable = history;
			durable_slot = view.target;
		} else {
			assert_true(reads(torn, SAMPLE_USER));
			assert_true(sample_same_history(&view.history, &durable));
		}
	}
}

static void
moment_is_not_what_a_slot_holds(void **state)
{
	(void)state;
	assert_int_equal(history_time(INT64_MIN), 1);
	assert_int_equal(history_time(0), 1);
	assert_int_equal(history_time(1), 1);
	assert_int_equal(history_time(SAMPLE_NOW), SAMPLE_NOW);
	assert_int_equal(history_time(HISTORY_TIME_MAX), HISTORY_TIME_MAX);
	assert_int_equal(history_time(INT64_MAX), HISTORY_TIME_MAX);
}

static void
row_of_a_device_gives_way_to_another(void **state)
{
	struct enrollment enrollment;
	struct history history;
	struct history_row *row;
	struct device gone;

	(void)state;
	sample_full(&enrollment);
	history_start(&history, SAMPLE_USER);
	sample_device(&gone, "gone", OTP_TOTP, 50);
	gone.floor = 5;
	row = history_row_make(&history, &enrollment, &gone);
	assert_string_equal(row->id, gone.id);
	assert_int_equal(row->last, 5);
	assert_int_equal(row->before, -1);
	assert_int_equal(row->pair_step, -1);
	for (unsigned i = 0; i < 4; i++)
		history_row_make(&history, &enrollment, &enrollment.device[i])->used = 100 + i;
	sample_device(&gone, "gone2", OTP_TOTP, 51);
	(void)history_row_make(&history, &enrollment, &gone);
	for (unsigned i = 4; i < 8; i++)
		history_row_make(&history, &enrollment, &enrollment.device[i])->used = 100 + i;
	assert_int_equal(history.rows, HISTORY_ROWS);
	/* Full: the two that are gone give way, the oldest first. */
	sample_device(&gone, "new", OTP_TOTP, 52);
	assert_string_equal(history_row_make(&history, &enrollment, &gone)->id, gone.id);
	sample_device(&gone, "gone", OTP_TOTP, 50);
	assert_null(history_row(&history, gone.id));
	sample_device(&gone, "gone2", OTP_TOTP, 51);
	assert_non_null(history_row(&history, gone.id));
	assert_int_equal(history.rows, HISTORY_ROWS);
	for (unsigned i = 0; i < 8; i++) {
		row = history_row_make(&history, &enrollment, &enrollment.device[i]);
		assert_int_equal(row->used, 100 + i);
	}
	assert_int_equal(history.rows, HISTORY_ROWS);
}

static void
rule_06_enrolling_a_key_again_frees_its_steps(void **state)
{
	struct enrollment enrollment;
	struct history history;
	struct device *phone = &enrollment.device[0];

	(void)state;
	sample_enrollment(&enrollment);
	history_start(&history, SAMPLE_USER);
	assert_int_equal(history_last(&history, phone), -1);
	phone->floor = 40;
	assert_int_equal(history_last(&history, phone), 40);
	history_row_make(&history, &enrollment, phone)->last = 60;
	assert_int_equal(history_last(&history, phone), 60);
	phone->floor = 70;
	assert_int_equal(history_last(&history, phone), 70);
	phone->floor = -1;
	assert_int_equal(history_last(&history, phone), 60);
	/* and the row stays where it is while the device is not there */
	enrollment.devices = 0;
	assert_non_null(history_row(&history, phone->id));
	assert_int_equal(history_row_make(&history, &enrollment, phone)->last, 60);
}

static void
rule_06_spent_recovery_code_comes_back(void **state)
{
	struct enrollment enrollment = { .recovery.count = 20 };
	struct recovery_set *set = &enrollment.recovery, older;
	struct history history;

	(void)state;
	history_start(&history, SAMPLE_USER);
	assert_int_equal(history_left(&history, set), 20);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(history_spent(&history, set) >> i, 0);
		history_spend(&history, &enrollment, set, i);
		history_spend(&history, &enrollment, set, i);
		assert_int_equal(history_left(&history, set), 19 - i);
	}
	assert_int_equal(history_spent(&history, set), 0xfffff);
	/* Two newer sets stand beside it, a third drives the oldest out. */
	older = *set;
	for (uint8_t i = 1; i <= 3; i++) {
		assert_int_equal(history_spent(&history, &older), 0xfffff);
		set->salt[0] = i;
		assert_int_equal(history_spent(&history, set), 0);
		history_spend(&history, &enrollment, set, i - 1);
	}
	assert_int_equal(history.sets, HISTORY_SPENT);
	assert_int_equal(history_spent(&history, &older), 0);
	for (uint8_t i = 1; i <= 3; i++) {
		set->salt[0] = i;
		assert_int_equal(history_spent(&history, set), 1U << (i - 1));
	}
}

/* One code after another beside the set, each new and each used, must not push the set out. */
static void
rule_06_codes_beside_the_set_free_what_was_spent_of_it(void **state)
{
	struct enrollment enrollment = { .recovery.count = 3, .one.count = 1 };
	struct history history;

	(void)state;
	history_start(&history, SAMPLE_USER);
	enrollment.recovery.salt[0] = 0xff;
	history_spend(&history, &enrollment, &enrollment.recovery, 1);
	for (uint8_t i = 1; i <= 10; i++) {
		enrollment.one.salt[0] = i;
		assert_int_equal(history_left(&history, &enrollment.one), 1);
		history_spend(&history, &enrollment, &enrollment.one, 0);
		assert_int_equal(history_left(&history, &enrollment.one), 0);
		assert_int_equal(history_spent(&history, &enrollment.recovery), 2);
		assert_in_range(history.sets, 1, HISTORY_SPENT);
	}
}

static void
rule_20_lock_in_the_future_never_ends(void **state)
{
	static const struct {
		const char *name;
		int64_t locked, now, after;
	} rows[] = {
		{ "not locked", 0, SAMPLE_NOW, 0 },
		{ "just now", SAMPLE_NOW, SAMPLE_NOW, SAMPLE_NOW },
		{ "a second is left", SAMPLE_NOW, SAMPLE_NOW + LOCK - 1, SAMPLE_NOW },
		{ "over", SAMPLE_NOW, SAMPLE_NOW + LOCK, 0 },
		{ "long over", SAMPLE_NOW, HISTORY_TIME_MAX, 0 },
		{ "in the future", SAMPLE_NOW + 1, SAMPLE_NOW, SAMPLE_NOW },
		{ "years ahead", HISTORY_TIME_MAX, SAMPLE_NOW, SAMPLE_NOW },
		{ "a clock at its beginning", SAMPLE_NOW, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct history history;

		history_start(&history, SAMPLE_USER);
		history.locked = rows[i].locked;
		history.failures = 10;
		history.since = 12;
		history_refresh(&history, rows[i].now, LOCK);
		assert_row(history.locked == rows[i].after, rows[i].name);
		assert_row(history.since == 12, rows[i].name);
		/* Only a lock that is over lets one begin to count again. */
		assert_row((history.failures == 0) == (rows[i].locked != 0 && rows[i].after == 0),
		    rows[i].name);
	}
}

static void
wrong_code_of_thirty_days_ago_still_counts(void **state)
{
	struct history history;

	(void)state;
	history_start(&history, SAMPLE_USER);
	/* one a day for 40 days: those of the last 30 count */
	for (int day = 0; day < 40; day++) {
		history_count(&history, SAMPLE_NOW + day * DAY);
		assert_int_equal(history_month(&history, SAMPLE_NOW + day * DAY),
		    day < 30 ? day + 1 : 30);
	}
	assert_int_equal(history.failures, 40);
	assert_int_equal(history.since, 40);
	for (int gap = 1; gap < 40; gap++)
		assert_int_equal(history_month(&history, SAMPLE_NOW + (39 + gap) * DAY),
		    gap < 30 ? 30 - gap : 0);
	/* a gap of exactly, of nearly and of more than 30 days */
	for (int gap = 28; gap < 33; gap++) {
		struct history next = history;

		history_count(&next, SAMPLE_NOW + (39 + gap) * DAY);
		assert_int_equal(history_month(&next, SAMPLE_NOW + (39 + gap) * DAY),
		    gap < 30 ? 31 - gap : 1);
		assert_int_equal(next.day, (SAMPLE_NOW + (39 + gap) * DAY) / DAY);
	}
}

static void
rule_20_clock_set_back_forgets_wrong_codes(void **state)
{
	struct history history;

	(void)state;
	history_start(&history, SAMPLE_USER);
	for (int i = 0; i < 5; i++)
		history_count(&history, SAMPLE_NOW);
	assert_int_equal(history_month(&history, SAMPLE_NOW - 40 * DAY), 5);
	history_count(&history, SAMPLE_NOW - 40 * DAY);
	assert_int_equal(history_month(&history, SAMPLE_NOW - 40 * DAY), 6);
}

static void
rule_20_clock_that_leapt_ahead_keeps_wrong_codes_for_years(void **state)
{
	struct history history;

	(void)state;
	history_start(&history, SAMPLE_USER);
	history_count(&history, SAMPLE_NOW + 3650LL * DAY);
	/* The clock is right again: what is counted from here on ages as ever. */
	history_refresh(&history, SAMPLE_NOW, LOCK);
	history_count(&history, SAMPLE_NOW);
	assert_int_equal(history_month(&history, SAMPLE_NOW), 2);
	history_refresh(&history, SAMPLE_NOW + 31 * DAY, LOCK);
	assert_int_equal(history_month(&history, SAMPLE_NOW + 31 * DAY), 0);
}

static void
count_runs_over_its_field(void **state)
{
	struct history history;
	char slot[HISTORY_SLOT];

	(void)state;
	sample_longest(&history);
	history_count(&history, HISTORY_TIME_MAX);
	assert_int_equal(history.failures, HISTORY_COUNT_MAX);
	assert_int_equal(history.since, HISTORY_COUNT_MAX);
	assert_int_equal(history.wrong[0], HISTORY_COUNT_MAX);
	assert_int_equal(history_month(&history, HISTORY_TIME_MAX), 30 * HISTORY_COUNT_MAX);
	assert_true(history_write(&history, slot));
}

static void
opened_account_is_still_shut(void **state)
{
	struct history history;

	(void)state;
	sample_longest(&history);
	history_open(&history);
	assert_int_equal(history.failures, 0);
	assert_int_equal(history.locked, 0);
	assert_int_equal(history.blocked, 0);
	assert_int_equal(history_month(&history, HISTORY_TIME_MAX), 0);
	/* and what was spent stays spent, what is to be told stays */
	assert_int_equal(history.rows, HISTORY_ROWS);
	assert_int_equal(history.row[0].last, OTP_STEP_MAX);
	assert_int_equal(history.spent[0].codes, UINT32_MAX);
	assert_int_equal(history.since, HISTORY_COUNT_MAX);
}

/* ---- places ----------------------------------------------------------------------- */

#define REMEMBER 3600

static struct place
here(const char *address, const char *boot, int64_t uptime)
{
	struct place place = { .uptime = uptime };
	struct place of_boot;

	assert_true(place_identify(&place, &address, 1));
	assert_true(place_identify(&of_boot, &boot, 1));
	memcpy(place.boot, of_boot.id, sizeof place.boot);
	return place;
}

static void
rule_20_place_is_remembered_too_long(void **state)
{
	static const struct {
		const char *name;
		const char *address, *boot;
		int64_t uptime, now;
		bool local, remembered;
	} rows[] = {
		{ "at once", "A", "1", 1000, SAMPLE_NOW, false, true },
		{ "in time", "A", "1", 1000 + REMEMBER - 1, SAMPLE_NOW + REMEMBER - 1, false, true },
		{ "too late", "A", "1", 1000 + REMEMBER, SAMPLE_NOW + REMEMBER, false, false },
		{ "clock set back", "A", "1", 1001, SAMPLE_NOW - 1, false, false },
		{ "too late, clock set back", "A", "1", 1000 + REMEMBER, SAMPLE_NOW + 1, false, false },
		{ "in time, clock set ahead", "A", "1", 1001, SAMPLE_NOW + 9 * REMEMBER, false, true },
		{ "uptime that went back", "A", "1", 999, SAMPLE_NOW + 1, false, false },
		{ "another address", "B", "1", 1001, SAMPLE_NOW + 1, false, false },
		{ "after a reboot", "A", "2", 10, SAMPLE_NOW + 60, false, true },
		{ "long after a reboot", "A", "2", 10, SAMPLE_NOW + REMEMBER - 1, false, true },
		{ "too long after a reboot", "A", "2", 10, SAMPLE_NOW + REMEMBER, false, false },
		{ "after a reboot, clock set back", "A", "2", 10, SAMPLE_NOW - 1, false, false },
		{ "locally", "A", "1", 1001, SAMPLE_NOW + 1, true, true },
		{ "locally, after a reboot", "A", "2", 2000, SAMPLE_NOW + 60, true, false },
		{ "clock of before 1970", "A", "1", 1001, -5, false, false },
		{ "clock beyond all", "A", "2", 1001, INT64_MAX, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct place first = here("A", "1", 1000);
		struct place then = here(rows[i].address, rows[i].boot, rows[i].uptime);
		struct history history;

		history_start(&history, SAMPLE_USER);
		assert_row(!history_remembers(&history, &then, rows[i].now, REMEMBER), rows[i].name);
		then.local = rows[i].local;
		history_remember(&history, &first, SAMPLE_NOW);
		assert_row(history_remembers(&history, &then, rows[i].now, REMEMBER) ==
			rows[i].remembered,
		    rows[i].name);
		assert_row(!history_remembers(&history, &then, rows[i].now, 0), rows[i].name);
	}
}

static void
rule_20_reboot_and_a_clock_that_was_later_revive_a_place(void **state)
{
	struct place place = here("A", "1", 1000), rebooted = here("A", "2", 5);

	(void)state;
	for (unsigned what = 0; what < 8; what++) {
		struct history history;
		int64_t later = SAMPLE_NOW + 600;

		history_start(&history, SAMPLE_USER);
		history_remember(&history, &place, SAMPLE_NOW);
		history.rows = 1;
		switch (what) {
		case 0:
			history.row[0].used = later;
			break;
		case 1:
			history.row[0].pair_at = later;
			break;
		case 2:
			history.wrong_at = later;
			break;
		case 3:
			history.day = later / DAY + 1;
			later = history.day * DAY;
			break;
		case 4:
			history_remember(&history, &rebooted, later);
			memcpy(history.place[0].id, "0000000000000000", PLACE_ID_SIZE);
			rebooted = here("A", "3", 5);
			break;
		case 5:
			/* what was taken back counts no more, and neither does a place of after it */
			history.row[0].used = later;
			history_take_back(&history, SAMPLE_NOW + 1);
			assert_true(history_remembers(&history, &rebooted, SAMPLE_NOW + 1, REMEMBER));
			history_take_back(&history, SAMPLE_NOW - 1);
			assert_int_equal(history.places, 0);
			assert_int_equal(history_seen(&history), SAMPLE_NOW - 1);
			continue;
		default: /* locked or blocked since, and not open yet */
			history.locked = what == 6 ? SAMPLE_NOW : 0;
			history.blocked = what == 7 ? SAMPLE_NOW : 0;
			assert_false(history_remembers(&history, &place, SAMPLE_NOW + 1, REMEMBER));
			history_remember(&history, &rebooted, SAMPLE_NOW + 1);
			assert_int_equal(history.places, 1);
			assert_string_equal(history.place[0].boot, place.boot);
			continue;
		}
		assert_int_equal(history_seen(&history), later);
		assert_false(history_remembers(&history, &rebooted, later - 1, 30 * DAY));
		assert_true(what == 4 || history_remembers(&history, &rebooted, later, 30 * DAY));
	}
}

static void
place_too_many_or_twice_is_remembered(void **state)
{
	static const char *const addresses[] = { "0", "1", "2", "3", "4", "5" };
	char file[HISTORY_SIZE] = { 0 };
	struct history history;

	(void)state;
	history_start(&history, SAMPLE_USER);
	for (unsigned i = 0; i < 6; i++) {
		struct place place = here(addresses[i], "1", i);

		history_remember(&history, &place, SAMPLE_NOW + i);
		history_remember(&history, &place, SAMPLE_NOW + i);
		assert_int_equal(history.places, i < HISTORY_PLACES ? i + 1 : HISTORY_PLACES);
		assert_int_equal(history.seq, 2 * i + 2);
		assert_false(history.flushed);
		put(file, &history, 0);
		assert_true(reads(file, SAMPLE_USER));
		assert_true(sample_same_history(&view.history, &history));
	}
	for (unsigned i = 0; i < 6; i++) {
		struct place place = here(addresses[i], "1", 6);

		assert_int_equal(history_remembers(&history, &place, SAMPLE_NOW + 6, REMEMBER),
		    i >= 6 - HISTORY_PLACES);
	}
	history_forget(&history);
	assert_int_equal(history.places, 0);
	assert_int_equal(history.seq, 13);
	assert_true(history.flushed);
	assert_int_equal(history_seen(&history), 0);
}

static void
nowhere_is_remembered(void **state)
{
	static const struct {
		const char *name, *id, *boot;
		int64_t uptime;
	} rows[] = {
		{ "no place", "", "0001020304050607", 5 },
		{ "no boot", "0001020304050607", "", 5 },
		{ "not an id", "000102030405060G", "0001020304050607", 5 },
		{ "not a boot", "0001020304050607", "00010203\n4050607", 5 },
		{ "uptime below zero", "0001020304050607", "0001020304050607", -1 },
		{ "uptime beyond all", "0001020304050607", "0001020304050607", HISTORY_TIME_MAX + 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct place place = { .uptime = rows[i].uptime };
		struct history history;

		history_start(&history, SAMPLE_USER);
		memcpy(place.id, rows[i].id, strlen(rows[i].id) + 1);
		memcpy(place.boot, rows[i].boot, strlen(rows[i].boot) + 1);
		assert_row(!place_valid(&place), rows[i].name);
		history_remember(&history, &place, SAMPLE_NOW);
		assert_row(history.places == 0 && history.seq == 0, rows[i].name);
		history.places = 1;
		history.place[0].since = 1;
		assert_row(!history_remembers(&history, &place, SAMPLE_NOW, INT64_MAX), rows[i].name);
	}
}

static void
places_of_a_long_name_do_not_fit(void **state)
{
	char file[HISTORY_SIZE];
	struct history history;

	(void)state;
	for (size_t len = 1; len < TEXT_NAME_SIZE; len++) {
		sample_longest(&history);
		history.user[len] = '\0';
		memset(file, 0, sizeof file);
		put(file, &history, 0);
		assert_true(reads(file, history.user));
		assert_int_equal(view.history.places, len <= 67 ? 4 : len <= 131 ? 3 : len <= 195 ? 2 : 1);
		/* the newest */
		assert_string_equal(view.history.place[view.history.places - 1].id, "0000000000000003");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_reads_otherwise),
		cmocka_unit_test(longest_slot_does_not_fit),
		cmocka_unit_test(slot_is_not_the_form_that_is_promised),
		cmocka_unit_test(rule_01_two_damaged_slots_are_an_empty_history),
		cmocka_unit_test(rule_04_history_of_another_user_is_taken),
		cmocka_unit_test(rule_06_enrolling_a_key_again_frees_its_steps),
		cmocka_unit_test(rule_06_spent_recovery_code_comes_back),
		cmocka_unit_test(rule_06_codes_beside_the_set_free_what_was_spent_of_it),
		cmocka_unit_test(rule_09_write_touches_the_newest_durable_success),
		cmocka_unit_test(rule_13_flipped_bit_is_read),
		cmocka_unit_test(rule_13_byte_between_the_slots_makes_another_history),
		cmocka_unit_test(rule_13_unknown_or_damaged_line_is_passed_over),
		cmocka_unit_test(rule_14_torn_write_reads_as_a_whole_one),
		cmocka_unit_test(rule_20_place_is_remembered_too_long),
		cmocka_unit_test(rule_20_reboot_and_a_clock_that_was_later_revive_a_place),
		cmocka_unit_test(place_too_many_or_twice_is_remembered),
		cmocka_unit_test(nowhere_is_remembered),
		cmocka_unit_test(places_of_a_long_name_do_not_fit),
		cmocka_unit_test(rule_20_lock_in_the_future_never_ends),
		cmocka_unit_test(rule_20_clock_set_back_forgets_wrong_codes),
		cmocka_unit_test(rule_20_clock_that_leapt_ahead_keeps_wrong_codes_for_years),
		cmocka_unit_test(empty_slot_is_reported_as_torn),
		cmocka_unit_test(slots_of_one_number_are_guessed_between),
		cmocka_unit_test(device_row_too_many_is_read),
		cmocka_unit_test(row_of_a_device_gives_way_to_another),
		cmocka_unit_test(moment_is_not_what_a_slot_holds),
		cmocka_unit_test(wrong_code_of_thirty_days_ago_still_counts),
		cmocka_unit_test(count_runs_over_its_field),
		cmocka_unit_test(opened_account_is_still_shut),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
