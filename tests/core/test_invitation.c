/* SPDX-License-Identifier: BSD-2-Clause */
#include "sealed.h"

#include <string.h>

static void
what_was_written_reads_otherwise(void **state)
{
	(void)state;
	for (unsigned row = 0; row < 5; row++) {
		union written what;
		struct invitation *invitation = &what.invitation;

		sealed_sample(SEALED_INVITATION, &what);
		invitation->replace = row != 0;
		if (row == 1)
			invitation->pending_from[0] = '\0';
		if (row == 2)
			memset(invitation->pending_from, 'f', INVITATION_FROM_SIZE - 1);
		if (row == 3) { /* nobody has begun yet */
			invitation->has_pending = false;
			invitation->pending_at = 0;
			invitation->pending_from[0] = '\0';
			device_wipe(&invitation->pending);
		}
		if (row == 4) { /* nobody was invited */
			invitation->has_code = invitation->replace = false;
			invitation->until = 0;
			memset(&invitation->code, 0, sizeof invitation->code);
		}
		sealed_expect_same(SEALED_INVITATION, &what);
	}
}

static void
longest_record_does_not_fit(void **state)
{
	union written what;
	struct invitation *invitation = &what.invitation;

	(void)state;
	sealed_sample(SEALED_INVITATION, &what);
	memset(invitation->user, ' ', 85);
	invitation->user[85] = '\0';
	invitation->uid = UINT32_MAX;
	invitation->generation = INT64_MAX - 1;
	invitation->until = invitation->pending_at = HISTORY_TIME_MAX;
	memset(invitation->pending_from, 'f', INVITATION_FROM_SIZE - 1);
	memset(invitation->pending.name, 'n', DEVICE_NAME_SIZE - 1);
	invitation->pending.otp.key.len = OTP_KEY_MAX;
	invitation->pending.otp.algorithm = OTP_SHA512;
	invitation->pending.floor = OTP_STEP_MAX;
	assert_true(device_identify(&invitation->pending));
	sealed_expect_same(SEALED_INVITATION, &what);
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
	union written what;
	struct invitation *invitation = &what.invitation;

	(void)state;
	sealed_sample(SEALED_INVITATION, &what);
	assert_true(secret_set(&invitation->pending.otp.key, "12345678901234567890", 20));
	assert_true(device_identify(&invitation->pending));
	for (uint8_t i = 0; i < RECOVERY_DIGEST; i++) {
		invitation->code.salt[i % RECOVERY_SALT] = i % RECOVERY_SALT;
		invitation->code.code[0].digest[i] = i % 16;
	}
	memcpy(invitation->code.code[0].tag, "\xab\xcd", 2);
	sealed_expect_form(SEALED_INVITATION, &what,
	    HEADER "key none\n" BEGUN CODE "replace\n" PENDING);
}

static void
rule_13_unknown_or_damaged_line_is_passed_over(void **state)
{
	static const struct sealed_row rows[] = {
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

	(void)state;
	sealed_expect_rows(SEALED_INVITATION, rows, sizeof rows / sizeof *rows);
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
		assert_row(invitation_format(&invitation, &key, sealed_nonce, bytes) == 0, places[i]);
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
		assert_int_equal(invitation_format(&invitation, &key, sealed_nonce, bytes), 0);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_reads_otherwise),
		cmocka_unit_test(longest_record_does_not_fit),
		cmocka_unit_test(record_is_not_the_form_that_is_promised),
		cmocka_unit_test(rule_13_unknown_or_damaged_line_is_passed_over),
		cmocka_unit_test(what_cannot_be_read_back_is_written),
		cmocka_unit_test(rule_22_key_is_finished_too_late_or_from_elsewhere),
	};

	return cmocka_run_group_tests_name("invitation", tests, NULL, NULL);
}
