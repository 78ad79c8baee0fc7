/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A change of a service's file that somebody has to confirm from a new login, or it is taken back.
 *
 * 1. What takes it back is on the disk before the service's file is changed: killed at any point, there is the old
 *    file, or a change that is known to be unconfirmed.
 * 2. Only what this tool wrote is taken back: a file that somebody has changed since stays as it is.
 * 3. The time is that since the boot: setting the clock neither hastens nor delays it. Another boot
 *    ends it.
 */
#ifndef TOOLS_CHANGE_H
#define TOOLS_CHANGE_H

#include "arrival.h"
#include "service_file.h"

#define CHANGES_MAX 64

enum change_answer {
	CHANGE_NONE,   /* nothing is unconfirmed */
	CHANGE_WAITS,  /* its time is not over */
	CHANGE_TAKEN,  /* it was taken back */
	CHANGE_KEPT,   /* it was confirmed */
	CHANGE_OLD,    /* this login is no proof: it is older */
	CHANGE_EDITED, /* somebody has changed the file since */
	CHANGE_FAULT,
};

/*
 * Keeps the old file, and notes that `after` has to be confirmed within so many seconds. The lock is held; the service's file
 * is for the caller to write then. False with the reason.
 */
bool change_begin(int directory, const char *service, const struct guard_text *before,
    const struct guard_text *after, int64_t seconds, struct store_fault *fault);

/* Takes one back if its time is over. */
enum change_answer change_take_back(
    int directory, const char *service, struct store_fault *fault);

/* Confirms one, if this login began after it. */
enum change_answer change_keep(
    int directory, const char *service, struct store_fault *fault);

/* Which services have one, and how many. False with the reason. */
bool change_list(int directory, char service[static CHANGES_MAX][SERVICE_NAME_SIZE], size_t *count,
    struct store_fault *fault);

/* One line of the journal: what was done with a service. */
void change_log(const char *service, const char *result);

#endif
