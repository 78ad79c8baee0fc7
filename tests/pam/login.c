/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * login: drives the real libpam as an application would, and says what it saw.
 *
 *	login [options] SERVICE CONFDIR USER TRY ...
 *
 * Each TRY is one pam_authenticate on the same handle: the answers to its prompts, one a
 * line. A prompt after the last answer fails the conversation, and so does the
 * answer "!abort"; "!null" answers with no text at all, and "!nothing" with no answer that could
 * have one; "!code" with the code of the key that was shown last, as an app that scanned it would ("!code+1": of the step after), "!junk8"
 * with what sshd puts in the place of eight bytes that were typed. Where pam_authenticate succeeds
 * pam_acct_mgmt follows (always with -A, never with -a).
 *
 *	-r HOST, -T TTY, -R RUSER  the items PAM_RHOST, PAM_TTY, PAM_RUSER
 *	-U USER    PAM_USER becomes this before pam_acct_mgmt
 *	-c         pam_acct_mgmt runs in a child of the process, which has the handle as well
 *	-s         PAM_SILENT
 *	-f N       N processes; each takes the N-th TRY where there are N, and the only one else;
 *	           %d in USER is the process's number, from 0. All have been asked
 *	           before any of them answers: they go at one instant
 *	-l         the last of them answers only when all the others are gone
 *	-F SIZE    the limit on the size of files (RLIMIT_FSIZE)
 *	-X         SIGXFSZ is ignored
 *	-k         passes marks (see sweep.c) around each call: "start", "authenticate",
 *	           "answered" right before an answer is handed over, "authenticated", "end"
 *
 * Out come lines of JSON, each one write(2): what was shown or asked, what each call
 * returned and after how many microseconds, and the delay asked of the application,
 * which is never slept.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <security/pam_appl.h>

#define LINE_MAX_BYTES 65536
#define PROCESSES_MAX 1024

static struct {
	const char *rhost, *tty, *ruser, *becomes;
	int flags;
	bool account_always, account_never, account_in_child;
	bool last, marks;
	int processes;
} options;

/* This process's place among its siblings. */
static struct {
	int number;
	int ready; /* told once that we stand at the prompt, then -1 */
	int gate;  /* closed from the other side when all may go */
	int turn[2]; /* holds one byte, of whoever may write: a line may be more than a pipe takes whole */
} race = { .ready = -1, .gate = -1, .turn = { -1, -1 } };

/* One try's answers, and how far the conversation has come. */
struct script {
	const char *next;
	int try;
	bool nothing; /* the conversation succeeds and brings no answer */
};

static void
die(const char *what)
{
	fprintf(stderr, "login: %s: %s\n", what, strerror(errno));
	exit(3);
}

static void
mark(const char *text)
{
	if (options.marks && write(-1, text, strlen(text)) != -1)
		die("mark");
}

/* ---- lines of JSON ------------------------------------------------------------------ */

struct line {
	char text[LINE_MAX_BYTES];
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void
put(struct line *line, const char *format, ...)
{
	va_list words;

	va_start(words, format);
	int n = vsnprintf(
	    line->text + line->used, sizeof(line->text) - line->used, format, words);
	va_end(words);
	line->used += (size_t)n;
	if (line->used >= sizeof(line->text)) {
		errno = EMSGSIZE;
		die("line");
	}
}

static void
put_string(struct line *line, const char *text)
{
	put(line, "\"");
	for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
		put(line,
		    *c < 0x20 || *c >= 0x7f || *c == '"' || *c == '\\' ? "\\u%04x" : "%c",
		    *c);
	put(line, "\"");
}

static void
line_begin(struct line *line, const char *event, int try)
{
	line->used = 0;
	put(line, "{\"event\":\"%s\",\"process\":%d,\"try\":%d", event, race.number, try);
}

static void
line_end(struct line *line)
{
	char byte = 0;

	put(line, "}\n");
	while (race.turn[0] >= 0 && read(race.turn[0], &byte, 1) != 1)
		if (errno != EINTR)
			die("turn");
	if (write(STDOUT_FILENO, line->text, line->used) != (ssize_t)line->used)
		die("output");
	if (race.turn[1] >= 0 && write(race.turn[1], &byte, 1) != 1)
		die("turn");
}

static void
say_message(const struct pam_message *message, int try)
{
	static const char *const styles[] = {
		[PAM_PROMPT_ECHO_OFF] = "prompt_echo_off",
		[PAM_PROMPT_ECHO_ON] = "prompt_echo_on",
		[PAM_ERROR_MSG] = "error",
		[PAM_TEXT_INFO] = "info",
	};
	struct line line;

	line_begin(&line, styles[message->msg_style], try);
	put(&line, ",\"text\":");
	put_string(&line, message->msg);
	line_end(&line);
}

static void
say_result(const char *call, int try, int code, long us)
{
	struct line line;

	line_begin(&line, call, try);
	put(&line, ",\"code\":%d,\"us\":%ld", code, us);
	line_end(&line);
}

/* ---- an app that scans --------------------------------------------------------------- */

static struct {
	unsigned char bytes[64];
	int len;
} app;

/* Takes the key from a text that shows one: groups of base32 behind the word. */
static void
app_scan(const char *text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	const char *at = strstr(text, "Key: "), *digit;
	unsigned bits = 0, held = 0;

	if (at == NULL)
		at = strstr(text, "Sleutel: ");
	if (at == NULL)
		return;
	app.len = 0;
	for (at = strchr(at, ' ') + 1; *at != '\0' && app.len < (int)sizeof(app.bytes); at++) {
		if (*at == ' ' || (*at == '\n' && at[1] != 'i' && at[1] != 'V'))
			continue;
		digit = strchr(alphabet, *at);
		if (digit == NULL)
			break;
		bits = bits << 5 | (unsigned)(digit - alphabet);
		held += 5;
		if (held < 8)
			continue;
		held -= 8;
		app.bytes[app.len++] = (unsigned char)(bits >> held);
	}
}

/* RFC 6238 with SHA-1, six digits and 30 seconds. */
static char *
app_code(long ahead)
{
	unsigned char counter[8], mac[EVP_MAX_MD_SIZE];
	unsigned long step = (unsigned long)(time(NULL) / 30 + ahead);
	unsigned len = 0;
	char *code = NULL;

	for (int i = 0; i < 8; i++)
		counter[i] = (unsigned char)(step >> (56 - 8 * i));
	if (HMAC(EVP_sha1(), app.bytes, app.len, counter, sizeof(counter), mac, &len) == NULL)
		die("HMAC");
	const unsigned char *p = mac + (mac[len - 1] & 15);
	unsigned binary = (p[0] & 127U) << 24 | (unsigned)p[1] << 16 | (unsigned)p[2] << 8 | p[3];
	if (asprintf(&code, "%06u", binary % 1000000) < 0)
		die("memory");
	return code;
}

/* fake_password() of OpenSSH, for an account that it hides. */
static char *
junk(size_t len)
{
	static const char pattern[] = "\b\n\r\177INCORRECT";
	char *made = calloc(1, len + 1);

	if (made == NULL)
		die("memory");
	for (size_t i = 0; i < len; i++)
		made[i] = pattern[i % (sizeof pattern - 1)];
	return made;
}

/* ---- what libpam calls --------------------------------------------------------------- */

/* Waits at the prompt until all the others stand at theirs. */
static void
race_wait(void)
{
	char byte = 0;

	if (race.ready < 0)
		return;
	if (write(race.ready, &byte, 1) != 1)
		die("ready");
	close(race.ready);
	race.ready = -1;
	while (read(race.gate, &byte, 1) < 0 && errno == EINTR)
		;
	close(race.gate);
}

/* The next line of the script in *answer; false when the conversation fails here. */
static bool
script_answer(struct script *script, char **answer)
{
	if (script->next == NULL)
		return false;
	size_t len = strcspn(script->next, "\n");
	char *copy = strndup(script->next, len);

	if (copy == NULL)
		die("memory");
	script->next = script->next[len] == '\n' ? script->next + len + 1 : NULL;
	*answer = copy;
	if (strncmp(copy, "!code", 5) == 0) {
		*answer = app_code(strtol(copy + 5, NULL, 10));
		free(copy);
		return true;
	}
	if (strncmp(copy, "!junk", 5) == 0) {
		*answer = junk(strtoul(copy + 5, NULL, 10));
		free(copy);
		return true;
	}
	script->nothing = strcmp(copy, "!nothing") == 0;
	if (script->nothing || strcmp(copy, "!abort") == 0 || strcmp(copy, "!null") == 0) {
		*answer = NULL;
		bool null = script->nothing || strcmp(copy, "!null") == 0;
		free(copy);
		return null;
	}
	return true;
}

static int
converse(
    int count, const struct pam_message **messages, struct pam_response **out, void *data)
{
	struct script *script = data;
	struct pam_response *responses = calloc((size_t)count, sizeof(*responses));

	if (responses == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		int style = messages[i]->msg_style;

		say_message(messages[i], script->try);
		app_scan(messages[i]->msg);
		if (style != PAM_PROMPT_ECHO_OFF && style != PAM_PROMPT_ECHO_ON)
			continue;
		race_wait();
		if (!script_answer(script, &responses[i].resp)) {
			while (i-- > 0)
				free(responses[i].resp);
			free(responses);
			return PAM_CONV_ERR;
		}
		mark("answered");
	}
	if (script->nothing) {
		free(responses);
		responses = NULL;
		script->nothing = false;
	}
	*out = responses;
	return PAM_SUCCESS;
}

/* PAM_FAIL_DELAY: libpam calls this where it would sleep. */
static void
on_delay(int code, unsigned us, void *data)
{
	struct script *script = data;

	if (us > 0)
		say_result("delay", script->try, code, (long)us);
}

/* ---- one process --------------------------------------------------------------------- */

static long
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int
timed(pam_handle_t *handle, const char *name, int (*call)(pam_handle_t *, int), int try)
{
	long before = now_us();
	int code = call(handle, options.flags);

	say_result(name, try, code, now_us() - before);
	return code;
}

static void
set_items(pam_handle_t *handle)
{
	const struct {
		int item;
		const char *value;
	} items[] = {
		{ PAM_RHOST, options.rhost },
		{ PAM_TTY, options.tty },
		{ PAM_RUSER, options.ruser },
	};

	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		if (items[i].value != NULL)
			pam_set_item(handle, items[i].item, items[i].value);
	pam_set_item(handle, PAM_FAIL_DELAY, (const void *)on_delay);
}

static void
account(pam_handle_t *handle, int try)
{
	pid_t child = options.account_in_child ? fork() : 0;

	if (child > 0) {
		waitpid(child, NULL, 0);
		return;
	}
	timed(handle, "acct_mgmt", pam_acct_mgmt, try);
	if (options.account_in_child)
		_exit(0);
}

static int
one_try(pam_handle_t *handle, struct script *script, const char *answers)
{
	script->next = answers;
	script->try++;
	mark("authenticate");
	long before = now_us();
	int code = pam_authenticate(handle, options.flags);
	long after = now_us();
	mark(code == PAM_SUCCESS ? "accepted" : "refused");
	mark("authenticated");
	say_result("authenticate", script->try, code, after - before);
	if (options.becomes != NULL)
		pam_set_item(handle, PAM_USER, options.becomes);
	if (options.account_always || (code == PAM_SUCCESS && !options.account_never))
		account(handle, script->try);
	return code;
}

/* All tries on one handle; the exit status is that of the last. */
static int
process(const char *service, const char *confdir, const char *user, char **tries)
{
	struct script script = { 0 };
	struct pam_conv conversation = { converse, &script };
	pam_handle_t *handle = NULL;
	int code;

	mark("start");
	code = pam_start_confdir(service, user, &conversation, confdir, &handle);
	if (code != PAM_SUCCESS) {
		say_result("start", 0, code, 0);
		return code;
	}
	set_items(handle);
	for (; *tries != NULL; tries++)
		code = one_try(handle, &script, *tries);
	pam_end(handle, code);
	mark("end");
	return code;
}

/* ---- many processes ------------------------------------------------------------------ */

static void
pipe_open(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) != 0)
		die("pipe");
}

/* One byte from each that stands at its prompt; the end of file when no other is left. */
static void
count_ready(int fd, int want)
{
	char bytes[64];

	while (want > 0) {
		ssize_t got = read(fd, bytes, want > 64 ? 64 : (size_t)want);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return;
		want -= (int)got;
	}
}

static int
run_many(char **words, char **tries, int count)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	int ready[2], gate[2], late[2];
	pid_t pids[PROCESSES_MAX];

	/* libcrypto is started once, and not in each of them */
	if (HMAC(EVP_sha256(), "", 0, mac, 0, mac, NULL) == NULL)
		die("HMAC");
	pipe_open(ready);
	pipe_open(gate);
	pipe_open(late);
	pipe_open(race.turn);
	if (write(race.turn[1], "", 1) != 1)
		die("turn");
	for (int i = 0; i < options.processes; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			die("fork");
		if (pids[i] > 0)
			continue;
		char user[512];
		char *own[] = { tries[count == options.processes ? i : 0], NULL };
		char *hole = strstr(words[2], "%d");

		snprintf(user, sizeof(user), "%s", words[2]);
		if (hole != NULL)
			snprintf(user, sizeof(user), "%.*s%d%s", (int)(hole - words[2]),
			    words[2], i, hole + 2);
		bool after = options.last && i == options.processes - 1;
		race.number = i;
		race.ready = ready[1];
		race.gate = after ? late[0] : gate[0];
		close(gate[1]);
		close(late[1]);
		_exit(process(words[0], words[1], user, own));
	}
	close(ready[1]);
	count_ready(ready[0], options.processes);
	close(gate[1]);
	for (int i = 0; i < options.processes; i++) {
		if (options.last && i == options.processes - 1)
			close(late[1]);
		waitpid(pids[i], NULL, 0);
	}
	return 0;
}

/* ---- the command line ----------------------------------------------------------------- */

static void
limit_files(const char *size)
{
	rlim_t bytes = (rlim_t)strtoull(size, NULL, 10);
	struct rlimit limit = { bytes, bytes };

	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		die("RLIMIT_FSIZE");
}

static int
usage(void)
{
	fprintf(stderr, "usage: login [options] SERVICE CONFDIR USER TRY ...\n");
	return 2;
}

int
main(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "+r:T:R:U:csf:lF:XkAa")) != -1) {
		switch (option) {
		case 'r':
			options.rhost = optarg;
			break;
		case 'T':
			options.tty = optarg;
			break;
		case 'R':
			options.ruser = optarg;
			break;
		case 'U':
			options.becomes = optarg;
			break;
		case 'c':
			options.account_in_child = true;
			break;
		case 's':
			options.flags = PAM_SILENT;
			break;
		case 'f':
			options.processes = (int)strtol(optarg, NULL, 10);
			break;
		case 'l':
			options.last = true;
			break;
		case 'F':
			limit_files(optarg);
			break;
		case 'X':
			signal(SIGXFSZ, SIG_IGN);
			break;
		case 'k':
			options.marks = true;
			break;
		case 'A':
			options.account_always = true;
			break;
		case 'a':
			options.account_never = true;
			break;
		default:
			return usage();
		}
	}
	if (argc - optind < 4 || options.processes < 0 ||
	    options.processes > PROCESSES_MAX)
		return usage();
	char **words = argv + optind;
	if (options.processes > 0)
		return run_many(words, words + 3, argc - optind - 3);
	return process(words[0], words[1], words[2], words + 3);
}
