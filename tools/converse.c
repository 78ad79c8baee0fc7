/* SPDX-License-Identifier: BSD-2-Clause */
#include "converse.h"

#include <stdlib.h>
#include <string.h>

/* What was typed, for libpam to free. NULL when it is no string, or memory is short. */
static char *
string_of(const struct secret *typed)
{
	char *string;

	if (memchr(typed->bytes, '\0', typed->len) != NULL || typed->len >= PAM_MAX_RESP_SIZE)
		return NULL;
	string = malloc(typed->len + 1);
	if (string == NULL)
		return NULL;
	memcpy(string, typed->bytes, typed->len);
	string[typed->len] = '\0';
	return string;
}

static bool
converse_one(const struct converser *converser, const struct pam_message *message, char **answer)
{
	const char *text = message->msg != NULL ? message->msg : "";
	int style = message->msg_style;
	SECRET typed = { .len = 0 };

	switch (style) {
	case PAM_TEXT_INFO:
	case PAM_ERROR_MSG:
		return converser->one(converser->arg, style, text, &typed);
	case PAM_PROMPT_ECHO_ON:
	case PAM_PROMPT_ECHO_OFF:
		return converser->one(converser->arg, style, text, &typed) &&
		    (*answer = string_of(&typed)) != NULL;
	default:
		return false;
	}
}

int
converse(int count, const struct pam_message **messages, struct pam_response **responses,
    void *converser)
{
	struct pam_response *all;
	int done = 0;

	if (count <= 0 || count > PAM_MAX_NUM_MSG ||
	    (all = calloc((size_t)count, sizeof *all)) == NULL)
		return PAM_CONV_ERR;
	while (done < count && converse_one(converser, messages[done], &all[done].resp))
		done++;
	if (done == count) {
		*responses = all;
		return PAM_SUCCESS;
	}
	for (int i = 0; i < done; i++) {
		if (all[i].resp != NULL)
			secret_clear(all[i].resp, strlen(all[i].resp));
		free(all[i].resp);
	}
	free(all);
	return PAM_CONV_ERR;
}
