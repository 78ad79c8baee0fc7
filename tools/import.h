/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking people over from another program.
 *
 * 1. A person is taken whole, in one durable step, or not at all: what was used and the drift of the
 *    clock stand in the same record as the key. So whatever ends an import in the middle, running
 *    it again ends the same.
 * 2. Whoever has these keys already is left alone, so that running it again changes nothing; so is, without
 *    --replace, who is enrolled with others.
 * 3. Each record that is not taken is named, with the reason; the others are taken.
 */
#ifndef TOOLS_IMPORT_H
#define TOOLS_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "progress.h"
#include "session.h"

#define IMPORT_SOURCE_SIZE 4352 /* bytes: a path, and the number of a line */

struct import {
	struct session session;
	struct progress progress;
	bool no_store; /* of a dry run: nobody is enrolled yet */
	size_t taken, there, refused;
	int status; /* EXIT_SYSTEM once the system failed for somebody */
};

/* One person as the other program knows him; the caller wipes it. */
struct import_person {
	const char *user; /* as the account is called */
	uid_t uid;
	char source[IMPORT_SOURCE_SIZE];
	unsigned devices;
	struct device device[ENROLLMENT_DEVICES_MAX];
	unsigned codes;
	char code[RECOVERY_CODES_MAX][SCRATCH_CHARS + 1];
	const char *warning; /* what he must be told, translated, or NULL */
};
void import_person_wipe(struct import_person *person);

/* Takes one person, or says why not. True to go on with the next. */
bool import_take(struct import *import, const struct import_person *person);

/* Says why a record is not taken; user may be NULL, and why is translated. */
void import_refuse(struct import *import, const char *source, const char *user, const char *why);

/* Something that stands for all of the work. */
int import_fail(struct import *import, const char *what, const char *why);

/* Each goes through one kind of source. True when it came to the end of it. */
bool import_google_files(struct import *import, char *const *files);
bool import_google_homes(struct import *import);
bool import_oath(struct import *import, const char *file);

#endif
