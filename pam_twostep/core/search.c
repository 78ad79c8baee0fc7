/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/search.h"

#include <string.h>

#define RESYNC_COUNTERS 100 /* HOTP counters ahead in which two codes in a row count */
#define SPENT_COUNTERS 20   /* HOTP counters behind that are told to be spent */

void
search_wipe(struct search *s)
{
	otp_keyed_wipe(&s->keyed);
	secret_clear(s, sizeof *s);
}

static int64_t
smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void
range_totp(struct search *s, const struct settings *settings, const struct history_row *row)
{
	s->step = otp_step(&s->device->otp, s->now);
	s->drift = row != NULL ? row->drift : s->device->drift;
	s->from = s->step + s->drift - settings->window;
	s->to = s->step + s->drift + settings->window;
	s->least = smaller(s->from, s->step - SEARCH_RESYNC);
	s->most = larger(s->to, s->step + SEARCH_RESYNC);
}

static void
range_hotp(struct search *s, const struct settings *settings)
{
	s->step = s->last + 1;
	s->from = s->step;
	s->to = s->step + settings->hotp_lookahead;
	s->least = larger(0, s->step - SPENT_COUNTERS);
	s->most = s->step + RESYNC_COUNTERS;
}

bool
search_near(struct search *s, const struct settings *settings, const struct history *history,
    uint32_t number)
{
	s->number = number;
	s->last = history_last(history, s->device);
	if (s->device->otp.type == OTP_TOTP)
		range_totp(s, settings, history_row(history, s->device->id));
	else
		range_hotp(s, settings);
	s->first = s->from;
	s->count = s->to - s->from + 1;
	return otp_key(&s->keyed, &s->device->otp) &&
	    otp_match(&s->keyed, s->from, (size_t)s->count, number, s->match);
}

bool
search_far(struct search *s)
{
	size_t before = (size_t)(s->from - s->least), near = (size_t)s->count;
	uint8_t *behind = s->match + before + near;

	memmove(s->match + before, s->match, near);
	s->first = s->least;
	s->count = s->most - s->least + 1;
	return otp_match(&s->keyed, s->least, before, s->number, s->match) &&
	    otp_match(&s->keyed, s->to + 1, (size_t)(s->most - s->to), s->number, behind);
}

int64_t
search_latest(const struct search *s, int64_t from, int64_t to)
{
	int64_t found = -1;

	to = smaller(to, OTP_STEP_MAX);
	for (int64_t i = 0; i < s->count; i++)
		if (s->match[i] != 0 && s->first + i >= from && s->first + i <= to)
			found = s->first + i;
	return found;
}

int64_t
search_accepted(const struct search *s)
{
	return search_latest(s, larger(s->from, s->last + 1), s->to);
}
