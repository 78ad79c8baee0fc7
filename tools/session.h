/* SPDX-License-Identifier: BSD-2-Clause */
/* What every verb needs: settings, the account, the store, one user's record, and the journal. */
#ifndef TOOLS_SESSION_H
#define TOOLS_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "complaint.h"
#include "core/judge.h"
#include "core/text.h"
#include "store/store.h"
#include "verb.h"

struct session {
	const struct request *request;
	char user[TEXT_NAME_SIZE]; /* as the account is called */
	uid_t uid;
	struct store store;
	struct record record;
	struct enrollment enrollment; /* empty when not enrolled */
	struct store_fault fault;
};

/* The moment, Unix seconds: read anew, for a person may have typed meanwhile. */
int64_t session_now(void);

/*
 * Reads the configuration file, then --conf, --store and --key-file. An EXIT_ status, with the
 * problem unless it is EXIT_DONE.
 */
int session_try_settings(struct request *request, struct problem *problem);
/* The same, and complains. */
int session_settings(struct request *request);

enum session_need {
	SESSION_READ,   /* the store as it is */
	SESSION_RECORD, /* and the user's record: not enrolled is EXIT_NO */
	SESSION_KNOWN,  /* the same, but an invitation will do */
	SESSION_MAKE,   /* the store is made if there is none; the user may be new */
};

/*
 * Finds the account, opens the store, reads the user's record; complains when it cannot.
 * An EXIT_ status; session_close is due after every one.
 */
int session_open(struct session *session, struct request *request, enum session_need need);
/* Begins one that opens no store; session_close is harmless after it. */
void session_begin(struct session *session, struct request *request);
/* The same, of no user in particular: only the store, which is made on demand. */
int session_open_store(struct session *session, struct request *request, bool make);
void session_close(struct session *session);

/*
 * Looks a user up, and whether he is invited, and reads the enrollment, if there is one. False with the
 * fault.
 */
bool session_read(struct session *session, const char *user, uid_t uid);

/* Puts `enrollment` (NULL: none) in the place of the one that was read. An EXIT_ status. */
int session_replace(struct session *session, struct enrollment *enrollment);
/* What became of a change: an EXIT_ status, after a complaint unless it is EXIT_DONE. */
int session_answer(struct session *session, enum store_answer answer);

/* Changes the user's history, however many logins do so meanwhile. An EXIT_ status. */
int session_rewrite(struct session *session,
    void (*change)(const struct session *session, struct history *next));

/* --valid, if it was given: from `min` seconds to 30 days. An EXIT_ status. */
int session_valid(const struct request *request, int64_t min, int64_t *valid);

/* One journal line, in the words of the module, with what was judged if not NULL. */
void session_log(const struct session *session, const char *result,
    const struct judgement *judgement);
/* One of a change of the account, of which the program that `notify` names is told. */
void session_announce(const struct session *session, const char *result, const char *device,
    const char *method);

/* Prints recovery codes under a heading, or bare for a script when it is NULL. */
void session_print_codes(const struct printed_codes *codes, const char *heading);

#endif
