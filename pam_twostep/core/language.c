/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/language.h"

#include <string.h>

#include "core/language_table.h"

const struct language *
language_named(const char *name, size_t len)
{
	for (size_t i = 0; i < languages_count; i++)
		if (strlen(languages[i].name) == len && memcmp(languages[i].name, name, len) == 0)
			return &languages[i];
	return NULL;
}

static const struct message *
find(const struct language *language, const char *english)
{
	size_t low = 0, high = language != NULL ? language->count : 0;

	while (low < high) {
		const struct message *message = &language->messages[low + (high - low) / 2];
		int order = strcmp(english, language->texts + message->english);

		if (order == 0)
			return message;
		if (order < 0)
			high = (size_t)(message - language->messages);
		else
			low = (size_t)(message - language->messages) + 1;
	}
	return NULL;
}

const char *
say(const struct language *language, const char *english)
{
	const struct message *message = find(language, english);

	return message != NULL ? language->texts + message->text : english;
}

const char *
say_n(const struct language *language, const char *one, const char *many, int64_t n)
{
	uint64_t count = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	const struct message *message = find(language, one);
	const char *text;
	unsigned form;

	if (message == NULL)
		return count == 1 ? one : many;
	text = language->texts + message->text;
	form = language->form(count);
	for (unsigned i = 0; i < form && i + 1 < message->forms; i++)
		text += strlen(text) + 1;
	return text;
}
