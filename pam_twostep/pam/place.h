/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where somebody signs in from, as the kernel knows it.
 *
 * A remote place is the service and the remote address; loopback, a name that was not resolved
 * and nothing at all are none. A local place is the service, the controlling terminal, the session and
 * its leader's start, within this boot: never PAM_TTY, which is the caller's word.
 *
 * Either is one with the enrollment as it stands: whoever unlinks a phone has every place
 * forgotten with it.
 */
#ifndef PAM_PLACE_H
#define PAM_PLACE_H

#include <security/pam_modules.h>

#include "core/history.h"
#include "store/store.h"

/* Of who is enrolled. The id is empty where there is no place, or where the kernel does not tell. */
void place_here(pam_handle_t *pamh, const struct record *record, struct place *place);

#endif
