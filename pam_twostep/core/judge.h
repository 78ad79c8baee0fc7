/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verdict on one typed answer: (settings, enrollment, history, claim, now) -> verdict
 * and the next history. Pure; the caller makes the next history durable before
 * anybody is told, and judges again when another login was faster.
 *
 * 1. A step or counter is accepted only when it is later than the last accepted one, on
 *    every path: window, drift, look-ahead and resynchronising (RFC 6238 section 5.2).
 * 2. Of several steps that give the typed code the latest is taken, so that
 *    the same digits cannot count a second time.
 * 3. While a user is locked or blocked no code is judged; a recovery code always is.
 * 4. A decoy is judged like the rest and never accepted.
 * 5. An activation code opens no login: it lets its user enroll, is spent by the commit, and
 *    clears no failure before. Wrong ones count like wrong codes.
 * 6. A code that ends is over once any moment that the history has seen is past its end: a clock
 *    that went back does not revive it, nor does one from before it can have been made.
 * 7. A scratch code, of 8 digits that fit no device, is judged and counted like a code; beside
 *    a set of them every 8 digits count.
 * 8. Where a field is cut depends on what was typed and on the devices there are, never on
 *    whether the code is right: what remains of it is handed on either way.
 */
#ifndef CORE_JUDGE_H
#define CORE_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/enrollment.h"
#include "core/history.h"
#include "core/invitation.h"
#include "core/recovery.h"
#include "core/settings.h"

enum claim_kind {
	CLAIM_EMPTY,     /* nothing was typed, or the prompt was broken off */
	CLAIM_MALFORMED, /* no code of any kind */
	CLAIM_CODE,
	CLAIM_RECOVERY,
	CLAIM_ACTIVATION,
};

/* What a person typed, as flow/login reads it. */
struct claim {
	enum claim_kind kind;
	unsigned digits;                /* CLAIM_CODE: how many */
	struct secret code;             /* CLAIM_CODE: the digits alone */
	struct secret ending;           /* of one field: up to OTP_DIGITS_MAX digits that it ends in */
	bool grouped;                   /* they stand in two groups of four: all of them are the code */
	struct recovery_claim recovery; /* CLAIM_RECOVERY, CLAIM_ACTIVATION */
};

void claim_wipe(struct claim *claim);

enum verdict {
	VERDICT_EMPTY, /* 0: what is never filled in proves nothing */
	VERDICT_MALFORMED,
	VERDICT_WRONG,
	VERDICT_SPENT,
	VERDICT_LOCKED,
	VERDICT_BLOCKED,
	VERDICT_UNENROLLED, /* a decoy was judged */
	VERDICT_EXPIRED,    /* the right activation code, too late */
	VERDICT_ACTIVATED,  /* the right activation code: the user may enroll now */
	VERDICT_ACCEPTED,
};

enum method { METHOD_NONE, METHOD_TOTP, METHOD_HOTP, METHOD_RECOVERY, METHOD_ACTIVATION,
	METHOD_SCRATCH };

/* "totp", "hotp", "recovery", "activation", "scratch", or NULL for none: the journal's words. */
const char *judge_method_name(enum method method);

struct judgement {
	enum verdict verdict;
	enum method method;           /* of what was accepted, activated, spent or expired */
	const struct device *device;  /* of the enrollment; NULL for none */
	int64_t wait;                 /* seconds: SPENT until the next code, else until a lock ends */
	unsigned failures;            /* wrong codes in a row, this one included */
	unsigned since;               /* ACCEPTED: wrong codes since the success before */
	unsigned left;                /* recovery codes of the set left */
	unsigned digits;              /* that the user's codes have; 0 when they differ */
	bool locks, blocks;           /* WRONG: this one locked, blocked the user */
	bool write;                   /* the next history must be stored before anybody is told */
};

/*
 * What was typed at the prompt of every login. Of a claim with an `ending` the code is cut here,
 * claim->digits of them. `invitation` may be NULL for none; it is looked
 * at for CLAIM_ACTIVATION alone, and counts when it was made to replace this enrollment. False
 * when libcrypto fails: nothing was judged.
 */
bool judge(const struct settings *settings, const struct host_key *key,
    const struct enrollment *enrollment, const struct invitation *invitation,
    const struct history *history, struct claim *claim, int64_t now, struct judgement *judgement,
    struct history *next);

/*
 * What was typed in the dialogue of one who is not enrolled; NULL for no invitation. What
 * is no activation code is malformed, and leaves no trace. False when libcrypto fails.
 */
bool judge_activation(const struct settings *settings, const struct host_key *key,
    const struct invitation *invitation, const struct history *history, struct claim *claim,
    int64_t now, struct judgement *judgement, struct history *next);

/*
 * How the history stands at this moment, before anything is typed: VERDICT_LOCKED with the
 * seconds until it ends, VERDICT_BLOCKED, or VERDICT_EMPTY for neither.
 */
enum verdict judge_standing(const struct settings *settings, const struct history *history,
    int64_t now, int64_t *wait);

/* Does once what every judging does, on nothing: loads and starts libcrypto before the prompt. */
bool judge_warm(void);

/* An administrator opens the account: failures, lock, block, and what lies in the future. */
void judge_unlock(const struct enrollment *enrollment, const struct history *history, int64_t now,
    struct history *next);

/*
 * Whether `code` (as CLAIM_CODE) proves that a new device works: for TOTP a step within the
 * settings' window, for HOTP one of the first counters. The device's floor
 * becomes that step, so that the confirming code is spent. False when it does not fit.
 */
bool judge_confirm(const struct settings *settings, struct device *device,
    const struct claim *claim, int64_t now);

#endif
