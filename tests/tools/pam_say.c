/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PAM module that says its arguments and answers the number in the first of them, so that a
 * test sees which lines of a stack libpam called, and decides what each of them answers. A third one is asked.
 */
#include <stdlib.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

static int
say(pam_handle_t *pamh, int argc, const char **argv)
{
	char *typed = NULL;

	if (argc < 2 || pam_info(pamh, "%s", argv[1]) != PAM_SUCCESS ||
	    (argc > 2 && pam_prompt(pamh, PAM_PROMPT_ECHO_ON, &typed, "%s", argv[2]) != PAM_SUCCESS))
		return PAM_ABORT;
	free(typed);
	return (int)strtol(argv[0], NULL, 10);
}

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	return say(pamh, argc, argv);
}

int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	return say(pamh, argc, argv);
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
