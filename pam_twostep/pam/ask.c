/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/ask.h"

#include <stdlib.h>
#include <string.h>

#include "pam/host.h"

/* One message through the conversation; the response is the caller's to wipe and free. */
static bool
converse(pam_handle_t *pamh, int style, const char *text, struct pam_response **response)
{
	const struct pam_message message = { .msg_style = style, .msg = text };
	const struct pam_message *messages = &message;
	const void *item = NULL;
	const struct pam_conv *conv;

	*response = NULL;
	if (pam_get_item(pamh, PAM_CONV, &item) != PAM_SUCCESS || item == NULL)
		return false;
	conv = item;
	return conv->conv != NULL &&
	    conv->conv(1, &messages, response, conv->appdata_ptr) == PAM_SUCCESS;
}

static void
drop(struct pam_response *response)
{
	if (response == NULL)
		return;
	if (response->resp != NULL) {
		secret_clear(response->resp, strlen(response->resp));
		free(response->resp);
	}
	free(response);
}

/*
 * sshd's password method answers a hidden prompt with the password that it has already: no
 * code, and no guess either.
 */
static bool
is_password(pam_handle_t *pamh, const char *answer)
{
	const char *password = host_item(pamh, PAM_AUTHTOK);
	size_t len = strlen(answer);

	return len > 0 && password != NULL && strlen(password) == len &&
	    secret_same(password, answer, len);
}

enum asked
ask(pam_handle_t *pamh, const char *text, bool echo, struct secret *typed)
{
	struct pam_response *response;
	int style = echo ? PAM_PROMPT_ECHO_ON : PAM_PROMPT_ECHO_OFF;
	bool answered = converse(pamh, style, text, &response);
	enum asked asked = ASKED_BROKEN;

	typed->len = 0;
	if (!answered || response == NULL || response->resp == NULL)
		asked = ASKED_BROKEN;
	else if (!secret_set(typed, response->resp, strlen(response->resp)))
		asked = is_password(pamh, response->resp) ? ASKED_PASSWORD : ASKED_OVERLONG;
	else
		asked = is_password(pamh, response->resp) ? ASKED_PASSWORD : ASKED_TYPED;
	drop(answered ? response : NULL);
	return asked;
}

void
ask_say(pam_handle_t *pamh, int style, const char *text)
{
	struct pam_response *response;

	if (*text != '\0' && converse(pamh, style, text, &response))
		drop(response);
}
