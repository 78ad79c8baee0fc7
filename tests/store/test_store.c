/* SPDX-License-Identifier: BSD-2-Clause */
#include "site.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../core/leftover.h"
#include "store/key.h"
#include "trouble.h"

#define ALICE "alice", 1000
#define BOB "bob", 1001
#define OTHER 65534

static bool
look_fails(struct site *site, const char *user, uid_t uid)
{
	struct record record;
	bool looked;

	site->fault = (struct store_fault){ .line = 0 };
	looked = store_look(&site->store, user, uid, &record, &site->fault);
	record_close(&record);
	assert_true(looked || site->fault.why != NULL);
	return !looked;
}

static bool
load_fails(struct site *site, const char *user, uid_t uid)
{
	struct enrollment enrollment;

	site->fault = (struct store_fault){ .line = 0 };
	return !site_load(site, user, uid, &enrollment, NULL);
}

static bool
key_fails(struct site *site)
{
	site->fault = (struct store_fault){ .line = 0 };
	if (!site_open(site))
		return true;
	assert_false(site->store.keyed);
	return !store_key(&site->store, &site->fault) && !site->store.keyed;
}

/* ---- a store ---------------------------------------------------------------------- */

static void
new_store_is_not_as_it_is_documented(void **state)
{
	struct site *site = *state;
	static const struct {
		const char *name;
		mode_t mode;
		off_t size; /* -1 for a directory */
	} rows[] = {
		{ "store", S_IFDIR | 0700, -1 }, { "store/enrollments", S_IFDIR | 0700, -1 },
		{ "store/invitations", S_IFDIR | 0700, -1 },
		{ "store/histories", S_IFDIR | 0700, -1 }, { "store/decoy", S_IFREG | 0600, HISTORY_SIZE },
		{ "store/marker", S_IFREG | 0600, 0 }, { "etc/key", S_IFREG | 0600, SEAL_KEY_LENGTH },
	};
	struct stat st;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_row(lstat(site_path(site, rows[i].name), &st) == 0, rows[i].name);
		assert_row(st.st_mode == rows[i].mode, rows[i].name);
		assert_row(st.st_uid == geteuid(), rows[i].name);
		assert_row(rows[i].size <= 0 || st.st_size == rows[i].size, rows[i].name);
	}
	assert_int_equal(site->store.created, SAMPLE_NOW);
	assert_true(site->store.keyed);
}

static void
second_founding_makes_a_new_key(void **state)
{
	struct site *site = *state;
	char key[SEAL_KEY_LENGTH], again[SEAL_KEY_LENGTH];

	assert_int_equal(site_get(site, "etc/key", key, sizeof key), sizeof key);
	site_enroll(site, ALICE, 1);
	assert_true(store_prepare(&site->store, SAMPLE_NOW + 9, &site->fault));
	assert_int_equal(site->store.created, SAMPLE_NOW);
	assert_int_equal(site_get(site, "etc/key", again, sizeof again), sizeof again);
	assert_memory_equal(key, again, sizeof key);
	assert_false(load_fails(site, ALICE));
}

static void
rule_01_place_that_is_no_store_means_nobody_is_enrolled(void **state)
{
	struct site *site = *state;
	struct store_fault fault;
	static const char *const wrong[] = { "store", "file:store", "ldap://x/", "", "file:" };

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct store store;

		assert_row(!store_open(&store, wrong[i], "/k", geteuid(), &fault), wrong[i]);
		assert_row(fault.why != NULL, wrong[i]);
		store_close(&store);
	}
	/* not there; an empty mount point; a file */
	assert_false(site_open(site));
	assert_int_equal(site->fault.error, ENOENT);
	assert_int_equal(mkdir(site_path(site, "store"), 0700), 0);
	assert_true(key_fails(site));
	assert_int_equal(rmdir(site_path(site, "store")), 0);
	site_put(site, "store", "x", 1);
	assert_false(site_open(site));
}

static void
rule_01_missing_or_foreign_key_or_marker_is_passed_over(void **state)
{
	struct site *site = *state;
	char key[SEAL_KEY_LENGTH + 1], marker[512] = "";
	size_t len;

	site_enroll(site, ALICE, 1);
	len = site_get(site, "store/marker", marker, sizeof marker);
	(void)site_get(site, "etc/key", key, SEAL_KEY_LENGTH);
	assert_false(key_fails(site));
	/* the key: missing, cut off, too long, another */
	assert_int_equal(unlink(site_path(site, "etc/key")), 0);
	assert_true(key_fails(site));
	assert_int_equal(site->fault.error, ENOENT);
	assert_string_equal(site->fault.file, site->key_file);
	for (size_t size = 0; size <= SEAL_KEY_LENGTH + 1; size++) {
		key[SEAL_KEY_LENGTH] = '\n';
		site_put(site, "etc/key", key, size);
		assert_int_equal(key_fails(site), size != SEAL_KEY_LENGTH);
		if (size < SEAL_KEY_LENGTH)
			assert_string_equal(site->fault.why, "not a host key of 32, 64 or 96 bytes");
	}
	key[31] ^= 1;
	site_put(site, "etc/key", key, SEAL_KEY_LENGTH);
	assert_true(key_fails(site));
	assert_true(load_fails(site, ALICE));
	key[31] ^= 1;
	site_put(site, "etc/key", key, SEAL_KEY_LENGTH);
	assert_false(key_fails(site));
	/* the marker: missing, cut off, too long, changed anywhere */
	assert_int_equal(unlink(site_path(site, "store/marker")), 0);
	assert_true(key_fails(site));
	assert_int_equal(site->fault.error, ENOENT);
	for (size_t size = 0; size < len; size++) {
		site_put(site, "store/marker", marker, size);
		assert_true(key_fails(site));
	}
	for (size_t i = 0; i < len; i++) {
		marker[i] ^= 1;
		site_put(site, "store/marker", marker, len);
		assert_true(key_fails(site));
		marker[i] ^= 1;
	}
	marker[len] = '\n';
	site_put(site, "store/marker", marker, len + 1);
	assert_true(key_fails(site));
	site_put(site, "store/marker", marker, sizeof marker);
	assert_true(key_fails(site));
	site_put(site, "store/marker", marker, len);
	assert_false(key_fails(site));
	/* `key_file = none` beside sealed records */
	memcpy(site->key_file, "none", sizeof "none");
	assert_true(key_fails(site));
}

static void
rule_01_store_that_lost_its_marker_or_key_is_founded_anew(void **state)
{
	struct site *site = *state;
	char marker[512], key[SEAL_KEY_LENGTH];
	size_t len = site_get(site, "store/marker", marker, sizeof marker);
	struct stat st;

	(void)site_get(site, "etc/key", key, sizeof key);
	site_enroll(site, ALICE, 1);
	assert_int_equal(unlink(site_path(site, "store/marker")), 0);
	assert_false(store_prepare(&site->store, SAMPLE_NOW, &site->fault));
	assert_string_equal(site->fault.why,
	    "missing, though there are records: is this the right store?");
	assert_int_equal(lstat(site_path(site, "store/marker"), &st), -1);
	/* a history alone is a record too */
	assert_int_equal(unlink(site_path(site, "store/enrollments/alice")), 0);
	assert_false(store_prepare(&site->store, SAMPLE_NOW, &site->fault));
	site_put(site, "store/marker", marker, len);
	assert_true(store_prepare(&site->store, SAMPLE_NOW, &site->fault));
	/* no key beside a marker: never a new one */
	assert_int_equal(unlink(site_path(site, "etc/key")), 0);
	assert_false(store_prepare(&site->store, SAMPLE_NOW, &site->fault));
	assert_int_equal(lstat(site_path(site, "etc/key"), &st), -1);
}

/* An empty mount point, say: there, nobody would be enrolled. */
static void
rule_01_second_store_is_founded_under_one_key(void **state)
{
	struct site *site = *state;
	char key[SEAL_KEY_LENGTH], again[SEAL_KEY_LENGTH];
	struct stat st;

	memset(key, 'k', sizeof key);
	site_put(site, "etc/key", key, sizeof key);
	assert_true(store_make(site->where, &site->fault) && site_open(site));
	/* one that cannot be trusted is neither used nor put aside */
	assert_int_equal(chmod(site_path(site, "etc/key"), 0644), 0);
	assert_false(store_prepare(&site->store, SAMPLE_NOW, &site->fault));
	assert_string_equal(site->fault.file, site->key_file);
	assert_int_equal(chmod(site_path(site, "etc/key"), 0600), 0);
	for (int again_and_again = 0; again_and_again < 2; again_and_again++) {
		assert_false(store_prepare(&site->store, SAMPLE_NOW, &site->fault));
		assert_string_equal(site->fault.why,
		    "missing, though there is a host key: is the store mounted?");
		assert_int_equal(lstat(site_path(site, "store/marker"), &st), -1);
		assert_int_equal(lstat(site_path(site, "store/decoy"), &st), -1);
	}
	assert_int_equal(site_get(site, "etc/key", again, sizeof again), sizeof again);
	assert_memory_equal(key, again, sizeof key);
	assert_int_equal(unlink(site_path(site, "etc/key")), 0);
	assert_true(store_prepare(&site->store, SAMPLE_NOW, &site->fault));
	/* what was cut off behind its key goes on with that */
	assert_int_equal(site_get(site, "etc/key", key, sizeof key), sizeof key);
	assert_int_equal(unlink(site_path(site, "store/marker")), 0);
	assert_true(store_prepare(&site->store, SAMPLE_NOW, &site->fault));
	assert_int_equal(site_get(site, "etc/key", again, sizeof again), sizeof again);
	assert_memory_equal(key, again, sizeof key);
	site_enroll(site, ALICE, 1);
	assert_false(load_fails(site, ALICE));
}

static void
rule_11_store_is_founded_where_others_write(void **state)
{
	struct site *site = *state;

	assert_true(store_make(site->where, &site->fault) && site_open(site));
	assert_true(mkdir(site_path(site, "store/enrollments"), 0700) == 0 || errno == EEXIST);
	assert_int_equal(chmod(site_path(site, "store/enrollments"), 0777), 0);
	assert_false(store_prepare(&site->store, SAMPLE_NOW, &site->fault));
	assert_string_equal(site->fault.why, "writable by others than its owner");
	assert_int_equal(chmod(site_path(site, "store/enrollments"), 0700), 0);
	/* what a kill left there is no record */
	site_put(site, "store/enrollments/.new", "half", 4);
	assert_true(store_prepare(&site->store, SAMPLE_NOW, &site->fault));
}

static void
store_without_a_key_is_refused(void **state)
{
	struct site *site = *state;

	memcpy(site->key_file, "none", sizeof "none");
	assert_true(store_make(site->where, &site->fault) && site_open(site));
	assert_true(store_prepare(&site->store, SAMPLE_NOW, &site->fault));
	site_enroll(site, ALICE, 1);
	assert_false(load_fails(site, ALICE));
	/* and once there is a key, what is in clear does not count */
	(void)snprintf(site->key_file, sizeof site->key_file, "%s/etc/key", site->directory);
	site_put(site, "etc/key", "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", SEAL_KEY_LENGTH);
	assert_true(key_fails(site));
	assert_true(load_fails(site, ALICE));
}

static void
rule_01_lost_directory_means_nobody_is_enrolled(void **state)
{
	struct site *site = *state;

	site_enroll(site, ALICE, 1);
	assert_int_equal(rename(site_path(site, "store/histories"), site_path(site, "h")), 0);
	assert_true(look_fails(site, ALICE));
	assert_int_equal(rename(site_path(site, "h"), site_path(site, "store/histories")), 0);
	assert_false(look_fails(site, ALICE));
	assert_int_equal(rename(site_path(site, "store/enrollments"), site_path(site, "e")), 0);
	assert_true(look_fails(site, ALICE));
	assert_int_equal(rename(site_path(site, "e"), site_path(site, "store/enrollments")), 0);
	/* a history that is gone is not an empty one */
	assert_int_equal(unlink(site_path(site, "store/histories/alice")), 0);
	assert_true(look_fails(site, ALICE));
	assert_int_equal(site->fault.error, ENOENT);
}

/* ---- looking up ------------------------------------------------------------------- */

static void
rule_03_unknown_user_costs_less(void **state)
{
	struct site *site = *state;
	static const char *const nobody[] = { NULL, "", "bob", ".none", ".new", "..", "a/b", "%", "?" };
	struct record record;

	site_enroll(site, ALICE, 1);
	for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
		struct history next;

		site_look(site, nobody[i], 7, &record);
		assert_false(record.enrolled);
		assert_false(record.has_history);
		assert_int_equal(record.enrollment, -1);
		assert_true(record.history >= 0);
		assert_string_equal(record.view.history.user, "?");
		next = record.view.history;
		next.seq++;
		next.failures++;
		assert_int_equal(store_swap(&site->store, &record, &next, &site->fault), STORE_OK);
		record_close(&record);
	}
	site_look(site, ALICE, &record);
	assert_true(record.enrolled && record.has_history && record.enrollment >= 0);
	assert_int_equal(record.view.history.failures, 0);
	record_close(&record);
}

static void
rule_14_lost_or_damaged_decoy_refuses_somebody(void **state)
{
	struct site *site = *state;
	char decoy[HISTORY_SIZE];
	struct record record;
	struct history next;

	site_enroll(site, ALICE, 1);
	assert_int_equal(site_get(site, "store/decoy", decoy, sizeof decoy), sizeof decoy);
	for (unsigned damage = 0; damage < 4; damage++) {
		(void)unlink(site_path(site, "store/decoy"));
		if (damage == 1)
			site_put(site, "store/decoy", decoy, sizeof decoy - 1);
		if (damage == 2)
			assert_int_equal(symlink("marker", site_path(site, "store/decoy")), 0);
		if (damage == 3) {
			decoy[0] ^= 1;
			site_put(site, "store/decoy", decoy, sizeof decoy);
		}
		site_look(site, "bob", 7, &record);
		assert_false(record.enrolled);
		assert_string_equal(record.view.history.user, "?");
		next = record.view.history;
		next.seq++;
		assert_int_equal(store_swap(&site->store, &record, &next, &site->fault), STORE_FAULT);
		assert_string_equal(site->fault.why, "missing");
		record_close(&record);
		assert_false(load_fails(site, ALICE));
		assert_int_equal(site_succeed(site, ALICE), STORE_OK);
	}
}

static void
rule_04_record_under_another_name_is_taken(void **state)
{
	struct site *site = *state;
	char enrollment[ENROLLMENT_SIZE], history[HISTORY_SIZE];
	size_t len;

	site_enroll(site, ALICE, 1);
	site_enroll(site, BOB, 2);
	len = site_get(site, "store/enrollments/alice", enrollment, sizeof enrollment);
	assert_int_equal(site_get(site, "store/histories/alice", history, sizeof history),
	    sizeof history);
	assert_true(load_fails(site, "alice", 1001));
	assert_string_equal(site->fault.why, "made for another uid");
	site_put(site, "store/enrollments/bob", enrollment, len);
	assert_true(load_fails(site, BOB));
	assert_string_equal(site->fault.why, "another user's record");
	site_put(site, "store/histories/bob", history, sizeof history);
	assert_true(look_fails(site, BOB));
	assert_false(load_fails(site, ALICE));
}

static void
rule_11_untrusted_file_is_read(void **state)
{
	struct site *site = *state;
	/* what a login needs, and whether looking up or the key is what fails */
	static const struct {
		const char *file;
		bool key;
	} rows[] = {
		{ "store/enrollments/alice", false }, { "store/histories/alice", false },
		{ "store/marker", true }, { "etc/key", true },
	};

	site_enroll(site, ALICE, 1);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char file[1024], aside[1024];
		static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0666, 0601 };
		bool (*fails)(struct site *) = key_fails;

		(void)snprintf(file, sizeof file, "%s", site_path(site, rows[i].file));
		(void)snprintf(aside, sizeof aside, "%s", site_path(site, "aside"));
		(void)alarm(10); /* a FIFO that is waited for ends the test */
#define FAILS() (rows[i].key ? fails(site) : look_fails(site, ALICE))
		for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
			assert_int_equal(chmod(file, modes[m]), 0);
			assert_row(FAILS(), rows[i].file);
			assert_string_equal(site->fault.file, file);
		}
		assert_int_equal(chmod(file, 0600), 0);
		assert_int_equal(link(file, aside), 0);
		assert_row(FAILS(), rows[i].file);
		assert_int_equal(unlink(aside), 0);
		assert_row(!FAILS(), rows[i].file);
		assert_int_equal(rename(file, aside), 0);
		assert_int_equal(symlink(aside, file), 0);
		assert_row(FAILS(), rows[i].file);
		assert_int_equal(unlink(file), 0);
		assert_int_equal(mkfifo(file, 0600), 0);
		assert_row(FAILS(), rows[i].file);
		assert_int_equal(unlink(file), 0);
		assert_int_equal(mkdir(file, 0700), 0);
		assert_row(FAILS(), rows[i].file);
		assert_int_equal(rmdir(file), 0);
		assert_int_equal(rename(aside, file), 0);
		assert_row(!FAILS(), rows[i].file);
		if (geteuid() == 0) {
			assert_int_equal(chown(file, OTHER, 0), 0);
			assert_row(FAILS(), rows[i].file);
			assert_string_equal(site->fault.why, "not owned by root");
			assert_int_equal(chown(file, 0, 0), 0);
			assert_row(!FAILS(), rows[i].file);
		}
		(void)alarm(0);
	}
	site_needs_root();
}

static void
rule_11_untrusted_directory_is_read(void **state)
{
	struct site *site = *state;
	static const char *const directories[] = { "store", "store/enrollments", "store/histories" };

	site_enroll(site, ALICE, 1);
	for (size_t i = 0; i < 3; i++) {
		const char *path = site_path(site, directories[i]);

#define OPEN_OR_LOOK_FAILS() (!site_open(site) || look_fails(site, ALICE))
		assert_row(!OPEN_OR_LOOK_FAILS(), directories[i]);
		assert_int_equal(chmod(path, 0770), 0);
		assert_row(OPEN_OR_LOOK_FAILS(), directories[i]);
		assert_int_equal(chmod(path, 0707), 0);
		assert_row(OPEN_OR_LOOK_FAILS(), directories[i]);
		assert_int_equal(chmod(path, 0700), 0);
		if (geteuid() == 0) {
			assert_int_equal(chown(path, OTHER, 0), 0);
			assert_row(OPEN_OR_LOOK_FAILS(), directories[i]);
			assert_int_equal(chown(path, 0, 0), 0);
		}
		assert_int_equal(rename(path, site_path(site, "aside")), 0);
		assert_int_equal(symlink(site_path(site, "aside"), path), 0);
		assert_row(OPEN_OR_LOOK_FAILS(), directories[i]);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(rename(site_path(site, "aside"), path), 0);
	}
	assert_int_equal(chmod(site->directory, 0770), 0);
	assert_false(site_open(site));
	assert_int_equal(chmod(site->directory, 0700), 0);
	assert_true(site_open(site));
}

static void
rule_12_user_name_leaves_the_store(void **state)
{
	struct site *site = *state;
	char longest[256], overlong[257], slashes[86];
	const char *const users[] = { "../../etc/passwd", "..", ".", ".new", "a/b", "a b", "100%", "%2f",
		"jan@example.org", "caf\xc3\xa9", "a\nuser root", "-rf", longest, slashes };
	struct record record;
	struct enrollment enrollment = { .devices = 1 };

	memset(longest, 'l', 255);
	longest[255] = '\0';
	memset(overlong, 'l', 256);
	overlong[256] = '\0';
	memset(slashes, '/', 85);
	slashes[85] = '\0';
	for (uid_t i = 0; i < sizeof users / sizeof *users; i++) {
		char name[TEXT_NAME_SIZE], file[400];
		struct stat st;

		site_enroll(site, users[i], i, i);
		assert_row(!load_fails(site, users[i], i), users[i]);
		assert_true(text_name(name, users[i]));
		(void)snprintf(file, sizeof file, "store/enrollments/%s", name);
		assert_row(lstat(site_path(site, file), &st) == 0 && S_ISREG(st.st_mode), users[i]);
	}
	/* one that no file can be named after is nobody, and cannot be enrolled */
	site_look(site, overlong, 99, &record);
	assert_false(record.enrolled);
	(void)snprintf(enrollment.user, sizeof enrollment.user, "%s", longest);
	sample_device(&enrollment.device[0], "phone", OTP_TOTP, 1);
	assert_int_equal(store_replace(&site->store, &record, &enrollment, &site->fault), STORE_FAULT);
	record_close(&record);
}

static void
rule_13_damaged_file_is_read(void **state)
{
	struct site *site = *state;
	char whole[ENROLLMENT_SIZE + 1], history[HISTORY_SIZE + 1] = { 0 };
	size_t len;

	site_enroll(site, ALICE, 1);
	len = site_get(site, "store/enrollments/alice", whole, sizeof whole);
	assert_int_equal(site_get(site, "store/histories/alice", history, sizeof history),
	    HISTORY_SIZE);
	for (size_t size = 0; size < len; size += 7) {
		site_put(site, "store/enrollments/alice", whole, size);
		assert_true(load_fails(site, ALICE));
	}
	for (size_t i = 0; i < len; i += 5) {
		whole[i] ^= 4;
		site_put(site, "store/enrollments/alice", whole, len);
		assert_true(load_fails(site, ALICE));
		whole[i] ^= 4;
	}
	memset(whole + len, '\n', sizeof whole - len);
	site_put(site, "store/enrollments/alice", whole, len + 1);
	assert_true(load_fails(site, ALICE));
	site_put(site, "store/enrollments/alice", whole, sizeof whole);
	assert_true(load_fails(site, ALICE));
	assert_string_equal(site->fault.why, "longer than any record");
	site_put(site, "store/enrollments/alice", whole, len);
	assert_false(load_fails(site, ALICE));
	for (size_t size = 0; size <= HISTORY_SIZE + 1; size += 1024) {
		site_put(site, "store/histories/alice", history, size);
		assert_int_equal(look_fails(site, ALICE), size != HISTORY_SIZE);
	}
	site_put(site, "store/histories/alice", history, HISTORY_SIZE + 1);
	assert_true(look_fails(site, ALICE));
	memset(history, 0, sizeof history);
	site_put(site, "store/histories/alice", history, HISTORY_SIZE);
	assert_true(look_fails(site, ALICE));
}

/* ---- swapping --------------------------------------------------------------------- */

static void
swapped_history_is_not_the_next_one(void **state)
{
	struct site *site = *state;
	struct enrollment enrollment;
	struct history history;

	site_enroll(site, ALICE, 1);
	for (unsigned i = 1; i <= 20; i++) {
		assert_int_equal(i % 5 == 0 ? site_succeed(site, ALICE) : site_fail(site, ALICE),
		    STORE_OK);
		assert_true(site_load(site, ALICE, &enrollment, &history));
		assert_int_equal(history.seq, i);
		assert_int_equal(history.failures, i % 5);
	}
}

/*
 * A byte of the file that is no longer what it was: the login is refused, or else what it records
 * is what the next one reads. Otherwise one code would do for ever.
 */
static void
rule_06_write_into_a_damaged_history_is_lost(void **state)
{
	struct site *site = *state;
	char file[HISTORY_SIZE];

	for (size_t at = 0; at < HISTORY_SIZE; at += 61) {
		struct enrollment enrollment;
		struct history before, after;

		site_enroll(site, ALICE, 1);
		assert_int_equal(site_succeed(site, ALICE), STORE_OK);
		assert_int_equal(site_get(site, "store/histories/alice", file, sizeof file),
		    HISTORY_SIZE);
		file[at] ^= 1;
		site_put(site, "store/histories/alice", file, sizeof file);
		if (!site_load(site, ALICE, &enrollment, &before))
			continue;
		assert_int_equal(site_succeed(site, ALICE), STORE_OK);
		assert_true(site_load(site, ALICE, &enrollment, &after));
		assert_int_equal(after.seq, before.seq + 1);
		assert_int_equal(site_fail(site, ALICE), STORE_OK);
		assert_true(site_load(site, ALICE, &enrollment, &after));
		assert_int_equal(after.seq, before.seq + 2);
	}
}

static void
rule_09_failure_is_written_over_the_newest_success(void **state)
{
	struct site *site = *state;
	char before[HISTORY_SIZE], after[HISTORY_SIZE];

	site_enroll(site, ALICE, 1);
	for (unsigned i = 0; i < 4; i++) {
		unsigned slot = i % 2 == 0 ? 1 : 0; /* where this success goes */

		(void)site_get(site, "store/histories/alice", before, sizeof before);
		assert_int_equal(site_succeed(site, ALICE), STORE_OK);
		(void)site_get(site, "store/histories/alice", after, sizeof after);
		assert_memory_equal(before + !slot * HISTORY_STRIDE, after + !slot * HISTORY_STRIDE,
		    HISTORY_STRIDE);
		for (unsigned failure = 0; failure < 3; failure++) {
			assert_int_equal(site_fail(site, ALICE), STORE_OK);
			(void)site_get(site, "store/histories/alice", before, sizeof before);
			assert_memory_equal(before + slot * HISTORY_STRIDE,
			    after + slot * HISTORY_STRIDE, HISTORY_STRIDE);
			assert_memory_not_equal(before, after, HISTORY_SIZE);
		}
	}
}

/* What may happen to a record between looking and swapping. */
static void
meanwhile(struct site *site, unsigned what)
{
	struct record record;

	switch (what) {
	case 0:
		assert_int_equal(site_fail(site, ALICE), STORE_OK);
		break;
	case 1:
		assert_int_equal(site_succeed(site, ALICE), STORE_OK);
		break;
	case 2: /* another key */
		site_enroll(site, ALICE, 2);
		break;
	case 3: /* the same key */
		site_enroll(site, ALICE, 1);
		break;
	case 5: /* away, and back */
	case 4:
		site_look(site, ALICE, &record);
		assert_int_equal(store_replace(&site->store, &record, NULL, &site->fault), STORE_OK);
		record_close(&record);
		if (what == 5)
			site_enroll(site, ALICE, 1);
		break;
	default:
		assert_int_equal(site_fail(site, BOB), STORE_OK);
		break;
	}
}

static void
rule_07_swap_overwrites_what_it_has_not_seen(void **state)
{
	struct site *site = *state;

	site_enroll(site, BOB, 3);
	for (unsigned what = 0; what < 7; what++) {
		struct record record;
		struct history next;
		bool conflict = what < 6;

		site_enroll(site, ALICE, 1);
		site_look(site, ALICE, &record);
		next = record.view.history;
		next.seq++;
		next.flushed = true;
		meanwhile(site, what);
		assert_int_equal(store_swap(&site->store, &record, &next, &site->fault),
		    conflict ? STORE_CONFLICT : STORE_OK);
		/* looked at again, it goes */
		if (conflict) {
			assert_true(store_look_again(&site->store, &record, &site->fault));
			assert_int_equal(record.enrolled, what != 4);
			next = record.view.history;
			next.seq++;
			assert_int_equal(store_swap(&site->store, &record, &next, &site->fault), STORE_OK);
		}
		record_close(&record);
	}
}

static void
user_enrolled_meanwhile_is_judged_as_unknown(void **state)
{
	struct site *site = *state;
	struct record record;
	struct history next;

	site_look(site, ALICE, &record);
	site_enroll(site, ALICE, 1);
	next = record.view.history;
	next.seq++;
	assert_int_equal(store_swap(&site->store, &record, &next, &site->fault), STORE_CONFLICT);
	assert_true(store_look_again(&site->store, &record, &site->fault));
	assert_true(record.enrolled);
	record_close(&record);
}

#define RACERS 16
#define ROUNDS 20

static void
rule_07_two_of_many_processes_swap_one_history(void **state)
{
	struct site *site = *state;
	struct record record;

	site_enroll(site, ALICE, 1);
	for (size_t round = 0; round < ROUNDS; round += sample_stride()) {
		unsigned won = 0;
		pid_t children[RACERS];

		/* All look at the same moment, then all swap. */
		site_look(site, ALICE, &record);
		for (unsigned i = 0; i < RACERS; i++) {
			children[i] = fork();
			assert_true(children[i] >= 0);
			if (children[i] == 0) {
				struct record own;
				struct history next;

				if (!store_look(&site->store, ALICE, &own, &site->fault) ||
				    memcmp(own.file, record.file, sizeof own.file) != 0)
					_exit(2);
				next = own.view.history;
				next.seq++;
				next.flushed = round % 2 == 0;
				_exit(store_swap(&site->store, &own, &next, &site->fault) == STORE_OK);
			}
		}
		for (unsigned i = 0; i < RACERS; i++) {
			int status = 0;

			assert_int_equal(waitpid(children[i], &status, 0), children[i]);
			assert_true(WIFEXITED(status));
			won += WEXITSTATUS(status) == 1;
		}
		assert_int_equal(won, 1);
		record_close(&record);
	}
}

/* One more failure after a look that is over. */
static enum store_answer
fail_looked(struct site *site, struct record *looked)
{
	struct history next = looked->view.history;

	next.seq++;
	next.failures++;
	next.flushed = false;
	return store_swap(&site->store, looked, &next, &site->fault);
}

/*
 * In a child under a limit on file sizes, with SIGXFSZ as a login finds it; the answer of
 * the swap, or 99 where the child was killed. `looked` before the limit came, or NULL.
 */
static int
swap_under_limit(struct site *site, rlim_t limit, bool success, void (*disposition)(int),
    struct record *looked)
{
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		const struct rlimit size = { limit, limit };
		enum store_answer answer;
		sigset_t pending;

		(void)signal(SIGXFSZ, disposition);
		if (setrlimit(RLIMIT_FSIZE, &size) != 0)
			_exit(90);
		if (looked != NULL)
			answer = fail_looked(site, looked);
		else
			answer = success ? site_succeed(site, ALICE) : site_fail(site, ALICE);
		/* Nothing may be left that kills the host process later. */
		if (sigpending(&pending) != 0 || sigismember(&pending, SIGXFSZ) != 0)
			_exit(91);
		_exit((int)answer);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static void
rule_08_file_size_limit_kills_or_is_a_success(void **state)
{
	struct site *site = *state;
	static void (*const dispositions[])(int) = { SIG_DFL, SIG_IGN };

	site_enroll(site, ALICE, 1);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(swap_under_limit(site, 0, true, dispositions[i], NULL), STORE_FAULT);
		assert_int_equal(swap_under_limit(site, 0, false, dispositions[i], NULL), STORE_FAULT);
		assert_int_equal(swap_under_limit(site, HISTORY_SIZE - 1, true, dispositions[i], NULL),
		    STORE_FAULT);
		assert_int_equal(swap_under_limit(site, HISTORY_SIZE, true, dispositions[i], NULL), STORE_OK);
		assert_int_equal(swap_under_limit(site, RLIM_INFINITY, true, dispositions[i], NULL), STORE_OK);
	}
}

/* Another module sets it between our look and our write: the kernel's signal then waits already. */
static void
rule_08_file_size_limit_that_comes_later_kills(void **state)
{
	struct site *site = *state;
	struct record record;

	site_enroll(site, ALICE, 1);
	site_look(site, ALICE, &record);
	assert_int_equal(swap_under_limit(site, 0, false, SIG_DFL, &record), STORE_FAULT);
	assert_int_equal(swap_under_limit(site, 0, false, SIG_IGN, &record), STORE_FAULT);
	record_close(&record);
}

/*
 * A limit in the middle of a slot would tear it: the failures that stood there would be gone, and
 * who may run `su` under `ulimit -f` could guess for ever.
 */
static void
rule_08_file_size_limit_rolls_failures_back(void **state)
{
	struct site *site = *state;

	for (unsigned successes = 0; successes < 2; successes++) {
		struct enrollment enrollment;
		struct history history;

		/* One success puts the failures into the first slot, another into the second. */
		site_enroll(site, ALICE, 1);
		assert_int_equal(site_succeed(site, ALICE), STORE_OK);
		for (unsigned i = 0; i < 9; i++)
			assert_int_equal(site_fail(site, ALICE), STORE_OK);
		for (rlim_t limit = 0; limit <= HISTORY_SIZE; limit += 512) {
			unsigned before;

			assert_true(site_load(site, ALICE, &enrollment, &history));
			before = history.failures;
			assert_in_range(before, 9, 99);
			(void)swap_under_limit(site, limit, false, SIG_IGN, NULL);
			assert_true(site_load(site, ALICE, &enrollment, &history));
			assert_in_range(history.failures, before, before + 1);
		}
	}
}

static void
rule_09_success_that_was_not_flushed_is_told(void **state)
{
	struct site *site = *state;
	static const int errors[] = { EIO, ENOSPC, EROFS, EDQUOT };

	site_enroll(site, ALICE, 1);
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		unsigned calls = 0;

		/* flock, pwrite, fdatasync: one write and one flush, in this order */
		for (; calls < 3; calls++) {
			trouble_after(calls, errors[i]);
			assert_int_equal(site_succeed(site, ALICE), STORE_FAULT);
			assert_true(trouble_over());
			assert_int_equal(site->fault.error, errors[i]);
		}
		trouble_after(99, EIO);
		assert_int_equal(site_succeed(site, ALICE), STORE_OK);
		assert_false(trouble_over());
		assert_int_equal(trouble_calls(), 5); /* and the note behind the slot, the unlocking */
		/* A failure is not flushed: an attacker would decide how busy the disk is. */
		trouble_after(99, EIO);
		assert_int_equal(site_fail(site, ALICE), STORE_OK);
		assert_false(trouble_over());
		assert_int_equal(trouble_calls(), 3);
	}
}

static void
rule_17_descriptor_is_left_open(void **state)
{
	struct site *site = *state;
	struct enrollment enrollment;
	unsigned before = site_descriptors();

	site_enroll(site, ALICE, 1);
	assert_true(site_load(site, ALICE, &enrollment, NULL));
	assert_true(load_fails(site, "nobody", 7));
	assert_int_equal(site_succeed(site, ALICE), STORE_OK);
	assert_int_equal(chmod(site_path(site, "store/histories/alice"), 0666), 0);
	assert_true(look_fails(site, ALICE));
	assert_true(store_prepare(&site->store, SAMPLE_NOW, &site->fault));
	for (unsigned calls = 0; calls < 40; calls++) {
		struct record record;

		trouble_after(calls, EIO);
		site_look(site, BOB, &record);
		enrollment.uid = 1001;
		memcpy(enrollment.user, "bob", sizeof "bob");
		(void)store_replace(&site->store, &record, &enrollment, &site->fault);
		record_close(&record);
		(void)trouble_over();
	}
	assert_int_equal(site_descriptors(), before);
	store_close(&site->store);
	assert_int_equal(site_descriptors(), before - 1);
	store_close(&site->store);
	assert_int_equal(site_descriptors(), before - 1);
}

static struct host_key kept; /* off the stack */

/* (What comes after it in a login writes over its stack, but for where that fails.) */
static void
read_key(void *arg)
{
	struct site *site = arg;
	struct trusted_file opened;

	assert_true(key_open(&opened, site->key_file, NULL, geteuid(), &site->fault));
	assert_true(key_read(&kept, &opened, site->key_file, &site->fault));
	trusted_file_close(&opened);
}

static void
rule_19_host_key_outlives_the_store(void **state)
{
	static const struct host_key nothing;
	struct site *site = *state;
	char key[SEAL_KEY_LENGTH];

	assert_int_equal(site_get(site, "etc/key", key, sizeof key), sizeof key);
	host_key_wipe(&kept);
	assert_true(host_key_ready(&kept));
	assert_false(leftover(read_key, site, key, sizeof key));
	host_key_wipe(&kept);

	assert_true(site->store.keyed);
	store_close(&site->store);
	assert_memory_equal(&site->store.key, &nothing, sizeof nothing);
	assert_false(site->store.keyed);
	/* nor is one read before it is asked for */
	assert_true(site_open(site));
	assert_memory_equal(&site->store.key, &nothing, sizeof nothing);
}

/* ---- enrolling -------------------------------------------------------------------- */

static void
replacing_overwrites_what_it_has_not_seen(void **state)
{
	struct site *site = *state;

	site_enroll(site, BOB, 3);
	for (unsigned what = 0; what < 7; what++) {
		/* A login meanwhile is no conflict: history and enrollment are two records. */
		bool conflict = what >= 2 && what < 6;
		struct enrollment enrollment, after;
		struct record record;

		site_enroll(site, ALICE, 1);
		site_look(site, ALICE, &record);
		assert_true(store_read(&site->store, &record, &enrollment, &site->fault));
		meanwhile(site, what);
		sample_device(&enrollment.device[0], "mine", OTP_TOTP, 77);
		assert_int_equal(store_replace(&site->store, &record, &enrollment, &site->fault),
		    conflict ? STORE_CONFLICT : STORE_OK);
		record_close(&record);
		if (what != 4) {
			assert_true(site_load(site, ALICE, &after, NULL));
			assert_int_equal(strcmp(after.device[0].name, "mine") == 0, !conflict);
		}
	}
}

static void
two_enroll_a_new_user_at_once(void **state)
{
	struct site *site = *state;
	struct enrollment enrollment = { .user = "alice", .uid = 1000, .devices = 1 };
	struct record record;

	sample_device(&enrollment.device[0], "mine", OTP_TOTP, 1);
	site_look(site, ALICE, &record);
	site_enroll(site, ALICE, 2);
	assert_int_equal(store_replace(&site->store, &record, &enrollment, &site->fault),
	    STORE_CONFLICT);
	record_close(&record);
}

static void
generation_does_not_grow(void **state)
{
	struct site *site = *state;
	struct enrollment enrollment;
	struct record record;

	site_enroll(site, ALICE, 1);
	for (int64_t generation = 1; generation < 5; generation++) {
		site_look(site, ALICE, &record);
		assert_true(store_read(&site->store, &record, &enrollment, &site->fault));
		assert_int_equal(enrollment.generation, generation);
		assert_int_equal(store_replace(&site->store, &record, &enrollment, &site->fault),
		    STORE_OK);
		record_close(&record);
	}
}

static void
rule_06_removing_frees_what_was_spent(void **state)
{
	struct site *site = *state;
	struct enrollment enrollment;
	struct history history;
	struct record record;

	site_enroll(site, ALICE, 1);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(site_fail(site, ALICE), STORE_OK);
	site_look(site, ALICE, &record);
	assert_int_equal(store_replace(&site->store, &record, NULL, &site->fault), STORE_OK);
	record_close(&record);
	assert_true(load_fails(site, ALICE));
	site_look(site, ALICE, &record);
	assert_false(record.enrolled);
	assert_false(record.has_history);
	record_close(&record);
	/* Enrolled once more, he finds his history as it was. */
	site_enroll(site, ALICE, 1);
	assert_true(site_load(site, ALICE, &enrollment, &history));
	assert_int_equal(history.failures, 7);
	assert_int_equal(history.seq, 7);
	/* removing what is not there */
	site_look(site, BOB, &record);
	assert_int_equal(store_replace(&site->store, &record, NULL, &site->fault), STORE_FAULT);
	record_close(&record);
}

static void
rule_13_enrolling_beside_a_damaged_history_succeeds(void **state)
{
	struct site *site = *state;
	struct enrollment enrollment = { .user = "alice", .uid = 1000, .devices = 1 };
	const char *const file = "store/histories/alice", *const another = "store/histories/.another";
	char before[HISTORY_SIZE], after[HISTORY_SIZE];
	struct record record;

	site_enroll(site, ALICE, 1);
	assert_int_equal(site_fail(site, ALICE), STORE_OK);
	site_look(site, ALICE, &record);
	assert_int_equal(store_replace(&site->store, &record, NULL, &site->fault), STORE_OK);
	record_close(&record);
	sample_device(&enrollment.device[0], "phone", OTP_TOTP, 1);
	/* readable by others, with two names, cut off: never begun anew, for it holds what is spent */
	for (unsigned i = 0; i < 3; i++) {
		size_t len = i == 2 ? 7 : sizeof before;

		assert_int_equal(chmod(site_path(site, file), i == 0 ? 0644 : 0600), 0);
		if (i == 1)
			assert_int_equal(link(site_path(site, file), site_path(site, another)), 0);
		else
			(void)unlink(site_path(site, another));
		assert_int_equal(site_get(site, file, before, sizeof before), sizeof before);
		site_put(site, file, before, len);
		site_look(site, ALICE, &record);
		assert_int_equal(
		    store_replace(&site->store, &record, &enrollment, &site->fault), STORE_FAULT);
		record_close(&record);
		assert_int_equal(site_get(site, file, after, sizeof after), len);
		assert_memory_equal(after, before, len);
	}
}

static const char *listed[8];
static unsigned count;

static bool
note(const char *user, void *arg)
{
	assert_ptr_equal(arg, &count);
	assert_true(count < 8);
	listed[count++] = strdup(user);
	return count < 6;
}

static unsigned
list(struct site *site)
{
	for (unsigned i = 0; i < count; i++)
		free((void *)listed[i]);
	count = 0;
	assert_true(store_list(&site->store, note, &count, &site->fault));
	return count;
}

static void
list_leaves_somebody_out(void **state)
{
	struct site *site = *state;
	static const char *const users[] = { "alice", ".hidden", "a/b", "%", "caf\xc3\xa9" };

	assert_int_equal(list(site), 0);
	for (uid_t i = 0; i < 5; i++)
		site_enroll(site, users[i], i, i);
	/* what is none of ours is passed over */
	site_put(site, "store/enrollments/.new", "x", 1);
	site_put(site, "store/enrollments/a%2Fb", "x", 1);
	assert_int_equal(list(site), 5);
	for (unsigned i = 0; i < 5; i++) {
		bool found = false;

		for (unsigned j = 0; j < 5; j++)
			found = found || strcmp(listed[j], users[i]) == 0;
		assert_row(found, users[i]);
	}
	/* until it is told to stop */
	site_enroll(site, "f", 6, 6);
	site_enroll(site, "g", 7, 7);
	assert_int_equal(list(site), 6);
	(void)count;
	for (unsigned i = 0; i < count; i++)
		free((void *)listed[i]);
	count = 0;
	assert_int_equal(rename(site_path(site, "store/enrollments"), site_path(site, "e")), 0);
	assert_false(store_list(&site->store, note, &count, &site->fault));
}

/* ---- trouble ---------------------------------------------------------------------- */

/* One change: enrolls alice with another key, or bob who has none, or removes alice. */
static enum store_answer
change(struct site *site, unsigned what)
{
	struct enrollment enrollment = { .uid = what == 1 ? 1001 : 1000, .devices = 1 };
	struct record record;
	enum store_answer answer;

	site_look(site, what == 1 ? "bob" : "alice", enrollment.uid, &record);
	memcpy(enrollment.user, record.user, sizeof enrollment.user);
	sample_device(&enrollment.device[0], "new", OTP_TOTP, 50);
	answer = store_replace(&site->store, &record, what == 2 ? NULL : &enrollment, &site->fault);
	record_close(&record);
	return answer;
}

/* Whoever was enrolled is, with the old device or with the new; and the store works as before. */
static void
assert_nothing_lost(struct site *site, unsigned what, bool told)
{
	struct enrollment enrollment;
	struct history history;
	bool there = site_load(site, ALICE, &enrollment, &history);

	if (what == 2) {
		assert_true(!there || !told);
		if (!there)
			site_enroll(site, ALICE, 1);
	} else {
		assert_true(there);
		assert_int_equal(history.failures, 4);
	}
	if (what == 0 && told)
		assert_string_equal(enrollment.device[0].name, "new");
	if (what == 1 && told)
		assert_true(site_load(site, BOB, &enrollment, NULL));
	site_enroll(site, ALICE, 1);
	assert_int_equal(site_succeed(site, ALICE), STORE_OK);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(site_fail(site, ALICE), STORE_OK);
	site_enroll(site, BOB, 2);
	assert_false(load_fails(site, BOB));
	assert_true(unlink(site_path(site, "store/enrollments/bob")) == 0 &&
	    unlink(site_path(site, "store/histories/bob")) == 0);
	/* The temporary file of the change is gone, at the latest by the next one. */
	assert_int_equal(access(site_path(site, "store/enrollments/.new"), F_OK), -1);
	assert_int_equal(access(site_path(site, "store/histories/.new"), F_OK), -1);
}

static void
rule_15_failing_call_loses_an_enrollment(void **state)
{
	struct site *site = *state;
	static const int errors[] = { EIO, ENOSPC, EROFS };

	site_enroll(site, ALICE, 1);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(site_fail(site, ALICE), STORE_OK);
	for (unsigned what = 0; what < 3; what++) {
		for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
			unsigned calls = 0;
			bool came = true;

			for (; came && calls < 60; calls++) {
				enum store_answer answer;

				trouble_after(calls, errors[e]);
				answer = change(site, what);
				came = trouble_over();
				assert_true(came || answer == STORE_OK);
				assert_nothing_lost(site, what, answer == STORE_OK);
			}
			/* that many calls there are at the least: lock, write, flush, rename, flush, unlock */
			assert_in_range(calls, what == 2 ? 6 : 9, 59);
		}
	}
}

static void
rule_14_killed_change_loses_an_enrollment(void **state)
{
	struct site *site = *state;

	site_enroll(site, ALICE, 1);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(site_fail(site, ALICE), STORE_OK);
	for (unsigned what = 0; what < 3; what++) {
		bool killed = true;
		unsigned calls = 0;

		for (; killed && calls < 60; calls++) {
			int status = 0;
			pid_t child = fork();

			assert_true(child >= 0);
			if (child == 0) {
				trouble_after(calls, 0);
				_exit(change(site, what) == STORE_OK ? 0 : 1);
			}
			assert_int_equal(waitpid(child, &status, 0), child);
			killed = WIFSIGNALED(status);
			assert_true(killed || status == 0);
			assert_nothing_lost(site, what, !killed);
		}
		assert_in_range(calls, what == 2 ? 6 : 9, 59);
	}
}

static void
rule_14_killed_or_failing_founding_cannot_be_finished(void **state)
{
	static const int errors[] = { 0, EIO, ENOSPC };
	struct site *empty = *state;

	(void)empty;
	for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
		bool came = true;
		unsigned calls = 0;

		for (; came && calls < 80; calls++) {
			void *fresh;
			struct site *site;
			int status = 0;
			pid_t child;

			assert_int_equal(site_make(&fresh), 0);
			site = fresh;
			assert_true(store_make(site->where, &site->fault) && site_open(site));
			child = fork();
			assert_true(child >= 0);
			if (child == 0) {
				bool founded;

				trouble_after(calls, errors[e]);
				founded = store_prepare(&site->store, SAMPLE_NOW, &site->fault);
				came = trouble_over();
				_exit(came ? 2 : !founded);
			}
			assert_int_equal(waitpid(child, &status, 0), child);
			came = status != 0;
			assert_true(!came || WIFSIGNALED(status) || WEXITSTATUS(status) == 2);
			/* The next one finishes it. */
			assert_true(store_prepare(&site->store, SAMPLE_NOW, &site->fault));
			site_enroll(site, ALICE, 1);
			assert_false(load_fails(site, ALICE));
			assert_int_equal(site_remove(&fresh), 0);
		}
		assert_in_range(calls, 20, 79);
	}
}

static void
rule_14_process_without_descriptors_loses_something(void **state)
{
	struct site *site = *state;

	site_enroll(site, ALICE, 1);
	for (rlim_t limit = 0; limit < 12; limit++) {
		int status = 0;
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			const struct rlimit files = { site_descriptors() - 3 + limit, 4096 };
			struct enrollment enrollment;
			struct record record;
			bool looked;

			if (setrlimit(RLIMIT_NOFILE, &files) != 0)
				_exit(9);
			looked = store_look(&site->store, ALICE, &record, &site->fault);
			/* No descriptor left is a fault, and never "not enrolled". */
			if (looked && !record.enrolled)
				_exit(1);
			if (!looked && site->fault.error != EMFILE)
				_exit(2);
			if (looked && !store_read(&site->store, &record, &enrollment, &site->fault))
				_exit(3);
			if (looked &&
			    store_replace(&site->store, &record, &enrollment, &site->fault) ==
				STORE_CONFLICT)
				_exit(4);
			record_close(&record);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		assert_false(load_fails(site, ALICE));
	}
}

static void
rule_08_enrolling_under_a_file_size_limit_kills(void **state)
{
	struct site *site = *state;

	site_enroll(site, ALICE, 1);
	for (rlim_t limit = 0; limit < 2000; limit += 100) {
		int status = 0;
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			const struct rlimit size = { limit, limit };

			if (setrlimit(RLIMIT_FSIZE, &size) != 0)
				_exit(9);
			_exit(change(site, 0) == STORE_CONFLICT);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		assert_false(load_fails(site, ALICE));
		assert_int_equal(access(site_path(site, "store/enrollments/.new"), F_OK), -1);
	}
}

int
main(void)
{
#define IN_STORE(test) cmocka_unit_test_setup_teardown(test, site_found, site_remove)
#define IN_SITE(test) cmocka_unit_test_setup_teardown(test, site_make, site_remove)
	const struct CMUnitTest tests[] = {
		IN_STORE(new_store_is_not_as_it_is_documented),
		IN_STORE(second_founding_makes_a_new_key),
		IN_SITE(rule_01_second_store_is_founded_under_one_key),
		IN_SITE(rule_11_store_is_founded_where_others_write),
		IN_SITE(store_without_a_key_is_refused),
		IN_SITE(rule_01_place_that_is_no_store_means_nobody_is_enrolled),
		IN_STORE(rule_01_missing_or_foreign_key_or_marker_is_passed_over),
		IN_STORE(rule_01_store_that_lost_its_marker_or_key_is_founded_anew),
		IN_STORE(rule_01_lost_directory_means_nobody_is_enrolled),

		IN_STORE(rule_03_unknown_user_costs_less),
		IN_STORE(rule_14_lost_or_damaged_decoy_refuses_somebody),
		IN_STORE(rule_04_record_under_another_name_is_taken),
		IN_STORE(rule_11_untrusted_file_is_read),
		IN_STORE(rule_11_untrusted_directory_is_read),
		IN_STORE(rule_12_user_name_leaves_the_store),
		IN_STORE(rule_13_damaged_file_is_read),

		IN_STORE(swapped_history_is_not_the_next_one),
		IN_STORE(rule_06_write_into_a_damaged_history_is_lost),
		IN_STORE(rule_07_swap_overwrites_what_it_has_not_seen),
		IN_STORE(rule_07_two_of_many_processes_swap_one_history),
		IN_STORE(user_enrolled_meanwhile_is_judged_as_unknown),
		IN_STORE(rule_08_file_size_limit_kills_or_is_a_success),
		IN_STORE(rule_08_file_size_limit_that_comes_later_kills),
		IN_STORE(rule_08_file_size_limit_rolls_failures_back),
		IN_STORE(rule_09_success_that_was_not_flushed_is_told),
		IN_STORE(rule_09_failure_is_written_over_the_newest_success),
		IN_STORE(rule_17_descriptor_is_left_open),
		IN_STORE(rule_19_host_key_outlives_the_store),

		IN_STORE(replacing_overwrites_what_it_has_not_seen),
		IN_STORE(two_enroll_a_new_user_at_once),
		IN_STORE(generation_does_not_grow),
		IN_STORE(rule_06_removing_frees_what_was_spent),
		IN_STORE(rule_13_enrolling_beside_a_damaged_history_succeeds),
		IN_STORE(list_leaves_somebody_out),

		IN_STORE(rule_08_enrolling_under_a_file_size_limit_kills),
		IN_STORE(rule_15_failing_call_loses_an_enrollment),
		IN_STORE(rule_14_killed_change_loses_an_enrollment),
		IN_SITE(rule_14_killed_or_failing_founding_cannot_be_finished),
		IN_STORE(rule_14_process_without_descriptors_loses_something),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
