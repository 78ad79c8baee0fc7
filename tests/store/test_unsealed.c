/* SPDX-License-Identifier: BSD-2-Clause */
/* `key_file = none`: what a record says stands in its bytes as it is. */
#include "site.h"

#include <string.h>

#include "../core/leftover.h"
#include "core/base32.h"

#define ALICE "alice", 1000

static int
start(void **state)
{
	struct site *site;

	if (site_make(state) != 0)
		return -1;
	site = *state;
	memcpy(site->key_file, "none", sizeof "none");
	return store_make(site->where, &site->fault) && site_open(site) &&
		store_prepare(&site->store, SAMPLE_NOW, &site->fault)
	    ? 0
	    : -1;
}

/* What alice has, off the stack. */
static struct enrollment enrollment;
static struct invitation invitation;

static void
read_both(void *arg)
{
	struct site *site = arg;
	struct record record;

	site_look(site, ALICE, &record);
	assert_true(store_invited(&site->store, &record, &site->fault));
	assert_true(store_read(&site->store, &record, &enrollment, &site->fault));
	assert_true(store_read_invitation(&site->store, &record, &invitation, &site->fault));
	record_close(&record);
}

static void
write_both(void *arg)
{
	struct site *site = arg;
	struct record record;

	site_look(site, ALICE, &record);
	assert_int_equal(store_replace(&site->store, &record, &enrollment, &site->fault), STORE_OK);
	record_close(&record);
	site_look(site, ALICE, &record);
	assert_true(store_invited(&site->store, &record, &site->fault));
	invitation.generation = enrollment.generation;
	assert_int_equal(store_invite(&site->store, &record, &invitation, &site->fault), STORE_OK);
	record_close(&record);
}

static void
read_in_vain(void *arg)
{
	struct site *site = arg;
	struct record record;

	site_look(site, ALICE, &record);
	record.enrollment_stat.st_size++;
	assert_false(store_read(&site->store, &record, &enrollment, &site->fault));
	record_close(&record);
}

static void
rule_19_key_of_an_unsealed_record_stays_on_the_stack(void **state)
{
	char encoded[2][BASE32_LENGTH(OTP_KEY_MAX) + 1];
	struct site *site = *state;

	sample_enrollment(&enrollment);
	enrollment.generation = 0;
	sample_invitation(&invitation);
	base32_encode(encoded[0], enrollment.device[0].otp.key.bytes, enrollment.device[0].otp.key.len);
	base32_encode(encoded[1], invitation.pending.otp.key.bytes, invitation.pending.otp.key.len);
	for (unsigned i = 0; i < 2; i++) {
		assert_false(leftover(write_both, site, encoded[i], strlen(encoded[i])));
		assert_false(leftover(read_both, site, encoded[i], strlen(encoded[i])));
	}
	assert_false(leftover(read_in_vain, site, encoded[0], strlen(encoded[0])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rule_19_key_of_an_unsealed_record_stays_on_the_stack,
		    start, site_remove),
	};

	return cmocka_run_group_tests_name("unsealed", tests, NULL, NULL);
}
