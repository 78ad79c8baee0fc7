/* SPDX-License-Identifier: BSD-2-Clause */
/* What the journal says of a judgement, in the same words for the module and the tool. */
#ifndef CORE_JUDGEMENT_H
#define CORE_JUDGEMENT_H

#include <stdbool.h>

#include "core/judge.h"
#include "core/text.h"

/* What it is called: "accepted", "wrong", ... */
const char *judgement_word(enum verdict verdict);

/* Appends method, device, failures, left, locks and blocks, each where there is one. */
void judgement_put(struct text *line, const struct judgement *judgement);

/* True for what the user should hear of even if it was not he who sat there. */
bool judgement_alarms(const struct judgement *judgement);

#endif
