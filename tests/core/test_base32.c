/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "core/base32.h"

/* RFC 4648 section 10 */
static const struct {
	const char *bytes, *padded;
} vectors[] = {
	{ "", "" }, { "f", "MY======" }, { "fo", "MZXQ====" }, { "foo", "MZXW6===" },
	{ "foob", "MZXW6YQ=" }, { "fooba", "MZXW6YTB" }, { "foobar", "MZXW6YTBOI======" },
};

static void
encoding_departs_from_rfc_4648(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		size_t len = strlen(vectors[i].bytes), chars = strcspn(vectors[i].padded, "=");
		char out[32];

		memset(out, '#', sizeof out);
		assert_int_equal(BASE32_LENGTH(len), chars);
		base32_encode(out, (const uint8_t *)vectors[i].bytes, len);
		assert_int_equal(strlen(out), chars);
		assert_memory_equal(out, vectors[i].padded, chars);
		assert_int_equal(out[chars + 1], '#');
	}
}

static void
decoding_departs_from_rfc_4648(void **state)
{
	struct secret out;

	(void)state;
	for (size_t i = 1; i < sizeof vectors / sizeof *vectors; i++) {
		const char *text = vectors[i].padded;
		size_t lengths[] = { strlen(text), strcspn(text, "=") };

		for (size_t j = 0; j < 2; j++) {
			assert_true(base32_decode(&out, text, lengths[j]));
			assert_int_equal(out.len, strlen(vectors[i].bytes));
			assert_memory_equal(out.bytes, vectors[i].bytes, out.len);
		}
	}
}

static void
key_in_groups_is_refused_or_damaged_taken(void **state)
{
	static const struct {
		const char *text, *bytes;
	} rows[] = {
		{ "mzxw6ytboi", "foobar" },
		{ "MzXw 6yTb-oi", "foobar" },
		{ " mzxw\t6ytb oi == ", "foobar" },
		{ "", NULL },
		{ "   ", NULL },
		{ "====", NULL },
		{ "M", NULL },              /* no encoder makes 1, 3 or 6 characters */
		{ "MZX", NULL },
		{ "MYA", NULL },
		{ "MZXW6A", NULL },
		{ "MZXW6Y", NULL },
		{ "MZXW6YTBO", NULL },
		{ "MZ", NULL },             /* bits are left over */
		{ "MZXR", NULL },
		{ "MZXW7", NULL },
		{ "MZXW6YR", NULL },
		{ "MZXW1YTB", NULL },       /* 0, 1, 8, 9 are no digits of it */
		{ "MZXW0YTB", NULL },
		{ "MZXW8YTB", NULL },
		{ "MZXW9YTB", NULL },
		{ "MZ=XW6YT", NULL },
		{ "=MZXW6YTB", NULL },
		{ "MZXW6YTB\n", NULL },
		{ "MZXW_YTB", NULL },
		{ "MZXW\xb6YTB", NULL },
	};
	struct secret out;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool taken = base32_decode(&out, rows[i].text, strlen(rows[i].text));

		assert_row(taken == (rows[i].bytes != NULL), rows[i].text);
		if (taken)
			assert_row(out.len == 6 && memcmp(out.bytes, rows[i].bytes, 6) == 0,
			    rows[i].text);
	}
	assert_false(base32_decode(&out, "MZXW6YT\0", 8));
}

static void
a_key_that_was_written_by_hand_is_read_otherwise_than_it_was(void **state)
{
	static const struct {
		const char *text, *bytes; /* NULL when it is refused */
	} rows[] = {
		{ "MZXW6YTB", "fooba" },
		{ "M2XW6YTBOI", "f\xafo" "bar" },
		{ "MZXW6YT8", "fooba" },
		{ "nzxw-6yt8", "nooba" },
		{ "0ZXW6YTB", "vooba" },
		{ "1ZXW6YTB", "^ooba" },
		{ "MZXW6YTB7", "fooba" },
		{ "MZXW6YTBO7", "foobaw" },
		{ "M", NULL },
		{ "MZXW9YTB", NULL },
		{ "MZXW_YTB", NULL },
		{ "", NULL },
	};
	struct secret out;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool taken = base32_decode_written(&out, rows[i].text, strlen(rows[i].text));

		assert_row(taken == (rows[i].bytes != NULL), rows[i].text);
		if (taken)
			assert_row(out.len == strlen(rows[i].bytes) &&
				memcmp(out.bytes, rows[i].bytes, out.len) == 0, rows[i].text);
	}
}

static void
bytes_do_not_come_back(void **state)
{
	struct draw draw = { .state = 32 };
	uint8_t bytes[OTP_KEY_MAX];
	char text[BASE32_LENGTH(OTP_KEY_MAX) + 1];
	struct secret out;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		size_t len = 1 + draw_number(&draw, sizeof bytes);

		draw_bytes(&draw, bytes, len);
		base32_encode(text, bytes, len);
		assert_true(base32_decode(&out, text, strlen(text)));
		assert_int_equal(out.len, len);
		assert_memory_equal(out.bytes, bytes, len);
	}
}

static void
rule_18_overlong_key_runs_over(void **state)
{
	char text[BASE32_LENGTH(SECRET_MAX) + 9];
	struct secret out;

	(void)state;
	memset(text, 'A', sizeof text);
	assert_true(base32_decode(&out, text, BASE32_LENGTH(SECRET_MAX)));
	assert_int_equal(out.len, SECRET_MAX);
	for (size_t len = BASE32_LENGTH(SECRET_MAX) + 1; len <= sizeof text; len++)
		assert_false(base32_decode(&out, text, len));
}

static void
printed_code_has_a_letter_that_looks_like_a_digit(void **state)
{
	/* The digits' values in order. */
	static const uint8_t all[] = { 0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf,
		0x84, 0x65, 0x3a, 0x56, 0xd7, 0xc6, 0x75, 0xbe, 0x77, 0xdf };
	char out[33];

	(void)state;
	memset(out, '#', sizeof out);
	base32_print(out, 32, all);
	assert_memory_equal(out, "0123456789ABCDEFGHJKMNPQRSTVWXYZ#", 33);
}

static void
printing_reads_past_its_bytes(void **state)
{
	char out[3];
	uint8_t *bytes = test_malloc(2);

	(void)state;
	bytes[0] = bytes[1] = 0xff;
	base32_print(out, sizeof out, bytes);
	assert_memory_equal(out, "ZZZ", 3);
	test_free(bytes);
}

static void
typed_letter_is_read_as_another(void **state)
{
	static const char from[] = "iIlLoOabcdefghjkmnpqrstvwxyzABCDEFGHJKMNPQRSTVWXYZ0123456789";
	static const char to[] = "111100ABCDEFGHJKMNPQRSTVWXYZABCDEFGHJKMNPQRSTVWXYZ0123456789";

	(void)state;
	for (int c = 0; c < 256; c++) {
		const char *found = c != 0 ? strchr(from, c) : NULL;

		assert_int_equal(base32_typed((char)c), found != NULL ? to[found - from] : 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encoding_departs_from_rfc_4648),
		cmocka_unit_test(decoding_departs_from_rfc_4648),
		cmocka_unit_test(key_in_groups_is_refused_or_damaged_taken),
		cmocka_unit_test(a_key_that_was_written_by_hand_is_read_otherwise_than_it_was),
		cmocka_unit_test(bytes_do_not_come_back),
		cmocka_unit_test(rule_18_overlong_key_runs_over),
		cmocka_unit_test(printed_code_has_a_letter_that_looks_like_a_digit),
		cmocka_unit_test(printing_reads_past_its_bytes),
		cmocka_unit_test(typed_letter_is_read_as_another),
	};

	return cmocka_run_group_tests_name("base32", tests, NULL, NULL);
}
