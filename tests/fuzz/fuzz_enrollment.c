/* SPDX-License-Identifier: BSD-2-Clause */
#include "record.h"

#include <string.h>

static void
vary(union written *what, struct draw *draw)
{
	struct enrollment *enrollment = &what->enrollment;

	enrollment->devices = 1 + draw_number(draw, ENROLLMENT_DEVICES_MAX);
	enrollment->recovery.count = draw_number(draw, RECOVERY_CODES_MAX + 1);
	enrollment->one.count = draw_number(draw, 2);
	enrollment->codes_due = draw_number(draw, 2) == 0;
}

static void
bounds(const union written *what)
{
	const struct enrollment *enrollment = &what->enrollment;

	MUST(strcmp(enrollment->user, SAMPLE_USER) == 0 && enrollment->uid == SAMPLE_UID);
	MUST(enrollment->generation > 0 && !enrollment->decoy);
	MUST(enrollment->devices > 0 && enrollment->devices <= ENROLLMENT_DEVICES_MAX);
	MUST(enrollment->recovery.count <= RECOVERY_CODES_MAX);
	MUST(enrollment->scratch.count <= RECOVERY_CODES_MAX);
	MUST(enrollment->one.count <= 1);
	MUST(enrollment->one.count == 0 ? enrollment->one_until == 0
					: enrollment->one_until >= 1 &&
			    enrollment->one_until <= HISTORY_TIME_MAX);
	for (unsigned i = 0; i < enrollment->devices; i++) {
		const struct device *device = &enrollment->device[i];

		fuzz_device(device);
		for (unsigned j = 0; j < i; j++)
			MUST(strcmp(device->id, enrollment->device[j].id) != 0 &&
			    strcmp(device->name, enrollment->device[j].name) != 0);
	}
}

const struct fuzz_record fuzz_record = {
	.kind = SEALED_ENROLLMENT,
	.header = "twostep-enrollment 1\nuser " SAMPLE_USER "\nuid 1000\ngeneration 3\n",
	.vary = vary,
	.bounds = bounds,
};
