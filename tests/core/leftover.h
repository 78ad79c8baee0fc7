/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs a function on a stack of its own and looks for what it left lying there. */
#ifndef LEFTOVER_H
#define LEFTOVER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * True when `len` bytes of the secret still stand on the stack that run(arg) had. It is called
 * twice: the first call binds what is bound late, for the binder keeps registers on the stack.
 * So does the address sanitizer, at every memcpy: in its builds nothing is looked for.
 */
bool leftover(void (*run)(void *arg), void *arg, const void *secret, size_t len);

#endif
