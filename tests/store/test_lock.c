/* SPDX-License-Identifier: BSD-2-Clause */
#include "pauses.h"
#include "site.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/lock.h"

static int
open_named(const struct site *site, const char *name)
{
	int fd = open(site_path(site, name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

static int
open_file(const struct site *site)
{
	return open_named(site, "lock");
}

/* Another process that holds the lock until it is killed. */
static pid_t
holder(const struct site *site)
{
	int ready[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		int fd = open_file(site);

		/* A test that fails before its end leaves nobody behind. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || flock(fd, LOCK_EX) != 0 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		(void)pause();
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	(void)close(ready[1]);
	return child;
}

static void
end(pid_t child)
{
	(void)kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void
lock_is_not_held(void **state)
{
	struct site *site = *state;
	int fd = open_file(site), other = open_file(site);
	struct store_fault fault;
	struct lock lock;

	assert_true(lock_take(&lock, fd, "/d", "lock", &fault));
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
	lock_drop(&lock);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	(void)close(fd);
	(void)close(other);
}

static int held;

static void
let_go(unsigned pause)
{
	if (pause == 1900)
		assert_int_equal(flock(held, LOCK_UN), 0);
}

/* Two seconds were over after the first look: he had no time to go on either. */
static void
machine_that_stood_still_refuses_the_lock(void **state)
{
	struct site *site = *state;
	int fd = open_file(site);
	struct store_fault fault;
	struct lock lock;

	held = open_file(site);
	assert_int_equal(flock(held, LOCK_EX), 0);
	pauses_begin(NULL, 60000);
	assert_false(lock_take(&lock, fd, "/d", "lock", &fault));
	assert_int_equal(pauses_end(), 200);
	assert_int_equal(close(held), 0);
	assert_int_equal(close(fd), 0);
}

static void
lock_that_is_let_go_in_time_is_refused(void **state)
{
	struct site *site = *state;
	int fd = open_file(site);
	struct store_fault fault;
	struct lock lock;

	held = open_file(site);
	assert_int_equal(flock(held, LOCK_EX), 0);
	pauses_begin(let_go, 1);
	assert_true(lock_take(&lock, fd, "/d", "lock", &fault));
	assert_int_equal(pauses_end(), 1900);
	lock_drop(&lock);
	(void)close(fd);
	(void)close(held);
}

/* Whether the kernel lists a lock of this process; not for every file system it does. */
static bool
lists(pid_t process)
{
	FILE *locks = fopen("/proc/locks", "re");
	char line[128], field[32];
	bool listed = false;

	(void)snprintf(field, sizeof field, " %ld ", (long)process);
	while (locks != NULL && fgets(line, sizeof line, locks) != NULL)
		listed = listed || strstr(line, field) != NULL;
	if (locks != NULL)
		(void)fclose(locks);
	return listed;
}

static void
rule_10_stopped_holder_is_waited_for_without_end(void **state)
{
	struct site *site = *state;
	int fd = open_file(site), older = open_named(site, "older"), newer = open_named(site, "newer");
	bool beside = flock(older, LOCK_EX) == 0;
	pid_t child = holder(site);
	struct store_fault fault;
	struct lock lock;
	sigset_t before, after;

	/* Who holds something else is not to blame. */
	assert_true(beside && flock(newer, LOCK_EX) == 0);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &before);
	assert_int_equal(kill(child, SIGSTOP), 0);
	pauses_begin(NULL, 1);
	assert_false(lock_take(&lock, fd, "/d", "lock", &fault));
	assert_int_equal(pauses_end(), 2000);
	assert_string_equal(fault.file, "/d/lock");
	assert_string_equal(fault.why, "locked by another process");
	/* The journal can say whom to look for. */
	assert_int_equal(fault.holder, lists(child) ? child : 0);
	assert_int_equal(fault.program[0] != '\0', fault.holder != 0);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &after);
	assert_int_equal(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
	end(child);
	/* A holder that was killed leaves nothing behind. */
	assert_true(lock_take(&lock, fd, "/d", "lock", &fault));
	lock_drop(&lock);
	(void)close(fd);
	(void)close(older);
	(void)close(newer);
}

static void
descriptor_that_cannot_be_locked_is_waited_for(void **state)
{
	struct store_fault fault;
	struct lock lock;
	sigset_t mask;

	(void)state;
	pauses_begin(NULL, 1);
	assert_false(lock_take(&lock, -1, "/d", "lock", &fault));
	assert_int_equal(pauses_end(), 0);
	assert_string_equal(fault.why, "cannot be locked");
	assert_int_equal(fault.error, EBADF);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_int_equal(sigismember(&mask, SIGTERM), 0);
}

static volatile sig_atomic_t came;

static void
note(int number)
{
	came = number;
}

static void
rule_17_signal_mask_is_not_the_callers_again(void **state)
{
	struct site *site = *state;
	int fd = open_file(site);
	struct sigaction action = { .sa_handler = note }, old;
	struct store_fault fault;
	struct lock lock;
	sigset_t mask, usr2;

	(void)sigemptyset(&usr2);
	(void)sigaddset(&usr2, SIGUSR2);
	(void)pthread_sigmask(SIG_BLOCK, &usr2, NULL);
	assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
	came = 0;
	assert_true(lock_take(&lock, fd, "/d", "lock", &fault));
	assert_int_equal(raise(SIGUSR1), 0);
	assert_int_equal(came, 0); /* it waits */
	errno = EXDEV;
	lock_drop(&lock);
	assert_int_equal(errno, EXDEV);
	assert_int_equal(came, SIGUSR1); /* and is not lost */
	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_int_equal(sigismember(&mask, SIGUSR2), 1);
	assert_int_equal(sigismember(&mask, SIGUSR1), 0);
	assert_int_equal(sigismember(&mask, SIGTERM), 0);
	(void)pthread_sigmask(SIG_UNBLOCK, &usr2, NULL);
	assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0);
	(void)close(fd);
}

/* As su has it: real uid the caller's, effective uid 0. */
static int
as_su(const struct site *site, bool held)
{
	int fd = open_file(site), status = 0;
	pid_t child = fork();

	if (child == 0) {
		struct store_fault fault;
		struct lock lock;
		uid_t real, effective, saved;

		if (setresuid(1234, 0, 0) != 0)
			_exit(10);
		if (lock_take(&lock, fd, "/d", "lock", &fault) == held)
			_exit(11);
		if (!held) {
			if (getresuid(&real, &effective, &saved) != 0 || real != 0 || effective != 0)
				_exit(12);
			lock_drop(&lock);
		}
		if (getresuid(&real, &effective, &saved) != 0 || real != 1234 || effective != 0 ||
		    saved != 0)
			_exit(13);
		_exit(0);
	}
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	(void)close(fd);
	return status;
}

static void
rule_17_user_can_stop_what_holds_the_lock(void **state)
{
	struct site *site = *state;
	pid_t child;

	site_needs_root();
	assert_int_equal(as_su(site, false), 0);
	child = holder(site);
	pauses_begin(NULL, 1);
	assert_int_equal(as_su(site, true), 0);
	(void)pauses_end();
	end(child);
}

static void
ordinary_user_cannot_lock(void **state)
{
	struct site *site = *state;
	int fd = open_file(site), status = 0;
	pid_t child;

	site_needs_root();
	child = fork();
	if (child == 0) {
		struct store_fault fault;
		struct lock lock;

		if (setresuid(1234, 1234, 1234) != 0 || !lock_take(&lock, fd, "/d", "lock", &fault))
			_exit(10);
		lock_drop(&lock);
		_exit(getuid() == 1234 && geteuid() == 1234 ? 0 : 11);
	}
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	assert_int_equal(status, 0);
	(void)close(fd);
}

int
main(void)
{
#define IN_SITE(test) cmocka_unit_test_setup_teardown(test, site_make, site_remove)
	const struct CMUnitTest tests[] = {
		IN_SITE(lock_is_not_held),
		IN_SITE(lock_that_is_let_go_in_time_is_refused),
		IN_SITE(machine_that_stood_still_refuses_the_lock),
		IN_SITE(rule_10_stopped_holder_is_waited_for_without_end),
		IN_SITE(descriptor_that_cannot_be_locked_is_waited_for),
		IN_SITE(rule_17_signal_mask_is_not_the_callers_again),
		IN_SITE(rule_17_user_can_stop_what_holds_the_lock),
		IN_SITE(ordinary_user_cannot_lock),
	};

	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
