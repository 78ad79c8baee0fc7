/* SPDX-License-Identifier: BSD-2-Clause */
#include "../core/sample.h"

#include <stdio.h>
#include <string.h>

#include "core/language_table.h"
#include "flow/enroll.h"

static struct settings settings;
static struct enroll enroll;
static char text[ENROLL_TEXT_SIZE + 1];
static const char key[] = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
static uint8_t modules[37 * 37];
static const struct picture picture = { 37, modules };
static struct printed_codes codes;

static int
start(void **state)
{
	(void)state;
	settings_default(&settings);
	enroll = (struct enroll){ .settings = &settings, .user = "jan", .issuer = "srv1" };
	for (unsigned i = 0; i < sizeof modules; i++)
		modules[i] = i % 3 == 0;
	codes = (struct printed_codes){ .count = 10 };
	for (unsigned i = 0; i < codes.count; i++)
		(void)snprintf(codes.code[i], sizeof codes.code[i], "AAAA-BBBB-CCCC-000%u", i % 10);
	return 0;
}

static const char *
question(void)
{
	memset(text, '#', sizeof text);
	assert_int_equal(enroll_next(&enroll), DEED_ASK);
	enroll_question(&enroll, text);
	assert_int_equal(text[ENROLL_TEXT_SIZE], '#');
	assert_int_equal(text[0], '\n');
	return text;
}

static void
answer(const char *typed)
{
	struct secret secret;

	if (typed != NULL)
		assert_true(secret_set(&secret, typed, strlen(typed)));
	enroll_answer(&enroll, typed != NULL ? &secret : NULL);
}

static void
activated(enum verdict verdict)
{
	const struct judgement judgement = { .verdict = verdict };

	assert_int_equal(enroll_next(&enroll), DEED_ACTIVATE);
	enroll_activated(&enroll, &judgement);
}

static void
began(void)
{
	assert_int_equal(enroll_next(&enroll), DEED_BEGIN);
	enroll_began(&enroll, key, &picture);
}

static void
confirmed(enum enroll_deed deed, bool fits)
{
	assert_int_equal(enroll_next(&enroll), deed);
	enroll_confirmed(&enroll, fits);
}

static void
ends(enum enroll_state state, bool stands)
{
	assert_int_equal(enroll_next(&enroll), DEED_NOTHING);
	assert_int_equal(enroll.state, state);
	assert_int_equal(enroll_stands(&enroll), stands);
}

static const char *
ending(void)
{
	memset(text, '#', sizeof text);
	enroll_ending(&enroll, text);
	for (const char *p = text; *p != '\0'; p++)
		assert_true(*p == '\n' || (*p >= ' ' && *p < 0x7f));
	return text;
}

static bool
ends_with(const char *string, const char *end)
{
	size_t len = strlen(string), tail = strlen(end);

	return len >= tail && strcmp(string + len - tail, end) == 0;
}

/* A plain dialogue up to the code that fits. */
static void
up_to_the_commit(void)
{
	enroll_start(&enroll, false);
	began();
	(void)question();
	answer("123456");
	confirmed(DEED_CONFIRM, true);
	assert_int_equal(enroll_next(&enroll), DEED_COMMIT);
}

static void
plain_dialogue_links_after_one_right_code(void **state)
{
	(void)state;
	enroll_start(&enroll, false);
	began();
	assert_non_null(strstr(question(), "for jan on srv1"));
	assert_non_null(strstr(text, "\nNo picture? Key: JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP\n"));
	assert_true(ends_with(text, "i = invert, k = key only. Verification code: "));
	answer("123 456");
	assert_int_equal(enroll.claim.kind, CLAIM_CODE);
	confirmed(DEED_CONFIRM, true);
	assert_false(enroll_stands(&enroll));
	assert_int_equal(enroll_next(&enroll), DEED_COMMIT);
	enroll_committed(&enroll, true);
	assert_true(enroll_stands(&enroll));
	assert_int_equal(enroll_next(&enroll), DEED_CODES);
	enroll_made(&enroll, &codes);
	assert_non_null(strstr(question(), "these 10 recovery codes"));
	for (unsigned i = 0; i < codes.count; i++)
		assert_non_null(strstr(text, codes.code[i]));
	assert_true(ends_with(text, "Saved them? Press Enter: "));
	answer("");
	assert_int_equal(enroll_next(&enroll), DEED_BIND);
	enroll_bound(&enroll);
	ends(ENROLL_DONE, true);
	assert_string_equal(ending(), "");
}

/* sshd kills the dialogue there: what was not bound is shown anew at the next login. */
static void
broken_off_at_the_recovery_codes_it_still_stands(void **state)
{
	(void)state;
	up_to_the_commit();
	enroll_committed(&enroll, true);
	enroll_made(&enroll, &codes);
	(void)question();
	answer(NULL);
	ends(ENROLL_DONE, true);
}

static void
without_recovery_codes_none_are_shown(void **state)
{
	(void)state;
	settings.recovery_codes = 0;
	up_to_the_commit();
	enroll_committed(&enroll, true);
	ends(ENROLL_DONE, true);
	assert_string_equal(ending(), "Two-step sign-in is on.");
}

/* Nothing but a right code ever leads to the commit. */
static void
rule_02_no_answer_but_a_right_code_commits(void **state)
{
	static const char *const answers[] = { NULL, "", " ", "12345", "123456789", "yes",
		"AAAA-BBBB-CCCC-DDDD", "AAAA-BBBB-CCCC", "i", "k", "I", "\b\n\r\177INCORRECT" };

	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		(void)start(state);
		enroll_start(&enroll, false);
		began();
		(void)question();
		answer(answers[i]);
		assert_int_not_equal(enroll_next(&enroll), DEED_COMMIT);
		assert_int_not_equal(enroll_next(&enroll), DEED_CONFIRM);
		assert_false(enroll_stands(&enroll));
	}
}

static void
three_wrong_codes_end_it(void **state)
{
	(void)state;
	enroll_start(&enroll, false);
	began();
	for (unsigned left = 2; left > 0; left--) {
		(void)question();
		answer("123456");
		confirmed(DEED_CONFIRM, false);
		assert_non_null(strstr(question(), left == 2 ? "2 tries left" : "One try left"));
		assert_null(strstr(text, "JBSW"));
	}
	answer("123456");
	confirmed(DEED_CONFIRM, false);
	ends(ENROLL_REFUSED, false);
	assert_non_null(strstr(ending(), "was not set up"));
}

static void
empty_answers_do_not_go_on_for_ever(void **state)
{
	unsigned asked = 0;

	(void)state;
	enroll_start(&enroll, false);
	began();
	while (enroll_next(&enroll) == DEED_ASK && asked < 1000) {
		(void)question();
		answer("");
		asked++;
	}
	assert_in_range(asked, 10, 30);
	ends(ENROLL_REFUSED, false);
}

/* However often he turned the picture: the codes that he saw must be those that count. */
static void
enter_at_the_recovery_codes_binds_them_after_many_answers(void **state)
{
	for (unsigned before = 0; before < 20; before++) {
		(void)start(state);
		enroll_start(&enroll, false);
		began();
		for (unsigned i = 0; i < before; i++) {
			(void)question();
			answer("i");
		}
		(void)question();
		answer("123456");
		confirmed(DEED_CONFIRM, true);
		enroll_committed(&enroll, true);
		enroll_made(&enroll, &codes);
		(void)question();
		answer("");
		assert_int_equal(enroll_next(&enroll), DEED_BIND);
	}
}

static void
letters_turn_the_picture_and_show_the_key_alone(void **state)
{
	char first[ENROLL_TEXT_SIZE];

	(void)state;
	enroll_start(&enroll, false);
	began();
	memcpy(first, question(), sizeof first);
	answer("i");
	assert_non_null(strstr(question(), "\xe2\x96"));
	assert_string_not_equal(text, first);
	assert_null(strstr(text, "Set up"));
	answer(" K ");
	assert_null(strstr(question(), "\u2588"));
	assert_non_null(strstr(text, "JBSW Y3DP"));
	answer("i");
	assert_non_null(strstr(question(), "\xe2\x96"));
}

/* 80x24 holds the picture of an ordinary name, the key and the prompt, whatever scrolls off above. */
static void
picture_key_and_prompt_fit_a_screen(void **state)
{
	unsigned lines = 0;
	const char *from;

	(void)state;
	enroll_start(&enroll, false);
	began();
	from = strstr(question(), "\u2588");
	assert_non_null(from);
	for (const char *p = from; *p != '\0'; p++)
		lines += *p == '\n';
	assert_in_range(lines + 1, 20, 24);
	for (const char *line = text; line < from; line += strcspn(line, "\n") + 1)
		assert_in_range(strcspn(line, "\n"), 0, 130);
}

/* The corners: a margin of two light modules, and the one dark module in its middle. */
static void
light_modules_are_drawn_and_the_dark_left_out(void **state)
{
	static const uint8_t dark[] = { 0xff };
	static const struct picture one = { 1, dark };
	static const char *const plain[] = { "█████",
		"██▄██", "█████" };
	static const char *const inverted[] = { "     ", "  ▀  ", "     " };
	char line[64];

	(void)state;
	assert_int_equal(picture_lines(&one), 3);
	for (unsigned i = 0; i < 6; i++) {
		struct text out = text_into(line, sizeof line);

		picture_line(&out, &one, i / 2, i % 2 != 0);
		text_end(&out);
		assert_string_equal(line, i % 2 != 0 ? inverted[i / 2] : plain[i / 2]);
	}
}

static void
without_a_picture_the_key_is_enough(void **state)
{
	static const struct picture none;

	(void)state;
	enroll_start(&enroll, false);
	assert_int_equal(enroll_next(&enroll), DEED_BEGIN);
	enroll_began(&enroll, key, &none);
	assert_non_null(strstr(question(), "JBSW Y3DP"));
	assert_null(strstr(text, "invert"));
	assert_true(ends_with(text, "\nVerification code: "));
}

static void
activation_code_comes_first(void **state)
{
	(void)state;
	enroll.activation = true;
	enroll_start(&enroll, false);
	assert_true(ends_with(question(), "type your activation code.\nActivation code: "));
	answer("123456");
	assert_int_equal(enroll_next(&enroll), DEED_ASK);
	assert_non_null(strstr(question(), "XXXX-XXXX-XXXX"));
	answer("aaaa bbbb-cccc");
	activated(VERDICT_ACTIVATED);
	assert_int_equal(enroll_next(&enroll), DEED_BEGIN);
}

static void
three_wrong_activation_codes_end_it(void **state)
{
	static const enum verdict verdicts[] = { VERDICT_WRONG, VERDICT_EXPIRED, VERDICT_WRONG };

	(void)state;
	enroll.activation = true;
	enroll_start(&enroll, false);
	for (unsigned i = 0; i < 3; i++) {
		(void)question();
		answer("AAAABBBBCCCC");
		activated(verdicts[i]);
	}
	ends(ENROLL_REFUSED, false);
	assert_non_null(strstr(ending(), "wrong or expired"));
}

static void
locked_account_ends_it_at_once(void **state)
{
	(void)state;
	enroll.activation = true;
	enroll_start(&enroll, false);
	(void)question();
	answer("AAAABBBBCCCC");
	activated(VERDICT_LOCKED);
	ends(ENROLL_REFUSED, false);
}

/* Who has the password must not look at a key that the rightful person then scans. */
static void
rule_22_pending_key_is_not_shown_again(void **state)
{
	(void)state;
	enroll.pending = true;
	enroll.key = key;
	enroll.picture = picture;
	enroll_start(&enroll, false);
	assert_null(strstr(question(), "JBSW"));
	assert_null(strstr(text, "\u2588"));
	answer("123456");
	confirmed(DEED_FINISH, false);
	assert_null(strstr(question(), "JBSW"));
	answer("k");
	assert_null(strstr(question(), "JBSW"));
	answer("i");
	assert_null(strstr(question(), "\u2588"));
	answer("123456");
	confirmed(DEED_FINISH, true);
	assert_int_equal(enroll_next(&enroll), DEED_COMMIT);
}

static void
rule_22_enter_instead_of_its_code_makes_a_new_key(void **state)
{
	(void)state;
	enroll.pending = true;
	enroll_start(&enroll, false);
	(void)question();
	answer("");
	assert_int_equal(enroll_next(&enroll), DEED_BEGIN);
}

static void
rule_19_activation_code_lies_there_while_the_next_answer_is_typed(void **state)
{
	static const struct claim none;

	(void)state;
	enroll.activation = true;
	enroll_start(&enroll, false);
	(void)question();
	answer("AAAABBBBCCCC");
	assert_int_equal(enroll.claim.kind, CLAIM_ACTIVATION);
	activated(VERDICT_ACTIVATED);
	began();
	(void)question();
	assert_memory_equal(&enroll.claim, &none, sizeof none);
	/* nor does what was no answer to the question */
	answer("AAAA-BBBB-CCCC-DDDD");
	assert_int_equal(enroll.claim.kind, CLAIM_RECOVERY);
	(void)question();
	assert_memory_equal(&enroll.claim, &none, sizeof none);
}

static void
pending_key_waits_for_the_activation_code_too(void **state)
{
	(void)state;
	enroll.pending = enroll.activation = true;
	enroll_start(&enroll, false);
	(void)question();
	answer("AAAABBBBCCCC");
	activated(VERDICT_ACTIVATED);
	assert_int_equal(enroll_next(&enroll), DEED_ASK);
	assert_int_equal(enroll.state, ENROLL_FINISH);
}

static void
offer_is_declined_by_anything_but_yes(void **state)
{
	static const struct {
		const char *typed;
		bool yes;
	} rows[] = { { "y", true }, { "Y", true }, { "yes", true }, { "n", false }, { "", false },
		{ NULL, false }, { "123456", false }, { " y", false } };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		(void)start(state);
		enroll_start(&enroll, true);
		assert_true(ends_with(question(), "[y/N] "));
		answer(rows[i].typed);
		if (rows[i].yes)
			assert_int_equal(enroll_next(&enroll), DEED_BEGIN);
		else
			ends(ENROLL_DECLINED, false);
		assert_string_equal(ending(), "");
	}
}

static void
slower_of_two_dialogues_is_told(void **state)
{
	(void)state;
	up_to_the_commit();
	enroll_committed(&enroll, false);
	ends(ENROLL_REFUSED, false);
	assert_non_null(strstr(ending(), "being linked to this account now. Not you?"));
}

static void
dialogue_elsewhere_is_told_of(void **state)
{
	(void)state;
	enroll.race = true;
	enroll_start(&enroll, false);
	began();
	assert_non_null(strstr(question(), "being linked to this account now. Not you?"));
}

static void
failure_refuses_before_the_commit_and_not_after(void **state)
{
	(void)state;
	enroll_start(&enroll, false);
	enroll_failed(&enroll);
	ends(ENROLL_REFUSED, false);
	assert_non_null(strstr(ending(), "out of order"));
	(void)start(state);
	enroll_start(&enroll, false);
	enroll.state = ENROLL_COMMIT;
	enroll_failed(&enroll);
	ends(ENROLL_REFUSED, false);
	(void)start(state);
	enroll_start_codes(&enroll);
	enroll_failed(&enroll);
	ends(ENROLL_DONE, true);
}

static void
owed_codes_are_shown_and_bound(void **state)
{
	(void)state;
	enroll_start_codes(&enroll);
	assert_int_equal(enroll_next(&enroll), DEED_CODES);
	enroll_made(&enroll, &codes);
	assert_non_null(strstr(question(), "AAAA-BBBB-CCCC-0009"));
	answer("ok");
	assert_int_equal(enroll_next(&enroll), DEED_BIND);
}

/* But for the picture, which is not made of ASCII. */
static void
assert_narrow(const char *from)
{
	for (const char *line = from; *line != '\0';) {
		size_t len = strcspn(line, "\n");

		if ((line[0] & 0x80) == 0)
			assert_in_range(len, 0, LOGIN_COLUMNS);
		line += len + (line[len] == '\n');
	}
}

/* Every question and ending there is. */
static void
say_it_all(void)
{
	enroll.activation = enroll.pending = enroll.race = true;
	enroll_start(&enroll, true);
	assert_narrow(question());
	answer("y");
	assert_narrow(question());
	answer("123456");
	assert_narrow(question());
	answer("0123-4567-89AB");
	activated(VERDICT_WRONG);
	assert_narrow(question());
	answer("0123-4567-89AB");
	activated(VERDICT_ACTIVATED);
	assert_narrow(question());
	answer("");
	began();
	assert_narrow(question());
	answer("what");
	assert_narrow(question());
	answer("123456");
	confirmed(DEED_CONFIRM, false);
	assert_narrow(question());
	answer("123456");
	confirmed(DEED_CONFIRM, false);
	assert_narrow(question());
	answer("123456");
	confirmed(DEED_CONFIRM, true);
	enroll_committed(&enroll, true);
	enroll_made(&enroll, &codes);
	assert_narrow(question());
	enroll_start(&enroll, true);
	enroll.state = ENROLL_COMMIT;
	enroll_committed(&enroll, false);
	assert_narrow(ending());
	enroll_start(&enroll, false);
	answer(NULL);
	assert_narrow(ending());
}

static void
text_of_a_language_is_wider_than_the_screen(void **state)
{
	char name[33];

	for (size_t i = 0; i < languages_count; i++)
		for (size_t len = 1; len < sizeof name; len++) {
			(void)start(state);
			memset(name, 'n', len);
			name[len] = '\0';
			settings.language = &languages[i];
			memcpy(settings.contact, name, len + 1);
			enroll.user = enroll.issuer = name;
			say_it_all();
		}
}

static void
yes_of_another_language_is_a_no(void **state)
{
	static const struct {
		const char *language, *typed;
		bool yes;
	} rows[] = {
		{ "en", "y", true }, { "en", "Yes", true }, { "en", "j", false }, { "en", "", false },
		{ "nl", "j", true }, { "nl", "Ja", true }, { "nl", "y", true }, { "nl", "n", false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		(void)start(state);
		settings.language = language_named(rows[i].language, 2);
		enroll_start(&enroll, true);
		(void)question();
		answer(rows[i].typed);
		assert_row((enroll.state != ENROLL_DECLINED) == rows[i].yes, rows[i].typed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(plain_dialogue_links_after_one_right_code, start),
		cmocka_unit_test_setup(broken_off_at_the_recovery_codes_it_still_stands, start),
		cmocka_unit_test_setup(without_recovery_codes_none_are_shown, start),
		cmocka_unit_test_setup(rule_02_no_answer_but_a_right_code_commits, start),
		cmocka_unit_test_setup(three_wrong_codes_end_it, start),
		cmocka_unit_test_setup(empty_answers_do_not_go_on_for_ever, start),
		cmocka_unit_test_setup(enter_at_the_recovery_codes_binds_them_after_many_answers, start),
		cmocka_unit_test_setup(letters_turn_the_picture_and_show_the_key_alone, start),
		cmocka_unit_test_setup(picture_key_and_prompt_fit_a_screen, start),
		cmocka_unit_test_setup(light_modules_are_drawn_and_the_dark_left_out, start),
		cmocka_unit_test_setup(without_a_picture_the_key_is_enough, start),
		cmocka_unit_test_setup(activation_code_comes_first, start),
		cmocka_unit_test_setup(three_wrong_activation_codes_end_it, start),
		cmocka_unit_test_setup(locked_account_ends_it_at_once, start),
		cmocka_unit_test_setup(rule_22_pending_key_is_not_shown_again, start),
		cmocka_unit_test_setup(rule_22_enter_instead_of_its_code_makes_a_new_key, start),
		cmocka_unit_test_setup(rule_19_activation_code_lies_there_while_the_next_answer_is_typed, start),
		cmocka_unit_test_setup(pending_key_waits_for_the_activation_code_too, start),
		cmocka_unit_test_setup(offer_is_declined_by_anything_but_yes, start),
		cmocka_unit_test_setup(slower_of_two_dialogues_is_told, start),
		cmocka_unit_test_setup(dialogue_elsewhere_is_told_of, start),
		cmocka_unit_test_setup(failure_refuses_before_the_commit_and_not_after, start),
		cmocka_unit_test_setup(owed_codes_are_shown_and_bound, start),
		cmocka_unit_test_setup(text_of_a_language_is_wider_than_the_screen, start),
		cmocka_unit_test_setup(yes_of_another_language_is_a_no, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
