/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "core/address.h"

/* In hexadecimal; empty where the text is no address. */
static void
put_address(char hex[static 2 * ADDRESS_IPV6 + 1], const char *text)
{
	struct text out = text_into(hex, 2 * ADDRESS_IPV6 + 1);
	struct address address;

	if (address_parse(&address, text, strlen(text)))
		text_put_hex(&out, address.bytes, address.len);
	text_end(&out);
}

static void
what_is_no_plain_address_is_taken_for_one(void **state)
{
	static const struct {
		const char *text, *hex;
	} rows[] = {
		{ "192.0.2.7", "c0000207" },
		{ "0.0.0.0", "00000000" },
		{ "255.255.255.255", "ffffffff" },
		{ "256.0.0.1", "" },
		{ "192.0.2", "" },
		{ "192.0.2.7.8", "" },
		{ "192.0.2.", "" },
		{ ".0.2.7", "" },
		{ "192..2.7", "" },
		{ "192.0.2.07", "" },
		{ "0300.0.2.7", "" },
		{ "0xc0.0.2.7", "" },
		{ "3221225991", "" },
		{ "192.0.2.-7", "" },
		{ "+192.0.2.7", "" },
		{ "192.0.2.7 ", "" },
		{ " 192.0.2.7", "" },
		{ "192.0.2.7\n", "" },
		{ "192.0.2.7:22", "" },
		{ "192.0.2.7/32", "" },
		{ "", "" },
		{ "localhost", "" },
		{ "UNKNOWN", "" },
		{ "192-0-2-7.example.net", "" },
		{ "192.0.2.7.example.net", "" },
		{ "fe80", "" },
		{ "::", "00000000000000000000000000000000" },
		{ "::1", "00000000000000000000000000000001" },
		{ "1::", "00010000000000000000000000000000" },
		{ "12::", "00120000000000000000000000000000" },
		{ "2001:db8::7", "20010db8000000000000000000000007" },
		{ "2001:DB8::aBcD", "20010db800000000000000000000abcd" },
		{ "1:2:3:4:5:6:7:8", "00010002000300040005000600070008" },
		{ "1:2:3:4:5:6:7::", "00010002000300040005000600070000" },
		{ "::2:3:4:5:6:7:8", "00000002000300040005000600070008" },
		{ "1:2:3::5:6:7:8", "00010002000300000005000600070008" },
		{ "0001:0002:0003:0004:0005:0006:0007:0008", "00010002000300040005000600070008" },
		{ "1:2:3:4:5:6:7", "" },
		{ "1:2:3:4:5:6:7:8:9", "" },
		{ "1:2:3:4:5:6:7:8::", "" },
		{ "1:2:3:4::5:6:7:8", "" },
		{ "::1:2:3:4:5:6:7:8", "" },
		{ "1::2::3", "" },
		{ ":::", "" },
		{ ":", "" },
		{ ":1", "" },
		{ "1:", "" },
		{ ":1:2:3:4:5:6:7", "" },
		{ "1:2:3:4:5:6:7:", "" },
		{ "1:2:3:4:5:6:7:8:", "" },
		{ "::1:", "" },
		{ "12345::", "" },
		{ "00001::", "" },
		{ "g::", "" },
		{ "[::1]", "" },
		{ "::1 ", "" },
		/* the IPv4 address at the end of an IPv6 one */
		{ "64:ff9b::192.0.2.7", "0064ff9b0000000000000000c0000207" },
		{ "1:2:3:4:5:6:192.0.2.7", "000100020003000400050006c0000207" },
		{ "::192.0.2.7", "000000000000000000000000c0000207" },
		{ "1:2:3:4:5:6:7:192.0.2.7", "" },
		{ "192.0.2.7::", "" },
		{ "192.0.2.7:1::", "" },
		{ "::192.0.2.7:1", "" },
		{ "::192.0.2", "" },
		{ "::192.0.2.07", "" },
		/* the same written with a mapping */
		{ "::ffff:192.0.2.7", "c0000207" },
		{ "::FFFF:c000:207", "c0000207" },
		{ "0:0:0:0:0:ffff:192.0.2.7", "c0000207" },
		{ "::ffff:127.0.0.1", "7f000001" },
		{ "::ffff:0:192.0.2.7", "0000000000000000ffff0000c0000207" },
		{ "::fffe:192.0.2.7", "00000000000000000000fffec0000207" },
		{ "1::ffff:192.0.2.7", "00010000000000000000ffffc0000207" },
		/* a scope id */
		{ "fe80::1%eth0", "" },
		{ "fe80::1%2", "" },
		{ "fe80::1%", "" },
		{ "::1%lo", "" },
		{ "::ffff:192.0.2.7%eth0", "" },
	};
	char hex[2 * ADDRESS_IPV6 + 1];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		put_address(hex, rows[i].text);
		assert_row(strcmp(hex, rows[i].hex) == 0, rows[i].text);
	}
}

static void
address_is_read_past_its_end(void **state)
{
	static const char *const texts[] = { "192.0.2.77", "2001:db8::7", "::ffff:192.0.2.77", "1:2:3:4:5:6:7:8" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		for (size_t len = 0; len <= strlen(texts[i]); len++) {
			/* exactly as long as it is, for the sanitizer's sake */
			char *given = test_malloc(len + 1);
			struct address address;
			struct network network;
			bool taken;

			memcpy(given, texts[i], len);
			given = test_realloc(given, len > 0 ? len : 1);
			taken = address_parse(&address, given, len);
			assert_row(taken || len < strlen(texts[i]), texts[i]);
			assert_int_equal(network_parse(&network, given, len), taken);
			test_free(given);
		}
	}
}

static void
nul_hides_the_rest_of_an_address(void **state)
{
	struct address address;
	struct network network;

	(void)state;
	assert_false(address_parse(&address, "192.0.2.7\0", 10));
	assert_false(address_parse(&address, "::1\0%eth0", 9));
	assert_false(network_parse(&network, "192.0.2.0/24\0", 13));
}

static void
loopback_is_known_by_one_spelling_only(void **state)
{
	static const struct {
		const char *text;
		bool loopback;
	} rows[] = {
		{ "127.0.0.1", true }, { "127.255.255.255", true }, { "::1", true },
		{ "0:0:0:0:0:0:0:1", true }, { "::ffff:127.0.0.1", true }, { "::ffff:7f00:1", true },
		{ "126.255.255.255", false }, { "128.0.0.0", false }, { "0.0.0.0", false },
		{ "::", false }, { "::2", false }, { "1::1", false }, { "7f00::1", false },
		{ "::127.0.0.1", false }, { "192.0.2.127", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct address address;

		assert_true(address_parse(&address, rows[i].text, strlen(rows[i].text)));
		assert_row(address_loopback(&address) == rows[i].loopback, rows[i].text);
	}
}

static void
network_that_cannot_be_is_taken(void **state)
{
	static const struct {
		const char *text;
		unsigned len, bits; /* len 0 where it is refused */
	} rows[] = {
		{ "192.0.2.7", 4, 32 },
		{ "192.0.2.7/32", 4, 32 },
		{ "192.0.2.0/24", 4, 24 },
		{ "0.0.0.0/0", 4, 0 },
		{ "128.0.0.0/1", 4, 1 },
		{ "192.0.2.254/31", 4, 31 },
		{ "192.0.2.255/31", 0, 0 },
		{ "192.0.2.7/24", 0, 0 },
		{ "192.0.3.0/23", 0, 0 },
		{ "128.0.0.0/0", 0, 0 },
		{ "192.0.2.0/33", 0, 0 },
		{ "192.0.2.0/-1", 0, 0 },
		{ "192.0.2.0/024", 0, 0 },
		{ "192.0.2.0/", 0, 0 },
		{ "192.0.2.0/24/24", 0, 0 },
		{ "192.0.2.0/24 ", 0, 0 },
		{ "192.0.2.0 /24", 0, 0 },
		{ "192.0.2.0/255.255.255.0", 0, 0 },
		{ "192.0.2.", 0, 0 },
		{ "192.0.2/24", 0, 0 },
		{ "/24", 0, 0 },
		{ "/", 0, 0 },
		{ "", 0, 0 },
		{ "example.net/24", 0, 0 },
		{ "2001:db8::7", 16, 128 },
		{ "2001:db8::/32", 16, 32 },
		{ "::/0", 16, 0 },
		{ "2001:db8::/128", 16, 128 },
		{ "2001:db8::/129", 0, 0 },
		{ "2001:db8::1/127", 0, 0 },
		{ "2001:db8::/28", 0, 0 },
		{ "fe80::%eth0/64", 0, 0 },
		{ "fe80::/64%eth0", 0, 0 },
		{ "::ffff:192.0.2.0/120", 4, 24 },
		{ "::ffff:0.0.0.0/96", 4, 0 },
		{ "::ffff:192.0.2.7", 4, 32 },
		{ "::ffff:192.0.2.7/128", 4, 32 },
		{ "::ffff:192.0.2.0/24", 0, 0 },
		{ "::ffff:0.0.0.0/95", 0, 0 },
		{ "::ffff:192.0.2.7/120", 0, 0 },
		{ "::ffff:192.0.2.0/129", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct network network;
		bool taken = network_parse(&network, rows[i].text, strlen(rows[i].text));

		assert_row(taken == (rows[i].len != 0), rows[i].text);
		assert_row(!taken || network.address.len == rows[i].len, rows[i].text);
		assert_row(!taken || network.bits == rows[i].bits, rows[i].text);
	}
}

static void
neighbour_of_a_network_is_in_it(void **state)
{
	static const struct {
		const char *network, *address;
		bool in;
	} rows[] = {
		{ "192.0.2.0/24", "192.0.2.0", true },
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.1.255", false },
		{ "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.0/24", "::ffff:192.0.2.9", true },
		{ "192.0.2.0/24", "::ffff:192.0.3.9", false },
		{ "192.0.2.0/24", "::192.0.2.9", false },
		{ "192.0.2.7", "192.0.2.7", true },
		{ "192.0.2.7", "192.0.2.6", false },
		{ "192.0.2.6/31", "192.0.2.7", true },
		{ "192.0.2.6/31", "192.0.2.5", false },
		{ "192.0.2.6/31", "192.0.2.8", false },
		{ "10.0.0.0/9", "10.127.255.255", true },
		{ "10.0.0.0/9", "10.128.0.0", false },
		{ "0.0.0.0/0", "255.255.255.255", true },
		{ "0.0.0.0/0", "::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "192.0.2.7", false },
		{ "::/0", "::ffff:192.0.2.7", false },
		{ "::ffff:192.0.2.0/120", "192.0.2.7", true },
		{ "::ffff:192.0.2.0/120", "192.0.3.7", false },
		{ "2001:db8::/33", "2001:db8:7fff:ffff::", true },
		{ "2001:db8::/33", "2001:db8:8000::", false },
		{ "2001:db8::/127", "2001:db8::1", true },
		{ "2001:db8::/127", "2001:db8::2", false },
		{ "c000:200::/24", "192.0.2.0", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct network network;
		struct address address;

		assert_true(network_parse(&network, rows[i].network, strlen(rows[i].network)));
		assert_true(address_parse(&address, rows[i].address, strlen(rows[i].address)));
		assert_row(network_has(&network, &address) == rows[i].in, rows[i].address);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_plain_address_is_taken_for_one),
		cmocka_unit_test(address_is_read_past_its_end),
		cmocka_unit_test(nul_hides_the_rest_of_an_address),
		cmocka_unit_test(loopback_is_known_by_one_spelling_only),
		cmocka_unit_test(network_that_cannot_be_is_taken),
		cmocka_unit_test(neighbour_of_a_network_is_in_it),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
