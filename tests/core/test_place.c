/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "core/place.h"

static void
name(struct place *place, const char *const facts[], unsigned count)
{
	memset(place, 0x5a, sizeof *place);
	assert_true(place_identify(place, facts, count));
}

static void
facts_run_into_each_other(void **state)
{
	static const char *const rows[][3] = {
		{ "sshd", "192.0.2.7", "" }, { "sshd1", "92.0.2.7", "" }, { "sshd", "192.0.2.", "7" },
		{ "sshd", "", "192.0.2.7" }, { "", "sshd", "192.0.2.7" }, { "sshd192.0.2.7", "", "" },
		{ "192.0.2.7", "sshd", "" },
	};
	struct place place[8];

	(void)state;
	for (unsigned i = 0; i < 7; i++)
		name(&place[i], rows[i], 3);
	/* nor is one fact less the same as an empty one */
	name(&place[7], rows[0], 2);
	for (unsigned i = 0; i < 8; i++)
		for (unsigned j = 0; j < 8; j++)
			assert_int_equal(strcmp(place[i].id, place[j].id) == 0, i == j);
}

static void
place_has_another_name_tomorrow(void **state)
{
	/* SHA-256 of b"sshd\0" + b"192.0.2.7\0", by Python's hashlib */
	static const char *const facts[] = { "sshd", "192.0.2.7" };
	struct place place;

	(void)state;
	name(&place, facts, 2);
	assert_string_equal(place.id, "f6e70b7d15ab9158");
}

static void
rule_18_facts_run_over_their_room(void **state)
{
	static char fact[5000];
	const char *const facts[] = { fact };
	struct place place;

	(void)state;
	memset(fact, 'a', 4095);
	name(&place, facts, 1);
	fact[4095] = 'a';
	assert_false(place_identify(&place, facts, 1));
	assert_string_equal(place.id, "");
	assert_false(place_valid(&place));
	memset(fact, 'a', sizeof fact - 1);
	assert_false(place_identify(&place, facts, 1));
	assert_string_equal(place.id, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_run_into_each_other),
		cmocka_unit_test(place_has_another_name_tomorrow),
		cmocka_unit_test(rule_18_facts_run_over_their_room),
	};

	return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
