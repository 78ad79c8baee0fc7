/* SPDX-License-Identifier: BSD-2-Clause */
#include "../core/sample.h"

#include <stdio.h>
#include <string.h>

#include "store/link.h"

static const struct record alice = { .user = SAMPLE_USER, .uid = SAMPLE_UID };

/* So many devices called phone, phone-2, phone-3 ..., with keys of their own. */
static void
linked(struct enrollment *enrollment, unsigned count)
{
	memset(enrollment, 0, sizeof *enrollment);
	for (unsigned i = 0; i < count; i++) {
		char name[DEVICE_NAME_SIZE] = "phone";

		if (i > 0)
			(void)snprintf(name, sizeof name, "phone-%u", i + 1);
		sample_device(&enrollment->device[i], name, OTP_TOTP, i + 1);
		enrollment->devices++;
	}
	enrollment->recovery.count = 10;
	enrollment->one.count = 1;
	enrollment->scratch.count = 2;
}

static void
device_is_linked_that_cannot_be(void **state)
{
	static const struct {
		const char *row;
		unsigned there;
		uint32_t seed; /* of the new one's key */
		const char *name;
		enum link_how how;
		enum link_obstacle obstacle;
	} rows[] = {
		{ "the first one", 0, 9, "phone", LINK_FIRST, LINK_FREE },
		{ "a second one unasked", 1, 9, "tablet", LINK_FIRST, LINK_THERE },
		{ "one that replaces", 2, 9, "phone", LINK_REPLACE, LINK_FREE },
		{ "one that replaces none", 0, 9, "phone", LINK_REPLACE, LINK_FREE },
		{ "one beside others", 2, 9, "tablet", LINK_BESIDE, LINK_FREE },
		{ "two of one name", 2, 9, "phone-2", LINK_BESIDE, LINK_SAME_NAME },
		{ "a ninth", 8, 9, "tablet", LINK_BESIDE, LINK_FULL },
		{ "the same key beside it", 2, 2, "tablet", LINK_BESIDE, LINK_SAME_KEY },
		{ "the same key in its place", 2, 2, "phone", LINK_REPLACE, LINK_SAME_KEY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct enrollment enrollment;
		struct device device;

		linked(&enrollment, rows[i].there);
		sample_device(&device, rows[i].name, OTP_TOTP, rows[i].seed);
		assert_row(link_obstacle(&enrollment, &device, rows[i].how) == rows[i].obstacle,
		    rows[i].row);
	}
}

static void
what_was_replaced_still_opens(void **state)
{
	struct enrollment enrollment;
	struct device device;

	(void)state;
	linked(&enrollment, 3);
	sample_device(&device, "new", OTP_TOTP, 9);
	assert_true(link_device(&enrollment, &alice, &device, LINK_REPLACE));
	assert_int_equal(enrollment.devices, 1);
	assert_string_equal(enrollment.device[0].id, device.id);
	assert_int_equal(enrollment.recovery.count + enrollment.one.count + enrollment.scratch.count, 0);
	assert_string_equal(enrollment.user, SAMPLE_USER);
	assert_int_equal(enrollment.uid, SAMPLE_UID);
}

static void
what_stays_beside_a_new_device_is_lost(void **state)
{
	struct enrollment enrollment;
	struct device device;

	(void)state;
	linked(&enrollment, 3);
	sample_device(&device, "new", OTP_TOTP, 9);
	assert_false(link_device(&enrollment, &alice, &device, LINK_BESIDE));
	assert_int_equal(enrollment.devices, 4);
	assert_string_equal(enrollment.device[3].id, device.id);
	assert_int_equal(enrollment.recovery.count, 10);
	assert_int_equal(enrollment.one.count, 1);
	assert_int_equal(enrollment.scratch.count, 2);

	/* Codes that were owed still are, and so are those that there never were. */
	linked(&enrollment, 1);
	enrollment.codes_due = true;
	assert_true(link_device(&enrollment, &alice, &device, LINK_BESIDE));
	linked(&enrollment, 1);
	enrollment.recovery.count = 0;
	assert_true(link_device(&enrollment, &alice, &device, LINK_BESIDE));
}

static void
new_codes_leave_old_ones_standing(void **state)
{
	WIPED(printed_codes_wipe) struct printed_codes codes;
	struct enrollment enrollment;
	struct store_fault fault;
	struct host_key key;

	(void)state;
	sample_key(&key, 1);
	linked(&enrollment, 1);
	enrollment.codes_due = true;
	assert_true(link_only_codes(&enrollment, &key, 1, &codes, &fault));
	assert_int_equal(enrollment.recovery.count, 1);
	assert_int_equal(codes.count, 1);
	assert_int_equal(enrollment.one.count + enrollment.scratch.count, 0);
	assert_false(enrollment.codes_due);
}

static void
another_device_is_removed_than_the_one_named(void **state)
{
	struct enrollment enrollment;

	(void)state;
	linked(&enrollment, 3);
	assert_int_equal(link_remove(&enrollment, "phone-4"), LINK_NO_SUCH);
	assert_int_equal(link_remove(&enrollment, "phone-2"), LINK_OTHERS);
	assert_int_equal(enrollment.devices, 2);
	assert_string_equal(enrollment.device[0].name, "phone");
	assert_string_equal(enrollment.device[1].name, "phone-3");
	assert_int_equal(enrollment.device[2].otp.key.len, 0);
	assert_int_equal(link_remove(&enrollment, "phone-3"), LINK_OTHERS);
	/* The last one is not taken out: a record without a device is none. */
	assert_int_equal(link_remove(&enrollment, "phone"), LINK_NONE);
	assert_int_equal(enrollment.devices, 1);
}

static void
device_is_named_or_shaped_otherwise_than_asked(void **state)
{
	struct enrollment enrollment;
	struct settings settings;
	struct store_fault fault;
	struct device device, other;

	(void)state;
	settings_default(&settings);
	linked(&enrollment, 2);
	link_begin(&device, &settings, OTP_TOTP, &enrollment, LINK_BESIDE, NULL);
	assert_string_equal(device.name, "phone-3");
	assert_int_equal(device.floor, -1);
	assert_int_equal(device.otp.period, 30);
	link_begin(&device, &settings, OTP_HOTP, &enrollment, LINK_REPLACE, NULL);
	assert_string_equal(device.name, "phone");
	assert_int_equal(device.otp.period, 0);
	link_begin(&other, &settings, OTP_HOTP, &enrollment, LINK_BESIDE, "token");
	assert_string_equal(other.name, "token");
	assert_true(link_key(&device, NULL, &fault));
	assert_true(link_key(&other, NULL, &fault));
	assert_string_not_equal(device.id, other.id);
	assert_true(link_key(&other, &device.otp.key, &fault));
	assert_string_equal(device.id, other.id);
}

static void
issuer_cannot_stand_in_a_uri(void **state)
{
	char issuer[SETTINGS_TEXT_SIZE];
	struct settings settings;

	(void)state;
	settings_default(&settings);
	link_issuer(&settings, issuer);
	assert_true(issuer[0] != '\0' && strpbrk(issuer, ".:") == NULL);
	memcpy(settings.issuer, "srv1.example", sizeof "srv1.example");
	link_issuer(&settings, issuer);
	assert_string_equal(issuer, "srv1.example");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_is_linked_that_cannot_be),
		cmocka_unit_test(what_was_replaced_still_opens),
		cmocka_unit_test(what_stays_beside_a_new_device_is_lost),
		cmocka_unit_test(new_codes_leave_old_ones_standing),
		cmocka_unit_test(another_device_is_removed_than_the_one_named),
		cmocka_unit_test(device_is_named_or_shaped_otherwise_than_asked),
		cmocka_unit_test(issuer_cannot_stand_in_a_uri),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
