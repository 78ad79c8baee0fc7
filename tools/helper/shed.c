/* SPDX-License-Identifier: BSD-2-Clause */
#include "shed.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define DESCRIPTORS 64 /* more than are ever open at once */

static bool
nameless(const struct sockaddr_un *address, socklen_t len)
{
	return len == offsetof(struct sockaddr_un, sun_path) && address->sun_family == AF_UNIX;
}

/* One end of a pair: what has a name, or a peer with one, is some server's, and not ours to talk to. */
static bool
is_pair(void)
{
	struct sockaddr_un own = { .sun_family = AF_UNSPEC }, peer = own;
	socklen_t own_len = sizeof own, peer_len = sizeof peer, len = sizeof(int);
	int type = 0;

	return getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	    type == SOCK_SEQPACKET &&
	    getsockname(STDIN_FILENO, (struct sockaddr *)&own, &own_len) == 0 &&
	    getpeername(STDIN_FILENO, (struct sockaddr *)&peer, &peer_len) == 0 &&
	    nameless(&own, own_len) && nameless(&peer, peer_len);
}

/* First of all: a limit may forbid even what follows. What cannot be raised, for want of a capability, stays. */
static void
shed_limits(void)
{
	static const int unlimited[] = { RLIMIT_AS, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_FSIZE,
		RLIMIT_LOCKS, RLIMIT_MEMLOCK, RLIMIT_NPROC, RLIMIT_RSS, RLIMIT_RTTIME, RLIMIT_STACK };
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	const struct rlimit few = { DESCRIPTORS, DESCRIPTORS }, no_core = { 0, 0 };

	for (size_t i = 0; i < sizeof unlimited / sizeof *unlimited; i++)
		(void)setrlimit(unlimited[i], &none);
	(void)setrlimit(RLIMIT_NOFILE, &few);
	(void)setrlimit(RLIMIT_CORE, &no_core);
}

/* What terminals, timers of its own time, and broken pipes send is not heard. */
static void
shed_signals(void)
{
	static const int deaf[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU,
		SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGUSR1, SIGUSR2, SIGIO };
	const struct sigaction standard = { .sa_handler = SIG_DFL }, ignore = { .sa_handler = SIG_IGN };
	sigset_t none;

	/* (Ignored first: that drops what is pending.) */
	for (int i = 1; i < NSIG; i++) {
		(void)sigaction(i, &ignore, NULL);
		(void)sigaction(i, &standard, NULL);
	}
	for (size_t i = 0; i < sizeof deaf / sizeof *deaf; i++)
		(void)sigaction(deaf[i], &ignore, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Who runs last while he holds a lock keeps others waiting. */
static void
shed_slowness(void)
{
	const struct sched_param zero = { .sched_priority = 0 };
	const long usual = 0; /* as ioprio_set(2) takes it: what goes with the niceness */

	(void)sched_setscheduler(0, SCHED_OTHER, &zero);
	(void)setpriority(PRIO_PROCESS, 0, 0);
	(void)syscall(SYS_ioprio_set, 1L, 0L, usual);
}

static bool
become_root(void)
{
	return setgroups(0, NULL) == 0 && setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0 &&
	    prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) == 0;
}

/* In a session of its own: the leader of a process group in another one is not served. */
static bool
leave_session(void)
{
	return setsid() >= 0 || getsid(0) == getpid();
}

static bool
shed_streams(void)
{
	int null = open("/dev/null", O_RDWR);

	return null >= 0 && dup2(null, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0 &&
	    close_range(STDERR_FILENO + 1, ~0U, 0) == 0;
}

bool
shed_caller(uid_t *uid)
{
	*uid = getuid();
	if (clearenv() != 0 || geteuid() != 0 || !is_pair())
		return false;
	shed_limits();
	shed_signals();
	if (!become_root() || !leave_session() || !shed_streams() || chdir("/") != 0)
		return false;
	shed_slowness();
	(void)umask(S_IRWXG | S_IRWXO);
	return true;
}
