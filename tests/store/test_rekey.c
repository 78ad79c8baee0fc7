/* SPDX-License-Identifier: BSD-2-Clause */
#include "site.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/settle.h"

#define ALICE "alice", 1000
#define BOB "bob", 1001

static void
must(const struct site *site, bool ok)
{
	if (!ok)
		fail_msg("%s: %s", site->fault.file, site->fault.why);
}

/* Another process, with the store open and its key read. */
static void
other_open(struct site *site, struct store *other)
{
	must(site, store_open(other, site->where, site->key_file, geteuid(), &site->fault) &&
		store_key(other, &site->fault));
}

/* All of a rekey, by another process. */
static void
rekey(struct site *site)
{
	struct store other;
	char id[SEAL_ID_SIZE];

	other_open(site, &other);
	must(site, store_rekey_begin(&other, id, &site->fault) &&
		store_rekey_user(&other, id, "alice", &site->fault) &&
		store_rekey_user(&other, id, "bob", &site->fault) &&
		store_rekey_end(&other, id, &site->fault));
	store_close(&other);
}

static bool
opens(struct site *site, const char *user, uid_t uid)
{
	struct enrollment enrollment = { .devices = 0 };
	bool ok = site_open(site) && store_key(&site->store, &site->fault) &&
	    site_load(site, user, uid, &enrollment, NULL);

	enrollment_wipe(&enrollment);
	return ok;
}

static void
what_is_stored_meanwhile_is_under_a_key_that_is_gone(void **state)
{
	struct site *site = *state;
	struct invitation invitation = { .until = SAMPLE_NOW };
	struct record record;

	site_enroll(site, ALICE, 1);
	/* site->store has read the key of before */
	rekey(site);
	site_enroll(site, BOB, 2);
	rekey(site);
	site_look(site, BOB, &record);
	must(site, store_invited(&site->store, &record, &site->fault));
	sample_invitation(&invitation);
	assert_int_equal(store_invite(&site->store, &record, &invitation, &site->fault), STORE_OK);
	must(site, store_key(&site->store, &site->fault));
	must(site, store_read_invitation(&site->store, &record, &invitation, &site->fault));
	record_close(&record);
	invitation_wipe(&invitation);
	assert_true(opens(site, ALICE));
	assert_true(opens(site, BOB));
}

static void
record_that_came_later_is_refused_for_the_key_that_was_read(void **state)
{
	struct site *site = *state;
	struct enrollment enrollment = { .devices = 0 };
	struct record record;

	site_enroll(site, ALICE, 1);
	rekey(site);
	assert_true(site_load(site, ALICE, &enrollment, NULL));
	/* opened before, and read after */
	must(site, site_open(site) && store_key_open(&site->store, &site->fault));
	rekey(site);
	site_look(site, ALICE, &record);
	must(site, store_key(&site->store, &site->fault) &&
		store_read(&site->store, &record, &enrollment, &site->fault));
	record_close(&record);
	enrollment_wipe(&enrollment);
}

/* Between the moments in which a key and its marker are opened there is time for a rekey, and again. */
static struct {
	struct site *site;
	unsigned left;
} between;

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int
__wrap_fstat(int fd, struct stat *st)
{
	int answer = __real_fstat(fd, st);
	unsigned left = between.left;
	struct stat key;

	if (left == 0 || stat(between.site->key_file, &key) != 0 || key.st_ino != st->st_ino)
		return answer;
	between.left = 0;
	rekey(between.site);
	between.left = left - 1;
	return answer;
}

static void
several_rekeys_refuse_who_opens_the_store_meanwhile(void **state)
{
	struct site *site = *state;

	site_enroll(site, ALICE, 1);
	site_enroll(site, BOB, 2);
	between.site = site;
	for (unsigned count = 1; count < 5; count++) {
		between.left = count;
		must(site, site_open(site) && store_key(&site->store, &site->fault));
		assert_int_equal(between.left, 0);
		assert_true(opens(site, ALICE));
	}
	/* and a key that is another's is refused, not looked for without end */
	site_put(site, "etc/key", "01234567890123456789012345678901", 32);
	assert_true(site_open(site));
	assert_false(store_key(&site->store, &site->fault));
	assert_true(seal_other(site->fault.why));
}

static void
record_whose_key_is_gone_when_it_is_read_refuses_the_login(void **state)
{
	struct site *site = *state;
	struct settings settings;
	struct claim claim;
	struct settle one = { .settings = &settings, .claim = &claim, .now = SAMPLE_NOW };
	struct device phone;
	struct record record;

	settings_default(&settings);
	sample_device(&phone, "phone", OTP_TOTP, 1);
	sample_claim(&claim, sample_code(&phone, SAMPLE_NOW / 30), 6);
	site_enroll(site, ALICE, 1);
	site_enroll(site, BOB, 2);
	must(site, site_open(site) && store_key_open(&site->store, &site->fault));
	rekey(site);
	site_look(site, ALICE, &record);
	rekey(site);
	must(site, store_key(&site->store, &site->fault) &&
		settle(&one, &site->store, &record, &site->fault));
	assert_int_equal(one.judgement.verdict, VERDICT_ACCEPTED);
	record_close(&record);
	settle_wipe(&one);
}

static void
rekey_that_was_overtaken_drops_the_key_of_another(void **state)
{
	struct site *site = *state;
	struct store other;
	char id[SEAL_ID_SIZE], same[SEAL_ID_SIZE];

	site_enroll(site, ALICE, 1);
	other_open(site, &other);
	must(site, store_rekey_begin(&site->store, id, &site->fault));
	/* one that finds the work half done goes on with it */
	must(site, store_rekey_begin(&other, same, &site->fault));
	assert_string_equal(id, same);
	must(site, store_rekey_user(&other, id, "alice", &site->fault) &&
		store_rekey_end(&other, same, &site->fault));
	must(site, store_rekey_user(&site->store, id, "alice", &site->fault) &&
		store_rekey_end(&site->store, id, &site->fault));
	must(site, store_rekey_begin(&other, same, &site->fault));
	assert_string_not_equal(id, same);
	assert_false(store_rekey_end(&site->store, id, &site->fault));
	store_close(&other);
	assert_true(opens(site, ALICE));
}

static void
damaged_record_or_missing_user_ends_it(void **state)
{
	struct site *site = *state;
	char id[SEAL_ID_SIZE];

	site_enroll(site, ALICE, 1);
	must(site, store_rekey_begin(&site->store, id, &site->fault));
	must(site, store_rekey_user(&site->store, id, "nobody-here", &site->fault));
	site_put(site, "store/enrollments/bob", "damaged", 7);
	assert_false(store_rekey_user(&site->store, id, "bob", &site->fault));
	assert_false(store_rekey_user(&site->store, id, "", &site->fault));
	assert_true(opens(site, ALICE));
}

int
main(void)
{
#define IN_STORE(test) cmocka_unit_test_setup_teardown(test, site_found, site_remove)
	const struct CMUnitTest tests[] = {
		IN_STORE(what_is_stored_meanwhile_is_under_a_key_that_is_gone),
		IN_STORE(record_that_came_later_is_refused_for_the_key_that_was_read),
		IN_STORE(several_rekeys_refuse_who_opens_the_store_meanwhile),
		IN_STORE(record_whose_key_is_gone_when_it_is_read_refuses_the_login),
		IN_STORE(rekey_that_was_overtaken_drops_the_key_of_another),
		IN_STORE(damaged_record_or_missing_user_ends_it),
	};

	return cmocka_run_group_tests_name("rekey", tests, NULL, NULL);
}
