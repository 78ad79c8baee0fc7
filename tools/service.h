/* SPDX-License-Identifier: BSD-2-Clause */
/* One service of PAM that names the module, as the doctor looks at it. */
#ifndef TOOLS_SERVICE_H
#define TOOLS_SERVICE_H

#include "doctor.h"

struct service {
	struct doctor *doctor;
	const char *name;
	struct stack stack;
	const struct stack_line *auth,
	    *account; /* the first line of ours of each type, or NULL */
	bool
	    excused; /* something is wrong already, and what follows from it is no finding */
	struct sourced sourced;    /* the settings of the auth line */
	struct settings behind;    /* those of the account line, where there is one */
};

/* What is wrong with it: its doctor, name, stack and lines are set. */
void service_check(struct service *service);

/* True for what a service may be called here: such a name never becomes another path. */
#define SERVICE_NAME_SIZE 65 /* with its NUL */
bool service_is_name(const char *name);

/* True for files that services include, going by their names. */
bool service_is_shared(const char *path);

#endif
