/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/address.h"

#include <string.h>

#include "core/text.h"

#define MAPPED 12 /* bytes before the IPv4 address in an IPv4-mapped one */

static bool
take_ipv4(struct cursor *cursor, uint8_t bytes[static ADDRESS_IPV4])
{
	for (unsigned i = 0; i < ADDRESS_IPV4; i++) {
		int64_t octet;

		if ((i > 0 && !cursor_take(cursor, ".")) ||
		    !cursor_number(cursor, 0, UINT8_MAX, &octet))
			return false;
		bytes[i] = (uint8_t)octet;
	}
	return true;
}

/* One to four hexadecimal digits. */
static bool
take_group(struct cursor *cursor, uint8_t bytes[static 2])
{
	unsigned digits = 0, value = 0;

	for (; !cursor_done(cursor) && text_hex_value(*cursor->at) >= 0; cursor->at++) {
		if (digits++ == 4)
			return false;
		value = value << 4 | (unsigned)text_hex_value(*cursor->at);
	}
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
	return digits > 0;
}

/*
 * A run of groups between colons, at most `room` bytes of them; its last 32 bits may be written
 * as IPv4, which then must end the text. Empty where `::` or the end comes first.
 */
static bool
take_groups(struct cursor *cursor, uint8_t *bytes, size_t room, size_t *len)
{
	*len = 0;
	if (cursor_done(cursor) || *cursor->at == ':')
		return true;
	for (;;) {
		struct cursor ahead = *cursor;
		uint8_t octets[ADDRESS_IPV4];

		if (room - *len >= ADDRESS_IPV4 && take_ipv4(&ahead, octets)) {
			memcpy(bytes + *len, octets, sizeof octets);
			*len += sizeof octets;
			*cursor = ahead;
			return cursor_done(cursor);
		}
		if (room - *len < 2 || !take_group(cursor, bytes + *len))
			return false;
		*len += 2;
		if (cursor->end - cursor->at >= 2 && cursor->at[0] == ':' &&
		    cursor->at[1] == ':')
			return true;
		if (!cursor_take(cursor, ":"))
			return true;
	}
}

static bool
take_ipv6(struct cursor *cursor, uint8_t bytes[static ADDRESS_IPV6])
{
	uint8_t tail[ADDRESS_IPV6];
	size_t head_len, tail_len;

	if (!take_groups(cursor, bytes, ADDRESS_IPV6, &head_len))
		return false;
	if (!cursor_take(cursor, "::"))
		return head_len == ADDRESS_IPV6;
	/* `::` stands for one group at least */
	if (head_len > ADDRESS_IPV6 - 2 ||
	    !take_groups(cursor, tail, ADDRESS_IPV6 - 2 - head_len, &tail_len))
		return false;
	memcpy(bytes + ADDRESS_IPV6 - tail_len, tail, tail_len);
	return true;
}

/* Makes the IPv4 address of an IPv4-mapped one. */
static void
unmap(struct address *address)
{
	static const uint8_t mapped[MAPPED] = { [10] = 0xff, [11] = 0xff };

	if (memcmp(address->bytes, mapped, sizeof mapped) != 0)
		return;
	address->len = ADDRESS_IPV4;
	memcpy(address->bytes, address->bytes + MAPPED, ADDRESS_IPV4);
	memset(address->bytes + ADDRESS_IPV4, 0, ADDRESS_IPV6 - ADDRESS_IPV4);
}

bool
address_parse(struct address *address, const char *at, size_t len)
{
	struct cursor cursor = cursor_over(at, len);

	*address = (struct address){ .len = ADDRESS_IPV4 };
	if (take_ipv4(&cursor, address->bytes) && cursor_done(&cursor))
		return true;
	cursor = cursor_over(at, len);
	*address = (struct address){ .len = ADDRESS_IPV6 };
	if (!take_ipv6(&cursor, address->bytes) || !cursor_done(&cursor))
		return false;
	unmap(address);
	return true;
}

bool
address_loopback(const struct address *address)
{
	static const uint8_t one[ADDRESS_IPV6] = { [ADDRESS_IPV6 - 1] = 1 };

	if (address->len == ADDRESS_IPV4)
		return address->bytes[0] == 127;
	return memcmp(address->bytes, one, sizeof one) == 0;
}

/* Whether two addresses of the same length agree in their first bits. */
static bool
same_prefix(const struct address *a, const struct address *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a->bytes, b->bytes, whole) != 0)
		return false;
	return rest == 0 || (a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest) == 0;
}

static bool
ends_at_prefix(const struct network *network)
{
	for (unsigned bit = network->bits; bit < network->address.len * 8; bit++)
		if ((network->address.bytes[bit / 8] >> (7 - bit % 8) & 1) != 0)
			return false;
	return true;
}

bool
network_parse(struct network *network, const char *at, size_t len)
{
	const char *slash = memchr(at, '/', len);
	size_t address_len = slash != NULL ? (size_t)(slash - at) : len;
	unsigned before = 0;
	struct cursor cursor;
	int64_t bits;

	if (!address_parse(&network->address, at, address_len))
		return false;
	network->bits = network->address.len * 8;
	if (slash == NULL)
		return true;
	/* the prefix of an IPv4-mapped network counts the mapping's bits, too */
	if (network->address.len == ADDRESS_IPV4 && memchr(at, ':', address_len) != NULL)
		before = MAPPED * 8;
	cursor = cursor_over(slash + 1, len - address_len - 1);
	if (!cursor_number(&cursor, before, before + network->bits, &bits) ||
	    !cursor_done(&cursor))
		return false;
	network->bits = (unsigned)bits - before;
	return ends_at_prefix(network);
}

bool
network_has(const struct network *network, const struct address *address)
{
	return network->address.len == address->len &&
	    same_prefix(&network->address, address, network->bits);
}
