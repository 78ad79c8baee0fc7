/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of judging that knows devices: their windows, drift, and two codes in a row. */
#ifndef CORE_JUDGE_CODE_H
#define CORE_JUDGE_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/judge.h"

#define JUDGE_LEAP 20 /* steps; a last step further ahead than this lies in the future */

/*
 * What the devices make of a claim of kind CLAIM_CODE: VERDICT_ACCEPTED or VERDICT_SPENT, with
 * what that makes of the next history; VERDICT_WRONG, which is not counted yet; or
 * VERDICT_MALFORMED where no device has codes of that length. False when libcrypto fails.
 */
bool judge_devices(const struct settings *settings, const struct enrollment *enrollment,
    const struct history *history, const struct claim *claim, int64_t now,
    struct judgement *judgement, struct history *next);

#endif
