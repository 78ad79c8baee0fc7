/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program that is told of what happened to an account.
 *
 * It gets one journal line on standard input, no argument, an empty environment, / as its directory, no descriptor but
 * 0 to 2, default signals and the limits of nobody, runs as the effective user in a session of
 * its own, and is never waited for: what it does, and how long it takes, is its own affair.
 */
#ifndef STORE_NOTIFY_H
#define STORE_NOTIFY_H

#include <stdbool.h>
#include <sys/types.h>

#include "store/trusted.h"

/*
 * Starts `program` (an absolute path; empty: nothing is done) with `line`, which is shorter than
 * a page. It and all directories above it must belong to root or `trusted` and be written by no other.
 * False with the reason when it could not be started.
 */
bool notify(const char *program, uid_t trusted, const char *line, struct store_fault *fault);

#endif
