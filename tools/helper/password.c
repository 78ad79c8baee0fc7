/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <security/pam_appl.h>

#include "../converse.h"
#include "core/language.h"
#include "permit.h"

#define QUESTIONS_MAX 20 /* of one stack, whatever its modules have in mind */

static const char service[] = "twostep";

struct talk {
	struct helper *helper;
	unsigned questions;
	bool broken; /* nobody answered: whatever the modules make of it */
};

static bool
converse_one(void *arg, int style, const char *text, struct secret *typed)
{
	struct talk *talk = arg;
	WIRE wire;

	if (style == PAM_TEXT_INFO || style == PAM_ERROR_MSG) {
		wire_start(&wire, WIRE_SAY);
		wire.error = style == PAM_ERROR_MSG;
		wire_put_text(&wire, text);
		return helper_send(talk->helper, &wire);
	}
	if (talk->broken || talk->questions++ == QUESTIONS_MAX) {
		talk->broken = true;
		return false;
	}
	wire_start(&wire, WIRE_ASK);
	wire.about = WIRE_ABOUT_PAM;
	wire.echo = style == PAM_PROMPT_ECHO_ON;
	wire_put_text(&wire, text);
	talk->broken = !helper_ask(talk->helper, &wire, typed);
	return !talk->broken;
}

/* Where libpam looks, the vendor's directories last. */
static bool
is_there(void)
{
	static const char *const places[] = { "/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d" };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		char path[64];
		struct stat st;

		(void)snprintf(path, sizeof path, "%s/%s", places[i], service);
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
			return true;
	}
	return false;
}

/* A module may map one name to another: then it has not proved who the caller is. */
static bool
still_himself(pam_handle_t *handle, const struct helper *helper)
{
	const void *name = NULL;

	return pam_get_item(handle, PAM_USER, &name) == PAM_SUCCESS && name != NULL &&
	    strcmp(name, helper->who.user) == 0;
}

static enum wire_status
outcome(struct helper *helper, bool authenticated, int answer)
{
	switch (answer) {
	case PAM_SUCCESS:
		return WIRE_DONE;
	case PAM_AUTH_ERR:
	case PAM_USER_UNKNOWN:
	case PAM_MAXTRIES:
		if (!authenticated)
			return helper_refuse(helper, N_("the password is wrong; nothing was changed"));
		break;
	case PAM_NEW_AUTHTOK_REQD:
	case PAM_AUTHTOK_EXPIRED:
		return helper_refuse(helper, N_("your password has expired; change it first"));
	case PAM_PERM_DENIED:
	case PAM_ACCT_EXPIRED:
	case PAM_CRED_INSUFFICIENT:
		break;
	default:
		(void)store_fault_set(&helper->fault, NULL, "PAM service twostep", "cannot be used", 0);
		return helper_fault(helper);
	}
	return helper_refuse(helper, N_("the PAM service twostep refuses; nothing was changed"));
}

enum wire_status
permit_password(struct helper *helper)
{
	struct talk talk = { .helper = helper };
	struct converser converser = { converse_one, &talk };
	const struct pam_conv conversation = { converse, &converser };
	pam_handle_t *handle = NULL;
	bool authenticated;
	int answer;

	if (!is_there()) {
		(void)store_fault_set(&helper->fault, "/etc/pam.d", service, "missing", ENOENT);
		helper->why = N_("there is no PAM service twostep; nothing was changed");
		return helper_fault(helper);
	}
	answer = pam_start(service, helper->who.user, &conversation, &handle);
	if (answer == PAM_SUCCESS)
		answer = pam_authenticate(handle, PAM_DISALLOW_NULL_AUTHTOK);
	authenticated = answer == PAM_SUCCESS;
	if (authenticated)
		answer = pam_acct_mgmt(handle, PAM_DISALLOW_NULL_AUTHTOK);
	if (answer == PAM_SUCCESS && !still_himself(handle, helper))
		answer = PAM_PERM_DENIED;
	if (handle != NULL)
		(void)pam_end(handle, answer);
	return talk.broken ? helper_broken(helper) : outcome(helper, authenticated, answer);
}
