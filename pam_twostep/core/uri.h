/* SPDX-License-Identifier: BSD-2-Clause */
/* The otpauth:// Key URI that authenticator apps scan. */
#ifndef CORE_URI_H
#define CORE_URI_H

#include <stdbool.h>
#include <stdint.h>

#include "core/otp.h"
#include "core/text.h"

#define URI_SIZE 2048 /* bytes; holds every URI, with the NUL */

/*
 * Writes otpauth://TYPE/ISSUER:ACCOUNT?secret=...&issuer=ISSUER, and what is not every
 * app's default (SHA1, 6 digits, 30 s); for HOTP the next counter. Blanks are %20.
 * The text holds the key: the caller wipes it. False, with nothing in the buffer,
 * when it does not fit or when issuer or account is empty or holds a colon.
 */
bool uri_build(char uri[static URI_SIZE], const struct otp *otp, const char *issuer,
    const char *account, int64_t counter);

#endif
