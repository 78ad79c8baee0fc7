/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One field that holds a password and, at its end, a code: for callers that have no second one.
 *
 * At the end stand six to eight digits, with single blanks or dashes between them or without, or
 * a recovery code: in groups of four with dashes between them, or its 16 characters in one and
 * no six digits at their end. Two groups of four digits are eight: a scratch code, where no device
 * shows so many. Nothing may follow.
 */
#ifndef FLOW_FIELD_H
#define FLOW_FIELD_H

#include "core/judge.h"

/*
 * Reads what the field ends in: a recovery code, or digits, of which judge() takes as many as the
 * user's codes have. An activation code is none here. The caller wipes the claim.
 */
void field_claim(struct claim *claim, const struct secret *field);

/*
 * What precedes the code: the password. It is the whole field where the claim is no code, or
 * has no digits of the field: what sshd puts in the place of an answer goes on as it came. A judged
 * claim only: before, its digits are not known.
 */
void field_password(struct secret *password, const struct secret *field,
    const struct claim *claim);

#endif
