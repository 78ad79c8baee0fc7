/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines with which every sealed record of a user says whose it is,
 *
 *	user alice                      as text_name() writes it
 *	uid 1000
 *
 * so that no record serves another account, nor one that was given the name anew.
 */
#ifndef CORE_OWNER_H
#define CORE_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"

/* False for a name that no record can have. */
bool owner_put(struct text *record, const char *user, uint32_t uid);

/* Takes both lines, which must name exactly this user. False with the reason. */
bool owner_take(struct cursor *record, const char *user, uint32_t uid, struct fault *fault);

#endif
