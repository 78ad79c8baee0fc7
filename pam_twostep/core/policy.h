/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is asked for a second step, and what becomes of those who have none. */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include <stdbool.h>

enum policy {
	POLICY_ASK,  /* asked, and judged by what is typed */
	POLICY_DENY, /* asked like everybody, so that nothing shows, and refused */
};

struct policy_case {
	bool account;  /* the name service knows the user */
	bool enrolled; /* there is an enrollment */
};

enum policy policy_decide(const struct policy_case *who);

#endif
