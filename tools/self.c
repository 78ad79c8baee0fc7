/* SPDX-License-Identifier: BSD-2-Clause */
#include "self.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow/login.h"
#include "store/link.h"
#include "terminal.h"

#define SECONDS 300 /* that the helper gives a person, too */

static const char file[] = "file:";
static const char layout[] = "\n\t"; /* that a module of PAM may use */

/* A store that belongs to who calls is opened by him. */
static bool
own_store(const struct request *request)
{
	const char *where = request->settings.store;
	struct stat st;

	return strncmp(where, file, sizeof file - 1) == 0 && stat(where + sizeof file - 1, &st) == 0 &&
	    st.st_uid == geteuid();
}

bool
self_serves(const struct request *request)
{
	const struct passwd *entry;

	if (geteuid() == 0 || request->conf != NULL || request->store != NULL ||
	    request->key_file != NULL || own_store(request))
		return false;
	if (request->user == NULL)
		return true;
	entry = getpwuid(getuid());
	return entry != NULL && strcmp(entry->pw_name, request->user) == 0;
}

static int
silent(const struct self *self, const struct store_fault *fault)
{
	return complain_fault(self->session.request->verb, fault);
}

int
self_begin(struct self *self, struct request *request, const struct wire *wire)
{
	const struct passwd *entry = getpwuid(getuid());
	struct session *session = &self->session;

	session_begin(session, request);
	self->call.socket = -1;
	self->created = 0;
	self->asked = WIRE_ABOUT_PAM;
	if (!call_built())
		return refuse(request->verb, tr("this is for root alone"),
		    tr("the helper, which would serve you, is not in this build"));
	if (entry == NULL || strlen(entry->pw_name) >= sizeof session->user)
		return refuse(request->verb, tr("you"), tr("no such account"));
	memcpy(session->user, entry->pw_name, strlen(entry->pw_name) + 1);
	session->uid = entry->pw_uid;
	if (call_open(&self->call, wire, SECONDS, &session->fault))
		return EXIT_DONE;
	return silent(self, &session->fault);
}

void
self_end(struct self *self)
{
	call_close(&self->call);
	session_close(&self->session);
}

/* ---- what the helper sends ---------------------------------------------------------- */

static void
say_it(struct wire *wire)
{
	FILE *out = wire->error ? stderr : terminal_dialogue();

	(void)fflush(stdout);
	terminal_clean(wire->text, layout);
	(void)fprintf(out, "%s\n", wire->text);
	(void)fflush(out);
}

/* In the words that a login has for it. */
static void
tell_judged(const struct self *self, const struct wire_judged *judged)
{
	const struct settings *settings = &self->session.request->settings;
	char text[LOGIN_TEXT_SIZE], issuer[SETTINGS_TEXT_SIZE];
	struct judgement judgement;
	bool accepted, amiss;

	wire_take_judged(judged, &judgement);
	accepted = judgement.verdict == VERDICT_ACCEPTED;
	amiss = judgement.verdict == VERDICT_WRONG || judgement.verdict == VERDICT_MALFORMED ||
	    judgement.verdict == VERDICT_EMPTY;
	if (amiss && self->asked == WIRE_ABOUT_ACTIVATION)
		judgement.verdict = VERDICT_EXPIRED;
	link_issuer(settings, issuer);
	login_answer(text, settings, &judgement, issuer, session_now(), self->created);
	(void)fflush(stdout);
	if (text[0] != '\0')
		(void)fprintf(accepted ? terminal_dialogue() : stderr, "%s\n", text);
}

static void
ask_present(const struct wire *wire, const struct settings *settings, char text[static LOGIN_TEXT_SIZE])
{
	if (wire->tries == WIRE_TRIES && !terminal_interrupted())
		(void)fprintf(terminal_dialogue(), "%s\n",
		    tr("To show that it is you: a code from your app, or a recovery code."));
	login_question(text, settings, NULL, wire->facts.standing, wire->facts.wait);
}

/* The question in the words of the tool, which only PAM's modules have for themselves. */
static void
word(const struct self *self, const struct wire *wire, char text[static WIRE_TEXT_SIZE])
{
	unsigned left = wire->tries;

	switch ((enum wire_about)wire->about) {
	case WIRE_ABOUT_CODE:
		ask_present(wire, &self->session.request->settings, text);
		return;
	case WIRE_ABOUT_ACTIVATION:
		(void)snprintf(text, WIRE_TEXT_SIZE, "%s", tr("Activation code: "));
		return;
	case WIRE_ABOUT_DEVICE:
		(void)fflush(stdout);
		if (left < WIRE_TRIES)
			(void)fprintf(stderr, tr_n("That code does not fit this key. %u try left.\n",
			    "That code does not fit this key. %u tries left.\n", left), left);
		(void)snprintf(text, WIRE_TEXT_SIZE, "%s", tr("Verification code: "));
		return;
	case WIRE_ABOUT_PAM:
	case WIRE_ABOUTS:
		break;
	}
	memcpy(text, wire->text, WIRE_TEXT_SIZE);
	terminal_clean(text, layout);
}

static bool
answer(struct self *self, struct wire *wire)
{
	bool hidden = wire->about == WIRE_ABOUT_PAM && !wire->echo;
	char text[WIRE_TEXT_SIZE];
	SECRET typed = { .len = 0 };
	bool given;

	self->asked = wire->about;
	if (wire->about == WIRE_ABOUT_CODE)
		self->created = wire->facts.created;
	word(self, wire, text);
	given = (hidden ? terminal_ask_hidden : terminal_ask)(text, &typed);
	wire_start(wire, WIRE_ANSWER);
	wire->given = given;
	if (given)
		wire_put_typed(wire, &typed);
	return call_send(&self->call, wire, &self->session.fault);
}

/* The end, where it is not what was waited for. */
static int
ended(const struct self *self, const struct wire *wire)
{
	const struct session *session = &self->session;
	const char *verb = session->request->verb;

	if (wire->status == WIRE_DONE || wire->status == WIRE_USAGE || wire->status == WIRE_SYSTEM) {
		complain(verb, "twostep-helper",
		    *wire->text != '\0' ? tr(wire->text) : tr("out of order; see its line in the log"));
		return EXIT_SYSTEM;
	}
	if (*wire->text != '\0')
		complain(verb, session->user, tr(wire->text));
	return EXIT_NO;
}

int
self_until(struct self *self, struct wire *wire, enum wire_kind kind)
{
	struct store_fault *fault = &self->session.fault;

	while (call_receive(&self->call, wire, fault)) {
		bool alive = true;

		if (wire->kind == kind && (kind != WIRE_END || wire->status == WIRE_DONE))
			return EXIT_DONE;
		if (wire->kind == WIRE_END)
			return ended(self, wire);
		if (wire->kind == WIRE_SAY)
			say_it(wire);
		if (wire->kind == WIRE_JUDGED)
			tell_judged(self, &wire->judged);
		if (wire->kind == WIRE_ASK)
			alive = answer(self, wire);
		if (!alive)
			break;
	}
	return silent(self, fault);
}

int
self_ask(struct request *request, enum wire_kind kind, struct wire *answer_, enum wire_kind wanted)
{
	struct self self;
	int status;

	wire_start(answer_, kind);
	status = self_begin(&self, request, answer_);
	if (status == EXIT_DONE)
		status = self_until(&self, answer_, wanted);
	self_end(&self);
	return status;
}
