/* SPDX-License-Identifier: BSD-2-Clause */
/* What an administrator undoes: no answer is judged here, and nobody gets in by it. */
#include "core/judge_code.h"

/*
 * A last step that lies in the future goes back to the one before the leap where that is no leap from
 * now: no other can then have been used between the two. Where it is, all that the device has shown up to
 * now counts as spent.
 */
static void
unlock_row(struct history_row *row, int64_t step)
{
	int64_t shown = row->drift > 0 ? step + row->drift : step;

	if (row->last <= step + JUDGE_LEAP + row->drift)
		return;
	row->last = shown;
	if (row->before >= shown - JUDGE_LEAP && row->before <= shown + JUDGE_LEAP)
		row->last = row->before;
	row->before = -1;
}

void
judge_unlock(const struct enrollment *enrollment, const struct history *history, int64_t now,
    struct history *next)
{
	*next = *history;
	history_open(next);
	history_take_back(next, now);
	next->wrong_at = 0;
	for (unsigned i = 0; i < next->rows; i++) {
		struct history_row *row = &next->row[i];
		const struct device *device = enrollment_device_id(enrollment, row->id);

		if (device != NULL && device->otp.type == OTP_TOTP)
			unlock_row(row, otp_step(&device->otp, history_time(now)));
	}
	next->seq = history->seq + 1;
	next->flushed = true;
}
