/* SPDX-License-Identifier: BSD-2-Clause */
/* The form of a history: one slot, and the file of two. */
#include "core/history.h"

#include <assert.h>
#include <string.h>

#include "core/seal.h"

#define DAY 86400 /* seconds */
#define SUM_LINE (4 + 2 * SEAL_SUM_LENGTH + 1)
static_assert(SUM_LINE == HISTORY_NOTE, "the note repeats the sum line");
#define PLACE_LINE sizeof "place 0123456789abcdef 99999999999 0123456789abcdef 99999999999"

static void
put_field(struct text *text, const char *name, int64_t value)
{
	text_put(text, name);
	text_put(text, " ");
	text_put_number(text, value);
}

static void
put_line(struct text *text, const char *name, int64_t value)
{
	put_field(text, name, value);
	text_put(text, "\n");
}

static void
put_row(struct text *text, const struct history_row *row)
{
	text_put(text, "device ");
	text_put(text, row->id);
	put_field(text, " last", row->last);
	put_field(text, " before", row->before);
	put_field(text, " drift", row->drift);
	put_field(text, " used", row->used);
	put_field(text, " pair", row->pair_step);
	put_line(text, " at", row->pair_at);
}

static void
put_month(struct text *text, const struct history *history)
{
	put_field(text, "days", history->day);
	for (unsigned i = 0; i < HISTORY_DAYS; i++) {
		text_put(text, " ");
		text_put_number(text, history->wrong[i]);
	}
	text_put(text, "\n");
}

static void
put_spent(struct text *text, const struct history *history)
{
	for (unsigned i = 0; i < history->sets; i++) {
		text_put(text, "spent ");
		text_put(text, history->spent[i].set);
		put_line(text, "", history->spent[i].codes);
	}
}

/* The newest places that there is room for, the oldest of them first. */
static void
put_places(struct text *text, const struct history *history)
{
	size_t room = HISTORY_SLOT - SUM_LINE - text_length(text);
	unsigned first = history->places;

	for (; first > 0 && room >= PLACE_LINE; first--)
		room -= PLACE_LINE;
	for (unsigned i = first; i < history->places; i++) {
		text_put(text, "place ");
		text_put(text, history->place[i].id);
		put_field(text, "", history->place[i].since);
		text_put(text, " ");
		text_put(text, history->place[i].boot);
		put_line(text, "", history->place[i].uptime);
	}
}

bool
history_write(const struct history *history, char slot[static HISTORY_SLOT])
{
	struct text text = text_into(slot, HISTORY_SLOT);
	uint8_t sum[SEAL_SUM_LENGTH];
	char name[TEXT_NAME_SIZE];
	size_t used;

	if (!text_name(name, history->user))
		return false;
	text_put(&text, "twostep-history 1\nuser ");
	text_put(&text, name);
	text_put(&text, "\n");
	put_line(&text, "seq", history->seq);
	put_line(&text, "flushed", history->flushed);
	for (unsigned i = 0; i < history->rows; i++)
		put_row(&text, &history->row[i]);
	put_line(&text, "failures", history->failures);
	put_line(&text, "since", history->since);
	put_line(&text, "locked", history->locked);
	put_line(&text, "blocked", history->blocked);
	put_month(&text, history);
	put_field(&text, "wrong", history->wrong_at);
	text_put(&text, " ");
	text_put_hex(&text, history->wrong_tag, sizeof history->wrong_tag);
	text_put(&text, "\n");
	put_spent(&text, history);
	if (text.overflow || text_length(&text) > HISTORY_SLOT - SUM_LINE)
		return false;
	put_places(&text, history);
	used = text_length(&text);
	memset(slot + used, '\n', HISTORY_SLOT - SUM_LINE - used);
	if (!seal_sum(slot, HISTORY_SLOT - SUM_LINE, sum))
		return false;
	text.at = slot + HISTORY_SLOT - SUM_LINE;
	text_put(&text, "sum ");
	text_put_hex(&text, sum, sizeof sum);
	text_put(&text, "\n");
	return !text.overflow;
}

static bool
take_field(struct cursor *slot, const char *name, int64_t min, int64_t max, int64_t *value)
{
	return cursor_take(slot, name) && cursor_take(slot, " ") &&
	    cursor_number(slot, min, max, value);
}

static bool
take_line(struct cursor *slot, const char *name, int64_t min, int64_t max, int64_t *value)
{
	return take_field(slot, name, min, max, value) && cursor_newline(slot);
}

static bool
take_count(struct cursor *slot, const char *name, unsigned *count)
{
	int64_t value;

	if (!take_line(slot, name, 0, HISTORY_COUNT_MAX, &value))
		return false;
	*count = (unsigned)value;
	return true;
}

/* Ids are 16 hexadecimal digits, of a device's key or of a set's salt. */
static bool
take_id(struct cursor *slot, char id[static DEVICE_ID_SIZE])
{
	uint8_t bytes[(DEVICE_ID_SIZE - 1) / 2];
	const char *at = slot->at;

	if (!cursor_hex(slot, bytes, sizeof bytes))
		return false;
	memcpy(id, at, DEVICE_ID_SIZE - 1);
	id[DEVICE_ID_SIZE - 1] = '\0';
	return true;
}

static bool
take_row(struct cursor *slot, struct history_row *row)
{
	int64_t drift;

	if (!take_id(slot, row->id) || !take_field(slot, " last", -1, OTP_STEP_MAX, &row->last) ||
	    !take_field(slot, " before", -1, OTP_STEP_MAX, &row->before) ||
	    !take_field(slot, " drift", -HISTORY_DRIFT_MAX, HISTORY_DRIFT_MAX, &drift) ||
	    !take_field(slot, " used", 0, HISTORY_TIME_MAX, &row->used) ||
	    !take_field(slot, " pair", -1, OTP_STEP_MAX, &row->pair_step) ||
	    !take_line(slot, " at", 0, HISTORY_TIME_MAX, &row->pair_at))
		return false;
	row->drift = (int)drift;
	return true;
}

static bool
take_rows(struct cursor *slot, struct history *history)
{
	while (cursor_take(slot, "device ")) {
		struct history_row *row = &history->row[history->rows];

		if (history->rows == HISTORY_ROWS || !take_row(slot, row) ||
		    history_row(history, row->id) != NULL)
			return false;
		history->rows++;
	}
	return true;
}

static bool
take_month(struct cursor *slot, struct history *history)
{
	int64_t count;

	if (!take_field(slot, "days", 0, HISTORY_TIME_MAX / DAY, &history->day))
		return false;
	for (unsigned i = 0; i < HISTORY_DAYS; i++) {
		if (!cursor_take(slot, " ") || !cursor_number(slot, 0, HISTORY_COUNT_MAX, &count))
			return false;
		history->wrong[i] = (unsigned)count;
	}
	return cursor_newline(slot);
}

static bool
take_set(struct cursor *slot, struct history *history)
{
	int64_t codes;
	unsigned i = 0;

	if (history->sets == HISTORY_SPENT || !take_id(slot, history->spent[history->sets].set) ||
	    !take_line(slot, "", 0, UINT32_MAX, &codes))
		return false;
	while (strcmp(history->spent[i].set, history->spent[history->sets].set) != 0)
		i++;
	history->spent[history->sets].codes = (uint32_t)codes;
	/* Of two lines for one set, which would count? */
	return i == history->sets++;
}

static bool
take_spent(struct cursor *slot, struct history *history)
{
	while (cursor_take(slot, "spent "))
		if (!take_set(slot, history))
			return false;
	return true;
}

static bool
take_place(struct cursor *slot, struct history *history)
{
	struct history_place *place = &history->place[history->places];

	if (history->places == HISTORY_PLACES || !take_id(slot, place->id) ||
	    !take_field(slot, "", 1, HISTORY_TIME_MAX, &place->since) || !cursor_take(slot, " ") ||
	    !take_id(slot, place->boot) ||
	    !take_line(slot, "", 0, HISTORY_TIME_MAX, &place->uptime))
		return false;
	for (unsigned i = 0; i < history->places; i++)
		if (strcmp(history->place[i].id, place->id) == 0)
			return false;
	history->places++;
	return true;
}

static bool
take_places(struct cursor *slot, struct history *history)
{
	while (cursor_take(slot, "place "))
		if (!take_place(slot, history))
			return false;
	return true;
}

/* All of `len` bytes are `byte`: the first is, and each is what the one before it is. */
static bool
all_are(const char *bytes, size_t len, char byte)
{
	return len == 0 || (*bytes == byte && memcmp(bytes, bytes + 1, len - 1) == 0);
}

/* What is left is newlines. */
static bool
take_padding(struct cursor *slot)
{
	if (!all_are(slot->at, (size_t)(slot->end - slot->at), '\n'))
		return false;
	slot->at = slot->end;
	return true;
}

static bool
take_facts(struct cursor *slot, struct history *history)
{
	int64_t flushed;

	if (!take_line(slot, "seq", 0, INT64_MAX - 1, &history->seq) ||
	    !take_line(slot, "flushed", 0, 1, &flushed) || !take_rows(slot, history) ||
	    !take_count(slot, "failures", &history->failures) ||
	    !take_count(slot, "since", &history->since) ||
	    !take_line(slot, "locked", 0, HISTORY_TIME_MAX, &history->locked) ||
	    !take_line(slot, "blocked", 0, HISTORY_TIME_MAX, &history->blocked) ||
	    !take_month(slot, history) ||
	    !take_field(slot, "wrong", 0, HISTORY_TIME_MAX, &history->wrong_at) ||
	    !cursor_take(slot, " ") ||
	    !cursor_hex(slot, history->wrong_tag, sizeof history->wrong_tag) || !cursor_newline(slot) ||
	    !take_spent(slot, history) || !take_places(slot, history))
		return false;
	history->flushed = flushed != 0;
	return take_padding(slot);
}

/* Nothing yet, or a sum line: this slot's, or of one that stood here before. */
static bool
note_valid(const char note[static HISTORY_NOTE])
{
	struct cursor line = cursor_over(note, HISTORY_NOTE);
	uint8_t sum[SEAL_SUM_LENGTH];

	return all_are(note, HISTORY_NOTE, '\0') ||
	    (cursor_take(&line, "sum ") && cursor_hex(&line, sum, sizeof sum) &&
		cursor_newline(&line));
}

static bool
read_slot(struct history *history, const char bytes[static HISTORY_STRIDE], const char *user,
    struct fault *fault)
{
	struct cursor slot = cursor_over(bytes, HISTORY_SLOT);
	uint8_t sum[SEAL_SUM_LENGTH], right[SEAL_SUM_LENGTH];
	struct cursor last = cursor_over(bytes + HISTORY_SLOT - SUM_LINE, SUM_LINE);
	char name[TEXT_NAME_SIZE];

	*history = (struct history){ .seq = -1 };
	if (!cursor_take(&last, "sum ") || !cursor_hex(&last, sum, sizeof sum) ||
	    !cursor_newline(&last) || !seal_sum(bytes, HISTORY_SLOT - SUM_LINE, right) ||
	    !secret_same(sum, right, sizeof sum) ||
	    !note_valid(bytes + HISTORY_SLOT) ||
	    !all_are(bytes + HISTORY_SLOT + HISTORY_NOTE,
		HISTORY_STRIDE - HISTORY_SLOT - HISTORY_NOTE, '\0'))
		return fault_set(fault, 0, "both slots are damaged");
	if (!cursor_take(&slot, "twostep-history 1") || !cursor_newline(&slot))
		return fault_set(fault, 1, "not a history of this version");
	if (!text_name(name, user) || !cursor_take(&slot, "user ") || !cursor_take(&slot, name) ||
	    !cursor_newline(&slot))
		return fault_set(fault, slot.line, "another user's history");
	memcpy(history->user, user, strlen(user) + 1);
	slot.end = bytes + HISTORY_SLOT - SUM_LINE;
	if (!take_facts(&slot, history) || !cursor_done(&slot))
		return fault_set(fault, slot.line, "an unknown or damaged line");
	return true;
}

void
history_note(const char slot[static HISTORY_SLOT], char note[static HISTORY_NOTE])
{
	memcpy(note, slot + HISTORY_SLOT - SUM_LINE, HISTORY_NOTE);
}

/* Whether the note says that this slot is durable; a stale one costs one more flush. */
static bool
noted(const char bytes[static HISTORY_STRIDE])
{
	return memcmp(bytes + HISTORY_SLOT, bytes + HISTORY_SLOT - SUM_LINE, HISTORY_NOTE) == 0;
}

bool
history_read(struct history_view *view, const char file[static HISTORY_SIZE], const char *user,
    struct fault *fault)
{
	struct history slot[2];
	struct fault faults[2];
	bool valid[2];
	unsigned newest;

	for (unsigned i = 0; i < 2; i++)
		valid[i] = read_slot(&slot[i], file + i * HISTORY_STRIDE, user, &faults[i]);
	if (!valid[0] && !valid[1]) {
		/* A slot that is whole and refused says more than one that is damaged. */
		*fault = faults[faults[0].line == 0];
		return false;
	}
	if (valid[0] && valid[1] && slot[0].seq == slot[1].seq)
		return fault_set(fault, 0, "both slots have one number");
	newest = !valid[0] || (valid[1] && slot[1].seq > slot[0].seq);
	view->history = slot[newest];
	view->target = !newest;
	if (valid[!newest] && !slot[newest].flushed && slot[!newest].flushed)
		view->target = newest;
	view->doubtful = slot[newest].flushed && !noted(file + newest * HISTORY_STRIDE);
	view->torn = !valid[!newest] && !all_are(file + !newest * HISTORY_STRIDE, HISTORY_STRIDE, '\0');
	return true;
}
