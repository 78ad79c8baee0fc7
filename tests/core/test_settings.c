/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <stdio.h>
#include <string.h>

#include "core/language.h"
#include "core/list.h"

static struct settings set;
static struct settings_fault fault;

static bool
file(const char *text)
{
	settings_default(&set);
	fault = (struct settings_fault){ .why = NULL };
	return settings_file(&set, text, strlen(text), &fault);
}

static bool
argument(const char *text)
{
	settings_default(&set);
	fault = (struct settings_fault){ .why = NULL };
	return settings_arguments(&set, 1, &text, &fault);
}

static void
default_is_not_the_documented_one(void **state)
{
	(void)state;
	memset(&set, 0x5a, sizeof set);
	settings_default(&set);
	assert_string_equal(set.conf, TWOSTEP_CONF);
	assert_string_equal(set.store, TWOSTEP_STORE);
	assert_string_equal(set.key_file, TWOSTEP_KEY);
	assert_int_equal(set.window, 1);
	assert_int_equal(set.hotp_lookahead, 5);
	assert_string_equal(set.prompt, "Verification code: ");
	assert_true(set.echo);
	assert_false(set.combined || set.try_first_pass || set.use_first_pass);
	assert_int_equal(set.delay_after, 3);
	assert_int_equal(set.lock_after, 10);
	assert_int_equal(set.lock_time, 30 * 60);
	assert_int_equal(set.block_after, 100);
	assert_string_equal(set.require, "everyone");
	assert_int_equal(set.require_from, 0);
	assert_int_equal(set.remind, 30 * 86400);
	assert_int_equal(set.offer, 0);
	assert_string_equal(set.exempt, "");
	assert_string_equal(set.trusted_networks, "");
	assert_int_equal(set.enroll_at_login, ENROLL_NO);
	assert_int_equal(set.remember, 0);
	assert_string_equal(set.contact, "");
	assert_string_equal(set.notify, "");
	assert_null(set.language);
	assert_int_equal(set.recovery_codes, 10);
	assert_string_equal(set.issuer, "");
	assert_int_equal(set.algorithm, OTP_SHA1);
	assert_int_equal(set.digits, 6);
	assert_int_equal(set.period, 30);
	assert_false(set.debug);
}

static void
empty_file_changes_or_refuses_something(void **state)
{
	static const char *const files[] = { "", "\n", "\n\n\n", "# a remark", "  # window = 9\n \t \n",
		"#window = x\n#\n##" };
	struct settings standard;

	(void)state;
	settings_default(&standard);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		assert_true(file(files[i]));
		assert_memory_equal(&set, &standard, sizeof set);
	}
}

/* Where a row's value is kept. */
#define NUMBER(field) offsetof(struct settings, field), -1
#define TEXT(field) -1, offsetof(struct settings, field)

static void
value_at_its_edge_is_read_otherwise(void **state)
{
	static const struct {
		const char *line;
		long number_at, text_at;
		int64_t number; /* -1 where it is refused */
		const char *text;
	} rows[] = {
		{ "window=0", NUMBER(window), 0, NULL },
		{ "window=10", NUMBER(window), 10, NULL },
		{ "window=11", NUMBER(window), -1, NULL },
		{ "window=-1", NUMBER(window), -1, NULL },
		{ "window=01", NUMBER(window), -1, NULL },
		{ "window=1s", NUMBER(window), -1, NULL },
		{ "window=", NUMBER(window), -1, NULL },
		{ "window", NUMBER(window), -1, NULL },
		{ "window=1 1", NUMBER(window), -1, NULL },
		{ "window=0x1", NUMBER(window), -1, NULL },
		{ "window=18446744073709551617", NUMBER(window), -1, NULL },
		{ "hotp_lookahead=0", NUMBER(hotp_lookahead), 0, NULL },
		{ "hotp_lookahead=50", NUMBER(hotp_lookahead), 50, NULL },
		{ "hotp_lookahead=51", NUMBER(hotp_lookahead), -1, NULL },
		{ "delay_after=0", NUMBER(delay_after), 0, NULL },
		{ "delay_after=99999", NUMBER(delay_after), 99999, NULL },
		{ "delay_after=100000", NUMBER(delay_after), -1, NULL },
		{ "lock_after=1", NUMBER(lock_after), 1, NULL },
		{ "lock_after=0", NUMBER(lock_after), -1, NULL },
		{ "lock_after=99999", NUMBER(lock_after), 99999, NULL },
		{ "lock_after=100000", NUMBER(lock_after), -1, NULL },
		{ "lock_time=1", NUMBER(lock_time), 1, NULL },
		{ "lock_time=0", NUMBER(lock_time), -1, NULL },
		{ "lock_time=0d", NUMBER(lock_time), -1, NULL },
		{ "lock_time=30s", NUMBER(lock_time), 30, NULL },
		{ "lock_time=15m", NUMBER(lock_time), 15 * 60, NULL },
		{ "lock_time=12h", NUMBER(lock_time), 12 * 3600, NULL },
		{ "lock_time=7d", NUMBER(lock_time), 7 * 86400, NULL },
		{ "lock_time=365d", NUMBER(lock_time), 365 * 86400, NULL },
		{ "lock_time=366d", NUMBER(lock_time), -1, NULL },
		{ "lock_time=31536001", NUMBER(lock_time), -1, NULL },
		{ "lock_time=99999999999999999d", NUMBER(lock_time), -1, NULL },
		{ "lock_time=106751991167301d", NUMBER(lock_time), -1, NULL },
		{ "lock_time=213503982334602d", NUMBER(lock_time), -1, NULL }, /* 2^64 and a bit */
		{ "lock_time=9223372036854775807", NUMBER(lock_time), -1, NULL },
		{ "lock_time=30 m", NUMBER(lock_time), -1, NULL },
		{ "lock_time=30M", NUMBER(lock_time), -1, NULL },
		{ "lock_time=1h30m", NUMBER(lock_time), -1, NULL },
		{ "lock_time=mm", NUMBER(lock_time), -1, NULL },
		{ "lock_time=1.5h", NUMBER(lock_time), -1, NULL },
		{ "lock_time=30sm", NUMBER(lock_time), -1, NULL },
		{ "block_after=1", NUMBER(block_after), 1, NULL },
		{ "block_after=0", NUMBER(block_after), -1, NULL },
		{ "block_after=99999", NUMBER(block_after), 99999, NULL },
		{ "block_after=100000", NUMBER(block_after), -1, NULL },
		{ "recovery_codes=0", NUMBER(recovery_codes), 0, NULL },
		{ "recovery_codes=20", NUMBER(recovery_codes), 20, NULL },
		{ "recovery_codes=21", NUMBER(recovery_codes), -1, NULL },
		{ "digits=6", NUMBER(digits), 6, NULL },
		{ "digits=8", NUMBER(digits), 8, NULL },
		{ "digits=5", NUMBER(digits), -1, NULL },
		{ "digits=9", NUMBER(digits), -1, NULL },
		{ "period=15", NUMBER(period), 15, NULL },
		{ "period=2m", NUMBER(period), 120, NULL },
		{ "period=14", NUMBER(period), -1, NULL },
		{ "period=121", NUMBER(period), -1, NULL },
		{ "store=file:/x", TEXT(store), 0, "file:/x" },
		{ "store=/x", TEXT(store), -1, NULL },
		{ "store=file:x", TEXT(store), -1, NULL },
		{ "store=ldap://x", TEXT(store), -1, NULL },
		{ "store=file:", TEXT(store), -1, NULL },
		{ "store=", TEXT(store), -1, NULL },
		{ "store", TEXT(store), -1, NULL },
		{ "key_file=/k", TEXT(key_file), 0, "/k" },
		{ "key_file=none", TEXT(key_file), 0, "none" },
		{ "key_file=None", TEXT(key_file), -1, NULL },
		{ "key_file=k", TEXT(key_file), -1, NULL },
		{ "key_file=nones", TEXT(key_file), -1, NULL },
		{ "key_file=", TEXT(key_file), -1, NULL },
		{ "contact=the help desk (x123)", TEXT(contact), 0, "the help desk (x123)" },
		{ "contact=a=b", TEXT(contact), 0, "a=b" },
		{ "contact=Andr\xc3\xa9\xff", TEXT(contact), 0, "Andr???" },
		{ "contact=#1", TEXT(contact), 0, "#1" },
		{ "contact=\x1b[2J", TEXT(contact), -1, NULL },
		{ "contact=a\tb", TEXT(contact), -1, NULL },
		{ "contact=a\rb", TEXT(contact), -1, NULL },
		{ "contact=a\x7f" "b", TEXT(contact), -1, NULL },
		{ "issuer=a\xc2\x80", TEXT(issuer), -1, NULL },
		{ "issuer=\xc2\x9f" "b", TEXT(issuer), -1, NULL },
		{ "issuer=\xc2 b", TEXT(issuer), 0, "\xc2 b" },
		{ "issuer=\xc2\xa0\xc3\x9b\xc2", TEXT(issuer), 0, "\xc2\xa0\xc3\x9b\xc2" },
		{ "contact=", TEXT(contact), 0, "" },
		{ "require=everyone", TEXT(require), 0, "everyone" },
		{ "require=alice,@staff", TEXT(require), 0, "alice,@staff" },
		{ "require_from=2025-05-05T00:00+02:00", NUMBER(require_from), 1746396000, NULL },
		{ "require_from=1970-01-01", NUMBER(require_from), 0, NULL },
		{ "require_from=2025-02-29", NUMBER(require_from), -1, NULL },
		{ "require_from=1746396000", NUMBER(require_from), -1, NULL },
		{ "require_from=", NUMBER(require_from), 0, NULL },
		{ "require_from", NUMBER(require_from), -1, NULL },
		{ "remind=0", NUMBER(remind), 0, NULL },
		{ "remind=3650d", NUMBER(remind), 3650 * 86400LL, NULL },
		{ "remind=3651d", NUMBER(remind), -1, NULL },
		{ "offer=7d", NUMBER(offer), 7 * 86400, NULL },
		{ "offer=3651d", NUMBER(offer), -1, NULL },
		{ "offer=yes", NUMBER(offer), -1, NULL },
		{ "exempt=root", TEXT(exempt), 0, "root" },
		{ "exempt=", TEXT(exempt), 0, "" },
		{ "trusted_networks=192.0.2.0/24", TEXT(trusted_networks), 0, "192.0.2.0/24" },
		{ "trusted_networks=", TEXT(trusted_networks), 0, "" },
		{ "remember=8h", NUMBER(remember), 8 * 3600, NULL },
		{ "remember=365d", NUMBER(remember), 365 * 86400, NULL },
		{ "remember=366d", NUMBER(remember), -1, NULL },
		{ "notify=/usr/local/sbin/tell", TEXT(notify), 0, "/usr/local/sbin/tell" },
		{ "notify=", TEXT(notify), 0, "" },
		{ "notify=tell", TEXT(notify), -1, NULL },
		{ "notify", TEXT(notify), -1, NULL },
		{ "issuer=My Bank", TEXT(issuer), 0, "My Bank" },
		{ "issuer=", TEXT(issuer), 0, "" },
		{ "issuer=a:b", TEXT(issuer), -1, NULL },
		{ "issuer=:", TEXT(issuer), -1, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		/* Through the file and as an argument alike. */
		for (unsigned way = 0; way < 2; way++) {
			bool taken = way == 0 ? file(rows[i].line) : argument(rows[i].line);

			assert_row(taken == (rows[i].number != -1), rows[i].line);
			assert_row((fault.why == NULL) == taken, rows[i].line);
			if (taken && rows[i].number_at >= 0)
				assert_row(*(int64_t *)(void *)((char *)&set + rows[i].number_at) ==
					rows[i].number,
				    rows[i].line);
			if (taken && rows[i].text_at >= 0)
				assert_row(strcmp((char *)&set + rows[i].text_at, rows[i].text) == 0,
				    rows[i].line);
		}
	}
}

static void
yes_and_no_are_spelt_otherwise(void **state)
{
	static const struct {
		const char *line;
		int echo; /* -1 where it is refused */
	} rows[] = {
		{ "echo=yes", 1 }, { "echo=no", 0 }, { "echo", 1 }, { "echo=", -1 }, { "echo=Yes", -1 },
		{ "echo=1", -1 }, { "echo=true", -1 }, { "echo=on", -1 }, { "echo=y", -1 },
		{ "echo=noo", -1 }, { "echo=yes no", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_row(file(rows[i].line) == (rows[i].echo >= 0), rows[i].line);
		assert_row(rows[i].echo < 0 || set.echo == (rows[i].echo == 1), rows[i].line);
		assert_row(argument(rows[i].line) == (rows[i].echo >= 0), rows[i].line);
		assert_row(rows[i].echo < 0 || set.echo == (rows[i].echo == 1), rows[i].line);
	}
	assert_true(file("debug"));
	assert_true(set.debug);
	assert_true(file("algorithm = SHA512"));
	assert_int_equal(set.algorithm, OTP_SHA512);
	assert_false(file("algorithm = sha512"));
	assert_false(file("algorithm"));
}

static void
enrolling_at_login_is_spelt_otherwise(void **state)
{
	static const struct {
		const char *line;
		int enroll; /* -1 where it is refused */
	} rows[] = {
		{ "enroll_at_login=no", ENROLL_NO }, { "enroll_at_login=invited", ENROLL_INVITED },
		{ "enroll_at_login=yes", ENROLL_YES }, { "enroll_at_login", ENROLL_YES },
		{ "enroll_at_login=", -1 }, { "enroll_at_login=Yes", -1 },
		{ "enroll_at_login=invite", -1 }, { "enroll_at_login=inviteds", -1 },
		{ "enroll_at_login=1", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_row(file(rows[i].line) == (rows[i].enroll >= 0), rows[i].line);
		assert_row(rows[i].enroll < 0 || (int)set.enroll_at_login == rows[i].enroll,
		    rows[i].line);
	}
}

static void
language_is_another_or_one_that_is_not_there(void **state)
{
	static const struct {
		const char *line, *language; /* NULL where it is refused */
	} rows[] = {
		{ "language=en", "en" }, { "language=nl", "nl" }, { "language=", "" },
		{ "language=NL", NULL }, { "language=nl_NL", NULL }, { "language=nl_NL.UTF-8", NULL },
		{ "language=xx", NULL }, { "language", NULL }, { "language=n", NULL },
		{ "language=nl en", NULL }, { "language=C", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *language = rows[i].language;

		assert_row(file(rows[i].line) == (language != NULL), rows[i].line);
		assert_row(language == NULL ||
			set.language == language_named(language, strlen(language)),
		    rows[i].line);
		assert_row(language == NULL || (*language == '\0') == (set.language == NULL),
		    rows[i].line);
	}
}

static const char not_a_list[] = "not everyone, nobody, or names and @groups";
static const char not_a_name[] = "not a name or a @group";
static const char not_a_date[] = "until= without a date like 2025-05-05 after it";
static const char among_others[] = "everyone and nobody are no names among others";

/* A list that means something else than it says lifts the second step for somebody. */
static void
rule_01_misspelt_list_lifts_a_protection(void **state)
{
	static const struct {
		const char *word, *value, *why; /* NULL where it is taken */
	} rows[] = {
		{ "require", "alice", NULL },
		{ "require", "alice, bob,,@staff \t @wheel,", NULL },
		{ "require", "@everyone", NULL },
		{ "require", "j\xc3\xb6rg EXAMPLE\\alice host$ a+b alice@example.net 0day", NULL },
		{ "require", "", not_a_list },
		{ "require", " , ", not_a_list },
		{ "require", "yes", not_a_name },
		{ "require", "no", not_a_name },
		{ "require", "all", not_a_name },
		{ "require", "none", not_a_name },
		{ "require", "everybody", not_a_name },
		{ "require", "everyone alice", among_others },
		{ "require", "alice,nobody", among_others },
		{ "require", "everyone,", among_others },
		{ "require", "nobody nobody", among_others },
		{ "require", "everyone!", not_a_name },
		{ "require", "nobody;", not_a_name },
		{ "require", "@", not_a_name },
		{ "require", "@@staff", not_a_name },
		{ "require", "@ staff", not_a_name },
		{ "require", "@-staff", not_a_name },
		{ "require", "-alice", not_a_name },
		{ "require", "+alice", not_a_name },
		{ "require", "!alice", not_a_name },
		{ "require", "%staff", not_a_name },
		{ "require", "alice;bob", not_a_name },
		{ "require", "alice # not yet", not_a_name },
		{ "require", "\"alice\"", not_a_name },
		{ "require", "*", not_a_name },
		{ "require", "alice\x01", not_a_name },
		{ "require", "alice\r", not_a_name },
		{ "require", "alice bob alice", "a name given twice" },
		{ "require", "@staff alice @staff", "a name given twice" },
		{ "require", "staff @staff", NULL },
		{ "require", "alice until=2999-01-01", "until= is for exempt alone" },
		{ "exempt", "alice", NULL },
		{ "exempt", "alice until=2999-01-01", NULL },
		{ "exempt", "alice,until=2999-01-01,bob @staff until=2025-05-05T00:00+02:00", NULL },
		{ "exempt", "until=2999-01-01", "until= without a name before it" },
		{ "exempt", "alice until=2999-01-01 until=2999-01-02",
		    "until= without a name before it" },
		{ "exempt", "alice until=", not_a_date },
		{ "exempt", "alice until=2025-02-29", not_a_date },
		{ "exempt", "alice until=tomorrow", not_a_date },
		{ "exempt", "alice until= 2999-01-01", not_a_date },
		{ "exempt", "alice until 2999-01-01", not_a_name },
		{ "exempt", "alice untill=2999-01-01", not_a_name },
		{ "exempt", "alice UNTIL=2999-01-01", not_a_name },
		{ "exempt", "alice=2999-01-01", not_a_name },
		{ "exempt", "alice, alice until=2999-01-01", "a name given twice" },
		{ "exempt", "alice until=2998-01-01 alice until=2999-01-01", "a name given twice" },
		{ "exempt", "everyone", among_others },
		{ "exempt", "everyone until=2999-01-01", among_others },
		{ "exempt", "nobody", among_others },
		{ "exempt", "yes", not_a_name },
		{ "exempt", "none", not_a_name },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool taken;

		settings_default(&set);
		fault = (struct settings_fault){ .why = NULL };
		taken = settings_set(&set, rows[i].word, rows[i].value, &fault);
		assert_row(taken == (rows[i].why == NULL), rows[i].value);
		assert_row(taken || strcmp(fault.why, rows[i].why) == 0, rows[i].value);
	}
	/* a bare word means yes, and yes is nobody's name */
	assert_false(argument("require"));
	assert_false(argument("exempt"));
	assert_false(argument("trusted_networks"));
}

static void
network_that_is_a_name_or_a_host_is_trusted(void **state)
{
	static const struct {
		const char *value;
		bool taken;
	} rows[] = {
		{ "192.0.2.7", true }, { "192.0.2.0/24,2001:db8::/32 \t::1", true }, { ",", true },
		{ "192.0.2.7/24", false }, { "192.0.2.0/24 example.net", false },
		{ "localhost", false }, { "192.0.2.0-192.0.2.9", false }, { "fe80::1%eth0", false },
		{ "192.0.2.", false }, { "192.0.2.0 /24", false }, { "yes", false },
		{ "192.0.2.0/24 # the office", false }, { "192.0.2.*", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_row(settings_set(&set, "trusted_networks", rows[i].value, &fault) ==
			rows[i].taken,
		    rows[i].value);
}

static void
rule_18_overlong_list_or_name_is_cut(void **state)
{
	static const char *const words[] = { "require", "exempt", "trusted_networks" };
	char list[SETTINGS_LIST_SIZE + 1], name[LIST_NAME_SIZE + 1];

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		memset(list, ',', sizeof list);
		memcpy(list, i < 2 ? "alice" : "::1,,", 5);
		list[sizeof list - 1] = '\0';
		assert_false(settings_set(&set, words[i], list, &fault));
		assert_string_equal(fault.why, "too long");
		list[sizeof list - 2] = '\0';
		assert_true(settings_set(&set, words[i], list, &fault));
	}
	memset(name, 'x', sizeof name);
	name[LIST_NAME_SIZE] = '\0';
	assert_false(settings_set(&set, "exempt", name, &fault));
	assert_string_equal(fault.why, not_a_name);
	name[LIST_NAME_SIZE - 1] = '\0';
	assert_true(settings_set(&set, "exempt", name, &fault));
}

static void
prompt_does_not_end_as_clients_expect(void **state)
{
	static const struct {
		const char *given, *prompt; /* NULL where it is refused */
	} rows[] = {
		{ "", "Verification code: " },
		{ "   ", "Verification code: " },
		{ "Verification code: ", "Verification code: " },
		{ "Verification code:", "Verification code: " },
		{ "  Verification code:  ", "Verification code: " },
		{ "Verificatiecode /", "Verificatiecode / Verification code: " },
		{ "Verificatiecode / Verification code:", "Verificatiecode / Verification code: " },
		{ "srv1 Verification code: \t", "srv1 Verification code: " },
		{ "Code:", "Code: Verification code: " },
		{ "Verification code", "Verification code Verification code: " },
		{ "verification code:", "verification code: Verification code: " },
		{ "xVerification code:", "x Verification code: " },
		{ "a\x1b[0m", NULL },
		{ "a\xc2\x9b" "0m", NULL },
		{ "a\nb", NULL },
	};
	char line[512], longest[SETTINGS_TEXT_SIZE + 8];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		(void)snprintf(line, sizeof line, "prompt=%s", rows[i].given);
		assert_row(argument(line) == (rows[i].prompt != NULL), rows[i].given);
		if (rows[i].prompt != NULL)
			assert_string_equal(set.prompt, rows[i].prompt);
	}
	for (size_t len = 1; len < sizeof longest; len++) {
		memset(longest, 'x', len);
		longest[len] = '\0';
		(void)snprintf(line, sizeof line, "prompt=%s", longest);
		if (argument(line)) {
			assert_in_range(strlen(set.prompt), len + 1, SETTINGS_TEXT_SIZE - 1);
			assert_string_equal(set.prompt + strlen(set.prompt) - 19, "Verification code: ");
		} else {
			assert_in_range(len, SETTINGS_TEXT_SIZE - 20, sizeof longest);
		}
	}
}

static void
rule_18_overlong_text_or_path_is_cut(void **state)
{
	static const struct {
		const char *word;
		size_t offset, size;
	} rows[] = {
		{ "contact=", offsetof(struct settings, contact), SETTINGS_TEXT_SIZE },
		{ "issuer=", offsetof(struct settings, issuer), SETTINGS_TEXT_SIZE },
		{ "key_file=/", offsetof(struct settings, key_file), SETTINGS_PATH_SIZE },
		{ "notify=/", offsetof(struct settings, notify), SETTINGS_PATH_SIZE },
		{ "conf=/", offsetof(struct settings, conf), SETTINGS_PATH_SIZE },
		{ "store=file:/", offsetof(struct settings, store), SETTINGS_PATH_SIZE },
	};
	char line[SETTINGS_PATH_SIZE + 64];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t start = strcspn(rows[i].word, "=") + 1;

		for (size_t over = 0; over < 2; over++) {
			size_t len = start + rows[i].size - 1 + over;

			memset(line, 'x', len);
			line[len] = '\0';
			memcpy(line, rows[i].word, strlen(rows[i].word));
			assert_row(argument(line) == (over == 0), rows[i].word);
			if (over == 0)
				assert_string_equal((char *)&set + rows[i].offset, line + start);
		}
	}
}

static void
rule_01_unknown_word_is_passed_over(void **state)
{
	static const struct {
		const char *file, *word, *why;
		unsigned line;
	} rows[] = {
		{ "colour = red", "colour", "unknown word", 1 },
		{ "# x\n\nwindow=1\n\t colour", "colour", "unknown word", 4 },
		{ "Window = 1", "Window", "unknown word", 1 },
		{ "windows = 1", "windows", "unknown word", 1 },
		{ "windo = 1", "windo", "unknown word", 1 },
		{ "= 1", "", "unknown word", 1 },
		{ "=", "", "unknown word", 1 },
		{ "window 1", "window", "no '=' after the word", 1 },
		{ "window : 1", "window", "no '=' after the word", 1 },
		{ "window=1\r\n", "window", "not a whole number", 1 },
		{ "echo\r\nwindow=1", "echo\r", "unknown word", 1 },
		{ "window=1 # steps", "window", "not a whole number", 1 },
		{ "window==1", "window", "not a whole number", 1 },
		{ "window=1\nwindow=1\n", "window", "given twice", 2 },
		{ "echo\ndebug\n\necho=no\n", "echo", "given twice", 4 },
		{ "conf=/x", "conf", "an argument only, not for the file", 1 },
		{ "digits=7\ndigits=x", "digits", "given twice", 2 },
		{ "window=99", "window", "out of range", 1 },
		{ "echo=maybe", "echo", "neither yes nor no", 1 },
		{ "nullok", "nullok",
		    "unknown word (google-authenticator's; see require_from, exempt)", 1 },
		{ "window=1\nsecret=/x", "secret", "unknown word (google-authenticator's; see store)", 2 },
		{ "usersfile=/etc/users.oath", "usersfile", "unknown word (pam_oath's; see store)", 1 },
		{ "\xef\xbb\xbfwindow=1", "\xef\xbb\xbfwindow", "unknown word", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_row(!file(rows[i].file), rows[i].file);
		assert_string_equal(fault.word, rows[i].word);
		assert_string_equal(fault.why, rows[i].why);
		assert_row(fault.line == rows[i].line, rows[i].file);
	}
}

static void
one_word_passes_for_another_given_twice(void **state)
{
	static const char all[] = "store=file:/x\nkey_file=/x\nwindow=1\nhotp_lookahead=1\n"
	    "prompt=x Verification code:\necho\ncombined\ntry_first_pass\nuse_first_pass\n"
	    "delay_after=1\nlock_after=1\nlock_time=1\nblock_after=1\nrequire=nobody\n"
	    "require_from=\nremind=1\noffer=1\nexempt=\ntrusted_networks=\nenroll_at_login\n"
	    "remember=1\ncontact=x\nnotify=/x\nrecovery_codes=1\nissuer=x\nalgorithm=SHA1\n"
	    "digits=6\nperiod=30\nlanguage=nl\ndebug\n";
	char twice[2 * sizeof all];

	(void)state;
	assert_row(file(all), fault.word);
	for (const char *line = all; *line != '\0'; line = strchr(line, '\n') + 1) {
		size_t len = strcspn(line, "\n");

		(void)snprintf(twice, sizeof twice, "%s%.*s", all, (int)len, line);
		assert_row(!file(twice), line);
		assert_string_equal(fault.why, "given twice");
	}
}

static void
foreign_word_gets_no_hint(void **state)
{
	static const char *const words[] = { "nullok", "secret", "authtok_prompt",
		"echo_verification_code", "grace_period", "forward_pass", "usersfile" };

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		assert_false(argument(words[i]));
		assert_string_equal(fault.word, words[i]);
		assert_row(strncmp(fault.why, "unknown word (", 14) == 0, words[i]);
	}
}

static void
blanks_around_a_value_matter(void **state)
{
	(void)state;
	assert_true(file(" \twindow \t=\t 3 \t\ncontact =  a  b \nissuer="));
	assert_int_equal(set.window, 3);
	assert_string_equal(set.contact, "a  b");
	assert_true(file("window=3"));
	assert_int_equal(set.window, 3);
	/* An argument is taken as libpam hands it over. */
	assert_false(argument("window= 3"));
	assert_false(argument("window =3"));
	assert_false(argument(""));
	assert_false(argument("="));
}

static void
argument_loses_to_the_file(void **state)
{
	const char *arguments[] = { "window=3", "echo", "conf=/x/y" };
	const char *none[] = { "require_from=", "exempt=", "notify=",
		"trusted_networks=", "language=" };
	const char *again[] = { "debug", "window=3", "debug=no" };

	(void)state;
	assert_true(file("window=2\necho=no\ndigits=8\n"));
	assert_true(settings_arguments(&set, 3, arguments, &fault));
	assert_int_equal(set.window, 3);
	assert_true(set.echo);
	assert_int_equal(set.digits, 8);
	assert_string_equal(set.conf, "/x/y");
	assert_true(file("require_from=2999-01-01\nexempt=alice\nnotify=/x\ntrusted_networks=::1\n"
			 "language=nl\n"));
	assert_true(settings_arguments(&set, 5, none, &fault));
	assert_int_equal(set.require_from, 0);
	assert_string_equal(set.exempt, "");
	assert_string_equal(set.notify, "");
	assert_string_equal(set.trusted_networks, "");
	assert_null(set.language);
	assert_false(settings_arguments(&set, 3, again, &fault));
	assert_int_equal(fault.line, 3);
	assert_string_equal(fault.word, "debug");
	assert_string_equal(fault.why, "given twice");
	assert_true(settings_arguments(&set, 0, NULL, &fault));
}

static void
conf_argument_is_not_the_file_that_is_read(void **state)
{
	const char *none[] = { "debug", "confuse=/a", "conf" };
	const char *one[] = { "debug", "conf=/a/b" };

	(void)state;
	assert_string_equal(settings_conf(0, NULL), TWOSTEP_CONF);
	assert_string_equal(settings_conf(3, none), TWOSTEP_CONF);
	assert_string_equal(settings_conf(2, one), "/a/b");
}

/* The caller's directory decides nothing: only an absolute path is ever opened. */
static void
rule_16_conf_is_read_from_where_the_caller_stands(void **state)
{
	static const char *const given[] = { "conf=", "conf=x", "conf=../x", "conf=./etc/x" };

	(void)state;
	for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
		const char *arguments[] = { given[i] };

		assert_row(*settings_conf(1, arguments) == '/', given[i]);
		assert_false(argument(given[i]));
	}
}

static void
command_line_goes_another_way(void **state)
{
	(void)state;
	settings_default(&set);
	assert_true(settings_set(&set, "store", "file:/a", &fault));
	assert_string_equal(set.store, "file:/a");
	assert_true(settings_set(&set, "store", "file:/b", &fault));
	assert_string_equal(set.store, "file:/b");
	assert_true(settings_set(&set, "conf", "/c", &fault));
	assert_false(settings_set(&set, "store", "/b", &fault));
	assert_string_equal(fault.word, "store");
	assert_string_equal(fault.why, "not file: and an absolute path");
	assert_int_equal(fault.line, 0);
	assert_false(settings_set(&set, "stor", "file:/b", &fault));
}

static void
rule_18_overlong_word_runs_over(void **state)
{
	char text[400];

	(void)state;
	for (size_t len = 1; len < sizeof text; len++) {
		memset(text, 'w', len);
		text[len] = '\0';
		assert_false(file(text));
		assert_int_equal(strlen(fault.word),
		    len < SETTINGS_WORD_SIZE ? len : SETTINGS_WORD_SIZE - 1);
	}
}

static void
file_is_read_past_its_end(void **state)
{
	(void)state;
	settings_default(&set);
	assert_false(settings_file(&set, "store=file:/x", strlen("store=file:"), &fault));
	assert_false(settings_file(&set, "key_file=/x", strlen("key_file="), &fault));
	assert_true(settings_file(&set, "window=12", strlen("window=1"), &fault));
	assert_int_equal(set.window, 1);
	assert_true(settings_file(&set, "echo=nothing", strlen("echo=no"), &fault));
	assert_false(set.echo);
}

static void
nul_hides_the_rest_of_a_line(void **state)
{
	static const char whole[] = "contact=a\0b";
	static const char list[] = "exempt=alice\0bob";
	static const char word[] = "win\0dow=1";

	(void)state;
	settings_default(&set);
	assert_false(settings_file(&set, whole, sizeof whole - 1, &fault));
	assert_false(settings_file(&set, list, sizeof list - 1, &fault));
	assert_false(settings_file(&set, word, sizeof word - 1, &fault));
}

/* What stands after any file that was taken is within the bounds that the rest relies on. */
static void
bounded(void)
{
	size_t len = strlen(set.prompt);

	assert_in_range(set.window, 0, 10);
	assert_in_range(set.hotp_lookahead, 0, 50);
	assert_in_range(set.lock_after, 1, 99999);
	assert_in_range(set.lock_time, 1, 365 * 86400);
	assert_in_range(set.block_after, 1, 99999);
	assert_in_range(set.recovery_codes, 0, RECOVERY_CODES_MAX);
	assert_in_range(set.digits, 6, 8);
	assert_in_range(set.period, 15, 120);
	assert_in_range(set.algorithm, OTP_SHA1, OTP_SHA512);
	assert_in_range(len, 19, SETTINGS_TEXT_SIZE - 1);
	assert_string_equal(set.prompt + len - 19, "Verification code: ");
	assert_memory_equal(set.store, "file:/", 6);
	assert_in_range(set.require_from, 0, 253402387139);
	assert_in_range(set.remember, 0, 365 * 86400);
	assert_in_range(set.enroll_at_login, ENROLL_NO, ENROLL_YES);
	assert_null(list_check_require(set.require, strlen(set.require)));
	assert_null(list_check_exempt(set.exempt, strlen(set.exempt)));
	assert_null(list_check_networks(set.trusted_networks, strlen(set.trusted_networks)));
	assert_true(*set.notify == '/' || *set.notify == '\0');
}

static void
rule_18_random_lines_run_over(void **state)
{
	static const char *const pieces[] = { "window", "echo", "prompt", "store", "key_file", "lock_time",
		"contact", "issuer", "digits", "period", "=", " = ", "\n", "#", "yes", "no", "1", "6", "30m",
		"/x", "file:/x", "Verification code:", "\t", "\0", "\xff", ":", "none", "require",
		"require_from", "exempt", "trusted_networks", "enroll_at_login", "remember", "notify",
		"everyone", "alice", "@staff", " until=", "2025-05-05", "T00:00", "+02:00", "192.0.2.0",
		"/24", "::", ",", " " };
	struct draw draw = { .state = 18 };
	unsigned taken = 0;

	(void)state;
	for (int i = 0; i < 40000; i++) {
		/* exactly as long as it is, for the sanitizer's sake */
		size_t len = 0, size = draw_number(&draw, 120);
		char *text = test_malloc(size + 1);

		while (len < size) {
			const char *piece =
			    pieces[draw_number(&draw, sizeof pieces / sizeof *pieces)];
			size_t more = *piece == '\0' ? 1 : strlen(piece);

			if (more > size - len)
				break;
			memcpy(text + len, piece, more);
			len += more;
		}
		text = test_realloc(text, len + 1);
		settings_default(&set);
		fault = (struct settings_fault){ .why = NULL };
		if (settings_file(&set, text, len, &fault)) {
			taken++;
			bounded();
		} else {
			assert_non_null(fault.why);
			assert_in_range(fault.line, 1, 1 + len);
			assert_non_null(memchr(fault.word, '\0', sizeof fault.word));
		}
		test_free(text);
	}
	assert_in_range(taken, 100, 40000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_is_not_the_documented_one),
		cmocka_unit_test(empty_file_changes_or_refuses_something),
		cmocka_unit_test(value_at_its_edge_is_read_otherwise),
		cmocka_unit_test(yes_and_no_are_spelt_otherwise),
		cmocka_unit_test(enrolling_at_login_is_spelt_otherwise),
		cmocka_unit_test(language_is_another_or_one_that_is_not_there),
		cmocka_unit_test(rule_01_misspelt_list_lifts_a_protection),
		cmocka_unit_test(network_that_is_a_name_or_a_host_is_trusted),
		cmocka_unit_test(rule_18_overlong_list_or_name_is_cut),
		cmocka_unit_test(prompt_does_not_end_as_clients_expect),
		cmocka_unit_test(rule_01_unknown_word_is_passed_over),
		cmocka_unit_test(one_word_passes_for_another_given_twice),
		cmocka_unit_test(foreign_word_gets_no_hint),
		cmocka_unit_test(blanks_around_a_value_matter),
		cmocka_unit_test(argument_loses_to_the_file),
		cmocka_unit_test(conf_argument_is_not_the_file_that_is_read),
		cmocka_unit_test(rule_16_conf_is_read_from_where_the_caller_stands),
		cmocka_unit_test(command_line_goes_another_way),
		cmocka_unit_test(file_is_read_past_its_end),
		cmocka_unit_test(nul_hides_the_rest_of_a_line),
		cmocka_unit_test(rule_18_overlong_text_or_path_is_cut),
		cmocka_unit_test(rule_18_overlong_word_runs_over),
		cmocka_unit_test(rule_18_random_lines_run_over),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
