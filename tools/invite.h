/* SPDX-License-Identifier: BSD-2-Clause */
/* Activation codes, as one user or many get them. */
#ifndef TOOLS_INVITE_H
#define TOOLS_INVITE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/invitation.h"
#include "core/recovery.h"
#include "session.h"

/* An activation code that nobody has yet: as it is printed, and as it is kept. */
struct invite {
	char printed[ACTIVATION_PRINTED];
	struct invitation invitation;
};
void invite_wipe(struct invite *invite);

/* Makes the code and its digest, which takes 28 ms; in any thread. False when the system fails. */
bool invite_make(struct invite *invite, const struct host_key *key);

/*
 * Puts the invitation in the place of what the session's user has, and fills in the rest of it: from
 * now on, so many seconds.
 */
enum store_answer invite_store(struct session *session, struct invite *invite, int64_t valid);

/*
 * Invites those whom --all-missing or --group means, and writes their codes to --out. An EXIT_
 * status, after a complaint unless it is EXIT_DONE.
 */
int invite_many(struct request *request, int64_t valid);

#endif
