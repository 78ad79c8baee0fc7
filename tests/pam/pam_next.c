/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PAM module that stands before or behind the one that is tested, and treats PAM_AUTHTOK as
 * pam_unix(8) does.
 *
 *	pam_next.so PASSWORD   takes what is in PAM_AUTHTOK, asks when there is nothing; says what
 *	                       it got, and succeeds when it is PASSWORD
 *	pam_next.so PASSWORD USER   the same, and calls him by another name then
 *	pam_next.so            asks, leaves the answer in PAM_AUTHTOK and succeeds
 */
#include <string.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const void *left = NULL;
	const char *token;

	(void)flags;
	if (pam_get_item(pamh, PAM_AUTHTOK, &left) != PAM_SUCCESS ||
	    pam_get_authtok(pamh, PAM_AUTHTOK, &token, NULL) != PAM_SUCCESS)
		return PAM_AUTHTOK_RECOVERY_ERR;
	if (argc == 0)
		return PAM_SUCCESS;
	if (pam_info(pamh, "next %s [%s]", left != NULL ? "got" : "asked", token) != PAM_SUCCESS)
		return PAM_ABORT;
	if (argc > 1 && pam_set_item(pamh, PAM_USER, argv[1]) != PAM_SUCCESS)
		return PAM_ABORT;
	return strcmp(token, argv[0]) == 0 ? PAM_SUCCESS : PAM_AUTH_ERR;
}

int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}
