/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "leftover.h"

static void
overlong_is_refused_and_leaves_nothing(void **state)
{
	struct secret secret;
	uint8_t bytes[SECRET_MAX + 1];

	(void)state;
	memset(bytes, 'x', sizeof bytes);
	assert_true(secret_set(&secret, bytes, SECRET_MAX));
	assert_int_equal(secret.len, SECRET_MAX);
	assert_memory_equal(secret.bytes, bytes, SECRET_MAX);
	assert_false(secret_set(&secret, bytes, SECRET_MAX + 1));
	assert_int_equal(secret.len, 0);
}

static void
sameness_stops_at_a_nul_or_looks_past_the_end(void **state)
{
	(void)state;
	assert_true(secret_same("a\0b", "a\0b", 3));
	assert_false(secret_same("a\0b", "a\0c", 3));
	assert_true(secret_same("ab", "ac", 1));
	assert_true(secret_same("a", "b", 0));
}

static void
rule_19_wiped_secret_is_still_there(void **state)
{
	static const struct secret zero;
	struct secret secret;

	(void)state;
	memset(&secret, 0x5a, sizeof secret);
	secret_wipe(&secret);
	assert_memory_equal(&secret, &zero, sizeof zero);
}

static const char typed[] = "a secret that was typed";

static void
hold(void *arg)
{
	SECRET secret;

	(void)arg;
	assert_true(secret_set(&secret, typed, sizeof typed));
}

/* A last write to what nobody reads any more: a compiler may leave that out. */
static void
hold_in_a_buffer(void *arg)
{
	char buffer[SECRET_MAX];

	(void)arg;
	memcpy(buffer, typed, sizeof typed);
	assert_memory_equal(buffer, typed, sizeof typed);
	secret_clear(buffer, sizeof buffer);
}

static void
hold_unwiped(void *arg)
{
	struct secret secret;

	assert_true(secret_set(&secret, typed, sizeof typed));
	*(struct secret **)arg = &secret;
	assert_int_equal((*(struct secret **)arg)->len, sizeof typed);
}

static void
rule_19_secret_outlives_its_block(void **state)
{
	struct secret *where;

	(void)state;
	assert_false(leftover(hold, NULL, typed, sizeof typed));
	assert_false(leftover(hold_in_a_buffer, NULL, typed, sizeof typed));
	if (leftover(hold_unwiped, &where, typed, sizeof typed))
		return;
	print_message("skipped: in this build nothing can be found on a stack\n");
	skip();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overlong_is_refused_and_leaves_nothing),
		cmocka_unit_test(sameness_stops_at_a_nul_or_looks_past_the_end),
		cmocka_unit_test(rule_19_wiped_secret_is_still_there),
		cmocka_unit_test(rule_19_secret_outlives_its_block),
	};

	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
