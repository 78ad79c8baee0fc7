/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/answer.h"

#include <string.h>

#include "flow/field.h"
#include "flow/login.h"
#include "pam/authtok.h"
#include "pam/host.h"

static const char sshd_hint[] =
    "no code was typed: set KbdInteractiveAuthentication yes and PasswordAuthentication no in "
    "sshd_config";
static const char first_hint[] =
    "use_first_pass: no module before this one left anything in PAM_AUTHTOK";
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
	if (answer->junk && typed->len >= OTP_DIGITS_MIN &&
	    (settings->combined || typed->len <= OTP_DIGITS_MAX)) {
		answer->claim.kind = CLAIM_CODE;
		answer->claim.digits = (unsigned)settings->digits;
	}
	if (answer->junk && user != NULL)
		answer->hint = root_hint;
}

/* What an administrator should set where nothing was typed; NULL where that is not known. */
static const char *
hint_of(enum asked asked, pam_handle_t *pamh, const struct settings *settings)
{
	const char *tty = host_item(pamh, PAM_TTY);

	if (asked == ASKED_BROKEN && settings->use_first_pass)
		return first_hint;
	if (tty == NULL || strcmp(tty, "ssh") != 0 || settings->combined)
		return NULL;
	return asked == ASKED_PASSWORD || asked == ASKED_BROKEN ? sshd_hint : NULL;
}

void
answer_read(struct answer *answer, pam_handle_t *pamh, const char *user,
    const struct settings *settings, const struct secret *typed)
{
	/* An answer so long leaves no room for what libpam ends the password with. */
	if (settings->combined && answer->asked == ASKED_TYPED && typed->len == SECRET_MAX)
		answer->asked = ASKED_OVERLONG;
	answer->junk = false;
	answer->hint = hint_of(answer->asked, pamh, settings);
	if (answer->asked == ASKED_TYPED)
		answer->typed = *typed;
	if (settings->combined && answer->asked == ASKED_TYPED)
		field_claim(&answer->claim, typed);
	else
		login_claim(&answer->claim, answer->asked == ASKED_TYPED ? typed : NULL);
	if (answer->asked == ASKED_OVERLONG || answer->asked == ASKED_PASSWORD)
		answer->claim.kind = CLAIM_MALFORMED;
	if (answer->asked == ASKED_TYPED)
		hide_junk(answer, user, settings, typed);
}

bool
answer_fits(const struct answer *answer, const struct settings *settings)
{
	if (settings->combined)
		return answer->asked == ASKED_TYPED;
	return !answer->junk && answer->claim.kind != CLAIM_EMPTY && answer->claim.kind != CLAIM_MALFORMED;
}

bool
answer_hand_on(const struct answer *answer, pam_handle_t *pamh, bool whole)
{
	SECRET password = { .len = 0 };

	if (answer->asked != ASKED_TYPED)
		return true;
	if (whole)
		password = answer->typed;
	else
		field_password(&password, &answer->typed, &answer->claim);
	return authtok_leave(pamh, &password);
}

void
answer_wipe(struct answer *answer)
{
	secret_wipe(&answer->typed);
	claim_wipe(&answer->claim);
}
