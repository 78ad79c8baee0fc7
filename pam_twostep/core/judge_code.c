/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/judge_code.h"

#include "core/otp.h"
#include "core/search.h"

#define DRIFT_MAX 4 /* steps that ordinary logins let a recorded drift grow to */

static uint32_t
code_number(const struct claim *claim)
{
	uint32_t number = 0;

	for (size_t i = 0; i < claim->code.len; i++)
		number = number * 10 + (claim->code.bytes[i] - (uint32_t)'0');
	return number;
}

/*
 * The second of two codes in a row: the step that follows the first one's, typed, for a clock,
 * at least a period later, because a second code at once proves no second moment.
 */
static int64_t
second_of_pair(const struct search *s, const struct history_row *row)
{
	int64_t period = s->device->otp.type == OTP_TOTP ? s->device->otp.period : 0;

	if (row == NULL || row->pair_step <= s->last || s->now - row->pair_at < period)
		return -1;
	return search_latest(s, row->pair_step + 1, row->pair_step + 1);
}

static int
bounded_drift(const struct search *s, int64_t step, bool resync)
{
	int64_t drift = step - s->step;
	int64_t most = s->drift < 0 ? -s->drift : s->drift;

	if (most < DRIFT_MAX)
		most = DRIFT_MAX;
	if (resync)
		most = HISTORY_DRIFT_MAX;
	return (int)(drift < -most ? -most : drift > most ? most : drift);
}

/* Spends the step, and all before it. */
static struct history_row *
consume(const struct search *s, int64_t step, const struct enrollment *enrollment,
    struct history *next)
{
	struct history_row *row = history_row_make(next, enrollment, s->device);

	/* A clock that leaps years ahead makes the widest leap: unlocking goes back behind that. */
	if (step - row->last > JUDGE_LEAP &&
	    (row->before < 0 || step - row->last >= row->last - row->before))
		row->before = row->last;
	row->last = step;
	return row;
}

static void
accept_step(const struct search *s, int64_t step, bool resync, const struct enrollment *enrollment,
    struct judgement *judgement, struct history *next)
{
	struct history_row *row = consume(s, step, enrollment, next);
	bool totp = s->device->otp.type == OTP_TOTP;

	row->drift = totp ? bounded_drift(s, step, resync) : 0;
	row->used = s->now;
	row->pair_step = -1;
	row->pair_at = 0;
	judgement->verdict = VERDICT_ACCEPTED;
	judgement->method = totp ? METHOD_TOTP : METHOD_HOTP;
	judgement->device = s->device;
}

/* Seconds until the device shows a code that is not spent; one at the least. */
static int64_t
next_code(const struct search *s)
{
	int64_t wait;

	if (s->device->otp.type == OTP_HOTP)
		return 0;
	wait = (s->last + 1 - s->drift) * s->device->otp.period - s->now;
	return wait < 1 ? 1 : wait;
}

/* Remembers the first of what may become two codes in a row. */
static void
note_pair(const struct search *s, const struct enrollment *enrollment, struct history *next)
{
	int64_t least = s->step - SEARCH_RESYNC;
	int64_t step = search_latest(s, s->last < least ? least : s->last + 1, INT64_MAX);
	struct history_row *row;

	if (step < 0)
		return;
	row = history_row_make(next, enrollment, s->device);
	if (row->pair_step == step)
		return;
	row->pair_step = step;
	row->pair_at = s->now;
}

/* A code that is not to be accepted at once: the second of a pair, spent, or the first of one. */
static void
judge_far(struct search *s, const struct enrollment *enrollment, const struct history *history,
    struct judgement *judgement, struct history *next)
{
	int64_t second = second_of_pair(s, history_row(history, s->device->id));

	if (second >= 0) {
		accept_step(s, second, true, enrollment, judgement, next);
	} else if (search_latest(s, 0, s->last) >= 0) {
		judgement->verdict = VERDICT_SPENT;
		judgement->method = s->device->otp.type == OTP_TOTP ? METHOD_TOTP : METHOD_HOTP;
		judgement->device = s->device;
		judgement->wait = next_code(s);
	} else {
		note_pair(s, enrollment, next);
	}
}

/* What one device makes of the code. False when libcrypto fails. */
static bool
judge_device(struct search *s, const struct settings *settings, const struct enrollment *enrollment,
    const struct history *history, const struct claim *claim, struct judgement *judgement,
    struct history *next)
{
	int64_t step;

	if (!search_near(s, settings, history, code_number(claim)))
		return false;
	step = search_accepted(s);
	if (judgement->verdict == VERDICT_ACCEPTED) {
		/* The same digits must not count once more by way of another device. */
		if (step >= 0)
			(void)consume(s, step, enrollment, next);
		return true;
	}
	if (step >= 0) {
		accept_step(s, step, false, enrollment, judgement, next);
		return true;
	}
	if (!search_far(s))
		return false;
	judge_far(s, enrollment, history, judgement, next);
	return true;
}

bool
judge_devices(const struct settings *settings, const struct enrollment *enrollment,
    const struct history *history, const struct claim *claim, int64_t now,
    struct judgement *judgement, struct history *next)
{
	bool any = false, ok = true;

	judgement->verdict = VERDICT_WRONG;
	for (unsigned i = 0; ok && i < enrollment->devices; i++) {
		WIPED(search_wipe) struct search search = { .device = &enrollment->device[i], .now = now };

		if (search.device->otp.digits != claim->digits)
			continue;
		any = true;
		ok = judge_device(&search, settings, enrollment, history, claim, judgement, next);
	}
	/* Of one field the form alone decides, or else the work would tell who has which device. */
	if (!any && claim->ending.len == 0)
		judgement->verdict = VERDICT_MALFORMED;
	return ok;
}

bool
judge_confirm(const struct settings *settings, struct device *device, const struct claim *claim,
    int64_t now)
{
	WIPED(search_wipe) struct search search = { .device = device, .now = now };
	struct history none = { .seq = 0 };
	int64_t step = -1;

	if (claim->kind == CLAIM_CODE && claim->digits == device->otp.digits &&
	    search_near(&search, settings, &none, code_number(claim)))
		step = search_accepted(&search);
	if (step >= 0)
		device->floor = step;
	return step >= 0;
}
