/* SPDX-License-Identifier: BSD-2-Clause */
/* The control of a line of PAM: what follows from each answer of the module. */
#ifndef TOOLS_STACK_CONTROL_H
#define TOOLS_STACK_CONTROL_H

#include "stack.h"

/* Sets all that is ACTION_UNSET, or simply all. */
void stack_control_all(int action[static ANSWERS], int value);

/*
 * Reads a keyword, or the inside of brackets, `value=action` with blanks between. False for what libpam
 * cannot read: it then takes every answer for bad, success too, and so does `action`.
 */
bool stack_control(
    int action[static ANSWERS], enum stack_control *control, const char *token);

#endif
