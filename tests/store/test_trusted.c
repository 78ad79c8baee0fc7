/* SPDX-License-Identifier: BSD-2-Clause */
#include "pauses.h"
#include "site.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/trusted.h"

#define OTHER 65534 /* an owner that is neither root nor us */

static void
rule_11_stat_of_something_else_is_trusted(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
		uid_t owner;
		nlink_t links;
		bool public, secret, directory; /* trusted as such */
	} rows[] = {
		{ "a file of root", S_IFREG | 0600, 0, 1, true, true, false },
		{ "of whom is trusted", S_IFREG | 0600, 1000, 1, true, true, false },
		{ "of another", S_IFREG | 0600, 1001, 1, false, false, false },
		{ "of nobody", S_IFREG | 0400, OTHER, 1, false, false, false },
		{ "read-only", S_IFREG | 0400, 0, 1, true, true, false },
		{ "readable by all", S_IFREG | 0644, 0, 1, true, false, false },
		{ "readable by the group", S_IFREG | 0640, 0, 1, true, false, false },
		{ "readable by others", S_IFREG | 0604, 0, 1, true, false, false },
		{ "executable by others", S_IFREG | 0601, 0, 1, true, false, false },
		{ "writable by the group", S_IFREG | 0620, 0, 1, false, false, false },
		{ "writable by others", S_IFREG | 0602, 0, 1, false, false, false },
		{ "a sticky file", S_IFREG | S_ISVTX | 0666, 0, 1, false, false, false },
		{ "of two names", S_IFREG | 0600, 0, 2, false, false, false },
		{ "of no name any more", S_IFREG | 0600, 0, 0, false, false, false },
		{ "of none", S_IFREG | 0600, 0, 0, false, false, false },
		{ "a directory", S_IFDIR | 0700, 0, 2, false, false, true },
		{ "that all may read", S_IFDIR | 0755, 0, 5, false, false, true },
		{ "a directory of another", S_IFDIR | 0700, 1001, 2, false, false, false },
		{ "writable by the group", S_IFDIR | 0770, 0, 2, false, false, false },
		{ "writable by others", S_IFDIR | 0707, 0, 2, false, false, false },
		{ "sticky", S_IFDIR | S_ISVTX | 0777, 0, 2, false, false, true },
		{ "sticky, of another", S_IFDIR | S_ISVTX | 0777, 1001, 2, false, false, false },
		{ "a FIFO", S_IFIFO | 0600, 0, 1, false, false, false },
		{ "a link", S_IFLNK | 0777, 0, 1, false, false, false },
		{ "a socket", S_IFSOCK | 0600, 0, 1, false, false, false },
		{ "a disk", S_IFBLK | 0600, 0, 1, false, false, false },
		{ "a terminal", S_IFCHR | 0600, 0, 1, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct stat st = {
			.st_mode = rows[i].mode, .st_uid = rows[i].owner, .st_nlink = rows[i].links
		};

		assert_row((trusted_stat(&st, TRUSTED_PUBLIC, 1000) == NULL) == rows[i].public,
		    rows[i].name);
		assert_row((trusted_stat(&st, TRUSTED_SECRET, 1000) == NULL) == rows[i].secret,
		    rows[i].name);
		assert_row((trusted_stat(&st, TRUSTED_DIRECTORY, 1000) == NULL) == rows[i].directory,
		    rows[i].name);
	}
}

static bool
readable(struct site *site, const char *below, enum trusted_kind kind)
{
	char bytes[64];
	size_t len = 99;
	bool ok;

	site->fault = (struct store_fault){ .line = 0 };
	ok = trusted_read(site_path(site, below), kind, geteuid(), bytes, sizeof bytes, &len,
	    &site->fault);
	assert_int_equal(len, ok ? 4 : 0);
	assert_true(ok || site->fault.why != NULL);
	return ok;
}

static void
file_is_read_otherwise(void **state)
{
	struct site *site = *state;
	char bytes[4];
	size_t len;
	struct store_fault fault;

	site_put(site, "f", "four", 4);
	assert_true(readable(site, "f", TRUSTED_SECRET));
	assert_true(trusted_read(site_path(site, "f"), TRUSTED_SECRET, geteuid(), bytes, 4, &len,
	    &fault));
	assert_memory_equal(bytes, "four", 4);
	assert_false(trusted_read(site_path(site, "f"), TRUSTED_SECRET, geteuid(), bytes, 3, &len,
	    &fault));
	assert_string_equal(fault.why, "too long");
	assert_string_equal(fault.file, site_path(site, "f"));
	assert_false(readable(site, "g", TRUSTED_SECRET));
	assert_int_equal(site->fault.error, ENOENT);
	/* a directory that is missing is missing too */
	assert_false(readable(site, "no/g", TRUSTED_SECRET));
	assert_int_equal(site->fault.error, ENOENT);
	site_put(site, "f", "", 0);
	assert_true(trusted_read(site_path(site, "f"), TRUSTED_SECRET, geteuid(), bytes, 4, &len,
	    &fault));
	assert_int_equal(len, 0);
}

static void
rule_11_link_fifo_or_second_name_is_read(void **state)
{
	struct site *site = *state;

	site_put(site, "f", "four", 4);
	assert_int_equal(symlink("f", site_path(site, "symlink")), 0);
	assert_int_equal(mkfifo(site_path(site, "fifo"), 0600), 0);
	assert_int_equal(symlink("nowhere", site_path(site, "dangling")), 0);
	(void)alarm(5); /* a FIFO that is waited for ends the test */
	assert_false(readable(site, "symlink", TRUSTED_PUBLIC));
	assert_string_equal(site->fault.why, "a symbolic link");
	assert_false(readable(site, "dangling", TRUSTED_PUBLIC));
	assert_int_not_equal(site->fault.error, ENOENT);
	assert_false(readable(site, "fifo", TRUSTED_PUBLIC));
	assert_string_equal(site->fault.why, "not a regular file");
	assert_false(readable(site, "etc", TRUSTED_PUBLIC));
	(void)alarm(0);
	assert_true(readable(site, "f", TRUSTED_SECRET));
	assert_int_equal(link(site_path(site, "f"), site_path(site, "hard")), 0);
	assert_false(readable(site, "hard", TRUSTED_PUBLIC));
	assert_false(readable(site, "f", TRUSTED_PUBLIC));
	assert_int_equal(unlink(site_path(site, "hard")), 0);
	assert_true(readable(site, "f", TRUSTED_SECRET));
}

static void
rule_11_wrong_mode_is_read(void **state)
{
	struct site *site = *state;

	site_put(site, "f", "four", 4);
	for (mode_t mode = 0400; mode <= 0777; mode++) {
		assert_int_equal(chmod(site_path(site, "f"), mode), 0);
		if ((mode & 0400) == 0)
			continue;
		assert_int_equal(readable(site, "f", TRUSTED_SECRET), (mode & 077) == 0);
		assert_int_equal(readable(site, "f", TRUSTED_PUBLIC), (mode & 022) == 0);
	}
}

static void
rule_11_wrong_owner_is_read(void **state)
{
	struct site *site = *state;

	site_needs_root();
	site_put(site, "f", "four", 4);
	assert_int_equal(chown(site_path(site, "f"), OTHER, 0), 0);
	assert_false(readable(site, "f", TRUSTED_PUBLIC));
	assert_string_equal(site->fault.why, "not owned by root");
	assert_int_equal(chown(site_path(site, "f"), 0, OTHER), 0);
	assert_true(readable(site, "f", TRUSTED_PUBLIC));
}

static void
rule_11_parent_that_others_write_is_passed_over(void **state)
{
	struct site *site = *state;
	static const char *const levels[] = { "a", "a/b", "a/b/c" };

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(mkdir(site_path(site, levels[i]), 0755), 0);
	site_put(site, "a/b/c/f", "four", 4);
	assert_true(readable(site, "a/b/c/f", TRUSTED_SECRET));
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(chmod(site_path(site, levels[i]), 0775), 0);
		assert_false(readable(site, "a/b/c/f", TRUSTED_SECRET));
		assert_string_equal(site->fault.file, site_path(site, levels[i]));
		assert_int_equal(chmod(site_path(site, levels[i]), 0757), 0);
		assert_false(readable(site, "a/b/c/f", TRUSTED_SECRET));
		assert_int_equal(chmod(site_path(site, levels[i]), 01777), 0);
		assert_true(readable(site, "a/b/c/f", TRUSTED_SECRET));
		assert_int_equal(chmod(site_path(site, levels[i]), 0755), 0);
		if (geteuid() != 0)
			continue;
		assert_int_equal(chown(site_path(site, levels[i]), OTHER, 0), 0);
		assert_false(readable(site, "a/b/c/f", TRUSTED_SECRET));
		assert_int_equal(chown(site_path(site, levels[i]), 0, 0), 0);
	}
	assert_true(readable(site, "a/b/c/f", TRUSTED_SECRET));
}

static void
rule_11_link_above_leads_to_a_parent_that_others_write(void **state)
{
	struct site *site = *state;

	assert_int_equal(mkdir(site_path(site, "real"), 0755), 0);
	assert_int_equal(mkdir(site_path(site, "real/b"), 0755), 0);
	site_put(site, "real/b/f", "four", 4);
	assert_int_equal(symlink("real", site_path(site, "link")), 0);
	/* /var/lib may be a link of root's: what it leads to is judged */
	assert_true(readable(site, "link/b/f", TRUSTED_SECRET));
	assert_int_equal(chmod(site_path(site, "real"), 0777), 0);
	assert_false(readable(site, "link/b/f", TRUSTED_SECRET));
	assert_int_equal(chmod(site_path(site, "real"), 0755), 0);
	assert_int_equal(chmod(site_path(site, "real/b"), 0777), 0);
	assert_false(readable(site, "link/b/f", TRUSTED_SECRET));
	assert_int_equal(chmod(site_path(site, "real/b"), 0755), 0);
	if (geteuid() == 0) {
		assert_int_equal(lchown(site_path(site, "link"), OTHER, 0), 0);
		assert_false(readable(site, "link/b/f", TRUSTED_SECRET));
	}
	/* and a link to nothing or to itself is a fault */
	assert_int_equal(symlink("loop", site_path(site, "loop")), 0);
	assert_false(readable(site, "loop/f", TRUSTED_SECRET));
	assert_int_equal(symlink("nowhere", site_path(site, "gone")), 0);
	assert_false(readable(site, "gone/f", TRUSTED_SECRET));
}

/* Runs in a process of its own, for it may crash: 0 when the path was refused. */
static int
refuses(const char *path)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		struct store_fault fault;

		_exit(trusted_parents(path, geteuid(), &fault) ? 1 : 0);
	}
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	return status;
}

static void
rule_18_overlong_path_runs_over(void **state)
{
	struct site *site = *state;
	static char path[4 * PATH_MAX];
	size_t len;

	assert_int_equal(symlink("etc", site_path(site, "link")), 0);
	for (unsigned link = 0; link < 2; link++) {
		len = (size_t)snprintf(path, sizeof path, "%s",
		    site_path(site, link == 0 ? "etc" : "link"));
		memset(path + len, 'x', sizeof path - len);
		for (size_t i = len; i < sizeof path - 1; i += 200)
			path[i] = '/';
		path[sizeof path - 1] = '\0';
		assert_int_equal(refuses(path), 0);
	}
}

static void
open_descriptor_leaks(void **state)
{
	struct site *site = *state;
	unsigned before = site_descriptors();
	struct store_fault fault;
	struct stat st;
	int fd;

	site_put(site, "f", "four", 4);
	assert_true(readable(site, "f", TRUSTED_SECRET));
	assert_int_equal(chmod(site_path(site, "f"), 0666), 0);
	assert_false(readable(site, "f", TRUSTED_SECRET));
	assert_int_equal(chmod(site_path(site, "f"), 0600), 0);
	assert_int_equal(site_descriptors(), before);
	/* rule 17: and no program that the host starts inherits it */
	fd = trusted_open(AT_FDCWD, NULL, site_path(site, "f"), O_RDONLY, TRUSTED_SECRET, geteuid(),
	    &st, &fault);
	assert_true(fd >= 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(close(fd), 0);
}

static void
short_file_is_read_as_a_whole_one(void **state)
{
	struct site *site = *state;
	char bytes[5];
	int fd;

	site_put(site, "f", "four", 4);
	fd = open(site_path(site, "f"), O_RDONLY | O_CLOEXEC);
	assert_true(trusted_pread(fd, bytes, 4, 0));
	assert_true(trusted_pread(fd, bytes, 2, 2));
	assert_memory_equal(bytes, "ur", 2);
	assert_false(trusted_pread(fd, bytes, 5, 0));
	assert_int_equal(errno, 0);
	assert_false(trusted_pread(fd, bytes, 1, 4));
	assert_int_equal(close(fd), 0);
	assert_false(trusted_pread(fd, bytes, 1, 0));
	assert_int_equal(errno, EBADF);
}

/* The number of what trusted_open opens in a process that has closed the first `closed` of its streams. */
static int
opened_beside(struct site *site, int closed)
{
	const char *name = site_path(site, "file");
	struct stat st;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		for (int fd = 0; fd < closed; fd++)
			(void)close(fd);
		_exit(trusted_open(AT_FDCWD, NULL, name, O_RDWR, TRUSTED_SECRET, geteuid(), &st,
		    &site->fault));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* A host that writes to standard error without having one would write into somebody's history. */
static void
rule_17_closed_stream_of_the_host_becomes_a_record(void **state)
{
	struct site *site = *state;

	site_put(site, "file", "a", 1);
	for (int closed = 0; closed <= 3; closed++)
		assert_in_range(opened_beside(site, closed), 3, 200);
}

static void
rule_18_fault_runs_over_its_room(void **state)
{
	struct store_fault fault;
	char name[3000];

	(void)state;
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	for (size_t len = 1; len < sizeof name; len += 7) {
		name[len] = '\0';
		assert_false(store_fault_set(&fault, "/d", name, "why", 5));
		assert_non_null(memchr(fault.file, '\0', sizeof fault.file));
		assert_false(store_fault_set(&fault, name, "n", "why", 5));
		assert_non_null(memchr(fault.file, '\0', sizeof fault.file));
		assert_string_equal(fault.why, "why");
		assert_int_equal(fault.error, 5);
		name[len] = 'n';
	}
	assert_false(store_fault_set(&fault, "/d", "n", "why", 0));
	assert_string_equal(fault.file, "/d/n");
	assert_false(store_fault_set(&fault, NULL, "n", "why", 0));
	assert_string_equal(fault.file, "n");
	assert_int_equal(fault.line, 0);
	assert_int_equal(fault.holder, 0);
}

/* Enrolling puts a new file in the old one's place at any moment of a login: that refuses nobody. */
static void
rule_14_file_that_is_replaced_meanwhile_is_refused(void **state)
{
	struct site *site = *state;
	const char *name = site_path(site, "file"), *new = site_path(site, "new");
	struct stat st;
	pid_t pid;
	int fd;

	site_put(site, "file", "a", 1);
	pid = fork();
	/* Bounded: where the test fails nobody ends this process. */
	if (pid == 0) {
		for (unsigned i = 0; i < 100000; i++) {
			site_put(site, "new", "b", 1);
			if (rename(new, name) != 0)
				_exit(1);
		}
		_exit(0);
	}
	for (unsigned i = 0; i < 20000; i++) {
		fd = trusted_open(AT_FDCWD, NULL, name, O_RDONLY, TRUSTED_SECRET, geteuid(), &st,
		    &site->fault);
		if (fd < 0)
			fail_msg("%s: %s", site->fault.file, site->fault.why);
		(void)close(fd);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* A rename that the kernel has begun: the name leads to a file that has none any more. */
static bool renaming;

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int
__wrap_fstat(int fd, struct stat *st)
{
	int answer = __real_fstat(fd, st);

	if (renaming)
		st->st_nlink = 0;
	return answer;
}

static void
renamed(unsigned pause)
{
	renaming = pause < 1900;
}

static void
rule_14_rename_that_waits_for_the_disk_refuses(void **state)
{
	struct site *site = *state;

	site_put(site, "f", "four", 4);
	renaming = true;
	pauses_begin(renamed, 1);
	assert_true(readable(site, "f", TRUSTED_SECRET));
	assert_int_equal(pauses_end(), 1900);
}

/* There are file systems that count no names. */
static void
rename_without_end_is_waited_for_without_end(void **state)
{
	struct site *site = *state;
	unsigned before = site_descriptors();

	site_put(site, "f", "four", 4);
	renaming = true;
	pauses_begin(NULL, 1);
	assert_false(readable(site, "f", TRUSTED_SECRET));
	renaming = false;
	assert_int_equal(pauses_end(), 2000);
	assert_string_equal(site->fault.why, "removed while it was looked at");
	assert_int_equal(site_descriptors(), before);
}

int
main(void)
{
#define IN_SITE(test) cmocka_unit_test_setup_teardown(test, site_make, site_remove)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_11_stat_of_something_else_is_trusted),
		IN_SITE(file_is_read_otherwise),
		IN_SITE(rule_11_link_fifo_or_second_name_is_read),
		IN_SITE(rule_11_wrong_mode_is_read),
		IN_SITE(rule_11_wrong_owner_is_read),
		IN_SITE(rule_11_parent_that_others_write_is_passed_over),
		IN_SITE(rule_11_link_above_leads_to_a_parent_that_others_write),
		IN_SITE(rule_18_overlong_path_runs_over),
		IN_SITE(open_descriptor_leaks),
		IN_SITE(short_file_is_read_as_a_whole_one),
		IN_SITE(rule_17_closed_stream_of_the_host_becomes_a_record),
		cmocka_unit_test(rule_18_fault_runs_over_its_room),
		IN_SITE(rule_14_file_that_is_replaced_meanwhile_is_refused),
		IN_SITE(rule_14_rename_that_waits_for_the_disk_refuses),
		IN_SITE(rename_without_end_is_waited_for_without_end),
	};

	return cmocka_run_group_tests_name("trusted", tests, NULL, NULL);
}
