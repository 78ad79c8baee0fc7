/* SPDX-License-Identifier: BSD-2-Clause */
/* Accounts that sshd's settings do not fit. */
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "core/list.h"
#include "doctor.h"
#include "terminal.h"

#define METHODS "AuthenticationMethods"
#define NAMES_SIZE 128

/* No password opens it, so that its owner is a program with a key, which answers no question. */
static bool
is_robot(const struct doctor *doctor, const char *user)
{
	const struct passwd *entry = getpwnam(user);

	return entry != NULL && entry->pw_uid != 0 && names_has(&doctor->locked, user);
}

/*
 * Who is exempt is not asked, but sshd goes through keyboard-interactive all the same, which BatchMode and
 * Ansible refuse.
 */
static void
list_robots(struct doctor *doctor, const struct settings *settings, struct text *names)
{
	struct cursor list = cursor_over(settings->exempt, strlen(settings->exempt));
	struct list_item item;
	char name[LIST_NAME_SIZE];

	while (list_name(&list, &item)) {
		memcpy(name, item.name, item.len);
		name[item.len] = '\0';
		if (item.group || !is_robot(doctor, name) ||
		    sshd_goes_round(sshd_for(doctor->sshd, name)))
			continue;
		text_put(names, text_length(names) > 0 ? "," : "");
		text_put(names, name);
	}
	text_end(names);
}

static void
check_robots(struct doctor *doctor, const struct sourced *sourced)
{
	char robots[NAMES_SIZE], why[FINDING_TEXT], mend[FINDING_TEXT];
	struct text names = text_into(robots, sizeof robots);
	unsigned number;
	const char *file = sourced_place(sourced, "exempt", &number);

	list_robots(doctor, &sourced->settings, &names);
	if (robots[0] == '\0')
		return;
	(void)snprintf(why, sizeof why,
	    tr("exempt: %s: no password opens it, and sshd wants keyboard-interactive of it: a program cannot answer that, even where nothing is asked"),
	    robots);
	(void)snprintf(mend, sizeof mend,
	    tr("in sshd_config: Match User %s, and below it AuthenticationMethods publickey"), robots);
	finding_add(doctor->findings, "robot", file, number, why, mend);
}

/* The line of that Match block which lets him by; NULL where it cannot be told. */
static const struct sshd_word *
place_of(const struct sshd *sshd, const struct sshd_rules *rules)
{
	const struct sshd_word *found = NULL;

	for (unsigned block = 1; block <= sshd->conf.blocks && found == NULL; block++)
		found = sshd_place(sshd, block, METHODS, rules->methods);
	return found;
}

/* A block for programs that also matches somebody who has a second step. */
static void
check_keys(struct doctor *doctor)
{
	struct sshd *sshd = doctor->sshd;

	if (sshd->conf.blocks == 0 || sshd_goes_round(&sshd->everybody))
		return;
	for (size_t i = 0; i < doctor->enrolled.count && i < SSHD_ANSWERS / 2; i++) {
		const struct sshd_rules *rules = sshd_for(sshd, doctor->enrolled.name[i]);
		const struct sshd_word *place = place_of(sshd, rules);
		char why[FINDING_TEXT];

		if (!sshd_goes_round(rules) || place == NULL)
			continue;
		(void)snprintf(why, sizeof why,
		    tr("lets %.64s in by a key alone, who has a second step"),
		    doctor->enrolled.name[i]);
		finding_add(doctor->findings, "key-alone", place->file, place->line, why,
		    tr("let this Match block name programs alone"));
	}
}

void
sshd_check_people(struct doctor *doctor, const struct sourced *sourced)
{
	if (doctor->sshd == NULL)
		return;
	check_robots(doctor, sourced);
	check_keys(doctor);
}
