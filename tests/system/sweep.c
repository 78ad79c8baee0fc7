/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep: runs an unchanged program, counts its system calls, and at one of them does
 * what the world does at the worst moment.
 *
 *	sweep [-b MARK] [-e MARK] [-n N -a ACTION] [-o FILE] [-t SECONDS] -- command ...
 *
 * Calls are counted from 1, over all processes and threads of the command, after its
 * execve or between two marks: a mark is write(-1, "text", 4), which no
 * kernel carries out and which is not counted. At call N the ACTION is one of
 *
 *	kill         SIGKILL to all processes, the call is not carried out
 *	kill-after   SIGKILL to all processes, right after it was
 *	ENOSPC ...   it fails with that errno and is not carried out
 *	run=COMMAND  it waits until the shell has run COMMAND
 *
 * The calls that cannot fail (exit_group and their like) are passed over by an errno.
 * FILE gets one line of JSON a call: who made it, its arguments as the table below reads
 * them (a descriptor as its path, written bytes as hexadecimal), and what it answered; a
 * mark is a line with "mark". The last line says how it ended:
 *
 *	{"end":true,"calls":74,"hit":"pwrite64","exit":0,"signal":0,"timeout":false}
 *
 * Its own exit status is 0 unless it could not do its work.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

#define TRACEES_MAX 256
#define BYTES_MAX 32768 /* of one written buffer that are recorded */
#define IOV_MAX_READ 16

/*
 * How the arguments of a call are recorded, a letter an argument:
 * f descriptor, s string, b buffer whose length is the next argument, v vector of buffers
 * whose number is the next argument, a socket address whose length is the
 * next argument, i number, - nothing.
 */
struct call {
	long number;
	const char *name;
	const char *args;
};

static const struct call calls[] = {
	{ SYS_read, "read", "f-i" },
	{ SYS_write, "write", "fbi" },
	{ SYS_pread64, "pread64", "f-ii" },
	{ SYS_pwrite64, "pwrite64", "fbii" },
	{ SYS_readv, "readv", "f-i" },
	{ SYS_writev, "writev", "fvi" },
	{ SYS_pwritev, "pwritev", "fvii" },
	{ SYS_pwritev2, "pwritev2", "fvii-i" },
	{ SYS_openat, "openat", "fsii" },
	{ SYS_openat2, "openat2", "fs" },
	{ SYS_close, "close", "f" },
	{ SYS_close_range, "close_range", "iii" },
	{ SYS_fsync, "fsync", "f" },
	{ SYS_fdatasync, "fdatasync", "f" },
	{ SYS_sync, "sync", "" },
	{ SYS_syncfs, "syncfs", "f" },
	{ SYS_sync_file_range, "sync_file_range", "fii" },
	{ SYS_ftruncate, "ftruncate", "fi" },
	{ SYS_truncate, "truncate", "si" },
	{ SYS_fallocate, "fallocate", "fiii" },
	{ SYS_flock, "flock", "fi" },
	{ SYS_fcntl, "fcntl", "fii" },
	{ SYS_ioctl, "ioctl", "fi" },
	{ SYS_lseek, "lseek", "fii" },
	{ SYS_fstat, "fstat", "f" },
	{ SYS_newfstatat, "newfstatat", "fs" },
	{ SYS_statx, "statx", "fs" },
	{ SYS_faccessat, "faccessat", "fs" },
	{ SYS_readlinkat, "readlinkat", "fs" },
	{ SYS_getdents64, "getdents64", "f" },
	{ SYS_renameat2, "renameat2", "fsfsi" },
	{ SYS_linkat, "linkat", "fsfsi" },
	{ SYS_symlinkat, "symlinkat", "sfs" },
	{ SYS_unlinkat, "unlinkat", "fsi" },
	{ SYS_mkdirat, "mkdirat", "fsi" },
	{ SYS_fchmod, "fchmod", "fi" },
	{ SYS_fchmodat, "fchmodat", "fsi" },
	{ SYS_fchown, "fchown", "fii" },
	{ SYS_fchownat, "fchownat", "fsii" },
	{ SYS_utimensat, "utimensat", "fs" },
	{ SYS_umask, "umask", "i" },
	{ SYS_socket, "socket", "iii" },
	{ SYS_connect, "connect", "fai" },
	{ SYS_sendto, "sendto", "fbi" },
	{ SYS_sendmsg, "sendmsg", "f" },
	{ SYS_recvfrom, "recvfrom", "f" },
	{ SYS_getrandom, "getrandom", "-ii" },
	{ SYS_mmap, "mmap", "-iii" },
	{ SYS_munmap, "munmap", "" },
	{ SYS_mprotect, "mprotect", "" },
	{ SYS_madvise, "madvise", "" },
	{ SYS_mlock, "mlock", "" },
	{ SYS_brk, "brk", "" },
	{ SYS_rt_sigaction, "rt_sigaction", "i" },
	{ SYS_rt_sigprocmask, "rt_sigprocmask", "i" },
	{ SYS_rt_sigreturn, "rt_sigreturn", "" },
	{ SYS_rt_sigtimedwait, "rt_sigtimedwait", "" },
	{ SYS_rt_sigpending, "rt_sigpending", "" },
	{ SYS_futex, "futex", "" },
	{ SYS_nanosleep, "nanosleep", "" },
	{ SYS_clock_nanosleep, "clock_nanosleep", "" },
	{ SYS_clock_gettime, "clock_gettime", "i" },
	{ SYS_gettimeofday, "gettimeofday", "" },
	{ SYS_setresuid, "setresuid", "iii" },
	{ SYS_setreuid, "setreuid", "ii" },
	{ SYS_setuid, "setuid", "i" },
	{ SYS_getuid, "getuid", "" },
	{ SYS_geteuid, "geteuid", "" },
	{ SYS_getpid, "getpid", "" },
	{ SYS_gettid, "gettid", "" },
	{ SYS_prctl, "prctl", "ii" },
	{ SYS_prlimit64, "prlimit64", "ii" },
	{ SYS_execve, "execve", "s" },
	{ SYS_clone, "clone", "" },
	{ SYS_clone3, "clone3", "" },
	{ SYS_wait4, "wait4", "i" },
	{ SYS_kill, "kill", "ii" },
	{ SYS_tgkill, "tgkill", "iii" },
	{ SYS_exit, "exit", "i" },
	{ SYS_exit_group, "exit_group", "i" },
	{ SYS_set_tid_address, "set_tid_address", "" },
	{ SYS_set_robust_list, "set_robust_list", "" },
	{ SYS_rseq, "rseq", "" },
#ifdef SYS_open /* the older calls, which aarch64 never had */
	{ SYS_open, "open", "sii" },
	{ SYS_creat, "creat", "si" },
	{ SYS_stat, "stat", "s" },
	{ SYS_lstat, "lstat", "s" },
	{ SYS_access, "access", "s" },
	{ SYS_readlink, "readlink", "s" },
	{ SYS_rename, "rename", "ss" },
	{ SYS_link, "link", "ss" },
	{ SYS_symlink, "symlink", "ss" },
	{ SYS_unlink, "unlink", "s" },
	{ SYS_mkdir, "mkdir", "si" },
	{ SYS_chmod, "chmod", "si" },
	{ SYS_poll, "poll", "" },
	{ SYS_select, "select", "" },
	{ SYS_fork, "fork", "" },
	{ SYS_vfork, "vfork", "" },
	{ SYS_arch_prctl, "arch_prctl", "" },
#endif
#ifdef SYS_renameat
	{ SYS_renameat, "renameat", "fsfs" },
#endif
};

/* The kernel gives these no way to fail so, and libc no way to go on. */
static const long infallible[] = {
	SYS_exit,
	SYS_exit_group,
	SYS_rt_sigreturn,
	SYS_getpid,
	SYS_gettid,
	SYS_getuid,
	SYS_geteuid,
	SYS_umask,
	SYS_sync,
	SYS_futex,
	SYS_brk,
};

static const struct {
	const char *name;
	int number;
} errors[] = {
	{ "ENOSPC", ENOSPC },
	{ "EIO", EIO },
	{ "EROFS", EROFS },
	{ "EMFILE", EMFILE },
	{ "EINTR", EINTR },
	{ "EACCES", EACCES },
	{ "ENOMEM", ENOMEM },
	{ "EDQUOT", EDQUOT },
	{ "EFBIG", EFBIG },
	{ "ENOSYS", ENOSYS },
	{ "EAGAIN", EAGAIN },
	{ "EPERM", EPERM },
};

enum action { NOTHING, KILL, KILL_AFTER, FAIL, RUN };

struct tracee {
	pid_t pid;
	bool inside; /* between the entry and the exit of a call */
	bool line;   /* a line about this call was begun */
	bool failing;
};

static struct {
	const char *begin, *end; /* marks; NULL counts everything */
	bool counting;
	long at, calls;
	enum action action;
	int error;
	const char *command;
	const char *hit; /* name of the call that the action struck */
	FILE *out;
	struct tracee tracees[TRACEES_MAX];
	int live;
	pid_t first;
	int status;
} sweep;

static volatile sig_atomic_t late;

static void
die(const char *what)
{
	fprintf(stderr, "sweep: %s: %s\n", what, strerror(errno));
	for (int i = 0; i < TRACEES_MAX; i++)
		if (sweep.tracees[i].pid > 0)
			kill(sweep.tracees[i].pid, SIGKILL);
	exit(3);
}

static void
on_alarm(int number)
{
	(void)number;
	late = 1;
	for (int i = 0; i < TRACEES_MAX; i++)
		if (sweep.tracees[i].pid > 0)
			kill(sweep.tracees[i].pid, SIGKILL);
}

/* ---- the table of processes ------------------------------------------------------- */

static struct tracee *
tracee(pid_t pid)
{
	struct tracee *free_one = NULL;

	for (int i = 0; i < TRACEES_MAX; i++) {
		if (sweep.tracees[i].pid == pid)
			return &sweep.tracees[i];
		if (free_one == NULL && sweep.tracees[i].pid == 0)
			free_one = &sweep.tracees[i];
	}
	if (free_one == NULL) {
		errno = EUSERS;
		die("processes");
	}
	*free_one = (struct tracee){ .pid = pid };
	sweep.live++;
	return free_one;
}

static void
tracee_gone(struct tracee *t)
{
	t->pid = 0;
	sweep.live--;
}

/*
 * Every process dies at one instant, as in a power cut: the ones that are in the middle
 * of a call, or stopped by us, never come out of it.
 */
static void
kill_all(void)
{
	for (int i = 0; i < TRACEES_MAX; i++)
		if (sweep.tracees[i].pid > 0)
			kill(sweep.tracees[i].pid, SIGKILL);
}

/* ---- registers: the only room that knows the machine ------------------------------ */

#if defined(__x86_64__)
static void
call_skip(pid_t pid)
{
	if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, orig_rax),
		-1L) != 0)
		die("skip");
}

static void
call_answer(pid_t pid, long value)
{
	if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax), value) !=
	    0)
		die("answer");
}
#else /* aarch64 */
static void
call_skip(pid_t pid)
{
	int none = -1;
	struct iovec io = { &none, sizeof(none) };

	if (ptrace(PTRACE_SETREGSET, pid, (void *)NT_ARM_SYSTEM_CALL, &io) != 0)
		die("skip");
}

static void
call_answer(pid_t pid, long value)
{
	struct user_regs_struct regs;
	struct iovec io = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &io) != 0)
		die("registers");
	regs.regs[0] = (unsigned long long)value;
	if (ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &io) != 0)
		die("answer");
}
#endif

/* ---- reading the other process, and writing it down -------------------------------- */

static size_t
peek(pid_t pid, uint64_t address, void *to, size_t len)
{
	struct iovec here = { to, len };
	struct iovec there = { (void *)(uintptr_t)address, len };
	ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);

	return got < 0 ? 0 : (size_t)got;
}

/* A string may end right before memory that cannot be read: so page by page. */
static void
peek_string(pid_t pid, uint64_t address, char out[static PATH_MAX])
{
	size_t have = 0;

	while (have < PATH_MAX - 1) {
		size_t want = 4096 - (size_t)((address + have) % 4096);

		if (want > PATH_MAX - 1 - have)
			want = PATH_MAX - 1 - have;
		size_t got = peek(pid, address + have, out + have, want);
		if (got == 0 || memchr(out + have, '\0', got) != NULL) {
			have += got;
			break;
		}
		have += got;
	}
	out[have] = '\0';
}

static void
put_text(const char *text)
{
	putc('"', sweep.out);
	for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
		if (*c < 0x20 || *c >= 0x7f || *c == '"' || *c == '\\')
			fprintf(sweep.out, "\\u%04x", *c);
		else
			putc(*c, sweep.out);
	}
	putc('"', sweep.out);
}

static void
put_bytes(pid_t pid, uint64_t address, uint64_t len)
{
	static unsigned char bytes[BYTES_MAX];
	size_t got = peek(pid, address, bytes, len > BYTES_MAX ? BYTES_MAX : (size_t)len);

	for (size_t i = 0; i < got; i++)
		fprintf(sweep.out, "%02x", bytes[i]);
}

static void
put_vector(pid_t pid, uint64_t address, uint64_t count)
{
	struct iovec parts[IOV_MAX_READ];

	if (count > IOV_MAX_READ)
		count = IOV_MAX_READ;
	size_t got = peek(pid, address, parts, (size_t)count * sizeof(parts[0]));
	for (size_t i = 0; i < got / sizeof(parts[0]); i++)
		put_bytes(pid, (uint64_t)(uintptr_t)parts[i].iov_base, parts[i].iov_len);
}

static void
put_descriptor(pid_t pid, int fd)
{
	char link[64], path[PATH_MAX];

	if (fd == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/%d/cwd", pid);
	else
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", pid, fd);
	ssize_t len = readlink(link, path, sizeof(path) - 1);
	path[len < 0 ? 0 : len] = '\0';
	put_text(path);
}

static void
put_address(pid_t pid, uint64_t address, uint64_t len)
{
	char bytes[256] = "";

	peek(pid, address, bytes, len < sizeof(bytes) ? (size_t)len : sizeof(bytes) - 1);
	put_text(bytes + sizeof(short));
}

static void
put_argument(pid_t pid, char kind, const uint64_t *arg)
{
	char text[PATH_MAX];

	switch (kind) {
	case 'f':
		put_descriptor(pid, (int)*arg);
		break;
	case 's':
		peek_string(pid, *arg, text);
		put_text(text);
		break;
	case 'b':
	case 'v':
		putc('"', sweep.out);
		(kind == 'b' ? put_bytes : put_vector)(pid, arg[0], arg[1]);
		putc('"', sweep.out);
		break;
	case 'a':
		put_address(pid, arg[0], arg[1]);
		break;
	case 'i':
		fprintf(sweep.out, "%lld", (long long)*arg);
		break;
	default:
		fputs("null", sweep.out);
	}
}

static const struct call *
call_find(uint64_t number)
{
	static char name[32];
	static struct call other = { .name = name, .args = "" };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if ((uint64_t)calls[i].number == number)
			return &calls[i];
	snprintf(name, sizeof(name), "call_%llu", (unsigned long long)number);
	return &other;
}

static void
record_entry(struct tracee *t, const struct call *call, const uint64_t *args)
{
	if (sweep.out == NULL)
		return;
	fprintf(sweep.out, "{\"n\":%ld,\"pid\":%d,\"call\":\"%s\",\"args\":[",
	    sweep.calls, t->pid, call->name);
	for (size_t i = 0; call->args[i] != '\0'; i++) {
		if (i > 0)
			putc(',', sweep.out);
		put_argument(t->pid, call->args[i], args + i);
	}
	fprintf(sweep.out, "]}\n");
	t->line = true;
}

/*
 * Calls of several processes interleave, so an answer is a line of its own: n names the
 * process's call before it.
 */
static void
record_exit(struct tracee *t, long value)
{
	if (t->line)
		fprintf(sweep.out, "{\"pid\":%d,\"ret\":%ld}\n", t->pid, value);
	t->line = false;
}

/* ---- what happens at a call -------------------------------------------------------- */

static bool
mark_seen(pid_t pid, const struct ptrace_syscall_info *info)
{
	char text[64] = "";

	if (info->entry.nr != SYS_write || (int)info->entry.args[0] != -1)
		return false;
	peek(pid, info->entry.args[1], text,
	    info->entry.args[2] < sizeof(text) ? (size_t)info->entry.args[2]
					       : sizeof(text) - 1);
	if (sweep.begin != NULL && strcmp(text, sweep.begin) == 0)
		sweep.counting = true;
	if (sweep.end != NULL && strcmp(text, sweep.end) == 0)
		sweep.counting = false;
	if (sweep.out != NULL) {
		fprintf(sweep.out, "{\"n\":%ld,\"pid\":%d,\"mark\":", sweep.calls, pid);
		put_text(text);
		fputs("}\n", sweep.out);
	}
	return true;
}

static bool
can_fail(uint64_t number)
{
	for (size_t i = 0; i < sizeof(infallible) / sizeof(infallible[0]); i++)
		if ((uint64_t)infallible[i] == number)
			return false;
	return true;
}

static void
strike(struct tracee *t, const struct call *call, uint64_t number)
{
	static char name[32];

	if (sweep.action == FAIL && !can_fail(number))
		return;
	snprintf(name, sizeof(name), "%s", call->name);
	sweep.hit = name;
	switch (sweep.action) {
	case KILL:
		kill_all();
		break;
	case FAIL:
		call_skip(t->pid);
		t->failing = true;
		break;
	case RUN:
		/* the words of the test itself: NOLINTNEXTLINE(cert-env33-c) */
		if (system(sweep.command) == -1)
			die("run");
		break;
	case KILL_AFTER: /* record what it answers first */
	case NOTHING:
		break;
	}
}

static void
on_entry(struct tracee *t, const struct ptrace_syscall_info *info)
{
	if (mark_seen(t->pid, info) || !sweep.counting)
		return;
	const struct call *call = call_find(info->entry.nr);

	sweep.calls++;
	record_entry(t, call, (const uint64_t *)info->entry.args);
	if (sweep.calls == sweep.at)
		strike(t, call, info->entry.nr);
}

static void
on_exit_of(struct tracee *t, const struct ptrace_syscall_info *info)
{
	long value = (long)info->exit.rval;

	if (t->failing) {
		value = -sweep.error;
		call_answer(t->pid, value);
	}
	t->failing = false;
	record_exit(t, value);
	if (sweep.action == KILL_AFTER && sweep.hit != NULL)
		kill_all();
}

static void
on_call(struct tracee *t)
{
	struct ptrace_syscall_info info = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) <= 0)
		return; /* killed meanwhile */
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		on_entry(t, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		on_exit_of(t, &info);
}

/* ---- the loop ---------------------------------------------------------------------- */

static void
resume(pid_t pid, int number)
{
	if (ptrace(PTRACE_SYSCALL, pid, 0, number) != 0 && errno != ESRCH)
		die("resume");
}

/* A process stopped: a call, an event of ptrace itself, or a signal to be delivered. */
static void
on_stop(struct tracee *t, int status)
{
	int number = WSTOPSIG(status);
	int event = status >> 16;

	if (number == (SIGTRAP | 0x80))
		on_call(t);
	if (event == PTRACE_EVENT_EXEC && sweep.begin == NULL && sweep.end == NULL)
		sweep.counting = true;
	if (number == (SIGTRAP | 0x80) || event != 0)
		number = 0;
	resume(t->pid, number);
}

static void
loop(void)
{
	while (sweep.live > 0) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			break;
		struct tracee *t = tracee(pid);
		if (WIFSTOPPED(status)) {
			on_stop(t, status);
			continue;
		}
		tracee_gone(t);
		if (pid == sweep.first)
			sweep.status = status;
	}
}

static void
start(char **command)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL |
	    PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
	    PTRACE_O_TRACEEXEC;
	int go[2];

	if (pipe2(go, O_CLOEXEC) != 0)
		die("pipe");
	pid_t pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		char byte;

		close(go[1]);
		while (read(go[0], &byte, 1) < 0 && errno == EINTR)
			;
		execvp(command[0], command);
		fprintf(stderr, "sweep: %s: %s\n", command[0], strerror(errno));
		_exit(127);
	}
	sweep.first = pid;
	tracee(pid);
	if (ptrace(PTRACE_SEIZE, pid, 0, options) != 0 ||
	    ptrace(PTRACE_INTERRUPT, pid, 0, 0) != 0)
		die("seize");
	close(go[0]);
	close(go[1]);
}

static void
report(void)
{
	FILE *out = sweep.out != NULL ? sweep.out : stderr;

	fprintf(out,
	    "{\"end\":true,\"calls\":%ld,\"hit\":%s%s%s,\"exit\":%d,\"signal\":%d,"
	    "\"timeout\":%s}\n",
	    sweep.calls, sweep.hit ? "\"" : "", sweep.hit ? sweep.hit : "null",
	    sweep.hit ? "\"" : "",
	    WIFEXITED(sweep.status) ? WEXITSTATUS(sweep.status) : -1,
	    WIFSIGNALED(sweep.status) ? WTERMSIG(sweep.status) : 0,
	    late ? "true" : "false");
	if (fclose(out) != 0)
		die("output");
}

static void
action_parse(const char *word)
{
	if (strcmp(word, "kill") == 0)
		sweep.action = KILL;
	if (strcmp(word, "kill-after") == 0)
		sweep.action = KILL_AFTER;
	if (strncmp(word, "run=", 4) == 0) {
		sweep.action = RUN;
		sweep.command = word + 4;
	}
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (strcmp(word, errors[i].name) == 0) {
			sweep.action = FAIL;
			sweep.error = errors[i].number;
		}
	}
	if (sweep.action == NOTHING) {
		fprintf(stderr, "sweep: %s: unknown action\n", word);
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "+b:e:n:a:o:t:")) != -1) {
		switch (option) {
		case 'b':
			sweep.begin = optarg;
			break;
		case 'e':
			sweep.end = optarg;
			break;
		case 'n':
			sweep.at = strtol(optarg, NULL, 10);
			break;
		case 'a':
			action_parse(optarg);
			break;
		case 'o':
			sweep.out = fopen(optarg, "we");
			if (sweep.out == NULL)
				die(optarg);
			break;
		case 't':
			signal(SIGALRM, on_alarm);
			alarm((unsigned)strtoul(optarg, NULL, 10));
			break;
		default:
			return 2;
		}
	}
	if (optind == argc) {
		fprintf(stderr, "sweep: which command?\n");
		return 2;
	}
	start(argv + optind);
	loop();
	report();
	return 0;
}
