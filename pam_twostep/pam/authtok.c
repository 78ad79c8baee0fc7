/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/authtok.h"

#include <string.h>

#include "pam/host.h"

enum asked
authtok_take(pam_handle_t *pamh, struct secret *left)
{
	const char *item = host_item(pamh, PAM_AUTHTOK);

	left->len = 0;
	if (item == NULL)
		return ASKED_BROKEN;
	return secret_set(left, item, strlen(item)) ? ASKED_TYPED : ASKED_OVERLONG;
}

bool
authtok_leave(pam_handle_t *pamh, const struct secret *password)
{
	SECRET copy = *password;

	if (copy.len >= sizeof copy.bytes)
		return false;
	copy.bytes[copy.len] = '\0';
	return pam_set_item(pamh, PAM_AUTHTOK, copy.bytes) == PAM_SUCCESS;
}
