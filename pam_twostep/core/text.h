/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line form that records and settings share: a cursor that refuses to run
 * past its end, and a writer that refuses to run past its buffer.
 *
 * A parser moves a cursor, and every cursor_ function either takes exactly what
 * it names and returns true, or leaves the cursor where it was and returns
 * false. Nothing here depends on the locale.
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
	const char *at;
	const char *end;
	unsigned line; /* of `at`, from 1 */
};

/* Why something was refused; `why` is a constant, never what was given. */
struct fault {
	const char *why; /* NULL while nothing is wrong */
	unsigned line;   /* 0 where there are no lines */
};

/* Notes the reason and the line; always false, so that a guard can return it. */
bool fault_set(struct fault *fault, unsigned line, const char *why);

struct cursor cursor_over(const char *bytes, size_t len);

static inline bool
cursor_done(const struct cursor *cursor)
{
	return cursor->at == cursor->end;
}

/* Bytes. */
static inline size_t
cursor_left(const struct cursor *cursor)
{
	return (size_t)(cursor->end - cursor->at);
}

/* Takes exactly this text. (In here, as a login does it 200 times: most texts are constants.) */
static inline bool
cursor_take(struct cursor *cursor, const char *text)
{
	size_t len = strlen(text);

	if (cursor_left(cursor) < len || memcmp(cursor->at, text, len) != 0)
		return false;
	cursor->at += len;
	return true;
}

/* Takes the end of a line, a newline. */
bool cursor_newline(struct cursor *cursor);
/* Takes one to max bytes other than blank and control bytes: a word. */
bool cursor_word(struct cursor *cursor, const char **word, size_t *len, size_t max);
/* Takes a whole decimal number in [min, max]; no sign but a minus, no leading zero. */
bool cursor_number(struct cursor *cursor, int64_t min, int64_t max, int64_t *number);
/* Takes exactly len bytes written as 2 * len lower-case hexadecimal digits. */
bool cursor_hex(struct cursor *cursor, uint8_t *bytes, size_t len);

struct text {
	char *start;
	char *at;
	char *end;
	bool overflow; /* something did not fit; what stands there is no longer whole */
};

struct text text_into(char *buffer, size_t size);
size_t text_length(const struct text *text);

static inline void
text_put_bytes(struct text *text, const char *bytes, size_t len)
{
	if ((size_t)(text->end - text->at) < len) {
		text->overflow = true;
		return;
	}
	memcpy(text->at, bytes, len);
	text->at += len;
}

static inline void
text_put(struct text *text, const char *string)
{
	text_put_bytes(text, string, strlen(string));
}

void text_put_number(struct text *text, int64_t number);
/* With leading zeros up to `width` digits: codes, clocks. */
void text_put_padded(struct text *text, uint64_t number, unsigned width);
void text_put_hex(struct text *text, const uint8_t *bytes, size_t len);
/* Breaks lines at blanks, from the byte `from` on, so that none is wider where that can be. */
void text_fold(struct text *text, size_t from, size_t columns);
/*
 * A whole sentence with what belongs into it: %s, %lld and %%, or %1$s to %4$lld where a
 * translation has another order. Anything else, and a place that is passed over, overflows.
 */
void text_format(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Closes the string with a NUL; on overflow the last byte gives way to it. */
void text_end(struct text *text);

static inline bool
text_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
text_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

int text_hex_value(char c); /* of a hexadecimal digit in either case, or -1 */

/*
 * Writes a user's name as one word: [A-Za-z0-9._@-] as they are, a leading dot and
 * every other byte as %XX, so that no name is a path, hides a file or ends a line.
 * False for an empty name and for one that would be longer than NAME_MAX (255).
 */
#define TEXT_NAME_SIZE 256 /* with the NUL */
bool text_name(char name[static TEXT_NAME_SIZE], const char *user);

/* The reverse of text_name. False when text_name would have written it otherwise. */
bool text_unname(char user[static TEXT_NAME_SIZE], const char *name);

#endif
