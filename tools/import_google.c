/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * google-authenticator's files: one for each user, in his home, or wherever its `secret=` puts them.
 *
 * A file is its owner's. Root's own, under the name of an account, is that account's, as
 * `secret=/var/lib/DIRECTORY/${USER} user=root` has them.
 */
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/google.h"
#include "hostile_file.h"
#include "import.h"
#include "terminal.h"

#define FILE_NAME ".google_authenticator"

/* Where one person's file is. */
struct source {
	char *user, *path;
	uid_t uid;
	struct hostile_owner owner;
};

struct sources {
	struct source *source;
	size_t count, room;
};

struct bytes {
	char bytes[HOSTILE_SIZE];
};

static void
bytes_wipe(struct bytes *bytes)
{
	secret_clear(bytes, sizeof *bytes);
}

static bool
add_source(struct sources *sources, const struct passwd *entry, const char *path,
    const struct hostile_owner *owner)
{
	struct source *source;

	if (sources->count == sources->room) {
		size_t room = sources->room > 0 ? 2 * sources->room : 256;

		source = reallocarray(sources->source, room, sizeof *source);
		if (source == NULL)
			return false;
		sources->source = source;
		sources->room = room;
	}
	source = &sources->source[sources->count++];
	*source = (struct source){ .user = strdup(entry->pw_name),
		.path = strdup(path),
		.uid = entry->pw_uid,
		.owner = *owner };
	return source->user != NULL && source->path != NULL;
}

static void
free_sources(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++) {
		free(sources->source[i].user);
		free(sources->source[i].path);
	}
	free(sources->source);
}

static void
refuse_line(
    struct import *import, const struct source *source, unsigned line, const char *why)
{
	char where[IMPORT_SOURCE_SIZE];

	(void)snprintf(where, sizeof where, "%s:%u", source->path, line);
	import_refuse(import, line > 0 ? where : source->path, source->user, tr(why));
}

static void
refuse_file(
    struct import *import, const struct source *source, const char *why, int error)
{
	char reason[256];

	(void)snprintf(reason, sizeof reason, "%s%s%s", tr(why), error != 0 ? ": " : "",
	    error != 0 ? strerror(error) : "");
	import_refuse(import, source->path, source->user, reason);
}

static bool
take_bytes(
    struct import *import, const struct source *source, const char *bytes, size_t len)
{
	WIPED(import_person_wipe) struct import_person person = { .user = source->user };
	WIPED(google_wipe) struct google google;
	struct fault fault = { .why = NULL };

	if (!google_parse(&google, bytes, len, session_now(), &fault)) {
		refuse_line(import, source, fault.line, fault.why);
		return true;
	}
	person.uid = source->uid;
	(void)snprintf(person.source, sizeof person.source, "%s", source->path);
	person.device[person.devices++] = google.device;
	person.codes = google.codes;
	memcpy(person.code, google.code, sizeof person.code);
	if (google.clamped)
		person.warning = tr(
		    "taken, but the phone's clock is more than 20 steps off: set it right");
	return import_take(import, &person);
}

/* `must`: that there is no such file is told as well. */
static bool
take_source(struct import *import, const struct source *source, bool must)
{
	WIPED(bytes_wipe) struct bytes file;
	const char *why = NULL;
	size_t len;
	int error = 0;

	if (hostile_read(source->path, &source->owner, file.bytes, &len, &why, &error))
		return take_bytes(import, source, file.bytes, len);
	if (must || (error != ENOENT && error != ENOTDIR))
		refuse_file(import, source, why, error);
	return true;
}

static bool
take_all(struct import *import, struct sources *sources, bool must)
{
	size_t i = 0;

	progress_start(&import->progress, sources->count);
	while (i < sources->count && !terminal_interrupted() &&
	    take_source(import, &sources->source[i], must))
		progress_show(&import->progress, ++i);
	progress_clear(&import->progress);
	return i == sources->count;
}

/* Whose file this is; NULL when it is nobody's. errno tells an error of the name service. */
static const struct passwd *
account_of(const char *path, uid_t uid)
{
	const char *name = strrchr(path, '/') + 1;
	const struct passwd *entry = NULL;

	errno = 0;
	if (uid == 0 && strcmp(name, FILE_NAME) != 0)
		entry = getpwnam(name);
	return entry != NULL || (uid == 0 && strcmp(name, FILE_NAME) != 0)
	    ? entry
	    : getpwuid(uid);
}

static bool
twice(const struct sources *sources, const char *user)
{
	for (size_t i = 0; i < sources->count; i++)
		if (strcmp(sources->source[i].user, user) == 0)
			return true;
	return false;
}

static bool
absolute(char path[static PATH_MAX], const char *file)
{
	size_t len = 0;

	if (*file != '/') {
		if (getcwd(path, PATH_MAX - 1) == NULL)
			return false;
		len = strlen(path);
		path[len++] = '/';
	}
	if (len + strlen(file) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(path + len, file, strlen(file) + 1);
	return true;
}

/* False only when memory is short. */
static bool
find_source(struct import *import, struct sources *sources, const char *file)
{
	char path[PATH_MAX];
	const struct passwd *entry;
	struct hostile_owner owner;
	struct stat st;

	if (!absolute(path, file) || lstat(path, &st) != 0) {
		import_refuse(import, file, NULL, strerror(errno));
		return true;
	}
	if ((entry = account_of(path, st.st_uid)) == NULL) {
		import_refuse(import, file, NULL,
		    errno != 0 && errno != ENOENT
			? tr("the name service does not answer")
			: tr("neither its owner nor its name is an account's"));
		return true;
	}
	if (twice(sources, entry->pw_name)) {
		import_refuse(
		    import, file, entry->pw_name, tr("a second file of this user"));
		return true;
	}
	owner = (struct hostile_owner){ .uid = st.st_uid,
		.gid = st.st_uid != 0 ? entry->pw_gid : 0 };
	return add_source(sources, entry, path, &owner);
}

bool
import_google_files(struct import *import, char *const *files)
{
	struct sources sources = { .count = 0 };
	bool ok = true, all;

	for (; ok && *files != NULL; files++)
		ok = find_source(import, &sources, *files);
	if (!ok)
		(void)import_fail(import, tr("accounts"), strerror(errno));
	all = ok && take_all(import, &sources, true);
	free_sources(&sources);
	return all;
}

static bool
list_homes(struct sources *sources)
{
	const struct passwd *entry;
	bool ok = true;

	setpwent();
	while (ok && (errno = 0, entry = getpwent()) != NULL) {
		struct hostile_owner owner = { .uid = entry->pw_uid,
			.gid = entry->pw_gid };
		char path[PATH_MAX];

		if (*entry->pw_dir == '/' &&
		    snprintf(path, sizeof path, "%s/" FILE_NAME, entry->pw_dir) <
			(int)sizeof path)
			ok = add_source(sources, entry, path, &owner);
	}
	ok = ok && (errno == 0 || errno == ENOENT);
	endpwent();
	return ok;
}

bool
import_google_homes(struct import *import)
{
	struct sources sources = { .count = 0 };
	bool all = false;

	if (list_homes(&sources))
		all = take_all(import, &sources, false);
	else
		(void)import_fail(import, tr("accounts"), strerror(errno));
	free_sources(&sources);
	return all;
}
