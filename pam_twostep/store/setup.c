/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/setup.h"

#include <errno.h>
#include <unistd.h>

#include "core/event.h"

bool
setup_read(struct setup *setup, int argc, const char **argv, struct store_fault *fault)
{
	char bytes[SETTINGS_FILE_MAX];
	size_t len = 0;

	setup->wrong = (struct settings_fault){ .why = NULL };
	setup->trusted = geteuid();
	settings_default(&setup->settings);
	setup->conf = settings_conf(argc, argv);
	if (!trusted_read(setup->conf, TRUSTED_PUBLIC, setup->trusted, bytes, sizeof bytes, &len,
		fault) &&
	    fault->error != ENOENT)
		return false;
	*fault = (struct store_fault){ .why = NULL };
	if (!settings_file(&setup->settings, bytes, len, &setup->wrong))
		return false;
	setup->conf = NULL;
	return settings_arguments(&setup->settings, argc, argv, &setup->wrong);
}

void
setup_put(struct text *line, const struct setup *setup)
{
	const struct settings_fault *wrong = &setup->wrong;

	if (wrong->why == NULL)
		return;
	/* (A group that does not exist is known by its name alone.) */
	if (wrong->line > 0) {
		event_put(line, "file", setup->conf != NULL ? setup->conf : "arguments");
		event_put_number(line, setup->conf != NULL ? "line" : "argument", wrong->line);
	}
	event_put(line, "word", wrong->word);
	event_put(line, "why", wrong->why);
}
