/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/policy.h"

#include <string.h>

#include "core/address.h"
#include "core/date.h"

static bool
same(const struct list_item *item, const char *name)
{
	return strlen(name) == item->len && memcmp(name, item->name, item->len) == 0;
}

static void
collect(struct policy_groups *groups, const char *names)
{
	struct cursor list = cursor_over(names, strlen(names));
	struct list_item item;

	while (list_name(&list, &item) && groups->count < POLICY_GROUPS_MAX) {
		unsigned i = 0;

		while (i < groups->count && !same(&item, groups->group[i].name))
			i++;
		if (!item.group || i < groups->count)
			continue;
		memcpy(groups->group[i].name, item.name, item.len);
		groups->group[i].name[item.len] = '\0';
		groups->group[i].member = false;
		groups->count++;
	}
}

void
policy_groups(struct policy_groups *groups, const struct settings *settings)
{
	groups->count = 0;
	collect(groups, settings->require);
	collect(groups, settings->exempt);
}

/* Whether an item means this user; `unread` is the answer for a group that nobody read. */
static bool
means(const struct list_item *item, const struct policy_case *who, bool unread)
{
	if (!item->group)
		return same(item, who->user);
	for (unsigned i = 0; who->groups != NULL && i < who->groups->count; i++)
		if (same(item, who->groups->group[i].name))
			return who->groups->group[i].member;
	return unread;
}

static bool
exempt_for_ever(const struct settings *settings, const struct policy_case *who)
{
	struct cursor list = cursor_over(settings->exempt, strlen(settings->exempt));
	struct list_item item;

	while (list_name(&list, &item))
		if (!item.ends && means(&item, who, false))
			return true;
	return false;
}

static bool
exempt_still(const struct settings *settings, const struct policy_case *who)
{
	struct cursor list = cursor_over(settings->exempt, strlen(settings->exempt));
	struct list_item item;

	while (list_name(&list, &item))
		if (item.ends && who->now < item.until && means(&item, who, false))
			return true;
	return false;
}

/*
 * A tunnel that ends on this machine makes anybody's login come from loopback: only a
 * network that lies in it trusts it, and no wide one by the way.
 */
static bool
trusted(const struct settings *settings, const char *rhost)
{
	struct cursor list =
	    cursor_over(settings->trusted_networks, strlen(settings->trusted_networks));
	struct address from;
	struct network network;

	if (rhost == NULL || !address_parse(&from, rhost, strlen(rhost)))
		return false;
	while (list_network(&list, &network))
		if (network_has(&network, &from) &&
		    (!address_loopback(&from) || address_loopback(&network.address)))
			return true;
	return false;
}

static bool
required(const struct settings *settings, const struct policy_case *who)
{
	struct cursor list = cursor_over(settings->require, strlen(settings->require));
	struct list_item item;

	/* settings that nobody filled in lift nothing */
	if (*settings->require == '\0' || strcmp(settings->require, LIST_EVERYONE) == 0)
		return true;
	if (strcmp(settings->require, LIST_NOBODY) == 0)
		return false;
	while (list_name(&list, &item))
		if (means(&item, who, true))
			return true;
	return false;
}

static bool
may_enroll(const struct settings *settings, const struct policy_case *who)
{
	return settings->enroll_at_login == ENROLL_YES ||
	    (settings->enroll_at_login == ENROLL_INVITED && who->invited);
}

static struct policy_decision
simply(enum policy policy)
{
	return (struct policy_decision){ .policy = policy };
}

static struct policy_decision
pass(const char *rule)
{
	return (struct policy_decision){ .policy = POLICY_PASS, .rule = rule };
}

static struct policy_decision
pass_not_required(const struct settings *settings, const struct policy_case *who)
{
	struct policy_decision decision = pass("require");

	decision.offer = who->invited && settings->enroll_at_login != ENROLL_NO;
	return decision;
}

static struct policy_decision
pass_before(const struct settings *settings, const struct policy_case *who)
{
	struct policy_decision decision = pass("require_from");
	int64_t left = settings->require_from - who->now;

	decision.remind = left <= settings->remind;
	decision.offer = left <= settings->offer && may_enroll(settings, who);
	decision.days = (left + DATE_DAY - 1) / DATE_DAY;
	return decision;
}

struct policy_decision
policy_decide(const struct settings *settings, const struct policy_case *who)
{
	/* a date that has passed never comes again by setting the clock back */
	bool clock_behind = who->now < who->created;

	if (!who->account)
		return simply(POLICY_DENY);
	/* these two with a dead store as well: that is how root gets in at the console */
	if (exempt_for_ever(settings, who))
		return pass("exempt");
	if (trusted(settings, who->rhost))
		return pass("trusted_networks");
	if (!who->looked)
		return simply(POLICY_LOOK);
	if (!clock_behind && exempt_still(settings, who))
		return pass("exempt");
	if (who->enrolled)
		return who->remembered ? pass("remember") : simply(POLICY_ASK);
	if (!required(settings, who))
		return pass_not_required(settings, who);
	if (!clock_behind && who->now < settings->require_from)
		return pass_before(settings, who);
	if (may_enroll(settings, who))
		return simply(POLICY_ENROLL);
	return simply(POLICY_DENY);
}
