/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rooms of the doctor share: where to look, and where to put what is found. */
#ifndef TOOLS_DOCTOR_H
#define TOOLS_DOCTOR_H

#include "core/settings.h"
#include "finding.h"
#include "names.h"
#include "sshd.h"
#include "stack.h"
#include "store/store.h"

struct doctor {
	const char *
	    root; /* PAM's and sshd's files are looked for below it; "" for this machine */
	const char *conf; /* the settings of every service that names no others */
	bool fix;         /* modes of our own files */
	int64_t now;
	struct store store;
	bool answers;                   /* the store does */
	struct names enrolled, invited; /* sorted */
	struct names locked;            /* sorted: accounts that no password opens */
	struct sshd *sshd;              /* NULL where there is none */
	struct findings *findings;
};

/* Settings as one service has them, and where each comes from. */
struct sourced {
	struct settings settings;
	char conf[SETTINGS_PATH_SIZE];
	char bytes[SETTINGS_FILE_MAX];
	size_t len;
	const struct stack_line *line; /* NULL: the file alone */
	struct stack_arguments arguments;
};

/*
 * Reads the settings of a line of PAM, or of the file alone for NULL. False when they are wrong, which
 * is a finding then.
 */
bool sourced_read(
    struct sourced *sourced, struct doctor *doctor, const struct stack_line *line);

/* Where a word was set: its file, and *number, 0 where it has its default. */
const char *sourced_place(
    const struct sourced *sourced, const char *word, unsigned *number);

/* Who must and who need not: what cannot be meant. */
void rules_check(struct doctor *doctor, const struct sourced *sourced);

/* Who is refused by a service today, root and the administrators among them. */
void held_check(struct doctor *doctor, const struct sourced *sourced, const char *service);

/* Every service of PAM that names the module, and sshd's own settings where it is one. */
void services_check(struct doctor *doctor);

/* Whether others than root can write the files of a service that names the module, or the module itself. */
void writers_check(struct doctor *doctor, const struct stack *stack);

/* Asks sshd what it would do. */
void sshd_look(struct doctor *doctor);
/*
 * Its settings, for a service whose stack has a first factor of its own, or has none; `combined`
 * where its module takes the code out of the password's field.
 */
void sshd_check(struct doctor *doctor, bool factor, bool combined);
/* Accounts that sshd's settings do not fit: those of programs, and those let in by a key alone. */
void sshd_check_people(struct doctor *doctor, const struct sourced *sourced);

/* The modes of the configuration file, and of key and store; --fix mends them. */
void modes_check_conf(struct doctor *doctor);
void modes_check(struct doctor *doctor, const struct settings *settings);

/* That of the set-uid helper, which may be set-uid besides. */
void modes_check_helper(struct doctor *doctor, const char *path);

/* Whether the helper of this build can work, and is root's alone to change. */
void helper_check(struct doctor *doctor);

/* The key, the store and the marker, as every login reads them, and each record. */
void store_check(struct doctor *doctor, const struct settings *settings);

/* Whether something keeps this machine's clock right. */
void clock_check(struct doctor *doctor);

/* What SELinux and AppArmor denied us lately, as the logs tell. */
void denials_check(struct doctor *doctor);

#endif
