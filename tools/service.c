/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "service.h"
#include "stack_walk.h"
#include "terminal.h"

#define MARK_MAX 120 /* seconds that an account phase may take to come */

/* At the line itself. */
static void
add(struct service *service, const char *id, const struct stack_line *line,
    const char *why, const char *mend)
{
	finding_add(service->doctor->findings, id, line->file, line->number, why, mend);
}

/*
 * At that line of the service's own file by which the blamed one came in: files that are shared
 * are not for one service to mend. The text names what stands there.
 */
static void
add_blamed(struct service *service, const char *id, const struct stack_line *line,
    const char *what, const char *mend)
{
	const char *file = service->stack.file, *slash = strrchr(line->file, '/');
	char why[FINDING_TEXT];

	if (strcmp(line->file, file) == 0)
		(void)snprintf(why, sizeof why, "%s: %s", line->module, what);
	else
		(void)snprintf(why, sizeof why, "%s (%.64s:%u): %s", line->module,
		    slash != NULL ? slash + 1 : line->file, line->number, what);
	finding_add(service->doctor->findings, id, file, line->from, why, mend);
}

bool
service_is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	size_t len = strlen(name);

	return len > 0 && len < SERVICE_NAME_SIZE && *name != '.' && strspn(name, letters) == len;
}

bool
service_is_shared(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	size_t len = strlen(name);

	return strncmp(name, "common-", 7) == 0 || strncmp(name, "system-", 7) == 0 ||
	    (len >= 5 && strcmp(name + len - 5, "-auth") == 0) ||
	    strcmp(name, "postlogin") == 0;
}

/* Where libpam does not find the module, it refuses. What lies below another root is not asked. */
static void
check_installed(struct service *service, const struct stack_line *line)
{
	const char *path = stack_module(line);

	if (*service->doctor->root == '\0' && path != NULL && access(path, R_OK) != 0)
		finding_add(service->doctor->findings, "module-missing", path, 0,
		    tr("not there: every service of PAM that names it refuses everybody"),
		    tr("install it, or take its lines out of those services"));
}

static void
check_lines(struct service *service)
{
	for (size_t i = 0; i < service->stack.count; i++) {
		const struct stack_line *line = &service->stack.line[i];

		if (line->broken != NULL) {
			service->excused = true;
			add(service, "line", line, tr(line->broken),
			    tr("libpam refuses at this line; see pam.conf(5)"));
		}
		if (!stack_is_ours(line))
			continue;
		check_installed(service, line);
		if (line->type == STACK_PASSWORD || line->type == STACK_SESSION)
			add(service, "type", line, tr("the module has no such type"),
			    tr("it belongs on an auth and an account line"));
		else if (service_is_shared(line->file))
			add(service, "shared", line,
			    tr("services that you did not think of read this file, screen lockers too"),
			    tr("put the module into the file of each service that needs it"));
	}
}

/* Of optional and sufficient, whatever stands around it. */
static void
check_control(struct service *service, const struct stack_line *line)
{
	if (line->control == CONTROL_OPTIONAL)
		add(service, "optional", line,
		    tr("optional: a refusal of the module is ignored"),
		    tr("make it required"));
	else if (line->control == CONTROL_SUFFICIENT)
		add(service, "sufficient", line,
		    tr("sufficient: a refusal is ignored, and a right code skips what follows"),
		    tr("make it required"));
	else
		return;
	service->excused = true;
}

/* What is wrong whatever the module answers; and its refusals, which must stand. */
static void
check_refusals(struct service *service)
{
	static const enum stack_answer refusals[] = { ANSWER_AUTH_ERR,
		ANSWER_USER_UNKNOWN, ANSWER_AUTHINFO_UNAVAIL, ANSWER_SERVICE_ERR,
		ANSWER_PERM_DENIED };
	struct stack_ways ways;

	if (!stack_walk(&service->stack, STACK_AUTH, refusals,
		sizeof refusals / sizeof *refusals, &ways)) {
		finding_unreadable(
		    service->doctor->findings, service->stack.file, ENOMEM);
		return;
	}
	if (ways.round != NULL)
		add_blamed(service, "round", ways.round,
		    tr("its success goes round the module: people get in without a code"),
		    tr("let it jump, or be requisite, so that the module comes next"));
	else if (ways.stranger != NULL)
		add_blamed(service, "stranger", ways.stranger,
		    tr("when it fails, the module still asks: strangers can lock accounts"),
		    tr("make the first factor requisite, or default=die, before the module"));
	if (ways.jump != NULL)
		add_blamed(service, "jump", ways.jump,
		    tr("jumps over more lines than there are: everybody who jumps is refused"),
		    tr("count the lines again"));
	if (ways.success && !service->excused)
		add(service, "ignored", service->auth,
		    tr("a refusal of the module does not refuse"),
		    tr("make it required"));
	service->excused = service->excused || ways.round != NULL ||
	    ways.stranger != NULL || ways.jump != NULL || ways.success;
}

/* A right code must open, and so must having nothing to say. */
static void
check_successes(struct service *service)
{
	static const enum stack_answer success = ANSWER_SUCCESS, ignore = ANSWER_IGNORE;
	struct stack_ways right, skipped;

	if (service->excused ||
	    !stack_walk(&service->stack, STACK_AUTH, &success, 1, &right) ||
	    !stack_walk(&service->stack, STACK_AUTH, &ignore, 1, &skipped))
		return;
	if (!right.success)
		add(service, "closed", service->auth,
		    tr("nobody gets in, not even with a right code"),
		    tr("see the stacks that pam_twostep(8) shows"));
	else if (!skipped.success)
		add(service, "undecided", service->auth,
		    tr("nothing else decides: who is exempt, trusted or remembered is refused"),
		    tr("put \"auth required pam_permit.so\" behind it"));
	if (right.twice != NULL)
		add_blamed(service, "twice", right.twice,
		    tr("asks again in the same login, and the code is spent by then"),
		    tr("leave one auth line of the module in this service"));
}

/* True when a line that proves who somebody is stands before the module. */
static bool
factor_before(const struct service *service)
{
	for (const struct stack_line *line = service->stack.line; line != service->auth;
	     line++)
		if (line->type == STACK_AUTH && line->kind == LINE_MODULE &&
		    stack_role(line) == ROLE_FACTOR)
			return true;
	return false;
}

/* One field: the first factor stands behind the module, and whatever that answers must succeed. */
static bool
factor_behind(const struct service *service)
{
	static const enum stack_answer let[] = { ANSWER_SUCCESS, ANSWER_IGNORE };
	struct stack_ways ways;

	return stack_walk(&service->stack, STACK_AUTH, let, sizeof let / sizeof *let, &ways) &&
	    !ways.unproved;
}

static void
check_auth(struct service *service)
{
	bool combined = service->sourced.settings.combined;
	bool factor = combined ? factor_behind(service) : factor_before(service);

	check_control(service, service->auth);
	check_refusals(service);
	check_successes(service);
	if (strcmp(service->name, "sshd") == 0)
		sshd_check(service->doctor, factor, combined);
	else if (!factor && combined && !service->excused)
		add(service, "alone", service->auth,
		    tr("combined, and no first factor decides behind it: a code alone opens"),
		    tr("put \"auth required pam_unix.so use_first_pass\" behind it"));
	else if (!factor && !combined)
		add(service, "alone", service->auth,
		    tr("no first factor stands before it: a code alone opens, strangers lock accounts"),
		    tr("put it behind the line that asks for the password"));
}

/* A refusal in the account phase is a dialogue that was not brought to its end. */
static void
check_account_control(struct service *service)
{
	static const enum stack_answer refusal = ANSWER_PERM_DENIED;
	struct stack_ways ways;

	if (stack_walk(&service->stack, STACK_ACCOUNT, &refusal, 1, &ways) &&
	    ways.success)
		add(service, "account-ignored", service->account,
		    tr("who breaks off the enrolling gets in"), tr("make it required"));
}

static const struct stack_line *
first_of_type(const struct stack *stack, enum stack_type type)
{
	for (size_t i = 0; i < stack->count; i++)
		if (stack->line[i].type == type && stack->line[i].kind != LINE_SUBSTACK)
			return &stack->line[i];
	return NULL;
}

/* What the auth line promises the account line must hold, in the same store. */
static bool
same_enrolling(const struct settings *promised, const struct settings *held)
{
	return promised->enroll_at_login == held->enroll_at_login &&
	    strcmp(promised->store, held->store) == 0 &&
	    strcmp(promised->key_file, held->key_file) == 0;
}

static void
check_account(struct service *service)
{
	const struct settings *settings = &service->sourced.settings;
	bool enrolls = settings->enroll_at_login != ENROLL_NO;

	if (!enrolls && settings->remember == 0)
		return;
	if (service->account == NULL)
		add(service, "account-missing", service->auth,
		    enrolls
			? tr("enroll_at_login is set, and there is no account line to enroll in")
			: tr("remember is set, and there is no account line to remember in"),
		    tr("put \"account required pam_twostep.so\" before every other account line"));
	else if (first_of_type(&service->stack, STACK_ACCOUNT) != service->account)
		add(service, "account-order", service->account,
		    tr("stands behind other account lines, which may end the phase before it"),
		    tr("put it before every other account line"));
	else if (enrolls)
		check_account_control(service);
	if (enrolls && service->account != NULL && !same_enrolling(settings, &service->behind))
		add(service, "account-settings", service->account,
		    tr("its settings are not those of the auth line: nobody enrolls here"),
		    tr("give both lines the same arguments"));
}

/* The module's own line decides nothing there: what stands behind it must let people in. */
static void
check_account_opens(struct service *service)
{
	static const enum stack_answer ignore = ANSWER_IGNORE;
	struct stack_ways ways;

	if (service->account != NULL && !service->excused &&
	    stack_walk(&service->stack, STACK_ACCOUNT, &ignore, 1, &ways) && !ways.open)
		add(service, "account-closed", service->account,
		    tr("nobody gets in: the account phase never succeeds"),
		    tr("put another account line behind it, as pam_twostep(8) shows"));
}

/* Somebody was let through to enroll, and the account phase never came. */
static void
check_mark(struct service *service)
{
	struct doctor *doctor = service->doctor;
	struct store_fault fault = { .why = NULL };
	int64_t since = 0;

	if (!doctor->answers || service->account == NULL ||
	    service->sourced.settings.enroll_at_login == ENROLL_NO)
		return;
	if (!store_service_marked(&doctor->store, service->name, &since, &fault)) {
		finding_add_fault(doctor->findings, "store", &fault);
	} else if (since != 0 && doctor->now - since > MARK_MAX) {
		finding_add(doctor->findings, "mark", service->stack.file, 0,
		    tr("a login's account phase never came: nobody enrolls here until one does"),
		    tr("see that nothing ends the login, or its auth phase, before the account line"));
	}
}

/* Those of each line, and last, to be kept, of the auth line. False when one cannot be. */
static bool
read_settings(struct service *service)
{
	const struct stack *stack = &service->stack;
	bool readable = true;

	for (size_t i = 0; i < stack->count; i++) {
		const struct stack_line *line = &stack->line[i];

		if (!stack_is_ours(line) || line == service->auth || line->type > STACK_ACCOUNT)
			continue;
		readable &= sourced_read(&service->sourced, service->doctor, line);
		if (line == service->account)
			service->behind = service->sourced.settings;
	}
	return sourced_read(&service->sourced, service->doctor, service->auth) && readable;
}

/* Such as systemd-user, which opens sessions: a file that many share brought the line in. */
static bool
asks_nobody(const struct service *service)
{
	return first_of_type(&service->stack, STACK_AUTH) == NULL &&
	    service_is_shared(service->account->file);
}

void
service_check(struct service *service)
{
	bool readable;

	service->excused = false;
	writers_check(service->doctor, &service->stack);
	check_lines(service);
	if (service->auth == NULL) {
		if (service->account != NULL && !asks_nobody(service))
			add(service, "auth-missing", service->account,
			    tr("an account line without an auth line: nobody is asked"),
			    tr("add the auth lines that pam_twostep(8) shows"));
		return;
	}
	check_account_opens(service);
	readable = read_settings(service);
	check_auth(service);
	if (!readable)
		return;
	rules_check(service->doctor, &service->sourced);
	held_check(service->doctor, &service->sourced, service->name);
	if (strcmp(service->name, "sshd") == 0)
		sshd_check_people(service->doctor, &service->sourced);
	check_account(service);
	check_mark(service);
}
