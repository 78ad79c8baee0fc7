/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "core/judge.h"
#include "session.h"
#include "terminal.h"
#include "verb.h"

static void
unlock(const struct session *session, struct history *next)
{
	struct history before = *next;

	judge_unlock(&session->enrollment, &before, session_now(), next);
}

int
verb_unlock(struct request *request)
{
	struct session session;
	int status = session_open(&session, request, SESSION_KNOWN);

	if (status == EXIT_DONE)
		status = session_rewrite(&session, unlock);
	if (status == EXIT_DONE) {
		session_announce(&session, "unlocked", NULL, NULL);
		printf(tr("%s: unlocked\n"), session.user);
	}
	session_close(&session);
	return status;
}
