/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every way through one phase of a service, as libpam goes it: each module may answer what its kind
 * can answer, and each answer leads where the control says.
 */
#ifndef TOOLS_STACK_WALK_H
#define TOOLS_STACK_WALK_H

#include "stack.h"

enum stack_role {
	ROLE_OURS,
	ROLE_FACTOR, /* proves who somebody is: a password, a token; also what nobody here knows */
	ROLE_GATE, /* looks at something else, so that an administrator can make an exception */
	ROLE_SIDE,   /* does something beside */
	ROLE_PERMIT, /* succeeds */
	ROLE_DENY,   /* fails */
};

enum stack_role stack_role(const struct stack_line *line);

/*
 * Skips `jump` lines of one phase, each substack being one of them: *at is then the last one that was skipped. False
 * when there are not so many.
 */
bool stack_jump(
    const struct stack_line *const *line, size_t count, size_t *at, int jump);

struct stack_ways {
	bool success; /* ours was called, answered one of those, and the phase succeeds */
	bool unproved; /* and does so though no first factor has succeeded */
	bool open; /* the phase succeeds on some way, or an exception goes round ours */
	/* The lines to blame, or NULL: */
	const struct stack_line
	    *round; /* by this the phase can succeed without ours being called */
	const struct stack_line
	    *stranger; /* a first factor that failed, and ours was called */
	const struct stack_line
	    *jump; /* jumps further than there are lines, which refuses */
	const struct stack_line
	    *twice; /* calls ours, which was called before on the same way */
};

/*
 * Walks all ways on which our module answers one of `count` answers. False when there is no memory, or
 * the phase is too tangled.
 */
bool stack_walk(const struct stack *stack, enum stack_type type,
    const enum stack_answer *ours, size_t count, struct stack_ways *ways);

#endif
