/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK 16384 /* bytes, of each of the two; enough for a handful of system calls */
#define PROGRAM_STACK (8U << 20) /* bytes, and */
#define PROGRAM_DESCRIPTORS 1024 /* as most systems have it: a shell needs some, and what it runs */

struct plan {
	const char *program;
	int input;
	enum launch_as as;
	char *stack; /* of the process that becomes it */
};

/*
 * The kernel's own calls: those of libc have every thread do the same, and would wait here for
 * threads of the host, of which this process has none.
 */
#ifdef SYS_setresuid32
#define SETGROUPS SYS_setgroups32
#define SETRESGID SYS_setresgid32
#define SETRESUID SYS_setresuid32
#else
#define SETGROUPS SYS_setgroups
#define SETRESGID SYS_setresgid
#define SETRESUID SYS_setresuid
#endif

static bool
become_ids(uid_t uid, gid_t gid)
{
	return (uid != 0 || syscall(SETGROUPS, (size_t)0, NULL) == 0) &&
	    syscall(SETRESGID, gid, gid, gid) == 0 && syscall(SETRESUID, uid, uid, uid) == 0;
}

/* Whoever runs `su` must not be able to stop or stifle what reports it. */
static void
shed_caller(void)
{
	static const struct {
		int limit;
		rlim_t value;
	} limits[] = {
		{ RLIMIT_AS, RLIM_INFINITY },
		{ RLIMIT_CPU, RLIM_INFINITY },
		{ RLIMIT_DATA, RLIM_INFINITY },
		{ RLIMIT_FSIZE, RLIM_INFINITY },
		{ RLIMIT_NOFILE, PROGRAM_DESCRIPTORS },
		{ RLIMIT_STACK, PROGRAM_STACK },
	};
	uid_t uid = geteuid();
	gid_t gid = uid == 0 ? 0 : getegid();

	for (size_t i = 0; uid == 0 && i < sizeof limits / sizeof *limits; i++) {
		const struct rlimit both = { limits[i].value, limits[i].value };

		(void)setrlimit(limits[i].limit, &both);
	}
	if (!become_ids(uid, gid))
		_exit(127);
}

bool
launch_close_from(int fd)
{
	return syscall(SYS_close_range, fd, ~0U, 0) == 0;
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
	const struct plan *plan = arg;
	char *const words[] = { (char *)plan->program, NULL }, *const nothing[] = { NULL };
	/* Away from 0 to 2, which the host may have closed. */
	int input = fcntl(plan->input, F_DUPFD, STDERR_FILENO + 1);
	int null = fcntl(open("/dev/null", O_RDWR), F_DUPFD, STDERR_FILENO + 1);

	(void)setsid();
	if (plan->as == LAUNCH_AS_EFFECTIVE)
		shed_caller();
	shed_signals();
	(void)umask(S_IRWXG | S_IRWXO);
	if (input < 0 || null < 0 || chdir("/") != 0 || dup2(input, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0 ||
	    !launch_close_from(STDERR_FILENO + 1))
		_exit(127);
	(void)execve(plan->program, words, nothing);
	_exit(127);
}

/* Without an exit signal: the host's own handler and wait() never hear of it. */
static pid_t
start(int (*run)(void *), char *stack, struct plan *plan)
{
	return clone(run, stack + STACK, 0, plan);
}

/*
 * The one in between, whose end gives the program away to init: nobody must wait for it. (It has
 * no room for another stack on its own: what lies below that is the host's, and the plan.)
 */
static int
detach(void *arg)
{
	struct plan *plan = arg;

	return start(become, plan->stack, plan) < 0;
}

bool
launch(const char *program, int input, enum launch_as as)
{
	_Alignas(16) char stacks[2][STACK];
	struct plan plan = { .program = program, .input = input, .as = as, .stack = stacks[1] };
	pid_t pid = start(detach, stacks[0], &plan);
	int status = 0;

	if (pid < 0)
		return false;
	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return false;
	errno = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
