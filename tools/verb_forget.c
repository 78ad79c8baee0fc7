/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "session.h"
#include "terminal.h"
#include "verb.h"

static void
forget(const struct session *session, struct history *next)
{
	(void)session;
	history_forget(next);
}

int
verb_forget(struct request *request)
{
	struct session session;
	int status = session_open(&session, request, SESSION_RECORD);

	if (status == EXIT_DONE)
		status = session_rewrite(&session, forget);
	if (status == EXIT_DONE) {
		session_log(&session, "forgotten", NULL);
		printf(tr("%s: no place is remembered any more\n"), session.user);
	}
	session_close(&session);
	return status;
}
