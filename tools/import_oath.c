/* SPDX-License-Identifier: BSD-2-Clause */
/* pam_oath's file: a line for each token, of whomever, in any order. It is root's. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/oath.h"
#include "import.h"
#include "people.h"
#include "store/trusted.h"
#include "terminal.h"

#define FILE_MAX (1LL << 28) /* bytes; two million tokens */

struct line {
	const char *at;
	size_t len;
	unsigned number;
	const char *user;
	size_t user_len;
};

struct users {
	const char *path;
	char *bytes;
	size_t len;
	struct line *line; /* by user, and in their order */
	size_t lines, room;
	char **name; /* of the users, each once, sorted */
	size_t names;
	struct people people;
};

static void
free_users(struct users *users)
{
	if (users->bytes != NULL)
		secret_clear(users->bytes, users->len);
	free(users->bytes);
	free(users->line);
	for (size_t i = 0; i < users->names; i++)
		free(users->name[i]);
	free(users->name);
	people_free(&users->people);
}

static void
refuse_line(struct import *import, const struct users *users, const struct line *line,
    const char *user, const char *why)
{
	char where[IMPORT_SOURCE_SIZE];

	(void)snprintf(where, sizeof where, "%s:%u", users->path, line->number);
	import_refuse(import, where, user, why);
}

static bool
read_file(struct users *users, struct store_fault *fault)
{
	struct stat st;
	int fd = trusted_open(
	    AT_FDCWD, NULL, users->path, O_RDONLY, TRUSTED_PUBLIC, geteuid(), &st, fault);
	bool ok = false;

	if (fd < 0)
		return false;
	if (st.st_size > FILE_MAX)
		(void)store_fault_set(fault, NULL, users->path, N_("too long"), 0);
	else if ((users->bytes = malloc((size_t)st.st_size + 1)) == NULL)
		(void)store_fault_set(
		    fault, NULL, users->path, N_("cannot be read"), errno);
	else if (users->len = (size_t)st.st_size,
	    !trusted_pread(fd, users->bytes, users->len, 0))
		(void)store_fault_set(
		    fault, NULL, users->path, N_("cannot be read"), errno);
	else
		ok = true;
	(void)close(fd);
	return ok;
}

static bool
add_line(struct users *users, const struct line *line)
{
	if (users->lines == users->room) {
		size_t room = users->room > 0 ? 2 * users->room : 1024;
		struct line *more = reallocarray(users->line, room, sizeof *more);

		if (more == NULL)
			return false;
		users->line = more;
		users->room = room;
	}
	users->line[users->lines++] = *line;
	return true;
}

/* One that names no user is refused here; comments are passed over. False when memory is short. */
static bool
split_lines(struct import *import, struct users *users)
{
	const char *at = users->bytes, *end = at + users->len;

	for (unsigned number = 1; at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		struct line line = { .at = at, .number = number };
		const char *why;
		struct oath oath;

		line.len = (size_t)((newline != NULL ? newline : end) - at);
		at += line.len + 1;
		if (oath_user(line.at, line.len, &line.user, &line.user_len)) {
			if (!add_line(users, &line))
				return false;
		} else if (!oath_parse(&oath, line.at, line.len, 0, &why) &&
		    why != NULL) {
			refuse_line(import, users, &line, NULL, tr(why));
		}
	}
	return true;
}

static int
compare_users(const struct line *one, const struct line *other)
{
	size_t least = one->user_len < other->user_len ? one->user_len : other->user_len;
	int order = memcmp(one->user, other->user, least);

	return order != 0
	    ? order
	    : (one->user_len > other->user_len) - (one->user_len < other->user_len);
}

static int
compare_lines(const void *a, const void *b)
{
	const struct line *one = a, *other = b;
	int order = compare_users(one, other);

	return order != 0 ? order
			  : (one->number > other->number) - (one->number < other->number);
}

/* The lines of one user, from `first` on. */
static size_t
run_of(const struct users *users, size_t first)
{
	size_t end = first + 1;

	while (end < users->lines &&
	    compare_users(&users->line[first], &users->line[end]) == 0)
		end++;
	return end - first;
}

static bool
sort_lines(struct users *users)
{
	if (users->lines > 0)
		qsort(users->line, users->lines, sizeof *users->line, compare_lines);
	users->name = calloc(users->lines + 1, sizeof *users->name);
	for (size_t i = 0; users->name != NULL && i < users->lines;
	     i += run_of(users, i)) {
		users->name[users->names] =
		    strndup(users->line[i].user, users->line[i].user_len);
		if (users->name[users->names++] == NULL)
			return false;
	}
	return users->name != NULL;
}

/* One more device of a person: oath, oath-2, ... Why it cannot be, translated, or NULL. */
static const char *
add_device(struct import_person *person, const struct oath *oath)
{
	struct device *device = &person->device[person->devices];

	if (person->devices == ENROLLMENT_DEVICES_MAX)
		return tr("more than 8 tokens of one user");
	for (unsigned i = 0; i < person->devices; i++)
		if (strcmp(person->device[i].id, oath->device.id) == 0)
			return tr("the same token once more");
	*device = oath->device;
	if (person->devices == 0)
		memcpy(device->name, "oath", sizeof "oath");
	else
		(void)snprintf(
		    device->name, sizeof device->name, "oath-%u", person->devices + 1);
	person->devices++;
	return NULL;
}

/* All lines of one user. True to go on with the next. */
static bool
take_lines(struct import *import, const struct users *users, const struct person *account,
    const struct line *line, size_t count)
{
	WIPED(import_person_wipe) struct import_person person = { .user = account->name };

	person.uid = account->uid;
	for (size_t i = 0; i < count; i++) {
		WIPED(oath_wipe) struct oath oath;
		const char *why;
		bool ok = oath_parse(&oath, line[i].at, line[i].len, session_now(), &why);

		why = ok ? add_device(&person, &oath) : tr(why);
		if (why != NULL)
			refuse_line(import, users, &line[i], account->name, why);
		else if (person.devices == 1)
			(void)snprintf(person.source, sizeof person.source, "%s:%u",
			    users->path, line[i].number);
	}
	return person.devices == 0 || import_take(import, &person);
}

static bool
take_user(struct import *import, const struct users *users, const char *name,
    const struct line *line, size_t count)
{
	const struct person *account = people_find(&users->people, name);

	if (account != NULL)
		return take_lines(import, users, account, line, count);
	for (size_t i = 0; i < count; i++)
		refuse_line(import, users, &line[i], name, tr("no such account"));
	return true;
}

static bool
take_all(struct import *import, const struct users *users)
{
	size_t first = 0, i = 0;

	progress_start(&import->progress, users->names);
	while (i < users->names && !terminal_interrupted()) {
		size_t count = run_of(users, first);

		if (!take_user(import, users, users->name[i], &users->line[first], count))
			break;
		first += count;
		progress_show(&import->progress, ++i);
	}
	progress_clear(&import->progress);
	return i == users->names;
}

bool
import_oath(struct import *import, const char *file)
{
	struct users users = { .path = file };
	struct store_fault fault;
	struct problem problem = { .what = "" };
	bool all = false;

	if (!read_file(&users, &fault)) {
		problem_of_fault(&problem, &fault);
		(void)import_fail(import, problem.what, problem.why);
	} else if (!split_lines(import, &users) || !sort_lines(&users)) {
		(void)import_fail(import, file, strerror(errno));
	} else if (people_add_all(&users.people, users.name, users.names, &problem) !=
	    EXIT_DONE) {
		(void)import_fail(import, problem.what, problem.why);
	} else {
		all = take_all(import, &users);
	}
	free_users(&users);
	return all;
}
