/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/history.h"

#include <string.h>

#define DAY 86400 /* seconds */

int64_t
history_time(int64_t now)
{
	return now < 1 ? 1 : now > HISTORY_TIME_MAX ? HISTORY_TIME_MAX : now;
}

void
history_start(struct history *history, const char *user)
{
	*history = (struct history){ .flushed = true };
	memcpy(history->user, user, strlen(user) + 1);
}

const struct history_row *
history_row(const struct history *history, const char *id)
{
	for (unsigned i = 0; i < history->rows; i++)
		if (strcmp(history->row[i].id, id) == 0)
			return &history->row[i];
	return NULL;
}

/* The oldest row whose device is gone; there is one, for rows outnumber devices. */
static void
drop_row(struct history *history, const struct enrollment *enrollment)
{
	unsigned i = 0;

	while (i < history->rows - 1 && enrollment_device_id(enrollment, history->row[i].id) != NULL)
		i++;
	history->rows--;
	memmove(&history->row[i], &history->row[i + 1], (history->rows - i) * sizeof *history->row);
}

struct history_row *
history_row_make(struct history *history, const struct enrollment *enrollment,
    const struct device *device)
{
	struct history_row *row = (struct history_row *)history_row(history, device->id);

	if (row != NULL)
		return row;
	if (history->rows == HISTORY_ROWS)
		drop_row(history, enrollment);
	row = &history->row[history->rows++];
	*row = (struct history_row){ .last = device->floor, .before = -1, .drift = device->drift,
		.pair_step = -1 };
	memcpy(row->id, device->id, sizeof row->id);
	return row;
}

int64_t
history_last(const struct history *history, const struct device *device)
{
	const struct history_row *row = history_row(history, device->id);

	return row != NULL && row->last > device->floor ? row->last : device->floor;
}

/* The place of a set among those remembered, or `sets` for none. */
static unsigned
spent_index(const struct history *history, const char *id)
{
	unsigned i = 0;

	while (i < history->sets && strcmp(history->spent[i].set, id) != 0)
		i++;
	return i;
}

uint32_t
history_spent(const struct history *history, const struct recovery_set *set)
{
	char id[RECOVERY_ID_SIZE];

	unsigned i;

	recovery_id(set, id);
	i = spent_index(history, id);
	return i < history->sets ? history->spent[i].codes : 0;
}

static bool
is_named(const struct recovery_set *set, const char *id)
{
	char own[RECOVERY_ID_SIZE];

	recovery_id(set, own);
	return set->count > 0 && strcmp(own, id) == 0;
}

/* The oldest set that the enrollment no longer has; there is one, for a third of its own is being added. */
static void
drop_set(struct history *history, const struct enrollment *enrollment)
{
	unsigned i = 0;

	while (i < history->sets - 1 && (is_named(&enrollment->recovery, history->spent[i].set) ||
		is_named(&enrollment->one, history->spent[i].set) ||
		is_named(&enrollment->scratch, history->spent[i].set)))
		i++;
	history->sets--;
	memmove(&history->spent[i], &history->spent[i + 1],
	    (history->sets - i) * sizeof *history->spent);
}

void
history_spend(struct history *history, const struct enrollment *enrollment,
    const struct recovery_set *set, unsigned index)
{
	char id[RECOVERY_ID_SIZE];
	unsigned i;

	recovery_id(set, id);
	if (history->sets == HISTORY_SPENT && spent_index(history, id) == history->sets)
		drop_set(history, enrollment);
	i = spent_index(history, id);
	if (i == history->sets) {
		memcpy(history->spent[i].set, id, sizeof id);
		history->spent[i].codes = 0;
		history->sets++;
	}
	history->spent[i].codes |= (uint32_t)1 << index;
}

unsigned
history_left(const struct history *history, const struct recovery_set *set)
{
	uint32_t spent = history_spent(history, set);
	unsigned left = 0;

	for (unsigned i = 0; i < set->count; i++)
		left += (spent >> i & 1) == 0;
	return left;
}

void
history_refresh(struct history *history, int64_t now, int64_t lock_time)
{
	now = history_time(now);
	if (history->locked > now)
		history->locked = now;
	if (history->day > now / DAY)
		history->day = now / DAY;
	if (history->locked != 0 && now - history->locked >= lock_time) {
		history->locked = 0;
		history->failures = 0;
	}
}

/* Days that the newest count is old; a clock that went back ages nothing. */
static int64_t
age(const struct history *history, int64_t now)
{
	int64_t days = history_time(now) / DAY - history->day;

	return days < 0 ? 0 : days > HISTORY_DAYS ? HISTORY_DAYS : days;
}

void
history_count(struct history *history, int64_t now)
{
	int64_t days = age(history, now);

	for (int64_t i = HISTORY_DAYS - 1; i >= 0 && days > 0; i--)
		history->wrong[i] = i >= days ? history->wrong[i - days] : 0;
	history->day += days;
	if (days == HISTORY_DAYS)
		history->day = history_time(now) / DAY;
	if (history->wrong[0] < HISTORY_COUNT_MAX)
		history->wrong[0]++;
	if (history->failures < HISTORY_COUNT_MAX)
		history->failures++;
	if (history->since < HISTORY_COUNT_MAX)
		history->since++;
}

unsigned
history_month(const struct history *history, int64_t now)
{
	int64_t days = age(history, now);
	unsigned sum = 0;

	for (int64_t i = 0; i < HISTORY_DAYS - days; i++)
		sum += history->wrong[i];
	return sum;
}

void
history_open(struct history *history)
{
	history->failures = 0;
	history->locked = 0;
	history->blocked = 0;
	memset(history->wrong, 0, sizeof history->wrong);
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t
history_seen(const struct history *history)
{
	int64_t seen = later(later(history->locked, history->blocked), history->wrong_at);

	for (unsigned i = 0; i < history->rows; i++)
		seen = later(seen, later(history->row[i].used, history->row[i].pair_at));
	for (unsigned i = 0; i < history->places; i++)
		seen = later(seen, history->place[i].since);
	return later(seen, history->day * DAY);
}

static bool
same_place(const struct history_place *known, const struct place *place)
{
	return strcmp(known->id, place->id) == 0;
}

/* Within one boot the uptime alone says how long it is; after another nothing but the clock can. */
static bool
lasts(const struct history *history, const struct history_place *known, const struct place *place,
    int64_t now, int64_t remember)
{
	if (now < known->since)
		return false;
	if (strcmp(known->boot, place->boot) == 0)
		return place->uptime >= known->uptime && place->uptime - known->uptime < remember;
	return !place->local && now - known->since < remember && now >= history_seen(history);
}

bool
history_remembers(const struct history *history, const struct place *place, int64_t now,
    int64_t remember)
{
	if (!place_valid(place) || history->locked != 0 || history->blocked != 0)
		return false;
	for (unsigned i = 0; i < history->places; i++)
		if (same_place(&history->place[i], place))
			return lasts(history, &history->place[i], place, now, remember);
	return false;
}

static void
drop_place(struct history *history, unsigned i)
{
	history->places--;
	memmove(&history->place[i], &history->place[i + 1],
	    (history->places - i) * sizeof *history->place);
}

void
history_remember(struct history *history, const struct place *place, int64_t now)
{
	struct history_place *known;
	unsigned i = 0;

	if (!place_valid(place) || history->locked != 0 || history->blocked != 0)
		return;
	while (i < history->places && !same_place(&history->place[i], place))
		i++;
	if (i < history->places || i == HISTORY_PLACES)
		drop_place(history, i < history->places ? i : 0);
	known = &history->place[history->places++];
	*known = (struct history_place){ .since = history_time(now), .uptime = place->uptime };
	memcpy(known->id, place->id, sizeof known->id);
	memcpy(known->boot, place->boot, sizeof known->boot);
	history->seq++;
	history->flushed = false;
}

void
history_forget(struct history *history)
{
	memset(history->place, 0, sizeof history->place);
	history->places = 0;
	history->seq++;
	history->flushed = true;
}

void
history_take_back(struct history *history, int64_t now)
{
	now = history_time(now);
	for (unsigned i = 0; i < history->rows; i++) {
		struct history_row *row = &history->row[i];

		if (row->used > now)
			row->used = now;
		if (row->pair_at > now) {
			row->pair_step = -1;
			row->pair_at = 0;
		}
	}
	for (unsigned i = history->places; i-- > 0;)
		if (history->place[i].since > now)
			drop_place(history, i);
	if (history->day > now / DAY)
		history->day = now / DAY;
}
