/* SPDX-License-Identifier: BSD-2-Clause */
/* What the doctor found: where, what, and how to mend it. */
#ifndef TOOLS_FINDING_H
#define TOOLS_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "plain_file.h"
#include "store/trusted.h"

#define FINDING_TEXT 320 /* bytes of a text with its NUL; a longer one is cut */
#define FINDINGS_MAX 100

struct finding {
	const char *id; /* a constant, for scripts: never translated, never changed */
	char file[PLAIN_PATH_SIZE];
	unsigned line; /* 0 where there is none */
	char word[64]; /* of a setting; else empty */
	char why[FINDING_TEXT];
	char mend[FINDING_TEXT]; /* may be empty */
	bool advice; /* lets nobody in without the second step, and does not keep everybody out */
	bool mended; /* by --fix, just now */
};

struct findings {
	size_t count;
	size_t more;     /* that had no room */
	bool unreadable; /* something could not be read, so that the rest may hide more */
	struct finding finding[FINDINGS_MAX];
};

/*
 * Adds one, unless the same was found at the same place before: then NULL, and for one that has no room. `mend`
 * may be NULL. What is not printable is shown as \xNN, wherever it came from.
 */
struct finding *finding_add(struct findings *findings, const char *id, const char *file,
    unsigned line, const char *why, const char *mend);
/* The same for a setting that is wrong: a word, and why. */
void finding_add_setting(struct findings *findings, const char *file, unsigned line,
    const char *word, const char *why);
/* The same for what is wrong with a file of ours; to who may not read it, it is one that cannot be read. */
void finding_add_fault(
    struct findings *findings, const char *id, const struct store_fault *fault);
/* A file that cannot be read: told at once on standard error, with the reason of errno. */
void finding_unreadable(struct findings *findings, const char *file, int error);

/* True where that is found anywhere, and was not mended. */
bool findings_hold(const struct findings *findings, const char *id);

/* True when there is one that is neither advice nor mended. */
bool findings_fail(const struct findings *findings);

/*
 * `twostep: doctor: file:line: why: mend`, each on a line of standard error; advice, and what was mended, on
 * one of standard output.
 */
void findings_tell(const struct findings *findings, const char *verb);
/* An object for scripts. */
void findings_json(const struct findings *findings);

#endif
