/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "core/language.h"
#include "core/language_table.h"

static const struct language *
dutch(void)
{
	return language_named("nl", 2);
}

static void
language_answers_to_another_name(void **state)
{
	static const char *const others[] = { "", "n", "nld", "NL", "nl_NL", "english", "e", "nl\n", "C" };

	(void)state;
	assert_non_null(language_named("en", 2));
	assert_non_null(dutch());
	assert_ptr_not_equal(language_named("en", 2), dutch());
	assert_ptr_equal(language_named("nl_NL.UTF-8", 2), dutch());
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_row(language_named(others[i], strlen(others[i])) == NULL, others[i]);
}

static void
message_is_not_found_where_it_stands(void **state)
{
	(void)state;
	for (size_t i = 0; i < languages_count; i++) {
		const struct language *language = &languages[i];

		for (size_t j = 0; j < language->count; j++) {
			const char *english = language->texts + language->messages[j].english;
			const char *text = language->texts + language->messages[j].text;

			assert_row(j == 0 ||
			    strcmp(language->texts + language->messages[j - 1].english, english) < 0, english);
			assert_row(say(language, english) == text, english);
		}
	}
	assert_true(dutch()->count > 10);
}

static void
missing_text_is_no_text(void **state)
{
	static const char text[] = "No text of the program.", many[] = "No texts of the program.";

	(void)state;
	for (size_t i = 0; i < languages_count; i++) {
		assert_ptr_equal(say(&languages[i], text), text);
		assert_ptr_equal(say_n(&languages[i], text, many, 1), text);
		assert_ptr_equal(say_n(&languages[i], text, many, 2), many);
	}
	assert_ptr_equal(say(NULL, text), text);
	assert_ptr_equal(say(NULL, "your administrator"), "your administrator");
	assert_string_equal(say(dutch(), "your administrator"), "je beheerder");
	assert_string_equal(say(language_named("en", 2), "your administrator"), "your administrator");
}

static void
count_takes_the_other_form(void **state)
{
	static const struct {
		int64_t n;
		const char *english, *dutch;
	} rows[] = {
		{ 1, "%lld second", "%lld seconde" },
		{ 0, "%lld seconds", "%lld seconden" },
		{ 2, "%lld seconds", "%lld seconden" },
		{ 21, "%lld seconds", "%lld seconden" },
		{ -1, "%lld second", "%lld seconde" },
		{ INT64_MAX, "%lld seconds", "%lld seconden" },
		{ INT64_MIN, "%lld seconds", "%lld seconden" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *one = "%lld second", *many = "%lld seconds";

		assert_string_equal(say_n(NULL, one, many, rows[i].n), rows[i].english);
		assert_string_equal(say_n(language_named("en", 2), one, many, rows[i].n), rows[i].english);
		assert_string_equal(say_n(dutch(), one, many, rows[i].n), rows[i].dutch);
	}
}

static unsigned
three_forms(uint64_t n)
{
	return n == 9 ? 77 : n > 2 ? 2 : (unsigned)n;
}

/* A language with more forms than two, and a rule that names one that is not there. */
static void
form_lies_behind_the_last(void **state)
{
	static const struct message messages[] = { { 0, 2, 3 }, { 11, 13, 1 } };
	static const struct language language = { "xx", "a\0p1\0p2\0p3\0b\0p4\0p5", messages, 2,
		three_forms };
	static const char *const forms[] = { "p1", "p2", "p3", "p3" };

	(void)state;
	for (int n = 0; n < 4; n++)
		assert_string_equal(say_n(&language, "a", "as", n), forms[n]);
	assert_string_equal(say_n(&language, "a", "as", 9), "p3");
	assert_string_equal(say_n(&language, "b", "bs", 2), "p4");
	assert_string_equal(say(&language, "a"), "p1");
	assert_string_equal(say(&language, "c"), "c");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(language_answers_to_another_name),
		cmocka_unit_test(message_is_not_found_where_it_stands),
		cmocka_unit_test(missing_text_is_no_text),
		cmocka_unit_test(count_takes_the_other_form),
		cmocka_unit_test(form_lies_behind_the_last),
	};

	return cmocka_run_group_tests_name("language", tests, NULL, NULL);
}
