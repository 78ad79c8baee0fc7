/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "core/date.h"

static void
date_is_read_otherwise_or_one_that_cannot_be_is_read(void **state)
{
	static const struct {
		const char *text;
		int64_t moment; /* -1 where it is refused */
	} rows[] = {
		{ "1970-01-01", 0 },
		{ "2025-05-05", 1746403200 },
		{ "2025-05-05Z", 1746403200 },
		{ "2025-05-05+02:00", 1746396000 },
		{ "2025-05-05-02:00", 1746410400 },
		{ "2025-05-05T00:00", 1746403200 },
		{ "2025-05-05T00:00+02:00", 1746396000 },
		{ "2025-05-05T00:00-00:00", 1746403200 },
		{ "2025-05-05T23:59:59", 1746489599 },
		{ "2025-05-05T23:59:59Z", 1746489599 },
		{ "2025-05-05T12:34:56-05:30", 1746468296 },
		{ "2038-01-19T03:14:08", 2147483648 },
		{ "9999-12-31T23:59:59-23:59", 253402387139 },
		{ "1970-01-01T02:00+02:00", 0 },
		{ "1970-01-01T01:59+02:00", -1 },
		{ "1969-12-31T23:00-02:00", -1 },
		{ "1969-12-31", -1 },
		{ "0000-01-01", -1 },
		{ "10000-01-01", -1 },
		/* days that are not there */
		{ "2024-02-29", 1709164800 },
		{ "2025-02-29", -1 },
		{ "2000-02-29", 951782400 },
		{ "2100-02-29", -1 },
		{ "2024-02-30", -1 },
		{ "2025-04-31", -1 },
		{ "2025-01-32", -1 },
		{ "2025-01-00", -1 },
		{ "2025-00-10", -1 },
		{ "2025-13-01", -1 },
		/* times that are not there */
		{ "2025-05-05T24:00", -1 },
		{ "2025-05-05T23:60", -1 },
		{ "2025-05-05T23:59:60", -1 },
		{ "2025-05-05+24:00", -1 },
		{ "2025-05-05+02:60", -1 },
		/* other spellings */
		{ "", -1 },
		{ "2025", -1 },
		{ "2025-05", -1 },
		{ "2025-5-5", -1 },
		{ "2025-05-5", -1 },
		{ "20250505", -1 },
		{ "05-05-2025", -1 },
		{ "2025/05/05", -1 },
		{ " 2025-05-05", -1 },
		{ "2025-05-05 ", -1 },
		{ "2025-05-05 00:00", -1 },
		{ "2025-05-05t00:00", -1 },
		{ "2025-05-05T", -1 },
		{ "2025-05-05T0:00", -1 },
		{ "2025-05-05T00", -1 },
		{ "2025-05-05T00:", -1 },
		{ "2025-05-05T00:00:", -1 },
		{ "2025-05-05T00:00:00.5", -1 },
		{ "2025-05-05z", -1 },
		{ "2025-05-05ZZ", -1 },
		{ "2025-05-05Z+02:00", -1 },
		{ "2025-05-05+0200", -1 },
		{ "2025-05-05+02", -1 },
		{ "2025-05-05+", -1 },
		{ "2025-05-05 CET", -1 },
		{ "-2025-05-05", -1 },
		{ "+2025-05-05", -1 },
		{ "2025-+5-05", -1 },
		{ "2025-05-0x", -1 },
		{ "tomorrow", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t moment, east;
		bool taken = date_parse(rows[i].text, strlen(rows[i].text), &moment, &east);

		assert_row(taken == (rows[i].moment != -1), rows[i].text);
		assert_row(!taken || moment == rows[i].moment, rows[i].text);
	}
}

static void
date_is_read_past_its_end(void **state)
{
	static const char text[] = "2025-05-05T00:00:59+02:00";
	static const size_t whole[] = { 10, 16, 19, 25 };

	(void)state;
	for (size_t len = 0, next = 0; len < sizeof text; len++) {
		/* exactly as long as it is, for the sanitizer's sake */
		char *given = test_malloc(len + 1);
		int64_t moment, east;

		memcpy(given, text, len);
		given = test_realloc(given, len > 0 ? len : 1);
		assert_int_equal(date_parse(given, len, &moment, &east), next < 4 && whole[next] == len);
		next += next < 4 && whole[next] == len;
		test_free(given);
	}
}

static void
day_after_a_day_is_not_the_next(void **state)
{
	struct date last = date_of(0);
	char text[32];

	(void)state;
	assert_int_equal(last.year, 1970);
	for (int64_t day = 1; day < 3000000; day++) {
		struct date date = date_of(day * DATE_DAY);
		bool month = date.day == 1, year = month && date.month == 1;

		assert_true(month ? last.day >= 28 && last.day <= 31 : date.day == last.day + 1);
		assert_true(year ? last.month == 12 : date.month == last.month + month);
		assert_true(date.year == last.year + year);
		last = date;
		if (date.year <= 9999 && day % 37 == 0) {
			struct text out = text_into(text, sizeof text);
			int64_t moment, east;

			date_put(&out, day * DATE_DAY + DATE_DAY - 1);
			assert_true(date_parse(text, text_length(&out), &moment, &east));
			assert_true(moment == day * DATE_DAY);
		}
	}
}

static void
clock_that_is_far_off_has_no_date(void **state)
{
	static const struct {
		int64_t moment;
		const char *date;
	} rows[] = {
		{ INT64_MIN, "1970-01-01" },
		{ -1, "1970-01-01" },
		{ 0, "1970-01-01" },
		{ 86399, "1970-01-01" },
		{ 86400, "1970-01-02" },
		{ 951868799, "2000-02-29" },
		{ 951868800, "2000-03-01" },
		{ 4107542400, "2100-03-01" },
		{ 253402300799, "9999-12-31" },
		{ 253402300800, "10000-01-01" },
		{ INT64_MAX, "292277026596-12-04" },
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct text out = text_into(text, sizeof text);

		date_put(&out, rows[i].moment);
		text_end(&out);
		assert_string_equal(text, rows[i].date);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(date_is_read_otherwise_or_one_that_cannot_be_is_read),
		cmocka_unit_test(date_is_read_past_its_end),
		cmocka_unit_test(day_after_a_day_is_not_the_next),
		cmocka_unit_test(clock_that_is_far_off_has_no_date),
	};

	return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
