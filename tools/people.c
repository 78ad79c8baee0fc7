/* SPDX-License-Identifier: BSD-2-Clause */
#include "people.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terminal.h"
#include "verb.h"

#define LOGIN_DEFS "/etc/login.defs"
#define LOGIN_DEFS_MAX 65536    /* bytes */
#define ENTRY_ROOM 16384        /* bytes for an entry of the name service, at first */
#define ENTRY_MAX (1UL << 28)   /* a group of ten million members */
#define NUMBER_MAX 4294967294LL /* the highest number of an account */

/* What useradd(8) takes where /etc/login.defs is silent. */
struct range {
	int64_t min, max;
};
static const struct range usual = { 1000, 60000 };

static int
fail(struct problem *problem, const char *what, const char *why)
{
	(void)snprintf(problem->what, sizeof problem->what, "%s", what);
	(void)snprintf(problem->why, sizeof problem->why, "%s", why);
	return EXIT_SYSTEM;
}

static int
no_answer(struct problem *problem, int error)
{
	return fail(problem, tr("the name service does not answer"), strerror(error));
}

/* A line `word NUMBER`; false when it is there and its number cannot be. */
static bool
take_number(struct cursor line, const char *word, int64_t *number)
{
	while (line.at < line.end && text_is_blank(*line.at))
		line.at++;
	if (!cursor_take(&line, word) || line.at == line.end || !text_is_blank(*line.at))
		return true;
	while (line.at < line.end && text_is_blank(*line.at))
		line.at++;
	if (!cursor_number(&line, 0, NUMBER_MAX, number))
		return false;
	while (line.at < line.end && (text_is_blank(*line.at) || *line.at == '\r'))
		line.at++;
	return cursor_done(&line);
}

static int
read_range(struct range *range, struct problem *problem)
{
	char bytes[LOGIN_DEFS_MAX];
	struct store_fault fault = { .why = NULL };
	size_t len = 0;
	const char *at = bytes;

	*range = usual;
	if (!trusted_read(
		LOGIN_DEFS, TRUSTED_PUBLIC, 0, bytes, sizeof bytes, &len, &fault) &&
	    fault.error != ENOENT) {
		problem_of_fault(problem, &fault);
		return EXIT_SYSTEM;
	}
	for (unsigned number = 1; at < bytes + len; number++) {
		size_t rest = (size_t)(bytes + len - at);
		const char *end = memchr(at, '\n', rest);
		size_t length = end != NULL ? (size_t)(end - at) : rest;
		struct cursor line = cursor_over(at, length);

		if (!take_number(line, "UID_MIN", &range->min) ||
		    !take_number(line, "UID_MAX", &range->max)) {
			(void)fail(problem, "", tr("not the number of an account"));
			(void)snprintf(problem->what, sizeof problem->what, "%s:%u",
			    LOGIN_DEFS, number);
			return EXIT_SYSTEM;
		}
		at += length + (end != NULL);
	}
	return EXIT_DONE;
}

/* An empty shell is /bin/sh. */
static bool
logs_in(const struct passwd *entry)
{
	const char *shell = strrchr(entry->pw_shell, '/');

	shell = shell != NULL ? shell + 1 : entry->pw_shell;
	return strcmp(shell, "nologin") != 0 && strcmp(shell, "false") != 0;
}

/* Whose name no record can bear cannot log in here, and is nobody: every name fits TEXT_NAME_SIZE. */
static int
append(struct people *people, const struct passwd *entry, struct problem *problem)
{
	char name[TEXT_NAME_SIZE];
	struct person *person;

	if (!text_name(name, entry->pw_name))
		return EXIT_DONE;
	if (people->count == people->room) {
		size_t room = people->room > 0 ? 2 * people->room : 256;

		person = reallocarray(people->person, room, sizeof *person);
		if (person == NULL)
			return fail(problem, tr("accounts"), strerror(errno));
		people->person = person;
		people->room = room;
	}
	person = &people->person[people->count];
	person->uid = entry->pw_uid;
	person->gid = entry->pw_gid;
	person->order = people->added++;
	if ((person->name = strdup(entry->pw_name)) == NULL)
		return fail(problem, tr("accounts"), strerror(errno));
	people->count++;
	return EXIT_DONE;
}

int
people_list(struct people *people, struct problem *problem)
{
	struct range range;
	const struct passwd *entry;
	int status = read_range(&range, problem);
	bool none = true;

	setpwent();
	while (status == EXIT_DONE && (errno = 0, entry = getpwent()) != NULL) {
		none = false;
		if (entry->pw_uid >= range.min && entry->pw_uid <= range.max && logs_in(entry))
			status = append(people, entry, problem);
	}
	/* (Some services end their list with ENOENT.) */
	if (status == EXIT_DONE && errno != 0 && errno != ENOENT)
		status = no_answer(problem, errno);
	else if (status == EXIT_DONE && none)
		status = fail(problem, tr("the name service"),
		    tr("lists no account at all, not even root"));
	endpwent();
	return status;
}

/* One account, if there is one and it has at least this number. */
static int
add_account(struct people *people, const char *name, const struct range *range,
    struct problem *problem)
{
	const struct passwd *entry;

	errno = 0;
	entry = getpwnam(name);
	if (entry == NULL)
		return errno == 0 || errno == ENOENT ? EXIT_DONE
						     : no_answer(problem, errno);
	if (range != NULL && (entry->pw_uid < range->min || !logs_in(entry)))
		return EXIT_DONE;
	return append(people, entry, problem);
}

int
people_add(struct people *people, const char *name, struct problem *problem)
{
	return add_account(people, name, NULL, problem);
}

int
people_add_group(
    struct people *people, const struct people_group *group, struct problem *problem)
{
	struct range range;
	int status = read_range(&range, problem);
	size_t listed;

	/* Asking a directory for each of thousands costs seconds; most are there already. */
	people_sort(people);
	listed = people->count;
	for (size_t i = 0; status == EXIT_DONE && i < group->members; i++) {
		struct people sorted = { .person = people->person, .count = listed };

		if (people_find(&sorted, group->member[i]) == NULL)
			status = add_account(people, group->member[i], &range, problem);
	}
	people_sort(people);
	return status;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
people_add_all(struct people *people, char *const *name, size_t count, struct problem *problem)
{
	bool *found = calloc(count + 1, sizeof *found);
	const struct passwd *entry;
	int status = found != NULL ? EXIT_DONE : fail(problem, "accounts", strerror(errno));

	setpwent();
	while (status == EXIT_DONE && count > 0 && (entry = getpwent()) != NULL) {
		char *const *at = bsearch(&entry->pw_name, name, count, sizeof *name, compare_names);

		if (at == NULL || found[at - name])
			continue;
		found[at - name] = true;
		status = append(people, entry, problem);
	}
	endpwent();
	/* A list that broke off is no matter: each name that was not in it is asked for. */
	for (size_t i = 0; status == EXIT_DONE && i < count; i++)
		if (!found[i])
			status = add_account(people, name[i], NULL, problem);
	free(found);
	people_sort(people);
	return status;
}

static int
compare_people(const void *a, const void *b)
{
	const struct person *one = a, *other = b;
	int order = strcmp(one->name, other->name);

	return order != 0 ? order
			  : (one->order > other->order) - (one->order < other->order);
}

void
people_locked(struct names *names)
{
	const struct spwd *entry;
	bool room = true;

	setspent();
	while (room && (entry = getspent()) != NULL)
		if (entry->sp_pwdp != NULL && strchr("!*", *entry->sp_pwdp) != NULL &&
		    *entry->sp_pwdp != '\0')
			room = names_add(entry->sp_namp, names);
	endspent();
	names_sort(names);
}

void
people_sort(struct people *people)
{
	size_t kept = 0;

	if (people->count > 1)
		qsort(people->person, people->count, sizeof *people->person,
		    compare_people);
	for (size_t i = 0; i < people->count; i++) {
		if (kept > 0 &&
		    strcmp(people->person[kept - 1].name, people->person[i].name) == 0)
			free(people->person[i].name);
		else
			people->person[kept++] = people->person[i];
	}
	people->count = kept;
}

const struct person *
people_find(const struct people *people, const char *name)
{
	size_t low = 0, high = people->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, people->person[middle].name);

		if (order == 0)
			return &people->person[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

void
people_free(struct people *people)
{
	for (size_t i = 0; i < people->count; i++)
		free(people->person[i].name);
	free(people->person);
	*people = (struct people){ .person = NULL };
}

static int
copy_group(struct people_group *group, const struct group *entry, struct problem *problem)
{
	size_t count = 0;

	while (entry->gr_mem[count] != NULL)
		count++;
	group->gid = entry->gr_gid;
	group->member = calloc(count + 1, sizeof *group->member);
	while (group->member != NULL && group->members < count) {
		char *name = strdup(entry->gr_mem[group->members]);

		if (name == NULL)
			break;
		group->member[group->members++] = name;
	}
	if (group->member == NULL || group->members < count)
		return fail(problem, group->name, strerror(ENOMEM));
	qsort(group->member, count, sizeof *group->member, compare_names);
	return EXIT_DONE;
}

/* getgrnam_r with all the room that the group needs; *found is NULL when there is no such group. */
static int
ask_group(const char *name, struct group *entry, struct group **found, char **room)
{
	int error = ERANGE;

	*found = NULL;
	for (size_t size = ENTRY_ROOM; error == ERANGE && size <= ENTRY_MAX; size *= 2) {
		free(*room);
		if ((*room = malloc(size)) == NULL)
			return ENOMEM;
		error = getgrnam_r(name, entry, *room, size, found);
	}
	return error;
}

int
people_group_read(struct people_group *group, const char *name, const char *where,
    struct problem *problem)
{
	struct group entry, *found;
	char *room = NULL;
	int status, error;

	memset(group, 0, sizeof *group);
	(void)snprintf(group->name, sizeof group->name, "%s", name);
	error = ask_group(name, &entry, &found, &room);
	if (found != NULL) {
		status = copy_group(group, found, problem);
	} else if (error != 0 && error != ENOENT) {
		status = no_answer(problem, error);
	} else {
		(void)fail(problem, "", tr("no such group"));
		(void)snprintf(
		    problem->what, sizeof problem->what, "%s: %s", where, *name != '\0' ? name : "''");
		status = EXIT_NO;
	}
	free(room);
	return status;
}

void
people_group_free(struct people_group *group)
{
	for (size_t i = 0; i < group->members; i++)
		free(group->member[i]);
	free(group->member);
	memset(group, 0, sizeof *group);
}

bool
people_group_has(const struct people_group *group, const struct person *person)
{
	return person->gid == group->gid ||
	    (group->members > 0 &&
		bsearch(&person->name, group->member, group->members,
		    sizeof *group->member, compare_names) != NULL);
}
