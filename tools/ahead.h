/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Activation codes made ahead, on all processors, while those before them are stored: the digest of
 * each takes 28 ms, and thousands are wanted.
 */
#ifndef TOOLS_AHEAD_H
#define TOOLS_AHEAD_H

#include <stddef.h>

#include "invite.h"

struct ahead;

/* Begins to make so many codes. NULL, with errno, when there is no memory. */
struct ahead *ahead_new(const struct host_key *key, size_t wanted);

/* The next one, which stands until the next call; NULL when the system failed to make it. */
struct invite *ahead_next(struct ahead *ahead);

/* Waits for what is being made and wipes all of it; NULL is fine. */
void ahead_free(struct ahead *ahead);

#endif
