/* SPDX-License-Identifier: BSD-2-Clause */
/* A configuration file of any bytes, or, after a first byte that is odd, arguments between NULs. */
#include "fuzz.h"

#include <string.h>

#include "core/address.h"
#include "core/policy.h"

#define ARGUMENTS 32

static void
must_be_within_bounds(const struct settings *set)
{
	size_t len = strlen(set->prompt), end = strlen(SETTINGS_PROMPT);

	MUST(set->window >= 0 && set->window <= 10);
	MUST(set->hotp_lookahead >= 0 && set->hotp_lookahead <= 50);
	MUST(set->delay_after >= 0 && set->delay_after <= HISTORY_COUNT_MAX);
	MUST(set->lock_after >= 1 && set->lock_after <= HISTORY_COUNT_MAX);
	MUST(set->lock_time >= 1 && set->lock_time <= 365 * 86400);
	MUST(set->block_after >= 1 && set->block_after <= HISTORY_COUNT_MAX);
	MUST(set->recovery_codes >= 0 && set->recovery_codes <= RECOVERY_CODES_MAX);
	MUST(set->digits >= OTP_DIGITS_MIN && set->digits <= OTP_DIGITS_MAX);
	MUST(set->period >= OTP_PERIOD_MIN && set->period <= OTP_PERIOD_MAX);
	MUST(set->algorithm <= OTP_SHA512);
	MUST(len >= end && strcmp(set->prompt + len - end, SETTINGS_PROMPT) == 0);
	MUST(strncmp(set->store, "file:/", 6) == 0);
	MUST(set->key_file[0] == '/' || strcmp(set->key_file, "none") == 0);
	MUST(set->conf[0] == '/');
	MUST(strchr(set->issuer, ':') == NULL);
	MUST(set->require_from >= 0);
	MUST(set->remind >= 0 && set->remind <= 3650 * 86400);
	MUST(set->offer >= 0 && set->offer <= 3650 * 86400);
	MUST(set->remember >= 0 && set->remember <= 365 * 86400);
	MUST(set->enroll_at_login <= ENROLL_YES);
	MUST(set->notify[0] == '/' || set->notify[0] == '\0');
	for (const char *p = set->contact; *p != '\0'; p++)
		MUST(*p >= ' ' && *p < 0x7f);
}

/* Every item of the lists is seen by whoever walks them. */
static void
lists_must_be_walked_whole(const struct settings *set)
{
	const char *const names[] = { set->require, set->exempt };
	static struct policy_groups groups;
	struct list_item item;
	struct network network;
	struct cursor list;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		list = cursor_over(names[i], strlen(names[i]));
		while (list_name(&list, &item))
			MUST(item.len > 0 && item.len < LIST_NAME_SIZE && item.until >= 0);
		MUST(cursor_done(&list));
	}
	list = cursor_over(set->trusted_networks, strlen(set->trusted_networks));
	while (list_network(&list, &network))
		MUST(network.bits <= network.address.len * 8 &&
		    network_has(&network, &network.address));
	MUST(cursor_done(&list));
	policy_groups(&groups, set);
	MUST(groups.count <= POLICY_GROUPS_MAX);
}

/* Nobody is let by without a rule, and a person without an account never. */
static void
must_let_by_under_a_rule(const struct settings *set)
{
	static struct policy_groups groups;
	struct policy_case who = { .user = "alice", .groups = &groups, .now = SAMPLE_NOW };

	policy_groups(&groups, set);
	for (unsigned bits = 0; bits < 64; bits++) {
		struct policy_decision decision;

		who.account = (bits & 1) != 0;
		who.looked = (bits & 2) != 0;
		who.enrolled = (bits & 4) != 0;
		who.invited = (bits & 8) != 0;
		who.rhost = (bits & 16) != 0 ? "192.0.2.7" : "::1";
		who.created = (bits & 32) != 0 ? SAMPLE_NOW + 1 : 0;
		decision = policy_decide(set, &who);
		MUST((decision.policy == POLICY_PASS) == (decision.rule != NULL));
		MUST(who.account || decision.policy == POLICY_DENY);
		MUST(decision.policy != POLICY_ASK || who.enrolled);
		MUST(decision.policy != POLICY_ENROLL || set->enroll_at_login != ENROLL_NO);
		MUST(decision.policy == POLICY_PASS || !(decision.remind || decision.offer));
	}
}

static bool
read_once(struct settings *set, const char *bytes, size_t size, bool arguments,
    struct settings_fault *fault)
{
	const char *argv[ARGUMENTS];
	int argc = 0;

	settings_default(set);
	if (!arguments)
		return settings_file(set, bytes, size, fault);
	for (size_t at = 0; at < size && argc < ARGUMENTS; at += strlen(bytes + at) + 1)
		argv[argc++] = bytes + at;
	MUST(*settings_conf(argc, argv) != '\0');
	return settings_arguments(set, argc, argv, fault);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char bytes[FUZZ_MAX + 1];
	static struct settings set, again;
	struct settings_fault fault = { .why = NULL };
	bool arguments;

	if (size < 1 || size > FUZZ_MAX)
		return 0;
	arguments = (data[0] & 1) != 0;
	memcpy(bytes, data + 1, size - 1);
	bytes[size - 1] = '\0';
	if (!read_once(&set, arguments ? bytes : (const char *)data + 1, size - 1, arguments, &fault)) {
		MUST(fault.why != NULL && fault.line > 0);
		MUST(memchr(fault.word, '\0', sizeof fault.word) != NULL);
		return 0;
	}
	MUST(fault.why == NULL);
	must_be_within_bounds(&set);
	lists_must_be_walked_whole(&set);
	must_let_by_under_a_rule(&set);
	MUST(read_once(&again, bytes, size - 1, arguments, &fault));
	MUST(memcmp(&set, &again, sizeof set) == 0);
	return 0;
}

size_t
fuzz_seed(struct draw *draw, uint8_t out[static FUZZ_MAX])
{
	static const char *const lines[] = { "window = 2", "hotp_lookahead=9", "echo", "debug = no",
		"prompt = Verificatiecode / Verification code:", "delay_after=0", "lock_after=20",
		"lock_time = 7d", "block_after=500", "contact = the help desk", "recovery_codes=0",
		"issuer = srv1", "algorithm=SHA512", "digits=8", "period=1m", "store=file:/x",
		"require = alice, @staff bob", "require=nobody", "require_from = 2023-11-15T00:00+02:00",
		"remind=7d", "offer = 2d", "exempt = root, alice until=2023-12-01 @backup,until=2999-01-01Z",
		"trusted_networks = 192.0.2.0/24, ::1 2001:db8::/33", "trusted_networks=::ffff:192.0.2.0/120",
		"enroll_at_login=invited", "enroll_at_login", "remember = 8h", "language=nl", "notify=/usr/bin/true",
		"key_file=none", "# a remark", "" };
	struct text text = text_into((char *)out + 1, FUZZ_MAX - 1);

	out[0] = (uint8_t)draw_number(draw, 2);
	for (uint32_t n = draw_number(draw, 6); n > 0; n--) {
		text_put(&text, lines[draw_number(draw, sizeof lines / sizeof *lines)]);
		text_put_bytes(&text, out[0] != 0 ? "" : "\n", 1);
	}
	return 1 + text_length(&text);
}
