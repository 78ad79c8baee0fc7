/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The service files of PAM, read as libpam reads them (pam.conf(5)): comments, continued lines, bracketed
 * controls and arguments, include, substack and Debian's @include. What libpam would answer with a
 * refusal stands among the lines as one that is broken.
 */
#ifndef TOOLS_STACK_H
#define TOOLS_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "plain_file.h"

#define STACK_MODULE "pam_twostep"
#define STACK_LINES_MAX 256  /* of one service, with all that it includes */
#define STACK_TEXT_SIZE 1024 /* of a line; libpam takes no longer one */
#define STACK_ARGUMENTS_MAX 64
#define STACK_LEVELS 16 /* substacks in substacks */

enum stack_type { STACK_AUTH, STACK_ACCOUNT, STACK_PASSWORD, STACK_SESSION, STACK_TYPES };

/* Those answers of a module that are asked about here; the numbers are Linux-PAM's. */
enum stack_answer {
	ANSWER_SUCCESS = 0,
	ANSWER_SERVICE_ERR = 3,
	ANSWER_PERM_DENIED = 6,
	ANSWER_AUTH_ERR = 7,
	ANSWER_AUTHINFO_UNAVAIL = 9,
	ANSWER_USER_UNKNOWN = 10,
	ANSWER_NEW_AUTHTOK_REQD = 12,
	ANSWER_IGNORE = 25,
	ANSWERS = 32,
};

/* What follows from an answer; more than 0 is a jump over so many lines. */
enum stack_action {
	ACTION_IGNORE = 0,
	ACTION_OK = -1,
	ACTION_DONE = -2,
	ACTION_BAD = -3,
	ACTION_DIE = -4,
	ACTION_RESET = -5,
	ACTION_UNSET = -6,
};

enum stack_kind { LINE_MODULE, LINE_SUBSTACK, LINE_BROKEN };
enum stack_control {
	CONTROL_REQUIRED,
	CONTROL_REQUISITE,
	CONTROL_SUFFICIENT,
	CONTROL_OPTIONAL,
	CONTROL_ACTIONS
};

struct stack_line {
	enum stack_type type;
	enum stack_kind kind;
	unsigned level; /* of substacks */
	enum stack_control control;
	int action[ANSWERS];
	char file[PLAIN_PATH_SIZE];
	unsigned number; /* of its first line in that file */
	unsigned from, until; /* those lines of the service's own file by which it came here */
	const char *broken; /* what libpam cannot read here; a constant, or NULL */
	char path[256];     /* of the module, as it stands there; cut where it is longer */
	char module[64];    /* its name without directory and ".so" */
	char arguments[STACK_TEXT_SIZE];
};

struct stack {
	const char *root;
	char file[PLAIN_PATH_SIZE]; /* of the service itself */
	bool cut;                   /* there are more lines than this holds */
	size_t count;
	struct stack_line line[STACK_LINES_MAX];
};

/* Where libpam looks, first come first served; NULL ends them. */
extern const char *const stack_directories[];

/* Reads a service below `root`. False sets errno: its file cannot be read. */
bool stack_read(struct stack *stack, const char *root, const char *service);
/* The same of a text that stands in `file`, or will. False sets errno. */
bool stack_parse(struct stack *stack, const char *root, const char *file, const char *text);

/* The arguments of a line, as libpam splits them. */
struct stack_arguments {
	int argc;
	const char *argv[STACK_ARGUMENTS_MAX];
	char text[STACK_TEXT_SIZE];
};
void stack_arguments(const struct stack_line *line, struct stack_arguments *arguments);

/* True for a line that calls this project's module. */
bool stack_is_ours(const struct stack_line *line);
/* Where libpam finds it for that line; NULL where that cannot be told, as of $ISA, libpam's own word. */
const char *stack_module(const struct stack_line *line);
/* The first of them of a type, or NULL. */
const struct stack_line *stack_ours(const struct stack *stack, enum stack_type type);

#endif
