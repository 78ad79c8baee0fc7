/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What sshd asks of those who come. sshd itself says it (sshd -T), as it would go by its files now; they are
 * read here to say where a rule stands. Only where sshd gives no answer does what was read count
 * instead.
 */
#ifndef TOOLS_SSHD_H
#define TOOLS_SSHD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/text.h"
#include "sshd_conf.h"

#define SSHD_FILE "/etc/ssh/sshd_config"
#define SSHD_ANSWERS 64 /* accounts of which it is asked; of others the rule for everybody is told */

struct sshd_rules {
	bool use_pam, interactive, passwords;
	bool keys, hosts, gssapi; /* methods that go round PAM */
	char methods[SSHD_VALUE_SIZE];
};

enum sshd_source {
	SSHD_SAID,   /* sshd -T */
	SSHD_READ,   /* the files; `why` says why sshd was not, or could not be, asked */
	SSHD_REFUSED /* sshd does not start with these files; `why` is in its own words */
};

struct sshd {
	struct sshd_conf conf;
	enum sshd_source source;
	char why[256]; /* "" where it was not to be asked */
	struct sshd_rules everybody;
	size_t answers;
	struct {
		char user[TEXT_NAME_SIZE];
		struct sshd_rules rules;
	} answer[SSHD_ANSWERS];
};

/*
 * Reads the files below `root`; asks only for this machine's, "". NULL sets errno, and `file` to what could
 * not be read. The caller frees it.
 */
struct sshd *sshd_open(const char *root, char file[static PLAIN_PATH_SIZE]);

/* What holds for this account from any address, with all Match blocks. */
const struct sshd_rules *sshd_for(struct sshd *sshd, const char *user);

/* What holds for those whom a block matches, and no other one: its number as in sshd_conf.h. */
void sshd_block(struct sshd *sshd, unsigned block, struct sshd_rules *rules);

/* Where the files set this, in a block or for everybody; NULL where they do not, or say otherwise. */
const struct sshd_word *sshd_place(
    const struct sshd *sshd, unsigned block, const char *word, const char *value);

/* True when somebody comes in without PAM being asked for anything. */
bool sshd_goes_round(const struct sshd_rules *rules);

/* One list of methods, all of which are asked for in turn. */
struct sshd_methods {
	unsigned count;
	unsigned place;    /* of keyboard-interactive, from 1; 0: not there */
	unsigned password; /* the same of that method */
};

/* The next list at *at, which is moved behind it. False at the end. */
bool sshd_methods(const char **at, struct sshd_methods *methods);

#endif
