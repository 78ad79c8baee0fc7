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

#include "store/launch.h"

#define DESCRIPTORS 64   /* more than are ever open at once */
#define STACK (8U << 20) /* bytes */
#define SLACK_NS 50000UL /* by which a timeout may be late, where nobody asked for more */

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
	static const struct {
		int limit;
		rlim_t value;
	} limits[] = {
		{ RLIMIT_AS, RLIM_INFINITY },
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_CPU, RLIM_INFINITY },
		{ RLIMIT_DATA, RLIM_INFINITY },
		{ RLIMIT_FSIZE, RLIM_INFINITY },
		{ RLIMIT_LOCKS, RLIM_INFINITY },
		{ RLIMIT_MEMLOCK, RLIM_INFINITY },
		{ RLIMIT_NOFILE, DESCRIPTORS },
		{ RLIMIT_NPROC, RLIM_INFINITY },
		{ RLIMIT_RSS, RLIM_INFINITY },
		{ RLIMIT_RTTIME, RLIM_INFINITY },
		{ RLIMIT_STACK, STACK },
	};

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		const struct rlimit both = { limits[i].value, limits[i].value };

		(void)setrlimit(limits[i].limit, &both);
	}
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

/* Who runs last while he holds a lock keeps others waiting; whose timeouts are late never goes. */
static void
shed_slowness(void)
{
	const struct sched_param zero = { .sched_priority = 0 };
	const long usual = 0; /* as ioprio_set(2) takes it: what goes with the niceness */

	(void)sched_setscheduler(0, SCHED_OTHER, &zero);
	(void)setpriority(PRIO_PROCESS, 0, 0);
	(void)syscall(SYS_ioprio_set, 1L, 0L, usual);
	(void)prctl(PR_SET_TIMERSLACK, SLACK_NS, 0L, 0L, 0L);
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
	    launch_close_from(STDERR_FILENO + 1);
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
