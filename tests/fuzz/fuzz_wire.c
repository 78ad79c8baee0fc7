/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets to the set-uid helper and back: what is let in has the promised form, said here once more
 * and in other words, and what its typed bytes are read as is a claim like any other.
 */
#include "fuzz.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow/field.h"
#include "flow/login.h"
#include "helper/wire.h"

static int ends[2] = { -1, -1 };

/* A text that stops, and starts again nowhere that a reader could come to. */
static void
must_end(const char *text, size_t size)
{
	size_t len = 0;

	while (len < size && text[len] != '\0')
		len++;
	MUST(len < size);
}

static void
must_be_number(uint32_t number, uint32_t most)
{
	MUST(number <= most);
}

static void
must_be_whole(const struct wire *wire)
{
	const struct wire_judged *judged = &wire->judged;

	MUST(wire->version == WIRE_VERSION);
	MUST(wire->kind >= 1 && wire->kind < WIRE_KINDS);
	must_be_number(wire->typed_len, SECRET_MAX);
	must_end(wire->text, sizeof wire->text);
	must_end(wire->facts.user, sizeof wire->facts.user);
	must_end(wire->wish.name, sizeof wire->wish.name);
	must_end(wire->summary.user, sizeof wire->summary.user);
	must_be_number(wire->summary.devices, ENROLLMENT_DEVICES_MAX);
	for (unsigned i = 0; i < ENROLLMENT_DEVICES_MAX; i++)
		must_end(wire->summary.device[i].name, sizeof wire->summary.device[i].name);
	must_be_number(wire->codes.count, RECOVERY_CODES_MAX);
	for (unsigned i = 0; i < RECOVERY_CODES_MAX; i++)
		must_end(wire->codes.code[i], sizeof wire->codes.code[i]);
	/* no packet lets anybody through to enroll */
	MUST(judged->verdict < VERDICT_ACTIVATED || judged->verdict == VERDICT_ACCEPTED);
	MUST(judge_method_name((enum method)judged->method) != NULL || judged->method == METHOD_NONE);
	MUST(wire->facts.standing == VERDICT_EMPTY || wire->facts.standing == VERDICT_LOCKED ||
	    wire->facts.standing == VERDICT_BLOCKED);
}

/* What the module tells a person of it. */
static void
must_be_told(const struct wire *wire)
{
	struct settings settings;
	struct judgement judgement = { .verdict = (enum verdict)wire->judged.verdict,
		.method = (enum method)wire->judged.method,
		.wait = wire->judged.wait,
		.failures = wire->judged.failures,
		.since = wire->judged.since,
		.digits = wire->judged.digits,
		.locks = wire->judged.locks != 0,
		.blocks = wire->judged.blocks != 0 };
	char text[LOGIN_TEXT_SIZE];

	settings_default(&settings);
	login_answer(text, &settings, &judgement, "srv1", SAMPLE_NOW, wire->facts.created);
	must_end(text, sizeof text);
	login_question(text, &settings, text, (enum verdict)wire->facts.standing, wire->facts.wait);
	must_end(text, sizeof text);
}

static void
must_be_claim(const struct wire *wire)
{
	SECRET typed, password;
	struct claim claim;

	wire_take_typed(wire, &typed);
	MUST(typed.len == wire->typed_len && memcmp(typed.bytes, wire->typed, typed.len) == 0);
	login_claim(&claim, wire->given ? &typed : NULL);
	MUST(wire->given || claim.kind == CLAIM_EMPTY);
	MUST(claim.kind != CLAIM_CODE || claim.digits == claim.code.len);
	field_claim(&claim, &typed);
	MUST(claim.ending.len <= OTP_DIGITS_MAX);
	if (claim.kind == CLAIM_CODE)
		claim.digits = wire->judged.cut;
	field_password(&password, &typed, &claim);
	MUST(password.len <= typed.len && memcmp(password.bytes, typed.bytes, password.len) == 0);
	claim_wipe(&claim);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct wire none;
	static struct wire wire;
	bool taken;

	if (ends[0] < 0)
		MUST(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
	MUST(send(ends[0], data, size, MSG_NOSIGNAL) == (ssize_t)size);
	taken = wire_receive(ends[1], &wire, wire_clock() + 1000);
	MUST(!taken || size == sizeof wire);
	if (!taken) {
		MUST(memcmp(&wire, &none, sizeof wire) == 0);
		return 0;
	}
	MUST(memcmp(&wire, data, sizeof wire) == 0);
	must_be_whole(&wire);
	must_be_told(&wire);
	must_be_claim(&wire);
	/* what came in may go out again */
	MUST(wire_send(ends[1], &wire, wire_clock() + 1000));
	MUST(wire_receive(ends[0], &wire, wire_clock() + 1000));
	wire_wipe(&wire);
	return 0;
}

static void
draw_typed(struct draw *draw, struct wire *wire)
{
	static const char likely[] = "0123456789 -ABCDEFGHJKMNPQRSTVWXYZ";

	wire->typed_len = draw_number(draw, SECRET_MAX + 1);
	for (uint32_t i = 0; i < wire->typed_len; i++)
		wire->typed[i] = (uint8_t)likely[draw_number(draw, sizeof likely - 1)];
}

/* Zeros, with small numbers here and there. */
size_t
fuzz_seed(struct draw *draw, uint8_t out[static FUZZ_MAX])
{
	struct wire wire;

	wire_start(&wire, (enum wire_kind)(1 + draw_number(draw, WIRE_KINDS - 1)));
	draw_typed(draw, &wire);
	wire.given = draw_number(draw, 2);
	wire.field = draw_number(draw, 2);
	wire.wish.digits = 6 + draw_number(draw, 3);
	wire.wish.period = 30;
	wire.facts.created = draw_number(draw, UINT32_MAX);
	wire.facts.standing = draw_number(draw, 2) == 0 ? VERDICT_LOCKED : VERDICT_EMPTY;
	wire.facts.wait = draw_number(draw, 4000);
	wire.judged.verdict = draw_number(draw, VERDICT_ACCEPTED + 1);
	wire.judged.method = draw_number(draw, METHOD_SCRATCH + 1);
	wire.judged.failures = draw_number(draw, 20);
	wire.judged.cut = draw_number(draw, OTP_DIGITS_MAX + 1);
	memcpy(wire.facts.user, "alice", sizeof "alice");
	memcpy(out, &wire, sizeof wire);
	wire_wipe(&wire);
	return sizeof wire;
}
