/* SPDX-License-Identifier: BSD-2-Clause */
#include "sshd_conf.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"

#define DIRECTORY "/etc/ssh"
#define BLANKS " \t\r\f"
#define DEPTH_MAX 16

/* Where a reader is: an included file begins in the block of its Include, and never moves it. */
struct reader {
	struct sshd_conf *conf;
	char *failed; /* the file that could not be read */
	const char *file;
	unsigned line, block, depth;
	bool overrides;
};

static bool read_path(struct reader *reader, const char *path);

static void
copy(char *out, size_t size, const char *string)
{
	size_t len = strnlen(string, size - 1);

	memcpy(out, string, len);
	out[len] = '\0';
}

/* The next argument, ended by NUL in place; quotes are taken off. NULL at the end or a comment. */
static char *
next_argument(char **rest)
{
	char *start = *rest + strspn(*rest, BLANKS), *end;
	bool quoted = *start == '"';

	if (*start == '\0' || *start == '#')
		return NULL;
	start += quoted;
	end = start + strcspn(start, quoted ? "\"" : BLANKS);
	*rest = *end == '\0' ? end : end + 1;
	*end = '\0';
	return start;
}

static bool
include_pattern(struct reader *reader, const char *pattern)
{
	char path[PLAIN_PATH_SIZE];
	glob_t found;
	bool ok = true;

	if (plain_path(path, reader->conf->root, DIRECTORY, pattern) == NULL)
		return false;
	/* A pattern that fits nothing includes nothing. */
	if (glob(path, 0, NULL, &found) != 0)
		return true;
	for (size_t i = 0; i < found.gl_pathc && ok; i++) {
		struct reader inner = *reader;

		inner.depth++;
		ok = read_path(&inner, found.gl_pathv[i]);
	}
	globfree(&found);
	return ok;
}

static void
keep(struct reader *reader, const char *word, const char *value)
{
	struct sshd_conf *conf = reader->conf;
	struct sshd_word *kept;

	conf->cut = conf->cut || conf->count == SSHD_WORDS_MAX;
	if (conf->count == SSHD_WORDS_MAX)
		return;
	kept = &conf->word[conf->count++];
	*kept = (struct sshd_word){ .block = reader->block,
		.overrides = reader->overrides,
		.line = reader->line };
	copy(kept->file, sizeof kept->file, reader->file);
	copy(kept->word, sizeof kept->word, word);
	copy(kept->value, sizeof kept->value, value);
}

/* What it matches is kept as its first word. */
static void
begin_block(struct reader *reader, const char *criteria)
{
	reader->block = ++reader->conf->blocks;
	reader->overrides = strcasecmp(criteria, "all") == 0;
	keep(reader, "Match", criteria);
}

/* The words behind the first, with one blank between, as one value. False when that is cut. */
static bool
join(char value[static SSHD_VALUE_SIZE], char *rest)
{
	struct text text = text_into(value, SSHD_VALUE_SIZE);
	const char *argument;

	while ((argument = next_argument(&rest)) != NULL) {
		text_put(&text, text_length(&text) > 0 ? " " : "");
		text_put(&text, argument);
	}
	text_end(&text);
	return !text.overflow;
}

static bool
read_line(struct reader *reader, char *line)
{
	char *word = line + strspn(line, BLANKS), *rest, *argument;
	size_t len = strcspn(word, BLANKS "=");
	char value[SSHD_VALUE_SIZE];
	bool ok = true;

	if (len == 0 || *word == '#')
		return true;
	rest = word + len;
	rest += strspn(rest, BLANKS);
	rest += *rest == '=';
	word[len] = '\0';
	if (strcasecmp(word, "Include") == 0) {
		while (ok && (argument = next_argument(&rest)) != NULL)
			ok = include_pattern(reader, argument);
		return ok;
	}
	/* (Other words of which only the beginning is kept, as lists of names, decide nothing here.) */
	if (!join(value, rest) && strcasecmp(word, "AuthenticationMethods") == 0)
		reader->conf->cut = true;
	if (strcasecmp(word, "Match") == 0)
		begin_block(reader, value);
	else
		keep(reader, word, value);
	return true;
}

static bool
read_path(struct reader *reader, const char *path)
{
	size_t len;
	char *bytes = NULL, *rest, *line;
	bool ok = true;

	if (reader->depth > DEPTH_MAX)
		errno = ELOOP;
	else
		bytes = plain_read(path, &len);
	if (bytes == NULL) {
		copy(reader->failed, PLAIN_PATH_SIZE, path);
		return false;
	}
	reader->file = path;
	reader->line = 0;
	for (rest = bytes; ok && (line = plain_line(&rest)) != NULL;) {
		reader->line++;
		ok = read_line(reader, line);
	}
	free(bytes);
	return ok;
}

bool
sshd_conf_read(
    struct sshd_conf *conf, const char *root, char file[static PLAIN_PATH_SIZE])
{
	struct reader reader = { .conf = conf, .failed = file };
	char path[PLAIN_PATH_SIZE];

	conf->root = root;
	conf->cut = false;
	conf->blocks = 0;
	conf->count = 0;
	file[0] = '\0';
	return plain_path(path, root, DIRECTORY, "sshd_config") != NULL &&
	    read_path(&reader, path);
}

const struct sshd_word *
sshd_conf_find(const struct sshd_conf *conf, unsigned block, const char *word)
{
	const struct sshd_word *found = NULL;

	for (size_t i = 0; i < conf->count; i++) {
		const struct sshd_word *at = &conf->word[i];
		bool overrides = block == 0 && at->overrides;

		if (strcasecmp(at->word, word) != 0 || (at->block != block && !overrides))
			continue;
		/* The first one counts, and of a block that everybody matches before all others. */
		if (found == NULL || (overrides && !found->overrides))
			found = at;
	}
	return found;
}

const struct sshd_word *
sshd_conf_next(const struct sshd_conf *conf, const struct sshd_word *word)
{
	for (const struct sshd_word *at = word + 1; at < conf->word + conf->count; at++)
		if (at->block == word->block && strcasecmp(at->word, word->word) == 0)
			return at;
	return NULL;
}
