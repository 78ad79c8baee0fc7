/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions and texts, through the application's PAM conversation. */
#ifndef PAM_ASK_H
#define PAM_ASK_H

#include <stdbool.h>

#include <security/pam_modules.h>

#include "core/secret.h"

enum asked {
	ASKED_TYPED,    /* *typed holds the answer, which may be empty */
	ASKED_PASSWORD, /* the application gave the password once more, not an answer */
	ASKED_OVERLONG, /* longer than any answer may be */
	ASKED_BROKEN,   /* no answer: broken off, or an application that cannot ask */
};

/* Asks once. The application's copy of the answer is wiped; the caller wipes *typed. */
enum asked ask(pam_handle_t *pamh, const char *text, bool echo, struct secret *typed);

/* Shows a text; style is PAM_TEXT_INFO or PAM_ERROR_MSG. An empty one is not shown. */
void ask_say(pam_handle_t *pamh, int style, const char *text);

#endif
