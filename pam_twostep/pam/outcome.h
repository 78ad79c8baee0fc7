/* SPDX-License-Identifier: BSD-2-Clause */
/* How a login ended, and what PAM is told of it: the one place that says so. */
#ifndef PAM_OUTCOME_H
#define PAM_OUTCOME_H

#include "core/judge.h"

enum outcome {
	OUTCOME_UNAVAILABLE, /* store, key, name service or libcrypto failed */
	OUTCOME_WRONG,
	OUTCOME_SPENT,
	OUTCOME_MALFORMED,
	OUTCOME_EMPTY,
	OUTCOME_LOCKED,
	OUTCOME_BLOCKED,
	OUTCOME_EXPIRED,
	OUTCOME_UNENROLLED,
	OUTCOME_UNKNOWN,     /* no such account */
	OUTCOME_MISCONFIGURED,
	OUTCOME_ACCEPTED,
	OUTCOME_NOTHING, /* a phase in which this module decides nothing */
};

enum outcome outcome_of(enum verdict verdict);

/* The PAM code. PAM_IGNORE is for OUTCOME_NOTHING alone, PAM_SUCCESS for OUTCOME_ACCEPTED alone. */
int outcome_pam(enum outcome outcome);

/* The journal's word. */
const char *outcome_word(enum outcome outcome);

#endif
