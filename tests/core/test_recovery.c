/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "core/recovery.h"
#include "leftover.h"

static struct host_key key;
static struct recovery_set set; /* of three codes */
static const char *const printed[] = { "0123-4567-89AB-CDEF", "ZZZZ-YYYY-XXXX-WWWW",
	"0000-0000-0000-0000" };

static int
make_set(void **state)
{
	(void)state;
	sample_key(&key, 0);
	for (unsigned i = 0; i < sizeof set.salt; i++)
		set.salt[i] = (uint8_t)i;
	for (unsigned i = 0; i < 3; i++)
		if (!recovery_add(&set, &key, RECOVERY_CHARS, printed[i]))
			return -1;
	return 0;
}

static void
digest_departs_from_rfc_7914(void **state)
{
	/* hashlib.scrypt(b"0123456789ABCDEF", salt=bytes(range(16)), n=16384, r=8, p=1) of Python */
	static const uint8_t right[] = { 0x8b, 0xc6, 0x92, 0x56, 0xe4, 0x91, 0xee, 0x88, 0x4e, 0x98,
		0xd8, 0xfe, 0x05, 0xbf, 0x4f, 0xfe, 0xbe, 0x8c, 0xea, 0x74, 0xde, 0x64, 0x92, 0x60, 0x93,
		0xb9, 0x57, 0xb6, 0x67, 0x5c, 0x3c, 0x7a };

	(void)state;
	assert_memory_equal(set.code[0].digest, right, sizeof right);
}

static void
tag_is_not_bound_to_host_key_and_salt(void **state)
{
	/* HMAC-SHA256 by Python's hmac, under the derived key */
	static const uint8_t right[] = { 0xb3, 0x09 };

	(void)state;
	assert_memory_equal(set.code[0].tag, right, sizeof right);
}

static void
set_is_known_by_another_name(void **state)
{
	char id[RECOVERY_ID_SIZE];

	(void)state;
	recovery_id(&set, id);
	assert_string_equal(id, "0001020304050607");
}

static void
printed_code_is_not_its_entropy(void **state)
{
	static const uint8_t entropy[] = { 0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf };
	static const uint8_t ones[RECOVERY_ENTROPY] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff };
	char out[RECOVERY_PRINTED];

	(void)state;
	recovery_print(out, RECOVERY_CHARS, entropy);
	assert_string_equal(out, "0123-4567-89AB-CDEF");
	recovery_print(out, RECOVERY_CHARS, ones);
	assert_string_equal(out, "ZZZZ-ZZZZ-ZZZZ-ZZZZ");
}

static void
typed_code_of_another_shape_is_one(void **state)
{
	static const struct {
		const char *typed, *code;
	} rows[] = {
		{ "0123-4567-89AB-CDEF", "0123456789ABCDEF" },
		{ "0123456789abcdef", "0123456789ABCDEF" },
		{ " o1 2345-67\t-89ab-cdef- ", "0123456789ABCDEF" },
		{ "OIL0-oil0-0000-0000", "0110011000000000" },
		{ "", NULL },
		{ "----", NULL },
		{ "0123-4567-89AB-CDE", NULL },
		{ "0123-4567-89AB-CDEFG", NULL },
		{ "U123-4567-89AB-CDEF", NULL },
		{ "0123_4567_89AB_CDEF", NULL },
		{ "0123-4567-89AB-CDE\n", NULL },
		{ "0123-4567-89AB-CD\xc3\xa9", NULL },
	};
	struct secret typed, code;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool taken;

		assert_true(secret_set(&typed, rows[i].typed, strlen(rows[i].typed)));
		taken = recovery_typed(&code, RECOVERY_CHARS, &typed);
		assert_row(taken == (rows[i].code != NULL), rows[i].typed);
		if (taken)
			assert_row(code.len == RECOVERY_CHARS &&
				memcmp(code.bytes, rows[i].code, code.len) == 0,
			    rows[i].typed);
	}
	assert_true(secret_set(&typed, "0123-4567-89AB-CDE\0", 19));
	assert_false(recovery_typed(&code, RECOVERY_CHARS, &typed));
	typed.len = SECRET_MAX;
	memset(typed.bytes, '0', sizeof typed.bytes);
	assert_false(recovery_typed(&code, RECOVERY_CHARS, &typed));
}

static int
found(const struct recovery_set *among, const struct host_key *under, const char *code)
{
	struct claim claim;
	int index = 77;

	sample_recovery(&claim, code);
	assert_true(recovery_find(among, under, &claim.recovery, &index));
	return index;
}

static void
code_is_found_in_another_place(void **state)
{
	(void)state;
	assert_int_equal(found(&set, &key, "0123456789ABCDEF"), 0);
	assert_int_equal(found(&set, &key, "ZZZZYYYYXXXXWWWW"), 1);
	assert_int_equal(found(&set, &key, "0000000000000000"), 2);
	assert_int_equal(found(&set, &key, "0123456789ABCDEG"), -1);
	assert_int_equal(found(&set, &key, "1123456789ABCDEF"), -1);
}

static void
code_of_another_salt_or_host_key_counts(void **state)
{
	struct recovery_set other = set;
	struct host_key another;

	(void)state;
	other.salt[15] ^= 1;
	assert_int_equal(found(&other, &key, "0123456789ABCDEF"), -1);
	sample_key(&another, 1);
	assert_int_equal(found(&set, &another, "0123456789ABCDEF"), -1);
}

static void
tag_alone_lets_somebody_in(void **state)
{
	struct recovery_set other = set;

	(void)state;
	other.code[0].digest[31] ^= 1;
	assert_int_equal(found(&other, &key, "0123456789ABCDEF"), -1);
}

static void
digest_alone_costs_scrypt(void **state)
{
	struct recovery_set other = set;
	struct claim claim;
	int index;

	(void)state;
	other.code[0].tag[0] ^= 1;
	sample_recovery(&claim, "0123456789ABCDEF");
	assert_true(recovery_find(&other, &key, &claim.recovery, &index));
	assert_int_equal(index, -1);
	assert_false(claim.recovery.hashed);
}

static void
code_outside_the_set_counts(void **state)
{
	struct recovery_set other = set;

	(void)state;
	other.count = 1;
	assert_int_equal(found(&other, &key, "ZZZZYYYYXXXXWWWW"), -1);
	other.count = 0;
	assert_int_equal(found(&other, &key, "0123456789ABCDEF"), -1);
}

static void
digest_of_an_older_salt_is_taken_over(void **state)
{
	struct recovery_set other = set;
	struct claim claim;
	int index;

	(void)state;
	sample_recovery(&claim, "0123456789ABCDEF");
	assert_true(recovery_find(&set, &key, &claim.recovery, &index));
	assert_int_equal(index, 0);
	assert_true(claim.recovery.hashed);
	/* The set has changed, and the claim's tag happens to stand in it. */
	other.salt[0] ^= 1;
	assert_true(seal_tag(&key, other.salt, sizeof other.salt, &claim.recovery.code,
	    other.code[0].tag, RECOVERY_TAG));
	assert_true(recovery_find(&other, &key, &claim.recovery, &index));
	assert_int_equal(index, -1);
	assert_memory_equal(claim.recovery.salt, other.salt, sizeof other.salt);
	assert_true(recovery_find(&set, &key, &claim.recovery, &index));
	assert_int_equal(index, 0);
}

static void
second_judging_pays_for_scrypt_again(void **state)
{
	struct claim claim;
	int index;

	(void)state;
	sample_recovery(&claim, "0123456789ABCDEF");
	assert_true(recovery_find(&set, &key, &claim.recovery, &index));
	/* Were it computed again, this would be mended. */
	claim.recovery.digest[0] ^= 1;
	assert_true(recovery_find(&set, &key, &claim.recovery, &index));
	assert_int_equal(index, -1);
}

static void
code_beyond_the_last_place_is_added(void **state)
{
	struct recovery_set full = { .count = RECOVERY_CODES_MAX };

	(void)state;
	assert_false(recovery_add(&full, &key, RECOVERY_CHARS, printed[0]));
	assert_int_equal(full.count, RECOVERY_CODES_MAX);
	full.count = RECOVERY_CODES_MAX - 1;
	assert_false(recovery_add(&full, &key, RECOVERY_CHARS, "0123-4567"));
	assert_int_equal(full.count, RECOVERY_CODES_MAX - 1);
	assert_true(recovery_add(&full, &key, RECOVERY_CHARS, printed[0]));
	assert_int_equal(full.count, RECOVERY_CODES_MAX);
}

static void
add(void *arg)
{
	struct recovery_set *to = arg;

	to->count = 0;
	assert_true(recovery_add(to, &key, RECOVERY_CHARS, printed[1]));
}

static void
rule_19_code_stays_on_the_stack(void **state)
{
	struct recovery_set other = set;

	(void)state;
	assert_false(leftover(add, &other, "ZZZZYYYYXXXXWWWW", RECOVERY_CHARS));
	assert_int_equal(other.count, 1);
}

static void
activation_code_is_not_its_entropy(void **state)
{
	static const uint8_t entropy[ACTIVATION_ENTROPY] = { 0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54,
		0xb6 };
	static const uint8_t ones[ACTIVATION_ENTROPY] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xf0 };
	char out[ACTIVATION_PRINTED + 1];

	(void)state;
	out[ACTIVATION_PRINTED] = '#';
	recovery_print(out, ACTIVATION_CHARS, entropy);
	assert_string_equal(out, "0123-4567-89AB");
	recovery_print(out, ACTIVATION_CHARS, ones);
	assert_string_equal(out, "ZZZZ-ZZZZ-ZZZZ");
	assert_int_equal(out[ACTIVATION_PRINTED], '#');
}

static void
code_of_one_length_is_taken_for_the_other(void **state)
{
	static const struct {
		const char *typed;
		bool recovery, activation;
	} rows[] = {
		{ "0123-4567-89AB-CDEF", true, false },
		{ "0123-4567-89AB", false, true },
		{ " oI23 4567 89ab ", false, true },
		{ "0123-4567-89A", false, false },
		{ "0123-4567-89ABC", false, false },
		{ "U123-4567-89AB", false, false },
	};
	struct recovery_set one = { .salt = { 7 } };
	struct secret typed, code;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(secret_set(&typed, rows[i].typed, strlen(rows[i].typed)));
		assert_row(recovery_typed(&code, RECOVERY_CHARS, &typed) == rows[i].recovery,
		    rows[i].typed);
		assert_row(recovery_typed(&code, ACTIVATION_CHARS, &typed) == rows[i].activation,
		    rows[i].typed);
	}
	assert_false(recovery_add(&one, &key, ACTIVATION_CHARS, printed[0]));
	assert_false(recovery_add(&one, &key, RECOVERY_CHARS, "0123-4567-89AB"));
	assert_int_equal(one.count, 0);
	assert_true(recovery_add(&one, &key, ACTIVATION_CHARS, "0123-4567-89AB"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_departs_from_rfc_7914),
		cmocka_unit_test(tag_is_not_bound_to_host_key_and_salt),
		cmocka_unit_test(set_is_known_by_another_name),
		cmocka_unit_test(printed_code_is_not_its_entropy),
		cmocka_unit_test(typed_code_of_another_shape_is_one),
		cmocka_unit_test(code_is_found_in_another_place),
		cmocka_unit_test(code_of_another_salt_or_host_key_counts),
		cmocka_unit_test(tag_alone_lets_somebody_in),
		cmocka_unit_test(digest_alone_costs_scrypt),
		cmocka_unit_test(code_outside_the_set_counts),
		cmocka_unit_test(digest_of_an_older_salt_is_taken_over),
		cmocka_unit_test(second_judging_pays_for_scrypt_again),
		cmocka_unit_test(code_beyond_the_last_place_is_added),
		cmocka_unit_test(activation_code_is_not_its_entropy),
		cmocka_unit_test(code_of_one_length_is_taken_for_the_other),
		cmocka_unit_test(rule_19_code_stays_on_the_stack),
	};

	return cmocka_run_group_tests_name("recovery", tests, make_set, NULL);
}
