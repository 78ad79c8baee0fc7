/* SPDX-License-Identifier: BSD-2-Clause */
#include "deadline.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "change.h"
#include "store/launch.h"

#define FAULTS_MAX 600 /* in a row, one a second */

/* ---- systemd ----------------------------------------------------------------------- */

/* sd_booted(3) asks the same. */
static bool
has_systemd(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

/* Runs one of its programs, which says nothing and inherits nothing. True when it succeeded. */
static bool
run(char *const words[])
{
	char path[] = "PATH=/usr/bin:/bin", *const environment[] = { path, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int status = -1;
	pid_t pid = -1;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	if (posix_spawn_file_actions_init(&files) != 0)
		return false;
	if (posix_spawnattr_init(&attributes) != 0) {
		(void)posix_spawn_file_actions_destroy(&files);
		return false;
	}
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		(void)posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setsigdefault(&attributes, &all);
	(void)posix_spawnattr_setflags(
	    &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (posix_spawn(&pid, words[0], &files, &attributes, words, environment) != 0)
		pid = -1;
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&files);
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool
deadline_at_boot(void)
{
	char program[] = "/usr/bin/systemctl", verb[] = "is-enabled", quiet[] = "--quiet",
	     unit[] = "twostep-unconfirmed.service";
	char *const words[] = { program, verb, quiet, unit, NULL };

	return has_systemd() && run(words);
}

static bool
start_timer(const char *service, int64_t seconds)
{
	char program[] = "/usr/bin/systemd-run", quiet[] = "--quiet", collect[] = "--collect",
	     accuracy[] = "--timer-property=AccuracySec=1s", verb[] = "disable",
	     option[] = "--unconfirmed", active[64], unit[SERVICE_NAME_SIZE + 64],
	     ours[PATH_MAX];
	char *const words[] = { program, quiet, collect, active, accuracy, unit, ours, verb, option,
		NULL };
	ssize_t len = readlink("/proc/self/exe", ours, sizeof ours - 1);

	if (len <= 0)
		return false;
	ours[len] = '\0';
	(void)snprintf(active, sizeof active, "--on-active=%" PRId64 "s", seconds);
	/* An earlier change of this service may have one that is still running. */
	(void)snprintf(unit, sizeof unit, "--unit=twostep-unconfirmed-%s-%ld", service, (long)getpid());
	return run(words);
}

/* ---- without it -------------------------------------------------------------------- */

static void
watch(int directory, const char *service)
{
	const struct timespec second = { .tv_sec = 1 };
	struct store_fault fault;
	unsigned faults = 0;

	while (faults < FAULTS_MAX) {
		enum change_answer answer = change_take_back(directory, service, &fault);

		faults = answer == CHANGE_FAULT ? faults + 1 : 0;
		if (answer != CHANGE_FAULT && answer != CHANGE_WAITS)
			return;
		(void)nanosleep(&second, NULL);
	}
}

/* Nothing is left of the terminal, the login or the caller; a logout must not end it. */
static bool
detach(int *directory)
{
	struct sigaction standard = { .sa_handler = SIG_DFL };
	sigset_t none;
	int null = open("/dev/null", O_RDWR);

	for (int i = 1; i < NSIG; i++)
		(void)sigaction(i, &standard, NULL);
	standard.sa_handler = SIG_IGN;
	(void)sigaction(SIGHUP, &standard, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (null < 0 || chdir("/") != 0)
		return false;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(null, fd) < 0)
			return false;
	if (*directory != STDERR_FILENO + 1 && dup2(*directory, STDERR_FILENO + 1) < 0)
		return false;
	*directory = STDERR_FILENO + 1;
	/* The lock, too: it is the caller's until he lets go of it. */
	return launch_close_from(STDERR_FILENO + 2);
}

/* Twice removed, so that it is nobody's to wait for. */
static bool
start_process(int directory, const char *service)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		(void)setsid();
		if (!detach(&directory))
			_exit(1);
		pid = fork();
		if (pid == 0)
			watch(directory, service);
		_exit(pid < 0);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

enum deadline
deadline_start(int directory, const char *service, int64_t seconds)
{
	if (has_systemd() && start_timer(service, seconds))
		return DEADLINE_TIMER;
	return start_process(directory, service) ? DEADLINE_PROCESS : DEADLINE_NONE;
}
