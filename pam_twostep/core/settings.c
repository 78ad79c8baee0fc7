/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/settings.h"

#include <string.h>

#include "core/recovery.h"
#include "core/text.h"

enum kind { YES_NO, NUMBER, TIME, LINE, PROMPT, NAME, PATH, KEY_FILE, STORE, ALGORITHM };

static const struct word {
	const char *word;
	enum kind kind;
	bool argument_only;
	size_t offset;
	int64_t min, max; /* numbers and times */
	const char *standard;
} words[] = {
#define WORD(name, kind, min, max, standard) \
	{ #name, kind, false, offsetof(struct settings, name), min, max, standard }
	{ "conf", PATH, true, offsetof(struct settings, conf), 0, 0, TWOSTEP_CONF },
	WORD(store, STORE, 0, 0, TWOSTEP_STORE),
	WORD(key_file, KEY_FILE, 0, 0, TWOSTEP_KEY),
	WORD(window, NUMBER, 0, 10, "1"),
	WORD(hotp_lookahead, NUMBER, 0, 50, "5"),
	WORD(prompt, PROMPT, 0, 0, SETTINGS_PROMPT),
	WORD(echo, YES_NO, 0, 0, "yes"),
	WORD(delay_after, NUMBER, 0, 99999, "3"),
	WORD(lock_after, NUMBER, 1, 99999, "10"),
	WORD(lock_time, TIME, 1, 365 * 86400, "30m"),
	WORD(block_after, NUMBER, 1, 99999, "100"),
	WORD(contact, LINE, 0, 0, "your administrator"),
	WORD(recovery_codes, NUMBER, 0, RECOVERY_CODES_MAX, "10"),
	WORD(issuer, NAME, 0, 0, ""),
	WORD(algorithm, ALGORITHM, 0, 0, "SHA1"),
	WORD(digits, NUMBER, OTP_DIGITS_MIN, OTP_DIGITS_MAX, "6"),
	WORD(period, TIME, OTP_PERIOD_MIN, OTP_PERIOD_MAX, "30"),
	WORD(debug, YES_NO, 0, 0, "no"),
#undef WORD
};

#define WORDS (sizeof words / sizeof *words)

/* What people bring along from the modules that they had before. */
static const struct {
	const char *word;
	const char *why;
} foreign[] = {
	{ "nullok", "unknown word (google-authenticator's; who is not enrolled is refused here)" },
	{ "secret", "unknown word (google-authenticator's; see store)" },
	{ "authtok_prompt", "unknown word (google-authenticator's; see prompt)" },
	{ "echo_verification_code", "unknown word (google-authenticator's; see echo)" },
	{ "grace_period", "unknown word (google-authenticator's)" },
	{ "forward_pass", "unknown word (google-authenticator's)" },
	{ "usersfile", "unknown word (pam_oath's; see store)" },
};

/* A run of bytes that is being read. */
struct span {
	const char *at;
	size_t len;
};

static bool
span_is(struct span span, const char *string)
{
	return strlen(string) == span.len && memcmp(span.at, string, span.len) == 0;
}

static struct span
trim(struct span span)
{
	while (span.len > 0 && text_is_blank(*span.at)) {
		span.at++;
		span.len--;
	}
	while (span.len > 0 && text_is_blank(span.at[span.len - 1]))
		span.len--;
	return span;
}

static const char *
set_yes_no(bool *out, struct span value)
{
	*out = span_is(value, "yes");
	return *out || span_is(value, "no") ? NULL : "neither yes nor no";
}

static const char *
set_number(int64_t *out, const struct word *word, struct span value)
{
	struct cursor cursor = cursor_over(value.at, value.len);

	if (!cursor_number(&cursor, 0, INT64_MAX, out) || !cursor_done(&cursor))
		return "not a whole number";
	if (*out < word->min || *out > word->max)
		return "out of range";
	return NULL;
}

static const char *
set_time(int64_t *out, const struct word *word, struct span value)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = { { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };
	struct cursor cursor = cursor_over(value.at, value.len);
	int64_t number, unit = 0;

	if (!cursor_number(&cursor, 0, INT64_MAX / 86400, &number))
		return "not a time like 30s, 15m, 12h or 7d";
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (unit == 0 && cursor_take(&cursor, units[i].name))
			unit = units[i].seconds;
	if (!cursor_done(&cursor))
		return "not a time like 30s, 15m, 12h or 7d";
	*out = number * (unit != 0 ? unit : 1);
	return *out < word->min || *out > word->max ? "out of range" : NULL;
}

/* Control characters would let a setting draw on, or take over, a person's terminal. */
static bool
printable(struct span value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.at[i] < ' ' || value.at[i] == 0x7f)
			return false;
	return true;
}

static const char *
set_line(char *out, size_t size, struct span value)
{
	if (value.len >= size)
		return "too long";
	if (!printable(value))
		return "holds a control character";
	memcpy(out, value.at, value.len);
	out[value.len] = '\0';
	return NULL;
}

static const char *
set_prompt(char *out, struct span value)
{
	static const size_t ending = sizeof SETTINGS_PROMPT - 2; /* without the blank */
	const char *why;

	value = trim(value);
	if (value.len >= ending && memcmp(value.at + value.len - ending, SETTINGS_PROMPT, ending) == 0)
		value.len -= ending;
	value = trim(value);
	if (value.len + sizeof " " SETTINGS_PROMPT > SETTINGS_TEXT_SIZE)
		return "too long";
	if ((why = set_line(out, SETTINGS_TEXT_SIZE, value)) != NULL)
		return why;
	if (value.len > 0)
		out[value.len++] = ' ';
	memcpy(out + value.len, SETTINGS_PROMPT, sizeof SETTINGS_PROMPT);
	return NULL;
}

static const char *
set_name(char *out, struct span value)
{
	if (memchr(value.at, ':', value.len) != NULL)
		return "holds a colon, which apps cut names at";
	return set_line(out, SETTINGS_TEXT_SIZE, value);
}

static const char *
set_path(char *out, struct span value)
{
	if (value.len == 0 || *value.at != '/')
		return "not an absolute path";
	return set_line(out, SETTINGS_PATH_SIZE, value);
}

static const char *
set_store(char *out, struct span value)
{
	if (value.len < 6 || memcmp(value.at, "file:/", 6) != 0)
		return "not file: and an absolute path";
	return set_line(out, SETTINGS_PATH_SIZE, value);
}

static const char *
set_value(struct settings *settings, const struct word *word, struct span value)
{
	char *field = (char *)settings + word->offset;

	switch (word->kind) {
	case YES_NO:
		return set_yes_no((bool *)field, value);
	case NUMBER:
		return set_number((int64_t *)(void *)field, word, value);
	case TIME:
		return set_time((int64_t *)(void *)field, word, value);
	case LINE:
		return value.len == 0 ? "empty" : set_line(field, SETTINGS_TEXT_SIZE, value);
	case PROMPT:
		return set_prompt(field, value);
	case NAME:
		return set_name(field, value);
	case PATH:
		return set_path(field, value);
	case KEY_FILE:
		return span_is(value, "none") ? set_line(field, SETTINGS_PATH_SIZE, value)
					      : set_path(field, value);
	case STORE:
		return set_store(field, value);
	case ALGORITHM:
		return otp_algorithm_named(value.at, value.len, &settings->algorithm)
		    ? NULL
		    : "not SHA1, SHA256 or SHA512";
	}
	return "unknown word";
}

static const char *
why_unknown(struct span word)
{
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
		if (span_is(word, foreign[i].word))
			return foreign[i].why;
	return "unknown word";
}

/* Sets one word; `seen` holds a bit for each that this source gave before. */
static const char *
set_word(struct settings *settings, struct span word, struct span value, bool in_file,
    uint32_t *seen)
{
	for (size_t i = 0; i < WORDS; i++) {
		if (!span_is(word, words[i].word))
			continue;
		if (in_file && words[i].argument_only)
			return "an argument only, not for the file";
		if ((*seen >> i & 1) != 0)
			return "given twice";
		*seen |= (uint32_t)1 << i;
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
		(void)set_value(settings, &words[i],
		    (struct span){ words[i].standard, strlen(words[i].standard) });
}

static struct span
next_line(struct span *rest)
{
	const char *end = memchr(rest->at, '\n', rest->len);
	struct span line = { rest->at, end != NULL ? (size_t)(end - rest->at) : rest->len };
	size_t taken = line.len + (end != NULL);

	rest->at += taken;
	rest->len -= taken;
	return trim(line);
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
	uint32_t seen = 0;

	for (unsigned number = 1; rest.len > 0; number++) {
		struct span line = next_line(&rest);
		struct span word = first_word(line);
		struct span value = trim((struct span){ line.at + word.len, line.len - word.len });
		const char *why;

		if (line.len == 0 || *line.at == '#')
			continue;
		if (value.len > 0 && *value.at == '=')
			value = trim((struct span){ value.at + 1, value.len - 1 });
		else if (value.len == 0)
			value = (struct span){ "yes", 3 };
		else
			return refuse(fault, number, word, "no '=' after the word");
		why = set_word(settings, word, value, true, &seen);
		if (why != NULL)
			return refuse(fault, number, word, why);
	}
	return true;
}

bool
settings_arguments(struct settings *settings, int argc, const char **argv,
    struct settings_fault *fault)
{
	uint32_t seen = 0;

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
	return true;
}

bool
settings_set(struct settings *settings, const char *word, const char *value,
    struct settings_fault *fault)
{
	uint32_t seen = 0;
	struct span name = { word, strlen(word) };
	const char *why = set_word(settings, name, (struct span){ value, strlen(value) }, false, &seen);

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
