/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/promise.h"

#include "pam/host.h"

#define SERVICE_PATIENCE 120 /* seconds that a service's account phase may take to come */

static const char account_hint[] =
    "nobody enrolls: this service never came to the module's account line; put it first among them";

bool
promise_serves(struct login *login, bool *serves)
{
	const char *service = host_item(login->pamh, PAM_SERVICE);
	int64_t since = 0, age;

	*serves = login->setup.settings.enroll_at_login != ENROLL_NO && service != NULL;
	if (!*serves)
		return true;
	if (!store_service_marked(&login->store, service, &since, &login->fault))
		return false;
	age = host_now() - since;
	*serves = since == 0 || (age >= 0 && age <= SERVICE_PATIENCE);
	if (!*serves)
		login->hint = account_hint;
	return true;
}

enum outcome
promise(struct login *login)
{
	if (!login->store.keyed && !store_key(&login->store, &login->fault))
		return OUTCOME_UNAVAILABLE;
	return store_service_mark(&login->store, host_item(login->pamh, PAM_SERVICE), host_now(),
		   &login->fault)
	    ? OUTCOME_ENROLLS
	    : OUTCOME_UNAVAILABLE;
}
