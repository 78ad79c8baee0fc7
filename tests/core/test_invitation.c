/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "core/base32.h"
#include "core/invitation.h"
#include "leftover.h"

static const uint8_t nonce[SEAL_NONCE_LENGTH] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

/* A record of alice, 1000, and how it is read. */
struct record {
	struct host_key key;
	char bytes[INVITATION_SIZE + 1];
	size_t len;
	struct invitation back;
	struct fault fault;
};

static void
seal(struct record *record, const struct invitation *invitation)
{
	record->len = invitation_format(invitation, &record->key, nonce, record->bytes);
	assert_in_range(record->len, 1, INVITATION_SIZE);
}

static bool
opens_as(struct record *record, size_t len, const char *user, uint32_t uid)
{
	static const struct invitation nothing;
	bool opened;

	memset(&record->back, 0x5a, sizeof record->back);
	record->fault = (struct fault){ .line = 0 };
	opened = invitation_parse(&record->back, record->bytes, len, &record->key, user, uid,
	    &record->fault);
	if (!opened) {
		assert_memory_equal(&record->back, &nothing, sizeof nothing);
		assert_non_null(record->fault.why);
	}
	return opened;
}

static bool
opens(struct record *record)
{
	return opens_as(record, record->len, SAMPLE_USER, SAMPLE_UID);
}

/* Sealed under a host key, and in clear. */
static void
key_of_form(struct host_key *key, unsigned form)
{
	if (form == 0)
		sample_key(key, 5);
	else
		host_key_none(key);
}

#define FORMS 2

static void
what_was_written_reads_otherwise(void **state)
{
	struct record record;

	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		key_of_form(&record.key, form);
		for (unsigned what = 0; what < 5; what++) {
			struct invitation invitation;

			sample_invitation(&invitation);
			invitation.replace = what != 0;
			if (what == 1)
				invitation.pending_from[0] = '\0';
			if (what == 2)
				memset(invitation.pending_from, 'f', INVITATION_FROM_SIZE - 1);
			if (what == 3) { /* nobody has begun yet */
				invitation.has_pending = false;
				invitation.pending_at = 0;
				invitation.pending_from[0] = '\0';
				device_wipe(&invitation.pending);
			}
			if (what == 4) { /* nobody was invited */
				invitation.has_code = invitation.replace = false;
				invitation.until = 0;
				memset(&invitation.code, 0, sizeof invitation.code);
			}
			seal(&record, &invitation);
			assert_true(opens(&record));
			assert_true(sample_same_invitation(&record.back, &invitation));
		}
	}
}

static void
longest_record_does_not_fit(void **state)
{
	struct invitation invitation;
	struct record record;

	(void)state;
	sample_invitation(&invitation);
	memset(invitation.user, ' ', 85);
	invitation.user[85] = '\0';
	invitation.uid = UINT32_MAX;
	invitation.generation = INT64_MAX - 1;
	invitation.until = invitation.pending_at = HISTORY_TIME_MAX;
	memset(invitation.pending_from, 'f', INVITATION_FROM_SIZE - 1);
	memset(invitation.pending.name, 'n', DEVICE_NAME_SIZE - 1);
	invitation.pending.otp.key.len = OTP_KEY_MAX;
	invitation.pending.otp.algorithm = OTP_SHA512;
	invitation.pending.floor = OTP_STEP_MAX;
	assert_true(device_identify(&invitation.pending));
	for (unsigned form = 0; form < FORMS; form++) {
		key_of_form(&record.key, form);
		seal(&record, &invitation);
		assert_true(opens_as(&record, record.len, invitation.user, UINT32_MAX));
		assert_true(sample_same_invitation(&record.back, &invitation));
	}
}

#define KEY "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define PHONE "b623d65e9a8eece2 totp SHA1 6 30 -1 phone " KEY "\n"
#define DIGEST "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f"
#define BESIDE "000102030405060708090a0b0c0d0e0f abcd " DIGEST
#define HEADER "twostep-invitation 1\nuser alice\nuid 1000\n"
#define BEGUN "generation 3\n"
#define CODE "code 1700003600 " BESIDE "\n"
#define PENDING "pending 1700000000 192.0.2.7 " PHONE

static void
record_is_not_the_form_that_is_promised(void **state)
{
	static const char right[] = HEADER "key none\n" BEGUN CODE "replace\n" PENDING "sum ";
	struct invitation invitation;
	struct record record;

	(void)state;
	sample_invitation(&invitation);
	assert_true(secret_set(&invitation.pending.otp.key, "12345678901234567890", 20));
	assert_true(device_identify(&invitation.pending));
	for (uint8_t i = 0; i < RECOVERY_DIGEST; i++) {
		invitation.code.salt[i % RECOVERY_SALT] = i % RECOVERY_SALT;
		invitation.code.code[0].digest[i] = i % 16;
	}
	memcpy(invitation.code.code[0].tag, "\xab\xcd", 2);
	host_key_none(&record.key);
	seal(&record, &invitation);
	assert_int_equal(record.len, sizeof right - 1 + 2 * SEAL_SUM_LENGTH + 1);
	assert_memory_equal(record.bytes, right, sizeof right - 1);
}

static void
rule_13_flipped_bit_is_read(void **state)
{
	struct invitation invitation;
	struct record record;

	(void)state;
	sample_invitation(&invitation);
	for (unsigned form = 0; form < FORMS; form++) {
		key_of_form(&record.key, form);
		seal(&record, &invitation);
		for (size_t i = 0; i < record.len; i++) {
			for (int bit = 0; bit < 8; bit++) {
				record.bytes[i] = (char)(record.bytes[i] ^ 1 << bit);
				assert_false(opens(&record));
				record.bytes[i] = (char)(record.bytes[i] ^ 1 << bit);
			}
		}
		assert_true(opens(&record));
	}
}

static void
rule_13_truncated_or_extended_record_is_read(void **state)
{
	struct invitation invitation;
	struct record record;

	(void)state;
	sample_invitation(&invitation);
	for (unsigned form = 0; form < FORMS; form++) {
		key_of_form(&record.key, form);
		seal(&record, &invitation);
		for (size_t len = 0; len < record.len; len++)
			assert_false(opens_as(&record, len, SAMPLE_USER, SAMPLE_UID));
		for (int c = 0; c < 256; c++) {
			record.bytes[record.len] = (char)c;
			assert_false(opens_as(&record, record.len + 1, SAMPLE_USER, SAMPLE_UID));
		}
	}
}

static void
rule_04_record_of_another_name_or_uid_is_taken(void **state)
{
	static const struct {
		const char *user;
		uint32_t uid;
	} rows[] = {
		{ "alic", SAMPLE_UID }, { "alicea", SAMPLE_UID }, { "", SAMPLE_UID },
		{ "bob", SAMPLE_UID }, { "alice\nuid 1000", SAMPLE_UID },
		{ SAMPLE_USER, SAMPLE_UID + 1 }, { SAMPLE_USER, 0 }, { SAMPLE_USER, 100 },
	};
	struct invitation invitation;
	struct record record;

	(void)state;
	sample_invitation(&invitation);
	for (unsigned form = 0; form < FORMS; form++) {
		key_of_form(&record.key, form);
		seal(&record, &invitation);
		assert_true(opens(&record));
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
			assert_row(!opens_as(&record, record.len, rows[i].user, rows[i].uid),
			    rows[i].user);
	}
}

static void
record_of_another_host_key_is_taken(void **state)
{
	struct invitation invitation;
	struct host_key keys[3];
	struct record record;

	(void)state;
	sample_key(&keys[0], 5);
	sample_key(&keys[1], 6);
	host_key_none(&keys[2]);
	sample_invitation(&invitation);
	for (unsigned w = 0; w < 3; w++) {
		for (unsigned r = 0; r < 3; r++) {
			record.key = keys[w];
			seal(&record, &invitation);
			record.key = keys[r];
			assert_int_equal(opens(&record), w == r);
		}
	}
}

static void
enrollment_is_taken_for_an_invitation(void **state)
{
	struct enrollment enrollment;
	struct invitation invitation;
	static char bytes[ENROLLMENT_SIZE];
	struct record record;
	size_t len;

	(void)state;
	sample_enrollment(&enrollment);
	sample_invitation(&invitation);
	for (unsigned form = 0; form < FORMS; form++) {
		key_of_form(&record.key, form);
		len = enrollment_format(&enrollment, &record.key, nonce, bytes);
		assert_in_range(len, 1, sizeof record.bytes);
		memcpy(record.bytes, bytes, len);
		assert_false(opens_as(&record, len, SAMPLE_USER, SAMPLE_UID));
		seal(&record, &invitation);
		assert_false(enrollment_parse(&enrollment, record.bytes, record.len, &record.key,
		    SAMPLE_USER, SAMPLE_UID, &record.fault));
		sample_enrollment(&enrollment);
	}
}

/* A record in clear with lines of our own under the right sum. */
static void
compose(struct record *record, const char *header, const char *body)
{
	struct text text = text_into(record->bytes, sizeof record->bytes);

	host_key_none(&record->key);
	text_put(&text, header);
	assert_true(seal_write(&text, &record->key, nonce, body, strlen(body)));
	record->len = text_length(&text);
}

static void
rule_13_unknown_or_damaged_line_is_passed_over(void **state)
{
	static const struct {
		const char *header, *body;
		bool read;
		unsigned line; /* of the record */
	} rows[] = {
		{ HEADER, BEGUN CODE, true, 0 },
		{ HEADER, BEGUN CODE "replace\n", true, 0 },
		{ HEADER, BEGUN PENDING, true, 0 },
		{ HEADER, BEGUN CODE "replace\n" PENDING, true, 0 },
		{ HEADER, "generation 0\n" CODE, true, 0 },
		{ HEADER, BEGUN "pending 1700000000 - " PHONE, true, 0 },
		{ HEADER, BEGUN "pending 1700000000 fe80::1%eth0 " PHONE, true, 0 },
		{ "", BEGUN CODE, false, 1 },
		{ "twostep-invitation 2\nuser alice\nuid 1000\n", BEGUN CODE, false, 1 },
		{ "twostep-enrollment 1\nuser alice\nuid 1000\n", BEGUN CODE, false, 1 },
		{ "twostep-invitation 1\nuid 1000\nuser alice\n", BEGUN CODE, false, 2 },
		{ "twostep-invitation 1\nuser alice\n", BEGUN CODE, false, 3 },
		{ HEADER "generation 3\n", BEGUN CODE, false, 4 },
		{ HEADER, "", false, 5 },
		{ HEADER, "\n", false, 5 },
		{ HEADER, BEGUN, false, 6 },
		{ HEADER, CODE, false, 5 },
		{ HEADER, BEGUN BEGUN CODE, false, 6 },
		{ HEADER, "generation -1\n" CODE, false, 5 },
		{ HEADER, "generation 9223372036854775807\n" CODE, false, 5 },
		{ HEADER, "generation 03\n" CODE, false, 5 },
		{ HEADER, BEGUN "replace\n", false, 6 },
		{ HEADER, BEGUN "replace\n" PENDING, false, 6 },
		{ HEADER, BEGUN "replace\n" CODE, false, 6 },
		{ HEADER, BEGUN CODE "replace", false, 7 },
		{ HEADER, BEGUN CODE "replace yes\n", false, 7 },
		{ HEADER, BEGUN CODE "replace\nreplace\n", false, 8 },
		{ HEADER, BEGUN CODE CODE, false, 7 },
		{ HEADER, BEGUN CODE "\n", false, 7 },
		{ HEADER, BEGUN CODE "nullok\n", false, 7 },
		{ HEADER, BEGUN PENDING CODE, false, 7 },
		{ HEADER, BEGUN PENDING PENDING, false, 7 },
		{ HEADER, BEGUN "code 0 " BESIDE "\n", false, 6 },
		{ HEADER, BEGUN "code 100000000000 " BESIDE "\n", false, 6 },
		{ HEADER, BEGUN "code " BESIDE "\n", false, 6 },
		{ HEADER, BEGUN "code 1700003600 " BESIDE "0\n", false, 6 },
		{ HEADER, BEGUN "code 1700003600  " BESIDE "\n", false, 6 },
		{ HEADER, BEGUN "code 1700003600 " BESIDE, false, 6 },
		{ HEADER, BEGUN "pending 0 - " PHONE, false, 6 },
		{ HEADER, BEGUN "pending 100000000000 - " PHONE, false, 6 },
		{ HEADER, BEGUN "pending 1700000000 " PHONE, false, 6 },
		{ HEADER, BEGUN "pending 1700000000  " PHONE, false, 6 },
		{ HEADER, BEGUN "pending 1700000000 a/b " PHONE, false, 6 },
		{ HEADER, BEGUN "pending 1700000000 \"\" " PHONE, false, 6 },
		{ HEADER, BEGUN "pending 1700000000 "
		  "0123456789012345678901234567890123456789012345678901234567890123 " PHONE, false, 6 },
		{ HEADER, BEGUN "pending 1700000000 - device " PHONE, false, 6 },
		{ HEADER, BEGUN "pending 1700000000 - b623d65e9a8eece2 totp SHA1 7 30 -1 phone " KEY "\n",
		    false, 7 },
		{ HEADER, BEGUN "pending 1700000000 - b623d65e9a8eece2 totp SHA1 6 30 -1 phone " KEY,
		    false, 6 },
	};
	struct record record;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		compose(&record, rows[i].header, rows[i].body);
		assert_row(opens(&record) == rows[i].read, rows[i].body);
		assert_row(record.fault.line == rows[i].line, rows[i].body);
	}
}

static void
what_cannot_be_read_back_is_written(void **state)
{
	static const char *const places[] = { "-", "a b", "a\nb", "a/b", "\xc3\xa9", "\"" };
	char bytes[INVITATION_SIZE];
	struct invitation invitation;
	struct host_key key;

	(void)state;
	sample_key(&key, 5);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		sample_invitation(&invitation);
		memcpy(invitation.pending_from, places[i], strlen(places[i]) + 1);
		assert_row(invitation_format(&invitation, &key, nonce, bytes) == 0, places[i]);
	}
	for (unsigned what = 0; what < 4; what++) {
		sample_invitation(&invitation);
		if (what == 0)
			invitation.code.count = 0;
		if (what == 1)
			invitation.code.count = 2;
		if (what == 2)
			invitation.has_code = invitation.has_pending = false;
		if (what == 3)
			invitation.user[0] = '\0';
		assert_int_equal(invitation_format(&invitation, &key, nonce, bytes), 0);
	}
}

static void
rule_22_key_is_finished_too_late_or_from_elsewhere(void **state)
{
	static const struct {
		const char *name, *from;
		int64_t generation, now;
		bool pends;
	} rows[] = {
		{ "at once", "192.0.2.7", 3, SAMPLE_NOW, true },
		{ "in time", "192.0.2.7", 3, SAMPLE_NOW + 599, true },
		{ "too late", "192.0.2.7", 3, SAMPLE_NOW + 600, false },
		{ "clock set back", "192.0.2.7", 3, SAMPLE_NOW - 1, false },
		{ "the neighbour", "192.0.2.70", 3, SAMPLE_NOW, false },
		{ "nowhere", "", 3, SAMPLE_NOW, false },
		{ "enrolled since", "192.0.2.7", 4, SAMPLE_NOW, false },
		{ "removed since", "192.0.2.7", 0, SAMPLE_NOW, false },
	};
	struct invitation invitation;

	(void)state;
	sample_invitation(&invitation);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_row(invitation_pends(&invitation, rows[i].generation, rows[i].from,
			       rows[i].now) == rows[i].pends,
		    rows[i].name);
		assert_row(invitation_fits(&invitation, rows[i].generation) ==
			(rows[i].generation == 3),
		    rows[i].name);
	}
	invitation.has_pending = false;
	assert_false(invitation_pends(&invitation, 3, "192.0.2.7", SAMPLE_NOW));
}

static void
parse(void *arg)
{
	assert_true(opens(arg));
}

static void
format(void *arg)
{
	struct record *record = arg;
	char bytes[INVITATION_SIZE];

	assert_int_not_equal(invitation_format(&record->back, &record->key, nonce, bytes), 0);
}

static void
rule_19_pending_key_stays_on_the_stack(void **state)
{
	static struct record record;
	char encoded[BASE32_LENGTH(OTP_KEY_MAX) + 1];
	struct invitation invitation;
	const struct secret *key = &invitation.pending.otp.key;

	(void)state;
	sample_invitation(&invitation);
	base32_encode(encoded, key->bytes, key->len);
	sample_key(&record.key, 5);
	seal(&record, &invitation);
	assert_false(leftover(parse, &record, key->bytes, key->len));
	assert_false(leftover(parse, &record, encoded, strlen(encoded)));
	assert_false(leftover(format, &record, encoded, strlen(encoded)));
	assert_false(leftover(format, &record, key->bytes, key->len));
	invitation_wipe(&record.back);
	for (size_t i = 0; i < sizeof record.back; i++)
		assert_int_equal(((uint8_t *)&record.back)[i], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_reads_otherwise),
		cmocka_unit_test(longest_record_does_not_fit),
		cmocka_unit_test(record_is_not_the_form_that_is_promised),
		cmocka_unit_test(rule_04_record_of_another_name_or_uid_is_taken),
		cmocka_unit_test(record_of_another_host_key_is_taken),
		cmocka_unit_test(enrollment_is_taken_for_an_invitation),
		cmocka_unit_test(rule_13_flipped_bit_is_read),
		cmocka_unit_test(rule_13_truncated_or_extended_record_is_read),
		cmocka_unit_test(rule_13_unknown_or_damaged_line_is_passed_over),
		cmocka_unit_test(what_cannot_be_read_back_is_written),
		cmocka_unit_test(rule_22_key_is_finished_too_late_or_from_elsewhere),
		cmocka_unit_test(rule_19_pending_key_stays_on_the_stack),
	};

	return cmocka_run_group_tests_name("invitation", tests, NULL, NULL);
}
