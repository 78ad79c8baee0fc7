/* SPDX-License-Identifier: BSD-2-Clause */
/* What the application has put on the handle, and what the machine's clock says. */
#ifndef PAM_HOST_H
#define PAM_HOST_H

#include <stdint.h>

#include <security/pam_modules.h>

/* The text of an item, as PAM_SERVICE; NULL for none. The handle's own. */
const char *host_item(const pam_handle_t *pamh, int type);

/* The moment, Unix seconds: read anew, for a person may have typed meanwhile. */
int64_t host_now(void);

#endif
