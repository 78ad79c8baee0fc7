/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/event.h"

#include <string.h>

struct text
event_start(char line[static EVENT_SIZE])
{
	line[0] = '\0';
	return text_into(line, EVENT_SIZE);
}

static bool
plain(char c)
{
	return text_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c != '\0' && strchr(".:_-@%/", c) != NULL);
}

static void
put_quoted(struct text *line, const char *value, size_t len)
{
	text_put(line, "\"");
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c < ' ' || c >= 0x7f) {
			text_put(line, "\\x");
			text_put_hex(line, &c, 1);
		} else {
			if (c == '"' || c == '\\')
				text_put(line, "\\");
			text_put_bytes(line, value + i, 1);
		}
	}
	text_put(line, "\"");
}

static void
put_bytes(struct text *line, const char *name, const char *value, size_t len)
{
	struct text before = *line;
	bool quote = false;

	if (len > EVENT_VALUE_MAX)
		len = EVENT_VALUE_MAX;
	/* A lone ? is our own word for a name that is not told. */
	for (size_t i = 0; i < len; i++)
		quote |= !plain(value[i]) && !(len == 1 && *value == '?');
	if (text_length(line) > 0)
		text_put(line, " ");
	text_put(line, name);
	text_put(line, "=");
	if (quote)
		put_quoted(line, value, len);
	else
		text_put_bytes(line, value, len);
	/* A field stands whole or not at all, and there is always room for the NUL. */
	if (line->overflow || line->at == line->end)
		*line = before;
	*line->at = '\0';
}

void
event_put(struct text *line, const char *name, const char *value)
{
	if (value != NULL && *value != '\0')
		put_bytes(line, name, value, strlen(value));
}

void
event_put_number(struct text *line, const char *name, long long value)
{
	char digits[24];
	struct text text = text_into(digits, sizeof digits);

	text_put_number(&text, value);
	put_bytes(line, name, digits, text_length(&text));
}
