/* SPDX-License-Identifier: BSD-2-Clause */
#include "site.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trouble.h"

#define LATER (SAMPLE_NOW + 60)

static bool
mark(struct site *site, const char *service, int64_t now)
{
	return store_service_mark(&site->store, service, now, &site->fault);
}

/* Since when a service is marked; -1 for a fault. */
static int64_t
since(struct site *site, const char *service)
{
	int64_t when = 77;

	return store_service_marked(&site->store, service, &when, &site->fault) ? when : -1;
}

static bool
clear(struct site *site, const char *service)
{
	return store_service_clear(&site->store, service, &site->fault);
}

static void
mark_is_not_what_was_marked(void **state)
{
	struct site *site = *state;
	char bytes[256];
	struct stat st;
	size_t len;
	static const char right[] = "twostep-service 1\nsince 1700000000\nsum ";

	/* nothing is there before the first, and nothing is made by looking */
	assert_int_equal(since(site, "sshd"), 0);
	assert_true(clear(site, "sshd"));
	assert_int_equal(access(site_path(site, "store/services"), F_OK), -1);
	assert_true(mark(site, "sshd", SAMPLE_NOW));
	assert_int_equal(since(site, "sshd"), SAMPLE_NOW);
	assert_int_equal(since(site, "sudo"), 0);
	assert_int_equal(lstat(site_path(site, "store/services"), &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	assert_int_equal(lstat(site_path(site, "store/services/sshd"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	len = site_get(site, "store/services/sshd", bytes, sizeof bytes);
	assert_int_equal(len, sizeof right - 1 + 2 * SEAL_SUM_LENGTH + 1);
	assert_memory_equal(bytes, right, sizeof right - 1);
	assert_true(clear(site, "sudo"));
	assert_int_equal(since(site, "sshd"), SAMPLE_NOW);
	assert_true(clear(site, "sshd"));
	assert_int_equal(since(site, "sshd"), 0);
	assert_true(clear(site, "sshd"));
	assert_true(mark(site, "sshd", LATER));
	assert_int_equal(since(site, "sshd"), LATER);
}

static void
second_login_makes_the_mark_younger(void **state)
{
	struct site *site = *state;

	assert_true(mark(site, "sshd", SAMPLE_NOW));
	assert_true(mark(site, "sshd", LATER));
	assert_true(mark(site, "sshd", SAMPLE_NOW - 60));
	assert_int_equal(since(site, "sshd"), SAMPLE_NOW);
	/* whatever the clock says, there is a mark */
	assert_true(mark(site, "sudo", -5));
	assert_int_equal(since(site, "sudo"), 1);
	assert_true(mark(site, "su", INT64_MAX));
	assert_int_equal(since(site, "su"), HISTORY_TIME_MAX);
}

static void
rule_12_service_is_a_path(void **state)
{
	static const char *const names[] = { "../marker", "a/b", ".hidden", "..", "a\nb", "\xc3\xa9" };
	struct site *site = *state;
	char lengthy[300];
	int64_t when;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_row(mark(site, names[i], SAMPLE_NOW), names[i]);
		assert_row(since(site, names[i]) == SAMPLE_NOW, names[i]);
		assert_row(clear(site, names[i]), names[i]);
		assert_row(since(site, names[i]) == 0, names[i]);
	}
	assert_int_equal(access(site_path(site, "store/marker"), F_OK), 0);
	memset(lengthy, 's', sizeof lengthy - 1);
	lengthy[sizeof lengthy - 1] = '\0';
	for (unsigned i = 0; i < 2; i++) {
		const char *name = i == 0 ? lengthy : "";

		assert_false(mark(site, name, SAMPLE_NOW));
		assert_false(store_service_marked(&site->store, name, &when, &site->fault));
		assert_int_equal(when, 0);
		assert_false(clear(site, name));
	}
}

static size_t
of_no_time(char bytes[static 256])
{
	struct text text = text_into(bytes, 256);
	uint8_t sum[SEAL_SUM_LENGTH];

	text_put(&text, "twostep-service 1\nsince 0\n");
	assert_true(seal_sum(bytes, text_length(&text), sum));
	text_put(&text, "sum ");
	text_put_hex(&text, sum, sizeof sum);
	text_put(&text, "\n");
	return text_length(&text);
}

static void
rule_13_damaged_mark_is_none(void **state)
{
	struct site *site = *state;
	char bytes[256];
	size_t len;

	assert_true(mark(site, "sshd", SAMPLE_NOW));
	len = site_get(site, "store/services/sshd", bytes, sizeof bytes);
	for (size_t i = 0; i < len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			bytes[i] = (char)(bytes[i] ^ 1 << bit);
			site_put(site, "store/services/sshd", bytes, len);
			assert_int_equal(since(site, "sshd"), -1);
			bytes[i] = (char)(bytes[i] ^ 1 << bit);
		}
	}
	for (size_t size = 0; size <= sizeof bytes; size++) {
		if (size > len)
			bytes[size - 1] = '\n';
		site_put(site, "store/services/sshd", bytes, size);
		assert_int_equal(since(site, "sshd"), size == len ? SAMPLE_NOW : -1);
	}
	/* one of no time at all is none either, though its sum is right */
	site_put(site, "store/services/sshd", bytes, of_no_time(bytes));
	assert_int_equal(since(site, "sshd"), -1);
	/* nobody enrolls by it, and an account phase clears it all the same */
	assert_false(mark(site, "sshd", SAMPLE_NOW));
	assert_true(clear(site, "sshd"));
	assert_int_equal(since(site, "sshd"), 0);
}

static void
rule_11_mark_of_somebody_else_is_taken(void **state)
{
	struct site *site = *state;

	assert_true(mark(site, "sshd", SAMPLE_NOW));
	assert_int_equal(chmod(site_path(site, "store/services/sshd"), 0666), 0);
	assert_int_equal(since(site, "sshd"), -1);
	assert_int_equal(chmod(site_path(site, "store/services/sshd"), 0600), 0);
	assert_int_equal(chmod(site_path(site, "store/services"), 0777), 0);
	assert_int_equal(since(site, "sshd"), -1);
	assert_false(mark(site, "sudo", SAMPLE_NOW));
	assert_int_equal(unlink(site_path(site, "store/services/sshd")), 0);
	assert_int_equal(chmod(site_path(site, "store/services"), 0700), 0);
	assert_int_equal(mkfifo(site_path(site, "store/services/sshd"), 0600), 0);
	assert_int_equal(since(site, "sshd"), -1);
	/* what cannot be looked at is not what is missing */
	assert_int_equal(symlink("sudo", site_path(site, "store/services/su")), 0);
	assert_int_equal(since(site, "su"), -1);
	assert_int_equal(rename(site_path(site, "store/services"), site_path(site, "store/gone")), 0);
	site_put(site, "store/services", "", 0);
	assert_int_equal(since(site, "sudo"), -1);
}

/* A mark that was told is there, one that was not may be, and the next login gets on with either. */
static void
rule_14_failing_or_killed_call_loses_a_mark(void **state)
{
	static const int errors[] = { 0, EIO, ENOSPC };
	struct site *site = *state;

	for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
		for (unsigned there = 0; there < 3; there++) {
			bool came = true;
			unsigned calls = 0;

			for (; came && calls < 40; calls++) {
				int status = 0;
				pid_t child;

				assert_true(clear(site, "sshd"));
				if (there == 0)
					(void)rmdir(site_path(site, "store/services"));
				if (there == 2)
					assert_true(mark(site, "sshd", SAMPLE_NOW));
				child = fork();
				assert_true(child >= 0);
				if (child == 0) {
					bool marked;

					trouble_after(calls, errors[e]);
					marked = mark(site, "sshd", LATER);
					came = trouble_over();
					_exit((marked ? 0 : 1) | (came ? 8 : 0));
				}
				assert_int_equal(waitpid(child, &status, 0), child);
				came = WIFSIGNALED(status) || (WEXITSTATUS(status) & 8) != 0;
				assert_true(came || status == 0);
				if (WIFEXITED(status) && (WEXITSTATUS(status) & 7) == 0)
					assert_int_equal(since(site, "sshd"), there == 2 ? SAMPLE_NOW : LATER);
				assert_true(since(site, "sshd") >= 0);
				assert_true(mark(site, "sshd", LATER));
				assert_true(since(site, "sshd") > 0);
				assert_int_equal(access(site_path(site, "store/services/.new"), F_OK), -1);
			}
			/* lock, make, flush at the least */
			assert_in_range(calls, 4, 39);
		}
	}
}

/* A kill may have come between the mark and its flush. */
static void
rule_09_mark_that_is_there_is_not_flushed(void **state)
{
	struct site *site = *state;
	unsigned failed = 0;
	bool came = true;

	assert_true(mark(site, "sshd", SAMPLE_NOW));
	for (unsigned calls = 0; came; calls++) {
		trouble_after(calls, EIO);
		failed += !mark(site, "sshd", LATER);
		came = trouble_over();
	}
	/* lock, directory, flush */
	assert_int_equal(failed, 3);
}

#define IN_SITE(test) cmocka_unit_test_setup_teardown(test, site_found, site_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SITE(mark_is_not_what_was_marked),
		IN_SITE(second_login_makes_the_mark_younger),
		IN_SITE(rule_12_service_is_a_path),
		IN_SITE(rule_11_mark_of_somebody_else_is_taken),
		IN_SITE(rule_13_damaged_mark_is_none),
		IN_SITE(rule_14_failing_or_killed_call_loses_a_mark),
		IN_SITE(rule_09_mark_that_is_there_is_not_flushed),
	};

	return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
