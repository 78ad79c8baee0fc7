/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/device.h"

#include <string.h>

#include "core/base32.h"
#include "core/history.h"
#include "core/seal.h"

void
device_wipe(struct device *device)
{
	secret_clear(device, sizeof *device);
}

bool
device_name_valid(const char *name)
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = strlen(name);

	return len > 0 && len < DEVICE_NAME_SIZE && strspn(name, allowed) == len;
}

static void
put_word(struct text *text, const char *word)
{
	text_put(text, word);
	text_put(text, " ");
}

/* The parameters that, with the key, decide every code. */
static void
put_parameters(struct text *text, const struct otp *otp)
{
	put_word(text, otp->type == OTP_HOTP ? "hotp" : "totp");
	put_word(text, otp_algorithm_name(otp->algorithm));
	text_put_number(text, otp->digits);
	text_put(text, " ");
	text_put_number(text, otp->period);
	text_put(text, " ");
}

bool
device_identify(struct device *device)
{
	char bytes[64 + OTP_KEY_MAX];
	struct text text = text_into(bytes, sizeof bytes);
	struct text id = text_into(device->id, sizeof device->id);
	uint8_t sum[SEAL_SUM_LENGTH];
	bool ok;

	put_word(&text, "twostep device");
	put_parameters(&text, &device->otp);
	text_put_bytes(&text, (const char *)device->otp.key.bytes, device->otp.key.len);
	ok = !text.overflow && seal_sum(bytes, text_length(&text), sum);
	if (ok)
		text_put_hex(&id, sum, sizeof sum);
	text_end(&id);
	secret_clear(bytes, sizeof bytes);
	return ok;
}

void
device_put(struct text *text, const struct device *device)
{
	char encoded[BASE32_LENGTH(OTP_KEY_MAX) + 1];

	base32_encode(encoded, device->otp.key.bytes, device->otp.key.len);
	put_word(text, device->id);
	put_parameters(text, &device->otp);
	text_put_number(text, device->floor);
	if (device->drift > 0)
		text_put(text, "+");
	if (device->drift != 0)
		text_put_number(text, device->drift);
	text_put(text, " ");
	put_word(text, device->name);
	text_put(text, encoded);
	text_put(text, "\n");
	secret_clear(encoded, sizeof encoded);
}

static bool
take_type(struct cursor *cursor, enum otp_type *type)
{
	*type = OTP_TOTP;
	if (cursor_take(cursor, "totp "))
		return true;
	*type = OTP_HOTP;
	return cursor_take(cursor, "hotp ");
}

static bool
take_algorithm(struct cursor *cursor, enum otp_algorithm *algorithm)
{
	const char *word;
	size_t len;

	return cursor_word(cursor, &word, &len, 16) && otp_algorithm_named(word, len, algorithm) &&
	    cursor_take(cursor, " ");
}

static bool
take_number(struct cursor *cursor, int64_t min, int64_t max, int64_t *number)
{
	return cursor_number(cursor, min, max, number) && cursor_take(cursor, " ");
}

/* None of zero is ever written. */
static bool
take_drift(struct cursor *cursor, int *drift)
{
	bool ahead = cursor_take(cursor, "+");
	int64_t steps = 0;

	if ((ahead || (cursor->at < cursor->end && *cursor->at == '-')) &&
	    !cursor_number(cursor, ahead ? 1 : -HISTORY_DRIFT_MAX, ahead ? HISTORY_DRIFT_MAX : -1, &steps))
		return false;
	*drift = (int)steps;
	return cursor_take(cursor, " ");
}

static bool
take_name(struct cursor *cursor, char name[static DEVICE_NAME_SIZE])
{
	const char *word;
	size_t len;

	if (!cursor_word(cursor, &word, &len, DEVICE_NAME_SIZE - 1))
		return false;
	memcpy(name, word, len);
	name[len] = '\0';
	return device_name_valid(name) && cursor_take(cursor, " ");
}

static bool
take_key(struct cursor *cursor, struct secret *key)
{
	char again[BASE32_LENGTH(OTP_KEY_MAX) + 1] = "";
	const char *word;
	size_t len;
	bool ok = cursor_word(cursor, &word, &len, BASE32_LENGTH(OTP_KEY_MAX)) &&
	    base32_decode(key, word, len);

	/* People may type a key in many ways; a record holds it in one. */
	if (ok)
		base32_encode(again, key->bytes, key->len);
	ok = ok && strlen(again) == len && memcmp(again, word, len) == 0 && cursor_newline(cursor);
	secret_clear(again, sizeof again);
	return ok;
}

bool
device_take(struct cursor *cursor, struct device *device)
{
	struct otp *otp = &device->otp;
	int64_t digits, period, least;
	const char *id;
	size_t len;
	char given[DEVICE_ID_SIZE] = "";

	if (!cursor_word(cursor, &id, &len, DEVICE_ID_SIZE - 1) || !cursor_take(cursor, " "))
		return false;
	memcpy(given, id, len);
	if (!take_type(cursor, &otp->type) || !take_algorithm(cursor, &otp->algorithm) ||
	    !take_number(cursor, OTP_DIGITS_MIN, OTP_DIGITS_MAX, &digits))
		return false;
	least = otp->type == OTP_HOTP ? 0 : OTP_PERIOD_MIN;
	if (!take_number(cursor, least, otp->type == OTP_HOTP ? 0 : OTP_PERIOD_MAX, &period))
		return false;
	otp->digits = (unsigned)digits;
	otp->period = (unsigned)period;
	return cursor_number(cursor, -1, OTP_STEP_MAX, &device->floor) &&
	    take_drift(cursor, &device->drift) && (otp->type == OTP_TOTP || device->drift == 0) &&
	    take_name(cursor, device->name) && take_key(cursor, &otp->key) && device_identify(device) &&
	    strcmp(device->id, given) == 0;
}
