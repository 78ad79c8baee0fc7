/* SPDX-License-Identifier: BSD-2-Clause */
#include "json.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "terminal.h"

static FILE *out;
static unsigned depth;
static bool first = true;

void
json_into(FILE *file)
{
	out = file;
}

static FILE *
stream(void)
{
	return out != NULL ? out : stdout;
}

static void
put_string(const char *string)
{
	const unsigned char *p = (const unsigned char *)string;

	(void)fputc('"', stream());
	while (*p != '\0') {
		size_t n = terminal_sequence(p);

		if (n == 0)
			(void)fputs("\\ufffd", stream());
		else if (terminal_plain(p) == 0)
			fprintf(stream(), "\\u%04x", p[n - 1]);
		else if (*p == '"' || *p == '\\')
			fprintf(stream(), "\\%c", *p);
		else
			(void)fwrite(p, 1, n, stream());
		p += n > 0 ? n : 1;
	}
	(void)fputc('"', stream());
}

static void
member(const char *name)
{
	if (!first)
		(void)fputc(',', stream());
	if (depth > 0)
		fprintf(stream(), "\n%*s", (int)depth * 2, "");
	if (name != NULL) {
		put_string(name);
		(void)fputs(": ", stream());
	}
	first = false;
}

void
json_open(const char *name, char bracket)
{
	member(name);
	(void)fputc(bracket, stream());
	depth++;
	first = true;
}

void
json_close(char bracket)
{
	depth--;
	if (!first)
		fprintf(stream(), "\n%*s", (int)depth * 2, "");
	(void)fputc(bracket, stream());
	first = false;
	if (depth == 0) {
		(void)fputc('\n', stream());
		first = true;
	}
}

void
json_string(const char *name, const char *value)
{
	member(name);
	if (value != NULL)
		put_string(value);
	else
		(void)fputs("null", stream());
}

void
json_number(const char *name, long long value)
{
	member(name);
	fprintf(stream(), "%lld", value);
}

void
json_bool(const char *name, bool value)
{
	member(name);
	(void)fputs(value ? "true" : "false", stream());
}
