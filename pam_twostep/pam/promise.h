/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Letting somebody through on the promise that he enrolls in the account phase.
 *
 * A service whose account phase never comes would let in for ever: it is marked, durably, before anybody
 * is let through, and while a mark stands too long nobody enrolls there.
 */
#ifndef PAM_PROMISE_H
#define PAM_PROMISE_H

#include "pam/login.h"

/* Whether people can enroll in this service; a hint for the journal where they cannot. False with the fault. */
bool promise_serves(struct login *login, bool *serves);

/* OUTCOME_ENROLLS once the service is marked, and the host key has proved the store. */
enum outcome promise(struct login *login);

#endif
