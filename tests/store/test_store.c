/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

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

#include "trouble.h"

#define ALICE "alice", 1000
#define BOB "bob", 1001
#define OTHER 65534

static bool
look_fails(struct place *place, const char *user, uid_t uid)
{
	struct record record;
	bool looked;

	place->fault = (struct store_fault){ .line = 0 };
	looked = store_look(&place->store, user, uid, &record, &place->fault);
	record_close(&record);
	assert_true(looked || place->fault.why != NULL);
	return !looked;
}

static bool
load_fails(struct place *place, const char *user, uid_t uid)
{
	struct enrollment enrollment;

	place->fault = (struct store_fault){ .line = 0 };
	return !place_load(place, user, uid, &enrollment, NULL);
}

static bool
key_fails(struct place *place)
{
	place->fault = (struct store_fault){ .line = 0 };
	if (!place_open(place))
		return true;
	assert_false(place->store.keyed);
	return !store_key(&place->store, &place->fault) && !place->store.keyed;
}

/* ---- a store ---------------------------------------------------------------------- */

static void
new_store_is_not_as_it_is_documented(void **state)
{
	struct place *place = *state;
	static const struct {
		const char *name;
		mode_t mode;
		off_t size; /* -1 for a directory */
	} rows[] = {
		{ "store", S_IFDIR | 0700, -1 }, { "store/enrollments", S_IFDIR | 0700, -1 },
		{ "store/histories", S_IFDIR | 0700, -1 }, { "store/decoy", S_IFREG | 0600, HISTORY_SIZE },
		{ "store/marker", S_IFREG | 0600, 0 }, { "etc/key", S_IFREG | 0600, SEAL_KEY_LENGTH },
	};
	struct stat st;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_row(lstat(place_path(place, rows[i].name), &st) == 0, rows[i].name);
		assert_row(st.st_mode == rows[i].mode, rows[i].name);
		assert_row(st.st_uid == geteuid(), rows[i].name);
		assert_row(rows[i].size <= 0 || st.st_size == rows[i].size, rows[i].name);
	}
	assert_int_equal(place->store.created, SAMPLE_NOW);
	assert_true(place->store.keyed);
}

static void
second_founding_makes_a_new_key(void **state)
{
	struct place *place = *state;
	char key[SEAL_KEY_LENGTH], again[SEAL_KEY_LENGTH];

	assert_int_equal(place_get(place, "etc/key", key, sizeof key), sizeof key);
	place_enroll(place, ALICE, 1);
	assert_true(store_prepare(&place->store, SAMPLE_NOW + 9, &place->fault));
	assert_int_equal(place->store.created, SAMPLE_NOW);
	assert_int_equal(place_get(place, "etc/key", again, sizeof again), sizeof again);
	assert_memory_equal(key, again, sizeof key);
	assert_false(load_fails(place, ALICE));
}

static void
rule_01_place_that_is_no_store_means_nobody_is_enrolled(void **state)
{
	struct place *place = *state;
	struct store_fault fault;
	static const char *const wrong[] = { "store", "file:store", "ldap://x/", "", "file:" };

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct store store;

		assert_row(!store_open(&store, wrong[i], "/k", geteuid(), &fault), wrong[i]);
		assert_row(fault.why != NULL, wrong[i]);
		store_close(&store);
	}
	/* not there; an empty mount point; a file */
	assert_false(place_open(place));
	assert_int_equal(place->fault.error, ENOENT);
	assert_int_equal(mkdir(place_path(place, "store"), 0700), 0);
	assert_true(key_fails(place));
	assert_int_equal(rmdir(place_path(place, "store")), 0);
	place_put(place, "store", "x", 1);
	assert_false(place_open(place));
}

static void
rule_01_missing_or_foreign_key_or_marker_is_passed_over(void **state)
{
	struct place *place = *state;
	char key[SEAL_KEY_LENGTH + 1], marker[512];
	size_t len;

	place_enroll(place, ALICE, 1);
	len = place_get(place, "store/marker", marker, sizeof marker);
	(void)place_get(place, "etc/key", key, SEAL_KEY_LENGTH);
	assert_false(key_fails(place));
	/* the key: missing, cut off, too long, another */
	assert_int_equal(unlink(place_path(place, "etc/key")), 0);
	assert_true(key_fails(place));
	assert_int_equal(place->fault.error, ENOENT);
	assert_string_equal(place->fault.file, place->key_file);
	for (size_t size = 0; size <= SEAL_KEY_LENGTH + 1; size++) {
		key[SEAL_KEY_LENGTH] = '\n';
		place_put(place, "etc/key", key, size);
		assert_int_equal(key_fails(place), size != SEAL_KEY_LENGTH);
		if (size < SEAL_KEY_LENGTH)
			assert_string_equal(place->fault.why, "not a host key of 32 bytes");
	}
	key[31] ^= 1;
	place_put(place, "etc/key", key, SEAL_KEY_LENGTH);
	assert_true(key_fails(place));
	assert_true(load_fails(place, ALICE));
	key[31] ^= 1;
	place_put(place, "etc/key", key, SEAL_KEY_LENGTH);
	assert_false(key_fails(place));
	/* the marker: missing, cut off, too long, changed anywhere */
	assert_int_equal(unlink(place_path(place, "store/marker")), 0);
	assert_true(key_fails(place));
	assert_int_equal(place->fault.error, ENOENT);
	for (size_t size = 0; size < len; size++) {
		place_put(place, "store/marker", marker, size);
		assert_true(key_fails(place));
	}
	for (size_t i = 0; i < len; i++) {
		marker[i] ^= 1;
		place_put(place, "store/marker", marker, len);
		assert_true(key_fails(place));
		marker[i] ^= 1;
	}
	marker[len] = '\n';
	place_put(place, "store/marker", marker, len + 1);
	assert_true(key_fails(place));
	place_put(place, "store/marker", marker, sizeof marker);
	assert_true(key_fails(place));
	place_put(place, "store/marker", marker, len);
	assert_false(key_fails(place));
	/* `key_file = none` beside sealed records */
	memcpy(place->key_file, "none", sizeof "none");
	assert_true(key_fails(place));
}

static void
rule_01_store_that_lost_its_marker_or_key_is_founded_anew(void **state)
{
	struct place *place = *state;
	char marker[512], key[SEAL_KEY_LENGTH];
	size_t len = place_get(place, "store/marker", marker, sizeof marker);
	struct stat st;

	(void)place_get(place, "etc/key", key, sizeof key);
	place_enroll(place, ALICE, 1);
	assert_int_equal(unlink(place_path(place, "store/marker")), 0);
	assert_false(store_prepare(&place->store, SAMPLE_NOW, &place->fault));
	assert_string_equal(place->fault.why,
	    "missing, though there are records: is this the right store?");
	assert_int_equal(lstat(place_path(place, "store/marker"), &st), -1);
	/* a history alone is a record too */
	assert_int_equal(unlink(place_path(place, "store/enrollments/alice")), 0);
	assert_false(store_prepare(&place->store, SAMPLE_NOW, &place->fault));
	place_put(place, "store/marker", marker, len);
	assert_true(store_prepare(&place->store, SAMPLE_NOW, &place->fault));
	/* no key beside a marker: never a new one */
	assert_int_equal(unlink(place_path(place, "etc/key")), 0);
	assert_false(store_prepare(&place->store, SAMPLE_NOW, &place->fault));
	assert_int_equal(lstat(place_path(place, "etc/key"), &st), -1);
}

static void
key_that_is_there_already_is_not_used(void **state)
{
	struct place *place = *state;
	char key[SEAL_KEY_LENGTH], again[SEAL_KEY_LENGTH];

	memset(key, 'k', sizeof key);
	place_put(place, "etc/key", key, sizeof key);
	assert_true(store_make(place->where, &place->fault) && place_open(place));
	/* one that cannot be trusted is neither used nor put aside */
	assert_int_equal(chmod(place_path(place, "etc/key"), 0644), 0);
	assert_false(store_prepare(&place->store, SAMPLE_NOW, &place->fault));
	assert_string_equal(place->fault.file, place->key_file);
	assert_int_equal(chmod(place_path(place, "etc/key"), 0600), 0);
	assert_true(store_prepare(&place->store, SAMPLE_NOW, &place->fault));
	assert_int_equal(place_get(place, "etc/key", again, sizeof again), sizeof again);
	assert_memory_equal(key, again, sizeof key);
	place_enroll(place, ALICE, 1);
	assert_false(load_fails(place, ALICE));
}

static void
store_without_a_key_is_refused(void **state)
{
	struct place *place = *state;

	memcpy(place->key_file, "none", sizeof "none");
	assert_true(store_make(place->where, &place->fault) && place_open(place));
	assert_true(store_prepare(&place->store, SAMPLE_NOW, &place->fault));
	place_enroll(place, ALICE, 1);
	assert_false(load_fails(place, ALICE));
	/* and once there is a key, what is in clear does not count */
	(void)snprintf(place->key_file, sizeof place->key_file, "%s/etc/key", place->directory);
	place_put(place, "etc/key", "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", SEAL_KEY_LENGTH);
	assert_true(key_fails(place));
	assert_true(load_fails(place, ALICE));
}

static void
rule_01_lost_directory_means_nobody_is_enrolled(void **state)
{
	struct place *place = *state;

	place_enroll(place, ALICE, 1);
	assert_int_equal(rename(place_path(place, "store/histories"), place_path(place, "h")), 0);
	assert_true(look_fails(place, ALICE));
	assert_int_equal(rename(place_path(place, "h"), place_path(place, "store/histories")), 0);
	assert_false(look_fails(place, ALICE));
	assert_int_equal(rename(place_path(place, "store/enrollments"), place_path(place, "e")), 0);
	assert_true(look_fails(place, ALICE));
	assert_int_equal(rename(place_path(place, "e"), place_path(place, "store/enrollments")), 0);
	/* a history that is gone is not an empty one */
	assert_int_equal(unlink(place_path(place, "store/histories/alice")), 0);
	assert_true(look_fails(place, ALICE));
	assert_int_equal(place->fault.error, ENOENT);
}

/* ---- looking up ------------------------------------------------------------------- */

static void
rule_03_unknown_user_costs_less(void **state)
{
	struct place *place = *state;
	static const char *const nobody[] = { NULL, "", "bob", ".none", ".new", "..", "a/b", "%", "?" };
	struct record record;

	place_enroll(place, ALICE, 1);
	for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
		struct history next;

		place_look(place, nobody[i], 7, &record);
		assert_false(record.enrolled);
		assert_false(record.has_history);
		assert_int_equal(record.enrollment, -1);
		assert_true(record.history >= 0);
		assert_string_equal(record.view.history.user, "?");
		next = record.view.history;
		next.seq++;
		next.failures++;
		assert_int_equal(store_swap(&place->store, &record, &next, &place->fault), STORE_OK);
		record_close(&record);
	}
	place_look(place, ALICE, &record);
	assert_true(record.enrolled && record.has_history && record.enrollment >= 0);
	assert_int_equal(record.view.history.failures, 0);
	record_close(&record);
}

static void
rule_14_lost_or_damaged_decoy_refuses_somebody(void **state)
{
	struct place *place = *state;
	char decoy[HISTORY_SIZE];
	struct record record;
	struct history next;

	place_enroll(place, ALICE, 1);
	assert_int_equal(place_get(place, "store/decoy", decoy, sizeof decoy), sizeof decoy);
	for (unsigned damage = 0; damage < 4; damage++) {
		(void)unlink(place_path(place, "store/decoy"));
		if (damage == 1)
			place_put(place, "store/decoy", decoy, sizeof decoy - 1);
		if (damage == 2)
			assert_int_equal(symlink("marker", place_path(place, "store/decoy")), 0);
		if (damage == 3) {
			decoy[0] ^= 1;
			place_put(place, "store/decoy", decoy, sizeof decoy);
		}
		place_look(place, "bob", 7, &record);
		assert_false(record.enrolled);
		assert_string_equal(record.view.history.user, "?");
		next = record.view.history;
		next.seq++;
		assert_int_equal(store_swap(&place->store, &record, &next, &place->fault), STORE_FAULT);
		record_close(&record);
		assert_false(load_fails(place, ALICE));
		assert_int_equal(place_succeed(place, ALICE), STORE_OK);
	}
}

static void
rule_04_record_under_another_name_is_taken(void **state)
{
	struct place *place = *state;
	char enrollment[ENROLLMENT_SIZE], history[HISTORY_SIZE];
	size_t len;

	place_enroll(place, ALICE, 1);
	place_enroll(place, BOB, 2);
	len = place_get(place, "store/enrollments/alice", enrollment, sizeof enrollment);
	assert_int_equal(place_get(place, "store/histories/alice", history, sizeof history),
	    sizeof history);
	assert_true(load_fails(place, "alice", 1001));
	assert_string_equal(place->fault.why, "made for another uid");
	place_put(place, "store/enrollments/bob", enrollment, len);
	assert_true(load_fails(place, BOB));
	assert_string_equal(place->fault.why, "another user's record");
	place_put(place, "store/histories/bob", history, sizeof history);
	assert_true(look_fails(place, BOB));
	assert_false(load_fails(place, ALICE));
}

static void
rule_11_untrusted_file_is_read(void **state)
{
	struct place *place = *state;
	/* what a login needs, and whether looking up or the key is what fails */
	static const struct {
		const char *file;
		bool key;
	} rows[] = {
		{ "store/enrollments/alice", false }, { "store/histories/alice", false },
		{ "store/marker", true }, { "etc/key", true },
	};

	place_enroll(place, ALICE, 1);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char file[1024], aside[1024];
		static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0666, 0601 };
		bool (*fails)(struct place *) = key_fails;

		(void)snprintf(file, sizeof file, "%s", place_path(place, rows[i].file));
		(void)snprintf(aside, sizeof aside, "%s", place_path(place, "aside"));
		(void)alarm(10); /* a FIFO that is waited for ends the test */
#define FAILS() (rows[i].key ? fails(place) : look_fails(place, ALICE))
		for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
			assert_int_equal(chmod(file, modes[m]), 0);
			assert_row(FAILS(), rows[i].file);
			assert_string_equal(place->fault.file, file);
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
			assert_string_equal(place->fault.why, "not owned by root");
			assert_int_equal(chown(file, 0, 0), 0);
			assert_row(!FAILS(), rows[i].file);
		}
		(void)alarm(0);
	}
	place_needs_root();
}

static void
rule_11_untrusted_directory_is_read(void **state)
{
	struct place *place = *state;
	static const char *const directories[] = { "store", "store/enrollments", "store/histories" };

	place_enroll(place, ALICE, 1);
	for (size_t i = 0; i < 3; i++) {
		const char *path = place_path(place, directories[i]);

#define OPEN_OR_LOOK_FAILS() (!place_open(place) || look_fails(place, ALICE))
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
		assert_int_equal(rename(path, place_path(place, "aside")), 0);
		assert_int_equal(symlink(place_path(place, "aside"), path), 0);
		assert_row(OPEN_OR_LOOK_FAILS(), directories[i]);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(rename(place_path(place, "aside"), path), 0);
	}
	assert_int_equal(chmod(place->directory, 0770), 0);
	assert_false(place_open(place));
	assert_int_equal(chmod(place->directory, 0700), 0);
	assert_true(place_open(place));
}

static void
rule_12_user_name_leaves_the_store(void **state)
{
	struct place *place = *state;
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

		place_enroll(place, users[i], i, i);
		assert_row(!load_fails(place, users[i], i), users[i]);
		assert_true(text_name(name, users[i]));
		(void)snprintf(file, sizeof file, "store/enrollments/%s", name);
		assert_row(lstat(place_path(place, file), &st) == 0 && S_ISREG(st.st_mode), users[i]);
	}
	/* one that no file can be named after is nobody, and cannot be enrolled */
	place_look(place, overlong, 99, &record);
	assert_false(record.enrolled);
	(void)snprintf(enrollment.user, sizeof enrollment.user, "%s", longest);
	sample_device(&enrollment.device[0], "phone", OTP_TOTP, 1);
	assert_int_equal(store_replace(&place->store, &record, &enrollment, &place->fault), STORE_FAULT);
	record_close(&record);
}

static void
rule_13_damaged_file_is_read(void **state)
{
	struct place *place = *state;
	char whole[ENROLLMENT_SIZE + 1], history[HISTORY_SIZE + 1] = { 0 };
	size_t len;

	place_enroll(place, ALICE, 1);
	len = place_get(place, "store/enrollments/alice", whole, sizeof whole);
	assert_int_equal(place_get(place, "store/histories/alice", history, sizeof history),
	    HISTORY_SIZE);
	for (size_t size = 0; size < len; size += 7) {
		place_put(place, "store/enrollments/alice", whole, size);
		assert_true(load_fails(place, ALICE));
	}
	for (size_t i = 0; i < len; i += 5) {
		whole[i] ^= 4;
		place_put(place, "store/enrollments/alice", whole, len);
		assert_true(load_fails(place, ALICE));
		whole[i] ^= 4;
	}
	memset(whole + len, '\n', sizeof whole - len);
	place_put(place, "store/enrollments/alice", whole, len + 1);
	assert_true(load_fails(place, ALICE));
	place_put(place, "store/enrollments/alice", whole, sizeof whole);
	assert_true(load_fails(place, ALICE));
	assert_string_equal(place->fault.why, "longer than any record");
	place_put(place, "store/enrollments/alice", whole, len);
	assert_false(load_fails(place, ALICE));
	for (size_t size = 0; size <= HISTORY_SIZE + 1; size += 1024) {
		place_put(place, "store/histories/alice", history, size);
		assert_int_equal(look_fails(place, ALICE), size != HISTORY_SIZE);
	}
	place_put(place, "store/histories/alice", history, HISTORY_SIZE + 1);
	assert_true(look_fails(place, ALICE));
	memset(history, 0, sizeof history);
	place_put(place, "store/histories/alice", history, HISTORY_SIZE);
	assert_true(look_fails(place, ALICE));
}

/* ---- swapping --------------------------------------------------------------------- */

static void
swapped_history_is_not_the_next_one(void **state)
{
	struct place *place = *state;
	struct enrollment enrollment;
	struct history history;

	place_enroll(place, ALICE, 1);
	for (unsigned i = 1; i <= 20; i++) {
		assert_int_equal(i % 5 == 0 ? place_succeed(place, ALICE) : place_fail(place, ALICE),
		    STORE_OK);
		assert_true(place_load(place, ALICE, &enrollment, &history));
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
	struct place *place = *state;
	char file[HISTORY_SIZE];

	for (size_t at = 0; at < HISTORY_SIZE; at += 61) {
		struct enrollment enrollment;
		struct history before, after;

		place_enroll(place, ALICE, 1);
		assert_int_equal(place_succeed(place, ALICE), STORE_OK);
		assert_int_equal(place_get(place, "store/histories/alice", file, sizeof file),
		    HISTORY_SIZE);
		file[at] ^= 1;
		place_put(place, "store/histories/alice", file, sizeof file);
		if (!place_load(place, ALICE, &enrollment, &before))
			continue;
		assert_int_equal(place_succeed(place, ALICE), STORE_OK);
		assert_true(place_load(place, ALICE, &enrollment, &after));
		assert_int_equal(after.seq, before.seq + 1);
		assert_int_equal(place_fail(place, ALICE), STORE_OK);
		assert_true(place_load(place, ALICE, &enrollment, &after));
		assert_int_equal(after.seq, before.seq + 2);
	}
}

static void
rule_09_failure_is_written_over_the_newest_success(void **state)
{
	struct place *place = *state;
	char before[HISTORY_SIZE], after[HISTORY_SIZE];

	place_enroll(place, ALICE, 1);
	for (unsigned i = 0; i < 4; i++) {
		unsigned slot = i % 2 == 0 ? 1 : 0; /* where this success goes */

		(void)place_get(place, "store/histories/alice", before, sizeof before);
		assert_int_equal(place_succeed(place, ALICE), STORE_OK);
		(void)place_get(place, "store/histories/alice", after, sizeof after);
		assert_memory_equal(before + !slot * HISTORY_STRIDE, after + !slot * HISTORY_STRIDE,
		    HISTORY_STRIDE);
		for (unsigned failure = 0; failure < 3; failure++) {
			assert_int_equal(place_fail(place, ALICE), STORE_OK);
			(void)place_get(place, "store/histories/alice", before, sizeof before);
			assert_memory_equal(before + slot * HISTORY_STRIDE,
			    after + slot * HISTORY_STRIDE, HISTORY_STRIDE);
			assert_memory_not_equal(before, after, HISTORY_SIZE);
		}
	}
}

/* What may happen to a record between looking and swapping. */
static void
meanwhile(struct place *place, unsigned what)
{
	struct record record;

	switch (what) {
	case 0:
		assert_int_equal(place_fail(place, ALICE), STORE_OK);
		break;
	case 1:
		assert_int_equal(place_succeed(place, ALICE), STORE_OK);
		break;
	case 2: /* another key */
		place_enroll(place, ALICE, 2);
		break;
	case 3: /* the same key */
		place_enroll(place, ALICE, 1);
		break;
	case 5: /* away, and back */
	case 4:
		place_look(place, ALICE, &record);
		assert_int_equal(store_replace(&place->store, &record, NULL, &place->fault), STORE_OK);
		record_close(&record);
		if (what == 5)
			place_enroll(place, ALICE, 1);
		break;
	default:
		assert_int_equal(place_fail(place, BOB), STORE_OK);
		break;
	}
}

static void
rule_07_swap_overwrites_what_it_has_not_seen(void **state)
{
	struct place *place = *state;

	place_enroll(place, BOB, 3);
	for (unsigned what = 0; what < 7; what++) {
		struct record record;
		struct history next;
		bool conflict = what < 6;

		place_enroll(place, ALICE, 1);
		place_look(place, ALICE, &record);
		next = record.view.history;
		next.seq++;
		next.flushed = true;
		meanwhile(place, what);
		assert_int_equal(store_swap(&place->store, &record, &next, &place->fault),
		    conflict ? STORE_CONFLICT : STORE_OK);
		/* looked at again, it goes */
		if (conflict) {
			assert_true(store_look_again(&place->store, &record, &place->fault));
			assert_int_equal(record.enrolled, what != 4);
			next = record.view.history;
			next.seq++;
			assert_int_equal(store_swap(&place->store, &record, &next, &place->fault), STORE_OK);
		}
		record_close(&record);
	}
}

static void
user_enrolled_meanwhile_is_judged_as_unknown(void **state)
{
	struct place *place = *state;
	struct record record;
	struct history next;

	place_look(place, ALICE, &record);
	place_enroll(place, ALICE, 1);
	next = record.view.history;
	next.seq++;
	assert_int_equal(store_swap(&place->store, &record, &next, &place->fault), STORE_CONFLICT);
	assert_true(store_look_again(&place->store, &record, &place->fault));
	assert_true(record.enrolled);
	record_close(&record);
}

#define RACERS 16
#define ROUNDS 20

static void
rule_07_two_of_many_processes_swap_one_history(void **state)
{
	struct place *place = *state;
	struct record record;

	place_enroll(place, ALICE, 1);
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned won = 0;
		pid_t children[RACERS];

		/* All look at the same moment, then all swap. */
		place_look(place, ALICE, &record);
		for (unsigned i = 0; i < RACERS; i++) {
			children[i] = fork();
			assert_true(children[i] >= 0);
			if (children[i] == 0) {
				struct record own;
				struct history next;

				if (!store_look(&place->store, ALICE, &own, &place->fault) ||
				    memcmp(own.file, record.file, sizeof own.file) != 0)
					_exit(2);
				next = own.view.history;
				next.seq++;
				next.flushed = round % 2 == 0;
				_exit(store_swap(&place->store, &own, &next, &place->fault) == STORE_OK);
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

/*
 * In a child under a limit on file sizes, with SIGXFSZ as a login finds it; the answer of
 * the swap, or 99 where the child was killed.
 */
static int
swap_under_limit(struct place *place, rlim_t limit, bool success, void (*disposition)(int))
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
		answer = success ? place_succeed(place, ALICE) : place_fail(place, ALICE);
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
	struct place *place = *state;
	static void (*const dispositions[])(int) = { SIG_DFL, SIG_IGN };

	place_enroll(place, ALICE, 1);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(swap_under_limit(place, 0, true, dispositions[i]), STORE_FAULT);
		assert_int_equal(swap_under_limit(place, 0, false, dispositions[i]), STORE_FAULT);
		assert_int_equal(swap_under_limit(place, RLIM_INFINITY, true, dispositions[i]), STORE_OK);
	}
}

/*
 * A limit in the middle of a slot would tear it: the failures that stood there would be gone, and
 * who may run `su` under `ulimit -f` could guess for ever.
 */
static void
rule_08_file_size_limit_rolls_failures_back(void **state)
{
	struct place *place = *state;

	for (unsigned successes = 0; successes < 2; successes++) {
		struct enrollment enrollment;
		struct history history;

		/* One success puts the failures into the first slot, another into the second. */
		place_enroll(place, ALICE, 1);
		assert_int_equal(place_succeed(place, ALICE), STORE_OK);
		for (unsigned i = 0; i < 9; i++)
			assert_int_equal(place_fail(place, ALICE), STORE_OK);
		for (rlim_t limit = 0; limit <= HISTORY_SIZE; limit += 512) {
			unsigned before;

			assert_true(place_load(place, ALICE, &enrollment, &history));
			before = history.failures;
			assert_in_range(before, 9, 99);
			(void)swap_under_limit(place, limit, false, SIG_IGN);
			assert_true(place_load(place, ALICE, &enrollment, &history));
			assert_in_range(history.failures, before, before + 1);
		}
	}
}

static void
rule_09_success_that_was_not_flushed_is_told(void **state)
{
	struct place *place = *state;
	static const int errors[] = { EIO, ENOSPC, EROFS, EDQUOT };

	place_enroll(place, ALICE, 1);
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		unsigned calls = 0;

		/* flock, pwrite, fdatasync: one write and one flush, in this order */
		for (; calls < 3; calls++) {
			trouble_after(calls, errors[i]);
			assert_int_equal(place_succeed(place, ALICE), STORE_FAULT);
			assert_true(trouble_over());
			assert_int_equal(place->fault.error, errors[i]);
		}
		trouble_after(99, EIO);
		assert_int_equal(place_succeed(place, ALICE), STORE_OK);
		assert_false(trouble_over());
		assert_int_equal(trouble_calls(), 5); /* and the note behind the slot, the unlocking */
		/* A failure is not flushed: an attacker would decide how busy the disk is. */
		trouble_after(99, EIO);
		assert_int_equal(place_fail(place, ALICE), STORE_OK);
		assert_false(trouble_over());
		assert_int_equal(trouble_calls(), 3);
	}
}

static void
rule_17_descriptor_is_left_open(void **state)
{
	struct place *place = *state;
	struct enrollment enrollment;
	unsigned before = place_descriptors();

	place_enroll(place, ALICE, 1);
	assert_true(place_load(place, ALICE, &enrollment, NULL));
	assert_true(load_fails(place, "nobody", 7));
	assert_int_equal(place_succeed(place, ALICE), STORE_OK);
	assert_int_equal(chmod(place_path(place, "store/histories/alice"), 0666), 0);
	assert_true(look_fails(place, ALICE));
	assert_true(store_prepare(&place->store, SAMPLE_NOW, &place->fault));
	for (unsigned calls = 0; calls < 40; calls++) {
		struct record record;

		trouble_after(calls, EIO);
		place_look(place, BOB, &record);
		enrollment.uid = 1001;
		memcpy(enrollment.user, "bob", sizeof "bob");
		(void)store_replace(&place->store, &record, &enrollment, &place->fault);
		record_close(&record);
		(void)trouble_over();
	}
	assert_int_equal(place_descriptors(), before);
	store_close(&place->store);
	assert_int_equal(place_descriptors(), before - 1);
	store_close(&place->store);
	assert_int_equal(place_descriptors(), before - 1);
}

static void
rule_19_host_key_outlives_the_store(void **state)
{
	static const struct host_key nothing;
	struct place *place = *state;

	assert_true(place->store.keyed);
	store_close(&place->store);
	assert_memory_equal(&place->store.key, &nothing, sizeof nothing);
	assert_false(place->store.keyed);
	/* nor is one read before it is asked for */
	assert_true(place_open(place));
	assert_memory_equal(&place->store.key, &nothing, sizeof nothing);
}

/* ---- enrolling -------------------------------------------------------------------- */

static void
replacing_overwrites_what_it_has_not_seen(void **state)
{
	struct place *place = *state;

	place_enroll(place, BOB, 3);
	for (unsigned what = 0; what < 7; what++) {
		/* A login meanwhile is no conflict: history and enrollment are two records. */
		bool conflict = what >= 2 && what < 6;
		struct enrollment enrollment, after;
		struct record record;

		place_enroll(place, ALICE, 1);
		place_look(place, ALICE, &record);
		assert_true(store_read(&place->store, &record, &enrollment, &place->fault));
		meanwhile(place, what);
		sample_device(&enrollment.device[0], "mine", OTP_TOTP, 77);
		assert_int_equal(store_replace(&place->store, &record, &enrollment, &place->fault),
		    conflict ? STORE_CONFLICT : STORE_OK);
		record_close(&record);
		if (what != 4) {
			assert_true(place_load(place, ALICE, &after, NULL));
			assert_int_equal(strcmp(after.device[0].name, "mine") == 0, !conflict);
		}
	}
}

static void
two_enroll_a_new_user_at_once(void **state)
{
	struct place *place = *state;
	struct enrollment enrollment = { .user = "alice", .uid = 1000, .devices = 1 };
	struct record record;

	sample_device(&enrollment.device[0], "mine", OTP_TOTP, 1);
	place_look(place, ALICE, &record);
	place_enroll(place, ALICE, 2);
	assert_int_equal(store_replace(&place->store, &record, &enrollment, &place->fault),
	    STORE_CONFLICT);
	record_close(&record);
}

static void
generation_does_not_grow(void **state)
{
	struct place *place = *state;
	struct enrollment enrollment;
	struct record record;

	place_enroll(place, ALICE, 1);
	for (int64_t generation = 1; generation < 5; generation++) {
		place_look(place, ALICE, &record);
		assert_true(store_read(&place->store, &record, &enrollment, &place->fault));
		assert_int_equal(enrollment.generation, generation);
		assert_int_equal(store_replace(&place->store, &record, &enrollment, &place->fault),
		    STORE_OK);
		record_close(&record);
	}
}

static void
rule_06_removing_frees_what_was_spent(void **state)
{
	struct place *place = *state;
	struct enrollment enrollment;
	struct history history;
	struct record record;

	place_enroll(place, ALICE, 1);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(place_fail(place, ALICE), STORE_OK);
	place_look(place, ALICE, &record);
	assert_int_equal(store_replace(&place->store, &record, NULL, &place->fault), STORE_OK);
	record_close(&record);
	assert_true(load_fails(place, ALICE));
	place_look(place, ALICE, &record);
	assert_false(record.enrolled);
	assert_false(record.has_history);
	record_close(&record);
	/* Enrolled once more, he finds his history as it was. */
	place_enroll(place, ALICE, 1);
	assert_true(place_load(place, ALICE, &enrollment, &history));
	assert_int_equal(history.failures, 7);
	assert_int_equal(history.seq, 7);
	/* removing what is not there */
	place_look(place, BOB, &record);
	assert_int_equal(store_replace(&place->store, &record, NULL, &place->fault), STORE_FAULT);
	record_close(&record);
}

static void
rule_13_enrolling_beside_a_damaged_history_succeeds(void **state)
{
	struct place *place = *state;
	struct enrollment enrollment = { .user = "alice", .uid = 1000, .devices = 1 };
	struct record record;
	enum store_answer answer;

	place_enroll(place, ALICE, 1);
	place_look(place, ALICE, &record);
	assert_int_equal(store_replace(&place->store, &record, NULL, &place->fault), STORE_OK);
	record_close(&record);
	place_put(place, "store/histories/alice", "damaged", 7);
	sample_device(&enrollment.device[0], "phone", OTP_TOTP, 1);
	place_look(place, ALICE, &record);
	answer = store_replace(&place->store, &record, &enrollment, &place->fault);
	record_close(&record);
	/* Whoever is told that he is enrolled can log in. */
	assert_true(answer != STORE_OK || !load_fails(place, ALICE));
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
list(struct place *place)
{
	for (unsigned i = 0; i < count; i++)
		free((void *)listed[i]);
	count = 0;
	assert_true(store_list(&place->store, note, &count, &place->fault));
	return count;
}

static void
list_leaves_somebody_out(void **state)
{
	struct place *place = *state;
	static const char *const users[] = { "alice", ".hidden", "a/b", "%", "caf\xc3\xa9" };

	assert_int_equal(list(place), 0);
	for (uid_t i = 0; i < 5; i++)
		place_enroll(place, users[i], i, i);
	/* what is none of ours is passed over */
	place_put(place, "store/enrollments/.new", "x", 1);
	place_put(place, "store/enrollments/a%2Fb", "x", 1);
	assert_int_equal(list(place), 5);
	for (unsigned i = 0; i < 5; i++) {
		bool found = false;

		for (unsigned j = 0; j < 5; j++)
			found = found || strcmp(listed[j], users[i]) == 0;
		assert_row(found, users[i]);
	}
	/* until it is told to stop */
	place_enroll(place, "f", 6, 6);
	place_enroll(place, "g", 7, 7);
	assert_int_equal(list(place), 6);
	(void)count;
	for (unsigned i = 0; i < count; i++)
		free((void *)listed[i]);
	count = 0;
	assert_int_equal(rename(place_path(place, "store/enrollments"), place_path(place, "e")), 0);
	assert_false(store_list(&place->store, note, &count, &place->fault));
}

/* ---- trouble ---------------------------------------------------------------------- */

/* One change: enrolls alice with another key, or bob who has none, or removes alice. */
static enum store_answer
change(struct place *place, unsigned what)
{
	struct enrollment enrollment = { .uid = what == 1 ? 1001 : 1000, .devices = 1 };
	struct record record;
	enum store_answer answer;

	place_look(place, what == 1 ? "bob" : "alice", enrollment.uid, &record);
	memcpy(enrollment.user, record.user, sizeof enrollment.user);
	sample_device(&enrollment.device[0], "new", OTP_TOTP, 50);
	answer = store_replace(&place->store, &record, what == 2 ? NULL : &enrollment, &place->fault);
	record_close(&record);
	return answer;
}

/* Whoever was enrolled is, with the old device or with the new; and the store works as before. */
static void
assert_nothing_lost(struct place *place, unsigned what, bool told)
{
	struct enrollment enrollment;
	struct history history;
	bool there = place_load(place, ALICE, &enrollment, &history);

	if (what == 2) {
		assert_true(!there || !told);
		if (!there)
			place_enroll(place, ALICE, 1);
	} else {
		assert_true(there);
		assert_int_equal(history.failures, 4);
	}
	if (what == 0 && told)
		assert_string_equal(enrollment.device[0].name, "new");
	if (what == 1 && told)
		assert_true(place_load(place, BOB, &enrollment, NULL));
	place_enroll(place, ALICE, 1);
	assert_int_equal(place_succeed(place, ALICE), STORE_OK);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(place_fail(place, ALICE), STORE_OK);
	place_enroll(place, BOB, 2);
	assert_false(load_fails(place, BOB));
	assert_true(unlink(place_path(place, "store/enrollments/bob")) == 0 &&
	    unlink(place_path(place, "store/histories/bob")) == 0);
	/* The temporary file of the change is gone, at the latest by the next one. */
	assert_int_equal(access(place_path(place, "store/enrollments/.new"), F_OK), -1);
	assert_int_equal(access(place_path(place, "store/histories/.new"), F_OK), -1);
}

static void
rule_15_failing_call_loses_an_enrollment(void **state)
{
	struct place *place = *state;
	static const int errors[] = { EIO, ENOSPC, EROFS };

	place_enroll(place, ALICE, 1);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(place_fail(place, ALICE), STORE_OK);
	for (unsigned what = 0; what < 3; what++) {
		for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
			unsigned calls = 0;
			bool came = true;

			for (; came && calls < 60; calls++) {
				enum store_answer answer;

				trouble_after(calls, errors[e]);
				answer = change(place, what);
				came = trouble_over();
				assert_true(came || answer == STORE_OK);
				assert_nothing_lost(place, what, answer == STORE_OK);
			}
			/* that many calls there are at the least: lock, write, flush, rename, flush, unlock */
			assert_in_range(calls, what == 2 ? 6 : 9, 59);
		}
	}
}

static void
rule_14_killed_change_loses_an_enrollment(void **state)
{
	struct place *place = *state;

	place_enroll(place, ALICE, 1);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(place_fail(place, ALICE), STORE_OK);
	for (unsigned what = 0; what < 3; what++) {
		bool killed = true;
		unsigned calls = 0;

		for (; killed && calls < 60; calls++) {
			int status = 0;
			pid_t child = fork();

			assert_true(child >= 0);
			if (child == 0) {
				trouble_after(calls, 0);
				_exit(change(place, what) == STORE_OK ? 0 : 1);
			}
			assert_int_equal(waitpid(child, &status, 0), child);
			killed = WIFSIGNALED(status);
			assert_true(killed || status == 0);
			assert_nothing_lost(place, what, !killed);
		}
		assert_in_range(calls, what == 2 ? 6 : 9, 59);
	}
}

static void
rule_14_killed_or_failing_founding_cannot_be_finished(void **state)
{
	static const int errors[] = { 0, EIO, ENOSPC };
	struct place *empty = *state;

	(void)empty;
	for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
		bool came = true;
		unsigned calls = 0;

		for (; came && calls < 80; calls++) {
			void *fresh;
			struct place *place;
			int status = 0;
			pid_t child;

			assert_int_equal(place_make(&fresh), 0);
			place = fresh;
			assert_true(store_make(place->where, &place->fault) && place_open(place));
			child = fork();
			assert_true(child >= 0);
			if (child == 0) {
				bool founded;

				trouble_after(calls, errors[e]);
				founded = store_prepare(&place->store, SAMPLE_NOW, &place->fault);
				came = trouble_over();
				_exit(came ? 2 : !founded);
			}
			assert_int_equal(waitpid(child, &status, 0), child);
			came = status != 0;
			assert_true(!came || WIFSIGNALED(status) || WEXITSTATUS(status) == 2);
			/* The next one finishes it. */
			assert_true(store_prepare(&place->store, SAMPLE_NOW, &place->fault));
			place_enroll(place, ALICE, 1);
			assert_false(load_fails(place, ALICE));
			assert_int_equal(place_remove(&fresh), 0);
		}
		assert_in_range(calls, 20, 79);
	}
}

static void
rule_14_process_without_descriptors_loses_something(void **state)
{
	struct place *place = *state;

	place_enroll(place, ALICE, 1);
	for (rlim_t limit = 0; limit < 12; limit++) {
		int status = 0;
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			const struct rlimit files = { place_descriptors() - 3 + limit, 4096 };
			struct enrollment enrollment;
			struct record record;
			bool looked;

			if (setrlimit(RLIMIT_NOFILE, &files) != 0)
				_exit(9);
			looked = store_look(&place->store, ALICE, &record, &place->fault);
			/* No descriptor left is a fault, and never "not enrolled". */
			if (looked && !record.enrolled)
				_exit(1);
			if (!looked && place->fault.error != EMFILE)
				_exit(2);
			if (looked && !store_read(&place->store, &record, &enrollment, &place->fault))
				_exit(3);
			if (looked &&
			    store_replace(&place->store, &record, &enrollment, &place->fault) ==
				STORE_CONFLICT)
				_exit(4);
			record_close(&record);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		assert_false(load_fails(place, ALICE));
	}
}

static void
rule_08_enrolling_under_a_file_size_limit_kills(void **state)
{
	struct place *place = *state;

	place_enroll(place, ALICE, 1);
	for (rlim_t limit = 0; limit < 2000; limit += 100) {
		int status = 0;
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			const struct rlimit size = { limit, limit };

			if (setrlimit(RLIMIT_FSIZE, &size) != 0)
				_exit(9);
			_exit(change(place, 0) == STORE_CONFLICT);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		assert_false(load_fails(place, ALICE));
		assert_int_equal(access(place_path(place, "store/enrollments/.new"), F_OK), -1);
	}
}

int
main(void)
{
#define IN_STORE(test) cmocka_unit_test_setup_teardown(test, place_found, place_remove)
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)
	const struct CMUnitTest tests[] = {
		IN_STORE(new_store_is_not_as_it_is_documented),
		IN_STORE(second_founding_makes_a_new_key),
		IN_PLACE(key_that_is_there_already_is_not_used),
		IN_PLACE(store_without_a_key_is_refused),
		IN_PLACE(rule_01_place_that_is_no_store_means_nobody_is_enrolled),
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
		IN_PLACE(rule_14_killed_or_failing_founding_cannot_be_finished),
		IN_STORE(rule_14_process_without_descriptors_loses_something),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
