/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "store/trusted.h"
#include "terminal.h"

static bool
gives_conf(const struct stack_arguments *arguments)
{
	for (int i = 0; i < arguments->argc; i++)
		if (strncmp(arguments->argv[i], "conf=", 5) == 0)
			return true;
	return false;
}

static bool
read_conf(struct sourced *sourced, struct doctor *doctor)
{
	struct store_fault fault = { .why = NULL };

	sourced->len = 0;
	if (trusted_read(sourced->conf, TRUSTED_PUBLIC, geteuid(), sourced->bytes,
		sizeof sourced->bytes, &sourced->len, &fault) ||
	    fault.error == ENOENT)
		return true;
	finding_add_fault(doctor->findings, "settings-file", &fault);
	return false;
}

bool
sourced_read(
    struct sourced *sourced, struct doctor *doctor, const struct stack_line *line)
{
	struct settings_fault fault;
	const char *conf = doctor->conf;

	settings_default(&sourced->settings);
	sourced->line = line;
	sourced->arguments.argc = 0;
	if (line != NULL)
		stack_arguments(line, &sourced->arguments);
	if (gives_conf(&sourced->arguments))
		conf = settings_conf(sourced->arguments.argc, sourced->arguments.argv);
	memcpy(sourced->conf, conf, strnlen(conf, sizeof sourced->conf - 1));
	sourced->conf[strnlen(conf, sizeof sourced->conf - 1)] = '\0';
	if (!read_conf(sourced, doctor))
		return false;
	if (!settings_file(&sourced->settings, sourced->bytes, sourced->len, &fault)) {
		finding_add_setting(doctor->findings, sourced->conf, fault.line,
		    fault.word, tr(fault.why));
		return false;
	}
	if (line == NULL ||
	    settings_arguments(&sourced->settings, sourced->arguments.argc,
		sourced->arguments.argv, &fault))
		return true;
	finding_add_setting(
	    doctor->findings, line->file, line->number, fault.word, tr(fault.why));
	return false;
}

/* True when these bytes begin with the word, and it ends there. */
static bool
begins(const char *at, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - at) >= len && memcmp(at, word, len) == 0 &&
	    (at + len == end || text_is_blank(at[len]) || at[len] == '=');
}

const char *
sourced_place(const struct sourced *sourced, const char *word, unsigned *number)
{
	const char *at = sourced->bytes, *end = at + sourced->len;

	for (int i = 0; i < sourced->arguments.argc; i++) {
		const char *argument = sourced->arguments.argv[i];

		if (!begins(argument, argument + strlen(argument), word))
			continue;
		*number = sourced->line->number;
		return sourced->line->file;
	}
	for (*number = 1; at < end; (*number)++) {
		const char *next = memchr(at, '\n', (size_t)(end - at));

		while (at < end && text_is_blank(*at))
			at++;
		if (begins(at, end, word))
			return sourced->conf;
		at = next != NULL ? next + 1 : end;
	}
	*number = 0;
	return sourced->conf;
}
