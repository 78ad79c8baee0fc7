/* SPDX-License-Identifier: BSD-2-Clause */
/* The administrators of the machine: root, and who is in the groups that sudo(8) usually lets become root. */
#ifndef TOOLS_ADMINS_H
#define TOOLS_ADMINS_H

#include "people.h"
#include "verb.h"

/* Adds who is in those groups. EXIT_DONE, or EXIT_SYSTEM with the problem. */
int admins_add(struct people *people, struct problem *problem);

/* EXIT_DONE when one of them is enrolled; else an EXIT_ status, after a complaint. */
int admins_enrolled(struct request *request);

#endif
