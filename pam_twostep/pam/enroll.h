/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hands of flow/enroll: the dialogue of the account phase, through the PAM conversation and
 * into the store.
 *
 * 1. It is entered only on a mark that a whole auth stack has confirmed: no key exists, and
 *    nothing is shown, before the first factor has passed.
 * 2. A key is durable as pending before it is shown, and the device is durable before the person
 *    is told so.
 */
#ifndef PAM_ENROLL_H
#define PAM_ENROLL_H

#include <security/pam_modules.h>

#include "core/base32.h"
#include "core/invitation.h"
#include "flow/enroll.h"
#include "pam/mark.h"
#include "pam/picture.h"
#include "store/setup.h"
#include "store/store.h"

struct dialogue {
	pam_handle_t *pamh;
	const struct setup *setup;
	struct store *store;   /* open and keyed */
	struct record *record; /* looked up, the invitation too */
	enum mark_kind kind;   /* why: MARK_OFFER, MARK_ENROLL, MARK_REPLACE or MARK_CODES */
	struct store_fault fault;

	struct invitation invitation;
	struct enrollment enrollment;
	struct enroll enroll;
	struct device device; /* whose key was shown */
	char issuer[SETTINGS_TEXT_SIZE];
	char from[INVITATION_FROM_SIZE]; /* where a broken-off dialogue may be finished from */
	char key[BASE32_LENGTH(OTP_KEY_MAX) + 1];
	struct drawn drawn;
	struct recovery_set set;
	struct printed_codes codes;
	struct judgement judgement; /* of the activation code that was typed last */
};

void dialogue_wipe(struct dialogue *dialogue);

/* Holds it. Afterwards enroll_stands() says whether a device is linked, the fault why not. */
void dialogue_hold(struct dialogue *dialogue);

#endif
