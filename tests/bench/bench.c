/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench: takes logins through the real libpam and says how long each one took.
 *
 *	bench MODE ROUNDS CONFDIR USER SERVICE ...
 *
 * In each round every SERVICE takes one login, so that what disturbs the machine disturbs all of
 * them, and in an order drawn anew: what one leaves in the caches and on the disk meets all alike.
 * Standard input has a line a round, "TIME RIGHT WRONG", where TIME is what the modules are
 * told that the clock says: each login has a fresh code and none meets a throttle, without a wait
 * and without a change to any module. MODE is
 *
 *	warm     logins with the right code, in this process, which has libcrypto loaded
 *	wrong    the same with the wrong code
 *	cold     each login in a fresh process, timed from before fork to after its exit
 *	marked   like warm, with marks for tests/system/sweep around each login of the last round
 *
 * It answers at /dev/log itself, and so wants a /dev that is its own (see tests/bench/run).
 * Out comes a line a login, "SERVICE LOGIN AUTHENTICATE REPLY", in nanoseconds: from pam_start
 * to pam_end (cold: the process), pam_authenticate, and from the answer to its return.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_appl.h>

#define CODE_SIZE 16
#define PASS_ROUNDS 3 /* thrown away: caches fill, libcrypto starts */

struct times {
	int64_t login, authenticate, reply; /* nanoseconds */
};

struct round {
	int64_t time;
	char right[CODE_SIZE], wrong[CODE_SIZE];
};

static _Noreturn void
die(const char *service, const char *what)
{
	(void)fprintf(stderr, "bench: %s: %s\n", service, what);
	exit(1);
}

/* ---- the clock ------------------------------------------------------------------------- */

/*
 * A program's own functions come before those of libc in every module that libpam loads: the
 * modules ask these. Only the time of day is set; what runs, runs.
 */
static time_t today;
static int (*libc_clock)(clockid_t, struct timespec *);

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	if (libc_clock == NULL)
		*(void **)&libc_clock = dlsym(RTLD_NEXT, "clock_gettime");
	if (clock != CLOCK_REALTIME)
		return libc_clock(clock, now);
	*now = (struct timespec){ .tv_sec = today };
	return 0;
}

time_t
time(time_t *now)
{
	if (now != NULL)
		*now = today;
	return today;
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	(void)zone;
	*now = (struct timeval){ .tv_sec = today };
	return 0;
}

static int64_t
nanoseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- one login ------------------------------------------------------------------------- */

struct person {
	const char *answer;
	int64_t answered;
};

static int
converse(
    int count, const struct pam_message **messages, struct pam_response **out, void *data)
{
	struct person *person = data;

	*out = calloc((size_t)count, sizeof **out);
	for (int i = 0; *out != NULL && i < count; i++)
		if (messages[i]->msg_style == PAM_PROMPT_ECHO_ON ||
		    messages[i]->msg_style == PAM_PROMPT_ECHO_OFF) {
			(*out)[i].resp = strdup(person->answer);
			person->answered = nanoseconds();
		}
	return *out != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
}

/* A wrong code is timed without the delay that follows it. */
static void
no_delay(int code, unsigned us, void *data)
{
	(void)code;
	(void)us;
	(void)data;
}

static struct times
login(const char *confdir, const char *service, const char *user, const char *answer,
    bool right)
{
	struct person person = { .answer = answer };
	const struct pam_conv conv = { converse, &person };
	pam_handle_t *pamh = NULL;
	struct times times = { .login = nanoseconds() };
	int code = pam_start_confdir(service, user, &conv, confdir, &pamh);

	if (code != PAM_SUCCESS)
		die(service, "no such service");
	(void)pam_set_item(pamh, PAM_FAIL_DELAY, (const void *)no_delay);
	times.authenticate = nanoseconds();
	code = pam_authenticate(pamh, 0);
	times.reply = person.answered == 0 ? 0 : nanoseconds() - person.answered;
	times.authenticate = nanoseconds() - times.authenticate;
	if (right != (code == PAM_SUCCESS))
		die(service, pam_strerror(pamh, code));
	if (right && pam_acct_mgmt(pamh, 0) != PAM_SUCCESS)
		die(service, "the account phase refuses");
	(void)pam_end(pamh, code);
	times.login = nanoseconds() - times.login;
	return times;
}

static void
print(const char *service, const struct times *times)
{
	(void)printf("%s %" PRId64 " %" PRId64 " %" PRId64 "\n", service, times->login,
	    times->authenticate, times->reply);
}

/* ---- in a process of its own ------------------------------------------------------------ */

/* What the parent runs: `bench once CONFDIR USER SERVICE TIME CODE`. */
static int
once(char **words)
{
	struct times times;

	today = (time_t)strtoll(words[3], NULL, 10);
	times = login(words[0], words[2], words[1], words[4], true);
	return write(STDOUT_FILENO, &times, sizeof times) == sizeof times ? 0 : 1;
}

static struct times
cold(const char *self, const char *confdir, const char *service, const char *user,
    const struct round *round)
{
	char now[24];
	char *words[] = { (char *)self, (char *)"once", (char *)confdir, (char *)user,
		(char *)service, now, (char *)round->right, NULL };
	posix_spawn_file_actions_t actions;
	struct times times = { .login = 0 };
	int64_t start;
	int ends[2], status = 1;
	pid_t child;

	(void)snprintf(now, sizeof now, "%" PRId64, round->time);
	if (pipe(ends) != 0 || posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) != 0)
		die(service, strerror(errno));
	start = nanoseconds();
	if (posix_spawn(&child, self, &actions, NULL, words, environ) != 0 ||
	    waitpid(child, &status, 0) != child || status != 0)
		die(service, "the login failed");
	start = nanoseconds() - start;
	if (read(ends[0], &times, sizeof times) != sizeof times)
		die(service, "the login says nothing");
	times.login = start;
	(void)close(ends[0]);
	(void)close(ends[1]);
	(void)posix_spawn_file_actions_destroy(&actions);
	return times;
}

/* ---- the log ---------------------------------------------------------------------------- */

/*
 * Whoever logs pays for his line, and nobody for the reader of it: lines wait in the socket until
 * the login is over.
 */
static int
open_log(void)
{
	const struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = _PATH_LOG };
	int log = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (log < 0 || bind(log, (const struct sockaddr *)&name, sizeof name) != 0)
		die(_PATH_LOG, strerror(errno));
	return log;
}

/*
 * Some modules close the process's connection to the log, and whoever logs next pays for that. A
 * module that takes logins beside others finds it open; one that is alone, as it left it.
 */
static void
connect_log(void)
{
	openlog(NULL, LOG_NDELAY, LOG_AUTHPRIV);
}

static void
empty_log(int log)
{
	char line[4096];

	while (recv(log, line, sizeof line, 0) > 0)
		;
}

/* ---- all of them, in turn --------------------------------------------------------------- */

static bool
next_round(struct round *round)
{
	char line[80];

	return fgets(line, sizeof line, stdin) != NULL &&
	    sscanf(line, "%" SCNd64 " %15s %15s", &round->time, round->right,
		round->wrong) == 3;
}

/* The same draws in every run (Marsaglia's xorshift32, Fisher and Yates's shuffle). */
static void
shuffle(char **services, int count)
{
	static uint32_t draw = 2463534242;

	for (int i = count - 1; i > 0; i--) {
		char *kept = services[i];
		int other;

		draw ^= draw << 13;
		draw ^= draw >> 17;
		draw ^= draw << 5;
		other = (int)(draw % (uint32_t)(i + 1));
		services[i] = services[other];
		services[other] = kept;
	}
}

static void
mark(bool wanted, const char *text, const char *service)
{
	char bytes[64];
	int len = snprintf(bytes, sizeof bytes, "%s %s", text, service);

	if (wanted && write(-1, bytes, (size_t)len) >= 0)
		die(service, "a mark was written");
}

int
main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "", *confdir, *user;
	bool fresh = strcmp(mode, "cold") == 0, right = strcmp(mode, "wrong") != 0;
	int rounds, log, first = 5;
	struct round round;

	if (strcmp(mode, "once") == 0 && argc == 7)
		return once(argv + 2);
	if (argc <= first)
		die(mode, "usage: bench MODE ROUNDS CONFDIR USER SERVICE ...");
	rounds = (int)strtol(argv[2], NULL, 10) + PASS_ROUNDS;
	confdir = argv[3];
	user = argv[4];
	log = open_log();
	/* So has sshd, whatever a module does. */
	if (!fresh)
		(void)dlopen("libcrypto.so.3", RTLD_NOW | RTLD_GLOBAL);
	for (int i = 0; i < rounds; i++) {
		bool marked = strcmp(mode, "marked") == 0 && i == rounds - 1;

		if (!next_round(&round))
			die(mode, "too few codes");
		today = (time_t)round.time;
		shuffle(argv + first, argc - first);
		for (int at = first; at < argc; at++) {
			const char *service = argv[at];
			struct times times;

			if (!fresh && argc > first + 1)
				connect_log();
			mark(marked, "begin", service);
			times = fresh ? cold(argv[0], confdir, service, user, &round)
				      : login(confdir, service, user,
					    right ? round.right : round.wrong, right);
			mark(marked, "end", service);
			empty_log(log);
			if (i >= PASS_ROUNDS)
				print(service, &times);
		}
	}
	return 0;
}
