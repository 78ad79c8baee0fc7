/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON (RFC 8259), one member after another; commas and line ends are minded here. */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include <stdbool.h>
#include <stdio.h>

/* Where it goes from here on; standard output unless told otherwise. */
void json_into(FILE *out);
/* Begins an object ('{') or array ('['); name is NULL for an array's element and for the outermost. */
void json_open(const char *name, char bracket);
/* Ends it; the outermost ends with a newline. */
void json_close(char bracket);
/* A string, or null for NULL. Bytes that are no UTF-8 are shown as U+FFFD. */
void json_string(const char *name, const char *value);
void json_number(const char *name, long long value);
void json_bool(const char *name, bool value);

#endif
