/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/mark.h"

#include <stdlib.h>

#include "core/secret.h"

static const char name[] = "twostep_mark";

/* su runs it in two processes: it wipes memory and does nothing else. */
static void
cleanup(pam_handle_t *pamh, void *data, int error)
{
	(void)pamh;
	(void)error;
	if (data == NULL)
		return;
	secret_clear(data, sizeof(struct mark));
	free(data);
}

bool
mark_leave(pam_handle_t *pamh, const struct mark *mark)
{
	struct mark *copy = malloc(sizeof *copy);

	if (copy == NULL)
		return false;
	*copy = *mark;
	if (pam_set_data(pamh, name, copy, cleanup) == PAM_SUCCESS)
		return true;
	cleanup(pamh, copy, 0);
	return false;
}

void
mark_drop(pam_handle_t *pamh)
{
	(void)pam_set_data(pamh, name, NULL, NULL);
}

const struct mark *
mark_left(pam_handle_t *pamh)
{
	const void *data = NULL;

	return pam_get_data(pamh, name, &data) == PAM_SUCCESS ? data : NULL;
}
