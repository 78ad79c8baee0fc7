/* SPDX-License-Identifier: BSD-2-Clause */
/* What main reads from the command line, and the verbs that it calls. */
#ifndef TOOLS_VERB_H
#define TOOLS_VERB_H

#include <stdbool.h>
#include <stdio.h>

#include "core/settings.h"

enum {
	EXIT_DONE = 0,   /* done, or yes */
	EXIT_NO = 1,     /* refused, wrong, or no */
	EXIT_USAGE = 2,
	EXIT_SYSTEM = 3, /* the system failed */
};

struct request {
	const char *verb;
	const char *user; /* NULL when left out */
	char **more;      /* the words behind it, and NULL at their end */
	struct settings settings;
	const char *conf, *store, *key_file;
	const char *name, *device, *key, *qr, *qr_file;
	const char *algorithm, *digits, *period, *issuer;
	const char *valid, *group, *out, *root, *service, *confirm;
	bool add, all, all_homes, all_missing, dry_run, fix, hotp, json, make_new, one, no_confirm, quiet;
	bool replace, uri, force, keep, unconfirmed, yes;
};

int verb_disable(struct request *request);
int verb_doctor(struct request *request);
int verb_enable(struct request *request);
int verb_enroll(struct request *request);
int verb_export(struct request *request);
int verb_forget(struct request *request);
int verb_help(struct request *request);
int verb_import(struct request *request);
int verb_invite(struct request *request);
int verb_recovery(struct request *request);
int verb_rekey(struct request *request);
int verb_remove(struct request *request);
int verb_report(struct request *request);
int verb_status(struct request *request);
int verb_test(struct request *request);
int verb_unlock(struct request *request);
int verb_verify(struct request *request);

/* The tables of verbs and options, as main keeps them. usage_of: false for no such verb. */
void usage_of_all(FILE *out);
bool usage_of(const char *verb);

#endif
