/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An invitation of any bytes. The first byte says how the rest is taken: as a whole record, sealed
 * or in clear; or as a record whose sum is made right, so that every line is reached.
 */
#include "fuzz.h"

#include <string.h>

static const uint8_t nonce[SEAL_NONCE_LENGTH] = { 3, 1, 4 };

static void
key_of_form(struct host_key *key, unsigned form)
{
	if (form == 0)
		sample_key(key, 5);
	else
		host_key_none(key);
}

static void
must_be_within_bounds(const struct invitation *invitation)
{
	const struct device *device = &invitation->pending;

	MUST(strcmp(invitation->user, SAMPLE_USER) == 0 && invitation->uid == SAMPLE_UID);
	MUST(invitation->generation >= 0 && (invitation->has_code || invitation->has_pending));
	MUST(invitation->code.count == invitation->has_code);
	MUST(invitation->has_code || (!invitation->replace && invitation->until == 0));
	MUST(invitation->until >= 0 && invitation->until <= HISTORY_TIME_MAX);
	MUST(strlen(invitation->pending_from) < INVITATION_FROM_SIZE);
	if (!invitation->has_pending)
		return;
	MUST(invitation->pending_at > 0 && invitation->pending_at <= HISTORY_TIME_MAX);
	MUST(device_name_valid(device->name));
	MUST(device->otp.digits >= OTP_DIGITS_MIN && device->otp.digits <= OTP_DIGITS_MAX);
	MUST(device->otp.key.len > 0 && device->otp.key.len <= OTP_KEY_MAX);
	MUST(device->floor >= -1 && device->floor <= OTP_STEP_MAX);
}

/* What was read is written and read again as the same; in clear, to the byte. */
static void
read_again(const struct invitation *invitation, const struct host_key *key, const char *record,
    size_t len)
{
	static char again[INVITATION_SIZE];
	static struct invitation back;
	struct fault fault;
	size_t again_len = invitation_format(invitation, key, nonce, again);

	MUST(again_len > 0);
	MUST(invitation_parse(&back, again, again_len, key, SAMPLE_USER, SAMPLE_UID, &fault));
	MUST(sample_same_invitation(invitation, &back));
	MUST(strcmp(key->id, "none") != 0 || (again_len == len && memcmp(again, record, len) == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct invitation nothing;
	static struct invitation invitation;
	static char record[FUZZ_MAX + 64];
	struct host_key key;
	struct fault fault = { .line = 0 };
	size_t len = 0;

	if (size < 1 || size > FUZZ_MAX)
		return 0;
	key_of_form(&key, data[0] % 3 == 0 ? 0 : 1);
	if (data[0] % 3 < 2) {
		len = size - 1;
		memcpy(record, data + 1, len);
	} else {
		struct text text = text_into(record, sizeof record);

		text_put(&text, "twostep-invitation 1\nuser " SAMPLE_USER "\nuid 1000\n");
		MUST(seal_write(&text, &key, nonce, (const char *)data + 1, size - 1));
		len = text_length(&text);
	}
	if (invitation_parse(&invitation, record, len, &key, SAMPLE_USER, SAMPLE_UID, &fault)) {
		must_be_within_bounds(&invitation);
		read_again(&invitation, &key, record, len);
	} else {
		MUST(fault.why != NULL);
		MUST(memcmp(&invitation, &nothing, sizeof nothing) == 0);
	}
	return 0;
}

size_t
fuzz_seed(struct draw *draw, uint8_t out[static FUZZ_MAX])
{
	struct invitation invitation;
	char record[INVITATION_SIZE];
	struct host_key key;
	size_t len, skip = 0;

	sample_invitation(&invitation);
	invitation.has_code = draw_number(draw, 3) != 0;
	invitation.has_pending = !invitation.has_code || draw_number(draw, 2) == 0;
	invitation.replace = draw_number(draw, 2) == 0;
	if (draw_number(draw, 3) == 0)
		invitation.pending_from[0] = '\0';
	out[0] = (uint8_t)draw_number(draw, 3);
	key_of_form(&key, out[0] == 0 ? 0 : 1);
	len = invitation_format(&invitation, &key, nonce, record);
	MUST(len > 0);
	if (out[0] == 2) {
		/* the body alone: between the line of the key and that of the sum */
		skip = (size_t)((char *)memmem(record, len, "none\n", 5) + 5 - record);
		len -= 4 + 2 * SEAL_SUM_LENGTH + 1;
	}
	memcpy(out + 1, record + skip, len - skip);
	return 1 + len - skip;
}
