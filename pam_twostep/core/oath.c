/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/oath.h"

#include <string.h>

#include "core/language.h"
#include "core/search.h"

#define FIELDS 7 /* type, user, PIN, key, counter, code used last, when */

struct field {
	const char *at;
	size_t len;
};

void
oath_wipe(struct oath *oath)
{
	secret_clear(oath, sizeof *oath);
}

static bool
blank(char c)
{
	return text_is_blank(c) || c == '\r';
}

/* How many there are; one more than FIELDS for too many. */
static unsigned
split(struct field field[static FIELDS], const char *line, size_t len)
{
	const char *at = line, *end = line + len;
	unsigned count = 0;

	for (;;) {
		while (at < end && blank(*at))
			at++;
		if (at == end || count == FIELDS)
			return count + (at < end);
		field[count].at = at;
		while (at < end && !blank(*at))
			at++;
		field[count].len = (size_t)(at - field[count].at);
		count++;
	}
}

static bool
comment(const char *line, size_t len)
{
	const char *at = line, *end = line + len;

	while (at < end && blank(*at))
		at++;
	return at == end || *at == '#';
}

static bool
is(const struct field *field, const char *word)
{
	return strlen(word) == field->len && memcmp(word, field->at, field->len) == 0;
}

static bool
take_user(const struct field *field, char user[static TEXT_NAME_SIZE])
{
	if (field->len == 0 || field->len >= TEXT_NAME_SIZE ||
	    memchr(field->at, '\0', field->len) != NULL)
		return false;
	memcpy(user, field->at, field->len);
	user[field->len] = '\0';
	return true;
}

bool
oath_user(const char *line, size_t len, const char **user, size_t *user_len)
{
	struct field field[FIELDS] = { { .at = "" } };
	unsigned count = split(field, line, len);

	if (count < 2 || comment(line, len))
		return false;
	*user = field[1].at;
	*user_len = field[1].len;
	return true;
}

/* HOTP, HOTP/E and HOTP/T30, /T60, and behind them nothing or the number of digits. */
static bool
take_type(const struct field *field, struct otp *otp)
{
	struct cursor type = cursor_over(field->at, field->len);
	int64_t number;

	otp->algorithm = OTP_SHA1;
	otp->type = OTP_HOTP;
	otp->digits = 6;
	if (!cursor_take(&type, "HOTP"))
		return false;
	if (cursor_take(&type, "/T")) {
		if (!cursor_number(&type, OTP_PERIOD_MIN, OTP_PERIOD_MAX, &number))
			return false;
		otp->type = OTP_TOTP;
		otp->period = (unsigned)number;
	} else if (!cursor_take(&type, "/E")) {
		return cursor_done(&type);
	}
	if (!cursor_take(&type, "/"))
		return cursor_done(&type);
	if (!cursor_number(&type, OTP_DIGITS_MIN, OTP_DIGITS_MAX, &number))
		return false;
	otp->digits = (unsigned)number;
	return cursor_done(&type);
}

static const char *
take_key(const struct field *field, struct secret *key)
{
	if (field->len % 2 != 0 || field->len / 2 > OTP_KEY_MAX)
		return N_("no key in hexadecimal digits");
	for (size_t i = 0; i < field->len; i += 2) {
		int high = text_hex_value(field->at[i]), low = text_hex_value(field->at[i + 1]);

		if (high < 0 || low < 0)
			return N_("no key in hexadecimal digits");
		key->bytes[key->len++] = (uint8_t)(high * 16 + low);
	}
	return key->len < OTP_KEY_MIN
	    ? N_("a key of less than 128 bits (RFC 4226): enroll anew")
	    : NULL;
}

/* The code at the counter, when it was used, stands beside it: then it is not the next one. */
static bool
spend_counter(struct device *device, int64_t counter, int64_t used)
{
	uint32_t code = 0;

	device->floor = counter - 1;
	if (used < 0)
		return true;
	if (!otp_code(&device->otp, counter, &code))
		return false;
	if (code == used)
		device->floor = counter;
	return true;
}

/* The moment that stands behind the code says no zone; what may still be accepted is searched. */
static bool
spend_step(struct device *device, int64_t used, int64_t now)
{
	int64_t step = otp_step(&device->otp, now) + SEARCH_RESYNC;
	uint32_t code;

	for (unsigned i = 0; used >= 0 && i <= 2 * SEARCH_RESYNC && step >= 0;
	     i++, step--) {
		if (!otp_code(&device->otp, step, &code))
			return false;
		if (code == used) {
			device->floor = step;
			return true;
		}
	}
	return true;
}

/* The code used last: digits, and leading zeros count. -1 for none; false for what is no code. */
static bool
take_used(const struct field *field, const struct otp *otp, int64_t *used)
{
	*used = 0;
	for (size_t i = 0; i < field->len; i++) {
		if (!text_is_digit(field->at[i]) || i == OTP_DIGITS_MAX)
			return false;
		*used = *used * 10 + (field->at[i] - '0');
	}
	return field->len == otp->digits;
}

static const char *
take_past(const struct field *field, unsigned count, struct device *device, int64_t now)
{
	int64_t counter = 0, used = -1;
	struct cursor number;

	device->floor = -1;
	if (count > 4) {
		number = cursor_over(field[4].at, field[4].len);
		if (!cursor_number(&number, 0, OTP_STEP_MAX, &counter) ||
		    !cursor_done(&number))
			return N_("no counter");
	}
	if (count > 5 && !take_used(&field[5], &device->otp, &used))
		return N_("the code used last is none");
	if (device->otp.type == OTP_HOTP ? !spend_counter(device, counter, used)
					 : !spend_step(device, used, now))
		return N_("libcrypto failed");
	return NULL;
}

static const char *
parse(struct oath *oath, const struct field *field, unsigned count, int64_t now)
{
	struct otp *otp = &oath->device.otp;
	const char *why;

	if (count < 4 || count > FIELDS)
		return N_("not a line of users.oath");
	if (!take_type(&field[0], otp))
		return N_("an unknown type of token");
	if (!take_user(&field[1], oath->user))
		return N_("no name of a user");
	/* To leave it out would let him in with less than before. */
	if (!is(&field[2], "-") && !is(&field[2], "+"))
		return N_(
		    "has a PIN before the code, which is not known here: enroll anew");
	if ((why = take_key(&field[3], &otp->key)) != NULL ||
	    (why = take_past(field, count, &oath->device, now)) != NULL)
		return why;
	return device_identify(&oath->device) ? NULL : N_("libcrypto failed");
}

bool
oath_parse(struct oath *oath, const char *line, size_t len, int64_t now, const char **why)
{
	struct field field[FIELDS] = { { .at = "" } };
	unsigned count = split(field, line, len);

	*oath = (struct oath){ .user = "" };
	*why = NULL;
	if (comment(line, len))
		return false;
	*why = parse(oath, field, count, now);
	if (*why != NULL)
		oath_wipe(oath);
	return *why == NULL;
}
