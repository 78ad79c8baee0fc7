/* SPDX-License-Identifier: BSD-2-Clause */
#include "session.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "core/judgement.h"
#include "core/value.h"
#include "journal.h"
#include "store/notify.h"
#include "terminal.h"

#define TRIES 100 /* a login may be faster, and another */

/* A setting of the file is the system's fault, one of the command line the caller's. */
static int
problem_of_setting(struct problem *problem, const char *conf, const struct settings_fault *setting)
{
	if (conf != NULL)
		(void)snprintf(problem->what, sizeof problem->what, "%s:%u: %s", conf, setting->line,
		    setting->word);
	else
		(void)snprintf(problem->what, sizeof problem->what, "%s", setting->word);
	(void)snprintf(problem->why, sizeof problem->why, "%s", tr(setting->why));
	return conf != NULL ? EXIT_SYSTEM : EXIT_USAGE;
}

int
session_try_settings(struct request *request, struct problem *problem)
{
	struct settings *settings = &request->settings;
	const char *conf = request->conf != NULL ? request->conf : TWOSTEP_CONF;
	struct store_fault fault = { .why = NULL };
	struct settings_fault setting;
	char bytes[SETTINGS_FILE_MAX];
	size_t len = 0;
	/* What scripts read is in one language, findings and complaints too. */
	const struct language *only = request->json ? language_named("en", 2) : NULL;

	(void)terminal_speak(only);
	settings_default(settings);
	if (request->conf != NULL && !settings_set(settings, "conf", request->conf, &setting))
		return problem_of_setting(problem, NULL, &setting);
	if (!trusted_read(conf, TRUSTED_PUBLIC, geteuid(), bytes, sizeof bytes, &len, &fault) &&
	    fault.error != ENOENT) {
		problem_of_fault(problem, &fault);
		return EXIT_SYSTEM;
	}
	if (!settings_file(settings, bytes, len, &setting))
		return problem_of_setting(problem, conf, &setting);
	settings->language = terminal_speak(only != NULL ? only : settings->language);
	if ((request->store != NULL && !settings_set(settings, "store", request->store, &setting)) ||
	    (request->key_file != NULL &&
		!settings_set(settings, "key_file", request->key_file, &setting)))
		return problem_of_setting(problem, NULL, &setting);
	return EXIT_DONE;
}

int
session_settings(struct request *request)
{
	struct problem problem;
	int status = session_try_settings(request, &problem);

	if (status != EXIT_DONE)
		complain(request->verb, problem.what, problem.why);
	return status;
}

int64_t
session_now(void)
{
	return (int64_t)time(NULL);
}

static int
find_account(struct session *session, enum session_need need)
{
	const struct request *request = session->request;
	const struct passwd *entry;
	char what[96];

	if (request->user == NULL && getuid() == 0) {
		(void)snprintf(what, sizeof what, tr("which user? You are root: twostep %s jan"),
		    request->verb);
		return misuse(request->verb, what, NULL);
	}
	errno = 0;
	entry = request->user != NULL ? getpwnam(request->user) : getpwuid(getuid());
	if (entry == NULL && errno != 0 && errno != ENOENT) {
		complain(request->verb, tr("the name service does not answer"), strerror(errno));
		return EXIT_SYSTEM;
	}
	/* A record outlives its account: it can still be removed. */
	if (entry == NULL && request->user != NULL && need == SESSION_READ &&
	    strlen(request->user) < sizeof session->user) {
		memcpy(session->user, request->user, strlen(request->user) + 1);
		session->uid = (uid_t)-1;
		return EXIT_DONE;
	}
	if (entry == NULL || strlen(entry->pw_name) >= sizeof session->user)
		return refuse(request->verb, request->user != NULL ? request->user : tr("you"),
		    tr("no such account"));
	memcpy(session->user, entry->pw_name, strlen(entry->pw_name) + 1);
	session->uid = entry->pw_uid;
	return EXIT_DONE;
}

static bool
open_store(struct session *session, bool make)
{
	const struct settings *settings = &session->request->settings;
	struct store *store = &session->store;
	struct store_fault *fault = &session->fault;

	if (make && !store_make(settings->store, fault))
		return false;
	if (!store_open(store, settings->store, settings->key_file, geteuid(), fault))
		return false;
	return make ? store_prepare(store, session_now(), fault) : store_key(store, fault);
}

bool
session_read(struct session *session, const char *user, uid_t uid)
{
	struct store *store = &session->store;
	struct record *record = &session->record;
	struct store_fault *fault = &session->fault;

	record_close(record);
	enrollment_wipe(&session->enrollment);
	return store_look(store, user, uid, record, fault) && store_invited(store, record, fault) &&
	    (!record->enrolled || store_read(store, record, &session->enrollment, fault));
}

static int
fault_status(const struct session *session)
{
	return complain_fault(session->request->verb, &session->fault);
}

void
session_begin(struct session *session, struct request *request)
{
	memset(session, 0, sizeof *session);
	session->request = request;
	session->store.directory = -1;
	session->record.enrollment = session->record.history = session->record.invitation = -1;
}

int
session_open_store(struct session *session, struct request *request, bool make)
{
	session_begin(session, request);
	return open_store(session, make) ? EXIT_DONE : fault_status(session);
}

int
session_open(struct session *session, struct request *request, enum session_need need)
{
	int status;

	session_begin(session, request);
	if ((status = find_account(session, need)) != EXIT_DONE)
		return status;
	if (!open_store(session, need == SESSION_MAKE))
		return fault_status(session);
	if (need == SESSION_READ)
		return EXIT_DONE;
	if (!session_read(session, session->user, session->uid))
		return fault_status(session);
	if (session->record.enrolled || need == SESSION_MAKE ||
	    (need == SESSION_KNOWN && session->record.invited))
		return EXIT_DONE;
	return refuse(request->verb, session->user, tr("not enrolled"));
}

void
session_close(struct session *session)
{
	record_close(&session->record);
	store_close(&session->store);
	enrollment_wipe(&session->enrollment);
}

int
session_answer(struct session *session, enum store_answer answer)
{
	switch (answer) {
	case STORE_OK:
		return EXIT_DONE;
	case STORE_CONFLICT:
		return refuse(session->request->verb, session->user,
		    tr("changed by somebody else meanwhile; nothing was done here"));
	case STORE_FAULT:
		break;
	}
	return fault_status(session);
}

int
session_replace(struct session *session, struct enrollment *enrollment)
{
	return session_answer(session,
	    store_replace(&session->store, &session->record, enrollment, &session->fault));
}

int
session_rewrite(struct session *session,
    void (*change)(const struct session *session, struct history *next))
{
	for (unsigned i = 0; i < TRIES; i++) {
		struct history next = session->record.view.history;
		enum store_answer answer;

		change(session, &next);
		next.seq = session->record.view.history.seq + 1;
		next.flushed = true;
		answer = store_swap(&session->store, &session->record, &next, &session->fault);
		if (answer == STORE_OK)
			return EXIT_DONE;
		if (answer == STORE_FAULT || !session_read(session, session->user, session->uid))
			break;
	}
	return fault_status(session);
}

int
session_valid(const struct request *request, int64_t min, int64_t *valid)
{
	const char *why;

	if (request->valid == NULL)
		return EXIT_DONE;
	why = value_time(valid, min, RECOVERY_VALID_MAX,
	    (struct span){ request->valid, strlen(request->valid) });
	if (why == NULL)
		return EXIT_DONE;
	return misuse(request->verb, "--valid", tr(why));
}

static struct journal
journal_of(const struct session *session)
{
	return (struct journal){ .program = "twostep", .user = session->user, .by = getuid() };
}

/* What was done stands, whether or not somebody could be told of it. */
static void
tell_program(const struct session *session, const char *bytes)
{
	static bool complained;
	struct store_fault fault;

	if (notify(session->request->settings.notify, geteuid(), bytes, &fault) || complained)
		return;
	complained = true;
	complain_fault(session->request->verb, &fault);
}

void
session_log(const struct session *session, const char *result, const struct judgement *judgement)
{
	const struct journal journal = journal_of(session);
	char bytes[EVENT_SIZE];
	struct text line = journal_start(&journal, bytes, result);

	if (judgement != NULL)
		judgement_put(&line, judgement);
	journal_end(&journal, &line, LOG_NOTICE);
	if (judgement != NULL && judgement_alarms(judgement))
		tell_program(session, bytes);
}

void
session_announce(const struct session *session, const char *result, const char *device,
    const char *method)
{
	const struct journal journal = journal_of(session);
	char bytes[EVENT_SIZE];

	journal_change(&journal, bytes, result, device, method);
	tell_program(session, bytes);
}

void
session_print_codes(const struct printed_codes *codes, const char *heading)
{
	if (heading != NULL && codes->count > 0)
		printf(tr_n("%s\nPrint this recovery code; it signs you in once, without the app.\n"
			    "Shown only now:\n\n",
			   "%s\nPrint these %u recovery codes; each signs you in once, without the app.\n"
			   "Shown only now:\n\n", codes->count),
		    heading, codes->count);
	for (unsigned i = 0; i < codes->count; i++)
		printf("%s%s\n", heading != NULL ? "    " : "", codes->code[i]);
}
