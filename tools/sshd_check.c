/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "doctor.h"
#include "terminal.h"

#define INTERACTIVE "KbdInteractiveAuthentication"
#define METHODS "AuthenticationMethods"
#define PASSWORDS "PasswordAuthentication"

/* What is looked at: what holds for everybody, or in one Match block. */
struct check {
	struct doctor *doctor;
	const struct sshd *sshd;
	bool factor;   /* the stack proves who somebody is before the module asks */
	bool combined; /* the password's field brings the code */
	unsigned block;
	struct sshd_rules rules;
};

/* Where a word has that value, or the main file where no line says so. */
static void
add(const struct check *check, const char *id, const char *word, const char *value,
    const char *why, const char *mend)
{
	char path[PLAIN_PATH_SIZE];
	const char *file = plain_path(path, check->doctor->root, "", SSHD_FILE);
	const struct sshd_word *place =
	    word != NULL ? sshd_place(check->sshd, check->block, word, value) : NULL;

	if (place != NULL)
		finding_add(check->doctor->findings, id, place->file, place->line, why, mend);
	else if (file != NULL)
		finding_add(check->doctor->findings, id, file, 0, why, mend);
}

/* The same, and where a later line says otherwise, in vain: the first one counts. */
static void
add_winner(const struct check *check, const char *id, const char *word,
    const char *value, const char *what, const char *mend)
{
	const struct sshd_word *winner =
	    sshd_place(check->sshd, check->block, word, value);
	const struct sshd_word *later =
	    winner != NULL ? sshd_conf_next(&check->sshd->conf, winner) : NULL;
	const char *slash = later != NULL ? strrchr(later->file, '/') : NULL;
	char why[FINDING_TEXT];

	(void)snprintf(why, sizeof why, "%s", what);
	if (slash != NULL && strcasecmp(later->value, winner->value) != 0)
		(void)snprintf(why, sizeof why, tr("%s (%.64s:%u comes too late)"), what,
		    slash + 1, later->line);
	add(check, id, word, value, why, mend);
}

static void
add_alone(const struct check *check)
{
	add(check, "alone", METHODS, check->rules.methods,
	    tr("a code alone opens: neither a key nor PAM asks for a first factor"),
	    tr("publickey,keyboard-interactive:pam, or the password's line in /etc/pam.d/sshd"));
}

static void
add_interactive(const struct check *check)
{
	add_winner(check, "interactive", INTERACTIVE, "no",
	    tr("KbdInteractiveAuthentication is no: sshd cannot ask for a code"),
	    check->block == 0
		? tr("KbdInteractiveAuthentication yes, in a file that is read before this one")
		: tr("give this Match block AuthenticationMethods of its own"));
}

static bool
asks_interactively(const struct sshd_rules *rules)
{
	const char *at = rules->methods;
	struct sshd_methods methods;
	bool found = false;

	while (sshd_methods(&at, &methods))
		found |= methods.place > 0;
	return found;
}

/* True where a list asks for the code and not by the password method, which answers for the person. */
static bool
one_can_pass(const struct sshd_rules *rules)
{
	const char *at = rules->methods;
	struct sshd_methods methods;
	bool found = false;

	while (sshd_methods(&at, &methods))
		found |= methods.place > 0 && methods.password == 0;
	return found;
}

static void
add_password(const struct check *check)
{
	const char *why =
	    tr("AuthenticationMethods names the password method, which cannot ask for a code");
	const char *mend = tr("put keyboard-interactive:pam in its place, or set combined");

	if (one_can_pass(&check->rules))
		add(check, "password-method", METHODS, check->rules.methods, why, mend);
	else
		add(check, "methods-password", METHODS, check->rules.methods, why, mend);
}

/* The order of one list, and what stands before the code in it. */
static void
check_list(const struct check *check, const struct sshd_methods *methods)
{
	unsigned place = methods->place;

	if (place == 0 && check->combined)
		place = methods->password;
	if (methods->password != 0 && !check->combined)
		add_password(check);
	else if (place != 0 && place < methods->count)
		add(check, "methods-order", METHODS, check->rules.methods,
		    tr("keyboard-interactive is not last in AuthenticationMethods"),
		    tr("put it last: publickey,keyboard-interactive:pam"));
	else if (place == 1 && !check->factor)
		add_alone(check);
}

static void
check_lists(const struct check *check)
{
	const char *at = check->rules.methods;
	struct sshd_methods methods;

	while (sshd_methods(&at, &methods))
		check_list(check, &methods);
}

/* Where no method is named: some one that is offered must bring the code. */
static bool
can_ask(const struct check *check)
{
	return check->rules.interactive || (check->combined && check->rules.passwords);
}

static void
check_methods(const struct check *check)
{
	if (sshd_goes_round(&check->rules))
		add_winner(check, "methods-round", METHODS, check->rules.methods,
		    tr("AuthenticationMethods lets people in without a code"),
		    tr("end each list in keyboard-interactive:pam, without blanks around the comma"));
	else if (asks_interactively(&check->rules) && !check->rules.interactive)
		add_interactive(check);
	else
		check_lists(check);
}

/* Nothing names the methods: sound only where none goes round PAM. */
static void
check_no_methods(const struct check *check)
{
	bool round = sshd_goes_round(&check->rules);

	if (round && !can_ask(check))
		add_winner(check, "interactive", INTERACTIVE, "no",
		    tr("KbdInteractiveAuthentication is no, so that sshd cannot ask for a code, and without AuthenticationMethods a key alone lets people in"),
		    tr("set both in a file that is read before this one; pam_twostep(8) shows how"));
	else if (round)
		add(check, "methods-missing", METHODS, check->rules.methods,
		    tr("without AuthenticationMethods a key alone lets people in"),
		    tr("set AuthenticationMethods; pam_twostep(8) shows how"));
	else if (!can_ask(check))
		add_interactive(check);
	else if (!check->factor)
		add_alone(check);
	else if (check->rules.passwords && !check->combined)
		add_winner(check, "password-method", PASSWORDS, "yes",
		    tr("PasswordAuthentication is yes: who uses that method is refused, for it cannot ask for a code"),
		    tr("PasswordAuthentication no, in a file that is read before this one"));
}

static void
check_everybody(const struct check *check)
{
	if (!check->rules.use_pam)
		add_winner(check, "use-pam", "UsePAM", "no",
		    tr("UsePAM is not yes: sshd never asks the module"),
		    tr("UsePAM yes"));
	else if (strcasecmp(check->rules.methods, "any") == 0)
		check_no_methods(check);
	else
		check_methods(check);
}

/* A list that asks for no code is what the author of a block meant; nothing else in it may be. */
static void
check_block(const struct check *check)
{
	const struct sshd_rules *all = &check->sshd->everybody, *rules = &check->rules;
	bool any = strcasecmp(rules->methods, "any") == 0;
	bool same = strcasecmp(rules->methods, all->methods) == 0;

	if (same && rules->interactive == all->interactive)
		return;
	if (any ? same && !can_ask(check) : !rules->interactive && asks_interactively(rules))
		add_interactive(check);
	else if (any && !same && !check->factor)
		add_alone(check);
	else if (!any)
		check_lists(check);
}

static void
check_all(struct check *check)
{
	struct sshd *sshd = check->doctor->sshd;

	check_everybody(check);
	for (check->block = 1; check->block <= sshd->conf.blocks; check->block++) {
		sshd_block(sshd, check->block, &check->rules);
		check_block(check);
	}
}

/* It does not start: also where the methods ask for what another line forbids. */
static void
check_refusal(const struct check *check)
{
	char why[FINDING_TEXT];

	(void)snprintf(why, sizeof why, tr("sshd does not start with this configuration: %s"),
	    check->sshd->why);
	if (asks_interactively(&check->rules) && !check->rules.interactive)
		add_interactive(check);
	else
		add(check, "sshd-refuses", NULL, NULL, why,
		    tr("correct that line, and ask again; or: sshd -t"));
}

void
sshd_check(struct doctor *doctor, bool factor, bool combined)
{
	struct check check = { .doctor = doctor, .sshd = doctor->sshd, .factor = factor,
		.combined = combined };
	char why[FINDING_TEXT];

	if (check.sshd == NULL)
		return;
	check.rules = check.sshd->everybody;
	if (check.sshd->source == SSHD_REFUSED) {
		check_refusal(&check);
		return;
	}
	(void)snprintf(why, sizeof why,
	    tr("sshd itself could not be asked (%s): its files were read instead"),
	    check.sshd->why);
	if (check.sshd->why[0] != '\0')
		add(&check, "sshd-unasked", NULL, NULL, why, tr("see what sshd -T says"));
	check_all(&check);
}

void
sshd_look(struct doctor *doctor)
{
	char file[PLAIN_PATH_SIZE] = SSHD_FILE;

	doctor->sshd = sshd_open(doctor->root, file);
	/* Without that file no sshd runs here. */
	if (doctor->sshd == NULL && errno != ENOENT)
		finding_unreadable(doctor->findings, file, errno);
	else if (doctor->sshd != NULL && doctor->sshd->conf.cut)
		finding_unreadable(doctor->findings, SSHD_FILE, EFBIG);
}
