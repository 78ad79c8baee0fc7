/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leaving, or a second phone with the same key: the only place that shows a key that is stored. So it is root's
 * alone, asks first, and is on record before anything is shown.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/uri.h"
#include "qr.h"
#include "session.h"
#include "store/link.h"
#include "terminal.h"
#include "verb.h"

static const char verb[] = "export";

struct uri {
	char text[URI_SIZE];
};

static void
uri_wipe(struct uri *uri)
{
	secret_clear(uri, sizeof *uri);
}

static bool
agreed(const struct session *session)
{
	char question[TEXT_NAME_SIZE + 160];

	(void)snprintf(question, sizeof question,
	    tr("Whoever sees these keys can make the codes of %s.\nShow them? [y/N] "),
	    session->user);
	return terminal_agrees(question);
}

static bool
show(const struct session *session, const struct device *device, const char *issuer,
    const enum qr_form *form)
{
	WIPED(uri_wipe) struct uri uri;

	if (!uri_build(uri.text, &device->otp, issuer, session->user,
		history_last(&session->record.view.history, device) + 1)) {
		complain(verb, device->name,
		    tr("no otpauth:// URI can hold this name and issuer"));
		return false;
	}
	if (form != NULL && *form != QR_NONE)
		printf("%s:\n", device->name);
	/* Where no picture fits, the address will do. */
	if (form == NULL || *form == QR_NONE || !qr_show(uri.text, *form))
		printf("%s\n", uri.text);
	return true;
}

static int export(struct session *session, const enum qr_form *form)
{
	const struct enrollment *enrollment = &session->enrollment;
	char issuer[SETTINGS_TEXT_SIZE];
	bool all = true;

	if (!agreed(session))
		return refuse(verb, session->user, tr("not agreed to; nothing is shown"));
	session_announce(session, "exported", NULL, NULL);
	link_issuer(&session->request->settings, issuer);
	for (unsigned i = 0; i < enrollment->devices; i++)
		all = show(session, &enrollment->device[i], issuer, form) && all;
	return all ? EXIT_DONE : EXIT_NO;
}

int
verb_export(struct request *request)
{
	struct session session;
	enum qr_form form;
	int status;

	if (!qr_form_named(request->qr, &form))
		return misuse(verb, "--qr", tr("not auto, utf8, ansi, ascii or none"));
	if (geteuid() != 0)
		return refuse(verb, tr("this is for root alone"), NULL);
	status = session_open(&session, request, SESSION_RECORD);
	if (status == EXIT_DONE)
		status = export(&session, request->qr != NULL ? &form : NULL);
	session_close(&session);
	return status;
}
