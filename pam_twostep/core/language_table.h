/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table that po/languages.py writes and language.c reads. It holds offsets, not pointers:
 * those would be relocated, and their pages copied, by every process that loads the module.
 */
#ifndef CORE_LANGUAGE_TABLE_H
#define CORE_LANGUAGE_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct message {
	uint32_t english; /* where it begins in the texts */
	uint32_t text;    /* likewise; the forms of a plural stand one behind the other */
	uint32_t forms;   /* 1, or as many as the language has */
};

struct language {
	const char *name;
	const char *texts; /* each with its NUL */
	const struct message *messages; /* in the order of strcmp over their English */
	size_t count;
	unsigned (*form)(uint64_t n); /* from 0 */
};

extern const struct language languages[];
extern const size_t languages_count;

#endif
