/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "core/judge.h"
#include "session.h"
#include "verb.h"

#define TRIES 100 /* a login may be faster, and another */

static int
unlock(struct session *session)
{
	for (unsigned i = 0; i < TRIES; i++) {
		struct history next;
		enum store_answer answer;

		judge_unlock(&session->enrollment, &session->record.view.history, session_now(), &next);
		answer = store_swap(&session->store, &session->record, &next, &session->fault);
		if (answer == STORE_OK) {
			session_log(session, "unlocked", NULL, NULL);
			printf("%s: unlocked\n", session->user);
			return EXIT_DONE;
		}
		if (answer == STORE_FAULT || !session_read(session, session->user, session->uid))
			break;
	}
	complain_fault(session->request->verb, &session->fault);
	return EXIT_SYSTEM;
}

int
verb_unlock(struct request *request)
{
	struct session session;
	int status = session_open(&session, request, SESSION_RECORD);

	if (status == EXIT_DONE)
		status = unlock(&session);
	session_close(&session);
	return status;
}
