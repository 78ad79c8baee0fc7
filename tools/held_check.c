/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is refused where the module is in use: held to a second step, without one, and no way to get one. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admins.h"
#include "doctor.h"
#include "roll.h"
#include "terminal.h"

#define NAMES_SHOWN 5

/* What one service's settings say of those who come. */
struct held {
	struct doctor *doctor;
	const struct sourced *sourced;
	const char *service;
	struct roll roll;
	size_t people, refused;
	char names[FINDING_TEXT / 2]; /* of the first of them */
};

/* At the setting that makes it so. */
static void
add(const struct held *held, const char *id, const char *why, const char *mend)
{
	bool dated = held->sourced->settings.require_from != 0;
	unsigned number;
	const char *file =
	    sourced_place(held->sourced, dated ? "require_from" : "require", &number);

	finding_add(held->doctor->findings, id, file, number, why, mend);
}

/* At the module's line, where one service can say it for itself. */
static void
add_at_line(const struct held *held, const char *id, const char *why, const char *mend)
{
	const struct stack_line *line = held->sourced->line;

	finding_add(held->doctor->findings, id, line->file, line->number, why, mend);
}

static void
unanswered(struct doctor *doctor, const struct problem *problem)
{
	doctor->findings->unreadable = true;
	complain("doctor", problem->what, problem->why);
}

/* A login of his is refused, whatever he types. */
static bool
is_refused(struct held *held, const struct person *person)
{
	struct doctor *doctor = held->doctor;
	bool invited = names_has(&doctor->invited, person->name);

	return !names_has(&doctor->enrolled, person->name) &&
	    roll_decide(&held->roll, person, false, invited).policy == POLICY_DENY;
}

/*
 * He comes in by a key alone, as sshd is told to let programs in; and an account that no password
 * opens comes in by nothing but ssh.
 */
static bool
needs_none(const struct held *held, const char *user)
{
	struct sshd *sshd = held->doctor->sshd;
	bool locked = names_has(&held->doctor->locked, user);

	if (locked && strcmp(held->service, "sshd") != 0)
		return true;
	if (sshd == NULL)
		return false;
	if (sshd->source != SSHD_SAID)
		return locked;
	return sshd_goes_round(sshd_for(sshd, user)) &&
	    (locked || !sshd_goes_round(&sshd->everybody));
}

static void
count(struct held *held)
{
	const struct people *people = &held->roll.people;
	struct text names = text_into(held->names, sizeof held->names);

	for (size_t i = 0; i < people->count; i++) {
		const char *name = people->person[i].name;

		held->people++;
		if (!is_refused(held, &people->person[i]) || needs_none(held, name))
			continue;
		if (held->refused++ < NAMES_SHOWN && strlen(name) < 32) {
			text_put(&names, text_length(&names) > 0 ? " " : "");
			text_put(&names, name);
		}
	}
	text_end(&names);
}

static void
check_people(struct held *held)
{
	char why[FINDING_TEXT];

	count(held);
	if (held->refused == 0)
		return;
	(void)snprintf(why, sizeof why,
	    tr("these must have a second step, have none, and cannot get one at login: %zu of %zu (%s%s)"),
	    held->refused, held->people, held->names,
	    held->refused > NAMES_SHOWN ? " ..." : "");
	add(held, "unenrolled", why,
	    tr("enroll them, or set enroll_at_login; twostep report names them all"));
}

static struct person
person_of(const struct passwd *entry)
{
	return (struct person){ .name = entry->pw_name, .uid = entry->pw_uid,
		.gid = entry->pw_gid };
}

/* The console is where a machine is mended: who is root there must not be kept out. */
static void
check_root(struct held *held)
{
	struct passwd *entry = getpwnam("root");
	struct person root;

	if (entry == NULL || names_has(&held->doctor->locked, entry->pw_name))
		return;
	root = person_of(entry);
	if (is_refused(held, &root))
		add_at_line(held, "root",
		    tr("root has no second step and is not exempt here: nobody mends this machine at its console"),
		    tr("put exempt=root at the end of this line"));
}

/* By sudo somebody becomes root, if one of those groups can. */
static void
check_admins(struct held *held)
{
	struct people admins = { .person = NULL };
	struct problem problem;
	size_t refused = 0;

	if (admins_add(&admins, &problem) != EXIT_DONE)
		unanswered(held->doctor, &problem);
	for (size_t i = 0; i < admins.count; i++)
		refused += is_refused(held, &admins.person[i]);
	if (admins.count > 0 && refused == admins.count)
		add_at_line(held, "admins",
		    tr("nobody of the groups sudo, wheel and admin has a second step: nobody becomes root here"),
		    tr("enroll one of them first"));
	people_free(&admins);
}

static bool
nobody_can(const struct held *held)
{
	const struct doctor *doctor = held->doctor;
	const struct settings *settings = &held->sourced->settings;

	return doctor->enrolled.count == 0 && strcmp(settings->require, LIST_NOBODY) != 0 &&
	    (doctor->now >= settings->require_from || doctor->now < doctor->store.created) &&
	    settings->enroll_at_login != ENROLL_YES &&
	    (settings->enroll_at_login != ENROLL_INVITED || doctor->invited.count == 0);
}

static void
check_all(struct held *held)
{
	if (nobody_can(held)) {
		add(held, "nobody-gets-in",
		    tr("nobody is enrolled, and nobody can enroll at login: everybody who must is refused"),
		    tr("twostep enroll, or set enroll_at_login, or a later require_from"));
		return;
	}
	check_people(held);
	if (strcmp(held->service, "login") == 0)
		check_root(held);
	else if (strcmp(held->service, "sudo") == 0)
		check_admins(held);
}

void
held_check(struct doctor *doctor, const struct sourced *sourced, const char *service)
{
	struct held *held;
	struct problem problem;

	if (!doctor->answers)
		return;
	if ((held = calloc(1, sizeof *held)) == NULL) {
		finding_unreadable(doctor->findings, service, ENOMEM);
		return;
	}
	held->doctor = doctor;
	held->sourced = sourced;
	held->service = service;
	/* A group that does not exist is a finding of the rules already. */
	if (roll_read(&held->roll, &sourced->settings, doctor->now, doctor->store.created,
		&problem) == EXIT_DONE)
		check_all(held);
	else if (!findings_hold(doctor->findings, "group-missing"))
		unanswered(doctor, &problem);
	roll_free(&held->roll);
	free(held);
}
