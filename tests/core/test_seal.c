/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "core/seal.h"
#include "leftover.h"

#define HEADER "header 1\n"
#define BODY "a body\n"

static const uint8_t nonce[SEAL_NONCE_LENGTH] = { 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
	0xa8, 0xa9, 0xaa, 0xab };

static size_t
write_record(char *record, size_t size, const struct host_key *key, const char *body, size_t len)
{
	struct text text = text_into(record, size);

	text_put(&text, HEADER);
	return seal_write(&text, key, nonce, body, len) ? text_length(&text) : 0;
}

static bool
read_record(const char *record, size_t len, const struct host_key *key, char *body, size_t size,
    size_t *body_len, struct fault *fault)
{
	struct cursor cursor = cursor_over(record, len);

	*fault = (struct fault){ .line = 0 };
	return cursor_take(&cursor, "header 1") && cursor_newline(&cursor) &&
	    seal_read(&cursor, record, key, body, size, body_len, fault) && cursor_done(&cursor);
}

static void
seal_departs_from_aes_256_gcm(void **state)
{
	/* computed by Python's hmac and cryptography */
	static const char right[] = HEADER "key 529611d503b007be\n"
	    "sealed a0a1a2a3a4a5a6a7a8a9aaab "
	    "d28be0ddccbfe28fd74662f1b6b00da06ceada80c92324\n";
	struct host_key key;
	char record[256];
	size_t len;

	(void)state;
	sample_key(&key, 0);
	assert_string_equal(key.id, "529611d503b007be");
	len = write_record(record, sizeof record, &key, BODY, strlen(BODY));
	assert_int_equal(len, sizeof right - 1);
	assert_memory_equal(record, right, len);
}

static void
sum_departs_from_sha_256(void **state)
{
	static const uint8_t right[] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea };
	static const char record_right[] = HEADER "key none\n" BODY "sum 26c039eb125b5cff\n";
	uint8_t sum[SEAL_SUM_LENGTH];
	struct host_key none;
	char record[256];

	(void)state;
	assert_true(seal_sum("abc", 3, sum));
	assert_memory_equal(sum, right, sizeof right);
	host_key_none(&none);
	assert_int_equal(write_record(record, sizeof record, &none, BODY, strlen(BODY)),
	    sizeof record_right - 1);
	assert_memory_equal(record, record_right, sizeof record_right - 1);
}

static void
tag_departs_from_hmac_sha_256(void **state)
{
	static const uint8_t right[] = { 0xd0, 0xb8, 0x78, 0xea, 0xc7, 0xee, 0xaf, 0x64, 0xbe, 0x68,
		0x4b, 0x20, 0xb4, 0xc5, 0x38, 0xd7, 0x01, 0xde, 0xfa, 0x7b, 0xfe, 0xd5, 0xa6, 0xa9, 0x58,
		0x6f, 0xb8, 0x90, 0x84, 0x1e, 0x36, 0x4a };
	uint8_t salt[16], tag[32];
	struct host_key key;
	struct secret typed;

	(void)state;
	sample_key(&key, 0);
	for (unsigned i = 0; i < sizeof salt; i++)
		salt[i] = (uint8_t)i;
	assert_true(secret_set(&typed, "123456", 6));
	memset(tag, 0, sizeof tag);
	assert_true(seal_tag(&key, salt, sizeof salt, &typed, tag, sizeof tag));
	assert_memory_equal(tag, right, sizeof right);
	memset(tag, 0, sizeof tag);
	assert_true(seal_tag(&key, salt, sizeof salt, &typed, tag, 2));
	assert_memory_equal(tag, right, 2);
	assert_int_equal(tag[2], 0);
}

static void
body_does_not_come_back(void **state)
{
	static const size_t lengths[] = { 0, 1, 15, 16, 17, 500, 1000 };
	struct draw draw = { .state = 4 };
	struct host_key keys[2];
	struct fault fault;
	char body[1000], back[1000], record[2400];
	size_t len, back_len = 0;

	(void)state;
	sample_key(&keys[0], 5);
	host_key_none(&keys[1]);
	for (unsigned k = 0; k < 2; k++) {
		for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
			draw_bytes(&draw, body, lengths[i]);
			len = write_record(record, sizeof record, &keys[k], body, lengths[i]);
			assert_int_not_equal(len, 0);
			assert_true(read_record(record, len, &keys[k], back, sizeof back, &back_len, &fault));
			assert_int_equal(back_len, lengths[i]);
			assert_memory_equal(back, body, back_len);
			/* and not one byte more than there is room for */
			if (lengths[i] > 0)
				assert_false(read_record(record, len, &keys[k], back, lengths[i] - 1,
				    &back_len, &fault));
		}
	}
}

static void
rule_18_record_runs_over_its_room(void **state)
{
	struct host_key keys[2];
	char record[256], body[40];

	(void)state;
	sample_key(&keys[0], 5);
	host_key_none(&keys[1]);
	memset(body, 'b', sizeof body);
	for (unsigned k = 0; k < 2; k++) {
		size_t whole = write_record(record, sizeof record, &keys[k], body, sizeof body);

		assert_in_range(whole, 1, sizeof record);
		for (size_t size = 0; size < sizeof record; size++) {
			size_t len;

			memset(record, '#', sizeof record);
			len = write_record(record, size, &keys[k], body, sizeof body);
			assert_true(len == 0 || len == whole);
			assert_true(len <= size);
			for (size_t i = size; i < sizeof record; i++)
				assert_int_equal(record[i], '#');
			if (size > whole)
				assert_int_equal(len, whole);
		}
	}
}

static void
changed_record_is_opened(void **state)
{
	struct host_key keys[2];
	struct fault fault;
	char record[256], back[256];
	size_t back_len = 0;

	(void)state;
	sample_key(&keys[0], 5);
	host_key_none(&keys[1]);
	for (unsigned k = 0; k < 2; k++) {
		size_t len = write_record(record, sizeof record, &keys[k], BODY, strlen(BODY));

		for (size_t i = sizeof HEADER - 1; i < len; i++) {
			for (int bit = 0; bit < 8; bit++) {
				record[i] = (char)(record[i] ^ 1 << bit);
				assert_false(read_record(record, len, &keys[k], back, sizeof back,
				    &back_len, &fault));
				assert_non_null(fault.why);
				assert_in_range(fault.line, 2, 3);
				record[i] = (char)(record[i] ^ 1 << bit);
			}
		}
		for (size_t cut = 0; cut < len; cut++)
			assert_false(read_record(record, cut, &keys[k], back, sizeof back, &back_len,
			    &fault));
		for (int c = 0; c < 256; c++) {
			record[len] = (char)c;
			assert_false(read_record(record, len + 1, &keys[k], back, sizeof back, &back_len,
			    &fault));
		}
	}
}

static void
header_is_not_covered(void **state)
{
	struct host_key keys[2];
	struct fault fault;
	char record[256], back[256];
	size_t back_len = 0;

	(void)state;
	sample_key(&keys[0], 5);
	host_key_none(&keys[1]);
	for (unsigned k = 0; k < 2; k++) {
		size_t len = write_record(record, sizeof record, &keys[k], BODY, strlen(BODY));
		struct cursor cursor = cursor_over(record, len);

		/* The caller's own lines are read by the caller, and sealed all the same. */
		record[0] ^= 1;
		cursor.at += strlen(HEADER);
		assert_false(seal_read(&cursor, record, &keys[k], back, sizeof back, &back_len, &fault));
	}
}

static void
record_of_another_key_or_of_none_is_opened(void **state)
{
	struct host_key keys[3];
	struct fault fault;
	char record[256], back[256];
	size_t back_len = 0;

	(void)state;
	sample_key(&keys[0], 5);
	sample_key(&keys[1], 6);
	host_key_none(&keys[2]);
	for (unsigned w = 0; w < 3; w++) {
		size_t len = write_record(record, sizeof record, &keys[w], BODY, strlen(BODY));

		for (unsigned r = 0; r < 3; r++) {
			bool opened =
			    read_record(record, len, &keys[r], back, sizeof back, &back_len, &fault);

			assert_int_equal(opened, r == w);
			if (!opened)
				assert_string_equal(fault.why,
				    r == 2 ? "sealed, and key_file is none"
					   : "not sealed under this host key");
		}
	}
}

static void
key_that_borrows_the_name_opens(void **state)
{
	struct host_key right, other;
	struct fault fault;
	char record[256], back[256];
	size_t len, back_len = 0;

	(void)state;
	sample_key(&right, 5);
	sample_key(&other, 6);
	len = write_record(record, sizeof record, &right, BODY, strlen(BODY));
	memcpy(other.id, right.id, sizeof other.id);
	assert_false(read_record(record, len, &other, back, sizeof back, &back_len, &fault));
}

static void
host_key_has_the_name_of_none(void **state)
{
	struct host_key key;

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		sample_key(&key, (uint8_t)i);
		assert_int_equal(strlen(key.id), SEAL_ID_SIZE - 1);
	}
}

struct opening {
	struct host_key key;
	char record[256];
	size_t len;
};

static char opened[256];

static void
open_record(void *arg)
{
	struct opening *opening = arg;
	struct fault fault;
	size_t len = 0;

	assert_true(read_record(opening->record, opening->len, &opening->key, opened, sizeof opened,
	    &len, &fault));
}

static void
rule_19_host_key_stays_on_the_stack(void **state)
{
	struct opening opening;

	(void)state;
	sample_key(&opening.key, 5);
	opening.len =
	    write_record(opening.record, sizeof opening.record, &opening.key, BODY, strlen(BODY));
	assert_false(leftover(open_record, &opening, opening.key.key.bytes, SEAL_KEY_LENGTH));
	host_key_wipe(&opening.key);
	for (size_t i = 0; i < sizeof opening.key; i++)
		assert_int_equal(((uint8_t *)&opening.key)[i], 0);
}

/* ---- another host key ---------------------------------------------------------------- */

/* The key that comes after `key`, its own bytes beginning with `first`, while both open or later. */
static void
next_key(struct host_key *next, const struct host_key *key, uint8_t first, bool both)
{
	uint8_t bytes[HOST_KEY_MAX];
	struct host_key fresh;

	sample_key(&fresh, first);
	memcpy(fresh.tag, key->tag, sizeof fresh.tag);
	*next = (struct host_key){ .id = "" };
	assert_true(
	    host_key_parse(next, bytes, host_key_format(&fresh, both ? &key->key : NULL, bytes)));
}

static void
rekey_voids_the_printed_codes(void **state)
{
	struct host_key key, next, third;

	(void)state;
	sample_key(&key, 0);
	next_key(&next, &key, 1, false);
	next_key(&third, &next, 2, true);
	assert_memory_equal(key.tag, next.tag, sizeof key.tag);
	assert_memory_equal(key.tag, third.tag, sizeof key.tag);
	assert_memory_not_equal(key.seal, next.seal, sizeof key.seal);
	assert_string_not_equal(key.id, next.id);
}

static void
key_before_does_not_open_or_opens_for_ever(void **state)
{
	struct host_key keys[4], both;
	char record[256], body[64];
	struct fault fault;
	size_t len, body_len;

	(void)state;
	sample_key(&keys[0], 0);
	for (unsigned i = 1; i < 4; i++)
		next_key(&keys[i], &keys[i - 1], (uint8_t)i, false);
	for (unsigned i = 1; i < 4; i++) {
		next_key(&both, &keys[i - 1], (uint8_t)i, true);
		assert_string_equal(both.id, keys[i].id);
		assert_string_equal(both.old_id, keys[i - 1].id);
		for (unsigned j = 0; j < 4; j++) {
			len = write_record(record, sizeof record, &keys[j], BODY, strlen(BODY));
			assert_int_equal(j == i || j + 1 == i,
			    read_record(record, len, &both, body, sizeof body, &body_len, &fault));
			assert_int_equal(j != i && j + 1 != i, seal_other(fault.why));
			assert_int_equal(j == i,
			    read_record(record, len, &keys[i], body, sizeof body, &body_len, &fault));
		}
		/* what is written is under the new one */
		len = write_record(record, sizeof record, &both, BODY, strlen(BODY));
		assert_true(
		    read_record(record, len, &keys[i], body, sizeof body, &body_len, &fault));
	}
}

static void
keys_of_another_length_are_taken(void **state)
{
	uint8_t bytes[HOST_KEY_MAX + 1];
	struct host_key key, next = { .id = "" };

	(void)state;
	sample_key(&key, 0);
	memset(bytes, 7, sizeof bytes);
	for (size_t len = 0; len <= sizeof bytes; len++)
		assert_int_equal(host_key_parse(&next, bytes, len), len == 32 || len == 64 || len == 96);
	/* cut off, it is another key: its tags would let no printed code in */
	next_key(&next, &key, 1, false);
	(void)host_key_format(&next, NULL, bytes);
	assert_true(host_key_parse(&key, bytes, SEAL_KEY_LENGTH));
	assert_string_not_equal(key.id, next.id);
	bytes[SEAL_KEY_LENGTH + 5] ^= 1;
	assert_true(host_key_parse(&key, bytes, 2 * SEAL_KEY_LENGTH));
	assert_string_not_equal(key.id, next.id);
}

static void
record_sealed_again_is_another(void **state)
{
	struct host_key old, both, next, other;
	char record[256], again[256], body[64];
	struct text text = text_into(again, sizeof again), full = text_into(body, 40);
	struct fault fault;
	size_t len, body_len = 0;

	(void)state;
	sample_key(&old, 0);
	next_key(&both, &old, 1, true);
	next_key(&next, &old, 1, false);
	sample_key(&other, 9);
	len = write_record(record, sizeof record, &old, BODY, strlen(BODY));
	assert_true(seal_again(&text, &both, nonce, record, len, &fault));
	assert_memory_equal(again, HEADER "key ", strlen(HEADER "key "));
	assert_true(read_record(again, text_length(&text), &next, body, sizeof body, &body_len, &fault));
	assert_int_equal(body_len, strlen(BODY));
	assert_memory_equal(body, BODY, body_len);
	/* once is enough */
	len = text_length(&text);
	memcpy(record, again, len);
	text = text_into(again, sizeof again);
	assert_true(seal_again(&text, &both, nonce, record, len, &fault));
	assert_int_equal(text_length(&text), 0);
	/* and what does not open, or does not fit, is not */
	len = write_record(record, sizeof record, &other, BODY, strlen(BODY));
	assert_false(seal_again(&text, &both, nonce, record, len, &fault));
	len = write_record(record, sizeof record, &old, BODY, strlen(BODY));
	assert_false(seal_again(&full, &both, nonce, record, len, &fault));
	record[len - 2] = record[len - 2] == '0' ? '1' : '0';
	assert_false(seal_again(&text, &both, nonce, record, len, &fault));
	assert_false(seal_again(&text, &both, nonce, "header 1", 8, &fault));
	assert_false(seal_again(&text, &both, nonce, "", 0, &fault));
	assert_false(seal_again(&text, &both, nonce, HEADER, strlen(HEADER), &fault));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rekey_voids_the_printed_codes),
		cmocka_unit_test(key_before_does_not_open_or_opens_for_ever),
		cmocka_unit_test(keys_of_another_length_are_taken),
		cmocka_unit_test(record_sealed_again_is_another),
		cmocka_unit_test(seal_departs_from_aes_256_gcm),
		cmocka_unit_test(sum_departs_from_sha_256),
		cmocka_unit_test(tag_departs_from_hmac_sha_256),
		cmocka_unit_test(body_does_not_come_back),
		cmocka_unit_test(rule_18_record_runs_over_its_room),
		cmocka_unit_test(changed_record_is_opened),
		cmocka_unit_test(header_is_not_covered),
		cmocka_unit_test(record_of_another_key_or_of_none_is_opened),
		cmocka_unit_test(key_that_borrows_the_name_opens),
		cmocka_unit_test(host_key_has_the_name_of_none),
		cmocka_unit_test(rule_19_host_key_stays_on_the_stack),
	};

	return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
