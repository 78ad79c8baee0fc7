/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A login through a real service at this terminal: libpam, called as sshd or sudo calls it.
 *
 * 1. libpam is loaded here and by no other verb: they work where it is broken.
 * 2. After an interrupt no phase begins, and the account phase never after a refusal.
 * 3. The settings of the tool decide nothing but the language: the module has its own.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <security/pam_appl.h>

#include "converse.h"
#include "service.h"
#include "session.h"
#include "terminal.h"

#define LIBRARY "libpam.so.0"

static const char verb[] = "test";

/* The calls of libpam, each as its header declares it. */
struct libpam {
	__typeof__(pam_start) *start;
	__typeof__(pam_set_item) *set_item;
	__typeof__(pam_authenticate) *authenticate;
	__typeof__(pam_acct_mgmt) *acct_mgmt;
	__typeof__(pam_strerror) *strerror;
	__typeof__(pam_end) *end;
};

struct trial {
	const struct request *request;
	struct libpam pam;
	pam_handle_t *handle;
	unsigned asked; /* questions that somebody answered */
	int last;       /* what the last call answered */
};

/* What a phase may answer, as its callers see it, and what stands behind that. */
static const struct answer {
	const char *name;
	const char *why; /* NULL where libpam's own words say it all */
	int code;
	int status;
	bool of_auth; /* no account phase answers so for that reason: another module does */
} answers[] = {
#define ANSWER(code, status, why) { #code, why, code, status, false }
#define OF_AUTH(code, status, why) { #code, why, code, status, true }
	ANSWER(PAM_SUCCESS, EXIT_DONE, NULL),
	OF_AUTH(PAM_AUTH_ERR, EXIT_NO, N_("wrong, spent or empty; or locked, or not enrolled")),
	OF_AUTH(PAM_AUTHINFO_UNAVAIL, EXIT_SYSTEM, N_("store or key cannot be read: twostep doctor")),
	OF_AUTH(PAM_SERVICE_ERR, EXIT_SYSTEM, N_("a setting cannot be: twostep doctor")),
	ANSWER(PAM_USER_UNKNOWN, EXIT_NO, N_("no such account")),
	ANSWER(PAM_PERM_DENIED, EXIT_NO, N_("enrolling was not finished; or no module decided")),
	ANSWER(PAM_NEW_AUTHTOK_REQD, EXIT_NO, N_("a login would now ask for a new password")),
	ANSWER(PAM_ACCT_EXPIRED, EXIT_NO, NULL),
	ANSWER(PAM_MAXTRIES, EXIT_NO, NULL),
	ANSWER(PAM_CRED_INSUFFICIENT, EXIT_NO, NULL),
	ANSWER(PAM_CONV_ERR, EXIT_NO, N_("a question was not answered")),
	ANSWER(PAM_ABORT, EXIT_SYSTEM, NULL),
	ANSWER(PAM_BUF_ERR, EXIT_SYSTEM, NULL),
	ANSWER(PAM_MODULE_UNKNOWN, EXIT_SYSTEM, N_("a module is not there, or does not load")),
	ANSWER(PAM_OPEN_ERR, EXIT_SYSTEM, N_("a module is not there, or does not load")),
	ANSWER(PAM_SYMBOL_ERR, EXIT_SYSTEM, NULL),
	ANSWER(PAM_SYSTEM_ERR, EXIT_SYSTEM, NULL),
#undef ANSWER
#undef OF_AUTH
};

static const struct answer *
answer_of(int code)
{
	static const struct answer other = { .name = "PAM", .status = EXIT_NO };

	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		if (answers[i].code == code)
			return &answers[i];
	return &other;
}

static bool
load(struct libpam *pam)
{
	/* For all to see, as in a program that is linked with it: some modules name no libpam. */
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_GLOBAL);

	if (library == NULL)
		return false;
	pam->start = (__typeof__(pam_start) *)dlsym(library, "pam_start");
	pam->set_item = (__typeof__(pam_set_item) *)dlsym(library, "pam_set_item");
	pam->authenticate = (__typeof__(pam_authenticate) *)dlsym(library, "pam_authenticate");
	pam->acct_mgmt = (__typeof__(pam_acct_mgmt) *)dlsym(library, "pam_acct_mgmt");
	pam->strerror = (__typeof__(pam_strerror) *)dlsym(library, "pam_strerror");
	pam->end = (__typeof__(pam_end) *)dlsym(library, "pam_end");
	return pam->start != NULL && pam->set_item != NULL && pam->authenticate != NULL &&
	    pam->acct_mgmt != NULL && pam->strerror != NULL && pam->end != NULL;
}

/* ---- the conversation -------------------------------------------------------------- */

static bool
converse_one(void *arg, int style, const char *text, struct secret *typed)
{
	struct trial *trial = arg;
	bool echo = style == PAM_PROMPT_ECHO_ON;

	if (style == PAM_TEXT_INFO || style == PAM_ERROR_MSG) {
		printf("%s\n", text);
		(void)fflush(stdout);
		return true;
	}
	if (!(echo ? terminal_ask : terminal_ask_hidden)(text, typed))
		return false;
	trial->asked++;
	return true;
}

/* ---- the phases -------------------------------------------------------------------- */

static int
interrupted(void)
{
	printf("\n%s\n", tr("interrupted: no answer of the service counts"));
	return EXIT_NO;
}

/* One phase, and what it answered. An EXIT_ status. */
static int
phase(struct trial *trial, const char *name, int (*run)(pam_handle_t *, int))
{
	const struct answer *answer;

	(void)fflush(stdout);
	trial->last = run(trial->handle, 0);
	if (terminal_interrupted())
		return interrupted();
	answer = answer_of(trial->last);
	printf("\n%s: %s (%s %d)\n", name, trial->pam.strerror(trial->handle, trial->last),
	    answer->name, trial->last);
	if (answer->why != NULL && !(answer->of_auth && run == trial->pam.acct_mgmt))
		printf("    %s\n", tr(answer->why));
	return answer->status;
}

static int
phases(struct trial *trial)
{
	int status = phase(trial, tr("auth phase"), trial->pam.authenticate);

	if (terminal_interrupted())
		return status;
	if (status != EXIT_DONE) {
		printf("%s\n", tr("account phase: not called after that"));
		return status;
	}
	if (trial->asked == 0)
		printf("    %s\n", tr("nothing was asked; pam_rootok and its like see root here"));
	status = phase(trial, tr("account phase"), trial->pam.acct_mgmt);
	if (status == EXIT_DONE)
		printf(tr("\n%s: let in by both phases\n"), trial->request->user);
	return status;
}

/* As login and sudo do: places are remembered by it, and pam_securetty looks at it. */
static void
set_terminal(struct trial *trial)
{
	const char *terminal = ttyname(STDIN_FILENO);

	if (terminal != NULL)
		trial->last = trial->pam.set_item(trial->handle, PAM_TTY, terminal);
}

static int
try_service(struct trial *trial)
{
	const struct request *request = trial->request;
	struct converser converser = { converse_one, trial };
	const struct pam_conv conversation = { converse, &converser };
	int status = EXIT_SYSTEM;

	if (!load(&trial->pam)) {
		complain(verb, LIBRARY, tr("cannot be loaded"));
		return EXIT_SYSTEM;
	}
	printf(tr("Service %s, user %s, as in a login; a code that is taken is spent.\n"),
	    request->service, request->user);
	trial->last = trial->pam.start(request->service, request->user, &conversation,
	    &trial->handle);
	if (trial->last == PAM_SUCCESS)
		set_terminal(trial);
	if (trial->last == PAM_SUCCESS)
		status = phases(trial);
	else
		complain(verb, request->service, trial->pam.strerror(trial->handle, trial->last));
	if (trial->handle != NULL)
		(void)trial->pam.end(trial->handle, trial->last);
	return status;
}

/* ---- the verb ---------------------------------------------------------------------- */

/* libpam takes the service `other` in the place of one that is not there, and says nothing. */
static bool
is_there(const char *service)
{
	static const char *const places[] = { "/etc/pam.d/", "/usr/lib/pam.d/" };
	char path[32 + SERVICE_NAME_SIZE];

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		(void)snprintf(path, sizeof path, "%s%s", places[i], service);
		if (access(path, R_OK) == 0)
			return true;
	}
	return false;
}

static int
check(const struct request *request)
{
	char what[96];

	if (geteuid() != 0)
		return refuse(verb, tr("only root can try a service"), NULL);
	if (request->user == NULL) {
		(void)snprintf(what, sizeof what, tr("which user? You are root: twostep %s jan"), verb);
		return misuse(verb, what, NULL);
	}
	if (request->service == NULL || !service_is_name(request->service))
		return misuse(verb, "--service",
		    request->service == NULL ? tr("needed, as in --service sshd")
					     : tr("not the name of a service"));
	if (!is_there(request->service))
		return refuse(verb, request->service, tr("no such service in /etc/pam.d"));
	return EXIT_DONE;
}

int
verb_test(struct request *request)
{
	struct trial trial = { .request = request };
	struct problem ignored;
	int status;

	(void)session_try_settings(request, &ignored);
	status = check(request);
	return status == EXIT_DONE ? try_service(&trial) : status;
}
