/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong, on standard error: `twostep: verb: what: why`; verb, what and why may be NULL. */
#ifndef TOOLS_COMPLAINT_H
#define TOOLS_COMPLAINT_H

#include "core/settings.h"
#include "store/trusted.h"

void complain(const char *verb, const char *what, const char *why);

/* The same, and the EXIT_ status that goes with it: of a refusal, and of words that cannot be meant. */
int refuse(const char *verb, const char *what, const char *why);
int misuse(const char *verb, const char *what, const char *why);

/* What is wrong, with file and line, and why: in words for people. */
struct problem {
	char what[SETTINGS_PATH_SIZE + SETTINGS_WORD_SIZE + 24];
	char why[256];
};
void problem_of_fault(struct problem *problem, const struct store_fault *fault);

/* Complains of a fault of the store: EXIT_SYSTEM. */
int complain_fault(const char *verb, const struct store_fault *fault);

#endif
