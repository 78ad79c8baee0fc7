/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who takes a change back when its time is over and the person who made it is locked out: systemd, or where that does
 * not run, a process of our own, which ends with the change.
 */
#ifndef TOOLS_DEADLINE_H
#define TOOLS_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

enum deadline {
	DEADLINE_NONE, /* nobody would */
	DEADLINE_PROCESS,
	DEADLINE_TIMER, /* and at boot, when deadline_at_boot says so */
};

/* Starts it, before there is anything to take back. */
enum deadline deadline_start(int directory, const char *service, int64_t seconds);

/* True when systemd has the unit that takes back at boot what nobody has confirmed. */
bool deadline_at_boot(void);

#endif
