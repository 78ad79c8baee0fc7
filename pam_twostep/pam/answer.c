/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/answer.h"

#include <string.h>

#include "flow/login.h"

static const char sshd_hint[] =
    "no code was typed: set KbdInteractiveAuthentication yes and PasswordAuthentication no in "
    "sshd_config";
static const char root_hint[] =
    "sshd hides what is typed for this account: see PermitRootLogin in sshd_config";

/*
 * What sshd hands over for an account that it will not let in: this, over and over, as long
 * as what was typed.
 */
static const char sshd_junk[] = "\b\n\r\177INCORRECT";

static bool
is_junk(const struct secret *typed)
{
	for (size_t i = 0; i < typed->len; i++)
		if (typed->bytes[i] != (uint8_t)sshd_junk[i % (sizeof sshd_junk - 1)])
			return false;
	return typed->len > 0;
}

/* Nobody typed it, so it is no guess; but it must look and cost like a wrong code of its length. */
static void
hide_junk(struct answer *answer, const char *user, const struct settings *settings,
    const struct secret *typed)
{
	answer->junk = is_junk(typed);
	if (answer->junk && typed->len >= OTP_DIGITS_MIN && typed->len <= OTP_DIGITS_MAX) {
		answer->claim.kind = CLAIM_CODE;
		answer->claim.digits = (unsigned)settings->digits;
	}
	if (answer->junk && user != NULL)
		answer->hint = root_hint;
}

void
answer_read(struct answer *answer, pam_handle_t *pamh, const char *user,
    const struct settings *settings, const struct secret *typed)
{
	const void *tty = NULL;

	(void)pam_get_item(pamh, PAM_TTY, &tty);
	login_claim(&answer->claim, answer->asked == ASKED_TYPED ? typed : NULL);
	if (answer->asked == ASKED_OVERLONG || answer->asked == ASKED_PASSWORD)
		answer->claim.kind = CLAIM_MALFORMED;
	if (tty != NULL && strcmp(tty, "ssh") == 0 &&
	    (answer->asked == ASKED_PASSWORD || answer->asked == ASKED_BROKEN))
		answer->hint = sshd_hint;
	if (answer->asked == ASKED_TYPED)
		hide_junk(answer, user, settings, typed);
}

void
answer_wipe(struct answer *answer)
{
	claim_wipe(&answer->claim);
}
