/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/invitation.h"

#include <string.h>

#include "core/envelope.h"
#include "core/history.h"
#include "core/language.h"

static const struct envelope_kind kind = { "twostep-invitation 1",
	N_("not an invitation of this version") };

void
invitation_wipe(struct invitation *invitation)
{
	secret_clear(invitation, sizeof *invitation);
}

bool
invitation_fits(const struct invitation *invitation, int64_t generation)
{
	return invitation->generation == generation;
}

bool
invitation_pends(const struct invitation *invitation, int64_t generation, const char *from,
    int64_t now)
{
	return invitation->has_pending && invitation_fits(invitation, generation) &&
	    strcmp(invitation->pending_from, from) == 0 && now >= invitation->pending_at &&
	    now - invitation->pending_at < INVITATION_PENDING;
}

/* One word, so that it cannot end a line; "-" is written for none. */
static bool
from_valid(const char *from)
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:%-";
	size_t len = strlen(from);

	return len < INVITATION_FROM_SIZE && strspn(from, allowed) == len && strcmp(from, "-") != 0;
}

static bool
take_from(struct cursor *body, char from[static INVITATION_FROM_SIZE])
{
	const char *word;
	size_t len;

	if (cursor_take(body, "- "))
		return true;
	if (!cursor_word(body, &word, &len, INVITATION_FROM_SIZE - 1) || !cursor_take(body, " "))
		return false;
	memcpy(from, word, len);
	from[len] = '\0';
	return from_valid(from);
}

static bool
take_code(struct cursor *body, struct invitation *invitation)
{
	if (!cursor_take(body, "code "))
		return true;
	if (!recovery_take_one(body, &invitation->code, &invitation->until))
		return false;
	invitation->has_code = true;
	if (!cursor_take(body, "replace"))
		return true;
	invitation->replace = true;
	return cursor_newline(body);
}

static bool
take_pending(struct cursor *body, struct invitation *invitation)
{
	if (!cursor_take(body, "pending "))
		return true;
	invitation->has_pending = true;
	return cursor_number(body, 1, HISTORY_TIME_MAX, &invitation->pending_at) &&
	    cursor_take(body, " ") && take_from(body, invitation->pending_from) &&
	    device_take(body, &invitation->pending);
}

static bool
take_body(struct cursor *body, struct invitation *invitation)
{
	return cursor_take(body, "generation ") &&
	    cursor_number(body, 0, INT64_MAX - 1, &invitation->generation) && cursor_newline(body) &&
	    take_code(body, invitation) && take_pending(body, invitation) &&
	    (invitation->has_code || invitation->has_pending) && cursor_done(body);
}

bool
invitation_parse(struct invitation *invitation, const char *bytes, size_t len,
    const struct host_key *key, const char *user, uint32_t uid, struct fault *fault)
{
	WIPED(envelope_wipe) struct envelope envelope;
	struct cursor record = cursor_over(bytes, len), body;
	bool ok;

	*invitation = (struct invitation){ .uid = uid };
	ok = envelope_address(&record, &kind, user, uid, fault) &&
	    envelope_open(&envelope, &record, bytes, key, &body, fault) &&
	    (take_body(&body, invitation) || envelope_damaged(&body, fault));
	if (ok)
		memcpy(invitation->user, user, strlen(user) + 1);
	else
		invitation_wipe(invitation);
	return ok;
}

static void
put_pending(struct text *body, const struct invitation *invitation)
{
	text_put(body, "pending ");
	text_put_number(body, history_time(invitation->pending_at));
	text_put(body, " ");
	text_put(body, invitation->pending_from[0] != '\0' ? invitation->pending_from : "-");
	text_put(body, " ");
	device_put(body, &invitation->pending);
}

static void
put_body(struct text *body, const struct invitation *invitation)
{
	text_put(body, "generation ");
	text_put_number(body, invitation->generation);
	text_put(body, "\n");
	if (invitation->has_code) {
		text_put(body, "code ");
		recovery_put_one(body, &invitation->code, invitation->until);
		text_put(body, invitation->replace ? "replace\n" : "");
	}
	if (invitation->has_pending)
		put_pending(body, invitation);
}

/* What would be read back as something else, or not at all, is never written. */
static bool
writable(const struct invitation *invitation)
{
	return (invitation->has_code || invitation->has_pending) &&
	    (!invitation->has_code || invitation->code.count == 1) &&
	    from_valid(invitation->pending_from);
}

size_t
invitation_format(const struct invitation *invitation, const struct host_key *key,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], char bytes[static INVITATION_SIZE])
{
	WIPED(envelope_wipe) struct envelope envelope;
	struct text body = envelope_body(&envelope);
	struct text record = text_into(bytes, INVITATION_SIZE);

	if (!writable(invitation))
		return 0;
	put_body(&body, invitation);
	return envelope_put_address(&record, &kind, invitation->user, invitation->uid) &&
		envelope_seal(&record, key, nonce, &body)
	    ? text_length(&record)
	    : 0;
}
