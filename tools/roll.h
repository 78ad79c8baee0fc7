/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The roll of a machine: its people and those whom `require` and `exempt` name, and what the
 * policy says of each as a login would hear it, but for the network that he comes from.
 */
#ifndef TOOLS_ROLL_H
#define TOOLS_ROLL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/policy.h"
#include "people.h"

struct roll {
	struct people people; /* in order */
	struct policy_groups groups;
	struct people_group group[POLICY_GROUPS_MAX]; /* of the same numbers */
	const struct settings *settings;
	int64_t now, created; /* as policy_decide is told them */
};

/*
 * Reads it. EXIT_DONE, or EXIT_SYSTEM with the problem, and so for a group that does not
 * exist. roll_free is due after either.
 */
int roll_read(struct roll *roll, const struct settings *settings, int64_t now, int64_t created,
    struct problem *problem);
void roll_free(struct roll *roll);

/* What becomes of this person at a login; `invited`: an invitation stands, valid or not. */
struct policy_decision roll_decide(struct roll *roll, const struct person *person, bool enrolled,
    bool invited);

/* True for one who is not enrolled and is held to it, today or from the day that is set. */
bool roll_missing(struct roll *roll, const struct person *person, bool enrolled);

#endif
