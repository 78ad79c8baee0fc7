/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/language.h"

#define STACK 16384 /* bytes; enough for a handful of system calls */

struct launch {
	const char *program;
	int input;
};

/* Whoever runs `su` must not be able to stop or stifle what reports it. */
static void
shed_caller(void)
{
	static const int limits[] = { RLIMIT_FSIZE, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_AS };
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	uid_t uid = geteuid();
	gid_t gid = uid == 0 ? 0 : getegid();

	for (size_t i = 0; uid == 0 && i < sizeof limits / sizeof *limits; i++)
		(void)setrlimit(limits[i], &none);
	if ((uid == 0 && setgroups(0, NULL) != 0) || setresgid(gid, gid, gid) != 0 ||
	    setresuid(uid, uid, uid) != 0)
		_exit(127);
}

static void
shed_signals(void)
{
	const struct sigaction standard = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void)sigaction(i, &standard, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the process that becomes the program: system calls only, for the host may have threads. */
static int
become(void *arg)
{
	const struct launch *launch = arg;
	char *const words[] = { (char *)launch->program, NULL }, *const nothing[] = { NULL };
	/* Away from 0 to 2, which the host may have closed. */
	int input = fcntl(launch->input, F_DUPFD, STDERR_FILENO + 1);
	int null = fcntl(open("/dev/null", O_RDWR), F_DUPFD, STDERR_FILENO + 1);

	(void)setsid();
	shed_caller();
	shed_signals();
	(void)umask(S_IRWXG | S_IRWXO);
	if (input < 0 || null < 0 || chdir("/") != 0 || dup2(input, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0 ||
	    close_range(STDERR_FILENO + 1, ~0U, 0) != 0)
		_exit(127);
	(void)execve(launch->program, words, nothing);
	_exit(127);
}

/* Without an exit signal: the host's own handler and wait() never hear of it. */
static pid_t
start(int (*run)(void *), struct launch *launch)
{
	_Alignas(16) char stack[STACK];

	return clone(run, stack + sizeof stack, 0, launch);
}

/* The one in between, whose end gives the program away to init: nobody must wait for it. */
static int
detach(void *arg)
{
	return start(become, arg) < 0;
}

static bool
launch_detached(struct launch *launch)
{
	pid_t pid = start(detach, launch);
	int status = 0;

	if (pid < 0)
		return false;
	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return false;
	errno = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
may_run(const char *program, uid_t trusted, struct store_fault *fault)
{
	struct stat st;
	const char *why;

	if (!trusted_parents(program, trusted, fault))
		return false;
	if (lstat(program, &st) != 0)
		return store_fault_set(fault, NULL, program, "cannot be looked at", errno);
	why = trusted_stat(&st, TRUSTED_PUBLIC, trusted);
	if (why == NULL && (st.st_mode & S_IXUSR) == 0)
		why = N_("not a program that may be run");
	return why == NULL || store_fault_set(fault, NULL, program, why, 0);
}

bool
notify(const char *program, uid_t trusted, const char *line, struct store_fault *fault)
{
	struct launch launch = { .program = program };
	size_t len = strlen(line);
	int ends[2];
	bool ok;

	if (*program == '\0')
		return true;
	if (!may_run(program, trusted, fault))
		return false;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return store_fault_set(fault, NULL, program, "no pipe to it", errno);
	launch.input = ends[0];
	/* A pipe holds a page at the least: neither end is waited for. */
	ok = write(ends[1], line, len) == (ssize_t)len && write(ends[1], "\n", 1) == 1 &&
	    launch_detached(&launch);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return ok || store_fault_set(fault, NULL, program, "cannot be started", errno);
}
