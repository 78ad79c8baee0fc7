/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/setup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

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
setup_issuer(const struct setup *setup, char issuer[static SETTINGS_TEXT_SIZE])
{
	memcpy(issuer, setup->settings.issuer, SETTINGS_TEXT_SIZE);
	if (*issuer != '\0' || gethostname(issuer, SETTINGS_TEXT_SIZE - 1) != 0)
		return;
	issuer[SETTINGS_TEXT_SIZE - 1] = '\0';
	issuer[strcspn(issuer, ".")] = '\0';
}
