/* SPDX-License-Identifier: BSD-2-Clause */
#include "record.h"

#include <string.h>

static void
vary(union written *what, struct draw *draw)
{
	struct invitation *invitation = &what->invitation;

	invitation->has_code = draw_number(draw, 3) != 0;
	invitation->has_pending = !invitation->has_code || draw_number(draw, 2) == 0;
	invitation->replace = draw_number(draw, 2) == 0;
	if (draw_number(draw, 3) == 0)
		invitation->pending_from[0] = '\0';
}

static void
bounds(const union written *what)
{
	const struct invitation *invitation = &what->invitation;

	MUST(strcmp(invitation->user, SAMPLE_USER) == 0 && invitation->uid == SAMPLE_UID);
	MUST(invitation->generation >= 0 && (invitation->has_code || invitation->has_pending));
	MUST(invitation->code.count == invitation->has_code);
	MUST(invitation->has_code || (!invitation->replace && invitation->until == 0));
	MUST(invitation->until >= 0 && invitation->until <= HISTORY_TIME_MAX);
	MUST(strlen(invitation->pending_from) < INVITATION_FROM_SIZE);
	if (!invitation->has_pending)
		return;
	MUST(invitation->pending_at > 0 && invitation->pending_at <= HISTORY_TIME_MAX);
	fuzz_device(&invitation->pending);
}

const struct fuzz_record fuzz_record = {
	.kind = SEALED_INVITATION,
	.header = "twostep-invitation 1\nuser " SAMPLE_USER "\nuid 1000\n",
	.vary = vary,
	.bounds = bounds,
};
