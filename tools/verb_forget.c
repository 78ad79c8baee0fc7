/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "self.h"
#include "session.h"
#include "terminal.h"
#include "verb.h"

static void
forget(const struct session *session, struct history *next)
{
	(void)session;
	history_forget(next);
}

static void
tell(const char *user)
{
	printf(tr("%s: no place is remembered any more\n"), user);
}

static int
forget_own(struct request *request)
{
	struct self self;
	WIRE wire;
	int status;

	wire_start(&wire, WIRE_FORGET);
	status = self_begin(&self, request, &wire);
	if (status == EXIT_DONE)
		status = self_until(&self, &wire, WIRE_END);
	if (status == EXIT_DONE)
		tell(self.session.user);
	self_end(&self);
	return status;
}

int
verb_forget(struct request *request)
{
	struct session session;
	int status;

	if (self_serves(request))
		return forget_own(request);
	status = session_open(&session, request, SESSION_RECORD);

	if (status == EXIT_DONE)
		status = session_rewrite(&session, forget);
	if (status == EXIT_DONE) {
		session_log(&session, "forgotten", NULL);
		tell(session.user);
	}
	session_close(&session);
	return status;
}
