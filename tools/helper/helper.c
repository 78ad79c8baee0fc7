/* SPDX-License-Identifier: BSD-2-Clause */
#include "helper.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/judgement.h"
#include "core/language.h"

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
helper_ask(struct helper *helper, const struct wire *question, struct secret *typed)
{
	WIRE answer;

	store_key_forget(&helper->store);
	if (!helper_send(helper, question) || !helper_receive(helper, &answer, WIRE_ANSWER) ||
	    !answer.given)
		return false;
	wire_take_typed(&answer, typed);
	return true;
}

void
helper_facts(const struct helper *helper, struct wire_facts *facts)
{
	int64_t wait = 0;

	facts->created = helper->store.created;
	facts->standing = judge_standing(&helper->setup.settings, &helper->record.view.history,
	    helper_now(), &wait);
	facts->wait = wait;
	facts->enrolled = helper->record.enrolled;
	facts->invited = helper->record.invited;
	memcpy(facts->user, helper->who.user, strlen(helper->who.user));
}

static void
put_judged(struct wire_judged *judged, const struct settle *settled)
{
	const struct judgement *judgement = &settled->judgement;
	const struct claim *claim = settled->claim;

	judged->wait = judgement->wait;
	judged->verdict = judgement->verdict;
	judged->method = judgement->method;
	judged->failures = judgement->failures;
	judged->since = judgement->since;
	judged->left = judgement->left;
	judged->digits = judgement->digits;
	judged->locks = judgement->locks;
	judged->blocks = judgement->blocks;
	judged->cut = claim != NULL && claim->kind == CLAIM_CODE ? claim->digits : 0;
	judged->codes = settled->enrollment.recovery.count > 0;
}

bool
helper_tell(const struct helper *helper, const struct settle *settled)
{
	WIRE wire;

	wire_start(&wire, WIRE_JUDGED);
	put_judged(&wire.judged, settled);
	return helper_send(helper, &wire);
}

enum wire_status
helper_refuse(struct helper *helper, const char *why)
{
	helper->why = why;
	return WIRE_NO;
}

enum wire_status
helper_broken(struct helper *helper)
{
	return helper_refuse(helper, N_("broken off; nothing was changed"));
}

enum wire_status
helper_conflict(struct helper *helper)
{
	return helper_refuse(helper, N_("changed by somebody else meanwhile; nothing was done here"));
}

enum wire_status
helper_answer(struct helper *helper, enum store_answer answer)
{
	switch (answer) {
	case STORE_OK:
		return WIRE_DONE;
	case STORE_CONFLICT:
		return helper_conflict(helper);
	case STORE_FAULT:
		break;
	}
	return helper_fault(helper);
}

/*
 * Of one who is not enrolled nothing is written: a login would write the decoy, for its cost alone,
 * and that is one file for everybody, whose lock no user may get hold of in here.
 */
static bool
judge_nobody(const struct helper *helper, struct settle *settled)
{
	settled->judgement = (struct judgement){ .verdict = VERDICT_UNENROLLED };
	helper_log(helper, "unenrolled", NULL);
	return true;
}

bool
helper_judge(struct helper *helper, struct settle *settled)
{
	if (!helper->record.enrolled)
		return judge_nobody(helper, settled);
	settled->settings = &helper->setup.settings;
	settled->now = helper_now();
	if (!settle(settled, &helper->store, &helper->record, &helper->fault))
		return false;
	helper_log(helper, judgement_word(settled->judgement.verdict), &settled->judgement);
	return true;
}
