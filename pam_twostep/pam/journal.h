/* SPDX-License-Identifier: BSD-2-Clause */
/* One line a login, to LOG_AUTHPRIV through pam_syslog, with who, from where and how it ended. */
#ifndef PAM_JOURNAL_H
#define PAM_JOURNAL_H

#include <security/pam_modules.h>

#include "core/judge.h"
#include "core/settings.h"
#include "pam/outcome.h"
#include "store/store.h"

struct journal {
	const char *user;                     /* canonical; NULL for no such account */
	enum outcome outcome;
	const struct judgement *judgement;    /* NULL when nothing was judged */
	const struct settings_fault *setting; /* what is wrong with the settings, or NULL */
	const char *conf;                     /* the file that `setting` is about; NULL: an argument */
	const struct store_fault *fault;      /* what is wrong with the store, or NULL */
	bool torn;                            /* one slot of the history was a torn write */
	const char *hint;                     /* what an administrator should set, or NULL */
};

void journal(pam_handle_t *pamh, const struct journal *entry);

/* One more line, where `debug` asks for it: what the login was judged by, and no secret either. */
void journal_debug(pam_handle_t *pamh, const struct settings *settings,
    const struct record *record);

#endif
