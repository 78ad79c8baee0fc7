/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
place_make(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	const char *tmp = getenv("TMPDIR");

	if (place == NULL)
		return -1;
	(void)umask(077);
	(void)snprintf(place->directory, sizeof place->directory, "%s/twostep-test-XXXXXX",
	    tmp != NULL && *tmp == '/' ? tmp : "/tmp");
	if (mkdtemp(place->directory) == NULL || mkdir(place_path(place, "etc"), 0700) != 0)
		return -1;
	(void)snprintf(place->where, sizeof place->where, "file:%s/store", place->directory);
	(void)snprintf(place->key_file, sizeof place->key_file, "%s/etc/key", place->directory);
	place->store.directory = -1;
	*state = place;
	return 0;
}

bool
place_open(struct place *place)
{
	store_close(&place->store);
	return store_open(&place->store, place->where, place->key_file, geteuid(), &place->fault);
}

int
place_found(void **state)
{
	struct place *place;

	if (place_make(state) != 0)
		return -1;
	place = *state;
	if (!store_make(place->where, &place->fault) || !place_open(place) ||
	    !store_prepare(&place->store, SAMPLE_NOW, &place->fault)) {
		print_error("%s: %s\n", place->fault.file, place->fault.why);
		return -1;
	}
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

int
place_remove(void **state)
{
	struct place *place = *state;
	int error;

	store_close(&place->store);
	error = nftw(place->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(place);
	return error;
}

const char *
place_path(const struct place *place, const char *below)
{
	static char paths[8][1024];
	static unsigned next;
	char *path = paths[next++ % 8];

	(void)snprintf(path, sizeof *paths, "%s/%s", place->directory, below);
	return path;
}

void
place_look(struct place *place, const char *user, uid_t uid, struct record *record)
{
	if (!store_look(&place->store, user, uid, record, &place->fault))
		fail_msg("%s: %s", place->fault.file, place->fault.why);
}

void
place_enroll(struct place *place, const char *user, uid_t uid, uint32_t seed)
{
	struct enrollment enrollment = { .uid = uid, .devices = 1 };
	struct record record;

	place_look(place, user, uid, &record);
	(void)snprintf(enrollment.user, sizeof enrollment.user, "%s", user);
	sample_device(&enrollment.device[0], "phone", OTP_TOTP, seed);
	if (store_replace(&place->store, &record, &enrollment, &place->fault) != STORE_OK)
		fail_msg("%s: %s", place->fault.file, place->fault.why);
	record_close(&record);
}

bool
place_load(struct place *place, const char *user, uid_t uid, struct enrollment *enrollment,
    struct history *history)
{
	struct record record;
	bool ok = store_look(&place->store, user, uid, &record, &place->fault) && record.enrolled &&
	    store_read(&place->store, &record, enrollment, &place->fault);

	if (history != NULL)
		*history = record.view.history;
	record_close(&record);
	return ok;
}

static enum store_answer
swap(struct place *place, const char *user, uid_t uid, bool success)
{
	struct record record;
	struct history next;
	enum store_answer answer;

	place_look(place, user, uid, &record);
	next = record.view.history;
	next.seq++;
	next.flushed = success;
	next.failures = success ? 0 : next.failures + 1;
	answer = store_swap(&place->store, &record, &next, &place->fault);
	record_close(&record);
	return answer;
}

enum store_answer
place_fail(struct place *place, const char *user, uid_t uid)
{
	return swap(place, user, uid, false);
}

enum store_answer
place_succeed(struct place *place, const char *user, uid_t uid)
{
	return swap(place, user, uid, true);
}

size_t
place_get(const struct place *place, const char *below, char *bytes, size_t size)
{
	FILE *file = fopen(place_path(place, below), "re");
	size_t len;

	assert_non_null(file);
	len = fread(bytes, 1, size, file);
	assert_int_equal(fclose(file), 0);
	return len;
}

void
place_put(const struct place *place, const char *below, const char *bytes, size_t len)
{
	FILE *file = fopen(place_path(place, below), "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

unsigned
place_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(directory);
	while (readdir(directory) != NULL)
		count++;
	(void)closedir(directory);
	return count;
}

void
place_needs_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("skipped: only root can give a file to another owner\n");
	skip();
}
