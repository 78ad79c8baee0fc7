/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What authenticating leaves on the handle for the account phase, and for the next try.
 *
 * A mark is of one process and one canonical user. Every try drops the mark of the one before,
 * so that what one try left never serves another; who finds a mark of somebody else MUST
 * refuse, for then nobody has authenticated whom the application now means.
 */
#ifndef PAM_MARK_H
#define PAM_MARK_H

#include <stdbool.h>
#include <sys/types.h>

#include <security/pam_modules.h>

#include "core/text.h"
#include "flow/login.h"

enum mark_kind {
	MARK_DONE,    /* nothing but texts is left to be done */
	MARK_OFFER,   /* let by; may be asked whether to enroll now */
	MARK_ENROLL,  /* let through on the promise to enroll in the account phase */
	MARK_REPLACE, /* let through by an activation code: another device is to be linked */
	MARK_CODES,   /* let in; recovery codes are owed */
};

struct mark {
	pid_t process;             /* 0 where nothing but texts is left */
	char user[TEXT_NAME_SIZE]; /* canonical; empty for no such account */
	enum mark_kind kind;
	bool remember;               /* a second step was taken: the place is to be remembered */
	bool service;                /* people enroll in this service: it must be cleared */
	char said[LOGIN_TEXT_SIZE];  /* held back; stands above the next prompt */
	char later[LOGIN_TEXT_SIZE]; /* told in the account phase */
};

/* Leaves a copy, in the place of what is there. False when memory is short. */
bool mark_leave(pam_handle_t *pamh, const struct mark *mark);
void mark_drop(pam_handle_t *pamh);

/* What was left, or NULL. */
const struct mark *mark_left(pam_handle_t *pamh);

#endif
