/* SPDX-License-Identifier: BSD-2-Clause */
#include "../core/sample.h"

#include <stdio.h>
#include <string.h>

#include "core/language_table.h"
#include "flow/login.h"

#define CREATED (SAMPLE_NOW - 86400)

static struct settings settings;
static char text[LOGIN_TEXT_SIZE + 1];

static int
start(void **state)
{
	(void)state;
	settings_default(&settings);
	memset(text, '#', sizeof text);
	return 0;
}

/* Every text is a string in its room, in ASCII, and nothing a terminal obeys. */
static void
assert_plain(void)
{
	assert_int_equal(text[LOGIN_TEXT_SIZE], '#');
	assert_non_null(memchr(text, '\0', LOGIN_TEXT_SIZE));
	for (const char *p = text; *p != '\0'; p++)
		assert_true(*p == '\n' || (*p >= ' ' && *p < 0x7f));
}

static void
assert_columns(const char *from)
{
	for (const char *line = from; *line != '\0';) {
		size_t len = strcspn(line, "\n");

		assert_in_range(len, 0, 72);
		line += len + (line[len] == '\n');
	}
}

/* ---- what was typed --------------------------------------------------------------- */

static void
claim_of(struct claim *claim, const char *bytes, size_t len)
{
	struct secret typed;

	assert_true(secret_set(&typed, bytes, len));
	memset(claim, 0x5a, sizeof *claim);
	login_claim(claim, &typed);
}

static void
rule_06_code_is_another_in_another_spelling(void **state)
{
	static const struct {
		const char *typed, *digits;
	} rows[] = {
		{ "123456", "123456" }, { " 123456 ", "123456" }, { "123 456", "123456" },
		{ "123-456", "123456" }, { "1 2 3\t4-5-6", "123456" }, { "--123456--", "123456" },
		{ "1234567", "1234567" }, { "1234 5678", "12345678" }, { "000000", "000000" },
		{ "012 345", "012345" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct claim claim;

		claim_of(&claim, rows[i].typed, strlen(rows[i].typed));
		assert_row(claim.kind == CLAIM_CODE, rows[i].typed);
		assert_row(claim.digits == strlen(rows[i].digits), rows[i].typed);
		assert_row(claim.code.len == claim.digits, rows[i].typed);
		assert_memory_equal(claim.code.bytes, rows[i].digits, claim.digits);
	}
}

static void
rule_06_recovery_code_is_another_in_another_spelling(void **state)
{
	static const char *const rows[] = { "0123-4567-89AB-CDEF", "0123456789abcdef",
		"oi23 4567 89ab cdef", " OL23-4567-89aB-cDEf ", "0-1-2-3-4-5-6-7-8-9-A-B-C-D-E-F" };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct claim claim;

		claim_of(&claim, rows[i], strlen(rows[i]));
		assert_row(claim.kind == CLAIM_RECOVERY, rows[i]);
		assert_row(claim.recovery.code.len == RECOVERY_CHARS, rows[i]);
		assert_memory_equal(claim.recovery.code.bytes, "0123456789ABCDEF", RECOVERY_CHARS);
		assert_row(claim.code.len == 0, rows[i]);
		assert_row(!claim.recovery.hashed, rows[i]);
	}
}

static void
recovery_code_of_digits_alone_is_malformed(void **state)
{
	struct claim claim;

	(void)state;
	claim_of(&claim, "1234-5678-9012-3456", 19);
	assert_int_equal(claim.kind, CLAIM_RECOVERY);
	assert_memory_equal(claim.recovery.code.bytes, "1234567890123456", RECOVERY_CHARS);
}

static void
rule_02_nothing_is_an_answer(void **state)
{
	static const char *const rows[] = { "", " ", "\t \t", "-", "- - -" };
	struct claim claim;

	(void)state;
	memset(&claim, 0x5a, sizeof claim);
	login_claim(&claim, NULL);
	assert_int_equal(claim.kind, CLAIM_EMPTY);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		claim_of(&claim, rows[i], strlen(rows[i]));
		assert_row(claim.kind == CLAIM_EMPTY, rows[i]);
		assert_row(claim.code.len == 0 && claim.recovery.code.len == 0, rows[i]);
	}
}

static void
rule_02_something_else_is_an_answer(void **state)
{
	static const struct {
		const char *name, *typed;
		size_t len;
	} rows[] = {
		{ "five digits", "12345", 5 },
		{ "nine digits", "123456789", 9 },
		{ "fifteen digits", "123456789012345", 15 },
		{ "seventeen digits", "12345678901234567", 17 },
		{ "a letter among them", "12345a", 6 },
		{ "a letter behind", "123456x", 7 },
		{ "a sign", "+123456", 7 },
		{ "a point", "123.456", 7 },
		{ "Ctrl-C", "\x03", 1 },
		{ "Ctrl-D", "\x04", 1 },
		{ "Esc", "\x1b", 1 },
		{ "Esc behind a code", "123456\x1b", 7 },
		{ "a newline behind a code", "123456\n", 7 },
		{ "a NUL behind a code", "123456\0", 7 },
		{ "a NUL before a code", "\0" "123456", 7 },
		{ "what sshd sends for an unknown user", "\b\n\r\177INCORRECT", 13 },
		{ "full-width digits", "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x93", 9 },
		{ "Arabic digits", "\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4\xd9\xa5\xd9\xa6", 12 },
		{ "a no-break space", "123\xc2\xa0" "456", 8 },
		{ "a password", "correct horse battery staple", 28 },
		{ "a letter that no code has", "U123-4567-89AB-CDEF", 19 },
		{ "a recovery code that is short", "0123-4567-89AB-CDE", 18 },
		{ "a recovery code that is long", "0123-4567-89AB-CDEF-0", 21 },
		{ "hexadecimal", "0x1234", 6 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		static const uint8_t nothing[SECRET_MAX];
		struct claim claim;

		claim_of(&claim, rows[i].typed, rows[i].len);
		assert_row(claim.kind == CLAIM_MALFORMED, rows[i].name);
		/* and nothing of it is kept: people type passwords here */
		assert_memory_equal(claim.code.bytes, nothing, SECRET_MAX);
		assert_memory_equal(claim.recovery.code.bytes, nothing, SECRET_MAX);
	}
}

static void
rule_18_longest_answer_runs_over(void **state)
{
	static const char fill[] = { '1', ' ', '-', 'a', '\xff', '\0' };

	(void)state;
	for (size_t i = 0; i < sizeof fill; i++) {
		struct claim claim;
		char bytes[SECRET_MAX];

		memset(bytes, fill[i], sizeof bytes);
		claim_of(&claim, bytes, sizeof bytes);
		assert_int_equal(claim.kind,
		    fill[i] == ' ' || fill[i] == '-' ? CLAIM_EMPTY : CLAIM_MALFORMED);
		/* a code at the end of so many blanks is one all the same */
		memset(bytes, ' ', sizeof bytes);
		memcpy(bytes + sizeof bytes - 6, "123456", 6);
		claim_of(&claim, bytes, sizeof bytes);
		assert_int_equal(claim.kind, CLAIM_CODE);
	}
}

/* ---- the question ----------------------------------------------------------------- */

static void
question_is_not_the_one_that_is_documented(void **state)
{
	static const struct {
		const char *name, *said;
		enum verdict standing;
		int64_t wait;
		const char *text;
	} rows[] = {
		{ "nothing to say", NULL, VERDICT_EMPTY, 0, "Verification code: " },
		{ "an empty text", "", VERDICT_EMPTY, 0, "Verification code: " },
		{ "the try before", "Wrong code.", VERDICT_EMPTY, 0, "\nWrong code.\nVerification code: " },
		{ "locked", NULL, VERDICT_LOCKED, 28 * 60,
		    "\nToo many wrong codes: locked for 28 minutes. A recovery code works now.\n"
		    "Verification code: " },
		{ "locked, and the try before", "Wrong code.", VERDICT_LOCKED, 1,
		    "\nToo many wrong codes: locked for 1 second. A recovery code works now.\n"
		    "Verification code: " },
		{ "blocked", "Wrong code.", VERDICT_BLOCKED, 0,
		    "\nToo many wrong codes: locked. Ask your administrator to open it, or use\n"
		    "a recovery code.\nVerification code: " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		login_question(text, &settings, rows[i].said, rows[i].standing, rows[i].wait);
		assert_string_equal(text, rows[i].text);
		assert_plain();
	}
}

static void
rule_18_text_above_drives_the_prompt_out(void **state)
{
	static char said[2 * LOGIN_TEXT_SIZE];

	(void)state;
	memset(settings.contact, 'c', SETTINGS_TEXT_SIZE - 1);
	memset(settings.prompt, 'p', SETTINGS_TEXT_SIZE - 20);
	memcpy(settings.prompt + SETTINGS_TEXT_SIZE - 20, SETTINGS_PROMPT, sizeof SETTINGS_PROMPT);
	for (size_t len = 0; len < sizeof said - 1; len++) {
		size_t end;

		memset(said, 's', len);
		said[len] = '\0';
		for (unsigned standing = 0; standing < 3; standing++) {
			static const enum verdict standings[] = { VERDICT_EMPTY, VERDICT_LOCKED,
				VERDICT_BLOCKED };

			login_question(text, &settings, said, standings[standing], INT64_MAX / 2);
			assert_plain();
			end = strlen(text);
			assert_in_range(end, strlen(settings.prompt), LOGIN_TEXT_SIZE - 1);
			assert_string_equal(text + end - strlen(settings.prompt), settings.prompt);
			/* what stands above the prompt stands on lines of its own */
			if (end > strlen(settings.prompt)) {
				assert_int_equal(text[0], '\n');
				assert_int_equal(text[end - strlen(settings.prompt) - 1], '\n');
			}
		}
	}
}

static void
prompt_of_another_language_is_made_ascii(void **state)
{
	(void)state;
	/* It is not the last message of a failed login: the client shows it as it is. */
	memcpy(settings.prompt, "\xc3\xa9 Verification code: ", 23);
	login_question(text, &settings, NULL, VERDICT_EMPTY, 0);
	assert_string_equal(text, "\xc3\xa9 Verification code: ");
}

/* ---- the answer ------------------------------------------------------------------- */

static void
answer_is_not_the_one_that_is_documented(void **state)
{
	static const struct {
		const char *name;
		struct judgement judgement;
		int64_t now;
		const char *text;
	} rows[] = {
		{ "accepted", { .verdict = VERDICT_ACCEPTED }, SAMPLE_NOW, "" },
		{ "after one wrong code", { .verdict = VERDICT_ACCEPTED, .since = 1 }, SAMPLE_NOW,
		    "1 wrong code since your last sign-in." },
		{ "after several", { .verdict = VERDICT_ACCEPTED, .since = 12 }, SAMPLE_NOW,
		    "12 wrong codes since your last sign-in." },
		{ "wrong", { .verdict = VERDICT_WRONG, .failures = 1 }, SAMPLE_NOW,
		    "Wrong code. Use the newest code of \"srv1\" in your app." },
		{ "wrong twice", { .verdict = VERDICT_WRONG, .failures = 2 }, SAMPLE_NOW,
		    "Wrong code. Use the newest code of \"srv1\" in your app." },
		{ "wrong three times", { .verdict = VERDICT_WRONG, .failures = 3 }, SAMPLE_NOW,
		    "Wrong code. Use the newest code of \"srv1\" in your app.\n"
		    "Phone clock automatic? Server time 22:13:20 UTC." },
		{ "the one that locks",
		    { .verdict = VERDICT_WRONG, .failures = 10, .locks = true, .wait = 1800 }, SAMPLE_NOW,
		    "Too many wrong codes: locked for 30 minutes. A recovery code works now." },
		{ "the one that blocks", { .verdict = VERDICT_WRONG, .failures = 10, .blocks = true,
		    .locks = true, .wait = 1800 }, SAMPLE_NOW,
		    "Too many wrong codes: locked. Ask your administrator to open it, or use\n"
		    "a recovery code." },
		{ "spent", { .verdict = VERDICT_SPENT, .method = METHOD_TOTP, .wait = 17 }, SAMPLE_NOW,
		    "Code already used. Wait 17 seconds for the next one." },
		{ "spent for an hour", { .verdict = VERDICT_SPENT, .method = METHOD_TOTP, .wait = 3600 },
		    SAMPLE_NOW, "Code already used. Wait 60 minutes for the next one." },
		{ "spent for longer", { .verdict = VERDICT_SPENT, .method = METHOD_TOTP, .wait = 3601 },
		    SAMPLE_NOW, "Codes are spent: a clock was ahead. Ask your administrator, or use a\n"
		    "recovery code." },
		{ "spent counter", { .verdict = VERDICT_SPENT, .method = METHOD_HOTP }, SAMPLE_NOW,
		    "Code already used. Make the next one." },
		{ "spent recovery code", { .verdict = VERDICT_SPENT, .method = METHOD_RECOVERY },
		    SAMPLE_NOW, "Recovery code already used. Take the next one on your list." },
		{ "malformed", { .verdict = VERDICT_MALFORMED, .digits = 8 }, SAMPLE_NOW,
		    "Not a code. Type the 8 digits from your app, or a recovery code." },
		{ "empty, of several lengths", { .verdict = VERDICT_EMPTY }, SAMPLE_NOW,
		    "Not a code. Type the digits from your app, or a recovery code." },
		{ "locked", { .verdict = VERDICT_LOCKED, .wait = 61 }, SAMPLE_NOW,
		    "Too many wrong codes: locked for 61 seconds. A recovery code works now." },
		{ "blocked", { .verdict = VERDICT_BLOCKED }, SAMPLE_NOW,
		    "Too many wrong codes: locked. Ask your administrator to open it, or use\n"
		    "a recovery code." },
		{ "unenrolled", { .verdict = VERDICT_UNENROLLED }, SAMPLE_NOW,
		    "You have no second step yet. Ask your administrator to enroll you." },
		{ "a clock behind", { .verdict = VERDICT_WRONG, .failures = 1 }, 86399,
		    "This machine's clock says 1970-01-01; use a recovery code." },
		{ "a clock before all time", { .verdict = VERDICT_WRONG, .failures = 1 }, -1,
		    "This machine's clock says 1970-01-01; use a recovery code." },
		{ "a leap day", { .verdict = VERDICT_WRONG, .failures = 1 }, 951782400,
		    "This machine's clock says 2000-02-29; use a recovery code." },
		{ "the day after one", { .verdict = VERDICT_WRONG, .failures = 1 }, 951868800,
		    "This machine's clock says 2000-03-01; use a recovery code." },
		{ "the end of a year", { .verdict = VERDICT_WRONG, .failures = 1 }, 1672531199,
		    "This machine's clock says 2022-12-31; use a recovery code." },
		{ "a clock behind, spent", { .verdict = VERDICT_SPENT, .method = METHOD_TOTP, .wait = 99 },
		    0, "This machine's clock says 1970-01-01; use a recovery code." },
		{ "a clock behind, spent recovery code",
		    { .verdict = VERDICT_SPENT, .method = METHOD_RECOVERY }, 0,
		    "Recovery code already used. Take the next one on your list." },
		{ "a clock behind, the one that locks",
		    { .verdict = VERDICT_WRONG, .failures = 10, .locks = true, .wait = 1800 }, 0,
		    "Too many wrong codes: locked for 30 minutes. A recovery code works now." },
		{ "less than a day behind", { .verdict = VERDICT_WRONG, .failures = 1 },
		    CREATED - 86400,
		    "Wrong code. Use the newest code of \"srv1\" in your app." },
		{ "a second more", { .verdict = VERDICT_WRONG, .failures = 1 }, CREATED - 86401,
		    "This machine's clock says 2023-11-12; use a recovery code." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		login_answer(text, &settings, &rows[i].judgement, "srv1", rows[i].now, CREATED);
		if (strcmp(text, rows[i].text) != 0)
			print_error("in the row '%s':\n", rows[i].name);
		assert_string_equal(text, rows[i].text);
		assert_plain();
		assert_columns(text);
	}
}

/* ---- other languages -------------------------------------------------------------- */

/* An activation code is no use to one who will not be asked for it. */
static void
unenrolled_is_sent_for_what_does_not_help(void **state)
{
	static const struct {
		enum settings_enroll enroll;
		const char *text;
	} rows[] = {
		{ ENROLL_NO, "You have no second step yet. Ask your administrator to enroll you." },
		{ ENROLL_YES, "You have no second step yet. Ask your administrator to enroll you." },
		{ ENROLL_INVITED, "You have no second step yet. Ask your administrator for an activation\n"
				  "code." },
	};
	const struct judgement unenrolled = { .verdict = VERDICT_UNENROLLED };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		settings.enroll_at_login = rows[i].enroll;
		login_answer(text, &settings, &unenrolled, "srv1", SAMPLE_NOW, CREATED);
		assert_string_equal(text, rows[i].text);
	}
}

static void
speak(const char *name)
{
	struct settings_fault fault;

	assert_true(settings_set(&settings, "language", name, &fault));
}

static void
answer_is_not_in_the_language_that_was_set(void **state)
{
	static const struct {
		struct judgement judgement;
		int64_t now;
		const char *text;
	} rows[] = {
		{ { .verdict = VERDICT_ACCEPTED }, SAMPLE_NOW, "" },
		{ { .verdict = VERDICT_ACCEPTED, .since = 1 }, SAMPLE_NOW,
		    "1 onjuiste code sinds je je voor het laatst aanmeldde." },
		{ { .verdict = VERDICT_ACCEPTED, .since = 12 }, SAMPLE_NOW,
		    "12 onjuiste codes sinds je je voor het laatst aanmeldde." },
		{ { .verdict = VERDICT_WRONG, .failures = 1 }, SAMPLE_NOW,
		    "Onjuiste code. Neem de nieuwste code van \"srv1\" in je app." },
		{ { .verdict = VERDICT_WRONG, .failures = 3 }, SAMPLE_NOW,
		    "Onjuiste code. Neem de nieuwste code van \"srv1\" in je app.\n"
		    "Telefoonklok automatisch? Servertijd 22:13:20 UTC." },
		{ { .verdict = VERDICT_SPENT, .method = METHOD_TOTP, .wait = 17 }, SAMPLE_NOW,
		    "Code al gebruikt. Wacht 17 seconden op de volgende." },
		{ { .verdict = VERDICT_SPENT, .method = METHOD_HOTP }, SAMPLE_NOW,
		    "Code al gebruikt. Maak de volgende." },
		{ { .verdict = VERDICT_SPENT, .method = METHOD_RECOVERY }, SAMPLE_NOW,
		    "Herstelcode al gebruikt. Neem de volgende van je lijst." },
		{ { .verdict = VERDICT_MALFORMED, .digits = 8 }, SAMPLE_NOW,
		    "Dat is geen code. Typ de 8 cijfers uit je app, of een herstelcode." },
		{ { .verdict = VERDICT_EMPTY }, SAMPLE_NOW,
		    "Dat is geen code. Typ de cijfers uit je app, of een herstelcode." },
		{ { .verdict = VERDICT_LOCKED, .wait = 28 * 60 }, SAMPLE_NOW,
		    "Te veel onjuiste codes: nog 28 minuten vergrendeld. Een herstelcode\n"
		    "werkt nu wel." },
		{ { .verdict = VERDICT_BLOCKED }, SAMPLE_NOW,
		    "Te veel onjuiste codes: vergrendeld. Vraag je beheerder, of gebruik een\n"
		    "herstelcode." },
		{ { .verdict = VERDICT_EXPIRED }, SAMPLE_NOW,
		    "Activeringscode onjuist of verlopen. Vraag je beheerder om een nieuwe." },
		{ { .verdict = VERDICT_UNENROLLED }, SAMPLE_NOW,
		    "Je hebt nog geen tweede stap. Vraag je beheerder om er een in te\n"
		    "stellen." },
		{ { .verdict = VERDICT_WRONG, .failures = 1 }, 0,
		    "De klok van deze machine staat op 1970-01-01; neem een herstelcode." },
	};

	(void)state;
	speak("nl");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		login_answer(text, &settings, &rows[i].judgement, "srv1", rows[i].now, CREATED);
		assert_string_equal(text, rows[i].text);
		assert_plain();
		assert_columns(text);
	}
	login_unavailable(text, &settings);
	assert_string_equal(text,
	    "De tweede stap is defect op deze machine. Meld het bij je beheerder.");
	login_reminder(text, &settings, 6, true, false);
	assert_string_equal(text,
	    "Herstelcode geaccepteerd, nog 6. Telefoon kwijt? Vraag je beheerder een\n"
	    "andere te koppelen.");
	login_reminder(text, &settings, 1, false, false);
	assert_string_equal(text, "Nog 1 herstelcode. Vraag je beheerder om nieuwe.");
	login_duration(text, settings.language, 7201);
	assert_string_equal(text, "3 uur");
}

/* Clients look for the English words, and a prompt that was set is shown as it was set. */
static void
prompt_of_a_language_ends_in_other_words(void **state)
{
	struct settings_fault fault;

	(void)state;
	for (size_t i = 0; i < languages_count; i++) {
		const char *prompt;

		settings.language = &languages[i];
		prompt = login_prompt(&settings);
		assert_true(strlen(prompt) < SETTINGS_TEXT_SIZE);
		assert_string_equal(prompt + strlen(prompt) - strlen(SETTINGS_PROMPT), SETTINGS_PROMPT);
	}
	speak("nl");
	login_question(text, &settings, "Onjuist.", VERDICT_EMPTY, 0);
	assert_string_equal(text, "\nOnjuist.\nVerificatiecode / Verification code: ");
	assert_true(settings_set(&settings, "prompt", "Acme", &fault));
	login_question(text, &settings, NULL, VERDICT_EMPTY, 0);
	assert_string_equal(text, "Acme Verification code: ");
}

static void
contact_that_was_set_is_translated(void **state)
{
	(void)state;
	speak("nl");
	assert_string_equal(login_contact(&settings), "je beheerder");
	memcpy(settings.contact, "your administrator", sizeof "your administrator");
	assert_string_equal(login_contact(&settings), "your administrator");
}

static void
announcement_names_another_day(void **state)
{
	static const struct {
		int64_t from, days;
		const char *english, *dutch;
	} rows[] = {
		{ 1746403200, 12, "From 5 May 2025 you need a second step here (12 days left).",
		    "Vanaf 5 mei 2025 heb je hier een tweede stap nodig (nog 12 dagen)." },
		{ 1746403199, 1, "From 4 May 2025 you need a second step here (1 day left).",
		    "Vanaf 4 mei 2025 heb je hier een tweede stap nodig (nog 1 dag)." },
		{ 1735689600, 30, "From 1 January 2025 you need a second step here (30 days left).",
		    "Vanaf 1 januari 2025 heb je hier een tweede stap nodig (nog 30 dagen)." },
		{ 1767225599, 2, "From 31 December 2025 you need a second step here (2 days left).",
		    "Vanaf 31 december 2025 heb je hier een tweede stap nodig (nog 2 dagen)." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		settings.language = NULL;
		login_announce(text, &settings, rows[i].from, rows[i].days);
		assert_string_equal(text, rows[i].english);
		speak("nl");
		login_announce(text, &settings, rows[i].from, rows[i].days);
		assert_string_equal(text, rows[i].dutch);
	}
}

static void
announced_day_is_the_one_that_was_written(void **state)
{
	static const char *const written[] = { "2025-05-05", "2025-05-05T00:00+02:00",
		"2025-05-05T23:59-11:00", "2025-05-05T12:00Z" };
	struct settings_fault fault;

	(void)state;
	for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
		assert_true(settings_set(&settings, "require_from", written[i], &fault));
		login_announce(text, &settings, settings.require_from, 12);
		assert_row(strncmp(text, "From 5 May 2025 ", 16) == 0, written[i]);
	}
}

/* A text that `contact` or `issuer` may hold, in words of so many letters. */
static void
fill(char *out, size_t size, size_t word)
{
	for (size_t i = 0; i + 1 < size; i++)
		out[i] = i % (word + 1) == word ? ' ' : (char)('a' + i % 26);
	out[size - 1] = '\0';
}

static void
every_text_fits(const char *name, size_t word)
{
	static const unsigned left[] = { 1, 3, 10 };

	for (int verdict = VERDICT_EMPTY; verdict <= VERDICT_ACCEPTED; verdict++) {
		struct judgement judgement = {
			.verdict = (enum verdict)verdict,
			.failures = HISTORY_COUNT_MAX,
			.since = HISTORY_COUNT_MAX,
			.wait = INT64_MAX / 2,
			.digits = 8,
			.blocks = word % 2 == 0,
		};

		login_answer(text, &settings, &judgement, name, HISTORY_TIME_MAX, 0);
		assert_plain();
		if (word <= 40)
			assert_columns(text);
	}
	login_unavailable(text, &settings);
	assert_plain();
	if (word <= 40)
		assert_columns(text);
	for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
		login_reminder(text, &settings, left[i], word % 2 == 0, word % 3 == 0);
		assert_plain();
		if (word <= 40)
			assert_columns(text);
	}
	login_announce(text, &settings, SAMPLE_NOW, INT64_MAX);
	assert_plain();
	assert_columns(text);
}

static void
rule_18_longest_names_widen_or_overflow_a_text(void **state)
{
	char name[SETTINGS_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < languages_count; i++) {
		settings.language = &languages[i];
		for (size_t word = 1; word < SETTINGS_TEXT_SIZE; word++) {
			fill(settings.contact, sizeof settings.contact, word);
			fill(name, sizeof name, word);
			every_text_fits(name, word);
		}
	}
}

static void
name_that_is_not_ascii_turns_to_octal(void **state)
{
	const struct judgement wrong = { .verdict = VERDICT_WRONG };

	(void)state;
	login_answer(text, &settings, &wrong, "caf\xc3\xa9", SAMPLE_NOW, CREATED);
	assert_string_equal(text, "Wrong code. Use the newest code of \"caf??\" in your app.");
}

static void
unavailable_blames_the_person(void **state)
{
	(void)state;
	login_unavailable(text, &settings);
	assert_string_equal(text,
	    "The second step is out of order on this machine. Tell your\nadministrator.");
	assert_plain();
}

static void
reminder_comes_too_early_or_not_at_all(void **state)
{
	static const struct {
		unsigned left;
		bool used, oneself;
		const char *text;
	} rows[] = {
		{ 10, false, false, "" },
		{ 4, false, false, "" },
		{ 4, false, true, "" },
		{ 3, false, false, "3 recovery codes left. Ask your administrator for new ones." },
		{ 1, false, false, "1 recovery code left. Ask your administrator for new ones." },
		{ 0, false, false, "0 recovery codes left. Ask your administrator for new ones." },
		{ 2, false, true, "2 recovery codes left. Make new ones: twostep recovery --new" },
		{ 1, false, true, "1 recovery code left. Make new ones: twostep recovery --new" },
		{ 6, true, false, "Recovery code accepted, 6 left. Phone gone? Ask your administrator to\n"
				  "link another." },
		{ 6, true, true, "Recovery code accepted, 6 left. Phone gone? twostep enroll --replace" },
		{ 19, true, true, "Recovery code accepted, 19 left. Phone gone? twostep enroll --replace" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		login_reminder(text, &settings, rows[i].left, rows[i].used, rows[i].oneself);
		assert_string_equal(text, rows[i].text);
		assert_plain();
		assert_columns(text);
	}
}

/* What is to be typed or copied stands in one line. */
static void
command_is_torn_by_the_end_of_a_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < languages_count; i++)
		for (unsigned left = 0; left <= RECOVERY_CODES_MAX; left++) {
			settings.language = &languages[i];
			login_reminder(text, &settings, left, true, true);
			assert_row(strstr(text, "twostep enroll --replace") != NULL, text);
			login_reminder(text, &settings, left, false, true);
			assert_row(*text == '\0' || strstr(text, "twostep recovery --new") != NULL, text);
		}
}

static void
time_is_said_as_less_than_it_is(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{ INT64_MIN, "1 second" }, { 0, "1 second" }, { 1, "1 second" }, { 2, "2 seconds" },
		{ 119, "119 seconds" }, { 120, "2 minutes" }, { 121, "3 minutes" },
		{ 28 * 60, "28 minutes" }, { 28 * 60 + 1, "29 minutes" }, { 7200, "120 minutes" },
		{ 7201, "3 hours" }, { 10800, "3 hours" }, { 172800, "48 hours" }, { 172801, "3 days" },
		{ 30 * 86400, "30 days" }, { 365 * 86400, "365 days" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		login_duration(text, NULL, rows[i].seconds);
		assert_string_equal(text, rows[i].text);
	}
}

static void
line_of_exactly_72_columns_is_broken(void **state)
{
	const struct judgement wrong = { .verdict = VERDICT_WRONG };
	char name[SETTINGS_TEXT_SIZE];

	(void)state;
	/* `Wrong code. Use the newest code of "` is 36, `" in your app.` 14 columns */
	for (size_t len = 1; len < 60; len++) {
		const char *newline;

		memset(name, 'n', len);
		name[len] = '\0';
		login_answer(text, &settings, &wrong, name, SAMPLE_NOW, CREATED);
		newline = strchr(text, '\n');
		assert_int_equal(newline == NULL, len <= 22);
		assert_columns(text);
		/* Nothing is lost but the blank. */
		assert_int_equal(strlen(text), 36 + len + 14);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(rule_02_nothing_is_an_answer, start),
		cmocka_unit_test_setup(rule_02_something_else_is_an_answer, start),
		cmocka_unit_test_setup(rule_06_code_is_another_in_another_spelling, start),
		cmocka_unit_test_setup(rule_06_recovery_code_is_another_in_another_spelling, start),
		cmocka_unit_test_setup(recovery_code_of_digits_alone_is_malformed, start),
		cmocka_unit_test_setup(rule_18_longest_answer_runs_over, start),

		cmocka_unit_test_setup(question_is_not_the_one_that_is_documented, start),
		cmocka_unit_test_setup(rule_18_text_above_drives_the_prompt_out, start),
		cmocka_unit_test_setup(prompt_of_another_language_is_made_ascii, start),

		cmocka_unit_test_setup(answer_is_not_the_one_that_is_documented, start),
		cmocka_unit_test_setup(unenrolled_is_sent_for_what_does_not_help, start),
		cmocka_unit_test_setup(answer_is_not_in_the_language_that_was_set, start),
		cmocka_unit_test_setup(prompt_of_a_language_ends_in_other_words, start),
		cmocka_unit_test_setup(contact_that_was_set_is_translated, start),
		cmocka_unit_test_setup(announcement_names_another_day, start),
		cmocka_unit_test_setup(announced_day_is_the_one_that_was_written, start),
		cmocka_unit_test_setup(rule_18_longest_names_widen_or_overflow_a_text, start),
		cmocka_unit_test_setup(name_that_is_not_ascii_turns_to_octal, start),
		cmocka_unit_test_setup(unavailable_blames_the_person, start),
		cmocka_unit_test_setup(reminder_comes_too_early_or_not_at_all, start),
		cmocka_unit_test_setup(command_is_torn_by_the_end_of_a_line, start),
		cmocka_unit_test_setup(time_is_said_as_less_than_it_is, start),
		cmocka_unit_test_setup(line_of_exactly_72_columns_is_broken, start),
	};

	return cmocka_run_group_tests_name("login", tests, NULL, NULL);
}
