/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/owner.h"

bool
owner_put(struct text *record, const char *user, uint32_t uid)
{
	char name[TEXT_NAME_SIZE];

	if (!text_name(name, user))
		return false;
	text_put(record, "user ");
	text_put(record, name);
	text_put(record, "\nuid ");
	text_put_number(record, uid);
	text_put(record, "\n");
	return true;
}

bool
owner_take(struct cursor *record, const char *user, uint32_t uid, struct fault *fault)
{
	char name[TEXT_NAME_SIZE];
	int64_t number;

	if (!text_name(name, user) || !cursor_take(record, "user ") || !cursor_take(record, name) ||
	    !cursor_newline(record))
		return fault_set(fault, record->line, "another user's record");
	if (!cursor_take(record, "uid ") || !cursor_number(record, 0, UINT32_MAX, &number) ||
	    number != uid || !cursor_newline(record))
		return fault_set(fault, record->line, "made for another uid");
	return true;
}
