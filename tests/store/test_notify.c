/* SPDX-License-Identifier: BSD-2-Clause */
#include "site.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/launch.h"
#include "store/notify.h"

/* (Signals 32 and 33 are the C library's own: make ignores them for its children, and nobody can tell.) */
static const char script[] =
    "#!/bin/sh\nexec >%s\ncat\necho \"arguments $#\"\nset | grep -c '^TOLD'\npwd\n"
    "for i in 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$i ] && readlink /proc/$$/fd/$i; done\n"
    "grep SigIgn /proc/self/status | sed s/0000000180000000/0000000000000000/\ncut -d' ' -f 6 /proc/$$/stat | sed \"s/^$$/own/\"\n"
    "umask\n[ $(id -u) -ne 0 ] || { id -G; ulimit -f; ulimit -t; ulimit -n; ulimit -s; }\n";

static const char *
program(const struct site *site)
{
	return site_path(site, "program");
}

/* (A shell unblocks them itself.) */
static const char signals[] =
    "#!/usr/bin/awk -f\nBEGIN { while ((getline line <\"/proc/self/status\") > 0)\n"
    "if (line ~ /^SigBlk/) print line >\"%s\" }\n";

/* A program that tells, through a FIFO, what it was given and found. */
static int
begin(void **state)
{
	int answer = site_make(state);
	struct site *site = *state;
	const char *out = site_path(site, "out");
	char text[1024];

	if (answer != 0)
		return answer;
	(void)snprintf(text, sizeof text, script, out);
	site_put(site, "program", text, strlen(text));
	(void)snprintf(text, sizeof text, signals, out);
	site_put(site, "signals", text, strlen(text));
	assert_int_equal(chmod(program(site), 0700), 0);
	assert_int_equal(chmod(site_path(site, "signals"), 0700), 0);
	assert_int_equal(mkfifo(out, 0600), 0);
	return 0;
}

/* What the program told; blocks until it is done. */
static void
hear(const struct site *site, char *said, size_t size)
{
	int fd = open(site_path(site, "out"), O_RDONLY);
	size_t len = 0;
	ssize_t n;

	assert_true(fd >= 0);
	while ((n = read(fd, said + len, size - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	(void)close(fd);
}

/* A limit of the host, which what it starts as root must not be held to. */
struct lowered {
	int limit;
	rlim_t to;
	struct rlimit before;
};

static void
lower(struct lowered *lowered)
{
	struct rlimit low;

	assert_int_equal(getrlimit(lowered->limit, &lowered->before), 0);
	low = (struct rlimit){ lowered->to, lowered->before.rlim_max };
	assert_int_equal(setrlimit(lowered->limit, &low), 0);
}

static void
line_arrives_and_nothing_else_of_the_host(void **state)
{
	struct site *site = *state;
	char said[4096], empty[4096];
	int fd = open("/dev/zero", O_RDONLY); /* without O_CLOEXEC: the host's affair */
	bool root = geteuid() == 0;
	struct lowered lowered[] = { { RLIMIT_FSIZE, 1 << 20, { 0 } }, { RLIMIT_CPU, 1 << 20, { 0 } },
		{ RLIMIT_NOFILE, 32, { 0 } }, { RLIMIT_STACK, 1 << 20, { 0 } } };
	gid_t group = 12345;

	for (size_t i = 0; i < sizeof lowered / sizeof *lowered; i++)
		lower(&lowered[i]);
	assert_true(!root || setgroups(1, &group) == 0);
	(void)umask(0);
	(void)setenv("TOLD", "no", 1);
	(void)signal(SIGPIPE, SIG_IGN);
	assert_true(notify(program(site), geteuid(), "user=alice result=locked", &site->fault));
	(void)signal(SIGPIPE, SIG_DFL);
	(void)umask(022);
	assert_true(!root || setgroups(0, NULL) == 0);
	for (size_t i = 0; i < sizeof lowered / sizeof *lowered; i++)
		assert_int_equal(setrlimit(lowered[i].limit, &lowered[i].before), 0);
	hear(site, said, sizeof said);
	(void)snprintf(empty, sizeof empty, "user=alice result=locked\narguments 0\n0\n/\n"
	    "SigIgn:\t0000000000000000\nown\n0077\n%s",
	    root ? "0\nunlimited\nunlimited\n1024\n8192\n" : "");
	assert_string_equal(said, empty);
	(void)close(fd);
}

static void
signals_that_the_host_blocks_stay_blocked(void **state)
{
	struct site *site = *state;
	char said[4096];
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	assert_true(notify(site_path(site, "signals"), geteuid(), "user=alice", &site->fault));
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	hear(site, said, sizeof said);
	assert_string_equal(said, "SigBlk:\t0000000000000000\n");
}

static void
host_has_no_child_and_hears_no_signal(void **state)
{
	struct site *site = *state;
	char said[4096];
	sigset_t child, pending;

	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &child, NULL);
	assert_true(notify(program(site), geteuid(), "user=alice", &site->fault));
	hear(site, said, sizeof said);
	assert_int_equal(sigpending(&pending), 0);
	assert_false(sigismember(&pending, SIGCHLD));
	assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
	assert_int_equal(errno, ECHILD);
	(void)sigprocmask(SIG_UNBLOCK, &child, NULL);
}

static void
closed_streams_of_the_host_do_not_lose_the_line(void **state)
{
	struct site *site = *state;
	char said[4096];
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		for (int fd = 0; fd < 3; fd++)
			(void)close(fd);
		_exit(!notify(program(site), geteuid(), "user=bob", &site->fault));
	}
	hear(site, said, sizeof said);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(strncmp(said, "user=bob\n", 9), 0);
}

static void
rule_11_program_that_others_could_write_is_not_run(void **state)
{
	static const struct {
		mode_t mode;
		const char *why;
	} rows[] = { { 0720, "writable by others than its owner" },
		{ 0702, "writable by others than its owner" },
		{ 0600, "not a program that may be run" } };
	struct site *site = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(chmod(program(site), rows[i].mode), 0);
		assert_false(notify(program(site), geteuid(), "line", &site->fault));
		assert_string_equal(site->fault.why, rows[i].why);
		assert_string_equal(site->fault.file, program(site));
	}
	assert_false(notify("/nowhere/at/all", geteuid(), "line", &site->fault));
	assert_true(notify("", geteuid(), "line", &site->fault));
}

static void *
nothing(void *arg)
{
	return arg;
}

static void *
go_and_come(void *arg)
{
	const atomic_bool *over = arg;
	pthread_t other;

	while (!*over)
		if (pthread_create(&other, NULL, nothing, NULL) == 0)
			(void)pthread_join(other, NULL);
	return NULL;
}

/* Its end closes the other end of the pair: nothing that hangs holds that open any longer. */
static void
starts_and_ends(void)
{
	struct pollfd one = { .events = POLLIN };
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_true(launch("/bin/true", ends[1], LAUNCH_AS_EFFECTIVE));
	(void)close(ends[1]);
	one.fd = ends[0];
	assert_int_equal(poll(&one, 1, 20000), 1);
	(void)close(ends[0]);
}

/* What libc asks of every thread, it would ask of threads that the new process does not have. */
static void
threads_of_the_host_are_waited_for(void **state)
{
	atomic_bool over = false;
	pthread_t threads[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, go_and_come, &over), 0);
	for (size_t i = 0; i < 50; i += sample_stride())
		starts_and_ends();
	over = true;
	for (unsigned i = 0; i < 4; i++)
		(void)pthread_join(threads[i], NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(line_arrives_and_nothing_else_of_the_host, begin, site_remove),
		cmocka_unit_test_setup_teardown(signals_that_the_host_blocks_stay_blocked, begin, site_remove),
		cmocka_unit_test_setup_teardown(host_has_no_child_and_hears_no_signal, begin, site_remove),
		cmocka_unit_test_setup_teardown(closed_streams_of_the_host_do_not_lose_the_line, begin, site_remove),
		cmocka_unit_test_setup_teardown(rule_11_program_that_others_could_write_is_not_run, begin, site_remove),
		cmocka_unit_test(threads_of_the_host_are_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
