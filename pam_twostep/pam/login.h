/* SPDX-License-Identifier: BSD-2-Clause */
/* One login, from the handle that libpam gave to what PAM, the person and the journal are told. */
#ifndef PAM_LOGIN_H
#define PAM_LOGIN_H

#include <security/pam_modules.h>

#include "core/policy.h"
#include "helper/wire.h"
#include "pam/answer.h"
#include "pam/mark.h"
#include "pam/outcome.h"
#include "store/settle.h"
#include "store/setup.h"
#include "store/store.h"
#include "store/who.h"

struct login {
	pam_handle_t *pamh;
	int flags;
	struct setup setup;
	struct who who;
	struct policy_groups *groups; /* large, and nearly always empty */
	struct policy_decision decision;
	struct store store;
	struct store_fault fault;
	struct record record;
	struct answer answer;
	struct settle settle;
	bool opened; /* the store was */
	bool judged; /* settle.judgement stands, and is durable */
	bool has_codes;          /* and the user has recovery codes, spent ones included */
	bool helped;             /* the set-uid helper serves, in the place of the store: */
	bool own;                /* the account is the caller's own */
	struct wire_facts facts; /* what it said of that */
	const char *hint;
	struct mark before; /* of the try before */
};

/* The canonical name, or NULL for no such account. */
const char *login_account(const struct login *login);

/* Tells the person, the journal, the account phase and PAM how it ended. */
int login_tell(struct login *login, enum outcome outcome);

#endif
