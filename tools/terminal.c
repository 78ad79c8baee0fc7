/* SPDX-License-Identifier: BSD-2-Clause */
#include "terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define LINE_LENGTH_MAX 65536 /* bytes; a terminal has room for 4096 */

static volatile sig_atomic_t interrupted;
static const struct language *spoken;

static void
interrupt(int signal)
{
	interrupted = signal;
}

void
terminal_start(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = interrupt }, before;

	(void)setlocale(LC_CTYPE, "");
	(void)terminal_speak(NULL);
	/* What nohup or a shell has had ignored stays so. */
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (sigaction(signals[i], NULL, &before) != 0 || before.sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &action, NULL);
	/* A closed pipe is an error of writing like any other: see terminal_flush. */
	action.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &action, NULL);
	(void)sigaction(SIGXFSZ, &action, NULL);
}

/* The first of three variables that is set to something, or NULL. */
static const char *
environment(const char *first, const char *second, const char *third)
{
	const char *const names[] = { first, second, third };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && *value != '\0')
			return value;
	}
	return NULL;
}

/* `pt_BR.UTF-8` is that of Brazil if there is one, else Portuguese. */
static const struct language *
language_of_environment(void)
{
	const char *value = environment("LC_ALL", "LC_MESSAGES", "LANG");
	const struct language *language = NULL;

	if (value != NULL)
		language = language_named(value, strcspn(value, ".@"));
	if (value != NULL && language == NULL)
		language = language_named(value, strcspn(value, "_.@"));
	return language;
}

const struct language *
terminal_speak(const struct language *language)
{
	spoken = language != NULL ? language : language_of_environment();
	return spoken;
}

const char *
tr(const char *english)
{
	return say(spoken, english);
}

const char *
tr_n(const char *one, const char *many, long long n)
{
	return say_n(spoken, one, many, n);
}

bool
terminal_is_out(void)
{
	return isatty(STDOUT_FILENO) == 1;
}

unsigned
terminal_columns(void)
{
	struct winsize size = { .ws_col = 0 };

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

FILE *
terminal_dialogue(void)
{
	return terminal_is_out() ? stdout : stderr;
}

bool
terminal_is_utf8(void)
{
	const char *value;

	if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
		return true;
	/* ssh sends the client's words along, for which the server may have no locale. */
	value = environment("LC_ALL", "LC_CTYPE", "LANG");
	return value != NULL && (strstr(value, "UTF-8") != NULL || strstr(value, "utf8") != NULL);
}

size_t
terminal_sequence(const unsigned char *p)
{
	/* The rows of RFC 3629 section 4: first bytes, and which may come second. */
	static const struct {
		unsigned char first, last, min, max;
		size_t len;
	} forms[] = { { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 } };

	if (*p < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		size_t n = 2;

		if (*p < forms[i].first || *p > forms[i].last)
			continue;
		if (p[1] < forms[i].min || p[1] > forms[i].max)
			return 0;
		while (n < forms[i].len && (p[n] & 0xc0) == 0x80)
			n++;
		return n == forms[i].len ? n : 0;
	}
	return 0;
}

size_t
terminal_plain(const unsigned char *p)
{
	bool control = *p < ' ' || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0);

	return control ? 0 : terminal_sequence(p);
}

void
terminal_clean(char *text, const char *but)
{
	for (size_t len; *text != '\0'; text += len > 0 ? len : 1) {
		len = terminal_plain((const unsigned char *)text);
		if (len == 0 && strchr(but, *text) == NULL)
			*text = '?';
	}
}

void
terminal_put(FILE *out, const char *bytes, size_t len)
{
	for (size_t i = 0, n; i < len; i += n > 0 ? n : 1) {
		n = terminal_plain((const unsigned char *)bytes + i);
		if (n > 0 || bytes[i] == '\t')
			(void)fwrite(bytes + i, 1, n > 0 ? n : 1, out);
		else
			(void)fputc('?', out);
	}
}

bool
terminal_interrupted(void)
{
	return interrupted != 0;
}

/*
 * One byte at a time, so that what follows the line stays for whoever reads next. What is too long is read all the
 * same: a shell would run the rest of it, and keep that in its history.
 */
static bool
read_line(struct secret *typed)
{
	char c = '\0';
	ssize_t n = 0;
	size_t len = 0;

	typed->len = 0;
	while (len < LINE_LENGTH_MAX && !terminal_interrupted() && (n = read(STDIN_FILENO, &c, 1)) == 1 &&
	    c != '\n')
		if (len++ < sizeof typed->bytes)
			typed->bytes[typed->len++] = (uint8_t)c;
	if (len > sizeof typed->bytes)
		return false;
	while (typed->len > 0 && typed->bytes[typed->len - 1] == '\r')
		typed->len--;
	return !terminal_interrupted() && (n == 1 || (n == 0 && typed->len > 0));
}

bool
terminal_ask(const char *prompt, struct secret *typed)
{
	FILE *out = terminal_dialogue();
	bool terminal = isatty(STDIN_FILENO) == 1;

	if (terminal) {
		(void)fputs(prompt, out);
		(void)fflush(out);
	}
	if (read_line(typed))
		return true;
	/* No Enter has ended the line of the question. */
	if (terminal)
		(void)fputc('\n', out);
	secret_wipe(typed);
	return false;
}

bool
terminal_agrees(const char *question)
{
	static const char *const words[] = { "y", "Y", "yes", "j", "J", "ja" };
	SECRET typed;

	if (!terminal_ask(question, &typed))
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (typed.len == strlen(words[i]) &&
		    memcmp(typed.bytes, words[i], typed.len) == 0)
			return true;
	return false;
}

/* Meanwhile nobody can stop or quit what would leave the terminal so; an interrupt ends the question. */
static bool
hide(struct termios *before)
{
	struct termios hidden;

	if (tcgetattr(STDIN_FILENO, before) != 0)
		return false;
	hidden = *before;
	hidden.c_lflag = (hidden.c_lflag & ~(tcflag_t)ECHO) | ECHONL;
	hidden.c_cc[VQUIT] = hidden.c_cc[VSUSP] = _POSIX_VDISABLE;
	return tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
}

bool
terminal_ask_hidden(const char *prompt, struct secret *typed)
{
	bool terminal = isatty(STDIN_FILENO) == 1, ok;
	struct termios before;

	typed->len = 0;
	if (terminal && !hide(&before))
		return false;
	ok = terminal_ask(prompt, typed);
	if (terminal)
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	return ok;
}

bool
terminal_flush(void)
{
	return fflush(stdout) == 0 && ferror(stdout) == 0;
}

static void
write_time(char out[static TERMINAL_TIME_SIZE], int64_t time, const char *format)
{
	struct tm utc;
	time_t seconds = (time_t)time;

	if (gmtime_r(&seconds, &utc) == NULL || strftime(out, TERMINAL_TIME_SIZE, format, &utc) == 0)
		memcpy(out, "?", sizeof "?");
}

void
terminal_time(char out[static TERMINAL_TIME_SIZE], int64_t time)
{
	if (time == 0)
		(void)snprintf(out, TERMINAL_TIME_SIZE, "%s", tr("never"));
	else
		write_time(out, time, "%Y-%m-%d %H:%M UTC");
}

void
terminal_time_json(char out[static TERMINAL_TIME_SIZE], int64_t time)
{
	write_time(out, time, "%Y-%m-%dT%H:%M:%SZ");
}
