/* SPDX-License-Identifier: BSD-2-Clause */
/* sshd_config(5), with what it includes: what holds for everybody, and what for some. */
#ifndef TOOLS_SSHD_CONF_H
#define TOOLS_SSHD_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "plain_file.h"

#define SSHD_WORDS_MAX 512
#define SSHD_VALUE_SIZE 256

struct sshd_word {
	unsigned block; /* 0: everybody; others: one Match block each */
	bool overrides; /* in a block "Match all": for everybody, before block 0 */
	char file[PLAIN_PATH_SIZE];
	unsigned line;
	char word[48];
	char value[SSHD_VALUE_SIZE]; /* the rest of the line, without quotes */
};

struct sshd_conf {
	const char *root;
	bool cut; /* not all that decides had room */
	unsigned blocks;
	size_t count;
	struct sshd_word word[SSHD_WORDS_MAX];
};

/* Reads /etc/ssh/sshd_config below `root`. False sets errno, and `file` to what could not be read. */
bool sshd_conf_read(
    struct sshd_conf *conf, const char *root, char file[static PLAIN_PATH_SIZE]);

/* What holds for everybody (block 0), or is said in a block itself; NULL for nothing. */
const struct sshd_word *sshd_conf_find(
    const struct sshd_conf *conf, unsigned block, const char *word);

/* The next line behind that one which sets the same word in the same block; NULL for none. */
const struct sshd_word *sshd_conf_next(
    const struct sshd_conf *conf, const struct sshd_word *word);

#endif
