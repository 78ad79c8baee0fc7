/* SPDX-License-Identifier: BSD-2-Clause */
/* One answer, judged and recorded: what a login and `twostep verify` share to the letter. */
#ifndef STORE_SETTLE_H
#define STORE_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/judge.h"
#include "store/store.h"

struct settle {
	const struct settings *settings;
	struct claim *claim;
	int64_t now; /* when the answer was given */
	bool decoy;  /* judge against the decoy: the user may not be judged by a record */
	struct enrollment enrollment;
	struct invitation invitation; /* read for an activation code alone; empty for none */
	struct judgement judgement; /* valid when settled; points into the enrollment */
};

void settle_wipe(struct settle *settle);

/*
 * Judges the answer by the record that was looked at and makes the result durable; where another
 * login of this user was faster, looks and judges again. Needs store_key.
 * False, with the reason, when the store or libcrypto failed: then nothing may be told
 * of the answer.
 */
bool settle(struct settle *settle, struct store *store, struct record *record,
    struct store_fault *fault);

#endif
