/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second step of a login, as PAM calls it.
 *
 * 1. Every path starts from OUTCOME_UNAVAILABLE; only a verdict that is durable becomes
 *    a success, and only outcome_pam() says what PAM is told.
 * 2. An unknown, an unenrolled and an enrolled user see the same prompt and cost the same
 *    work: those without a record are judged against a decoy, which never proves anything.
 * 3. No key of a device and no host key is in memory, and no lock is held, while a
 *    person types.
 * 4. What one try leaves on the handle serves no other user and no other try.
 */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "core/judge.h"
#include "core/policy.h"
#include "core/settings.h"
#include "flow/login.h"
#include "pam/ask.h"
#include "pam/journal.h"
#include "pam/outcome.h"
#include "store/settle.h"
#include "store/store.h"

#define PASSWD_MAX (1U << 20)  /* bytes of one passwd entry */
#define DELAY_STEP_US 1000000U /* libpam adds up to half of a delay */
#define DELAY_MAX_US 3300000U

static const char reminder_data[] = "twostep_reminder";
static const char said_data[] = "twostep_said";

static const char sshd_hint[] =
    "no code was typed: set KbdInteractiveAuthentication yes and PasswordAuthentication no in "
    "sshd_config";
static const char root_hint[] =
    "sshd hides what is typed for this account: see PermitRootLogin in sshd_config";

/*
 * What sshd hands over for an account that it will not let in: this, over and over, as long
 * as what was typed.
 */
static const char sshd_junk[] = "\b\n\r\177INCORRECT";

struct login {
	pam_handle_t *pamh;
	int flags;
	struct settings settings;
	struct settings_fault setting;
	const char *conf; /* the file that `setting` is about; NULL for the arguments */
	char user[TEXT_NAME_SIZE]; /* canonical; empty for no such account */
	uid_t uid;     /* the account's */
	uid_t trusted; /* who, beside root, may own what is read: ourselves */
	struct store store;
	struct store_fault fault;
	struct record record;
	struct claim claim;
	struct settle settle;
	bool junk;   /* sshd hid the answer */
	bool judged; /* settle.judgement stands, and is durable */
	const char *hint;
};

/* A text that waits on the handle, for this user alone. */
struct message {
	char user[TEXT_NAME_SIZE];
	char text[LOGIN_TEXT_SIZE];
};

static void
login_wipe(struct login *login)
{
	record_close(&login->record);
	store_close(&login->store);
	settle_wipe(&login->settle);
	claim_wipe(&login->claim);
}

static void
free_data(pam_handle_t *pamh, void *data, int error)
{
	(void)pamh;
	(void)error;
	free(data);
}

/* Leaves a text on the handle for the same user; nothing for an empty one. */
static void
leave(pam_handle_t *pamh, const char *name, const char *user, const char *text)
{
	struct message *message = *text != '\0' ? calloc(1, sizeof *message) : NULL;

	if (message != NULL) {
		(void)strncpy(message->user, user, sizeof message->user - 1);
		(void)strncpy(message->text, text, sizeof message->text - 1);
	}
	if (pam_set_data(pamh, name, message, free_data) != PAM_SUCCESS)
		free(message);
}

/* What was left for this user, or NULL. */
static const char *
left(pam_handle_t *pamh, const char *name, const char *user)
{
	const void *data = NULL;
	const struct message *message;

	if (pam_get_data(pamh, name, &data) != PAM_SUCCESS || data == NULL)
		return NULL;
	message = data;
	return strcmp(message->user, user) == 0 ? message->text : NULL;
}

/* Defaults, then the file, then the arguments. No file means the defaults, an unreadable one refuses. */
static bool
configure(struct login *login, int argc, const char **argv)
{
	char bytes[SETTINGS_FILE_MAX];
	size_t len = 0;

	settings_default(&login->settings);
	login->conf = settings_conf(argc, argv);
	if (!trusted_read(login->conf, TRUSTED_PUBLIC, login->trusted, bytes, sizeof bytes, &len,
		&login->fault) &&
	    login->fault.error != ENOENT)
		return false;
	login->fault = (struct store_fault){ .why = NULL };
	if (!settings_file(&login->settings, bytes, len, &login->setting))
		return false;
	login->conf = NULL;
	return settings_arguments(&login->settings, argc, argv, &login->setting);
}

/* The account that the application means. False when the name service does not answer. */
static bool
identify(struct login *login, const char *name)
{
	char stack[4096], *buffer = stack, *more = NULL;
	size_t size = sizeof stack;
	struct passwd entry, *found = NULL;
	int error;

	while ((error = getpwnam_r(name, &entry, buffer, size, &found)) == ERANGE &&
	    size < PASSWD_MAX && (more = realloc(buffer == stack ? NULL : buffer, size *= 4)) != NULL)
		buffer = more;
	if (error == 0 && found != NULL && strlen(found->pw_name) < sizeof login->user) {
		memcpy(login->user, found->pw_name, strlen(found->pw_name) + 1);
		login->uid = found->pw_uid;
	}
	if (buffer != stack)
		free(buffer);
	if (error == 0)
		return true;
	return store_fault_set(&login->fault, NULL, "passwd", "the name service does not answer", error);
}

static const char *
account(const struct login *login)
{
	return login->user[0] != '\0' ? login->user : NULL;
}

static bool
is_junk(const struct secret *typed)
{
	for (size_t i = 0; i < typed->len; i++)
		if (typed->bytes[i] != (uint8_t)sshd_junk[i % (sizeof sshd_junk - 1)])
			return false;
	return typed->len > 0;
}

/* Nobody typed it, so it is no guess; but it must look and cost like a wrong code of its length. */
static void
hide_junk(struct login *login, const struct secret *typed)
{
	struct claim *claim = &login->claim;

	login->junk = is_junk(typed);
	if (login->junk && typed->len >= OTP_DIGITS_MIN && typed->len <= OTP_DIGITS_MAX) {
		claim->kind = CLAIM_CODE;
		claim->digits = (unsigned)login->settings.digits;
	}
	if (login->junk && account(login) != NULL)
		login->hint = root_hint;
}

/* What a wrong password method gave away is neither counted nor told apart from a malformed code. */
static void
read_answer(struct login *login, enum asked asked, const struct secret *typed)
{
	const void *tty = NULL;

	(void)pam_get_item(login->pamh, PAM_TTY, &tty);
	login_claim(&login->claim, asked == ASKED_TYPED ? typed : NULL);
	if (asked == ASKED_OVERLONG || asked == ASKED_PASSWORD)
		login->claim.kind = CLAIM_MALFORMED;
	if (tty != NULL && strcmp(tty, "ssh") == 0 &&
	    (asked == ASKED_PASSWORD || asked == ASKED_BROKEN))
		login->hint = sshd_hint;
	if (asked == ASKED_TYPED)
		hide_junk(login, typed);
}

static void
question(struct login *login)
{
	SECRET typed;
	char text[LOGIN_TEXT_SIZE];
	struct timespec now;
	int64_t wait;
	enum verdict standing;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	standing = judge_standing(&login->settings, &login->record.view.history, now.tv_sec, &wait);
	login_question(text, &login->settings, left(login->pamh, said_data, login->user), standing, wait);
	read_answer(login, ask(login->pamh, text, login->settings.echo, &typed), &typed);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	login->settle.now = now.tv_sec;
}

/* libcrypto starts while the person has not yet been asked, and once in a process. */
static bool
warm(void)
{
	static _Atomic bool done;

	if (!done)
		done = judge_warm();
	return done;
}

static bool
may_be_judged(const struct login *login)
{
	struct policy_case who = { .account = account(login) != NULL,
		.user = login->user,
		.now = login->settle.now,
		.looked = true,
		.enrolled = login->record.enrolled,
		.created = login->store.created };

	return policy_decide(&login->settings, &who).policy == POLICY_ASK;
}

static enum outcome
attempt(struct login *login, const char *name)
{
	struct store *store = &login->store;
	struct store_fault *fault = &login->fault;

	if (!identify(login, name) ||
	    !store_open(store, login->settings.store, login->settings.key_file, login->trusted, fault))
		return OUTCOME_UNAVAILABLE;
	store->judged = login->settings.conf;
	if (!store_key_open(store, fault) ||
	    !store_look(store, account(login), login->uid, &login->record, fault) || !warm())
		return OUTCOME_UNAVAILABLE;
	question(login);
	login->settle.settings = &login->settings;
	login->settle.claim = &login->claim;
	login->settle.decoy = login->junk || !may_be_judged(login);
	login->judged = store_key(store, fault) &&
	    settle(&login->settle, store, &login->record, fault);
	if (!login->judged) {
		/* What could not be recorded is told as if nothing had been judged. */
		login->settle.judgement = (struct judgement){ .verdict = VERDICT_MALFORMED };
		return OUTCOME_UNAVAILABLE;
	}
	if (account(login) == NULL)
		return OUTCOME_UNKNOWN;
	if (login->junk)
		return OUTCOME_MALFORMED;
	return outcome_of(login->settle.judgement.verdict);
}

/* The refusal of the third wrong code in a row and of later ones is held back; a right code never. */
static void
hold_back(struct login *login)
{
	const struct judgement *judgement = &login->settle.judgement;
	int64_t steps = (int64_t)judgement->failures - login->settings.delay_after + 1;

	if (judgement->verdict != VERDICT_WRONG || steps <= 0)
		return;
	(void)pam_fail_delay(login->pamh,
	    steps < 4 ? (unsigned)steps * DELAY_STEP_US : DELAY_MAX_US);
}

static void
compose(const struct login *login, enum outcome outcome, char text[static LOGIN_TEXT_SIZE])
{
	struct judgement judgement = login->settle.judgement;
	char host[SETTINGS_TEXT_SIZE] = "";
	const char *name = login->settings.issuer;

	/* An unknown account is told what an enrolled one would be. */
	if ((outcome == OUTCOME_UNKNOWN || login->junk) && judgement.verdict == VERDICT_UNENROLLED)
		judgement.verdict = VERDICT_WRONG;
	if (judgement.verdict == VERDICT_WRONG && *name == '\0' &&
	    gethostname(host, sizeof host - 1) == 0) {
		host[strcspn(host, ".")] = '\0';
		name = host;
	}
	if (login->judged)
		login_answer(text, &login->settings, &judgement, name, login->settle.now, login->store.created);
	else
		login_unavailable(text, &login->settings);
}

/* Tells the person, the journal and the account phase how it ended. */
static void
tell(struct login *login, enum outcome outcome)
{
	const struct journal entry = {
		.user = account(login),
		.outcome = outcome,
		.judgement = login->judged ? &login->settle.judgement : NULL,
		.setting = login->setting.why != NULL ? &login->setting : NULL,
		.conf = login->conf,
		.fault = login->fault.why != NULL && !login->judged ? &login->fault : NULL,
		.hint = login->hint,
		.torn = login->record.view.torn,
	};
	char text[LOGIN_TEXT_SIZE];
	bool silent = (login->flags & PAM_SILENT) != 0, success = outcome == OUTCOME_ACCEPTED;

	journal(login->pamh, &entry);
	if (login->settings.debug)
		journal_debug(login->pamh, &login->settings, &login->record);
	compose(login, outcome, text);
	if (!silent)
		ask_say(login->pamh, success ? PAM_TEXT_INFO : PAM_ERROR_MSG, text);
	/* sudo is always silent: what is wrong then stands above its next prompt. */
	leave(login->pamh, said_data, login->user, silent && !success ? text : "");
	login_reminder(text, &login->settings, login->settle.judgement.left,
	    login->settle.judgement.method == METHOD_RECOVERY);
	if (login->settle.enrollment.recovery.count == 0 || !success)
		text[0] = '\0';
	leave(login->pamh, reminder_data, login->user, text);
	hold_back(login);
}

PAM_EXTERN int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	WIPED(login_wipe) struct login login = {
		.pamh = pamh,
		.flags = flags,
		.trusted = geteuid(),
		.store.directory = -1,
		.record = { .enrollment = -1, .history = -1 },
	};
	enum outcome outcome = OUTCOME_MISCONFIGURED;
	const char *name = NULL;

	if (configure(&login, argc, argv)) {
		if (pam_get_user(pamh, &name, NULL) != PAM_SUCCESS || name == NULL)
			name = "";
		outcome = attempt(&login, name);
	}
	tell(&login, outcome);
	return outcome_pam(outcome);
}

PAM_EXTERN int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}

PAM_EXTERN int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const char *user = NULL, *text;

	(void)argc;
	(void)argv;
	if ((flags & PAM_SILENT) == 0 && pam_get_user(pamh, &user, NULL) == PAM_SUCCESS &&
	    user != NULL && (text = left(pamh, reminder_data, user)) != NULL)
		ask_say(pamh, PAM_TEXT_INFO, text);
	return outcome_pam(OUTCOME_NOTHING);
}
