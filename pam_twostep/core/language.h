/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people read, in their language. Every text is written in English where it is said; its
 * translations come from po/, one file a language, by way of one generated table.
 *
 * gettext's own run time would need the process's locale or environment, which inside sshd
 * or sudo belong to the host and the caller. Here a language is a value like any other.
 */
#ifndef CORE_LANGUAGE_H
#define CORE_LANGUAGE_H

#include <stddef.h>
#include <stdint.h>

struct language;

/* Marks a constant that is translated where it is shown. */
#define N_(text) text

/* "en", "nl": as the files in po/ are called. NULL for one that is not there. */
const struct language *language_named(const char *name, size_t len);

/* The text in that language. In English for a language of NULL, and for what it lacks. */
const char *say(const struct language *language, const char *english)
    __attribute__((format_arg(2)));

/* The form of the text that goes with n, by the language's own plural rule. */
const char *say_n(const struct language *language, const char *one, const char *many, int64_t n)
    __attribute__((format_arg(2), format_arg(3)));

#endif
