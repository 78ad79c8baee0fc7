/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <stdio.h>
#include <string.h>

#include "core/base32.h"
#include "leftover.h"

static const uint8_t nonce[SEAL_NONCE_LENGTH] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

/* A record of alice, 1000, and how it is read. */
struct record {
	struct host_key key;
	char bytes[ENROLLMENT_SIZE + 1];
	size_t len;
	struct enrollment back;
	struct fault fault;
};

static void
seal(struct record *record, const struct enrollment *enrollment)
{
	record->len = enrollment_format(enrollment, &record->key, nonce, record->bytes);
	assert_in_range(record->len, 1, ENROLLMENT_SIZE);
}

static bool
opens_as(struct record *record, size_t len, const char *user, uint32_t uid)
{
	static const struct enrollment nothing;
	bool opened;

	memset(&record->back, 0x5a, sizeof record->back);
	record->fault = (struct fault){ .line = 0 };
	opened = enrollment_parse(&record->back, record->bytes, len, &record->key, user, uid,
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
	struct enrollment enrollment[2];
	struct record record;

	(void)state;
	sample_enrollment(&enrollment[0]);
	sample_full(&enrollment[1]);
	for (unsigned form = 0; form < FORMS; form++) {
		key_of_form(&record.key, form);
		for (unsigned i = 0; i < 2; i++) {
			seal(&record, &enrollment[i]);
			assert_true(opens(&record));
			assert_true(sample_same_enrollment(&record.back, &enrollment[i]));
		}
	}
}

static void
longest_record_does_not_fit(void **state)
{
	struct enrollment enrollment;
	struct record record;

	(void)state;
	sample_full(&enrollment);
	memset(enrollment.user, ' ', 85);
	enrollment.user[85] = '\0';
	enrollment.uid = UINT32_MAX;
	enrollment.generation = INT64_MAX - 1;
	for (unsigned i = 0; i < enrollment.devices; i++) {
		enrollment.device[i].otp.key.len = OTP_KEY_MAX;
		enrollment.device[i].floor = OTP_STEP_MAX;
		assert_true(device_identify(&enrollment.device[i]));
	}
	for (unsigned form = 0; form < FORMS; form++) {
		key_of_form(&record.key, form);
		seal(&record, &enrollment);
		assert_true(opens_as(&record, record.len, enrollment.user, UINT32_MAX));
		assert_true(sample_same_enrollment(&record.back, &enrollment));
	}
}

static void
record_is_not_the_form_that_is_promised(void **state)
{
	/* the id and the sum are computed by Python's hashlib */
	static const char right[] = "twostep-enrollment 1\n"
				    "user alice\n"
				    "uid 1000\n"
				    "generation 3\n"
				    "key none\n"
				    "device b623d65e9a8eece2 totp SHA1 6 30 -1 phone "
				    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n"
				    "recovery 000102030405060708090a0b0c0d0e0f\n"
				    "code abcd "
				    "000000000000000000000000000000000000000000000000000000000000001f\n"
				    "one 1700000000 000102030405060708090a0b0c0d0e0f abcd "
				    "000000000000000000000000000000000000000000000000000000000000001f\n"
				    "due\n"
				    "sum ";
	struct enrollment enrollment;
	struct record record;

	(void)state;
	sample_enrollment(&enrollment);
	assert_true(secret_set(&enrollment.device[0].otp.key, "12345678901234567890", 20));
	assert_true(device_identify(&enrollment.device[0]));
	enrollment.recovery.count = 1;
	for (uint8_t i = 0; i < RECOVERY_SALT; i++)
		enrollment.recovery.salt[i] = i;
	memcpy(enrollment.recovery.code[0].tag, "\xab\xcd", 2);
	enrollment.recovery.code[0].digest[31] = 0x1f;
	enrollment.one = enrollment.recovery;
	enrollment.one_until = 1700000000;
	enrollment.codes_due = true;
	host_key_none(&record.key);
	seal(&record, &enrollment);
	assert_int_equal(record.len, sizeof right - 1 + 2 * SEAL_SUM_LENGTH + 1);
	assert_memory_equal(record.bytes, right, sizeof right - 1);
}

static void
rule_13_flipped_bit_is_read(void **state)
{
	struct enrollment enrollment;
	struct record record;

	(void)state;
	sample_full(&enrollment);
	enrollment.devices = 2;
	enrollment.recovery.count = 2;
	for (unsigned form = 0; form < FORMS; form++) {
		key_of_form(&record.key, form);
		seal(&record, &enrollment);
		for (size_t i = 0; i < record.len; i += sample_stride()) {
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
rule_13_any_other_byte_is_read(void **state)
{
	struct enrollment enrollment;
	struct record record;

	(void)state;
	sample_enrollment(&enrollment);
	for (unsigned form = 0; form < FORMS; form++) {
		key_of_form(&record.key, form);
		seal(&record, &enrollment);
		for (size_t i = 0; i < record.len; i += sample_stride()) {
			char right = record.bytes[i];

			for (int c = 0; c < 256; c++) {
				record.bytes[i] = (char)c;
				assert_int_equal(opens(&record), (char)c == right);
			}
			record.bytes[i] = right;
		}
	}
}

static void
rule_13_truncated_record_is_read(void **state)
{
	struct enrollment enrollment;
	struct record record;

	(void)state;
	sample_full(&enrollment);
	for (unsigned form = 0; form < FORMS; form++) {
		key_of_form(&record.key, form);
		seal(&record, &enrollment);
		for (size_t len = 0; len < record.len; len += sample_stride())
			assert_false(opens_as(&record, len, SAMPLE_USER, SAMPLE_UID));
	}
}

static void
rule_13_extended_record_is_read(void **state)
{
	struct enrollment enrollment;
	struct record record;

	(void)state;
	sample_full(&enrollment);
	for (unsigned form = 0; form < FORMS; form++) {
		key_of_form(&record.key, form);
		seal(&record, &enrollment);
		for (int c = 0; c < 256; c++) {
			record.bytes[record.len] = (char)c;
			assert_false(opens_as(&record, record.len + 1, SAMPLE_USER, SAMPLE_UID));
		}
		/* once more behind itself, and up to the longest that there can be */
		memcpy(record.bytes + record.len, record.bytes, sizeof record.bytes - record.len <
			record.len ? sizeof record.bytes - record.len : record.len);
		for (size_t len = record.len + 1; len <= ENROLLMENT_SIZE; len += sample_stride())
			assert_false(opens_as(&record, len, SAMPLE_USER, SAMPLE_UID));
	}
}

static void
rule_04_record_of_another_name_or_uid_is_taken(void **state)
{
	static const struct {
		const char *user;
		uint32_t uid;
	} rows[] = {
		{ "alic", SAMPLE_UID }, { "alicE", SAMPLE_UID }, { "alice ", SAMPLE_UID },
		{ "alicea", SAMPLE_UID }, { "", SAMPLE_UID }, { "bob", SAMPLE_UID },
		{ "alice\nuid 1000", SAMPLE_UID }, { SAMPLE_USER, SAMPLE_UID + 1 }, { SAMPLE_USER, 0 },
		{ SAMPLE_USER, 100 }, { SAMPLE_USER, 10000 }, { SAMPLE_USER, UINT32_MAX },
	};
	struct enrollment enrollment;
	struct record record;

	(void)state;
	sample_enrollment(&enrollment);
	for (unsigned form = 0; form < FORMS; form++) {
		key_of_form(&record.key, form);
		seal(&record, &enrollment);
		assert_true(opens(&record));
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
			assert_row(!opens_as(&record, record.len, rows[i].user, rows[i].uid),
			    rows[i].user);
	}
}

/* Puts `to` into the place of the first `from`. */
static void
replace(struct record *record, const char *from, const char *to)
{
	char *at = memmem(record->bytes, record->len, from, strlen(from));
	size_t tail;

	assert_non_null(at);
	tail = record->len - (size_t)(at - record->bytes) - strlen(from);
	memmove(at + strlen(to), at + strlen(from), tail);
	memcpy(at, to, strlen(to));
	record->len += strlen(to) - strlen(from);
}

static void
rule_04_renamed_record_is_taken(void **state)
{
	static const struct {
		const char *from, *to, *user;
		uint32_t uid;
	} rows[] = {
		{ "user alice", "user bob", "bob", SAMPLE_UID },
		{ "uid 1000", "uid 0", SAMPLE_USER, 0 },
		{ "generation 3", "generation 4", SAMPLE_USER, SAMPLE_UID },
	};
	struct enrollment enrollment;
	struct record record;

	(void)state;
	sample_enrollment(&enrollment);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (unsigned form = 0; form < FORMS; form++) {
			key_of_form(&record.key, form);
			seal(&record, &enrollment);
			replace(&record, rows[i].from, rows[i].to);
			assert_row(!opens_as(&record, record.len, rows[i].user, rows[i].uid),
			    rows[i].to);
		}
	}
}

static void
record_of_another_host_key_is_taken(void **state)
{
	struct enrollment enrollment;
	struct record record;
	struct host_key keys[3];

	(void)state;
	sample_key(&keys[0], 5);
	sample_key(&keys[1], 6);
	host_key_none(&keys[2]);
	sample_enrollment(&enrollment);
	for (unsigned w = 0; w < 3; w++) {
		for (unsigned r = 0; r < 3; r++) {
			record.key = keys[w];
			seal(&record, &enrollment);
			record.key = keys[r];
			assert_int_equal(opens(&record), w == r);
			if (w != r)
				assert_int_equal(record.fault.line, 5);
		}
	}
}

static void
unsealed_record_that_names_the_host_key_is_taken(void **state)
{
	struct enrollment enrollment;
	struct record record;
	char line[64];

	(void)state;
	sample_enrollment(&enrollment);
	host_key_none(&record.key);
	seal(&record, &enrollment);
	sample_key(&record.key, 5);
	(void)snprintf(line, sizeof line, "key %s\n", record.key.id);
	replace(&record, "key none\n", line);
	assert_false(opens(&record));
}

/*
 * A record in clear with lines of our own under the right sum: what the lines say is then all
 * that can be wrong.
 */
static void
compose(struct record *record, const char *header, const char *body)
{
	struct text text = text_into(record->bytes, sizeof record->bytes);

	host_key_none(&record->key);
	text_put(&text, header);
	assert_true(seal_write(&text, &record->key, nonce, body, strlen(body)));
	record->len = text_length(&text);
}

#define HEADER "twostep-enrollment 1\nuser alice\nuid 1000\ngeneration 3\n"
#define KEY "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define PHONE "device b623d65e9a8eece2 totp SHA1 6 30 -1 phone " KEY "\n"
#define SALT "recovery 000102030405060708090a0b0c0d0e0f\n"
#define DIGEST "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f"
#define CODE "code abcd " DIGEST "\n"
#define BESIDE "000102030405060708090a0b0c0d0e0f abcd " DIGEST
#define ONE "one 1700000000 " BESIDE "\n"

static void
rule_13_header_is_read_in_part(void **state)
{
	static const struct {
		const char *header;
		bool read;
		unsigned line;
	} rows[] = {
		{ HEADER, true, 0 },
		{ "", false, 1 },
		{ "twostep-enrollment 2\nuser alice\nuid 1000\ngeneration 3\n", false, 1 },
		{ "twostep-enrollment 1 \nuser alice\nuid 1000\ngeneration 3\n", false, 1 },
		{ "twostep-enrollment 1\r\nuser alice\nuid 1000\ngeneration 3\n", false, 1 },
		{ "twostep-enrollment 1\nuser \nuid 1000\ngeneration 3\n", false, 2 },
		{ "twostep-enrollment 1\nuser  alice\nuid 1000\ngeneration 3\n", false, 2 },
		{ "twostep-enrollment 1\nuser alice\nuser alice\nuid 1000\ngeneration 3\n", false, 3 },
		{ "twostep-enrollment 1\nuid 1000\nuser alice\ngeneration 3\n", false, 2 },
		{ "twostep-enrollment 1\nuser alice\nuid 01000\ngeneration 3\n", false, 3 },
		{ "twostep-enrollment 1\nuser alice\nuid 4294968296\ngeneration 3\n", false, 3 },
		{ "twostep-enrollment 1\nuser alice\nuid -1\ngeneration 3\n", false, 3 },
		{ "twostep-enrollment 1\nuser alice\nuid 1000\n", false, 4 },
		{ "twostep-enrollment 1\nuser alice\nuid 1000\ngeneration 0\n", false, 4 },
		{ "twostep-enrollment 1\nuser alice\nuid 1000\ngeneration -3\n", false, 4 },
		{ "twostep-enrollment 1\nuser alice\nuid 1000\ngeneration 9223372036854775807\n", false, 4 },
		{ HEADER "nullok yes\n", false, 5 },
	};
	struct record record;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		compose(&record, rows[i].header, PHONE);
		assert_row(opens(&record) == rows[i].read, rows[i].header);
		assert_row(record.fault.line == rows[i].line, rows[i].header);
	}
}

static void
rule_13_unknown_or_damaged_line_is_passed_over(void **state)
{
	static const struct {
		const char *body;
		bool read;
		unsigned line; /* of the record */
	} rows[] = {
		{ PHONE, true, 0 },
		{ PHONE SALT CODE, true, 0 },
		{ PHONE SALT CODE CODE, true, 0 },
		{ PHONE ONE, true, 0 },
		{ PHONE "due\n", true, 0 },
		{ PHONE SALT CODE ONE "due\n", true, 0 },
		{ ONE, false, 6 },
		{ "due\n", false, 6 },
		{ PHONE ONE ONE, false, 8 },
		{ PHONE ONE SALT CODE, false, 8 },
		{ PHONE "due\ndue\n", false, 8 },
		{ PHONE "due\n" ONE, false, 8 },
		{ PHONE "due", false, 7 },
		{ PHONE "due 1\n", false, 7 },
		{ PHONE "one\n", false, 7 },
		{ PHONE "one 0 " BESIDE "\n", false, 7 },
		{ PHONE "one -1 " BESIDE "\n", false, 7 },
		{ PHONE "one 01700000000 " BESIDE "\n", false, 7 },
		{ PHONE "one 100000000000 " BESIDE "\n", false, 7 },
		{ PHONE "one " BESIDE "\n", false, 7 },
		{ PHONE "one 1700000000 " BESIDE, false, 7 },
		{ PHONE "one 1700000000 " BESIDE " \n", false, 7 },
		{ PHONE "one 1700000000 " BESIDE "00\n", false, 7 },
		{ "", false, 6 },
		{ "\n", false, 6 },
		{ SALT CODE, false, 6 },
		{ PHONE "\n", false, 7 },
		{ "\n" PHONE, false, 6 },
		{ PHONE "nullok\n", false, 7 },
		{ PHONE "# a remark\n", false, 7 },
		{ PHONE SALT, false, 8 },
		{ PHONE CODE, false, 7 },
		{ PHONE SALT CODE PHONE, false, 9 },
		{ PHONE SALT CODE SALT CODE, false, 9 },
		{ SALT CODE PHONE, false, 6 },
		{ PHONE "recovery 0001\n" CODE, false, 7 },
		{ PHONE "recovery 000102030405060708090A0B0C0D0E0F\n" CODE, false, 7 },
		{ PHONE SALT "code abc " DIGEST "\n", false, 8 },
		{ PHONE SALT "code abcd " DIGEST "0\n", false, 8 },
		{ PHONE SALT "code abcd  " DIGEST "\n", false, 8 },
		{ PHONE PHONE, false, 7 },
		{ PHONE "device b623d65e9a8eece2 totp SHA1 6 30 7 tablet " KEY "\n", false, 7 },
		{ "device b623d65e9a8eece3 totp SHA1 6 30 -1 phone " KEY "\n", false, 6 },
		{ "device B623D65E9A8EECE2 totp SHA1 6 30 -1 phone " KEY "\n", false, 6 },
		{ "device b623d65e9a8eece2 TOTP SHA1 6 30 -1 phone " KEY "\n", false, 6 },
		{ "device b623d65e9a8eece2 totp SHA256 6 30 -1 phone " KEY "\n", false, 6 },
		{ "device b623d65e9a8eece2 totp SHA1 7 30 -1 phone " KEY "\n", false, 6 },
		{ "device b623d65e9a8eece2 totp SHA1 5 30 -1 phone " KEY "\n", false, 6 },
		{ "device b623d65e9a8eece2 totp SHA1 9 30 -1 phone " KEY "\n", false, 6 },
		{ "device b623d65e9a8eece2 totp SHA1 6 14 -1 phone " KEY "\n", false, 6 },
		{ "device b623d65e9a8eece2 totp SHA1 6 121 -1 phone " KEY "\n", false, 6 },
		{ "device b623d65e9a8eece2 totp SHA1 6 0 -1 phone " KEY "\n", false, 6 },
		{ "device b623d65e9a8eece2 totp SHA1 6 30 -2 phone " KEY "\n", false, 6 },
		{ "device b623d65e9a8eece2 totp SHA1 6 30 10000000000000 phone " KEY "\n", false, 6 },
		{ "device b623d65e9a8eece2 totp SHA1 6 30 -1 pho/ne " KEY "\n", false, 6 },
		{ "device b623d65e9a8eece2 totp SHA1 6 30 -1  " KEY "\n", false, 6 },
		{ "device b623d65e9a8eece2 totp SHA1 6 30 -1 "
		  "123456789012345678901234567890123 " KEY "\n", false, 6 },
		{ "device b623d65e9a8eece2 totp SHA1 6 30 -1 phone " KEY " x\n", false, 6 },
		{ "device b623d65e9a8eece2 totp SHA1 6 30 -1 phone " KEY, false, 6 },
		{ "device b623d65e9a8eece2 totp SHA1 6 30 -1 phone \n", false, 6 },
		{ "device b623d65e9a8eece2 totp SHA1 06 30 -1 phone " KEY "\n", false, 6 },
	};
	struct record record;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		compose(&record, HEADER, rows[i].body);
		assert_row(opens(&record) == rows[i].read, rows[i].body);
		assert_row(record.fault.line == rows[i].line, rows[i].body);
	}
}

static void
rule_13_device_too_many_or_of_one_name_is_read(void **state)
{
	struct enrollment enrollment;
	struct record record;
	char body[8192];

	(void)state;
	sample_full(&enrollment);
	for (unsigned extra = 0; extra < 2; extra++) {
		struct text text = text_into(body, sizeof body);
		struct device device;
		char encoded[BASE32_LENGTH(OTP_KEY_MAX) + 1], line[512];

		for (unsigned i = 0; i < ENROLLMENT_DEVICES_MAX + extra; i++) {
			(void)snprintf(line, sizeof line, "d%u", i);
			sample_device(&device, line, OTP_TOTP, 100 + i);
			base32_encode(encoded, device.otp.key.bytes, device.otp.key.len);
			(void)snprintf(line, sizeof line, "device %s totp SHA1 6 30 -1 %s %s\n", device.id,
			    device.name, encoded);
			text_put(&text, line);
		}
		text_end(&text);
		compose(&record, HEADER, body);
		assert_int_equal(opens(&record), extra == 0);
	}
	sample_full(&enrollment);
	memcpy(enrollment.device[5].name, enrollment.device[2].name, DEVICE_NAME_SIZE);
	seal(&record, &enrollment);
	assert_false(opens(&record));
}

static void
recovery_code_too_many_is_read(void **state)
{
	struct record record;
	char body[4096];

	(void)state;
	for (unsigned extra = 0; extra < 2; extra++) {
		struct text text = text_into(body, sizeof body);

		text_put(&text, PHONE SALT);
		for (unsigned i = 0; i < RECOVERY_CODES_MAX + extra; i++)
			text_put(&text, CODE);
		text_end(&text);
		compose(&record, HEADER, body);
		assert_int_equal(opens(&record), extra == 0);
	}
}

static void
rule_18_name_or_key_runs_over_its_room(void **state)
{
	struct record record;
	char body[2048];

	(void)state;
	for (size_t len = 1; len < 1200; len++) {
		struct text text = text_into(body, sizeof body);
		unsigned field = len % 3;

		text_put(&text, "device ");
		for (size_t i = 0; field == 0 && i < len; i++)
			text_put(&text, "a");
		text_put(&text, " totp SHA1 6 30 -1 ");
		for (size_t i = 0; field == 1 && i < len; i++)
			text_put(&text, "a");
		text_put(&text, " ");
		for (size_t i = 0; field == 2 && i < len; i++)
			text_put(&text, "A");
		text_put(&text, "\n");
		text_end(&text);
		compose(&record, HEADER, body);
		assert_false(opens(&record));
	}
}

static void
device_name_is_a_path_or_a_line(void **state)
{
	static const struct {
		const char *name;
		bool valid;
	} rows[] = {
		{ "phone", true }, { "A-z_0.9", true }, { ".", true },
		{ "12345678901234567890123456789012", true },
		{ "123456789012345678901234567890123", false }, { "", false }, { "a b", false },
		{ "a/b", false }, { "a\n", false }, { "a:b", false }, { "\xc3\xa9", false },
		{ "a%", false }, { "\"", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_row(device_name_valid(rows[i].name) == rows[i].valid, rows[i].name);
}

static void
another_key_has_the_same_id(void **state)
{
	struct device first, other;

	(void)state;
	sample_device(&first, "phone", OTP_TOTP, 1);
	for (unsigned what = 0; what < 7; what++) {
		other = first;
		switch (what) {
		case 0: /* what decides no code decides no id */
			memcpy(other.name, "tablet", sizeof "tablet");
			other.floor = 7;
			break;
		case 1:
			other.otp.key.bytes[19] ^= 1;
			break;
		case 2:
			other.otp.key.len--;
			break;
		case 3:
			other.otp.digits = 8;
			break;
		case 4:
			other.otp.period = 60;
			break;
		case 5:
			other.otp.algorithm = OTP_SHA256;
			break;
		default:
			other.otp.type = OTP_HOTP;
			break;
		}
		assert_true(device_identify(&other));
		assert_int_equal(strcmp(first.id, other.id) == 0, what == 0);
	}
}

static void
device_is_found_by_part_of_its_name(void **state)
{
	struct enrollment enrollment;

	(void)state;
	sample_enrollment(&enrollment);
	assert_ptr_equal(enrollment_device(&enrollment, "phone"), &enrollment.device[0]);
	assert_null(enrollment_device(&enrollment, "phon"));
	assert_null(enrollment_device(&enrollment, ""));
	assert_null(enrollment_device(&enrollment, enrollment.device[0].id));
	assert_ptr_equal(enrollment_device_id(&enrollment, enrollment.device[0].id),
	    &enrollment.device[0]);
	assert_null(enrollment_device_id(&enrollment, "phone"));
	enrollment.devices = 0;
	assert_null(enrollment_device(&enrollment, "phone"));
}

static void
rule_03_decoy_has_another_shape(void **state)
{
	struct enrollment decoy;

	(void)state;
	enrollment_decoy(&decoy, OTP_SHA256, 8, 60);
	assert_true(decoy.decoy);
	assert_int_equal(decoy.devices, 1);
	assert_int_equal(decoy.device[0].otp.digits, 8);
	assert_int_equal(decoy.device[0].otp.period, 60);
	assert_int_equal(decoy.device[0].otp.algorithm, OTP_SHA256);
	assert_int_equal(decoy.device[0].otp.type, OTP_TOTP);
	assert_int_equal(decoy.device[0].otp.key.len, 32);
	assert_int_equal(decoy.recovery.count, 0);
}

static void
rule_03_record_says_that_it_is_a_decoy(void **state)
{
	struct enrollment enrollment;
	struct record record;

	(void)state;
	sample_enrollment(&enrollment);
	sample_key(&record.key, 5);
	seal(&record, &enrollment);
	assert_true(opens(&record));
	assert_false(record.back.decoy);
}

static void
parse(void *arg)
{
	assert_true(opens(arg));
}

static void
parse_in_vain(void *arg)
{
	assert_false(opens(arg));
}

static void
format(void *arg)
{
	struct record *record = arg;
	char bytes[ENROLLMENT_SIZE];

	assert_int_not_equal(enrollment_format(&record->back, &record->key, nonce, bytes), 0);
}

static void
rule_19_device_key_stays_on_the_stack(void **state)
{
	static struct record record;
	struct enrollment enrollment;
	char encoded[BASE32_LENGTH(OTP_KEY_MAX) + 1];
	const struct secret *key;

	(void)state;
	sample_enrollment(&enrollment);
	key = &enrollment.device[0].otp.key;
	base32_encode(encoded, key->bytes, key->len);
	sample_key(&record.key, 5);
	seal(&record, &enrollment);
	assert_false(leftover(parse, &record, key->bytes, key->len));
	assert_false(leftover(parse, &record, encoded, strlen(encoded)));
	assert_true(sample_same_enrollment(&record.back, &enrollment));
	assert_false(leftover(format, &record, encoded, strlen(encoded)));
	assert_false(leftover(format, &record, key->bytes, key->len));
	/* refused at its last line, when the key has been read */
	enrollment.recovery.count = 1;
	seal(&record, &enrollment);
	record.bytes[record.len++] = '\n';
	assert_false(leftover(parse_in_vain, &record, encoded, strlen(encoded)));
	enrollment_wipe(&record.back);
	for (size_t i = 0; i < sizeof record.back; i++)
		assert_int_equal(((uint8_t *)&record.back)[i], 0);
	device_wipe(&enrollment.device[0]);
	for (size_t i = 0; i < sizeof enrollment.device[0]; i++)
		assert_int_equal(((uint8_t *)&enrollment.device[0])[i], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_reads_otherwise),
		cmocka_unit_test(longest_record_does_not_fit),
		cmocka_unit_test(record_is_not_the_form_that_is_promised),
		cmocka_unit_test(rule_03_decoy_has_another_shape),
		cmocka_unit_test(rule_03_record_says_that_it_is_a_decoy),
		cmocka_unit_test(rule_04_record_of_another_name_or_uid_is_taken),
		cmocka_unit_test(rule_04_renamed_record_is_taken),
		cmocka_unit_test(record_of_another_host_key_is_taken),
		cmocka_unit_test(unsealed_record_that_names_the_host_key_is_taken),
		cmocka_unit_test(rule_13_flipped_bit_is_read),
		cmocka_unit_test(rule_13_any_other_byte_is_read),
		cmocka_unit_test(rule_13_truncated_record_is_read),
		cmocka_unit_test(rule_13_extended_record_is_read),
		cmocka_unit_test(rule_13_header_is_read_in_part),
		cmocka_unit_test(rule_13_unknown_or_damaged_line_is_passed_over),
		cmocka_unit_test(rule_13_device_too_many_or_of_one_name_is_read),
		cmocka_unit_test(recovery_code_too_many_is_read),
		cmocka_unit_test(rule_18_name_or_key_runs_over_its_room),
		cmocka_unit_test(rule_19_device_key_stays_on_the_stack),
		cmocka_unit_test(device_name_is_a_path_or_a_line),
		cmocka_unit_test(another_key_has_the_same_id),
		cmocka_unit_test(device_is_found_by_part_of_its_name),
	};

	return cmocka_run_group_tests_name("enrollment", tests, NULL, NULL);
}
