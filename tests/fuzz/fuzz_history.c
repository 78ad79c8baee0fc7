/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A history file of any bytes. The first byte says whether the sums of its slots are made right,
 * so that every line is reached.
 */
#include "fuzz.h"

#include <string.h>

#define SUMMED (HISTORY_SLOT - (4 + 2 * SEAL_SUM_LENGTH + 1))

static void
make_sum_right(char *slot)
{
	struct text text = text_into(slot + SUMMED, HISTORY_SLOT - SUMMED);
	uint8_t sum[SEAL_SUM_LENGTH];

	MUST(seal_sum(slot, SUMMED, sum));
	text_put(&text, "sum ");
	text_put_hex(&text, sum, sizeof sum);
	text_put(&text, "\n");
}

/* One writer writes what this parser reads: a slot that was read is written again to the byte. */
static void
read_again(const char file[static HISTORY_SIZE], const struct history_view *view)
{
	const struct history *history = &view->history;
	char slot[2][HISTORY_SLOT];
	bool first, second;

	MUST(history_write(history, slot[0]));
	first = memcmp(slot[0], file, HISTORY_SLOT) == 0;
	second = memcmp(slot[0], file + HISTORY_STRIDE, HISTORY_SLOT) == 0;
	MUST(first != second);
	/* The next write spares a success that is the newest. */
	MUST(view->target <= 1);
	MUST(!history->flushed || view->target == first);
	MUST(strcmp(history->user, SAMPLE_USER) == 0);
	MUST(history->rows <= HISTORY_ROWS && history->sets <= HISTORY_SPENT);
	for (unsigned i = 0; i < history->rows; i++)
		MUST(history_row(history, history->row[i].id) == &history->row[i]);
	MUST(history->places <= HISTORY_PLACES);
}

/* A place that was given a code is remembered there and then, unless the account is shut. */
static void
remember(struct history *next)
{
	static const char *const facts[] = { "sshd", "192.0.2.7" };
	struct place place = { .boot = "0123456789abcdef", .uptime = 1000 };
	bool shut = next->locked != 0 || next->blocked != 0;

	MUST(place_identify(&place, facts, 2));
	history_remember(next, &place, SAMPLE_NOW);
	MUST(history_remembers(next, &place, SAMPLE_NOW, 1) == !shut);
	MUST(!history_remembers(next, &place, SAMPLE_NOW - 1, INT64_MAX));
	place.uptime = 999;
	MUST(!history_remembers(next, &place, SAMPLE_NOW, INT64_MAX));
	history_take_back(next, SAMPLE_NOW);
	MUST(next->locked > SAMPLE_NOW || next->blocked > SAMPLE_NOW || next->wrong_at > SAMPLE_NOW ||
	    history_seen(next) <= SAMPLE_NOW);
}

/* What a login makes of it can be stored, and is then what counts. */
static void
go_on(char file[static HISTORY_SIZE], const struct history_view *view)
{
	static struct enrollment enrollment;
	struct history_view after;
	struct fault fault;
	struct history next = view->history;

	sample_enrollment(&enrollment);
	history_refresh(&next, SAMPLE_NOW, 1800);
	MUST(next.locked <= SAMPLE_NOW);
	history_count(&next, SAMPLE_NOW);
	MUST(history_month(&next, SAMPLE_NOW) >= 1);
	history_row_make(&next, &enrollment, &enrollment.device[0])->last = SAMPLE_NOW / 30;
	history_spend(&next, &enrollment, &enrollment.recovery, 19);
	MUST(history_last(&next, &enrollment.device[0]) == SAMPLE_NOW / 30);
	MUST((history_spent(&next, &enrollment.recovery) & 1U << 19) != 0);
	if (next.seq < INT64_MAX - 1)
		remember(&next);
	next.seq++;
	next.flushed = true;
	memset(file + view->target * HISTORY_STRIDE, 0, HISTORY_STRIDE);
	MUST(history_write(&next, file + view->target * HISTORY_STRIDE));
	if (next.seq == INT64_MAX)
		return;
	MUST(history_read(&after, file, SAMPLE_USER, &fault));
	MUST(sample_same_history(&after.history, &next));
	MUST(after.target != view->target);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char file[HISTORY_SIZE];
	struct history_view view;
	struct fault fault = { .line = 0 };

	if (size < 1)
		return 0;
	memset(file, 0, sizeof file);
	memcpy(file, data + 1, size - 1 < sizeof file ? size - 1 : sizeof file);
	if ((data[0] & 1) != 0)
		make_sum_right(file);
	if ((data[0] & 2) != 0)
		make_sum_right(file + HISTORY_STRIDE);
	/* An insertion moves what should be zero between the slots and behind them. */
	if ((data[0] & 4) != 0) {
		memset(file + HISTORY_SLOT, 0, HISTORY_STRIDE - HISTORY_SLOT);
		memset(file + HISTORY_STRIDE + HISTORY_SLOT, 0, HISTORY_STRIDE - HISTORY_SLOT);
	}
	if (history_read(&view, file, SAMPLE_USER, &fault)) {
		read_again(file, &view);
		go_on(file, &view);
	} else {
		MUST(fault.why != NULL);
	}
	return 0;
}

size_t
fuzz_seed(struct draw *draw, uint8_t out[static FUZZ_MAX])
{
	struct history history;

	memset(out, 0, 1 + HISTORY_SIZE);
	out[0] = (uint8_t)draw_number(draw, 8);
	for (unsigned slot = 0; slot < 1 + draw_number(draw, 2); slot++) {
		sample_longest(&history);
		memcpy(history.user, SAMPLE_USER, sizeof SAMPLE_USER);
		history.seq = draw_number(draw, 9);
		history.flushed = draw_number(draw, 2) == 0;
		history.rows = draw_number(draw, HISTORY_ROWS + 1);
		history.sets = draw_number(draw, HISTORY_SPENT + 1);
		history.places = draw_number(draw, HISTORY_PLACES + 1);
		history.failures = draw_number(draw, 12);
		history.locked = draw_number(draw, 2) * SAMPLE_NOW;
		history.blocked = 0;
		MUST(history_write(&history, (char *)out + 1 + slot * HISTORY_STRIDE));
	}
	return 1 + HISTORY_SIZE;
}
