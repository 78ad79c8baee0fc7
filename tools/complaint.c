/* SPDX-License-Identifier: BSD-2-Clause */
#include "complaint.h"

#include <stdio.h>
#include <string.h>

#include "terminal.h"
#include "verb.h"

void
complain(const char *verb, const char *what, const char *why)
{
	const char *parts[] = { verb, what, why };

	(void)fflush(stdout);
	(void)fputs("twostep", stderr);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (parts[i] == NULL)
			continue;
		(void)fputs(*parts[i] != '\0' ? ": " : ": ''", stderr);
		terminal_put(stderr, parts[i], strlen(parts[i]));
	}
	(void)fputc('\n', stderr);
}

int
refuse(const char *verb, const char *what, const char *why)
{
	complain(verb, what, why);
	return EXIT_NO;
}

int
misuse(const char *verb, const char *what, const char *why)
{
	complain(verb, what, why);
	return EXIT_USAGE;
}

void
problem_of_fault(struct problem *problem, const struct store_fault *fault)
{
	const char *why = fault->why != NULL ? tr(fault->why) : tr("failed");

	if (fault->line > 0)
		(void)snprintf(problem->what, sizeof problem->what, "%s:%u", fault->file, fault->line);
	else
		(void)snprintf(problem->what, sizeof problem->what, "%s", fault->file);
	if (fault->holder > 0)
		(void)snprintf(problem->why, sizeof problem->why, tr("%s: %s (process %ld)"), why,
		    fault->program, (long)fault->holder);
	else if (fault->error != 0)
		(void)snprintf(problem->why, sizeof problem->why, "%s: %s", why, strerror(fault->error));
	else
		(void)snprintf(problem->why, sizeof problem->why, "%s", why);
}

int
complain_fault(const char *verb, const struct store_fault *fault)
{
	struct problem problem;

	problem_of_fault(&problem, fault);
	complain(verb, problem.what, problem.why);
	return EXIT_SYSTEM;
}
