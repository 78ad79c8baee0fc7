/* SPDX-License-Identifier: BSD-2-Clause */
/* What an administrator undoes: no answer is judged here, and nobody gets in by it. */
#include "core/judge_code.h"

/*
 * A last step that lies in the future goes back to the one before the leap; where that is not
 * surely known, all steps up to now count as spent.
 */
static void
unlock_row(struct history_row *row, int64_t step, unsigned period)
{
	int64_t day = 86400 / (int64_t)period;

	if (row->last <= step + JUDGE_LEAP + row->drift)
		return;
	row->last = step;
	if (row->before < step && (row->before < 0 || step - row->before <= day))
		row->last = row->before;
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
			unlock_row(row, otp_step(&device->otp, history_time(now)), device->otp.period);
	}
	next->seq = history->seq + 1;
	next->flushed = true;
}
