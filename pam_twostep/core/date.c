/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/date.h"

#define YEAR_MIN 1970
#define YEAR_MAX 9999

static bool
leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned
month_length(int64_t year, unsigned month)
{
	static const unsigned lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };

	return lengths[month - 1] + (month == 2 && leap(year) ? 1 : 0);
}

/* The days from 1970-01-01 to a year's first, by the leap days before it. */
static int64_t
year_start(int64_t year)
{
	int64_t past = year - 1;

	return 365 * (year - 1970) + past / 4 - past / 100 + past / 400 - 477;
}

static int64_t
days_to(struct date date)
{
	int64_t days = year_start(date.year) + date.day - 1;

	for (unsigned month = 1; month < date.month; month++)
		days += month_length(date.year, month);
	return days;
}

/* Takes exactly `count` digits, of a number in [min, max]. */
static bool
take(struct cursor *cursor, unsigned count, unsigned min, unsigned max, unsigned *number)
{
	unsigned value = 0;

	for (; count > 0; count--, cursor->at++) {
		if (cursor_done(cursor) || !text_is_digit(*cursor->at))
			return false;
		value = value * 10 + (unsigned)(*cursor->at - '0');
	}
	*number = value;
	return value >= min && value <= max;
}

static bool
take_day(struct cursor *cursor, int64_t *seconds)
{
	unsigned year, month, day;

	if (!take(cursor, 4, YEAR_MIN, YEAR_MAX, &year) || !cursor_take(cursor, "-") ||
	    !take(cursor, 2, 1, 12, &month) || !cursor_take(cursor, "-") ||
	    !take(cursor, 2, 1, month_length(year, month), &day))
		return false;
	*seconds = days_to((struct date){ year, month, day }) * DATE_DAY;
	return true;
}

/* HH:MM */
static bool
take_clock(struct cursor *cursor, int64_t *seconds)
{
	unsigned hour, minute;

	if (!take(cursor, 2, 0, 23, &hour) || !cursor_take(cursor, ":") ||
	    !take(cursor, 2, 0, 59, &minute))
		return false;
	*seconds = (int64_t)hour * 3600 + minute * 60;
	return true;
}

bool
date_parse(const char *at, size_t len, int64_t *moment, int64_t *east)
{
	struct cursor cursor = cursor_over(at, len);
	int64_t day, clock = 0, offset = 0;
	unsigned second = 0;

	if (!take_day(&cursor, &day))
		return false;
	if (cursor_take(&cursor, "T") &&
	    (!take_clock(&cursor, &clock) ||
		(cursor_take(&cursor, ":") && !take(&cursor, 2, 0, 59, &second))))
		return false;
	if (cursor_take(&cursor, "+")) {
		if (!take_clock(&cursor, &offset))
			return false;
	} else if (cursor_take(&cursor, "-")) {
		if (!take_clock(&cursor, &offset))
			return false;
		offset = -offset;
	} else {
		(void)cursor_take(&cursor, "Z");
	}
	*moment = day + clock + second - offset;
	*east = offset;
	return cursor_done(&cursor) && *moment >= 0;
}

struct date
date_of(int64_t moment)
{
	int64_t days = moment < 0 ? 0 : moment / DATE_DAY;
	/* 146097 days are 400 years: this is the year, or one beside it */
	struct date date = { .year = 1970 + days * 400 / 146097, .month = 1 };

	while (year_start(date.year) > days)
		date.year--;
	while (year_start(date.year + 1) <= days)
		date.year++;
	days -= year_start(date.year);
	for (; days >= month_length(date.year, date.month); date.month++)
		days -= month_length(date.year, date.month);
	date.day = (unsigned)days + 1;
	return date;
}

void
date_put(struct text *text, int64_t moment)
{
	struct date date = date_of(moment);

	text_put_padded(text, (uint64_t)date.year, 4);
	text_put(text, "-");
	text_put_padded(text, date.month, 2);
	text_put(text, "-");
	text_put_padded(text, date.day, 2);
}
