/* SPDX-License-Identifier: BSD-2-Clause */
#include "site.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/settle.h"

int
site_make(void **state)
{
	struct site *site = calloc(1, sizeof *site);
	const char *tmp = getenv("TMPDIR");

	if (site == NULL)
		return -1;
	(void)umask(077);
	(void)snprintf(site->directory, sizeof site->directory, "%s/twostep-test-XXXXXX",
	    tmp != NULL && *tmp == '/' ? tmp : "/tmp");
	if (mkdtemp(site->directory) == NULL || mkdir(site_path(site, "etc"), 0700) != 0)
		return -1;
	(void)snprintf(site->where, sizeof site->where, "file:%s/store", site->directory);
	(void)snprintf(site->key_file, sizeof site->key_file, "%s/etc/key", site->directory);
	site->store.directory = -1;
	*state = site;
	return 0;
}

bool
site_open(struct site *site)
{
	store_close(&site->store);
	return store_open(&site->store, site->where, site->key_file, geteuid(), &site->fault);
}

int
site_found(void **state)
{
	struct site *site;

	if (site_make(state) != 0)
		return -1;
	site = *state;
	if (!store_make(site->where, &site->fault) || !site_open(site) ||
	    !store_prepare(&site->store, SAMPLE_NOW, &site->fault)) {
		print_error("%s: %s\n", site->fault.file, site->fault.why);
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
site_remove(void **state)
{
	struct site *site = *state;
	int error;

	store_close(&site->store);
	error = nftw(site->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(site);
	return error;
}

const char *
site_path(const struct site *site, const char *below)
{
	static char paths[8][1024];
	static unsigned next;
	char *path = paths[next++ % 8];

	(void)snprintf(path, sizeof *paths, "%s/%s", site->directory, below);
	return path;
}

void
site_look(struct site *site, const char *user, uid_t uid, struct record *record)
{
	if (!store_look(&site->store, user, uid, record, &site->fault))
		fail_msg("%s: %s", site->fault.file, site->fault.why);
}

void
site_enroll(struct site *site, const char *user, uid_t uid, uint32_t seed)
{
	struct enrollment enrollment = { .uid = uid, .devices = 1 };
	struct record record;

	site_look(site, user, uid, &record);
	(void)snprintf(enrollment.user, sizeof enrollment.user, "%s", user);
	sample_device(&enrollment.device[0], "phone", OTP_TOTP, seed);
	if (store_replace(&site->store, &record, &enrollment, &site->fault) != STORE_OK)
		fail_msg("%s: %s", site->fault.file, site->fault.why);
	record_close(&record);
}

bool
site_load(struct site *site, const char *user, uid_t uid, struct enrollment *enrollment,
    struct history *history)
{
	struct record record;
	bool ok = store_look(&site->store, user, uid, &record, &site->fault) && record.enrolled &&
	    store_read(&site->store, &record, enrollment, &site->fault);

	if (history != NULL)
		*history = record.view.history;
	record_close(&record);
	return ok;
}

static enum store_answer
swap(struct site *site, const char *user, uid_t uid, bool success)
{
	struct record record;
	struct history next;
	enum store_answer answer;

	site_look(site, user, uid, &record);
	next = record.view.history;
	next.seq++;
	next.flushed = success;
	next.failures = success ? 0 : next.failures + 1;
	answer = store_swap(&site->store, &record, &next, &site->fault);
	record_close(&record);
	return answer;
}

enum store_answer
site_fail(struct site *site, const char *user, uid_t uid)
{
	return swap(site, user, uid, false);
}

enum store_answer
site_succeed(struct site *site, const char *user, uid_t uid)
{
	return swap(site, user, uid, true);
}

int
site_settle(struct site *site, const char *user, uid_t uid, const struct settings *settings,
    struct claim *claim, bool decoy)
{
	struct settle one = {
		.settings = settings, .claim = claim, .now = SAMPLE_NOW, .decoy = decoy
	};
	struct record record;
	int verdict = -1;

	site_look(site, user, uid, &record);
	if (settle(&one, &site->store, &record, &site->fault))
		verdict = (int)one.judgement.verdict;
	record_close(&record);
	settle_wipe(&one);
	return verdict;
}

size_t
site_get(const struct site *site, const char *below, char *bytes, size_t size)
{
	FILE *file = fopen(site_path(site, below), "re");
	size_t len;

	assert_non_null(file);
	len = fread(bytes, 1, size, file);
	assert_int_equal(fclose(file), 0);
	return len;
}

void
site_put(const struct site *site, const char *below, const char *bytes, size_t len)
{
	FILE *file = fopen(site_path(site, below), "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

unsigned
site_descriptors(void)
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
site_needs_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("skipped: only root can give a file to another owner\n");
	skip();
}
