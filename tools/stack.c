/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/language.h"
#include "stack_control.h"

#define BLANKS " \t\n"
#define INCLUDES_MAX 32 /* files in files; libpam of today takes no more either */

const char *const stack_directories[] = { "/etc/pam.d", "/usr/lib/pam.d", NULL };

/* A file that is being read, and what was asked of it. */
struct source {
	struct stack *stack;
	const char *file;
	char *rest;
	unsigned number;        /* of the line that was read last */
	enum stack_type wanted; /* STACK_TYPES: all */
	unsigned level, depth;
	unsigned from, until; /* 0 in the service's own file */
};

static bool read_file(struct source *source, const char *name);

/*
 * The next token, ended by NUL in place; NULL when there is none. One in brackets ends at the
 * first ']' that has no backslash before it, and loses brackets and such backslashes.
 */
static char *
next_token(char **rest)
{
	char *start = *rest, *end, *to;

	if (start == NULL)
		return NULL;
	start += strspn(start, BLANKS);
	if (*start == '\0') {
		*rest = NULL;
		return NULL;
	}
	if (*start == '[') {
		start++;
		for (to = end = start; *end != '\0' && *end != ']'; end++) {
			if (end[0] == '\\' && end[1] == ']')
				end++;
			*to++ = *end;
		}
		*rest = *end == '\0' ? NULL : end + 1;
		*to = '\0';
		return start;
	}
	end = start + strcspn(start, BLANKS);
	*rest = *end == '\0' ? NULL : end + 1;
	*end = '\0';
	return start;
}

void
stack_arguments(const struct stack_line *line, struct stack_arguments *arguments)
{
	char *rest = arguments->text, *token;

	memcpy(arguments->text, line->arguments, sizeof arguments->text);
	arguments->argc = 0;
	while (
	    arguments->argc < STACK_ARGUMENTS_MAX && (token = next_token(&rest)) != NULL)
		arguments->argv[arguments->argc++] = token;
}

bool
stack_is_ours(const struct stack_line *line)
{
	return line->kind == LINE_MODULE && strcmp(line->module, STACK_MODULE) == 0;
}

const char *
stack_module(const struct stack_line *line)
{
	if (strchr(line->path, '/') == NULL)
		return TWOSTEP_MODULE;
	return *line->path == '/' && strchr(line->path, '$') == NULL ? line->path : NULL;
}

const struct stack_line *
stack_ours(const struct stack *stack, enum stack_type type)
{
	for (size_t i = 0; i < stack->count; i++)
		if (stack->line[i].type == type && stack_is_ours(&stack->line[i]))
			return &stack->line[i];
	return NULL;
}

/* Cut where there is no room. */
static void
copy(char *out, size_t size, const char *string)
{
	size_t len = strnlen(string, size - 1);

	memcpy(out, string, len);
	out[len] = '\0';
}

static struct stack_line *
add_line(struct source *source, unsigned number, enum stack_type type)
{
	struct stack *stack = source->stack;
	struct stack_line *line = &stack->line[stack->count];

	/* The last one is overwritten then: `cut` says that nothing can be told of this service. */
	stack->cut = stack->cut || stack->count == STACK_LINES_MAX - 1;
	stack->count += !stack->cut;
	memset(line, 0, sizeof *line);
	copy(line->file, sizeof line->file, source->file);
	line->number = number;
	line->from = source->from > 0 ? source->from : number;
	line->until = source->from > 0 ? source->until : source->number;
	line->level = source->level;
	line->type = type != STACK_TYPES ? type : STACK_AUTH;
	return line;
}

/* libpam refuses at such a line, or refuses the whole service: for us the same. */
static void
add_broken(struct source *source, unsigned number, enum stack_type type, const char *why)
{
	struct stack_line *line = add_line(source, number, type);

	line->kind = LINE_BROKEN;
	line->broken = why;
	stack_control_all(line->action, ACTION_BAD);
}

/* Puts another piece behind what there is of a line. False when it is longer than libpam takes. */
static bool
put_piece(
    char text[static STACK_TEXT_SIZE], size_t *len, const char *piece, size_t piece_len)
{
	if (*len + piece_len >= STACK_TEXT_SIZE)
		return false;
	memcpy(text + *len, piece, piece_len);
	*len += piece_len;
	text[*len] = '\0';
	return true;
}

/*
 * One line of the form, of which a backslash at the end makes several of the file; empty lines
 * and comments between those do not count. False at the end of the file.
 */
static bool
assemble(struct source *source, char text[static STACK_TEXT_SIZE], unsigned *number,
    const char **broken)
{
	size_t used = 0;
	char *piece;

	*broken = NULL;
	while ((piece = plain_line(&source->rest)) != NULL) {
		size_t len;
		bool comment, more;

		source->number++;
		piece += strspn(piece, BLANKS);
		len = strcspn(piece, "#");
		if (len == 0)
			continue;
		comment = piece[len] == '#';
		while (len > 0 && strchr(BLANKS, piece[len - 1]) != NULL)
			len--;
		/* A comment ends the line, whatever stands before it. */
		more = !comment && len > 0 && piece[len - 1] == '\\';
		if (used == 0)
			*number = source->number;
		if (more)
			piece[len - 1] = ' ';
		if (memchr(piece, '\r', len) != NULL)
			*broken = N_("ends as lines of DOS do");
		if (!put_piece(text, &used, piece, len))
			*broken = N_("longer than libpam takes");
		if (!more)
			return true;
	}
	if (used > 0)
		*broken = N_("ends in a backslash at the end of the file");
	return used > 0;
}

static bool
take_type(const char *token, enum stack_type *type)
{
	static const char *const names[] = { "auth", "account", "password", "session" };

	token += *token == '-';
	for (size_t i = 0; i < STACK_TYPES; i++) {
		if (strcasecmp(token, names[i]) == 0) {
			*type = (enum stack_type)i;
			return true;
		}
	}
	return false;
}

/* "/lib/security/pam_unix.so" is pam_unix. */
static const char *
module_name(char *path)
{
	char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	char *dot = strrchr(name, '.');

	if (dot != NULL && strcmp(dot, ".so") == 0)
		*dot = '\0';
	return name;
}

static void
include(struct source *source, unsigned number, enum stack_type type, bool substack,
    const char *name)
{
	struct source inner = { .stack = source->stack,
		.wanted = type,
		.level = source->level + substack,
		.depth = source->depth + 1,
		.from = source->from > 0 ? source->from : number,
		.until = source->from > 0 ? source->until : source->number };

	if (substack)
		add_line(source, number, type)->kind = LINE_SUBSTACK;
	if (name == NULL)
		add_broken(source, number, type, N_("names no file"));
	else if (inner.depth > INCLUDES_MAX || inner.level >= STACK_LEVELS)
		add_broken(source, number, type, N_("files that include each other"));
	else if (!read_file(&inner, name))
		add_broken(source, number, type, N_("names a file that cannot be read"));
}

/* What stands behind the type. */
static void
parse_call(struct source *source, unsigned number, enum stack_type type, char *rest)
{
	char *control = next_token(&rest), *path = next_token(&rest);
	bool substack = control != NULL && strcasecmp(control, "substack") == 0;
	struct stack_line *line;

	if (substack || (control != NULL && strcasecmp(control, "include") == 0)) {
		include(source, number, type, substack, path);
		return;
	}
	if (path == NULL) {
		add_broken(source, number, type, N_("names no module"));
		return;
	}
	line = add_line(source, number, type);
	if (!stack_control(line->action, &line->control, control))
		line->broken = N_("has a control that libpam does not know");
	copy(line->path, sizeof line->path, path);
	copy(line->module, sizeof line->module, module_name(path));
	copy(line->arguments, sizeof line->arguments, rest != NULL ? rest : "");
}

static void
parse_line(struct source *source, unsigned number, char *text)
{
	char *rest = text, *token = next_token(&rest);
	enum stack_type type;

	if (token != NULL && strcasecmp(token, "@include") == 0)
		include(source, number, source->wanted, false, next_token(&rest));
	else if (token == NULL || !take_type(token, &type))
		add_broken(source, number, source->wanted,
		    N_("is neither auth, account, password nor session"));
	else if (source->wanted == STACK_TYPES || source->wanted == type)
		parse_call(source, number, type, rest);
}

static bool
open_file(
    const char *root, const char *name, char path[static PLAIN_PATH_SIZE], char **bytes)
{
	size_t len;

	*bytes = NULL;
	errno = ENOENT;
	for (size_t i = 0;
	     stack_directories[i] != NULL && *bytes == NULL && errno == ENOENT; i++)
		if (plain_path(path, root, stack_directories[i], name) != NULL)
			*bytes = plain_read(path, &len);
	return *bytes != NULL;
}

/* Frees the bytes. */
static void
read_bytes(struct source *source, const char *path, char *bytes)
{
	char text[STACK_TEXT_SIZE];
	unsigned number = 0;
	const char *broken;

	if (source->depth == 0)
		copy(source->stack->file, sizeof source->stack->file, path);
	source->file = path;
	source->rest = bytes;
	while (!source->stack->cut && assemble(source, text, &number, &broken)) {
		if (broken != NULL)
			add_broken(source, number, source->wanted, broken);
		else
			parse_line(source, number, text);
	}
	free(bytes);
	source->file = source->rest = NULL;
}

static bool
read_file(struct source *source, const char *name)
{
	char path[PLAIN_PATH_SIZE], *bytes;

	if (!open_file(source->stack->root, name, path, &bytes))
		return false;
	read_bytes(source, path, bytes);
	return true;
}

static struct source
begin(struct stack *stack, const char *root)
{
	stack->root = root;
	stack->cut = false;
	stack->count = 0;
	stack->file[0] = '\0';
	return (struct source){ .stack = stack, .wanted = STACK_TYPES };
}

bool
stack_read(struct stack *stack, const char *root, const char *service)
{
	struct source source = begin(stack, root);

	return read_file(&source, service);
}

bool
stack_parse(struct stack *stack, const char *root, const char *file, const char *text)
{
	struct source source = begin(stack, root);
	char *bytes = strdup(text);

	if (bytes != NULL)
		read_bytes(&source, file, bytes);
	return bytes != NULL;
}
