/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A new host key. Whatever ends this in the middle, both keys open until it is run again; so does
 * one record that cannot be sealed anew, for it may only be unreadable today.
 */
#include <stdio.h>

#include "names.h"
#include "progress.h"
#include "session.h"
#include "terminal.h"

static const char verb[] = "rekey";

struct rekey {
	struct session session;
	char id[SEAL_ID_SIZE]; /* of the new key */
	struct names users;    /* who have an enrollment or an invitation; who has both, twice */
	size_t left;           /* who stay under the old key */
	struct progress progress;
};

/* Everybody whom the old key could seal: what came after it is under the new one. */
static bool
list(struct rekey *rekey)
{
	struct store *store = &rekey->session.store;
	struct store_fault *fault = &rekey->session.fault;

	return names_list(&rekey->users, store, store_list, fault) &&
	    names_list(&rekey->users, store, store_list_invited, fault);
}

static void
seal_user(struct rekey *rekey, const char *user)
{
	struct session *session = &rekey->session;

	if (store_rekey_user(&session->store, rekey->id, user, &session->fault))
		return;
	progress_clear(&rekey->progress);
	complain_fault(verb, &session->fault);
	rekey->left++;
}

static bool
seal_all(struct rekey *rekey)
{
	size_t i = 0;

	progress_start(&rekey->progress, rekey->users.count);
	while (i < rekey->users.count && !terminal_interrupted()) {
		seal_user(rekey, rekey->users.name[i]);
		progress_show(&rekey->progress, ++i);
	}
	progress_clear(&rekey->progress);
	return i == rekey->users.count;
}

static int
finish(struct rekey *rekey)
{
	struct session *session = &rekey->session;

	if (!seal_all(rekey))
		return refuse(verb, tr("interrupted"), tr("both keys open; run it again"));
	if (rekey->left > 0) {
		complain(verb, tr("the old key stays beside the new one"),
		    tr("mend or remove those records, and run it again"));
		return EXIT_SYSTEM;
	}
	if (!store_rekey_end(&session->store, rekey->id, &session->fault))
		return complain_fault(verb, &session->fault);
	session_log(session, "rekeyed", NULL);
	printf("%s\n", tr("Every record is sealed under a new host key; keep a copy of it."));
	return EXIT_DONE;
}

int
verb_rekey(struct request *request)
{
	struct rekey rekey = { .left = 0 };
	struct session *session = &rekey.session;
	int status = session_open_store(session, request, false);

	if (status == EXIT_DONE &&
	    (!store_rekey_begin(&session->store, rekey.id, &session->fault) || !list(&rekey))) {
		complain_fault(verb, &session->fault);
		status = EXIT_SYSTEM;
	}
	if (status == EXIT_DONE)
		status = finish(&rekey);
	names_free(&rekey.users);
	session_close(session);
	return status;
}
