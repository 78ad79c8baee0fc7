/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "core/date.h"
#include "core/policy.h"

#define MADE (SAMPLE_NOW - 1000 * DATE_DAY) /* the store's own beginning */
#define UNTIL "2023-11-14T22:13:20"         /* SAMPLE_NOW */
#define AFTER "2023-11-14T22:13:21"         /* one second later */

/* Up to four settings over the defaults. */
struct given {
	const char *words[4];
};

static struct settings set;
static struct policy_groups groups;

static void
settle_on(const struct given *given, const char *name)
{
	struct settings_fault fault = { .why = NULL };
	const char *words[4];
	int count = 0;

	settings_default(&set);
	for (; count < 4 && given->words[count] != NULL; count++)
		words[count] = given->words[count];
	if (!settings_arguments(&set, count, words, &fault))
		fail_msg("in the row '%s': %s: %s", name, fault.word, fault.why);
	policy_groups(&groups, &set);
}

/* alice, whom nothing is known of but that she has an account, at a clock that is right. */
static struct policy_case
alice(void)
{
	return (struct policy_case){ .account = true,
		.user = SAMPLE_USER,
		.groups = &groups,
		.now = SAMPLE_NOW,
		.looked = true,
		.created = MADE };
}

static struct policy_decision
decide(struct policy_case who, const struct given *given, const char *name)
{
	settle_on(given, name);
	return policy_decide(&set, &who);
}

static bool
by_rule(struct policy_decision decision, const char *rule)
{
	if (rule == NULL)
		return decision.policy != POLICY_PASS && decision.rule == NULL;
	return decision.policy == POLICY_PASS && decision.rule != NULL &&
	    strcmp(decision.rule, rule) == 0;
}

static void
rule_01_somebody_without_a_second_step_is_let_by(void **state)
{
	static const struct {
		const char *name;
		bool account, enrolled;
		enum policy policy;
	} rows[] = {
		{ "enrolled", true, true, POLICY_ASK },
		{ "unenrolled", true, false, POLICY_DENY },
		{ "no account", false, false, POLICY_DENY },
		{ "a record without an account", false, true, POLICY_DENY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct policy_case who = alice();
		struct policy_decision decision;

		who.account = rows[i].account;
		who.enrolled = rows[i].enrolled;
		decision = decide(who, &(struct given){ { NULL } }, rows[i].name);
		assert_row(decision.policy == rows[i].policy, rows[i].name);
		assert_row(decision.rule == NULL, rows[i].name);
	}
}

static void
name_that_is_no_account_is_let_by(void **state)
{
	static const struct given given[] = {
		{ { "exempt=alice" } },
		{ { "require=nobody" } },
		{ { "require=bob" } },
		{ { "require_from=2999-01-01" } },
		{ { "trusted_networks=192.0.2.0/24" } },
		{ { "enroll_at_login=yes" } },
		{ { "exempt=alice until=2999-01-01" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
		for (unsigned looked = 0; looked < 2; looked++) {
			struct policy_case who = alice();

			who.account = false;
			who.looked = looked == 1;
			who.remembered = true;
			who.rhost = "192.0.2.7";
			assert_row(decide(who, &given[i], *given[i].words).policy == POLICY_DENY,
			    *given[i].words);
		}
	}
}

/* With the store dead, only what nothing in it could change lets anybody by. */
static void
rule_01_dead_store_lets_by_or_keeps_root_out(void **state)
{
	static const struct {
		const char *word, *rule; /* NULL: the store must be looked at */
	} rows[] = {
		{ "debug", NULL },
		{ "exempt=alice", "exempt" },
		{ "exempt=@staff", "exempt" },
		{ "exempt=bob", NULL },
		{ "exempt=alice until=2999-01-01", NULL },
		{ "exempt=alice until=2999-01-01 @staff", "exempt" },
		{ "exempt=@staff until=2999-01-01 alice", "exempt" },
		{ "trusted_networks=192.0.2.0/24", "trusted_networks" },
		{ "trusted_networks=198.51.100.0/24", NULL },
		{ "require=nobody", NULL },
		{ "require=bob", NULL },
		{ "require_from=2999-01-01", NULL },
		{ "enroll_at_login=yes", NULL },
		{ "remember=1h", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct policy_case who = alice();
		struct policy_decision decision;

		settle_on(&(struct given){ { rows[i].word } }, rows[i].word);
		for (unsigned g = 0; g < groups.count; g++)
			groups.group[g].member = true;
		who.rhost = "192.0.2.7";
		who.looked = false;
		who.remembered = true;
		decision = policy_decide(&set, &who);
		assert_row(by_rule(decision, rows[i].rule), rows[i].word);
		assert_row(rows[i].rule != NULL || decision.policy == POLICY_LOOK, rows[i].word);
	}
}

static void
exemption_reaches_somebody_else_or_past_its_end(void **state)
{
	static const struct {
		const char *exempt;
		bool let;
	} rows[] = {
		{ "exempt=alice", true },
		{ "exempt=bob,alice", true },
		{ "exempt=bob, alice ,carol", true },
		{ "exempt=", false },
		{ "exempt=bob", false },
		{ "exempt=alic", false },
		{ "exempt=alicea", false },
		{ "exempt=Alice", false },
		{ "exempt=alice@example.net", false },
		{ "exempt=@alice", false },
		{ "exempt=alice until=" AFTER, true },
		{ "exempt=alice until=" UNTIL, false },
		{ "exempt=alice until=2023-11-14", false },
		{ "exempt=alice until=2023-11-15", true },
		{ "exempt=alice until=2023-11-15+02:00", false },
		{ "exempt=bob until=2999-01-01 carol alice until=" UNTIL, false },
		{ "exempt=alice,until=" AFTER ",bob until=" UNTIL, true },
		{ "exempt=bob,until=" AFTER ",alice until=" UNTIL, false },
		{ "exempt=alice until=" UNTIL " @staff until=" AFTER, true },
		{ "exempt=@staff", true },
		{ "exempt=@guests", false },
		{ "exempt=staff", false },
		{ "exempt=@staff until=" AFTER, true },
		{ "exempt=@staff until=" UNTIL, false },
		{ "exempt=@guests until=" AFTER, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct policy_case who = alice();

		settle_on(&(struct given){ { rows[i].exempt } }, rows[i].exempt);
		for (unsigned g = 0; g < groups.count; g++)
			groups.group[g].member = strcmp(groups.group[g].name, "staff") == 0;
		assert_row(by_rule(policy_decide(&set, &who), rows[i].let ? "exempt" : NULL),
		    rows[i].exempt);
		who.enrolled = true;
		assert_row(by_rule(policy_decide(&set, &who), rows[i].let ? "exempt" : NULL),
		    rows[i].exempt);
	}
}

static void
name_in_rhost_an_odd_address_or_a_neighbour_is_trusted(void **state)
{
	static const struct {
		const char *networks, *rhost;
		bool let;
	} rows[] = {
		{ "192.0.2.0/24", "192.0.2.7", true },
		{ "192.0.2.0/24", "192.0.3.7", false },
		{ "192.0.2.7", "192.0.2.8", false },
		{ "198.51.100.1, 192.0.2.0/24 2001:db8::/32", "192.0.2.7", true },
		{ "198.51.100.1, 192.0.2.0/24 2001:db8::/32", "2001:db8::1", true },
		{ "198.51.100.1, 192.0.2.0/24 2001:db8::/32", "2001:db9::1", false },
		{ "", "192.0.2.7", false },
		/* a name, also one that looks like an address */
		{ "0.0.0.0/0 ::/0", "trusted.example.net", false },
		{ "0.0.0.0/0 ::/0", "192.0.2.7.example.net", false },
		{ "0.0.0.0/0 ::/0", "localhost", false },
		{ "0.0.0.0/0 ::/0", "UNKNOWN", false },
		{ "0.0.0.0/0 ::/0", "3221225991", false },
		{ "0.0.0.0/0 ::/0", "192.0.2.7 192.0.2.8", false },
		/* empty, or none */
		{ "0.0.0.0/0 ::/0", "", false },
		{ "0.0.0.0/0 ::/0", " ", false },
		{ "0.0.0.0/0 ::/0", NULL, false },
		/* IPv4 inside IPv6 */
		{ "192.0.2.0/24", "::ffff:192.0.2.7", true },
		{ "192.0.2.0/24", "::ffff:c000:207", true },
		{ "192.0.2.0/24", "::ffff:192.0.3.7", false },
		{ "::ffff:192.0.2.0/120", "192.0.2.7", true },
		{ "::/0", "::ffff:192.0.2.7", false },
		{ "::/0", "192.0.2.7", false },
		/* a scope id */
		{ "fe80::/64", "fe80::1", true },
		{ "fe80::/64", "fe80::1%eth0", false },
		{ "::/0", "fe80::1%2", false },
		/* loopback, whence every tunnel comes, only when it is named */
		{ "127.0.0.0/8", "127.0.0.1", true },
		{ "127.0.0.1", "127.0.0.1", true },
		{ "127.0.0.1", "127.0.0.2", false },
		{ "::1", "::1", true },
		{ "127.0.0.1", "::1", false },
		{ "127.0.0.1", "::ffff:127.0.0.1", true },
		{ "0.0.0.0/0", "192.0.2.7", true },
		{ "0.0.0.0/0", "127.0.0.1", false },
		{ "0.0.0.0/0", "::ffff:127.0.0.1", false },
		{ "126.0.0.0/7", "127.0.0.1", false },
		{ "::/0", "::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/127", "::1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *name = rows[i].rhost != NULL ? rows[i].rhost : "NULL";
		struct policy_case who = alice();

		settings_default(&set);
		assert_row(settings_set(&set, "trusted_networks", rows[i].networks,
			       &(struct settings_fault){ .why = NULL }),
		    rows[i].networks);
		who.rhost = rows[i].rhost;
		assert_row(by_rule(policy_decide(&set, &who), rows[i].let ? "trusted_networks" : NULL),
		    name);
		who.enrolled = true;
		assert_row(by_rule(policy_decide(&set, &who), rows[i].let ? "trusted_networks" : NULL),
		    name);
	}
}

static void
somebody_is_required_who_is_not_or_the_other_way_round(void **state)
{
	static const struct {
		const char *require;
		bool required;
	} rows[] = {
		{ "require=everyone", true },
		{ "require=nobody", false },
		{ "require=alice", true },
		{ "require=bob", false },
		{ "require=bob,alice", true },
		{ "require=@staff", true },
		{ "require=@guests", false },
		{ "require=@guests @staff", true },
		{ "require=@guests, alice", true },
		{ "require=@alice", false },
		{ "require=staff", false },
		{ "require=@everyone", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct policy_case who = alice();

		settle_on(&(struct given){ { rows[i].require } }, rows[i].require);
		for (unsigned g = 0; g < groups.count; g++)
			groups.group[g].member = strcmp(groups.group[g].name, "staff") == 0;
		assert_row(by_rule(policy_decide(&set, &who), rows[i].required ? NULL : "require"),
		    rows[i].require);
		/* who enrolled without having to is asked all the same */
		who.enrolled = true;
		assert_row(policy_decide(&set, &who).policy == POLICY_ASK, rows[i].require);
	}
}

static void
required_are_held_too_early_or_too_late(void **state)
{
	static const struct {
		const char *name;
		struct given given;
		bool before, remind, offer;
		int64_t days;
	} rows[] = {
		{ "one second before", { { "require_from=" AFTER } }, true, true, false, 1 },
		{ "that second", { { "require_from=" UNTIL } }, false, false, false, 0 },
		{ "tomorrow", { { "require_from=2023-11-15" } }, true, true, false, 1 },
		{ "one day", { { "require_from=2023-11-15T22:13:20" } }, true, true, false, 1 },
		{ "a second more", { { "require_from=2023-11-15T22:13:21" } }, true, true, false, 2 },
		{ "an offset that has passed", { { "require_from=2023-11-15+02:00" } }, false, false,
		    false, 0 },
		{ "30 days", { { "require_from=2023-12-14T22:13:20" } }, true, true, false, 30 },
		{ "30 days and a second", { { "require_from=2023-12-14T22:13:21" } }, true, false, false,
		    31 },
		{ "remind=0", { { "require_from=" AFTER, "remind=0" } }, true, false, false, 1 },
		{ "offer, not enrolling here", { { "require_from=" AFTER, "offer=7d" } }, true, true,
		    false, 1 },
		{ "offer", { { "require_from=" AFTER, "offer=7d", "enroll_at_login=yes" } }, true, true,
		    true, 1 },
		{ "offer=0", { { "require_from=" AFTER, "offer=0", "enroll_at_login=yes" } }, true, true,
		    false, 1 },
		{ "offer at its edge",
		    { { "require_from=2023-11-21T22:13:20", "offer=7d", "enroll_at_login=yes" } }, true,
		    true, true, 7 },
		{ "offer too early",
		    { { "require_from=2023-11-21T22:13:21", "offer=7d", "enroll_at_login=yes" } }, true,
		    true, false, 8 },
		{ "offer to one who was not invited",
		    { { "require_from=" AFTER, "offer=7d", "enroll_at_login=invited" } }, true, true,
		    false, 1 },
		{ "offer without a reminder",
		    { { "require_from=2023-11-21", "remind=1d", "offer=7d", "enroll_at_login=yes" } },
		    true, false, true, 7 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct policy_case who = alice();
		struct policy_decision decision = decide(who, &rows[i].given, rows[i].name);

		assert_row(by_rule(decision, rows[i].before ? "require_from" : NULL), rows[i].name);
		assert_row(decision.remind == rows[i].remind, rows[i].name);
		assert_row(decision.offer == rows[i].offer, rows[i].name);
		assert_row(decision.days == rows[i].days, rows[i].name);
		/* who enrolled before the day is asked from then on */
		who.enrolled = true;
		assert_row(policy_decide(&set, &who).policy == POLICY_ASK, rows[i].name);
	}
}

static void
somebody_enrolls_who_may_not(void **state)
{
	static const struct {
		const char *name;
		struct given given;
		bool invited;
		enum policy policy;
		bool offer;
	} rows[] = {
		{ "no", { { "enroll_at_login=no" } }, false, POLICY_DENY, false },
		{ "no, invited", { { "enroll_at_login=no" } }, true, POLICY_DENY, false },
		{ "invited, not invited", { { "enroll_at_login=invited" } }, false, POLICY_DENY, false },
		{ "invited", { { "enroll_at_login=invited" } }, true, POLICY_ENROLL, false },
		{ "yes", { { "enroll_at_login=yes" } }, false, POLICY_ENROLL, false },
		{ "yes, invited", { { "enroll_at_login=yes" } }, true, POLICY_ENROLL, false },
		{ "not required", { { "require=bob", "enroll_at_login=yes" } }, false, POLICY_PASS,
		    false },
		{ "not required, invited", { { "require=bob", "enroll_at_login=yes" } }, true,
		    POLICY_PASS, true },
		{ "not required, invited, by invitation",
		    { { "require=nobody", "enroll_at_login=invited" } }, true, POLICY_PASS, true },
		{ "not required, invited, not here", { { "require=nobody" } }, true, POLICY_PASS,
		    false },
		{ "before the day, invited",
		    { { "require_from=" AFTER, "offer=1h", "enroll_at_login=invited" } }, true,
		    POLICY_PASS, true },
		{ "before the day, invited, not here", { { "require_from=" AFTER, "offer=1h" } }, true,
		    POLICY_PASS, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct policy_case who = alice();
		struct policy_decision decision;

		who.invited = rows[i].invited;
		decision = decide(who, &rows[i].given, rows[i].name);
		assert_row(decision.policy == rows[i].policy, rows[i].name);
		assert_row(decision.offer == rows[i].offer, rows[i].name);
		/* an invitation beside an enrollment changes nothing here: it is taken at the prompt */
		who.enrolled = true;
		assert_row(policy_decide(&set, &who).policy == POLICY_ASK, rows[i].name);
	}
}

static void
remembered_place_lets_by_who_is_not_enrolled(void **state)
{
	struct policy_case who = alice();

	(void)state;
	who.remembered = true;
	assert_int_equal(decide(who, &(struct given){ { NULL } }, "unenrolled").policy, POLICY_DENY);
	who.enrolled = true;
	assert_true(by_rule(policy_decide(&set, &who), "remember"));
	who.remembered = false;
	assert_int_equal(policy_decide(&set, &who).policy, POLICY_ASK);
}

static void
rule_20_clock_behind_the_store_revives_a_date_or_an_exemption(void **state)
{
	static const struct {
		const char *word;
		enum policy behind;
		const char *rule; /* when the clock is right */
	} rows[] = {
		{ "require_from=2999-01-01", POLICY_DENY, "require_from" },
		{ "exempt=alice until=2999-01-01", POLICY_DENY, "exempt" },
		{ "exempt=@staff until=2999-01-01", POLICY_DENY, "exempt" },
		/* no clock decides these */
		{ "exempt=alice", POLICY_PASS, "exempt" },
		{ "require=bob", POLICY_PASS, "require" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct policy_case who = alice();

		settle_on(&(struct given){ { rows[i].word, "enroll_at_login=no" } }, rows[i].word);
		for (unsigned g = 0; g < groups.count; g++)
			groups.group[g].member = true;
		who.now = who.created;
		assert_row(by_rule(policy_decide(&set, &who), rows[i].rule), rows[i].word);
		who.now--;
		assert_row(policy_decide(&set, &who).policy == rows[i].behind, rows[i].word);
		assert_row(!policy_decide(&set, &who).remind, rows[i].word);
		who.now = 0;
		assert_row(policy_decide(&set, &who).policy == rows[i].behind, rows[i].word);
		who.now = -1;
		assert_row(policy_decide(&set, &who).policy == rows[i].behind, rows[i].word);
	}
}

static void
group_is_read_that_no_rule_names(void **state)
{
	static const struct {
		const char *name;
		struct given given;
		const char *groups[4];
	} rows[] = {
		{ "defaults", { { NULL } }, { NULL } },
		{ "names alone", { { "require=alice,bob", "exempt=carol until=2999-01-01 dave" } },
		    { NULL } },
		{ "nobody", { { "require=nobody", "exempt=" } }, { NULL } },
		{ "a name with an at sign", { { "require=alice@staff" } }, { NULL } },
		{ "networks", { { "trusted_networks=192.0.2.0/24" } }, { NULL } },
		{ "require", { { "require=@staff,alice" } }, { "staff" } },
		{ "exempt", { { "exempt=alice @staff until=2999-01-01,@guests" } },
		    { "staff", "guests" } },
		{ "both", { { "require=@staff @guests", "exempt=@admins,@staff" } },
		    { "staff", "guests", "admins" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		unsigned count = 0;

		memset(&groups, 0x5a, sizeof groups);
		settle_on(&rows[i].given, rows[i].name);
		for (; count < 4 && rows[i].groups[count] != NULL; count++) {
			assert_row(count < groups.count, rows[i].name);
			assert_string_equal(groups.group[count].name, rows[i].groups[count]);
			assert_row(!groups.group[count].member, rows[i].name);
		}
		assert_row(groups.count == count, rows[i].name);
	}
}

static void
rule_18_as_many_groups_as_there_may_be_run_over(void **state)
{
	char list[SETTINGS_LIST_SIZE];
	struct settings_fault fault = { .why = NULL };

	(void)state;
	settings_default(&set);
	for (unsigned which = 0; which < 2; which++) {
		struct text text = text_into(list, sizeof list);

		for (int i = 0; i < LIST_GROUPS_MAX; i++) {
			text_put(&text, which == 0 ? "@require" : "@exempt");
			text_put_number(&text, i);
			text_put(&text, " ");
		}
		text_end(&text);
		assert_true(settings_set(&set, which == 0 ? "require" : "exempt", list, &fault));
		text.at--;
		text_put(&text, " @more");
		text_end(&text);
		assert_false(settings_set(&set, which == 0 ? "require" : "exempt", list, &fault));
		assert_string_equal(fault.why, "more than 32 groups");
		text.at = text.start + strlen(list) - strlen("@more");
		text_end(&text);
		assert_true(settings_set(&set, which == 0 ? "require" : "exempt", list, &fault));
	}
	policy_groups(&groups, &set);
	assert_int_equal(groups.count, POLICY_GROUPS_MAX);
	assert_string_equal(groups.group[POLICY_GROUPS_MAX - 1].name, "exempt31");
}

/* What nobody read or filled in gives nothing away. */
static void
rule_01_group_that_was_not_read_lets_by(void **state)
{
	static const struct policy_groups none;
	struct policy_case who = alice();

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		who.groups = i == 0 ? NULL : &none;
		settle_on(&(struct given){ { "exempt=@staff,@guests until=2999-01-01" } }, "exempt");
		assert_int_equal(policy_decide(&set, &who).policy, POLICY_DENY);
		settle_on(&(struct given){ { "require=@staff" } }, "require");
		assert_int_equal(policy_decide(&set, &who).policy, POLICY_DENY);
	}
	memset(&set, 0, sizeof set);
	assert_int_equal(policy_decide(&set, &who).policy, POLICY_DENY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_01_somebody_without_a_second_step_is_let_by),
		cmocka_unit_test(rule_01_dead_store_lets_by_or_keeps_root_out),
		cmocka_unit_test(rule_01_group_that_was_not_read_lets_by),
		cmocka_unit_test(name_that_is_no_account_is_let_by),
		cmocka_unit_test(exemption_reaches_somebody_else_or_past_its_end),
		cmocka_unit_test(name_in_rhost_an_odd_address_or_a_neighbour_is_trusted),
		cmocka_unit_test(somebody_is_required_who_is_not_or_the_other_way_round),
		cmocka_unit_test(required_are_held_too_early_or_too_late),
		cmocka_unit_test(somebody_enrolls_who_may_not),
		cmocka_unit_test(remembered_place_lets_by_who_is_not_enrolled),
		cmocka_unit_test(rule_20_clock_behind_the_store_revives_a_date_or_an_exemption),
		cmocka_unit_test(group_is_read_that_no_rule_names),
		cmocka_unit_test(rule_18_as_many_groups_as_there_may_be_run_over),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
