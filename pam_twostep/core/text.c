/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/text.h"

#include <stdarg.h>
#include <string.h>

bool
fault_set(struct fault *fault, unsigned line, const char *why)
{
	*fault = (struct fault){ .why = why, .line = line };
	return false;
}

struct cursor
cursor_over(const char *bytes, size_t len)
{
	return (struct cursor){ .at = bytes, .end = bytes + len, .line = 1 };
}

bool
cursor_newline(struct cursor *cursor)
{
	if (!cursor_take(cursor, "\n"))
		return false;
	cursor->line++;
	return true;
}

bool
cursor_word(struct cursor *cursor, const char **word, size_t *len, size_t max)
{
	const char *p = cursor->at;

	while (p < cursor->end && (unsigned char)*p > ' ' && *p != 0x7f)
		p++;
	if (p == cursor->at || (size_t)(p - cursor->at) > max)
		return false;
	*word = cursor->at;
	*len = (size_t)(p - cursor->at);
	cursor->at = p;
	return true;
}

bool
cursor_number(struct cursor *cursor, int64_t min, int64_t max, int64_t *number)
{
	const char *p = cursor->at;
	bool minus = p < cursor->end && *p == '-';
	const char *digits = p += minus;
	int64_t value = 0;

	for (; p < cursor->end && text_is_digit(*p); p++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, *p - '0', &value))
			return false;
	if (p == digits || (*digits == '0' && (p - digits > 1 || minus)))
		return false;
	if (!minus && __builtin_sub_overflow(0, value, &value))
		return false;
	if (value < min || value > max)
		return false;
	*number = value;
	cursor->at = p;
	return true;
}

int
text_hex_value(char c)
{
	if (text_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

#define DIGIT 0x10

/* The value of a lower-case hexadecimal digit, and DIGIT; 0 for every other byte. */
static const uint8_t hex_values[256] = { ['0'] = 0x10, ['1'] = 0x11, ['2'] = 0x12, ['3'] = 0x13,
	['4'] = 0x14, ['5'] = 0x15, ['6'] = 0x16, ['7'] = 0x17, ['8'] = 0x18, ['9'] = 0x19,
	['a'] = 0x1a, ['b'] = 0x1b, ['c'] = 0x1c, ['d'] = 0x1d, ['e'] = 0x1e, ['f'] = 0x1f };

bool
cursor_hex(struct cursor *cursor, uint8_t *bytes, size_t len)
{
	const unsigned char *digits = (const unsigned char *)cursor->at;
	unsigned all = DIGIT;

	if (cursor_left(cursor) / 2 < len)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned high = hex_values[digits[2 * i]], low = hex_values[digits[2 * i + 1]];

		all &= high & low;
		bytes[i] = (uint8_t)(high << 4 | (low & 15));
	}
	if (all != DIGIT)
		return false;
	cursor->at += 2 * len;
	return true;
}

struct text
text_into(char *buffer, size_t size)
{
	return (struct text){ .start = buffer, .at = buffer, .end = buffer + size };
}

size_t
text_length(const struct text *text)
{
	return (size_t)(text->at - text->start);
}

void
text_put_padded(struct text *text, uint64_t number, unsigned width)
{
	char digits[32];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (at > 0 && (number > 0 || sizeof digits - at < width));
	text_put_bytes(text, digits + at, sizeof digits - at);
}

void
text_put_number(struct text *text, int64_t number)
{
	if (number < 0)
		text_put(text, "-");
	text_put_padded(text, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 1);
}

static const char hex[] = "0123456789abcdef";

void
text_put_hex(struct text *text, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char pair[2] = { hex[bytes[i] >> 4], hex[bytes[i] & 15] };

		text_put_bytes(text, pair, sizeof pair);
	}
}

#define FORMAT_ARGUMENTS 4

enum kind { UNUSED, STRING, NUMBER };

struct argument {
	enum kind kind;
	const char *string;
	int64_t number;
};

/* One directive of a format, behind its `%`: `%` itself, or an argument and what it is. */
struct directive {
	enum kind kind; /* UNUSED for a `%` */
	unsigned place; /* of the argument, from 0 */
};

/* `next` is the place of a directive that names none. */
static bool
take_directive(struct cursor *cursor, struct directive *directive, unsigned *next)
{
	struct cursor start = *cursor;
	int64_t place;

	*directive = (struct directive){ .kind = UNUSED };
	if (cursor_take(cursor, "%"))
		return true;
	if (cursor_number(cursor, 1, FORMAT_ARGUMENTS, &place) && cursor_take(cursor, "$")) {
		directive->place = (unsigned)place - 1;
	} else {
		*cursor = start;
		directive->place = (*next)++;
	}
	if (cursor_take(cursor, "s"))
		directive->kind = STRING;
	else if (cursor_take(cursor, "lld"))
		directive->kind = NUMBER;
	return directive->kind != UNUSED && directive->place < FORMAT_ARGUMENTS;
}

/* What each argument is: that must be known of all of them before one can be fetched. */
static bool
argument_kinds(struct argument arguments[static FORMAT_ARGUMENTS], const char *format)
{
	struct cursor cursor = cursor_over(format, strlen(format));
	struct directive found;
	unsigned next = 0;

	while (!cursor_done(&cursor)) {
		if (!cursor_take(&cursor, "%")) {
			cursor.at++;
			continue;
		}
		if (!take_directive(&cursor, &found, &next))
			return false;
		if (found.kind == UNUSED)
			continue;
		if (arguments[found.place].kind != UNUSED && arguments[found.place].kind != found.kind)
			return false;
		arguments[found.place].kind = found.kind;
	}
	for (unsigned i = 1; i < FORMAT_ARGUMENTS; i++)
		if (arguments[i].kind != UNUSED && arguments[i - 1].kind == UNUSED)
			return false;
	return true;
}

/* NOLINTBEGIN(clang-analyzer-valist.Uninitialized): the caller has started the list */
static void
fetch(struct argument arguments[static FORMAT_ARGUMENTS], va_list list)
{
	for (unsigned i = 0; i < FORMAT_ARGUMENTS && arguments[i].kind != UNUSED; i++) {
		if (arguments[i].kind == STRING)
			arguments[i].string = va_arg(list, const char *);
		else
			arguments[i].number = va_arg(list, long long);
	}
}
/* NOLINTEND(clang-analyzer-valist.Uninitialized) */

static void
put_formatted(struct text *text, const char *format, const struct argument *arguments)
{
	struct cursor cursor = cursor_over(format, strlen(format));
	struct directive found;
	unsigned next = 0;

	while (!cursor_done(&cursor)) {
		if (!cursor_take(&cursor, "%"))
			text_put_bytes(text, cursor.at++, 1);
		else if (!take_directive(&cursor, &found, &next) || found.kind == UNUSED)
			text_put(text, "%");
		else if (found.kind == STRING && arguments[found.place].string != NULL)
			text_put(text, arguments[found.place].string);
		else if (found.kind == NUMBER)
			text_put_number(text, arguments[found.place].number);
	}
}

void
text_format(struct text *text, const char *format, ...)
{
	struct argument arguments[FORMAT_ARGUMENTS] = { { .kind = UNUSED } };
	va_list list;

	if (!argument_kinds(arguments, format)) {
		text->overflow = true;
		return;
	}
	va_start(list, format);
	fetch(arguments, list);
	va_end(list);
	put_formatted(text, format, arguments);
}

void
text_fold(struct text *text, size_t from, size_t columns)
{
	char *line = text->start + from, *blank = NULL;

	for (char *p = line; p < text->at; p++) {
		if (*p == ' ')
			blank = p;
		if (*p == '\n') {
			line = p + 1;
			blank = NULL;
		} else if ((size_t)(p - line) >= columns && blank != NULL) {
			*blank = '\n';
			line = blank + 1;
			blank = NULL;
		}
	}
}

void
text_end(struct text *text)
{
	if (text->at == text->end) {
		text->overflow = true;
		text->at--;
	}
	*text->at = '\0';
}

static bool
name_byte(char c)
{
	return text_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    c == '.' || c == '_' || c == '@' || c == '-';
}

bool
text_name(char name[static TEXT_NAME_SIZE], const char *user)
{
	struct text text = text_into(name, TEXT_NAME_SIZE);

	for (const char *p = user; *p != '\0' && !text.overflow; p++) {
		if (name_byte(*p) && !(p == user && *p == '.')) {
			text_put_bytes(&text, p, 1);
		} else {
			text_put(&text, "%");
			text_put_hex(&text, (const uint8_t *)p, 1);
		}
	}
	text_end(&text);
	return *user != '\0' && !text.overflow;
}

bool
text_unname(char user[static TEXT_NAME_SIZE], const char *name)
{
	struct cursor cursor = cursor_over(name, strlen(name));
	struct text text = text_into(user, TEXT_NAME_SIZE);
	char again[TEXT_NAME_SIZE];

	while (!cursor_done(&cursor)) {
		uint8_t byte = (uint8_t)*cursor.at;

		if (!cursor_take(&cursor, "%"))
			cursor.at++;
		else if (!cursor_hex(&cursor, &byte, 1) || byte == 0)
			return false;
		text_put_bytes(&text, (const char *)&byte, 1);
	}
	text_end(&text);
	return !text.overflow && text_name(again, user) && strcmp(again, name) == 0;
}
