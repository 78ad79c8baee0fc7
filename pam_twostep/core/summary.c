/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/summary.h"

#include <string.h>

static void
add_device(struct summary *summary, const struct device *device, const struct history *history)
{
	const struct history_row *row = history_row(history, device->id);
	struct summary_device *added = &summary->device[summary->devices++];

	memcpy(added->name, device->name, strlen(device->name));
	added->type = device->otp.type;
	added->algorithm = device->otp.algorithm;
	added->digits = device->otp.digits;
	added->period = device->otp.period;
	added->drift = row != NULL ? row->drift : device->drift;
	added->used = row != NULL ? row->used : 0;
	if (added->used > summary->used)
		summary->used = added->used;
}

/* Places that may still be remembered; whether one is, the login that comes from there knows. */
static unsigned
places(const struct history *history, int64_t now, int64_t remember)
{
	unsigned count = 0;

	for (unsigned i = 0; i < history->places; i++)
		if (now < history->place[i].since + remember)
			count++;
	return count;
}

void
summary_make(struct summary *summary, const struct settings *settings, const char *user,
    const struct enrollment *enrollment, const struct invitation *invitation,
    const struct history *history, int64_t now)
{
	struct text name = text_into(summary->user, sizeof summary->user);

	memset(summary, 0, sizeof *summary);
	summary->now = now;
	text_put(&name, user);
	text_end(&name);
	summary->standing = judge_standing(settings, history, now, &summary->wait);
	for (unsigned i = 0; i < enrollment->devices; i++)
		add_device(summary, &enrollment->device[i], history);
	summary->left = history_left(history, &enrollment->recovery);
	summary->codes = enrollment->recovery.count;
	summary->scratch = history_left(history, &enrollment->scratch);
	summary->failures = history->failures;
	summary->month = history_month(history, now);
	summary->places = places(history, now, settings->remember);
	summary->codes_due = enrollment->codes_due;
	if (now < enrollment->one_until && history_left(history, &enrollment->one) > 0)
		summary->one = enrollment->one_until;
	if (invitation != NULL && invitation->has_code &&
	    invitation_fits(invitation, enrollment->generation))
		summary->until = invitation->until;
}
