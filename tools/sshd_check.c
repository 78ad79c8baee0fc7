/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "doctor.h"
#include "sshd_conf.h"
#include "terminal.h"

#define MAIN_FILE "/etc/ssh/sshd_config"

/* What is looked at, and whether the stack of sshd proves who somebody is before the module asks. */
struct check {
	struct doctor *doctor;
	const struct sshd_conf *conf;
	bool factor, combined;
};

static void
add(const struct check *check, const char *id, const struct sshd_word *word,
    const char *why, const char *mend)
{
	char path[PLAIN_PATH_SIZE];
	const char *file = plain_path(path, check->doctor->root, "", MAIN_FILE);

	if (word != NULL)
		finding_add(
		    check->doctor->findings, id, word->file, word->line, why, mend);
	else if (file != NULL)
		finding_add(check->doctor->findings, id, file, 0, why, mend);
}

static bool
says(const struct sshd_word *word, const char *value)
{
	return word != NULL && strcasecmp(word->value, value) == 0;
}

/* Whether a password's field brings the code where no question can be asked. */
static bool
field_serves(const struct check *check, unsigned block)
{
	return check->combined &&
	    !says(sshd_conf_find(check->conf, block, "PasswordAuthentication"), "no");
}

/* ChallengeResponseAuthentication is its old name, and the first of either counts. */
static const struct sshd_word *
find_interactive(const struct sshd_conf *conf, unsigned block)
{
	const struct sshd_word *word = sshd_conf_find(
				   conf, block, "KbdInteractiveAuthentication"),
			       *old = sshd_conf_find(
				   conf, block, "ChallengeResponseAuthentication");

	return word == NULL || (old != NULL && old < word) ? old : word;
}

static bool
is_method(const char *method, size_t len, const char *name)
{
	size_t whole = strlen(name);

	return len >= whole && strncasecmp(method, name, whole) == 0 &&
	    (len == whole || method[whole] == ':');
}

/* Whether the method comes to PAM's questions; where one field is enough, passwords do as well. */
static bool
asks_code(const struct check *check, const char *method, size_t len)
{
	return is_method(method, len, "keyboard-interactive") ||
	    (check->combined && is_method(method, len, "password"));
}

/* One list of methods, all of which are asked for in turn. */
struct methods {
	unsigned count, place; /* of the one that asks for the code, from 1; 0: not there */
};

static struct methods
count_methods(const struct check *check, const char *list, size_t len)
{
	struct methods methods = { .count = 0 };
	const char *end = list + len;

	while (list <= end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		size_t one = (size_t)((comma != NULL ? comma : end) - list);

		methods.count++;
		if (asks_code(check, list, one))
			methods.place = methods.count;
		list += one + 1;
	}
	return methods;
}

/* A list that asks for no code lets everybody in without one; in a Match block that is meant. */
static void
check_methods_of(const struct check *check, const struct sshd_word *word, bool everybody,
    struct methods methods)
{
	if (methods.place == 0 && everybody)
		add(check, "methods-round", word,
		    tr("AuthenticationMethods lets people in without a code"),
		    tr("end each list in keyboard-interactive:pam, without blanks around the comma"));
	else if (methods.place != 0 && methods.place < methods.count)
		add(check, "methods-order", word,
		    tr("keyboard-interactive is not last in AuthenticationMethods"),
		    tr("put it last: publickey,keyboard-interactive:pam"));
	else if (methods.place == 1 && !check->factor)
		add(check, "alone", word,
		    tr("a code alone opens: neither a key nor PAM asks for a first factor"),
		    tr("publickey,keyboard-interactive:pam, or the password's line in /etc/pam.d/sshd"));
}

static void
check_methods(const struct check *check, const struct sshd_word *word, bool everybody)
{
	const char *at = word->value;

	while (*at != '\0') {
		size_t len = strcspn(at, " ");

		check_methods_of(check, word, everybody, count_methods(check, at, len));
		at += len + strspn(at + len, " ");
	}
}

/* Nothing names the methods: sound only where no other one is offered. */
static void
check_no_methods(const struct check *check, const struct sshd_word *word)
{
	bool keys = !says(sshd_conf_find(check->conf, 0, "PubkeyAuthentication"), "no");
	bool passwords =
	    !check->combined &&
	    !says(sshd_conf_find(check->conf, 0, "PasswordAuthentication"), "no");

	if (keys || passwords)
		add(check, "methods-missing", word,
		    tr("without AuthenticationMethods a key alone lets people in"),
		    tr("set AuthenticationMethods; pam_twostep(8) shows how"));
	else if (!check->factor)
		add(check, "alone", word,
		    tr("a code alone opens: neither a key nor PAM asks for a first factor"),
		    tr("publickey,keyboard-interactive:pam, or the password's line in /etc/pam.d/sshd"));
}

static void
check_everybody(const struct check *check)
{
	const struct sshd_word *pam = sshd_conf_find(check->conf, 0, "UsePAM");
	const struct sshd_word *methods =
	    sshd_conf_find(check->conf, 0, "AuthenticationMethods");
	const struct sshd_word *interactive = find_interactive(check->conf, 0);

	if (!says(pam, "yes"))
		add(check, "use-pam", pam,
		    tr("UsePAM is not yes: sshd never asks the module"),
		    tr("UsePAM yes"));
	if (says(interactive, "no") && !field_serves(check, 0))
		add(check, "interactive", interactive,
		    tr("KbdInteractiveAuthentication is no: sshd cannot ask for a code"),
		    tr("KbdInteractiveAuthentication yes, in a file that is read before this one"));
	if (methods == NULL || says(methods, "any"))
		check_no_methods(check, methods);
	else
		check_methods(check, methods, true);
}

static void
check_block(const struct check *check, unsigned block)
{
	const struct sshd_word *methods =
	    sshd_conf_find(check->conf, block, "AuthenticationMethods");
	const struct sshd_word *interactive = find_interactive(check->conf, block);

	/* A block that everybody matches was looked at with the rest. */
	if ((methods != NULL && methods->overrides) ||
	    (interactive != NULL && interactive->overrides))
		return;
	if (methods != NULL && !says(methods, "any"))
		check_methods(check, methods, false);
	else if (methods != NULL && !check->factor)
		add(check, "alone", methods,
		    tr("a code alone opens: neither a key nor PAM asks for a first factor"),
		    tr("publickey,keyboard-interactive:pam, or the password's line in /etc/pam.d/sshd"));
	if (says(interactive, "no") && methods == NULL && !field_serves(check, block))
		add(check, "interactive", interactive,
		    tr("KbdInteractiveAuthentication is no: sshd cannot ask for a code"),
		    tr("give this Match block AuthenticationMethods of its own"));
}

void
sshd_check(struct doctor *doctor, bool factor, bool combined)
{
	struct sshd_conf *conf = calloc(1, sizeof *conf);
	struct check check = { .doctor = doctor, .conf = conf, .factor = factor,
		.combined = combined };
	char file[PLAIN_PATH_SIZE] = MAIN_FILE;

	if (conf == NULL || !sshd_conf_read(conf, doctor->root, file)) {
		/* Without that file no sshd runs here. */
		if (conf == NULL || errno != ENOENT)
			finding_unreadable(doctor->findings, file, errno);
	} else {
		check_everybody(&check);
		for (unsigned block = 1; block <= conf->blocks; block++)
			check_block(&check, block);
	}
	free(conf);
}
