/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The account phase: what the promise of the auth phase is kept in.
 *
 * It comes only after a whole auth stack has succeeded. Cron and logins by key alone come here too,
 * without a mark: nobody is asked anything then, and nothing is decided.
 */
#ifndef PAM_ACCOUNT_H
#define PAM_ACCOUNT_H

#include <security/pam_modules.h>

#include "pam/outcome.h"

/* OUTCOME_NOTHING or OUTCOME_ENROLLED; OUTCOME_UNCOMMITTED where a promise was not kept. */
enum outcome account_phase(pam_handle_t *pamh, int flags, int argc, const char **argv);

#endif
