/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helper/wire.h"

struct pair {
	int own, other;
};

static int
begin(void **state)
{
	static struct pair pair;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return -1;
	pair = (struct pair){ ends[0], ends[1] };
	*state = &pair;
	return 0;
}

static int
end(void **state)
{
	const struct pair *pair = *state;

	(void)close(pair->own);
	(void)close(pair->other);
	return 0;
}

static int64_t
soon(void)
{
	return wire_clock() + 5000;
}

static void
fill(struct wire *wire)
{
	SECRET typed;

	wire_start(wire, WIRE_JUDGED);
	assert_true(secret_set(&typed, "123 456", 7));
	wire_put_typed(wire, &typed);
	wire_put_text(wire, "why not");
	memcpy(wire->facts.user, "alice", 5);
	wire->facts.created = wire->facts.wait = wire->judged.wait = HISTORY_TIME_MAX;
	wire->facts.standing = VERDICT_BLOCKED;
	wire->judged.verdict = VERDICT_ACCEPTED;
	wire->judged.method = METHOD_SCRATCH;
	wire->judged.left = RECOVERY_CODES_MAX;
	wire->judged.digits = wire->judged.cut = OTP_DIGITS_MAX;
}

static void
what_is_sent_is_received(void **state)
{
	const struct pair *pair = *state;
	struct wire sent, got;
	SECRET typed;

	fill(&sent);
	assert_true(wire_send(pair->own, &sent, soon()));
	assert_true(wire_receive(pair->other, &got, soon()));
	assert_memory_equal(&sent, &got, sizeof got);
	wire_take_typed(&got, &typed);
	assert_int_equal(typed.len, 7);
	assert_memory_equal(typed.bytes, "123 456", 7);
}

static void
packet_carries_bytes_of_the_stack(void **state)
{
	static const struct wire none;
	struct wire wire;

	(void)state;
	memset(&wire, 0x5a, sizeof wire);
	wire_start(&wire, WIRE_LOOK);
	wire_put_text(&wire, "a longer text");
	wire_put_text(&wire, "short");
	wire_put_text(&wire, "");
	wire.version = wire.kind = 0;
	assert_memory_equal(&wire, &none, sizeof wire);
	/* no hole that an assignment of a part could fill with anything */
	assert_int_equal(sizeof wire.facts, 2 * 8 + 4 * 4 + TEXT_NAME_SIZE);
	assert_int_equal(sizeof wire.judged, 8 + 10 * 4);
	assert_int_equal(sizeof wire.wish, 6 * 4 + SUMMARY_NAME);
	assert_int_equal(sizeof wire.summary, TEXT_NAME_SIZE + 5 * 8 + 10 * 4 +
		ENROLLMENT_DEVICES_MAX * (8 + 6 * 4 + SUMMARY_NAME));
	assert_int_equal(sizeof wire.codes, 4 + RECOVERY_CODES_MAX * RECOVERY_PRINTED);
	assert_int_equal(sizeof wire, 10 * 4 + SECRET_MAX + sizeof wire.facts + sizeof wire.judged +
		sizeof wire.wish + sizeof wire.summary + sizeof wire.codes + WIRE_TEXT_SIZE);
}

/* Each row breaks one thing. */
static void
rule_23_packet_out_of_range_is_looked_at(void **state)
{
	struct wire good, wire;
	unsigned broken = 0;

	(void)state;
	fill(&good);
	assert_true(wire_valid(&good));
#define BREAKS(change)                        \
	do {                                  \
		wire = good;                  \
		change;                       \
		assert_false(wire_valid(&wire)); \
		broken++;                     \
	} while (0)
	BREAKS(wire.version = WIRE_VERSION + 1);
	BREAKS(wire.version = 0);
	BREAKS(wire.kind = WIRE_NOTHING);
	BREAKS(wire.kind = WIRE_KINDS);
	BREAKS(wire.kind = UINT32_MAX);
	BREAKS(wire.field = 2);
	BREAKS(wire.given = 2);
	BREAKS(wire.echo = 2);
	BREAKS(wire.error = 2);
	BREAKS(wire.status = WIRE_SYSTEM + 1);
	BREAKS(wire.typed_len = SECRET_MAX + 1);
	BREAKS(wire.about = WIRE_ABOUTS);
	BREAKS(wire.tries = WIRE_TRIES + 1);
	BREAKS(wire.wish.how = LINK_REPLACE + 1);
	BREAKS(wire.wish.type = OTP_HOTP + 1);
	BREAKS(wire.wish.algorithm = OTP_SHA512 + 1);
	BREAKS(wire.wish.digits = OTP_DIGITS_MAX + 1);
	BREAKS(wire.wish.period = OTP_PERIOD_MAX + 1);
	BREAKS(wire.wish.nothing = 1);
	BREAKS(memset(wire.wish.name, 'a', sizeof wire.wish.name));
	BREAKS(memset(wire.wish.name, 'a', DEVICE_NAME_SIZE));
	BREAKS(memcpy(wire.wish.name, "../x", 5));
	BREAKS(wire.kind = WIRE_ENROLL; wire.wish.period = OTP_PERIOD_MIN);
	BREAKS(wire.kind = WIRE_ENROLL; wire.wish.digits = OTP_DIGITS_MIN);
	BREAKS(memset(wire.summary.user, 'a', sizeof wire.summary.user));
	BREAKS(wire.summary.now = -1);
	BREAKS(wire.summary.wait = -1);
	BREAKS(wire.summary.used = -1);
	BREAKS(wire.summary.until = -1);
	BREAKS(wire.summary.one = HISTORY_TIME_MAX + 1);
	BREAKS(wire.summary.standing = VERDICT_BLOCKED + 1);
	BREAKS(wire.summary.left = RECOVERY_CODES_MAX + 1);
	BREAKS(wire.summary.codes = RECOVERY_CODES_MAX + 1);
	BREAKS(wire.summary.scratch = RECOVERY_CODES_MAX + 1);
	BREAKS(wire.summary.failures = HISTORY_COUNT_MAX + 1);
	BREAKS(wire.summary.month = HISTORY_DAYS * HISTORY_COUNT_MAX + 1);
	BREAKS(wire.summary.places = HISTORY_PLACES + 1);
	BREAKS(wire.summary.codes_due = 2);
	BREAKS(wire.summary.nothing = 1);
	BREAKS(wire.summary.devices = ENROLLMENT_DEVICES_MAX + 1);
	BREAKS(wire.summary.device[7].used = -1);
	BREAKS(wire.summary.device[7].type = OTP_HOTP + 1);
	BREAKS(wire.summary.device[7].algorithm = OTP_SHA512 + 1);
	BREAKS(wire.summary.device[7].digits = OTP_DIGITS_MAX + 1);
	BREAKS(wire.summary.device[7].period = OTP_PERIOD_MAX + 1);
	BREAKS(wire.summary.device[7].drift = HISTORY_DRIFT_MAX + 1);
	BREAKS(wire.summary.device[7].drift = -HISTORY_DRIFT_MAX - 1);
	BREAKS(wire.summary.device[7].nothing = 1);
	BREAKS(memset(wire.summary.device[7].name, 'a', DEVICE_NAME_SIZE));
	BREAKS(wire.codes.count = RECOVERY_CODES_MAX + 1);
	BREAKS(memset(wire.codes.code[19], 'A', RECOVERY_PRINTED));
	BREAKS(wire.facts.created = -1);
	BREAKS(wire.facts.wait = HISTORY_TIME_MAX + 1);
	BREAKS(wire.facts.standing = VERDICT_ACCEPTED);
	BREAKS(wire.facts.enrolled = 2);
	BREAKS(wire.facts.invited = 2);
	BREAKS(wire.facts.nothing = 1);
	BREAKS(memset(wire.facts.user, 'a', sizeof wire.facts.user));
	BREAKS(wire.judged.wait = INT64_MIN);
	BREAKS(wire.judged.verdict = VERDICT_ACTIVATED);
	BREAKS(wire.judged.verdict = VERDICT_ACCEPTED + 1);
	BREAKS(wire.judged.method = METHOD_SCRATCH + 1);
	BREAKS(wire.judged.failures = HISTORY_COUNT_MAX + 1);
	BREAKS(wire.judged.since = HISTORY_COUNT_MAX + 1);
	BREAKS(wire.judged.left = RECOVERY_CODES_MAX + 1);
	BREAKS(wire.judged.digits = OTP_DIGITS_MAX + 1);
	BREAKS(wire.judged.locks = 2);
	BREAKS(wire.judged.blocks = 2);
	BREAKS(wire.judged.cut = OTP_DIGITS_MAX + 1);
	BREAKS(wire.judged.codes = 2);
	BREAKS(memset(wire.text, 'a', sizeof wire.text));
#undef BREAKS
	assert_int_equal(broken, 71);
}

/* Of each, nothing stays in the room that was given. */
static void
rule_18_packet_of_another_length_is_taken(void **state)
{
	static const size_t lengths[] = { 1, 4, sizeof(struct wire) - 1, sizeof(struct wire) + 1, 65536 };
	static const struct wire none;
	static char bytes[65536];
	const struct pair *pair = *state;
	struct wire wire;

	fill(&wire);
	memcpy(bytes, &wire, sizeof wire);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		assert_int_equal(send(pair->own, bytes, lengths[i], MSG_NOSIGNAL), lengths[i]);
		assert_false(wire_receive(pair->other, &wire, soon()));
		assert_memory_equal(&wire, &none, sizeof wire);
	}
}

static void
empty_packet_or_none_is_waited_for(void **state)
{
	const struct pair *pair = *state;
	struct wire wire;

	assert_int_equal(send(pair->own, "", 0, MSG_NOSIGNAL), 0);
	assert_false(wire_receive(pair->other, &wire, soon()));
	(void)shutdown(pair->own, SHUT_WR);
	assert_false(wire_receive(pair->other, &wire, soon()));
}

static void
descriptor_comes_in_with_a_packet(void **state)
{
	const struct pair *pair = *state;
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .room = "" };
	struct wire wire;
	struct iovec part = { &wire, sizeof wire };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof control };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int before = dup(0), after;

	(void)close(before);
	fill(&wire);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &pair->own, sizeof(int));
	assert_int_equal(sendmsg(pair->own, &message, MSG_NOSIGNAL), sizeof wire);
	assert_true(wire_receive(pair->other, &wire, soon()));
	after = dup(0);
	(void)close(after);
	assert_int_equal(after, before);
}

static void
silent_peer_is_waited_for_without_end(void **state)
{
	const struct pair *pair = *state;
	struct wire wire;
	unsigned sent = 0;

	assert_false(wire_receive(pair->other, &wire, wire_clock() + 20));
	assert_false(wire_receive(pair->other, &wire, wire_clock() - 1));
	/* who never reads lets a few packets stand, and then no more */
	fill(&wire);
	while (sent < 10000 && wire_send(pair->own, &wire, wire_clock() + 20))
		sent++;
	assert_in_range(sent, 1, 9999);
}

static void
peer_that_is_gone_raises_a_signal(void **state)
{
	struct pair *pair = *state;
	struct wire wire;

	(void)close(pair->other);
	pair->other = -1;
	fill(&wire);
	assert_false(wire_send(pair->own, &wire, soon()));
}

int
main(void)
{
#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		WITH_PAIR(what_is_sent_is_received),
		cmocka_unit_test(packet_carries_bytes_of_the_stack),
		cmocka_unit_test(rule_23_packet_out_of_range_is_looked_at),
		WITH_PAIR(rule_18_packet_of_another_length_is_taken),
		WITH_PAIR(empty_packet_or_none_is_waited_for),
		WITH_PAIR(descriptor_comes_in_with_a_packet),
		WITH_PAIR(silent_peer_is_waited_for_without_end),
		WITH_PAIR(peer_that_is_gone_raises_a_signal),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
