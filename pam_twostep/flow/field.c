/* SPDX-License-Identifier: BSD-2-Clause */
#include "flow/field.h"

#include "core/base32.h"
#include "core/text.h"

#define GROUP 4 /* characters of a recovery code between two dashes */

static bool
is_separator(uint8_t c)
{
	return text_is_blank((char)c) || c == '-';
}

static bool
digit_before(const struct secret *field, size_t at)
{
	return at > 0 && text_is_digit((char)field->bytes[at - 1]);
}

/*
 * How many digits the field ends in, `most` at most; *start is where they begin. A separator
 * counts between two of them only: one in front is the password's.
 */
static size_t
find_digits(const struct secret *field, size_t most, size_t *start)
{
	size_t at = field->len, found = 0;

	*start = at;
	while (found < most) {
		if (found > 0 && at > 1 && is_separator(field->bytes[at - 1]) && digit_before(field, at - 1))
			at--;
		if (!digit_before(field, at))
			break;
		*start = --at;
		found++;
	}
	return found;
}

/*
 * Whether the field ends in two groups of four digits: a code of eight, whatever the devices. So a
 * scratch code is typed, whose digits alone could as well end a password and begin a code of six.
 */
static bool
is_grouped(const struct secret *field)
{
	size_t len = 2 * GROUP + 1;

	for (size_t i = 0; i < len && field->len >= len; i++) {
		uint8_t c = field->bytes[field->len - len + i];

		if (i == GROUP ? !is_separator(c) : !text_is_digit((char)c))
			return false;
	}
	return field->len >= len;
}

/* Where a recovery code begins that the field ends in, in groups or in one. */
static bool
find_recovery(const struct secret *field, bool groups, size_t *start)
{
	size_t len = RECOVERY_CHARS + (groups ? RECOVERY_CHARS / GROUP - 1 : 0);

	if (field->len < len)
		return false;
	*start = field->len - len;
	for (size_t i = 0; i < len; i++) {
		uint8_t c = field->bytes[*start + i];
		bool between = groups && i % (GROUP + 1) == GROUP;

		if (between ? c != '-' : base32_typed((char)c) == 0)
			return false;
	}
	return true;
}

/* The form alone decides; digits first, or else a long password and a code would pass for one code. */
static enum claim_kind
find(const struct secret *field, size_t *start)
{
	size_t digits;

	if (field->len == 0)
		return CLAIM_EMPTY;
	if (find_recovery(field, true, start))
		return CLAIM_RECOVERY;
	digits = find_digits(field, OTP_DIGITS_MAX, start);
	if (digits >= OTP_DIGITS_MIN)
		return CLAIM_CODE;
	return find_recovery(field, false, start) ? CLAIM_RECOVERY : CLAIM_MALFORMED;
}

void
field_claim(struct claim *claim, const struct secret *field)
{
	SECRET end = { .len = 0 };
	size_t start = 0;

	*claim = (struct claim){ .kind = find(field, &start) };
	if (claim->kind == CLAIM_RECOVERY) {
		(void)secret_set(&end, field->bytes + start, field->len - start);
		(void)recovery_typed(&claim->recovery.code, RECOVERY_CHARS, &end);
	} else if (claim->kind == CLAIM_CODE) {
		claim->grouped = is_grouped(field);
		for (size_t i = start; i < field->len; i++)
			if (text_is_digit((char)field->bytes[i]))
				claim->ending.bytes[claim->ending.len++] = field->bytes[i];
	}
}

void
field_password(struct secret *password, const struct secret *field, const struct claim *claim)
{
	size_t start = field->len;

	if (claim->kind == CLAIM_RECOVERY)
		(void)find(field, &start);
	else if (claim->kind == CLAIM_CODE && claim->ending.len > 0)
		(void)find_digits(field, claim->digits, &start);
	(void)secret_set(password, field->bytes, start);
}
