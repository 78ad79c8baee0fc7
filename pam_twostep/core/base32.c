/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/base32.h"

#include <string.h>

#include "core/text.h"

static const char rfc4648[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Five bits from bit `from` on; bits past the end are zero (RFC 4648 section 6). */
static unsigned
five_bits(const uint8_t *bytes, size_t len, size_t from)
{
	size_t byte = from / 8;
	unsigned pair = (unsigned)bytes[byte] << 8;

	if (byte + 1 < len)
		pair |= bytes[byte + 1];
	return pair >> (11 - from % 8) & 31;
}

static void
print(char *out, size_t chars, const uint8_t *bytes, size_t len, const char *alphabet)
{
	for (size_t i = 0; i < chars; i++)
		out[i] = alphabet[five_bits(bytes, len, i * 5)];
}

void
base32_encode(char *out, const uint8_t *bytes, size_t len)
{
	print(out, BASE32_LENGTH(len), bytes, len, rfc4648);
	out[BASE32_LENGTH(len)] = '\0';
}

void
base32_print(char *out, size_t chars, const uint8_t *bytes)
{
	print(out, chars, bytes, (chars * 5 + 7) / 8, crockford);
}

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

char
base32_typed(char c)
{
	c = upper(c);
	if (c == 'I' || c == 'L')
		return '1';
	if (c == 'O')
		return '0';
	return memchr(crockford, c, sizeof crockford - 1) != NULL ? c : 0;
}

static int
value(char c)
{
	const char *found = memchr(rfc4648, upper(c), sizeof rfc4648 - 1);

	return found != NULL ? (int)(found - rfc4648) : -1;
}

/* A key as it is read so far. */
struct decoded {
	size_t chars;
	unsigned bits; /* of `held`, that no byte has yet */
	unsigned held;
};

static bool
decode(struct decoded *decoded, struct secret *out, const char *text, size_t len,
    int (*value_of)(char))
{
	*decoded = (struct decoded){ .chars = 0 };
	out->len = 0;
	while (len > 0 && (text[len - 1] == '=' || text_is_blank(text[len - 1])))
		len--;
	for (size_t i = 0; i < len; i++) {
		if (text_is_blank(text[i]) || text[i] == '-')
			continue;
		int digit = value_of(text[i]);

		if (digit < 0 || out->len == sizeof out->bytes)
			return false;
		decoded->held = (decoded->held << 5 | (unsigned)digit) & 0xfff;
		decoded->bits += 5;
		decoded->chars++;
		if (decoded->bits >= 8) {
			decoded->bits -= 8;
			out->bytes[out->len++] = (uint8_t)(decoded->held >> decoded->bits);
		}
	}
	return out->len > 0;
}

bool
base32_decode(struct secret *out, const char *text, size_t len)
{
	struct decoded decoded;

	/* A whole encoding leaves fewer than five bits over, and all of them zero. */
	return decode(&decoded, out, text, len, value) && BASE32_LENGTH(out->len) == decoded.chars &&
	    (decoded.held & ((1U << decoded.bits) - 1)) == 0;
}

static int
forgiven(char c)
{
	if (c == '0')
		return value('O');
	if (c == '1')
		return value('L');
	return value(c == '8' ? 'B' : c);
}

bool
base32_decode_written(struct secret *out, const char *text, size_t len)
{
	struct decoded decoded;

	return decode(&decoded, out, text, len, forgiven);
}
