/* SPDX-License-Identifier: BSD-2-Clause */
#include "sshd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "program.h"
#include "terminal.h"

#define INTERACTIVE "KbdInteractiveAuthentication"
#define METHODS "AuthenticationMethods"

/* From nowhere in particular, and no block names these: what one says of addresses is told of that block. */
#define TO_THE_PORT "lport=22"
#define FROM_ANYWHERE "host=host.invalid,addr=240.0.0.1,laddr=240.0.0.2," TO_THE_PORT

static const char *const programs[] = { "/usr/sbin/sshd", "/usr/local/sbin/sshd",
	"/usr/bin/sshd" };

static const struct {
	const char *word;
	size_t offset;
} words[] = {
	{ "UsePAM", offsetof(struct sshd_rules, use_pam) },
	{ INTERACTIVE, offsetof(struct sshd_rules, interactive) },
	{ "PasswordAuthentication", offsetof(struct sshd_rules, passwords) },
	{ "PubkeyAuthentication", offsetof(struct sshd_rules, keys) },
	{ "HostbasedAuthentication", offsetof(struct sshd_rules, hosts) },
	{ "GSSAPIAuthentication", offsetof(struct sshd_rules, gssapi) },
};

/* What holds where nothing is said. */
static const struct sshd_rules standard = {
	.interactive = true, .passwords = true, .keys = true, .methods = "any"
};

static void
copy(char *out, size_t size, const char *string)
{
	size_t len = strnlen(string, size - 1);

	memcpy(out, string, len);
	out[len] = '\0';
}

static void
take(struct sshd_rules *rules, const char *word, const char *value)
{
	if (strcasecmp(word, METHODS) == 0)
		copy(rules->methods, sizeof rules->methods, value);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(word, words[i].word) == 0)
			*(bool *)((char *)rules + words[i].offset) =
			    strcasecmp(value, "yes") == 0;
}

/* ChallengeResponseAuthentication is the old name of that one, and the first of either counts. */
static const struct sshd_word *
find(const struct sshd_conf *conf, unsigned block, const char *word)
{
	const struct sshd_word *found = sshd_conf_find(conf, block, word), *old;

	if (strcmp(word, INTERACTIVE) != 0)
		return found;
	old = sshd_conf_find(conf, block, "ChallengeResponseAuthentication");
	return found == NULL || (old != NULL && old < found) ? old : found;
}

/* What a block itself says, over what held before. */
static void
read_block(const struct sshd_conf *conf, unsigned block, struct sshd_rules *rules)
{
	const struct sshd_word *found = find(conf, block, METHODS);

	if (found != NULL)
		take(rules, METHODS, found->value);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if ((found = find(conf, block, words[i].word)) != NULL)
			take(rules, words[i].word, found->value);
}

/* `word value`, a line each. */
static void
hear(struct program *program, struct sshd_rules *rules)
{
	char *rest = program->said, *line, *blank;

	*rules = standard;
	while ((line = plain_line(&rest)) != NULL) {
		if ((blank = strchr(line, ' ')) == NULL)
			continue;
		*blank = '\0';
		take(rules, line, blank + 1);
	}
}

static const char *
find_program(void)
{
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		if (access(programs[i], X_OK) == 0)
			return programs[i];
	return NULL;
}

/* An account's name that cannot be taken for another word of a connection. */
static bool
is_plain(const char *user)
{
	for (const char *p = user; *p != '\0'; p++)
		if (!text_is_digit(*p) && !(*p >= 'a' && *p <= 'z') &&
		    !(*p >= 'A' && *p <= 'Z') && strchr("._-", *p) == NULL)
			return false;
	return *user != '\0';
}

static bool
ask_of(const char *user, struct sshd_rules *rules)
{
	char connection[TEXT_NAME_SIZE + sizeof FROM_ANYWHERE + 8];
	char *const question[] = { (char *)find_program(), "-T", "-C", connection, NULL };
	struct program *program;
	bool ok;

	if (!is_plain(user) || (program = calloc(1, sizeof *program)) == NULL)
		return false;
	(void)snprintf(connection, sizeof connection, "user=%s," FROM_ANYWHERE, user);
	ok = question[0] != NULL && program_ask(program, question) == PROGRAM_DONE;
	if (ok)
		hear(program, rules);
	free(program);
	return ok;
}

/* That line of its complaint which names file and line, or else the first. */
static void
note_complaint(struct sshd *sshd, struct program *program)
{
	char *rest = program->complained, *line;

	copy(sshd->why, sizeof sshd->why, tr("no answer"));
	for (bool first = true; (line = plain_line(&rest)) != NULL; first = false) {
		line[strcspn(line, "\r")] = '\0';
		if (first || strstr(line, " line ") != NULL)
			copy(sshd->why, sizeof sshd->why, line);
		if (strstr(line, " line ") != NULL)
			break;
	}
}

/*
 * Only where it has nothing against an empty file does what it says speak of these files. (OpenSSH 9.2
 * takes `Match LocalPort` for an error where no port is named.)
 */
static void
ask(struct sshd *sshd, const char *path, struct program *program)
{
	char *const question[] = { (char *)path, "-T", "-C", TO_THE_PORT, NULL };
	char *const empty[] = { (char *)path, "-T", "-f", "/dev/null", NULL };
	enum program_end end = program_ask(program, question);

	if (end == PROGRAM_DONE) {
		hear(program, &sshd->everybody);
		sshd->source = SSHD_SAID;
		return;
	}
	note_complaint(sshd, program);
	if (end == PROGRAM_FAILED && program_ask(program, empty) == PROGRAM_DONE)
		sshd->source = SSHD_REFUSED;
}

static void
try_to_ask(struct sshd *sshd)
{
	const char *path = find_program();
	struct program *program;

	if (path == NULL || geteuid() != 0) {
		copy(sshd->why, sizeof sshd->why,
		    path == NULL ? tr("it is not there") : tr("only root can"));
		return;
	}
	if ((program = calloc(1, sizeof *program)) == NULL) {
		copy(sshd->why, sizeof sshd->why, tr("no memory"));
		return;
	}
	ask(sshd, path, program);
	free(program);
}

struct sshd *
sshd_open(const char *root, char file[static PLAIN_PATH_SIZE])
{
	struct sshd *sshd = calloc(1, sizeof *sshd);

	if (sshd == NULL || !sshd_conf_read(&sshd->conf, root, file)) {
		int error = errno;

		free(sshd);
		errno = error;
		return NULL;
	}
	sshd->source = SSHD_READ;
	sshd->everybody = standard;
	read_block(&sshd->conf, 0, &sshd->everybody);
	if (*root == '\0')
		try_to_ask(sshd);
	return sshd;
}

const struct sshd_rules *
sshd_for(struct sshd *sshd, const char *user)
{
	struct sshd_rules rules;

	if (sshd->source != SSHD_SAID || sshd->conf.blocks == 0)
		return &sshd->everybody;
	for (size_t i = 0; i < sshd->answers; i++)
		if (strcmp(sshd->answer[i].user, user) == 0)
			return &sshd->answer[i].rules;
	if (sshd->answers == SSHD_ANSWERS || strlen(user) >= TEXT_NAME_SIZE ||
	    !ask_of(user, &rules))
		return &sshd->everybody;
	copy(sshd->answer[sshd->answers].user, TEXT_NAME_SIZE, user);
	sshd->answer[sshd->answers].rules = rules;
	return &sshd->answer[sshd->answers++].rules;
}

/* A block that names one account, and asks for nothing else, can be asked about. */
static const char *
user_of(const struct sshd *sshd, unsigned block)
{
	const struct sshd_word *match = sshd_conf_find(&sshd->conf, block, "Match");

	if (match == NULL || strncasecmp(match->value, "User ", 5) != 0 ||
	    !is_plain(match->value + 5))
		return NULL;
	return match->value + 5;
}

void
sshd_block(struct sshd *sshd, unsigned block, struct sshd_rules *rules)
{
	const char *user = user_of(sshd, block);

	*rules = user != NULL ? *sshd_for(sshd, user) : sshd->everybody;
	if (user == NULL || sshd->source != SSHD_SAID)
		read_block(&sshd->conf, block, rules);
}

const struct sshd_word *
sshd_place(const struct sshd *sshd, unsigned block, const char *word, const char *value)
{
	const struct sshd_word *found = find(&sshd->conf, block, word);

	return found != NULL && strcasecmp(found->value, value) == 0 ? found : NULL;
}

static bool
is_method(const char *method, size_t len, const char *name)
{
	size_t name_len = strlen(name);

	return len >= name_len && strncasecmp(method, name, name_len) == 0 &&
	    (len == name_len || method[name_len] == ':');
}

bool
sshd_methods(const char **at, struct sshd_methods *methods)
{
	const char *list = *at + strspn(*at, " "), *end = list + strcspn(list, " ");

	*methods = (struct sshd_methods){ .count = 0 };
	*at = end;
	if (list == end)
		return false;
	while (list <= end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		size_t len = (size_t)((comma != NULL ? comma : end) - list);

		methods->count++;
		if (is_method(list, len, "keyboard-interactive"))
			methods->place = methods->count;
		if (is_method(list, len, "password"))
			methods->password = methods->count;
		list += len + 1;
	}
	return true;
}

bool
sshd_goes_round(const struct sshd_rules *rules)
{
	const char *at = rules->methods;
	struct sshd_methods methods;

	if (strcasecmp(rules->methods, "any") == 0)
		return rules->keys || rules->hosts || rules->gssapi;
	while (sshd_methods(&at, &methods))
		if (methods.place == 0 && methods.password == 0)
			return true;
	return false;
}
