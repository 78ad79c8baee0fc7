/* SPDX-License-Identifier: BSD-2-Clause */
/* The services that read the file of another one: what is put into that, they do, too. */
#ifndef TOOLS_INCLUDERS_H
#define TOOLS_INCLUDERS_H

#include <stdbool.h>

#define INCLUDERS_SIZE 512

/*
 * Their names with a blank before each, as many as there is room for; `guarded`: of those alone that have the
 * module. False when they cannot be read.
 */
bool includers_of(char names[static INCLUDERS_SIZE], const char *service, bool guarded);

#endif
