/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One journal line: `user=alice result=accepted method=totp device=phone service=sshd
 * rhost=192.0.2.7`. Made to be read by a person and cut by a program.
 *
 * No key, code, digest or typed text is ever a value here.
 */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include <stdbool.h>

#include "core/text.h"

#define EVENT_SIZE 1024     /* bytes; holds every line, with the NUL */
#define EVENT_VALUE_MAX 192 /* bytes of a value that are shown */

/* Begins a line. */
struct text event_start(char line[static EVENT_SIZE]);

/*
 * Appends ` name=value`, nothing for a NULL or empty value. A value that holds anything but letters, digits
 * and .:_-@%/ is quoted (but for a lone ?), with \xNN for what does not print and \ before \ and ".
 */
void event_put(struct text *line, const char *name, const char *value);
void event_put_number(struct text *line, const char *name, long long value);

#endif
