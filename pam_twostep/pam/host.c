/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/host.h"

#include <stddef.h>
#include <time.h>

const char *
host_item(const pam_handle_t *pamh, int type)
{
	const void *value = NULL;

	return pam_get_item(pamh, type, &value) == PAM_SUCCESS ? value : NULL;
}

int64_t
host_now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec;
}
