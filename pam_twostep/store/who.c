/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/who.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY_MAX (16U << 20) /* bytes of one entry: a group may list a whole company */

/* Room for an entry of the name service: its own while that suffices. */
struct room {
	char own[4096];
	char *more; /* or NULL */
	size_t size;
};

static char *
room_bytes(struct room *room)
{
	return room->more != NULL ? room->more : room->own;
}

static void
room_start(struct room *room)
{
	room->more = NULL;
	room->size = sizeof room->own;
}

/* Makes it four times as large. False when that is too much. */
static bool
room_grow(struct room *room)
{
	char *more = room->size < ENTRY_MAX ? realloc(room->more, room->size * 4) : NULL;

	if (more == NULL)
		return false;
	room->more = more;
	room->size *= 4;
	return true;
}

/* By name, or by uid where that is NULL. */
static bool
find(struct who *who, const char *name, uid_t uid, struct store_fault *fault)
{
	struct room room;
	struct passwd entry, *found = NULL;
	int error;

	*who = (struct who){ .user = "" };
	room_start(&room);
	do
		error = name != NULL
		    ? getpwnam_r(name, &entry, room_bytes(&room), room.size, &found)
		    : getpwuid_r(uid, &entry, room_bytes(&room), room.size, &found);
	while (error == ERANGE && room_grow(&room));
	if (error == 0 && found != NULL && strlen(found->pw_name) < sizeof who->user) {
		memcpy(who->user, found->pw_name, strlen(found->pw_name) + 1);
		who->uid = found->pw_uid;
		who->gid = found->pw_gid;
	}
	free(room.more);
	return error == 0 ||
	    store_fault_set(fault, NULL, "passwd", "the name service does not answer", error);
}

bool
who_find(struct who *who, const char *name, struct store_fault *fault)
{
	return find(who, name, 0, fault);
}

bool
who_find_uid(struct who *who, uid_t uid, struct store_fault *fault)
{
	return find(who, NULL, uid, fault);
}

static bool
lists(char *const *members, const char *user)
{
	while (*members != NULL)
		if (strcmp(*members++, user) == 0)
			return true;
	return false;
}

/* An errno of the name service, 0 and *exists false for no such group. */
static int
group(const struct who *who, const char *name, bool *exists, bool *member)
{
	struct room room;
	struct group entry, *found = NULL;
	int error;

	room_start(&room);
	do
		error = getgrnam_r(name, &entry, room_bytes(&room), room.size, &found);
	while (error == ERANGE && room_grow(&room));
	*exists = error == 0 && found != NULL;
	*member = *exists && (found->gr_gid == who->gid || lists(found->gr_mem, who->user));
	free(room.more);
	return error;
}

enum who_groups
who_groups(const struct who *who, struct policy_groups *groups, const char **missing,
    struct store_fault *fault)
{
	for (unsigned i = 0; i < groups->count; i++) {
		const char *name = groups->group[i].name;
		bool exists;
		int error = group(who, name, &exists, &groups->group[i].member);

		if (error != 0) {
			(void)store_fault_set(fault, NULL, "group", "the name service does not answer",
			    error);
			return WHO_GROUPS_FAULT;
		}
		if (!exists) {
			*missing = name;
			return WHO_GROUPS_MISSING;
		}
	}
	return WHO_GROUPS_READ;
}
