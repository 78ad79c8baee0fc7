/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A record of any bytes. The first byte says how the rest is taken: as a whole record, sealed
 * or in clear; or as a record whose sum is made right, so that every line is reached.
 */
#include "record.h"

#include <string.h>

#define LONGEST (ENROLLMENT_SIZE - 128) /* a header and a sum have room beside it */

void
fuzz_device(const struct device *device)
{
	const struct otp *otp = &device->otp;

	MUST(device_name_valid(device->name));
	MUST(otp->digits >= OTP_DIGITS_MIN && otp->digits <= OTP_DIGITS_MAX);
	MUST(otp->key.len > 0 && otp->key.len <= OTP_KEY_MAX);
	MUST(otp->type == OTP_HOTP ? otp->period == 0
				   : otp->period >= OTP_PERIOD_MIN && otp->period <= OTP_PERIOD_MAX);
	MUST(device->floor >= -1 && device->floor <= OTP_STEP_MAX);
}

/* The nonce of a sealed record of ours. */
static void
nonce_of(const struct sealed *sealed, uint8_t out[static SEAL_NONCE_LENGTH])
{
	const char *at = memmem(sealed->bytes, sealed->len, "\nsealed ", 8);
	struct cursor cursor;

	MUST(at != NULL);
	cursor = cursor_over(at + 8, sealed->len - (size_t)(at + 8 - sealed->bytes));
	MUST(cursor_hex(&cursor, out, SEAL_NONCE_LENGTH));
}

/* What was read is written again as the same, to the byte. */
static void
write_again(const struct sealed *sealed, bool in_clear)
{
	static char again[ENROLLMENT_SIZE];
	uint8_t nonce[SEAL_NONCE_LENGTH] = { 0 };

	if (!in_clear)
		nonce_of(sealed, nonce);
	MUST(sealed_format(sealed, &sealed->back, nonce, again) == sealed->len);
	MUST(memcmp(again, sealed->bytes, sealed->len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sealed sealed;
	bool in_clear;

	if (size < 1 || size > LONGEST)
		return 0;
	in_clear = data[0] % 3 != 0;
	sealed.kind = fuzz_record.kind;
	sealed_form(&sealed, in_clear);
	sealed.len = size - 1;
	if (data[0] % 3 < 2)
		memcpy(sealed.bytes, data + 1, sealed.len);
	else
		MUST(sealed_compose(&sealed, fuzz_record.header, (const char *)data + 1, size - 1));
	if (sealed_opens(&sealed)) {
		fuzz_record.bounds(&sealed.back);
		write_again(&sealed, in_clear);
	}
	return 0;
}

size_t
fuzz_seed(struct draw *draw, uint8_t out[static FUZZ_MAX])
{
	static struct sealed sealed;
	union written what;
	size_t skip = 0;

	sealed.kind = fuzz_record.kind;
	sealed_full(sealed.kind, &what);
	fuzz_record.vary(&what, draw);
	out[0] = (uint8_t)draw_number(draw, 3);
	sealed_form(&sealed, out[0] != 0);
	sealed_write(&sealed, &what);
	if (out[0] == 2) {
		/* the body alone: between the line of the key and that of the sum */
		skip = (size_t)((char *)memmem(sealed.bytes, sealed.len, "none\n", 5) + 5 - sealed.bytes);
		sealed.len -= 4 + 2 * SEAL_SUM_LENGTH + 1;
	}
	memcpy(out + 1, sealed.bytes + skip, sealed.len - skip);
	return 1 + sealed.len - skip;
}
