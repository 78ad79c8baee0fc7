/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "self.h"
#include "session.h"
#include "store/link.h"
#include "terminal.h"
#include "verb.h"

static void
tell_all(const char *user)
{
	printf(tr("%s: removed; no second step is enrolled\n"), user);
}

static void
tell_one(const char *user, const char *name)
{
	printf(tr("%s: removed '%s'\n"), user, name);
}

static int
remove_all(struct session *session)
{
	int status = session_replace(session, NULL);

	if (status != EXIT_DONE)
		return status;
	session_announce(session, "removed", NULL, NULL);
	tell_all(session->user);
	return EXIT_DONE;
}

static int
remove_device(struct session *session, const char *name)
{
	int status;

	switch (link_remove(&session->enrollment, name)) {
	case LINK_NO_SUCH:
		return refuse(session->request->verb, name, tr("no such device"));
	case LINK_NONE:
		return remove_all(session);
	case LINK_OTHERS:
		break;
	}
	if ((status = session_replace(session, &session->enrollment)) != EXIT_DONE)
		return status;
	session_announce(session, "removed", name, NULL);
	tell_one(session->user, name);
	return EXIT_DONE;
}

/* Who is only invited loses the invitation; his history stays, with what was tried. */
static int
remove_invitation(struct session *session)
{
	int status = session_answer(session,
	    store_invite(&session->store, &session->record, NULL, &session->fault));

	if (status != EXIT_DONE)
		return status;
	session_announce(session, "removed", NULL, "activation");
	printf(tr("%s: the invitation is taken back\n"), session->user);
	return EXIT_DONE;
}

/* A record that cannot be read can still be removed whole. */
static int
remove_record(struct session *session)
{
	const char *device = session->request->device;
	bool read = session_read(session, session->user, session->uid);

	if (!session->record.enrolled && session->record.invited && read && device == NULL)
		return remove_invitation(session);
	if (!session->record.enrolled && read)
		return refuse(session->request->verb, session->user,
		    session->uid == (uid_t)-1 ? tr("no such account") : tr("not enrolled"));
	if (session->record.enrolled && device == NULL)
		return remove_all(session);
	if (read)
		return remove_device(session, device);
	return complain_fault(session->request->verb, &session->fault);
}

static int
remove_own(struct request *request)
{
	const char *name = request->device != NULL ? request->device : "";
	struct self self;
	WIRE wire;
	int status;

	if (request->device != NULL && !device_name_valid(name))
		return refuse(request->verb, name, tr("no such device"));
	wire_start(&wire, WIRE_REMOVE);
	memcpy(wire.wish.name, name, strlen(name));
	status = self_begin(&self, request, &wire);
	if (status == EXIT_DONE)
		status = self_until(&self, &wire, WIRE_END);
	if (status == EXIT_DONE && *name != '\0' && *wire.text == '\0')
		tell_one(self.session.user, name);
	else if (status == EXIT_DONE)
		tell_all(self.session.user);
	self_end(&self);
	return status;
}

int
verb_remove(struct request *request)
{
	struct session session;
	int status;

	if (self_serves(request))
		return remove_own(request);
	status = session_open(&session, request, SESSION_READ);
	if (status == EXIT_DONE)
		status = remove_record(&session);
	session_close(&session);
	return status;
}
