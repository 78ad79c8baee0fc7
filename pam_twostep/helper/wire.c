/* SPDX-License-Identifier: BSD-2-Clause */
#include "helper/wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

void
wire_start(struct wire *wire, enum wire_kind kind)
{
	memset(wire, 0, sizeof *wire);
	wire->version = WIRE_VERSION;
	wire->kind = kind;
}

void
wire_wipe(struct wire *wire)
{
	secret_clear(wire, sizeof *wire);
}

void
wire_put_text(struct wire *wire, const char *text)
{
	size_t len = strnlen(text, sizeof wire->text - 1);

	memset(wire->text, 0, sizeof wire->text);
	memcpy(wire->text, text, len);
}

void
wire_put_typed(struct wire *wire, const struct secret *typed)
{
	memset(wire->typed, 0, sizeof wire->typed);
	memcpy(wire->typed, typed->bytes, typed->len);
	wire->typed_len = (uint32_t)typed->len;
}

void
wire_take_typed(const struct wire *wire, struct secret *typed)
{
	(void)secret_set(typed, wire->typed, wire->typed_len);
}

void
wire_take_judged(const struct wire_judged *judged, struct judgement *judgement)
{
	*judgement = (struct judgement){
		.verdict = (enum verdict)judged->verdict,
		.method = (enum method)judged->method,
		.wait = judged->wait,
		.failures = judged->failures,
		.since = judged->since,
		.left = judged->left,
		.digits = judged->digits,
		.locks = judged->locks != 0,
		.blocks = judged->blocks != 0,
	};
}

static bool
ended(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static bool
is_time(int64_t time)
{
	return time >= 0 && time <= HISTORY_TIME_MAX;
}

static bool
valid_facts(const struct wire_facts *facts)
{
	return is_time(facts->created) && is_time(facts->wait) && facts->enrolled <= 1 &&
	    facts->invited <= 1 && facts->nothing == 0 &&
	    (facts->standing == VERDICT_EMPTY || facts->standing == VERDICT_LOCKED ||
		facts->standing == VERDICT_BLOCKED) &&
	    ended(facts->user, sizeof facts->user);
}

static bool
valid_judged(const struct wire_judged *judged)
{
	return is_time(judged->wait) && judged->verdict <= VERDICT_ACCEPTED &&
	    judged->verdict != VERDICT_ACTIVATED && judged->method <= METHOD_SCRATCH &&
	    judged->failures <= HISTORY_COUNT_MAX && judged->since <= HISTORY_COUNT_MAX &&
	    judged->left <= RECOVERY_CODES_MAX && judged->digits <= OTP_DIGITS_MAX &&
	    judged->locks <= 1 && judged->blocks <= 1 && judged->cut <= OTP_DIGITS_MAX &&
	    judged->codes <= 1;
}

static bool
valid_name(const char name[static SUMMARY_NAME])
{
	return ended(name, DEVICE_NAME_SIZE) && (*name == '\0' || device_name_valid(name));
}

static bool
valid_wish(const struct wire_wish *wish)
{
	return wish->how <= LINK_REPLACE && wish->type <= OTP_HOTP && wish->algorithm <= OTP_SHA512 &&
	    wish->digits <= OTP_DIGITS_MAX && wish->period <= OTP_PERIOD_MAX && wish->nothing == 0 &&
	    valid_name(wish->name);
}

/* One that a device is to be made from. */
static bool
whole_wish(const struct wire_wish *wish)
{
	return wish->digits >= OTP_DIGITS_MIN &&
	    (wish->type == OTP_HOTP || wish->period >= OTP_PERIOD_MIN);
}

static bool
valid_device(const struct summary_device *device)
{
	return is_time(device->used) && device->type <= OTP_HOTP && device->algorithm <= OTP_SHA512 &&
	    device->digits <= OTP_DIGITS_MAX && device->period <= OTP_PERIOD_MAX &&
	    device->drift >= -HISTORY_DRIFT_MAX && device->drift <= HISTORY_DRIFT_MAX &&
	    device->nothing == 0 && valid_name(device->name);
}

static bool
valid_summary(const struct summary *summary)
{
	bool valid = summary->devices <= ENROLLMENT_DEVICES_MAX;

	for (unsigned i = 0; i < ENROLLMENT_DEVICES_MAX; i++)
		valid = valid && valid_device(&summary->device[i]);
	return valid && ended(summary->user, sizeof summary->user) && is_time(summary->now) &&
	    is_time(summary->wait) && is_time(summary->used) && is_time(summary->until) &&
	    is_time(summary->one) && summary->standing <= VERDICT_BLOCKED &&
	    summary->left <= RECOVERY_CODES_MAX && summary->codes <= RECOVERY_CODES_MAX &&
	    summary->scratch <= RECOVERY_CODES_MAX && summary->failures <= HISTORY_COUNT_MAX &&
	    summary->month <= HISTORY_DAYS * HISTORY_COUNT_MAX && summary->places <= HISTORY_PLACES &&
	    summary->codes_due <= 1 && summary->nothing == 0;
}

static bool
valid_codes(const struct printed_codes *codes)
{
	bool valid = codes->count <= RECOVERY_CODES_MAX;

	for (unsigned i = 0; i < RECOVERY_CODES_MAX; i++)
		valid = valid && ended(codes->code[i], sizeof codes->code[i]);
	return valid;
}

bool
wire_valid(const struct wire *wire)
{
	return wire->version == WIRE_VERSION && wire->kind > WIRE_NOTHING && wire->kind < WIRE_KINDS &&
	    wire->field <= 1 && wire->given <= 1 && wire->echo <= 1 && wire->error <= 1 &&
	    wire->status <= WIRE_SYSTEM && wire->about < WIRE_ABOUTS && wire->tries <= WIRE_TRIES &&
	    wire->typed_len <= sizeof wire->typed && valid_facts(&wire->facts) &&
	    valid_judged(&wire->judged) && valid_wish(&wire->wish) &&
	    (wire->kind != WIRE_ENROLL || whole_wish(&wire->wish)) &&
	    valid_summary(&wire->summary) && valid_codes(&wire->codes) &&
	    ended(wire->text, sizeof wire->text);
}

int64_t
wire_clock(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* False when nothing happened until then; what did, the next call on the socket tells. */
static bool
wait_for(int socket, short what, int64_t until)
{
	struct pollfd one = { .fd = socket, .events = what };
	int64_t left = until - wire_clock();
	int n = left > 0 ? poll(&one, 1, left < 1000 ? (int)left : 1000) : -1;

	return left > 0 && (n >= 0 || errno == EINTR);
}

static bool
later(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

bool
wire_send(int socket, const struct wire *wire, int64_t until)
{
	ssize_t n;

	/* (A signal must not tell that the other side is gone: this may be somebody's process.) */
	while ((n = send(socket, wire, sizeof *wire, MSG_DONTWAIT | MSG_NOSIGNAL)) < 0)
		if (!later(errno) || !wait_for(socket, POLLOUT, until))
			return false;
	return n == (ssize_t)sizeof *wire;
}

bool
wire_receive(int socket, struct wire *wire, int64_t until)
{
	ssize_t n;

	/* With MSG_TRUNC a packet that is too long says so; no room is given for descriptors. */
	while ((n = recv(socket, wire, sizeof *wire, MSG_DONTWAIT | MSG_TRUNC)) < 0)
		if (!later(errno) || !wait_for(socket, POLLIN, until))
			break;
	if (n == (ssize_t)sizeof *wire && wire_valid(wire))
		return true;
	wire_wipe(wire);
	return false;
}
