/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A new host key. Whatever ends this in the middle, both keys open until it is run again; so does
 * one record that cannot be sealed anew, for it may only be unreadable today.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "progress.h"
#include "session.h"
#include "terminal.h"

static const char verb[] = "rekey";

struct rekey {
	struct session session;
	char id[SEAL_ID_SIZE]; /* of the new key */
	char **user;           /* who has an enrollment or an invitation; who has both, twice */
	size_t count, room;
	size_t left;           /* who stay under the old key */
	bool cut;              /* memory was short, and somebody is not there */
	struct progress progress;
};

static bool
add_user(const char *user, void *arg)
{
	struct rekey *rekey = arg;

	rekey->cut = true;
	if (rekey->count == rekey->room) {
		size_t room = rekey->room > 0 ? 2 * rekey->room : 64;
		char **more = realloc(rekey->user, room * sizeof *more);

		if (more == NULL)
			return false;
		rekey->user = more;
		rekey->room = room;
	}
	rekey->user[rekey->count] = strdup(user);
	if (rekey->user[rekey->count] == NULL)
		return false;
	rekey->count++;
	rekey->cut = false;
	return true;
}

/* Everybody whom the old key could seal: what came after it is under the new one. */
static bool
list(struct rekey *rekey)
{
	struct store *store = &rekey->session.store;
	struct store_fault *fault = &rekey->session.fault;

	if (!store_list(store, add_user, rekey, fault) ||
	    (!rekey->cut && !store_list_invited(store, add_user, rekey, fault)))
		return false;
	return !rekey->cut || store_fault_set(fault, store->path, ".", "cannot be listed", ENOMEM);
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

	progress_start(&rekey->progress, rekey->count);
	while (i < rekey->count && !terminal_interrupted()) {
		seal_user(rekey, rekey->user[i]);
		progress_show(&rekey->progress, ++i);
	}
	progress_clear(&rekey->progress);
	return i == rekey->count;
}

static int
finish(struct rekey *rekey)
{
	struct session *session = &rekey->session;

	if (!seal_all(rekey)) {
		complain(verb, tr("interrupted"), tr("both keys open; run it again"));
		return EXIT_NO;
	}
	if (rekey->left > 0) {
		complain(verb, tr("the old key stays beside the new one"),
		    tr("mend or remove those records, and run it again"));
		return EXIT_SYSTEM;
	}
	if (!store_rekey_end(&session->store, rekey->id, &session->fault)) {
		complain_fault(verb, &session->fault);
		return EXIT_SYSTEM;
	}
	session_log(session, "rekeyed", NULL);
	printf("%s\n", tr("Every record is sealed under a new host key; keep a copy of it."));
	return EXIT_DONE;
}

static void
rekey_free(struct rekey *rekey)
{
	for (size_t i = 0; i < rekey->count; i++)
		free(rekey->user[i]);
	free(rekey->user);
	session_close(&rekey->session);
}

int
verb_rekey(struct request *request)
{
	struct rekey rekey = { .count = 0 };
	struct session *session = &rekey.session;
	int status = session_open_store(session, request, false);

	if (status == EXIT_DONE &&
	    (!store_rekey_begin(&session->store, rekey.id, &session->fault) || !list(&rekey))) {
		complain_fault(verb, &session->fault);
		status = EXIT_SYSTEM;
	}
	if (status == EXIT_DONE)
		status = finish(&rekey);
	rekey_free(&rekey);
	return status;
}
