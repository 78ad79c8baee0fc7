/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The question of a login, and what was answered to it.
 *
 * Everybody is asked alike: who is enrolled, who is not, and who does not exist.
 */
#ifndef PAM_QUESTION_H
#define PAM_QUESTION_H

#include "pam/login.h"

/*
 * Takes what another module left, where the settings say so, or else asks the person; fills in
 * login->answer, and when it was given.
 */
void question(struct login *login);

#endif
