/* SPDX-License-Identifier: BSD-2-Clause */
/* The conversation of a program that calls libpam: what libpam hands over, one message at a time. */
#ifndef TOOLS_CONVERSE_H
#define TOOLS_CONVERSE_H

#include <stdbool.h>

#include <security/pam_appl.h>

#include "core/secret.h"

struct converser {
	/*
	 * Shows a text (PAM_TEXT_INFO, PAM_ERROR_MSG), or asks (PAM_PROMPT_ECHO_ON, PAM_PROMPT_ECHO_OFF) and fills
	 * in what was typed. False ends the conversation.
	 */
	bool (*one)(void *arg, int style, const char *text, struct secret *typed);
	void *arg;
};

/* For struct pam_conv, whose appdata_ptr is the converser. */
int converse(int count, const struct pam_message **messages, struct pam_response **responses,
    void *converser);

#endif
