/* SPDX-License-Identifier: BSD-2-Clause */
#include "session.h"
#include "terminal.h"
#include "verb.h"

int
verb_help(struct request *request)
{
	if (request->user == NULL) {
		usage_of_all(stdout);
		return EXIT_DONE;
	}
	if (usage_of(request->user))
		return EXIT_DONE;
	return misuse(request->verb, request->user, tr("no such verb"));
}
