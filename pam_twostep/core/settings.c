/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/settings.h"

#include <assert.h>
#include <string.h>

#include "core/list.h"
#include "core/recovery.h"
#include "core/text.h"
#include "core/value.h"

enum kind {
	YES_NO,
	NUMBER,
	TIME,
	CONTACT,
	PROMPT,
	NAME,
	PATH,
	PROGRAM,
	KEY_FILE,
	STORE,
	ALGORITHM,
	DATE,
	REQUIRE,
	EXEMPT,
	NETWORKS,
	ENROLL,
	LANGUAGE,
};

static const struct word {
	struct span word;
	enum kind kind;
	bool argument_only;
	size_t offset;
	int64_t min, max; /* numbers and times */
	struct span standard;
} words[] = {
#define WORD(name, kind, min, max, standard) \
	{ SPAN(#name), kind, false, offsetof(struct settings, name), min, max, SPAN(standard) }
	{ SPAN("conf"), PATH, true, offsetof(struct settings, conf), 0, 0, SPAN(TWOSTEP_CONF) },
	WORD(store, STORE, 0, 0, TWOSTEP_STORE),
	WORD(key_file, KEY_FILE, 0, 0, TWOSTEP_KEY),
	WORD(window, NUMBER, 0, 10, "1"),
	WORD(hotp_lookahead, NUMBER, 0, 50, "5"),
	WORD(prompt, PROMPT, 0, 0, SETTINGS_PROMPT),
	WORD(echo, YES_NO, 0, 0, "yes"),
	WORD(combined, YES_NO, 0, 0, "no"),
	WORD(try_first_pass, YES_NO, 0, 0, "no"),
	WORD(use_first_pass, YES_NO, 0, 0, "no"),
	WORD(delay_after, NUMBER, 0, 99999, "3"),
	WORD(lock_after, NUMBER, 1, 99999, "10"),
	WORD(lock_time, TIME, 1, 365 * 86400, "30m"),
	WORD(block_after, NUMBER, 1, 99999, "100"),
	WORD(require, REQUIRE, 0, 0, "everyone"),
	WORD(require_from, DATE, 0, 0, ""),
	WORD(remind, TIME, 0, 3650 * 86400, "30d"),
	WORD(offer, TIME, 0, 3650 * 86400, "0"),
	WORD(exempt, EXEMPT, 0, 0, ""),
	WORD(trusted_networks, NETWORKS, 0, 0, ""),
	WORD(enroll_at_login, ENROLL, 0, 0, "no"),
	WORD(remember, TIME, 0, 365 * 86400, "0"),
	WORD(contact, CONTACT, 0, 0, ""),
	WORD(notify, PROGRAM, 0, 0, ""),
	WORD(recovery_codes, NUMBER, 0, RECOVERY_CODES_MAX, "10"),
	WORD(issuer, NAME, 0, 0, ""),
	WORD(algorithm, ALGORITHM, 0, 0, "SHA1"),
	WORD(digits, NUMBER, OTP_DIGITS_MIN, OTP_DIGITS_MAX, "6"),
	WORD(period, TIME, OTP_PERIOD_MIN, OTP_PERIOD_MAX, "30"),
	WORD(language, LANGUAGE, 0, 0, ""),
	WORD(debug, YES_NO, 0, 0, "no"),
#undef WORD
};

#define WORDS (sizeof words / sizeof *words)

static_assert(WORDS <= 64, "a bit for each word, in set_word");

/* What people bring along from the modules that they had before. */
static const struct {
	const char *word;
	const char *why;
} foreign[] = {
	{ "nullok", N_("unknown word (google-authenticator's; see require_from, exempt)") },
	{ "secret", N_("unknown word (google-authenticator's; see store)") },
	{ "authtok_prompt", N_("unknown word (google-authenticator's; see prompt)") },
	{ "echo_verification_code", N_("unknown word (google-authenticator's; see echo)") },
	{ "grace_period", N_("unknown word (google-authenticator's; see remember)") },
	{ "forward_pass", N_("unknown word (google-authenticator's; see combined)") },
	{ "usersfile", N_("unknown word (pam_oath's; see store)") },
};

static const char *
set_value(struct settings *settings, const struct word *word, struct span value)
{
	char *field = (char *)settings + word->offset;

	switch (word->kind) {
	case YES_NO:
		return value_yes_no((bool *)field, value);
	case NUMBER:
		return value_number(
		    (int64_t *)(void *)field, word->min, word->max, value);
	case TIME:
		return value_time((int64_t *)(void *)field, word->min, word->max, value);
	case CONTACT:
		return value_contact(field, value);
	case PROMPT:
		return value_prompt(field, value);
	case NAME:
		return value_name(field, value);
	case PATH:
		return value_path(field, value);
	case PROGRAM:
		return value.len == 0 ? value_line(field, SETTINGS_PATH_SIZE, value)
				      : value_path(field, value);
	case KEY_FILE:
		return span_is(value, "none")
		    ? value_line(field, SETTINGS_PATH_SIZE, value)
		    : value_path(field, value);
	case STORE:
		return value_store(field, value);
	case ALGORITHM:
		return value_algorithm(&settings->algorithm, value);
	case DATE:
		return value_date((int64_t *)(void *)field, &settings->require_east, value);
	case REQUIRE:
		return value_list(field, list_check_require, value);
	case EXEMPT:
		return value_list(field, list_check_exempt, value);
	case NETWORKS:
		return value_list(field, list_check_networks, value);
	case ENROLL:
		return value_enroll(&settings->enroll_at_login, value);
	case LANGUAGE:
		return value_language(&settings->language, value);
	}
	return N_("unknown word");
}

static const char *
why_unknown(struct span word)
{
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
		if (span_is(word, foreign[i].word))
			return foreign[i].why;
	return N_("unknown word");
}

/* Sets one word; `seen` holds a bit for each that this source gave before. */
static const char *
set_word(struct settings *settings, struct span word, struct span value, bool in_file,
    uint64_t *seen)
{
	for (size_t i = 0; i < WORDS; i++) {
		if (!span_same(word, words[i].word))
			continue;
		if (in_file && words[i].argument_only)
			return N_("an argument only, not for the file");
		if ((*seen >> i & 1) != 0)
			return N_("given twice");
		*seen |= (uint64_t)1 << i;
		return set_value(settings, &words[i], value);
	}
	return why_unknown(word);
}

static bool
refuse(struct settings_fault *fault, unsigned line, struct span word, const char *why)
{
	struct text text = text_into(fault->word, sizeof fault->word);

	fault->why = why;
	fault->line = line;
	if (word.len >= sizeof fault->word)
		word.len = sizeof fault->word - 1;
	text_put_bytes(&text, word.at, word.len);
	text_end(&text);
	return false;
}

void
settings_default(struct settings *settings)
{
	memset(settings, 0, sizeof *settings);
	for (size_t i = 0; i < WORDS; i++)
		(void)set_value(settings, &words[i], words[i].standard);
}

static struct span
next_line(struct span *rest)
{
	const char *end = memchr(rest->at, '\n', rest->len);
	struct span line = { rest->at,
		end != NULL ? (size_t)(end - rest->at) : rest->len };
	size_t taken = line.len + (end != NULL);

	rest->at += taken;
	rest->len -= taken;
	return span_trim(line);
}

static struct span
first_word(struct span line)
{
	size_t len = 0;

	while (len < line.len && !text_is_blank(line.at[len]) && line.at[len] != '=')
		len++;
	return (struct span){ line.at, len };
}

bool
settings_file(struct settings *settings, const char *bytes, size_t len,
    struct settings_fault *fault)
{
	struct span rest = { bytes, len };
	uint64_t seen = 0;

	for (unsigned number = 1; rest.len > 0; number++) {
		struct span line = next_line(&rest), word, value;
		const char *why;

		if (line.len == 0 || *line.at == '#')
			continue;
		word = first_word(line);
		value = span_trim((struct span){ line.at + word.len, line.len - word.len });
		if (value.len > 0 && *value.at == '=')
			value = span_trim((struct span){ value.at + 1, value.len - 1 });
		else if (value.len == 0)
			value = (struct span){ "yes", 3 };
		else
			return refuse(fault, number, word, N_("no '=' after the word"));
		why = set_word(settings, word, value, true, &seen);
		if (why != NULL)
			return refuse(fault, number, word, why);
	}
	return true;
}

bool
settings_arguments(
    struct settings *settings, int argc, const char **argv, struct settings_fault *fault)
{
	uint64_t seen = 0;

	for (int i = 0; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');
		struct span word = { argv[i], strcspn(argv[i], "=") };
		struct span value = { equals != NULL ? equals + 1 : "yes", 3 };
		const char *why;

		if (equals != NULL)
			value.len = strlen(equals + 1);
		if ((why = set_word(settings, word, value, false, &seen)) != NULL)
			return refuse(fault, (unsigned)i + 1, word, why);
	}
	/* One field holds no dialogue; and strangers, whose password comes later, would leave marks. */
	if (settings->combined)
		settings->enroll_at_login = ENROLL_NO;
	return true;
}

bool
settings_set(struct settings *settings, const char *word, const char *value,
    struct settings_fault *fault)
{
	uint64_t seen = 0;
	struct span name = { word, strlen(word) };
	const char *why =
	    set_word(settings, name, (struct span){ value, strlen(value) }, false, &seen);

	return why == NULL || refuse(fault, 0, name, why);
}

const char *
settings_conf(int argc, const char **argv)
{
	const char *conf = TWOSTEP_CONF;

	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], "conf=/", 6) == 0)
			conf = argv[i] + 5;
	return conf;
}
