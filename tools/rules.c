/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "core/address.h"
#include "core/list.h"
#include "doctor.h"
#include "people.h"
#include "terminal.h"

/* A finding about the word, at the place where it was set; `name` goes into the text. */
static void
add(struct doctor *doctor, const struct sourced *sourced, const char *id,
    const char *word, const char *why, const char *mend)
{
	unsigned number;
	const char *file = sourced_place(sourced, word, &number);

	finding_add(doctor->findings, id, file, number, why, mend);
}

static void
add_named(struct doctor *doctor, const struct sourced *sourced, const char *id,
    const char *word, const char *name, const char *what, const char *mend)
{
	char why[FINDING_TEXT];

	(void)snprintf(why, sizeof why, "%s: %s: %s", word, name, what);
	add(doctor, sourced, id, word, why, mend);
}

static void
no_answer(struct doctor *doctor, const struct problem *problem)
{
	doctor->findings->unreadable = true;
	complain("doctor", problem->what, problem->why);
}

/* True when somebody has it for his first group. */
static bool
first_group_of_somebody(struct doctor *doctor, const struct people_group *group)
{
	struct people people = { .person = NULL };
	struct problem problem;
	bool found = false;

	if (people_list(&people, &problem) != EXIT_DONE) {
		no_answer(doctor, &problem);
		found = true;
	}
	for (size_t i = 0; i < people.count && !found; i++)
		found = people.person[i].gid == group->gid;
	people_free(&people);
	return found;
}

static void
check_group(struct doctor *doctor, const struct sourced *sourced, const char *word,
    const char *name)
{
	struct people_group group;
	struct problem problem;

	switch (people_group_read(&group, name, word, &problem)) {
	case EXIT_DONE:
		if (group.members == 0 && !first_group_of_somebody(doctor, &group))
			add_named(doctor, sourced, "group-empty", word, name,
			    tr("a group without members: this means nobody"),
			    tr("put people into it, or name another"));
		break;
	case EXIT_NO:
		add_named(doctor, sourced, "group-missing", word, name,
		    tr("no such group: every login is refused"),
		    tr("make the group, or take it out of the list"));
		break;
	default:
		no_answer(doctor, &problem);
	}
	people_group_free(&group);
}

static void
check_user(struct doctor *doctor, const struct sourced *sourced, const char *word,
    const char *name)
{
	struct people people = { .person = NULL };
	struct problem problem;

	if (people_add(&people, name, &problem) != EXIT_DONE)
		no_answer(doctor, &problem);
	else if (people.count == 0)
		add_named(doctor, sourced, "user-missing", word, name,
		    tr("no such account: this means nobody"),
		    tr("correct the name; a group is written with an @ before it"));
	people_free(&people);
}

static void
check_list(struct doctor *doctor, const struct sourced *sourced, const char *word,
    const char *value)
{
	struct cursor list = cursor_over(value, strlen(value));
	struct list_item item;
	char name[LIST_NAME_SIZE];

	if (strcmp(value, LIST_EVERYONE) == 0 || strcmp(value, LIST_NOBODY) == 0)
		return;
	while (list_name(&list, &item)) {
		memcpy(name, item.name, item.len);
		name[item.len] = '\0';
		if (item.group)
			check_group(doctor, sourced, word, name);
		else
			check_user(doctor, sourced, word, name);
	}
}

static void
check_networks(struct doctor *doctor, const struct sourced *sourced)
{
	const char *value = sourced->settings.trusted_networks;
	struct cursor list = cursor_over(value, strlen(value));
	struct network network;

	while (list_network(&list, &network))
		if (network.bits == 0)
			add(doctor, sourced, "network-everywhere", "trusted_networks",
			    tr("trusted_networks holds every address: nobody is asked"),
			    tr("name the networks that are yours"));
}

void
rules_check(struct doctor *doctor, const struct sourced *sourced)
{
	check_list(doctor, sourced, "require", sourced->settings.require);
	check_list(doctor, sourced, "exempt", sourced->settings.exempt);
	check_networks(doctor, sourced);
}
