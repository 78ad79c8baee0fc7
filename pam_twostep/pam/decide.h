/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rules of the settings make of a user: the facts for core/policy, and its decision. */
#ifndef PAM_DECIDE_H
#define PAM_DECIDE_H

#include "pam/login.h"

/* Reads the groups that a rule names, once. OUTCOME_NOTHING when all of them could be read. */
enum outcome decide_groups(struct login *login);

/* Fills in login->decision, with what the store says once it was looked at. */
void decide(struct login *login);

#endif
