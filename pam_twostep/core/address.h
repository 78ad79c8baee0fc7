/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numeric addresses and networks of IPv4 and IPv6.
 *
 * Nothing here resolves a name: whoever answers for the name of an address would decide who is
 * trusted. What is not plainly an address is none.
 */
#ifndef CORE_ADDRESS_H
#define CORE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDRESS_IPV4 4  /* bytes */
#define ADDRESS_IPV6 16 /* bytes */

/* An IPv4-mapped IPv6 address (::ffff:0:0/96, RFC 4291 section 2.5.5.2) is the IPv4 one. */
struct address {
	unsigned len;                /* ADDRESS_IPV4 or ADDRESS_IPV6 */
	uint8_t bytes[ADDRESS_IPV6]; /* in the order of the network; behind len, zeros */
};

struct network {
	struct address address;
	unsigned bits; /* of the prefix */
};

/*
 * Reads all of len bytes: four decimal numbers (without leading zeros, which some read as
 * octal), or RFC 4291 section 2.2. No name, no scope id, no blank.
 */
bool address_parse(struct address *address, const char *at, size_t len);

/* 127.0.0.0/8 and ::1. */
bool address_loopback(const struct address *address);

/*
 * Reads ADDRESS, which is a network of its own, or ADDRESS/BITS. Refused where a bit behind
 * the prefix is set: it was then meant as another network, or as one host of it.
 */
bool network_parse(struct network *network, const char *at, size_t len);

/* Whether the address is in the network. One of IPv4 is in none of IPv6, not even in ::/0. */
bool network_has(const struct network *network, const struct address *address);

#endif
