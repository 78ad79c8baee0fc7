/* SPDX-License-Identifier: BSD-2-Clause */
/* What holds of every sealed record, whatever it says. */
#include "sealed.h"

#include <stdio.h>
#include <string.h>

#include "core/base32.h"
#include "leftover.h"

/* `kind` and `form` go over all there are. */
#define EACH_KIND_AND_FORM                                                   \
	for (enum sealed_kind kind = SEALED_ENROLLMENT; kind < SEALED_KINDS; kind++) \
		for (unsigned form = 0; form < SEALED_FORMS; form++)

/* Written as the kind and form of the turn; `full` with everything in it. */
static void
write_sample(struct sealed *sealed, enum sealed_kind kind, unsigned form, bool full)
{
	union written what;

	sealed->kind = kind;
	sealed_form(sealed, form);
	if (full)
		sealed_full(kind, &what);
	else
		sealed_sample(kind, &what);
	sealed_write(sealed, &what);
}

/* Made by the first version that wrote each kind, under the host key of sample_key(5). */
static void
record_of_an_earlier_version_is_refused_or_written_otherwise(void **state)
{
	static const char *const written[SEALED_KINDS] = {
		[SEALED_ENROLLMENT] =
		    "twostep-enrollment 1\nuser alice\nuid 1000\ngeneration 3\nkey 2789891a85b60935\n"
		    "sealed 0102030405060708090a0b0c "
		    "1fec621912620be1004362c4ecea66190c93905a9faa20d4506529649aeca53ccafb7d96ef5ffda9"
		    "cd963590205d6955972d9c1dc35278d8bb58ba7db11135ab8d4ddf586af02b8af4c9244678ce2f35"
		    "02b11defdb8e14e01f8189bef391d12309\n",
		[SEALED_INVITATION] =
		    "twostep-invitation 1\nuser alice\nuid 1000\nkey 2789891a85b60935\n"
		    "sealed 0102030405060708090a0b0c "
		    "b456f1b80d1bd46c5ece6c5c6e7f42660f9388568eae74840a383d32a8edfd3accec7dc7bd56aeb9"
		    "8acf71d0206c1021946e9a0d91546f94e948f877bb4969edb13fbd3c66842de69db2137c03a55e5b"
		    "78c90a97faab769c34aabdec81c4e25c3b60f2ed1b0277296b33ec95151f91b064d3121ca843bceb"
		    "07ec965bfddb67d6eeb4c77e4ddc8af99113c935af47623740347d49415735bb1d8009dad74386ab"
		    "c17cf757064c3fe42381126e8d707960f51b96ee94337526854ece26680cabe4eb64133929232cb4"
		    "ab3ffe90da90e7f353257318f6cc5494afdc6bca5dcd074c8a2235c48caec6a11f46ffe810c41c25"
		    "34f53319857af10423072a513184ba69c19f9b\n",
	};
	struct sealed sealed;
	union written what;

	(void)state;
	for (enum sealed_kind kind = SEALED_ENROLLMENT; kind < SEALED_KINDS; kind++) {
		write_sample(&sealed, kind, 0, false);
		assert_int_equal(sealed.len, strlen(written[kind]));
		assert_memory_equal(sealed.bytes, written[kind], sealed.len);
		assert_true(sealed_opens(&sealed));
		sealed_sample(kind, &what);
		assert_true(sealed_same(kind, &sealed.back, &what));
	}
}

static void
rule_13_flipped_bit_is_read(void **state)
{
	struct sealed sealed;

	(void)state;
	EACH_KIND_AND_FORM {
		union written what;

		sealed.kind = kind;
		sealed_form(&sealed, form);
		sealed_full(kind, &what);
		if (kind == SEALED_ENROLLMENT) {
			what.enrollment.devices = 2;
			what.enrollment.recovery.count = 2;
		}
		sealed_write(&sealed, &what);
		for (size_t i = 0; i < sealed.len; i += sample_stride()) {
			for (int bit = 0; bit < 8; bit++) {
				sealed.bytes[i] = (char)(sealed.bytes[i] ^ 1 << bit);
				assert_false(sealed_opens(&sealed));
				sealed.bytes[i] = (char)(sealed.bytes[i] ^ 1 << bit);
			}
		}
		assert_true(sealed_opens(&sealed));
	}
}

static void
rule_13_any_other_byte_is_read(void **state)
{
	struct sealed sealed;

	(void)state;
	for (unsigned form = 0; form < SEALED_FORMS; form++) {
		write_sample(&sealed, SEALED_ENROLLMENT, form, false);
		for (size_t i = 0; i < sealed.len; i += sample_stride()) {
			char right = sealed.bytes[i];

			for (int c = 0; c < 256; c++) {
				sealed.bytes[i] = (char)c;
				assert_int_equal(sealed_opens(&sealed), (char)c == right);
			}
			sealed.bytes[i] = right;
		}
	}
}

static void
rule_13_truncated_record_is_read(void **state)
{
	struct sealed sealed;

	(void)state;
	EACH_KIND_AND_FORM {
		write_sample(&sealed, kind, form, true);
		for (size_t len = 0; len < sealed.len; len += sample_stride())
			assert_false(sealed_opens_as(&sealed, len, SAMPLE_USER, SAMPLE_UID));
	}
}

static void
rule_13_extended_record_is_read(void **state)
{
	struct sealed sealed;

	(void)state;
	EACH_KIND_AND_FORM {
		size_t room;

		write_sample(&sealed, kind, form, true);
		for (int c = 0; c < 256; c++) {
			sealed.bytes[sealed.len] = (char)c;
			assert_false(sealed_opens_as(&sealed, sealed.len + 1, SAMPLE_USER, SAMPLE_UID));
		}
		/* once more behind itself, and up to the longest that there can be */
		room = sizeof sealed.bytes - sealed.len;
		memcpy(sealed.bytes + sealed.len, sealed.bytes, room < sealed.len ? room : sealed.len);
		for (size_t len = sealed.len + 1; len <= sealed_size(kind); len += sample_stride())
			assert_false(sealed_opens_as(&sealed, len, SAMPLE_USER, SAMPLE_UID));
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
	struct sealed sealed;

	(void)state;
	EACH_KIND_AND_FORM {
		write_sample(&sealed, kind, form, false);
		assert_true(sealed_opens(&sealed));
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
			assert_row(!sealed_opens_as(&sealed, sealed.len, rows[i].user, rows[i].uid),
			    rows[i].user);
	}
}

/* Puts `to` into the place of the first `from`. */
static void
replace(struct sealed *sealed, const char *from, const char *to)
{
	char *at = memmem(sealed->bytes, sealed->len, from, strlen(from));
	size_t tail;

	assert_non_null(at);
	tail = sealed->len - (size_t)(at - sealed->bytes) - strlen(from);
	memmove(at + strlen(to), at + strlen(from), tail);
	memcpy(at, to, strlen(to));
	sealed->len += strlen(to) - strlen(from);
}

static void
rule_04_renamed_record_is_taken(void **state)
{
	static const struct {
		enum sealed_kind kind;
		const char *from, *to, *user;
		uint32_t uid;
	} rows[] = {
		{ SEALED_ENROLLMENT, "user alice", "user bob", "bob", SAMPLE_UID },
		{ SEALED_ENROLLMENT, "uid 1000", "uid 0", SAMPLE_USER, 0 },
		{ SEALED_ENROLLMENT, "generation 3", "generation 4", SAMPLE_USER, SAMPLE_UID },
		{ SEALED_INVITATION, "user alice", "user bob", "bob", SAMPLE_UID },
		{ SEALED_INVITATION, "uid 1000", "uid 0", SAMPLE_USER, 0 },
	};
	struct sealed sealed;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (unsigned form = 0; form < SEALED_FORMS; form++) {
			write_sample(&sealed, rows[i].kind, form, false);
			replace(&sealed, rows[i].from, rows[i].to);
			assert_row(!sealed_opens_as(&sealed, sealed.len, rows[i].user, rows[i].uid),
			    rows[i].to);
		}
	}
}

static void
record_of_another_host_key_is_taken(void **state)
{
	struct host_key keys[3];
	struct sealed sealed;

	(void)state;
	sample_key(&keys[0], 5);
	sample_key(&keys[1], 6);
	host_key_none(&keys[2]);
	for (unsigned i = 0; i < SEALED_KINDS * 3 * 3; i++) {
		enum sealed_kind kind = i / 9;
		union written what;

		sealed.kind = kind;
		sealed.key = keys[i / 3 % 3];
		sealed_sample(kind, &what);
		sealed_write(&sealed, &what);
		sealed.key = keys[i % 3];
		assert_int_equal(sealed_opens(&sealed), i / 3 % 3 == i % 3);
		/* an enrollment has its generation above the key */
		if (i / 3 % 3 != i % 3)
			assert_int_equal(sealed.fault.line, kind == SEALED_ENROLLMENT ? 5 : 4);
	}
}

static void
unsealed_record_that_names_the_host_key_is_taken(void **state)
{
	struct sealed sealed;
	char line[64];

	(void)state;
	for (enum sealed_kind kind = SEALED_ENROLLMENT; kind < SEALED_KINDS; kind++) {
		write_sample(&sealed, kind, 1, false);
		sealed_form(&sealed, 0);
		(void)snprintf(line, sizeof line, "key %s\n", sealed.key.id);
		replace(&sealed, "key none\n", line);
		assert_false(sealed_opens(&sealed));
	}
}

static void
record_is_taken_for_one_of_another_kind(void **state)
{
	struct sealed sealed;

	(void)state;
	EACH_KIND_AND_FORM {
		write_sample(&sealed, kind, form, false);
		sealed.kind = kind == SEALED_ENROLLMENT ? SEALED_INVITATION : SEALED_ENROLLMENT;
		assert_false(sealed_opens(&sealed));
		assert_int_equal(sealed.fault.line, 1);
	}
}

static void
open_it(void *arg)
{
	assert_true(sealed_opens(arg));
}

static void
open_in_vain(void *arg)
{
	assert_false(sealed_opens(arg));
}

static void
format(void *arg)
{
	struct sealed *sealed = arg;
	static char bytes[ENROLLMENT_SIZE];

	assert_int_not_equal(sealed_format(sealed, &sealed->back, sealed_nonce, bytes), 0);
}

static void
rule_19_device_key_stays_on_the_stack(void **state)
{
	static struct sealed sealed;
	char encoded[BASE32_LENGTH(OTP_KEY_MAX) + 1];
	union written what;

	(void)state;
	for (enum sealed_kind kind = SEALED_ENROLLMENT; kind < SEALED_KINDS; kind++) {
		const struct secret *key = kind == SEALED_ENROLLMENT
		    ? &what.enrollment.device[0].otp.key
		    : &what.invitation.pending.otp.key;

		sealed_sample(kind, &what);
		base32_encode(encoded, key->bytes, key->len);
		write_sample(&sealed, kind, 0, false);
		assert_false(leftover(open_it, &sealed, key->bytes, key->len));
		assert_false(leftover(open_it, &sealed, encoded, strlen(encoded)));
		assert_true(sealed_same(kind, &sealed.back, &what));
		assert_false(leftover(format, &sealed, encoded, strlen(encoded)));
		assert_false(leftover(format, &sealed, key->bytes, key->len));
	}
}

#define KEY "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define PHONE "b623d65e9a8eece2 totp SHA1 6 30 -1 phone " KEY "\n"

static void
rule_19_key_of_a_record_that_is_refused_at_its_last_line_stays(void **state)
{
	static const struct {
		const char *header, *body;
		unsigned line;
	} rows[SEALED_KINDS] = {
		[SEALED_ENROLLMENT] = { "twostep-enrollment 1\nuser alice\nuid 1000\ngeneration 3\n",
		    "device " PHONE "nullok\n", 7 },
		[SEALED_INVITATION] = { "twostep-invitation 1\nuser alice\nuid 1000\n",
		    "generation 3\npending 1700000000 - " PHONE "nullok\n", 7 },
	};
	static struct sealed sealed;

	(void)state;
	for (enum sealed_kind kind = SEALED_ENROLLMENT; kind < SEALED_KINDS; kind++) {
		sealed.kind = kind;
		sealed_form(&sealed, 0);
		assert_true(sealed_compose(&sealed, rows[kind].header, rows[kind].body,
		    strlen(rows[kind].body)));
		assert_false(leftover(open_in_vain, &sealed, KEY, strlen(KEY)));
		assert_false(leftover(open_in_vain, &sealed, "12345678901234567890", 20));
		assert_int_equal(sealed.fault.line, rows[kind].line);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_of_an_earlier_version_is_refused_or_written_otherwise),
		cmocka_unit_test(rule_04_record_of_another_name_or_uid_is_taken),
		cmocka_unit_test(rule_04_renamed_record_is_taken),
		cmocka_unit_test(record_of_another_host_key_is_taken),
		cmocka_unit_test(record_is_taken_for_one_of_another_kind),
		cmocka_unit_test(unsealed_record_that_names_the_host_key_is_taken),
		cmocka_unit_test(rule_13_flipped_bit_is_read),
		cmocka_unit_test(rule_13_any_other_byte_is_read),
		cmocka_unit_test(rule_13_truncated_record_is_read),
		cmocka_unit_test(rule_13_extended_record_is_read),
		cmocka_unit_test(rule_19_device_key_stays_on_the_stack),
		cmocka_unit_test(rule_19_key_of_a_record_that_is_refused_at_its_last_line_stays),
	};

	return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}
