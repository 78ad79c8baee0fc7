/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lists that settings hold, items with blanks or commas between them: of names and groups
 * (`require`, `exempt`), and of networks (`trusted_networks`).
 *
 * A name misspelt must not quietly lift a protection: what is not plainly a name, and
 * what somebody writes who means all or none, is refused.
 */
#ifndef CORE_LIST_H
#define CORE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/text.h"

#define LIST_NAME_SIZE 256 /* bytes of a name or a group's name, with a NUL */
#define LIST_GROUPS_MAX 32 /* groups that one list may name */
#define LIST_EVERYONE "everyone"
#define LIST_NOBODY "nobody"

struct list_item {
	const char *name; /* without the @; not a string: len bytes */
	size_t len;       /* 1 to LIST_NAME_SIZE - 1 */
	bool group;       /* it was written with an @ */
	bool ends;        /* it was followed by until= ... */
	int64_t until;    /* ... this moment, in Unix seconds */
};

/* Takes the next item of a list that was checked; false at its end. */
bool list_name(struct cursor *list, struct list_item *item);

struct network;
bool list_network(struct cursor *list, struct network *network);

/* What is wrong with a list, as a constant; NULL when it can be walked. */
const char *list_check_require(const char *at, size_t len);
const char *list_check_exempt(const char *at, size_t len);
const char *list_check_networks(const char *at, size_t len);

#endif
