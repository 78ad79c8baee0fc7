/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/judge.h"

#include <string.h>

#include "core/judge_code.h"

void
claim_wipe(struct claim *claim)
{
	secret_clear(claim, sizeof *claim);
}

const char *
judge_method_name(enum method method)
{
	switch (method) {
	case METHOD_TOTP:
		return "totp";
	case METHOD_HOTP:
		return "hotp";
	case METHOD_RECOVERY:
		return "recovery";
	case METHOD_ACTIVATION:
		return "activation";
	case METHOD_SCRATCH:
		return "scratch";
	case METHOD_NONE:
		break;
	}
	return NULL;
}

/* The same wrong code again within one window is a client that repeats itself: no new failure. */
static bool
count_wrong(const struct settings *settings, const struct host_key *key, const struct claim *claim,
    int64_t now, struct history *next)
{
	const struct secret *typed =
	    claim->kind == CLAIM_CODE ? &claim->code : &claim->recovery.code;
	int64_t window = (2 * settings->window + 1) * settings->period;
	uint8_t tag[HISTORY_TAG];

	if (!seal_tag(key, (const uint8_t *)next->user, strlen(next->user), typed, tag, sizeof tag))
		return false;
	if (next->wrong_at != 0 && now >= next->wrong_at && now - next->wrong_at < window &&
	    secret_same(tag, next->wrong_tag, sizeof tag))
		return true;
	history_count(next, now);
	next->wrong_at = now;
	memcpy(next->wrong_tag, tag, sizeof tag);
	return true;
}

static bool
judge_wrong(const struct settings *settings, const struct host_key *key, const struct claim *claim,
    int64_t now, struct judgement *judgement, struct history *next)
{
	bool locked = next->locked != 0, blocked = next->blocked != 0;

	if (!count_wrong(settings, key, claim, now, next))
		return false;
	if (!locked && next->failures >= settings->lock_after)
		next->locked = now;
	if (!blocked && history_month(next, now) >= settings->block_after)
		next->blocked = now;
	judgement->verdict = VERDICT_WRONG;
	judgement->locks = !locked && next->locked != 0;
	judgement->blocks = !blocked && next->blocked != 0;
	judgement->wait = judgement->locks ? settings->lock_time : 0;
	return true;
}

static void
accepted(struct judgement *judgement, struct history *next)
{
	judgement->since = next->since;
	next->failures = 0;
	next->since = 0;
	next->locked = 0;
	next->wrong_at = 0;
	memset(next->wrong_tag, 0, sizeof next->wrong_tag);
}

/*
 * Eight digits that fit no device, where codes of that length were brought along. False when libcrypto
 * fails.
 */
static bool
judge_scratch(const struct host_key *key, const struct enrollment *enrollment,
    const struct claim *claim, struct judgement *judgement, struct history *next)
{
	const struct recovery_set *set = &enrollment->scratch;
	WIPED(claim_wipe) struct claim typed = { .kind = CLAIM_CODE };
	int index;

	typed.recovery.code = claim->code;
	if (!recovery_find(set, key, &typed.recovery, &index))
		return false;
	judgement->verdict = VERDICT_WRONG;
	if (index < 0)
		return true;
	judgement->method = METHOD_SCRATCH;
	judgement->verdict = VERDICT_SPENT;
	if ((history_spent(next, set) >> index & 1) != 0)
		return true;
	history_spend(next, enrollment, set, (unsigned)index);
	judgement->verdict = VERDICT_ACCEPTED;
	return true;
}

static bool
judge_code(const struct settings *settings, const struct host_key *key,
    const struct enrollment *enrollment, const struct history *history, const struct claim *claim,
    int64_t now, struct judgement *judgement, struct history *next)
{
	if (!judge_devices(settings, enrollment, history, claim, now, judgement, next))
		return false;
	if ((judgement->verdict == VERDICT_WRONG || judgement->verdict == VERDICT_MALFORMED) &&
	    claim->digits == SCRATCH_CHARS && enrollment->scratch.count > 0 &&
	    !judge_scratch(key, enrollment, claim, judgement, next))
		return false;
	if (judgement->verdict == VERDICT_WRONG)
		return judge_wrong(settings, key, claim, now, judgement, next);
	return true;
}

/* True once a code that ends has ended, by any clock that this user was ever judged by. */
static bool
over(int64_t until, const struct history *history, int64_t now)
{
	return now >= until || history_seen(history) >= until || until - now > RECOVERY_VALID_MAX;
}

/* Where the typed recovery code stands: in the set, or beside it while that one is not over. */
static bool
find_recovery(const struct host_key *key, const struct enrollment *enrollment,
    const struct history *history, struct claim *claim, int64_t now,
    const struct recovery_set **set, int *index)
{
	*set = &enrollment->recovery;
	if (!recovery_find(*set, key, &claim->recovery, index))
		return false;
	if (*index >= 0 || enrollment->one.count == 0 || over(enrollment->one_until, history, now))
		return true;
	*set = &enrollment->one;
	return recovery_find(*set, key, &claim->recovery, index);
}

static bool
judge_recovery(const struct settings *settings, const struct host_key *key,
    const struct enrollment *enrollment, const struct history *history, struct claim *claim,
    int64_t now, enum verdict standing, struct judgement *judgement, struct history *next)
{
	const struct recovery_set *set;
	int index;

	if (!find_recovery(key, enrollment, history, claim, now, &set, &index))
		return false;
	if (index < 0 && standing == VERDICT_EMPTY)
		return judge_wrong(settings, key, claim, now, judgement, next);
	judgement->verdict = standing;
	if (index < 0)
		return true;
	judgement->method = METHOD_RECOVERY;
	judgement->wait = 0;
	if ((history_spent(next, set) >> index & 1) != 0) {
		judgement->verdict = VERDICT_SPENT;
		return true;
	}
	history_spend(next, enrollment, set, (unsigned)index);
	history_open(next);
	judgement->verdict = VERDICT_ACCEPTED;
	return true;
}

/* `invitation` is one that counts here, or NULL: then the code is looked for in vain, at the same cost. */
static bool
judge_invited(const struct settings *settings, const struct host_key *key,
    const struct invitation *invitation, const struct history *history, struct claim *claim,
    int64_t now, struct judgement *judgement, struct history *next)
{
	static const struct recovery_set none;
	bool counts = invitation != NULL && invitation->has_code;
	int index;

	if (!recovery_find(counts ? &invitation->code : &none, key, &claim->recovery, &index))
		return false;
	if (!counts || index < 0)
		return judge_wrong(settings, key, claim, now, judgement, next);
	judgement->method = METHOD_ACTIVATION;
	judgement->verdict =
	    over(invitation->until, history, now) ? VERDICT_EXPIRED : VERDICT_ACTIVATED;
	return true;
}

enum verdict
judge_standing(const struct settings *settings, const struct history *history, int64_t now,
    int64_t *wait)
{
	struct history today = *history;

	now = history_time(now);
	history_refresh(&today, now, settings->lock_time);
	*wait = today.locked != 0 ? today.locked + settings->lock_time - now : 0;
	if (today.blocked != 0)
		return VERDICT_BLOCKED;
	return today.locked != 0 ? VERDICT_LOCKED : VERDICT_EMPTY;
}

static unsigned
digits_of_all(const struct enrollment *enrollment)
{
	unsigned digits = enrollment->devices > 0 ? enrollment->device[0].otp.digits : 0;

	for (unsigned i = 1; i < enrollment->devices; i++)
		if (enrollment->device[i].otp.digits != digits)
			return 0;
	return digits;
}

/* What is typed is judged by its kind; only what was judged leaves a trace in the history. */
static bool
judge_claim(const struct settings *settings, const struct host_key *key,
    const struct enrollment *enrollment, const struct invitation *invitation,
    const struct history *history, struct claim *claim, int64_t now, struct judgement *judgement,
    struct history *next)
{
	bool counts = invitation != NULL && invitation->replace &&
	    invitation_fits(invitation, enrollment->generation);
	enum verdict standing = judge_standing(settings, history, now, &judgement->wait);

	switch (claim->kind) {
	case CLAIM_EMPTY:
		judgement->verdict = VERDICT_EMPTY;
		return true;
	case CLAIM_MALFORMED:
		judgement->verdict = VERDICT_MALFORMED;
		return true;
	case CLAIM_CODE:
		judgement->verdict = standing;
		if (standing != VERDICT_EMPTY)
			return true;
		return judge_code(settings, key, enrollment, history, claim, now, judgement, next);
	case CLAIM_RECOVERY:
		return judge_recovery(settings, key, enrollment, history, claim, now, standing, judgement,
		    next);
	case CLAIM_ACTIVATION:
		judgement->verdict = standing;
		if (standing != VERDICT_EMPTY)
			return true;
		return judge_invited(settings, key, counts ? invitation : NULL, history, claim, now,
		    judgement, next);
	}
	return false;
}

/*
 * The longest code that a device shows and the field has room for; strangers cannot learn which. Scratch
 * codes make no room: who has some could no longer put a code of six behind a password that ends in digits.
 */
static void
cut_code(struct claim *claim, const struct enrollment *enrollment)
{
	unsigned len = (unsigned)claim->ending.len;

	if (claim->kind != CLAIM_CODE || len < OTP_DIGITS_MIN)
		return;
	claim->digits = claim->grouped ? len : OTP_DIGITS_MIN;
	for (unsigned i = 0; i < enrollment->devices; i++) {
		unsigned digits = enrollment->device[i].otp.digits;

		if (digits <= len && digits > claim->digits)
			claim->digits = digits;
	}
	(void)secret_set(&claim->code, claim->ending.bytes + len - claim->digits, claim->digits);
}

/* Everybody without a record shares the decoy: it counts nothing, and says nothing of anybody. */
static void
judge_decoy(struct judgement *judgement, const struct history *history, struct history *next)
{
	if (judgement->verdict != VERDICT_MALFORMED && judgement->verdict != VERDICT_EMPTY)
		*judgement = (struct judgement){ .verdict = VERDICT_UNENROLLED };
	*next = *history;
}

/* What holds of every verdict. */
static void
conclude(const struct history *history, const struct claim *claim, struct judgement *judgement,
    struct history *next)
{
	if (judgement->verdict == VERDICT_ACCEPTED)
		accepted(judgement, next);
	judgement->failures = next->failures;
	next->seq = history->seq + 1;
	next->flushed =
	    judgement->verdict == VERDICT_ACCEPTED || judgement->verdict == VERDICT_ACTIVATED;
	/* What was not judged says nothing of a secret and needs no record. */
	judgement->write = claim->kind != CLAIM_EMPTY && claim->kind != CLAIM_MALFORMED &&
	    judgement->verdict != VERDICT_MALFORMED;
}

bool
judge(const struct settings *settings, const struct host_key *key,
    const struct enrollment *enrollment, const struct invitation *invitation,
    const struct history *history, struct claim *claim, int64_t now, struct judgement *judgement,
    struct history *next)
{
	*judgement = (struct judgement){ .verdict = VERDICT_MALFORMED };
	now = history_time(now);
	*next = *history;
	history_refresh(next, now, settings->lock_time);
	cut_code(claim, enrollment);
	if (!judge_claim(settings, key, enrollment, invitation, history, claim, now, judgement, next))
		return false;
	if (enrollment->decoy)
		judge_decoy(judgement, history, next);
	conclude(history, claim, judgement, next);
	judgement->left = history_left(next, &enrollment->recovery);
	judgement->digits = digits_of_all(enrollment);
	return true;
}

bool
judge_activation(const struct settings *settings, const struct host_key *key,
    const struct invitation *invitation, const struct history *history, struct claim *claim,
    int64_t now, struct judgement *judgement, struct history *next)
{
	bool counts = invitation != NULL && invitation_fits(invitation, 0);
	enum verdict standing;

	*judgement = (struct judgement){ .verdict = VERDICT_MALFORMED };
	now = history_time(now);
	*next = *history;
	history_refresh(next, now, settings->lock_time);
	standing = judge_standing(settings, history, now, &judgement->wait);
	if (claim->kind == CLAIM_EMPTY)
		judgement->verdict = VERDICT_EMPTY;
	else if (claim->kind == CLAIM_ACTIVATION && standing != VERDICT_EMPTY)
		judgement->verdict = standing;
	else if (claim->kind == CLAIM_ACTIVATION &&
	    !judge_invited(settings, key, counts ? invitation : NULL, history, claim, now, judgement,
		next))
		return false;
	conclude(history, claim, judgement, next);
	return true;
}

bool
judge_warm(void)
{
	static const uint8_t nonce[SEAL_NONCE_LENGTH];
	struct device device = { .name = "none" };
	struct host_key key;
	char record[256];
	struct text text = text_into(record, sizeof record);
	uint8_t sum[SEAL_SUM_LENGTH];
	uint32_t code;

	device.otp = (struct otp){ .digits = 6, .period = 30, .key.len = 20 };
	host_key_none(&key);
	memcpy(key.id, "warm", sizeof "warm");
	return otp_code(&device.otp, 0, &code) && seal_sum(record, 0, sum) &&
	    seal_write(&text, &key, nonce, "", 0);
}
