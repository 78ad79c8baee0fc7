/* SPDX-License-Identifier: BSD-2-Clause */
/* One answer, judged and recorded: what a login, the helper and `twostep verify` share to the letter. */
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
	bool untold; /* nobody hears how many wrong codes there were: the next success is to tell */
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

/*
 * The same for an activation code in the dialogue of one who links his first device: no enrollment is read, and
 * settle->decoy has no meaning. Needs store_invited, too; looks again where somebody else was faster.
 */
bool settle_activation(struct settle *settle, struct store *store, struct record *record,
    struct store_fault *fault);

/*
 * Reads the invitation that was looked at, beside the enrollment of that generation (0: none): what it
 * says of another one is void, and a code to replace is worth nothing where nothing is replaced. False with the reason.
 */
bool settle_invitation(struct invitation *invitation, int64_t generation, bool replace,
    struct store *store, const struct record *record, struct store_fault *fault);

#endif
