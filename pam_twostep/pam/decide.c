/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/decide.h"

#include "pam/host.h"
#include "pam/place.h"

/* (Asked of everybody, or else the time would tell who has a second step: policy knows who has.) */
static bool
remembered(const struct login *login)
{
	const struct settings *settings = &login->setup.settings;
	struct place place;

	if (settings->remember == 0)
		return false;
	place_here(login->pamh, &login->record, &place);
	return history_remembers(&login->record.view.history, &place, host_now(), settings->remember);
}

void
decide(struct login *login)
{
	const struct policy_case who = {
		.account = login_account(login) != NULL,
		.user = login->who.user,
		.groups = login->groups,
		.rhost = host_item(login->pamh, PAM_RHOST),
		.now = host_now(),
		.looked = login->opened,
		.enrolled = login->record.enrolled,
		.invited = login->record.invited,
		.remembered = login->opened && remembered(login),
		.created = login->store.created,
	};

	login->decision = policy_decide(&login->setup.settings, &who);
}

enum outcome
decide_groups(struct login *login)
{
	struct text word = text_into(login->setup.wrong.word, sizeof login->setup.wrong.word);
	const char *missing = "";

	policy_groups(login->groups, &login->setup.settings);
	/* For who is no account, too: neither the time may tell nor a group that is missing. */
	switch (who_groups(&login->who, login->groups, &missing, &login->fault)) {
	case WHO_GROUPS_READ:
		return OUTCOME_NOTHING;
	case WHO_GROUPS_MISSING:
		text_put(&word, "@");
		text_put(&word, missing);
		text_end(&word);
		login->setup.wrong.why = "no such group";
		return OUTCOME_MISCONFIGURED;
	case WHO_GROUPS_FAULT:
		break;
	}
	return OUTCOME_UNAVAILABLE;
}
