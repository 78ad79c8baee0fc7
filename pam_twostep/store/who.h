/* SPDX-License-Identifier: BSD-2-Clause */
/* Who the application means: the account and its groups, from the name service. */
#ifndef STORE_WHO_H
#define STORE_WHO_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/policy.h"
#include "core/text.h"
#include "store/trusted.h"

struct who {
	char user[TEXT_NAME_SIZE]; /* canonical; empty for no such account */
	uid_t uid;
	gid_t gid;
};

/* The account of that name. False, with the reason, when the name service does not answer. */
bool who_find(struct who *who, const char *name, struct store_fault *fault);

/* The same of whoever has that uid. */
bool who_find_uid(struct who *who, uid_t uid, struct store_fault *fault);

enum who_groups {
	WHO_GROUPS_READ,
	WHO_GROUPS_MISSING, /* a group that the settings name does not exist */
	WHO_GROUPS_FAULT,   /* the name service does not answer */
};

/*
 * Fills in which of the groups the account belongs to: by its own group, or as a member that the
 * group lists. Each is read once. *missing names the group that does not exist.
 */
enum who_groups who_groups(const struct who *who, struct policy_groups *groups,
    const char **missing, struct store_fault *fault);

#endif
