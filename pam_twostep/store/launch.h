/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program that is started out of somebody's process, who never notices.
 *
 * It gets one descriptor as its standard input, /dev/null as 1 and 2 and no other, no argument,
 * an empty environment, / as its directory, default signals and a session of its own. It is no child of
 * the caller's: it makes no SIGCHLD, no wait() finds it, and nobody has to wait for it.
 */
#ifndef STORE_LAUNCH_H
#define STORE_LAUNCH_H

#include <stdbool.h>

enum launch_as {
	LAUNCH_AS_EFFECTIVE, /* as the effective user and nobody else, with the limits of nobody */
	LAUNCH_AS_CALLER,    /* with the caller's uids, groups and limits */
};

/*
 * Starts `program`, an absolute path. False with errno, or 0 in it, when it could not be started; that it
 * cannot be executed is not told: then its input is closed.
 */
bool launch(const char *program, int input, enum launch_as as);

/* Closes that descriptor and all above it, as a process does that becomes another. (Not every libc has the call.) */
bool launch_close_from(int fd);

#endif
