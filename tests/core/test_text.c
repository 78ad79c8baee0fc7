/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "core/text.h"

static void
number_is_read_in_part_or_out_of_range(void **state)
{
	static const struct {
		const char *text;
		int64_t min, max, number;
		bool taken;
		size_t rest; /* bytes that are left */
	} rows[] = {
		{ "0", 0, 9, 0, true, 0 },
		{ "7 8", 0, 9, 7, true, 2 },
		{ "-1", -1, 9, -1, true, 0 },
		{ "9223372036854775807", 0, INT64_MAX, INT64_MAX, true, 0 },
		{ "-9223372036854775808", INT64_MIN, 0, INT64_MIN, true, 0 },
		{ "9223372036854775808", INT64_MIN, INT64_MAX, 0, false, 0 },
		{ "-9223372036854775809", INT64_MIN, INT64_MAX, 0, false, 0 },
		{ "99999999999999999999999", INT64_MIN, INT64_MAX, 0, false, 0 },
		{ "18446744073709551617", 0, INT64_MAX, 0, false, 0 },
		{ "10", 0, 9, 0, false, 0 },
		{ "-2", -1, 9, 0, false, 0 },
		{ "0", 1, 9, 0, false, 0 },
		{ "", 0, 9, 0, false, 0 },
		{ "-", -9, 9, 0, false, 0 },
		{ "--1", -9, 9, 0, false, 0 },
		{ "+1", 0, 9, 0, false, 0 },
		{ " 1", 0, 9, 0, false, 0 },
		{ "01", 0, 9, 0, false, 0 },
		{ "00", 0, 9, 0, false, 0 },
		{ "-0", -9, 9, 0, false, 0 },
		{ "-01", -9, 9, 0, false, 0 },
		{ "x1", 0, 9, 0, false, 0 },
		{ "0x1", 0, 9, 0, true, 2 },
		{ "1e3", 0, 9, 1, true, 2 },
		{ "\xb2", 0, 9, 0, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct cursor cursor = cursor_over(rows[i].text, strlen(rows[i].text));
		int64_t number = 77;
		bool taken = cursor_number(&cursor, rows[i].min, rows[i].max, &number);

		assert_row(taken == rows[i].taken, rows[i].text);
		assert_row(number == (taken ? rows[i].number : 77), rows[i].text);
		assert_row(cursor.at == (taken ? cursor.end - rows[i].rest : rows[i].text), rows[i].text);
	}
}

static void
number_runs_past_the_end(void **state)
{
	static const char text[] = { '1', '2', '3' };
	struct cursor cursor = cursor_over(text, 2);
	int64_t number;

	(void)state;
	assert_true(cursor_number(&cursor, 0, 999, &number));
	assert_int_equal(number, 12);
	assert_true(cursor_done(&cursor));
}

static void
hex_takes_capitals_or_an_odd_digit(void **state)
{
	static const struct {
		const char *text;
		bool taken;
	} rows[] = {
		{ "00ff7a", true }, { "00ff7a0", true }, { "00ff7", false }, { "00FF7A", false },
		{ "00fg7a", false }, { "0 ff7a", false }, { "", false }, { "00ff7:", false },
		{ "00ff7/", false }, { "00ff7`", false }, { "x0ff7a", false },
	};
	static const uint8_t right[] = { 0x00, 0xff, 0x7a };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct cursor cursor = cursor_over(rows[i].text, strlen(rows[i].text));
		uint8_t bytes[3] = { 1, 1, 1 };

		assert_row(cursor_hex(&cursor, bytes, 3) == rows[i].taken, rows[i].text);
		assert_row(cursor.at == rows[i].text + (rows[i].taken ? 6 : 0), rows[i].text);
		if (rows[i].taken)
			assert_memory_equal(bytes, right, 3);
	}
}

static void
hex_runs_past_the_end(void **state)
{
	struct cursor cursor = cursor_over("00ff7a", 5);
	uint8_t bytes[3];

	(void)state;
	assert_false(cursor_hex(&cursor, bytes, 3));
	assert_true(cursor_hex(&cursor, bytes, 2));
}

static void
word_swallows_a_blank_or_a_control(void **state)
{
	static const char ends[] = { ' ', '\t', '\n', '\r', '\0', 0x01, 0x1f, 0x7f };
	const char *word = NULL;
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < sizeof ends; i++) {
		char text[] = { 'a', '\xc3', ends[i], 'c' };
		struct cursor cursor = cursor_over(text, sizeof text);

		assert_true(cursor_word(&cursor, &word, &len, 9));
		assert_ptr_equal(word, text);
		assert_int_equal(len, 2);
		assert_false(cursor_word(&cursor, &word, &len, 9));
		assert_ptr_equal(cursor.at, text + 2);
	}
}

static void
word_longer_than_its_room_is_cut(void **state)
{
	struct cursor cursor = cursor_over("abcd", 4);
	const char *word = NULL;
	size_t len = 0;

	(void)state;
	assert_false(cursor_word(&cursor, &word, &len, 3));
	assert_ptr_equal(cursor.end - 4, cursor.at);
	assert_true(cursor_word(&cursor, &word, &len, 4));
	assert_int_equal(len, 4);
}

static void
take_moves_though_it_refuses(void **state)
{
	struct cursor cursor = cursor_over("ab\ncd", 5);

	(void)state;
	assert_false(cursor_take(&cursor, "abc"));
	assert_false(cursor_take(&cursor, "ab\ncd\n"));
	assert_false(cursor_newline(&cursor));
	assert_int_equal(cursor.line, 1);
	assert_true(cursor_take(&cursor, "ab"));
	assert_true(cursor_newline(&cursor));
	assert_int_equal(cursor.line, 2);
	assert_false(cursor_done(&cursor));
	assert_true(cursor_take(&cursor, "cd"));
	assert_true(cursor_done(&cursor));
	assert_false(cursor_take(&cursor, "x"));
	assert_true(cursor_take(&cursor, ""));
}

static void
fault_is_no_refusal(void **state)
{
	struct fault fault = { NULL, 0 };

	(void)state;
	assert_false(fault_set(&fault, 7, "because"));
	assert_string_equal(fault.why, "because");
	assert_int_equal(fault.line, 7);
}

static void
writer_runs_past_its_buffer(void **state)
{
	char room[9];

	(void)state;
	for (size_t size = 1; size < sizeof room; size++) {
		struct text text = text_into(room, size);

		memset(room, '#', sizeof room);
		text_put(&text, "1234");
		text_put_hex(&text, (const uint8_t *)"\xab", 1);
		text_put_number(&text, -1);
		text_end(&text);
		assert_int_equal(text.overflow, size < sizeof room);
		assert_true(text_length(&text) < size);
		assert_int_equal(room[text_length(&text)], '\0');
		for (size_t i = size; i < sizeof room; i++)
			assert_int_equal(room[i], '#');
	}
}

static void
whole_line_is_said_to_overflow(void **state)
{
	char room[9];
	struct text text = text_into(room, sizeof room);

	(void)state;
	text_put(&text, "12345678");
	text_end(&text);
	assert_false(text.overflow);
	assert_string_equal(room, "12345678");
}

static void
number_is_written_as_another(void **state)
{
	static const struct {
		int64_t number;
		const char *text;
	} rows[] = {
		{ 0, "0" }, { 9, "9" }, { 10, "10" }, { -1, "-1" }, { 1234567890, "1234567890" },
		{ INT64_MAX, "9223372036854775807" }, { INT64_MIN, "-9223372036854775808" },
	};
	static const struct {
		uint64_t number;
		unsigned width;
		const char *text;
	} padded[] = {
		{ 0, 6, "000000" }, { 42, 6, "000042" }, { 999999, 6, "999999" },
		{ 1234567, 6, "1234567" }, { 5, 0, "5" },
		{ UINT64_MAX, 1, "18446744073709551615" },
		{ 1, 99, "00000000000000000000000000000001" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char room[40];
		struct text text = text_into(room, sizeof room);

		text_put_number(&text, rows[i].number);
		text_end(&text);
		assert_string_equal(room, rows[i].text);
	}
	for (size_t i = 0; i < sizeof padded / sizeof *padded; i++) {
		char room[40];
		struct text text = text_into(room, sizeof room);

		text_put_padded(&text, padded[i].number, padded[i].width);
		text_end(&text);
		assert_string_equal(room, padded[i].text);
	}
}

/* Formats as a translation might hold them, which no compiler has looked at. */
static void
format_is_read_as_another(void **state)
{
	static const struct {
		const char *format;
		const char *text; /* NULL: refused, and nothing is written */
	} rows[] = {
		{ "", "" },
		{ "100%%", "100%" },
		{ "%%s", "%s" },
		{ "%s has %lld of %lld", "jan has -7 of 10" },
		{ "%1$s has %2$lld of %3$lld", "jan has -7 of 10" },
		{ "Van %3$lld heeft %1$s er %2$lld.", "Van 10 heeft jan er -7." },
		{ "%1$s %1$s", "jan jan" },
		{ "%2$lld, %1$s", "-7, jan" },
		{ "%s", "jan" },
		{ "%", NULL },
		{ "%d", NULL },
		{ "%ld", NULL },
		{ "%llx", NULL },
		{ "%n", NULL },
		{ "%5s", NULL },
		{ "%*s", NULL },
		{ "% s", NULL },
		{ "%1s", NULL },
		{ "%1$", NULL },
		{ "%$s", NULL },
		{ "%0$s", NULL },
		{ "%5$s", NULL },
		{ "%-1$s", NULL },
		{ "%99999999999999999999$s", NULL },
		{ "%2$lld", NULL },           /* what the first one is cannot be known */
		{ "%1$s %3$lld", NULL },
		{ "%1$s %1$lld", NULL },      /* one of the two would be a wild pointer */
		{ "%s %1$lld", NULL },
		{ "%s %lld %lld %lld %lld", NULL },
		{ "%s %lld %lld %", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char room[64];
		struct text text = text_into(room, sizeof room);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		text_format(&text, rows[i].format, "jan", -7LL, 10LL, 1LL);
#pragma GCC diagnostic pop
		text_end(&text);
		assert_row(text.overflow == (rows[i].text == NULL), rows[i].format);
		assert_string_equal(room, rows[i].text != NULL ? rows[i].text : "");
	}
}

static void
format_runs_past_its_buffer(void **state)
{
	char room[9];

	(void)state;
	for (size_t size = 1; size < sizeof room; size++) {
		struct text text = text_into(room, size);

		memset(room, '#', sizeof room);
		text_format(&text, "%s%%%lld", "1234", 567LL);
		text_end(&text);
		assert_int_equal(text.overflow, size < sizeof room);
		assert_int_equal(room[text_length(&text)], '\0');
		for (size_t i = size; i < sizeof room; i++)
			assert_int_equal(room[i], '#');
	}
}

static void
rule_12_user_name_becomes_a_path(void **state)
{
	static const struct {
		const char *user, *name;
	} rows[] = {
		{ "alice", "alice" },
		{ "Al-i_ce.9@example.org", "Al-i_ce.9@example.org" },
		{ "/", "%2f" },
		{ ".", "%2e" },
		{ "..", "%2e." },
		{ "../../etc/shadow", "%2e.%2f..%2fetc%2fshadow" },
		{ ".new", "%2enew" },
		{ ".none", "%2enone" },
		{ "%", "%25" },
		{ "%2f", "%252f" },
		{ "a b", "a%20b" },
		{ " ", "%20" },
		{ "a\tb", "a%09b" },
		{ "a\nuser root", "a%0auser%20root" },
		{ "-rf", "-rf" },
		{ "?", "%3f" },
		{ "EXAMPLE\\jan", "EXAMPLE%5cjan" },
		{ "\xc3\xa9", "%c3%a9" },
		{ "\x7f\x01\xff", "%7f%01%ff" },
		{ "~root", "%7eroot" },
		{ "a:b", "a%3ab" },
		{ "$(id)*", "%24%28id%29%2a" },
	};
	char name[TEXT_NAME_SIZE], user[TEXT_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_row(text_name(name, rows[i].user), rows[i].name);
		assert_string_equal(name, rows[i].name);
		assert_row(text_unname(user, name), rows[i].name);
		assert_string_equal(user, rows[i].user);
	}
	assert_false(text_name(name, ""));
}

static void
rule_12_one_file_has_two_names(void **state)
{
	static const char *const names[] = {
		"", ".", "..", ".new", "%", "%2", "a%2", "%2F", "%2f%", "%61", "%zz", "%00", "a%00b",
		"a/b", "a b", "a\nb", "%2E", "a%2eb", "\xc3\xa9", "%%", "a~",
	};
	char user[TEXT_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_row(!text_unname(user, names[i]), names[i]);
}

static void
rule_12_two_users_share_one_file(void **state)
{
	struct draw draw = { .state = 12 };
	char user[TEXT_NAME_SIZE], name[TEXT_NAME_SIZE], back[TEXT_NAME_SIZE];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t len = 1 + draw_number(&draw, 84);

		draw_bytes(&draw, user, len);
		user[len] = '\0';
		for (size_t j = 0; j < len; j++)
			if (user[j] == '\0')
				user[j] = '%';
		assert_true(text_name(name, user));
		assert_null(strchr(name, '/'));
		assert_int_not_equal(name[0], '.');
		for (const char *p = name; *p != '\0'; p++)
			assert_true(*p > ' ' && *p < 0x7f);
		assert_true(text_unname(back, name));
		assert_string_equal(back, user);
	}
}

static void
rule_12_overlong_user_name_is_cut(void **state)
{
	static const struct {
		const char *name;
		char byte;
		size_t len;
		bool fits;
	} rows[] = {
		{ "255 letters", 'a', 255, true },
		{ "256 letters", 'a', 256, false },
		{ "1000 letters", 'a', 1000, false },
		{ "85 slashes are 255", '/', 85, true },
		{ "86 slashes are 258", '/', 86, false },
		{ "255 slashes", '/', 255, false },
		{ "253 dots are 255", '.', 253, true },
		{ "254 dots are 256", '.', 254, false },
	};
	char user[1001], name[TEXT_NAME_SIZE], back[TEXT_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		memset(user, rows[i].byte, rows[i].len);
		user[rows[i].len] = '\0';
		assert_row(text_name(name, user) == rows[i].fits, rows[i].name);
		assert_row(memchr(name, '\0', sizeof name) != NULL, rows[i].name);
		if (rows[i].fits)
			assert_row(text_unname(back, name) && strcmp(back, user) == 0, rows[i].name);
	}
	memset(user, 'a', 256);
	user[256] = '\0';
	assert_false(text_unname(back, user));
}

static void
blanks_and_digits_depend_on_more_than_ascii(void **state)
{
	(void)state;
	for (int c = -128; c < 256; c++) {
		assert_int_equal(text_is_digit((char)c), (char)c >= '0' && (char)c <= '9');
		assert_int_equal(text_is_blank((char)c), (char)c == ' ' || (char)c == '\t');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_is_read_in_part_or_out_of_range),
		cmocka_unit_test(number_runs_past_the_end),
		cmocka_unit_test(hex_takes_capitals_or_an_odd_digit),
		cmocka_unit_test(hex_runs_past_the_end),
		cmocka_unit_test(word_swallows_a_blank_or_a_control),
		cmocka_unit_test(word_longer_than_its_room_is_cut),
		cmocka_unit_test(take_moves_though_it_refuses),
		cmocka_unit_test(fault_is_no_refusal),
		cmocka_unit_test(writer_runs_past_its_buffer),
		cmocka_unit_test(whole_line_is_said_to_overflow),
		cmocka_unit_test(number_is_written_as_another),
		cmocka_unit_test(blanks_and_digits_depend_on_more_than_ascii),
		cmocka_unit_test(format_is_read_as_another),
		cmocka_unit_test(format_runs_past_its_buffer),
		cmocka_unit_test(rule_12_user_name_becomes_a_path),
		cmocka_unit_test(rule_12_one_file_has_two_names),
		cmocka_unit_test(rule_12_two_users_share_one_file),
		cmocka_unit_test(rule_12_overlong_user_name_is_cut),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
