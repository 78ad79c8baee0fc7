/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A record of any bytes. The first byte says how the rest is taken: as a whole record, sealed
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

/* The nonce of a sealed record of ours. */
static void
nonce_of(const char *record, size_t len, uint8_t out[static SEAL_NONCE_LENGTH])
{
	const char *at = memmem(record, len, "\nsealed ", 8);
	struct cursor cursor;

	MUST(at != NULL);
	cursor = cursor_over(at + 8, len - (size_t)(at + 8 - record));
	MUST(cursor_hex(&cursor, out, SEAL_NONCE_LENGTH));
}

/* What was read is written and read again as the same; sealed, to the byte. */
static void
read_again(const struct enrollment *enrollment, const struct host_key *key, const char *record,
    size_t len)
{
	static char again[ENROLLMENT_SIZE];
	static struct enrollment back;
	struct fault fault;
	uint8_t used[SEAL_NONCE_LENGTH] = { 0 };
	bool sealed = strcmp(key->id, "none") != 0;
	size_t again_len;

	if (sealed)
		nonce_of(record, len, used);
	again_len = enrollment_format(enrollment, key, used, again);
	MUST(again_len > 0);
	MUST(enrollment_parse(&back, again, again_len, key, SAMPLE_USER, SAMPLE_UID, &fault));
	MUST(sample_same_enrollment(enrollment, &back));
	MUST(!sealed || (again_len == len && memcmp(again, record, len) == 0));
}

static void
must_be_within_bounds(const struct enrollment *enrollment)
{
	MUST(strcmp(enrollment->user, SAMPLE_USER) == 0 && enrollment->uid == SAMPLE_UID);
	MUST(enrollment->generation > 0 && !enrollment->decoy);
	MUST(enrollment->devices > 0 && enrollment->devices <= ENROLLMENT_DEVICES_MAX);
	MUST(enrollment->recovery.count <= RECOVERY_CODES_MAX);
	MUST(enrollment->one.count <= 1);
	MUST(enrollment->one.count == 0 ? enrollment->one_until == 0
					: enrollment->one_until >= 1 &&
			    enrollment->one_until <= HISTORY_TIME_MAX);
	for (unsigned i = 0; i < enrollment->devices; i++) {
		const struct device *device = &enrollment->device[i];
		const struct otp *otp = &device->otp;

		MUST(device_name_valid(device->name));
		MUST(otp->digits >= OTP_DIGITS_MIN && otp->digits <= OTP_DIGITS_MAX);
		MUST(otp->key.len > 0 && otp->key.len <= OTP_KEY_MAX);
		MUST(otp->type == OTP_HOTP ? otp->period == 0
					   : otp->period >= OTP_PERIOD_MIN && otp->period <= OTP_PERIOD_MAX);
		MUST(device->floor >= -1 && device->floor <= OTP_STEP_MAX);
		for (unsigned j = 0; j < i; j++)
			MUST(strcmp(device->id, enrollment->device[j].id) != 0 &&
			    strcmp(device->name, enrollment->device[j].name) != 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct enrollment nothing;
	static struct enrollment enrollment;
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

		text_put(&text, "twostep-enrollment 1\nuser " SAMPLE_USER "\nuid 1000\ngeneration 3\n");
		MUST(seal_write(&text, &key, nonce, (const char *)data + 1, size - 1));
		len = text_length(&text);
	}
	if (enrollment_parse(&enrollment, record, len, &key, SAMPLE_USER, SAMPLE_UID, &fault)) {
		must_be_within_bounds(&enrollment);
		read_again(&enrollment, &key, record, len);
	} else {
		MUST(fault.why != NULL);
		MUST(memcmp(&enrollment, &nothing, sizeof nothing) == 0);
	}
	return 0;
}

size_t
fuzz_seed(struct draw *draw, uint8_t out[static FUZZ_MAX])
{
	static struct enrollment enrollment;
	static char record[ENROLLMENT_SIZE];
	struct host_key key;
	size_t len, skip = 0;

	sample_full(&enrollment);
	enrollment.devices = 1 + draw_number(draw, ENROLLMENT_DEVICES_MAX);
	enrollment.recovery.count = draw_number(draw, RECOVERY_CODES_MAX + 1);
	enrollment.one.count = draw_number(draw, 2);
	enrollment.codes_due = draw_number(draw, 2) == 0;
	out[0] = (uint8_t)draw_number(draw, 3);
	key_of_form(&key, out[0] == 0 ? 0 : 1);
	len = enrollment_format(&enrollment, &key, nonce, record);
	if (out[0] == 2) {
		/* the body alone: between the line of the key and that of the sum */
		skip = (size_t)((char *)memmem(record, len, "none\n", 5) + 5 - record);
		len -= 4 + 2 * SEAL_SUM_LENGTH + 1;
	}
	memcpy(out + 1, record + skip, len - skip);
	return 1 + len - skip;
}
