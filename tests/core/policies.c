/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decides policies that policy_oracle.py draws, and prints what it decided, a line a line:
 *
 *	ACCOUNT USER MEMBER-OF RHOST NOW LOOKED ENROLLED INVITED REMEMBERED CREATED WORD=VALUE...
 *
 * between tabs. MEMBER-OF is a list with commas; RHOST is - where PAM has none.
 */
#include "sample.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy.h"

#define FIELDS 10  /* of the case, before the settings */
#define WORDS_MAX 16
#define LINE_SIZE 8192

static const char *const policies[] = { [POLICY_LOOK] = "look",
	[POLICY_ASK] = "ask",
	[POLICY_DENY] = "deny",
	[POLICY_PASS] = "pass",
	[POLICY_ENROLL] = "enroll" };

/* Whether a list with commas holds a name. */
static bool
holds(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; *at != '\0'; at += strcspn(at, ",")) {
		at += *at == ',';
		if (strcspn(at, ",") == len && strncmp(at, name, len) == 0)
			return true;
	}
	return false;
}

static void
decide(char *fields[static FIELDS], const struct settings *settings)
{
	static struct policy_groups groups;
	struct policy_case who = { .account = *fields[0] == '1',
		.user = fields[1],
		.groups = &groups,
		.rhost = strcmp(fields[3], "-") != 0 ? fields[3] : NULL,
		.now = strtoll(fields[4], NULL, 10),
		.looked = *fields[5] == '1',
		.enrolled = *fields[6] == '1',
		.invited = *fields[7] == '1',
		.remembered = *fields[8] == '1',
		.created = strtoll(fields[9], NULL, 10) };
	struct policy_decision decision;

	policy_groups(&groups, settings);
	for (unsigned i = 0; i < groups.count; i++)
		groups.group[i].member = holds(fields[2], groups.group[i].name);
	decision = policy_decide(settings, &who);
	(void)printf("%s %s %d %d %" PRId64 " ", policies[decision.policy],
	    decision.rule != NULL ? decision.rule : "-", decision.remind, decision.offer,
	    decision.days);
	for (unsigned i = 0; i < groups.count; i++)
		(void)printf("@%s", groups.group[i].name);
	(void)printf("\n");
}

int
main(void)
{
	static char line[LINE_SIZE];

	while (fgets(line, sizeof line, stdin) != NULL) {
		struct settings settings;
		struct settings_fault fault = { .why = NULL };
		char *fields[FIELDS + WORDS_MAX], *rest = line;
		int count = 0;

		line[strcspn(line, "\n")] = '\0';
		while (rest != NULL && count < FIELDS + WORDS_MAX)
			fields[count++] = strsep(&rest, "\t");
		if (count < FIELDS || rest != NULL)
			return 1;
		settings_default(&settings);
		if (settings_arguments(&settings, count - FIELDS, (const char **)fields + FIELDS,
			&fault))
			decide(fields, &settings);
		else
			(void)printf("refused %s\n", fault.word);
	}
	return 0;
}
