/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "core/event.h"

static void
line_is_not_what_a_program_cuts(void **state)
{
	char line[EVENT_SIZE];
	struct text text = event_start(line);

	(void)state;
	assert_string_equal(line, "");
	event_put(&text, "user", "alice");
	event_put(&text, "result", "accepted");
	event_put(&text, "device", NULL);
	event_put(&text, "service", "");
	event_put(&text, "rhost", "2001:db8::7");
	event_put_number(&text, "failures", 0);
	event_put_number(&text, "wait", -3);
	event_put_number(&text, "line", INT64_MIN);
	assert_string_equal(line, "user=alice result=accepted rhost=2001:db8::7 failures=0 wait=-3 "
				  "line=-9223372036854775808");
}

static void
value_from_outside_forges_a_field_or_a_line(void **state)
{
	static const struct {
		const char *value, *line;
	} rows[] = {
		{ "a.b:c_d-e@f%g/h", "v=a.b:c_d-e@f%g/h" },
		{ "a b", "v=\"a b\"" },
		{ "a=b", "v=\"a=b\"" },
		{ "x result=accepted", "v=\"x result=accepted\"" },
		{ "x\" result=accepted \"", "v=\"x\\\" result=accepted \\\"\"" },
		{ "\\", "v=\"\\\\\"" },
		{ "\\\"", "v=\"\\\\\\\"\"" },
		{ "a\nNov 21 sshd: ok", "v=\"a\\x0aNov 21 sshd: ok\"" },
		{ "\x1b[2J", "v=\"\\x1b[2J\"" },
		{ "\x7f\x80\xff", "v=\"\\x7f\\x80\\xff\"" },
		{ "caf\xc3\xa9", "v=\"caf\\xc3\\xa9\"" },
		{ "'", "v=\"'\"" },
		{ "a,b", "v=\"a,b\"" },
	};
	char line[EVENT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct text text = event_start(line);

		event_put(&text, "v", rows[i].value);
		assert_string_equal(line, rows[i].line);
	}
}

static void
rule_18_overlong_value_fills_the_line(void **state)
{
	char line[EVENT_SIZE], value[EVENT_VALUE_MAX + 9];
	struct text text = event_start(line);

	(void)state;
	memset(value, 'a', sizeof value);
	value[sizeof value - 1] = '\0';
	event_put(&text, "v", value);
	assert_int_equal(strlen(line), 2 + EVENT_VALUE_MAX);
	event_put(&text, "last", "z");
	assert_string_equal(line + 2 + EVENT_VALUE_MAX, " last=z");
}

static void
rule_18_field_is_cut_at_the_end_of_the_line(void **state)
{
	char line[EVENT_SIZE + 8], value[EVENT_VALUE_MAX + 1];

	(void)state;
	for (size_t len = 1; len <= EVENT_VALUE_MAX; len++) {
		for (unsigned form = 0; form < 2; form++) {
			struct text text = event_start(line);
			size_t field = strlen(" v=") + (form == 0 ? len : 4 * len + 2);
			const char *end;

			memset(line + EVENT_SIZE, '#', 8);
			memset(value, form == 0 ? 'a' : '\n', len);
			value[len] = '\0';
			for (unsigned i = 0; i < 400; i++)
				event_put(&text, "v", value);
			/* What fits is whole, and the rest of the room was used. */
			end = memchr(line, '\0', EVENT_SIZE);
			assert_non_null(end);
			assert_int_equal(line[EVENT_SIZE], '#');
			assert_int_equal(end[-1], form == 0 ? 'a' : '"');
			assert_int_equal((size_t)(end - line + 1) % field, 0);
			assert_in_range(end - line, EVENT_SIZE - 1 - field, EVENT_SIZE - 1);
		}
	}
}

static void
shorter_field_after_one_that_did_not_fit_is_lost(void **state)
{
	char line[EVENT_SIZE], value[EVENT_VALUE_MAX + 1];
	struct text text = event_start(line);

	(void)state;
	memset(value, '\n', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	event_put(&text, "a", value);
	event_put(&text, "b", value);
	event_put(&text, "result", "wrong");
	assert_non_null(strstr(line, "\" result=wrong"));
	assert_null(strstr(line, " b="));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_is_not_what_a_program_cuts),
		cmocka_unit_test(value_from_outside_forges_a_field_or_a_line),
		cmocka_unit_test(rule_18_overlong_value_fills_the_line),
		cmocka_unit_test(rule_18_field_is_cut_at_the_end_of_the_line),
		cmocka_unit_test(shorter_field_after_one_that_did_not_fit_is_lost),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
