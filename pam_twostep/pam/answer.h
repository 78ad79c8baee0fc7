/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was answered to the usual prompt, and what sshd made of it: its password method gives a
 * password away, or nothing, and it hides what is typed for an account that it will not let in. Neither is a
 * guess, and neither is told apart from one.
 */
#ifndef PAM_ANSWER_H
#define PAM_ANSWER_H

#include <stdbool.h>

#include <security/pam_modules.h>

#include "core/judge.h"
#include "core/settings.h"
#include "pam/ask.h"

struct answer {
	enum asked asked;
	struct secret typed; /* all of it */
	struct claim claim;
	bool junk;        /* sshd hid the answer: to be judged in vain */
	const char *hint; /* what an administrator should set, or NULL */
};

/* Reads what ask() or authtok_take() brought, of which answer->asked tells; user is NULL for no such account. */
void answer_read(struct answer *answer, pam_handle_t *pamh, const char *user,
    const struct settings *settings, const struct secret *typed);

/* Whether it is worth judging: what another module left may not have been meant for this one. */
bool answer_fits(const struct answer *answer, const struct settings *settings);

/* Leaves the password, which is all of the field or what precedes its code, to the next module. */
bool answer_hand_on(const struct answer *answer, pam_handle_t *pamh, bool whole);

void answer_wipe(struct answer *answer);

#endif
