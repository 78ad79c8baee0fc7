/* SPDX-License-Identifier: BSD-2-Clause */
#include "helper.h"

#include <time.h>
#include <unistd.h>

#include "core/judgement.h"

static bool
find_account(struct helper *helper)
{
	if (!who_find_uid(&helper->who, helper->uid, &helper->fault))
		return false;
	/* (Of two accounts with one uid the name service knows the first: the other one is not served.) */
	return helper->who.user[0] != '\0' ||
	    store_fault_set(&helper->fault, NULL, "passwd", "no such account", 0);
}

static bool
open_store(struct helper *helper)
{
	const struct settings *settings = &helper->setup.settings;
	struct store *store = &helper->store;
	struct store_fault *fault = &helper->fault;

	if (!store_open(store, settings->store, settings->key_file, helper->setup.trusted, fault))
		return false;
	store->judged = settings->conf;
	return store_key(store, fault);
}

bool
helper_open(struct helper *helper)
{
	struct record *record = &helper->record;
	struct store_fault *fault = &helper->fault;

	return setup_read(&helper->setup, 0, NULL, fault) && find_account(helper) &&
	    open_store(helper) &&
	    store_look(&helper->store, helper->who.user, helper->who.uid, record, fault) &&
	    store_invited(&helper->store, record, fault);
}

void
helper_wipe(struct helper *helper)
{
	record_close(&helper->record);
	store_close(&helper->store);
}

int64_t
helper_now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec;
}

bool
helper_send(const struct helper *helper, const struct wire *wire)
{
	return wire_send(STDIN_FILENO, wire, helper->until);
}

bool
helper_receive(const struct helper *helper, struct wire *wire, enum wire_kind kind)
{
	return wire_receive(STDIN_FILENO, wire, helper->until) && wire->kind == kind;
}

bool
helper_judge(struct helper *helper, struct settle *settled)
{
	settled->settings = &helper->setup.settings;
	settled->now = helper_now();
	if (!settle(settled, &helper->store, &helper->record, &helper->fault))
		return false;
	helper_log(helper, judgement_word(settled->judgement.verdict), &settled->judgement);
	return true;
}
