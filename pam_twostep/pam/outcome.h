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
	OUTCOME_SKIPPED,     /* a rule of the settings lets by */
	OUTCOME_ENROLLS,     /* let through on the promise to enroll in the account phase */
	OUTCOME_ENROLLED,    /* and that was kept */
	OUTCOME_UNCOMMITTED, /* and that was not kept */
	OUTCOME_NOTHING,     /* a phase in which this module decides nothing */
};

enum outcome outcome_of(enum verdict verdict);

/* The PAM code: no other place says PAM_SUCCESS or PAM_IGNORE. */
int outcome_pam(enum outcome outcome);

/* The journal's word. */
const char *outcome_word(enum outcome outcome);

#endif
