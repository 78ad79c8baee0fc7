/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is asked for a second step, who is let by and under which rule, and what becomes of
 * those who have none.
 *
 * Whoever is let by without a second step is let by under a rule that is named, and what cannot be
 * told lets nobody by: a clock that is wrong, an address that is a name, a group that was not read.
 */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/list.h"
#include "core/settings.h"

enum policy {
	POLICY_LOOK,   /* the store must be looked at first */
	POLICY_ASK,    /* asked, and judged by what is typed */
	POLICY_DENY,   /* asked like everybody, so that nothing shows, and refused */
	POLICY_PASS,   /* not asked: `rule` let him by */
	POLICY_ENROLL, /* links an app before he gets in */
};

#define POLICY_GROUPS_MAX (2 * LIST_GROUPS_MAX)

/* The groups that the settings name, each once; the caller fills in who is a member. */
struct policy_groups {
	unsigned count; /* 0 where no rule names one: then no group is ever read */
	struct {
		char name[LIST_NAME_SIZE];
		bool member;
	} group[POLICY_GROUPS_MAX];
};

/* Collects them from require and exempt, with nobody a member. */
void policy_groups(struct policy_groups *groups, const struct settings *settings);

struct policy_case {
	bool account;     /* the name service knows the user */
	const char *user; /* canonical */
	const struct policy_groups *groups;
	const char *rhost; /* PAM_RHOST as it was given, or NULL */
	int64_t now;       /* Unix seconds */
	bool looked;       /* the store was looked at, and what follows stands */
	bool enrolled;
	bool invited; /* an invitation stands, valid or not */
	bool remembered;
	int64_t created; /* the store marker's time: a clock before it is wrong */
};

struct policy_decision {
	enum policy policy;
	const char
	    *rule; /* of POLICY_PASS: the setting that let him by; NULL otherwise */
	/* what else he is told, when require or require_from let him by: */
	bool remind; /* that the day comes */
	bool offer;  /* that he may link an app now */
	int64_t
	    days; /* until require_from, rounded up; 0 where that did not let him by */
};

struct policy_decision policy_decide(
    const struct settings *settings, const struct policy_case *who);

#endif
