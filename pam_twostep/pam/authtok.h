/* SPDX-License-Identifier: BSD-2-Clause */
/* PAM_AUTHTOK: what one module of the auth phase leaves for those behind it. */
#ifndef PAM_AUTHTOK_H
#define PAM_AUTHTOK_H

#include <stdbool.h>

#include <security/pam_modules.h>

#include "core/secret.h"
#include "pam/ask.h"

/* What a module before this one left; ASKED_BROKEN for nothing. The caller wipes *left. */
enum asked authtok_take(pam_handle_t *pamh, struct secret *left);

/* Leaves a password. False when memory is short, or libpam could not hand over so long a one. */
bool authtok_leave(pam_handle_t *pamh, const struct secret *password);

#endif
