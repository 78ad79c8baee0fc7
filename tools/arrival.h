/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether somebody logged in after a moment: the only proof that a login still can be done.
 *
 * The kernel numbers logins one after another (pam_loginuid(8), the session of audit). One with a higher number than any
 * that was there at the moment began after it, whatever su, sudo, tmux and screen made of it since. Where logins have
 * no numbers, what is older than the moment and has a terminal must not be above the process.
 */
#ifndef TOOLS_ARRIVAL_H
#define TOOLS_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

#define ARRIVAL_BOOT_SIZE 64

/* A moment of one boot. */
struct arrival {
	char boot[ARRIVAL_BOOT_SIZE]; /* the boot, and the first process: a container has its own */
	int64_t time;    /* hundredths of a second since the boot, which no clock that is set changes */
	int64_t session; /* the highest number of a login that is there; -1 for none, or not asked */
};

/* Takes this moment; with its logins, which takes a look at every process. False sets errno. */
bool arrival_now(struct arrival *arrival);
bool arrival_now_logins(struct arrival *arrival);

/* True for another boot than that of `then`. */
bool arrival_rebooted(const struct arrival *then, const struct arrival *now);

/* True when the caller's login began after `then`. */
bool arrival_is_after(const struct arrival *then);

#endif
