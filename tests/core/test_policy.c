/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include "core/policy.h"

static void
rule_01_somebody_without_a_second_step_is_let_by(void **state)
{
	static const struct {
		const char *name;
		struct policy_case who;
		enum policy policy;
	} rows[] = {
		{ "enrolled", { .account = true, .enrolled = true }, POLICY_ASK },
		{ "unenrolled", { .account = true, .enrolled = false }, POLICY_DENY },
		{ "no account", { .account = false, .enrolled = false }, POLICY_DENY },
		{ "a record without an account", { .account = false, .enrolled = true }, POLICY_DENY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_row(policy_decide(&rows[i].who) == rows[i].policy, rows[i].name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_01_somebody_without_a_second_step_is_let_by),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
