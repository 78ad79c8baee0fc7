/* SPDX-License-Identifier: BSD-2-Clause */
/* What a login asks and says: pure text, in the order in which a person reads it. */
#ifndef FLOW_LOGIN_H
#define FLOW_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/judge.h"
#include "core/settings.h"

#define LOGIN_TEXT_SIZE 768 /* bytes; under the 1024 that sshd cuts a last message at */

#define LOGIN_COLUMNS 72 /* what every text keeps to */

/* What every question for a code ends in. */
const char *login_prompt(const struct settings *settings);

/*
 * Reads what was typed: a code of 6 to 8 digits, a recovery or an activation code; blanks, dashes and case
 * do not matter. NULL for a prompt that was broken off. The caller wipes the claim.
 */
void login_claim(struct claim *claim, const struct secret *typed);

/*
 * The question: the prompt, and above it what the person must know before typing (`said`, the answer
 * to the try before, may be NULL; that the user is locked or blocked).
 */
void login_question(char text[static LOGIN_TEXT_SIZE], const struct settings *settings,
    const char *said, enum verdict standing, int64_t wait);

/*
 * What the person is told of a verdict, ASCII in lines of at most 72 columns; empty
 * when there is nothing to say. `name` is the issuer that his app shows, `created` the
 * store's own beginning: a clock before it is wrong.
 */
void login_answer(char text[static LOGIN_TEXT_SIZE], const struct settings *settings,
    const struct judgement *judgement, const char *name, int64_t now, int64_t created);

/* The machine's fault, not the person's. */
void login_unavailable(char text[static LOGIN_TEXT_SIZE], const struct settings *settings);

/*
 * The reminder after a success, when recovery codes run out or one was used; else empty. `oneself`: people
 * can link a phone and make codes on their own.
 */
void login_reminder(char text[static LOGIN_TEXT_SIZE], const struct settings *settings,
    unsigned left, bool recovery_used, bool oneself);

/* That a second step is due from a day on (Unix seconds), which is so many days away. */
void login_announce(char text[static LOGIN_TEXT_SIZE], const struct settings *settings,
    int64_t from, int64_t days);

/* Who helps, as the middle of a sentence: the setting, or else "your administrator". */
const char *login_contact(const struct settings *settings);

/* "28 minutes", "1 second": rounded up, never "0 seconds". For the tool's texts too. */
#define LOGIN_DURATION_SIZE 64
void login_duration(char text[static LOGIN_DURATION_SIZE], const struct language *language,
    int64_t seconds);

#endif
