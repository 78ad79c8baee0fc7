/* SPDX-License-Identifier: BSD-2-Clause */
/* The person at the terminal, or the script at the pipe: what is shown and what is typed. */
#ifndef TOOLS_TERMINAL_H
#define TOOLS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/language.h"
#include "core/secret.h"

/* Takes LANG for what may be drawn, and makes an interrupt end the next question, not the program. */
void terminal_start(void);

/*
 * Sets and returns the language from here on; NULL for that of LC_ALL, LC_MESSAGES or LANG, which
 * counts from the start. It needs no locale of the system.
 */
const struct language *terminal_speak(const struct language *language);

/* A text in that language, and the form of one that goes with n. */
const char *tr(const char *english) __attribute__((format_arg(1)));
const char *tr_n(const char *one, const char *many, long long n)
    __attribute__((format_arg(1), format_arg(2)));

/* True when standard output is a terminal that draws UTF-8; and whether it is one at all. */
bool terminal_is_utf8(void);
bool terminal_is_out(void);

/* How wide it is, in columns; 0 where nobody knows. */
unsigned terminal_columns(void);

/* Where a dialogue goes: what a program reads from standard output is the result and nothing else. */
FILE *terminal_dialogue(void);

/*
 * Asks, when somebody is at the terminal, and reads one line from standard input.
 * False at its end, after an interrupt, and for a line that no answer can be.
 */
bool terminal_ask(const char *prompt, struct secret *typed);
/* The same, and nothing of what is typed at the terminal shows. */
bool terminal_ask_hidden(const char *prompt, struct secret *typed);

/* The same for a question of which only a yes counts. */
bool terminal_agrees(const char *question);

/* Length of the UTF-8 sequence at p (RFC 3629), 0 when it is none. */
size_t terminal_sequence(const unsigned char *p);
/* How many bytes at p may be shown as they are: none of a control of ASCII or of Unicode, or of what is no UTF-8. */
size_t terminal_plain(const unsigned char *p);

/* What came from outside must not draw on the terminal: such bytes become '?', but for those in `but`. */
void terminal_clean(char *text, const char *but);
/* Prints so many bytes of it, tabs as they are; what stands behind them is no part of a sequence. */
void terminal_put(FILE *out, const char *bytes, size_t len);

/* True after SIGINT, SIGTERM or SIGHUP. */
bool terminal_interrupted(void);

/* Writes out what was printed. False when it could not be. */
bool terminal_flush(void);

/* A moment for people, "2025-05-05 14:02 UTC", or "never" for 0. */
#define TERMINAL_TIME_SIZE 40
void terminal_time(char out[static TERMINAL_TIME_SIZE], int64_t time);

/* A moment for scripts, "2025-05-05T14:02:31Z". */
void terminal_time_json(char out[static TERMINAL_TIME_SIZE], int64_t time);

#endif
