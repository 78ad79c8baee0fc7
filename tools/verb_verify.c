/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "core/judgement.h"
#include "flow/login.h"
#include "session.h"
#include "store/link.h"
#include "store/settle.h"
#include "terminal.h"
#include "verb.h"

static void
read_claim(struct session *session, struct claim *claim)
{
	char text[LOGIN_TEXT_SIZE];
	SECRET typed;
	int64_t wait;
	enum verdict standing = judge_standing(&session->request->settings,
	    &session->record.view.history, session_now(), &wait);

	login_question(text, &session->request->settings, NULL, standing, wait);
	login_claim(claim, terminal_ask(text, &typed) ? &typed : NULL);
	/* No login makes anything of one. */
	if (claim->kind == CLAIM_ACTIVATION && session->request->settings.enroll_at_login == ENROLL_NO)
		claim->kind = CLAIM_MALFORMED;
}

static int
tell(struct session *session, const struct settle *settled)
{
	const struct judgement *judgement = &settled->judgement;
	bool accepted = judgement->verdict == VERDICT_ACCEPTED ||
	    judgement->verdict == VERDICT_ACTIVATED;
	char text[LOGIN_TEXT_SIZE], issuer[SETTINGS_TEXT_SIZE];

	session_log(session, judgement_word(judgement->verdict), judgement);
	link_issuer(settled->settings, issuer);
	login_answer(text, settled->settings, judgement, issuer, settled->now, session->store.created);
	if (!accepted) {
		complain(session->request->verb, session->user, tr(judgement_word(judgement->verdict)));
		(void)fprintf(stderr, "%s\n", text);
		return EXIT_NO;
	}
	if (judgement->device != NULL)
		printf(tr("%s: accepted (%s, %s)\n"), session->user,
		    judge_method_name(judgement->method), judgement->device->name);
	else
		printf(tr("%s: accepted (%s)\n"), session->user, judge_method_name(judgement->method));
	if (text[0] != '\0')
		printf("%s\n", text);
	return EXIT_DONE;
}

static int
verify(struct session *session)
{
	WIPED(claim_wipe) struct claim claim;
	WIPED(settle_wipe) struct settle settled = { .settings = &session->request->settings,
		.claim = &claim };

	read_claim(session, &claim);
	settled.now = session_now();
	if (settle(&settled, &session->store, &session->record, &session->fault))
		return tell(session, &settled);
	session_log(session, "unavailable", NULL);
	return complain_fault(session->request->verb, &session->fault);
}

int
verb_verify(struct request *request)
{
	struct session session;
	int status = session_open(&session, request, SESSION_RECORD);

	if (status == EXIT_DONE)
		status = verify(&session);
	session_close(&session);
	return status;
}
