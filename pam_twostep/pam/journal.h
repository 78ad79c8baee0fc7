/* SPDX-License-Identifier: BSD-2-Clause */
/* One line a login, to LOG_AUTHPRIV through pam_syslog, with who, from where and how it ended. */
#ifndef PAM_JOURNAL_H
#define PAM_JOURNAL_H

#include <security/pam_modules.h>

#include "core/judge.h"
#include "core/settings.h"
#include "pam/outcome.h"
#include "store/setup.h"
#include "store/store.h"

struct journal {
	const struct setup *setup;
	const char *user;                     /* canonical; NULL for no such account */
	enum outcome outcome;
	const struct judgement *judgement;    /* NULL when nothing was judged */
	const char *method, *device;          /* of what was linked, or NULL */
	const char *rule;                     /* the setting that let by, or NULL */
	const struct store_fault *fault;      /* what is wrong with the store, or NULL */
	bool torn;                            /* one slot of the history was a torn write */
	const char *hint;                     /* what an administrator should set, or NULL */
};

/* Where the settings name a program, it is told of what happened to the account, too. */
void journal(pam_handle_t *pamh, const struct journal *entry);

/* One more line, where `debug` asks for it: what the login was judged by, and no secret either. */
void journal_debug(pam_handle_t *pamh, const struct settings *settings,
    const struct record *record);

#endif
