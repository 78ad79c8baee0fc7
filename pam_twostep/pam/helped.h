/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A login in a process that may not read the store: a screen locker, which runs as its user. The
 * set-uid helper then looks and judges in the place of the store, for that user alone, and
 * writes the journal's line. Nobody enrolls there, and no place is remembered.
 */
#ifndef PAM_HELPED_H
#define PAM_HELPED_H

#include "pam/login.h"

/* Whether the store is not ours to read, now that store_open has tried; `opened` is what it said. */
bool helped_due(const struct login *login, bool opened);

/*
 * Asks the helper for what look() reads from the store; login->own is false for any account but
 * the caller's, of which nothing is known then. False with the fault.
 */
bool helped_look(struct login *login);

/* Has the answer judged: settle.judgement stands, and is durable. False with the fault. */
bool helped_judge(struct login *login);

#endif
