/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The settings: one table of words, through which the configuration file and the module's
 * arguments both go. Defaults first, then the file, then the arguments; each of
 * the two may give a word once.
 */
#ifndef CORE_SETTINGS_H
#define CORE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/language.h"
#include "core/otp.h"

#define SETTINGS_FILE_MAX 16384 /* bytes of a configuration file */
#define SETTINGS_PATH_SIZE 1024
#define SETTINGS_TEXT_SIZE 128
#define SETTINGS_LIST_SIZE 1024
#define SETTINGS_WORD_SIZE 65

/* The words that every prompt ends in, in every language: clients look for them. */
#define SETTINGS_PROMPT "Verification code: "

/* Who may link an app inside a login. */
enum settings_enroll { ENROLL_NO, ENROLL_INVITED, ENROLL_YES };

struct settings {
	char conf[SETTINGS_PATH_SIZE];     /* absolute */
	char store[SETTINGS_PATH_SIZE];    /* "file:" and an absolute path */
	char key_file[SETTINGS_PATH_SIZE]; /* absolute, or "none" */
	int64_t window;                    /* steps on either side */
	int64_t hotp_lookahead;            /* counters */
	char prompt[SETTINGS_TEXT_SIZE];   /* ends in SETTINGS_PROMPT */
	bool echo;
	bool combined; /* one field for password and code: then enroll_at_login is no */
	bool try_first_pass, use_first_pass;
	int64_t delay_after; /* wrong codes in a row */
	int64_t lock_after;  /* wrong codes in a row */
	int64_t lock_time;   /* seconds */
	int64_t block_after; /* wrong codes in 30 days */
	/* who must have a second step, since when, and who need not; core/list.h walks the lists */
	char require[SETTINGS_LIST_SIZE];
	int64_t require_from; /* Unix seconds; 0: always */
	int64_t require_east; /* seconds that its day is ahead of UTC, as it was written */
	int64_t remind;       /* seconds before require_from */
	int64_t offer;        /* seconds before require_from */
	char exempt[SETTINGS_LIST_SIZE];
	char trusted_networks[SETTINGS_LIST_SIZE];
	enum settings_enroll enroll_at_login;
	int64_t remember;                 /* seconds; 0: never */
	char contact[SETTINGS_TEXT_SIZE]; /* ASCII; empty: the text of login_contact() */
	char notify[SETTINGS_PATH_SIZE];  /* absolute; empty: nobody is told */
	int64_t recovery_codes;           /* 0 to RECOVERY_CODES_MAX */
	char issuer[SETTINGS_TEXT_SIZE];  /* empty: the host's short name */
	enum otp_algorithm algorithm;
	int64_t digits;
	int64_t period; /* seconds */
	const struct language *language; /* NULL: not given */
	bool debug;
};

/* What is wrong with a setting: the word as it was given, cut short, and a constant. */
struct settings_fault {
	const char *why; /* NULL while nothing is wrong */
	unsigned line;   /* of the file; for arguments their number, from 1 */
	char word[SETTINGS_WORD_SIZE];
};

void settings_default(struct settings *settings);

/*
 * Reads `word = value` lines: a whole file of len bytes. Blank lines and lines whose first
 * character is # are passed over. False at the first fault, which names line and word.
 */
bool settings_file(struct settings *settings, const char *bytes, size_t len,
    struct settings_fault *fault);

/* Reads `word=value` arguments, as libpam hands them over; a bare word means yes. */
bool settings_arguments(
    struct settings *settings, int argc, const char **argv, struct settings_fault *fault);

/*
 * One setting from a command line: --store and its like go through the same table.
 * False, with the reason, when the value cannot be.
 */
bool settings_set(struct settings *settings, const char *word, const char *value,
    struct settings_fault *fault);

/*
 * The configuration file that the arguments name, or the built-in one. It must be known
 * before they are read, because they win over the file. A path that is not absolute is
 * passed over here and refused by settings_arguments.
 */
const char *settings_conf(int argc, const char **argv);

#endif
