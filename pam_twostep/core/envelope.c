/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/envelope.h"

void
envelope_wipe(struct envelope *envelope)
{
	secret_clear(envelope, sizeof *envelope);
}

bool
envelope_address(struct cursor *record, const struct envelope_kind *kind, const char *user,
    uint32_t uid, struct fault *fault)
{
	char name[TEXT_NAME_SIZE];
	int64_t number;

	if (!cursor_take(record, kind->title) || !cursor_newline(record))
		return fault_set(fault, record->line, kind->other);
	if (!text_name(name, user) || !cursor_take(record, "user ") || !cursor_take(record, name) ||
	    !cursor_newline(record))
		return fault_set(fault, record->line, "another user's record");
	if (!cursor_take(record, "uid ") || !cursor_number(record, 0, UINT32_MAX, &number) ||
	    number != uid || !cursor_newline(record))
		return fault_set(fault, record->line, "made for another uid");
	return true;
}

bool
envelope_open(struct envelope *envelope, struct cursor *record, const char *start,
    const struct host_key *key, struct cursor *body, struct fault *fault)
{
	unsigned key_line = record->line;
	size_t len = 0;

	if (!seal_read(record, start, key, envelope->body, sizeof envelope->body, &len, fault))
		return false;
	*body = cursor_over(envelope->body, len);
	body->line = key_line + 1;
	return true;
}

bool
envelope_damaged(const struct cursor *body, struct fault *fault)
{
	return fault_set(fault, body->line, "an unknown or damaged line");
}

struct text
envelope_body(struct envelope *envelope)
{
	return text_into(envelope->body, sizeof envelope->body);
}

bool
envelope_put_address(struct text *record, const struct envelope_kind *kind, const char *user,
    uint32_t uid)
{
	char name[TEXT_NAME_SIZE];

	if (!text_name(name, user))
		return false;
	text_put(record, kind->title);
	text_put(record, "\nuser ");
	text_put(record, name);
	text_put(record, "\nuid ");
	text_put_number(record, uid);
	text_put(record, "\n");
	return true;
}

bool
envelope_seal(struct text *record, const struct host_key *key,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], const struct text *body)
{
	return !body->overflow && seal_write(record, key, nonce, body->start, text_length(body));
}
