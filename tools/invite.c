/* SPDX-License-Identifier: BSD-2-Clause */
#include "invite.h"

#include "core/secret.h"
#include "store/fresh.h"

void
invite_wipe(struct invite *invite)
{
	secret_clear(invite, sizeof *invite);
}

bool
invite_make(struct invite *invite, const struct host_key *key)
{
	struct recovery_set *set = &invite->invitation.code;
	uint8_t entropy[ACTIVATION_ENTROPY];
	struct store_fault fault;
	bool ok = fresh_bytes(entropy, sizeof entropy, &fault) &&
	    fresh_bytes(set->salt, sizeof set->salt, &fault);

	if (ok) {
		recovery_print(invite->printed, ACTIVATION_CHARS, entropy);
		set->count = 0;
		ok = recovery_add(set, key, ACTIVATION_CHARS, invite->printed);
	}
	secret_clear(entropy, sizeof entropy);
	return ok;
}

enum store_answer
invite_store(struct session *session, struct invite *invite, int64_t valid)
{
	struct invitation *invitation = &invite->invitation;
	bool enrolled = session->record.enrolled;

	invitation->generation = enrolled ? session->enrollment.generation : 0;
	invitation->has_code = true;
	invitation->replace = enrolled;
	invitation->until = session_now() + valid;
	return store_invite(&session->store, &session->record, invitation, &session->fault);
}
