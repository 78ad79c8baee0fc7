/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who has a second step and who lacks it: the roll held against the store. Everybody who has a
 * record counts, also those whom the roll alone would leave out, such as root.
 */
#ifndef TOOLS_TALLY_H
#define TOOLS_TALLY_H

#include <stdbool.h>
#include <stddef.h>

#include "roll.h"
#include "session.h"

struct tally_state {
	bool enrolled, invited;
	bool missing; /* not enrolled, and held to it today or from the day that is set */
	bool exempt;
	bool locked; /* or blocked */
};

struct tally_counts {
	size_t total, enrolled, invited, missing, exempt, locked;
};

struct tally_group {
	const char *name; /* NULL: everybody */
	struct tally_counts counts;
};

struct tally {
	struct session session;
	struct roll roll;
	struct people_group only; /* of --group; its name is empty where all are meant */
	/* Of roll.people, by their places; who is not in `only` is left out. */
	struct tally_state *state;
	bool *left_out;
	size_t groups; /* in group[], everybody or --group first */
	struct tally_group group[1 + POLICY_GROUPS_MAX];
	size_t gone; /* records without an account */
	int status;  /* EXIT_SYSTEM when a record was damaged, which was complained of */
};

/* Takes it. An EXIT_ status; what is wrong was complained of. tally_free is due after every one. */
int tally_take(struct tally *tally, struct request *request);
void tally_free(struct tally *tally);

#endif
