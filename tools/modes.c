/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The modes of our own files and directories.
 *
 * What --fix mends it mends by the descriptor that was looked at, never through a link, and only
 * takes rights away. A file that is not root's, or has a second name, is nobody's to bless: who
 * could write it may have, and a person must look first.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"
#include "terminal.h"

#define OPEN_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)

/* What a file of ours may be, and what is said where it is more. */
struct form {
	enum trusted_kind kind;
	mode_t most;
	const char *id; /* of the finding where a login refuses it */
};

static const struct form conf_form = { TRUSTED_PUBLIC, 0755, "settings-file" };
static const struct form key_form = { TRUSTED_SECRET, 0700, "store" };
static const struct form directory_form = { TRUSTED_DIRECTORY, 0700, "store" };
static const struct form record_form = { TRUSTED_SECRET, 0700, "record" };
static const struct form helper_form = { TRUSTED_PUBLIC, 04755, "helper-unsafe" };

/* True when a login would take it, if only its mode were another. */
static bool
is_ours(const struct stat *st, const struct form *form)
{
	struct stat narrow = *st;

	narrow.st_mode &= S_IFMT | form->most;
	return st->st_uid == geteuid() &&
	    trusted_stat(&narrow, form->kind, geteuid()) == NULL;
}

/* A path as its finding names it: that of the fault which a login would have there. */
static void
add(struct doctor *doctor, const struct form *form, const struct stat *st,
    const char *path, bool mended)
{
	const char *why = trusted_stat(st, form->kind, geteuid());
	char mend[FINDING_TEXT];
	struct finding *finding;

	(void)snprintf(mend, sizeof mend,
	    mended ? tr("its mode was %04o, and is now %04o")
		   : tr("its mode is %04o, and may be %04o: twostep doctor --fix"),
	    st->st_mode & 07777, st->st_mode & form->most);
	if (why != NULL)
		finding = finding_add(doctor->findings, form->id, path, 0, tr(why), mend);
	else
		finding = finding_add(doctor->findings, "readable", path, 0,
		    tr("others can see who is enrolled"), mend);
	if (finding != NULL)
		finding->mended = mended;
}

static void
judge(struct doctor *doctor, int fd, const struct form *form, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && is_ours(&st, form) &&
	    (st.st_mode & 0777 & ~form->most) != 0)
		add(doctor, form, &st, path,
		    doctor->fix && fchmod(fd, st.st_mode & form->most) == 0);
}

/* What is missing, or no such file, is told by those who need it. */
static int
look(struct doctor *doctor, int directory, const char *name, const struct form *form,
    const char *path)
{
	int flags = OPEN_FLAGS | (form->kind == TRUSTED_DIRECTORY ? O_DIRECTORY : 0);
	int fd = openat(directory, name, flags);

	if (fd >= 0)
		judge(doctor, fd, form, path);
	return fd;
}

static void
look_only(struct doctor *doctor, int directory, const char *name, const struct form *form,
    const char *path)
{
	int fd = look(doctor, directory, name, form, path);

	if (fd >= 0)
		(void)close(fd);
}

/* A directory of ours by its name: /etc/twostep, not the /etc of one who keeps his file there. */
static void
look_above(struct doctor *doctor, const char *path)
{
	static const struct form form = { TRUSTED_DIRECTORY, 0755, "store" };
	static const char ours[] = "/twostep";
	const char *slash = strrchr(path, '/');
	size_t len = slash != NULL ? (size_t)(slash - path) : 0;
	char above[SETTINGS_PATH_SIZE];

	if (len < sizeof ours - 1 || len >= sizeof above ||
	    memcmp(path + len - (sizeof ours - 1), ours, sizeof ours - 1) != 0)
		return;
	memcpy(above, path, len);
	above[len] = '\0';
	look_only(doctor, AT_FDCWD, above, &form, above);
}

/* Every file of a directory of records. */
static void
look_inside(struct doctor *doctor, int directory, const char *path)
{
	DIR *entries = fdopendir(directory);
	const struct dirent *entry;

	if (entries == NULL) {
		(void)close(directory);
		return;
	}
	while ((entry = readdir(entries)) != NULL) {
		char file[PLAIN_PATH_SIZE];

		if (entry->d_name[0] != '.' &&
		    plain_path(file, "", path, entry->d_name) != NULL)
			look_only(doctor, directory, entry->d_name, &record_form, file);
	}
	(void)closedir(entries);
}

static void
look_at_store(struct doctor *doctor, int store, const char *path)
{
	static const char *const directories[] = { "enrollments", "histories",
		"invitations", "services" };
	static const char *const files[] = { "marker", "decoy" };
	char name[PLAIN_PATH_SIZE];

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (plain_path(name, "", path, files[i]) != NULL)
			look_only(doctor, store, files[i], &key_form, name);
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
		int fd;

		if (plain_path(name, "", path, directories[i]) == NULL)
			continue;
		fd = look(doctor, store, directories[i], &directory_form, name);
		if (fd >= 0)
			look_inside(doctor, fd, name);
	}
}

void
modes_check_conf(struct doctor *doctor)
{
	look_above(doctor, doctor->conf);
	look_only(doctor, AT_FDCWD, doctor->conf, &conf_form, doctor->conf);
}

void
modes_check_helper(struct doctor *doctor, const char *path)
{
	look_only(doctor, AT_FDCWD, path, &helper_form, path);
}

void
modes_check(struct doctor *doctor, const struct settings *settings)
{
	const char *path = strchr(settings->store, '/');
	int store;

	look_above(doctor, settings->key_file);
	if (settings->key_file[0] == '/')
		look_only(doctor, AT_FDCWD, settings->key_file, &key_form,
		    settings->key_file);
	if (path == NULL)
		return;
	store = look(doctor, AT_FDCWD, path, &directory_form, path);
	if (store < 0)
		return;
	look_at_store(doctor, store, path);
	(void)close(store);
}
