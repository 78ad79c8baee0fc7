/* SPDX-License-Identifier: BSD-2-Clause */
#include "roll.h"

#include <string.h>

#include "core/list.h"
#include "verb.h"

/* Adds those whom a list names, and so counts them whatever accounts they are. */
static int
add_named(struct people *people, const char *list, struct problem *problem)
{
	struct cursor cursor = cursor_over(list, strlen(list));
	struct list_item item;
	char name[LIST_NAME_SIZE];
	int status = EXIT_DONE;

	while (status == EXIT_DONE && list_name(&cursor, &item)) {
		memcpy(name, item.name, item.len);
		name[item.len] = '\0';
		if (!item.group)
			status = people_add(people, name, problem);
	}
	return status;
}

/* The setting to be named when there is no such group. */
static const char *
setting_of(const struct settings *settings, const char *group)
{
	struct cursor cursor = cursor_over(settings->require, strlen(settings->require));
	struct list_item item;

	while (list_name(&cursor, &item))
		if (item.group && item.len == strlen(group) && memcmp(item.name, group, item.len) == 0)
			return "require";
	return "exempt";
}

static int
read_groups(struct roll *roll, struct problem *problem)
{
	int status = EXIT_DONE;

	policy_groups(&roll->groups, roll->settings);
	for (unsigned i = 0; status == EXIT_DONE && i < roll->groups.count; i++) {
		const char *name = roll->groups.group[i].name;

		status = people_group_read(&roll->group[i], name, setting_of(roll->settings, name),
		    problem);
		if (status == EXIT_DONE)
			status = people_add_group(&roll->people, &roll->group[i], problem);
	}
	/* A rule about a group that is not there is a setting that cannot be. */
	return status == EXIT_DONE ? EXIT_DONE : EXIT_SYSTEM;
}

int
roll_read(struct roll *roll, const struct settings *settings, int64_t now, int64_t created,
    struct problem *problem)
{
	int status;

	memset(roll, 0, sizeof *roll);
	roll->settings = settings;
	roll->now = now;
	roll->created = created;
	if ((status = people_list(&roll->people, problem)) != EXIT_DONE ||
	    (status = read_groups(roll, problem)) != EXIT_DONE ||
	    (status = add_named(&roll->people, settings->require, problem)) != EXIT_DONE ||
	    (status = add_named(&roll->people, settings->exempt, problem)) != EXIT_DONE)
		return status;
	people_sort(&roll->people);
	return EXIT_DONE;
}

void
roll_free(struct roll *roll)
{
	for (unsigned i = 0; i < roll->groups.count; i++)
		people_group_free(&roll->group[i]);
	people_free(&roll->people);
}

struct policy_decision
roll_decide(struct roll *roll, const struct person *person, bool enrolled, bool invited)
{
	struct policy_case who = { .account = true, .user = person->name, .groups = &roll->groups,
		.now = roll->now, .looked = true, .enrolled = enrolled, .invited = invited,
		.created = roll->created };

	for (unsigned i = 0; i < roll->groups.count; i++)
		roll->groups.group[i].member = people_group_has(&roll->group[i], person);
	return policy_decide(roll->settings, &who);
}

bool
roll_missing(struct roll *roll, const struct person *person, bool enrolled)
{
	struct policy_decision decision = roll_decide(roll, person, enrolled, false);

	if (enrolled)
		return false;
	return decision.policy == POLICY_DENY || decision.policy == POLICY_ENROLL ||
	    (decision.policy == POLICY_PASS && strcmp(decision.rule, "require_from") == 0);
}
