/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must be right before a user may change anything of his own.
 *
 * 1. The password, or what else the administrator asks for, by the PAM service `twostep`: a stack that is
 *    not there MUST refuse, for libpam would take the service `other` in its place.
 * 2. Who is enrolled proves it with a code, judged and spent as at a login. Whoever sits at an unlocked
 *    terminal, or has stolen the password, shall not be able to link a phone of his own.
 * 3. Who is not enrolled may enroll where enroll_at_login says so, by an activation code where that is needed.
 * 4. Nothing of what was looked up before a question counts after it: the user is looked up anew.
 */
#ifndef HELPER_PERMIT_H
#define HELPER_PERMIT_H

#include "helper.h"

/* The password, by libpam. WIRE_DONE, or why not. */
enum wire_status permit_password(struct helper *helper);

/* The password, and a code. WIRE_DONE for one who is enrolled and has proved it; the store is keyed then. */
enum wire_status permit_change(struct helper *helper);

/* The same for one who wants to enroll: who is not enrolled yet, may he? */
enum wire_status permit_enroll(struct helper *helper);

/* That nobody is let begin what cannot end well: before he types a password. */
enum wire_status permit_begin(struct helper *helper, bool enrolling);

#endif
