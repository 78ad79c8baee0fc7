/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which accounts are people, and who is in a group: what `require` is about when it says
 * everyone, asked of the name service as a whole.
 *
 * A person is an account that the name service lists, with a login shell (neither nologin nor
 * false) and a number of UID_MIN to UID_MAX of /etc/login.defs. A directory may serve accounts
 * that it does not list, and with higher numbers: members of a group that was read count
 * from UID_MIN on. Whoever is named counts whatever he is; root only then.
 *
 * An error of the name service is an error, never "nobody".
 */
#ifndef TOOLS_PEOPLE_H
#define TOOLS_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/text.h"
#include "names.h"
#include "session.h"

struct person {
	char *name; /* as the account is called */
	uid_t uid;
	gid_t gid;
	size_t
	    order; /* in which it was added: of two by one name, the first is the account */
};

struct people {
	struct person *person; /* by name, each once, after people_sort */
	size_t count, room, added;
};

struct people_group {
	char name[TEXT_NAME_SIZE];
	gid_t gid;
	char **member; /* sorted */
	size_t members;
};

/*
 * Reads a group. An EXIT_ status, with the problem unless it is EXIT_DONE: EXIT_NO when there is no
 * such group. `where` is the setting or option that names it. people_group_free is due after either.
 */
int people_group_read(struct people_group *group, const char *name, const char *where,
    struct problem *problem);
void people_group_free(struct people_group *group);

/* True when the account is a member, or has it for its first group. */
bool people_group_has(const struct people_group *group, const struct person *person);

/*
 * Each adds accounts to what begins as { NULL }: all people that are listed; those of a group's
 * members who are people; one who is named (nobody, when there is no such account).
 * EXIT_DONE, or EXIT_SYSTEM with the problem. people_free is due after either.
 */
int people_list(struct people *people, struct problem *problem);
int people_add_group(
    struct people *people, const struct people_group *group, struct problem *problem);
int people_add(struct people *people, const char *name, struct problem *problem);

/*
 * All of these names that are accounts, whatever their numbers: in one pass over what is listed, and
 * asked for one by one where they are not. `name` is sorted.
 */
int people_add_all(struct people *people, char *const *name, size_t count,
    struct problem *problem);

/*
 * The accounts that no password opens, as far as the shadow file is read and lists them: "!" or "*" stands
 * before it or in its place.
 */
void people_locked(struct names *names);

/* Puts them in order; who was added twice stays once. */
void people_sort(struct people *people);
/* By name, after people_sort; NULL for one who is not there. */
const struct person *people_find(const struct people *people, const char *name);
void people_free(struct people *people);

#endif
