/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/value.h"

#include <string.h>

#include "core/date.h"
#include "core/language.h"
#include "core/text.h"

struct span
span_trim(struct span span)
{
	while (span.len > 0 && text_is_blank(*span.at)) {
		span.at++;
		span.len--;
	}
	while (span.len > 0 && text_is_blank(span.at[span.len - 1]))
		span.len--;
	return span;
}

const char *
value_yes_no(bool *out, struct span value)
{
	*out = span_is(value, "yes");
	return *out || span_is(value, "no") ? NULL : N_("neither yes nor no");
}

const char *
value_number(int64_t *out, int64_t min, int64_t max, struct span value)
{
	struct cursor cursor = cursor_over(value.at, value.len);

	if (!cursor_number(&cursor, 0, INT64_MAX, out) || !cursor_done(&cursor))
		return N_("not a whole number");
	if (*out < min || *out > max)
		return N_("out of range");
	return NULL;
}

const char *
value_time(int64_t *out, int64_t min, int64_t max, struct span value)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = { { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };
	struct cursor cursor = cursor_over(value.at, value.len);
	int64_t number, unit = 0;

	if (!cursor_number(&cursor, 0, INT64_MAX / 86400, &number))
		return N_("not a time like 30s, 15m, 12h or 7d");
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (unit == 0 && cursor_take(&cursor, units[i].name))
			unit = units[i].seconds;
	if (!cursor_done(&cursor))
		return N_("not a time like 30s, 15m, 12h or 7d");
	*out = number * (unit != 0 ? unit : 1);
	return *out < min || *out > max ? N_("out of range") : NULL;
}

/*
 * Control characters, those from U+0080 to U+009F too, would let a setting draw on, or take over, a person's
 * terminal.
 */
static bool
printable(struct span value)
{
	const unsigned char *p = (const unsigned char *)value.at;

	for (size_t i = 0; i < value.len; i++) {
		bool leads = p[i] == 0xc2 && i + 1 < value.len;

		if (p[i] < ' ' || p[i] == 0x7f || (leads && p[i + 1] >= 0x80 && p[i + 1] < 0xa0))
			return false;
	}
	return true;
}

const char *
value_line(char *out, size_t size, struct span value)
{
	if (value.len >= size)
		return N_("too long");
	if (!printable(value))
		return N_("holds a control character");
	memcpy(out, value.at, value.len);
	out[value.len] = '\0';
	return NULL;
}

const char *
value_contact(char out[static SETTINGS_TEXT_SIZE], struct span value)
{
	const char *why = value_line(out, SETTINGS_TEXT_SIZE, value);

	for (char *c = out; why == NULL && *c != '\0'; c++)
		if ((unsigned char)*c > 0x7f)
			*c = '?';
	return why;
}

const char *
value_prompt(char out[static SETTINGS_TEXT_SIZE], struct span value)
{
	static const size_t ending = sizeof SETTINGS_PROMPT - 2; /* without the blank */
	const char *why;

	value = span_trim(value);
	if (value.len >= ending &&
	    memcmp(value.at + value.len - ending, SETTINGS_PROMPT, ending) == 0)
		value.len -= ending;
	value = span_trim(value);
	if (value.len + sizeof " " SETTINGS_PROMPT > SETTINGS_TEXT_SIZE)
		return N_("too long");
	if ((why = value_line(out, SETTINGS_TEXT_SIZE, value)) != NULL)
		return why;
	if (value.len > 0)
		out[value.len++] = ' ';
	memcpy(out + value.len, SETTINGS_PROMPT, sizeof SETTINGS_PROMPT);
	return NULL;
}

const char *
value_name(char out[static SETTINGS_TEXT_SIZE], struct span value)
{
	if (memchr(value.at, ':', value.len) != NULL)
		return N_("holds a colon, which apps cut names at");
	return value_line(out, SETTINGS_TEXT_SIZE, value);
}

const char *
value_path(char out[static SETTINGS_PATH_SIZE], struct span value)
{
	if (value.len == 0 || *value.at != '/')
		return N_("not an absolute path");
	return value_line(out, SETTINGS_PATH_SIZE, value);
}

const char *
value_store(char out[static SETTINGS_PATH_SIZE], struct span value)
{
	if (value.len < 6 || memcmp(value.at, "file:/", 6) != 0)
		return N_("not file: and an absolute path");
	return value_line(out, SETTINGS_PATH_SIZE, value);
}

const char *
value_algorithm(enum otp_algorithm *out, struct span value)
{
	return otp_algorithm_named(value.at, value.len, out)
	    ? NULL
	    : N_("not SHA1, SHA256 or SHA512");
}

const char *
value_date(int64_t *out, int64_t *east, struct span value)
{
	*out = *east = 0;
	if (value.len == 0 || date_parse(value.at, value.len, out, east))
		return NULL;
	return N_("not a date like 2025-05-05 or 2025-05-05T00:00+02:00");
}

const char *
value_list(char out[static SETTINGS_LIST_SIZE], list_check *check, struct span value)
{
	if (value.len >= SETTINGS_LIST_SIZE)
		return N_("too long");
	memcpy(out, value.at, value.len);
	out[value.len] = '\0';
	return check(value.at, value.len);
}

const char *
value_enroll(enum settings_enroll *out, struct span value)
{
	static const char *const names[] = {
		[ENROLL_NO] = "no",
		[ENROLL_INVITED] = "invited",
		[ENROLL_YES] = "yes",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (span_is(value, names[i])) {
			*out = (enum settings_enroll)i;
			return NULL;
		}
	}
	return N_("neither no, invited nor yes");
}

const char *
value_language(const struct language **out, struct span value)
{
	*out = language_named(value.at, value.len);
	return value.len == 0 || *out != NULL ? NULL : N_("no texts in this language");
}
