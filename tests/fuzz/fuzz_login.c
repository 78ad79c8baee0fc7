/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One person's logins, driven by bytes: codes of any step, anything typed, a clock that goes
 * anywhere. What must hold after each is said here once more, in other words than judge.c's.
 */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "flow/field.h"
#include "flow/login.h"

#define DEVICES 3
#define ACTIVATION "0123-4567-89AB"
#define UNTIL (SAMPLE_NOW + 86400)

struct person {
	struct settings settings;
	struct host_key key;
	struct enrollment enrollment;
	struct invitation invitation;
	struct history history;
	int64_t now;
	bool over; /* a login came when the activation code had ended */
	int64_t last[DEVICES]; /* what this fuzzer itself remembers */
};

struct input {
	const uint8_t *at, *end;
};

static unsigned
byte(struct input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

/* scrypt is slow: digested once. */
static struct recovery_set
activation(const struct host_key *key)
{
	static struct recovery_set set;

	if (set.count == 0)
		MUST(recovery_add(&set, key, ACTIVATION_CHARS, ACTIVATION));
	return set;
}

static void
start(struct person *person, struct input *input)
{
	memset(person, 0, sizeof *person);
	settings_default(&person->settings);
	person->settings.window = byte(input) % 4;
	person->settings.lock_after = 1 + byte(input) % 12;
	person->settings.block_after = 1 + byte(input) % 60;
	sample_key(&person->key, 7);
	sample_enrollment(&person->enrollment);
	person->enrollment.devices = DEVICES;
	sample_device(&person->enrollment.device[1], "token", OTP_HOTP, 2);
	sample_device(&person->enrollment.device[2], "eight", OTP_TOTP, 3);
	person->enrollment.device[2].otp.digits = 8;
	MUST(device_identify(&person->enrollment.device[2]));
	sample_invitation(&person->invitation);
	person->invitation.code = activation(&person->key);
	person->invitation.until = UNTIL;
	history_start(&person->history, SAMPLE_USER);
	person->now = SAMPLE_NOW;
	for (unsigned i = 0; i < DEVICES; i++)
		person->last[i] = -1;
}

/* What is typed next: a device's code of some step, the activation code, or bytes of the input. */
static void
type(const struct person *person, struct input *input, struct secret *typed)
{
	unsigned what = byte(input), device = what % 4;
	char text[32];

	if (device < DEVICES) {
		const struct otp *otp = &person->enrollment.device[device].otp;
		int64_t offset = (int64_t)byte(input) % 64 - 32;
		int64_t step = otp->type == OTP_HOTP ? person->last[device] + offset
						     : person->now / otp->period + offset;
		uint32_t code = 0;

		MUST(otp_code(otp, step < 0 ? 0 : step, &code));
		(void)snprintf(text, sizeof text, what & 64 ? "%0*u" : " %0*u-", (int)otp->digits, code);
		MUST(secret_set(typed, text, strlen(text)));
	} else if (what == 255 && byte(input) % 16 == 0) {
		MUST(secret_set(typed, ACTIVATION, strlen(ACTIVATION)));
	} else {
		size_t len = byte(input);

		if (len > (size_t)(input->end - input->at))
			len = (size_t)(input->end - input->at);
		MUST(secret_set(typed, input->at, len));
		input->at += len;
	}
}

static void
pass_time(struct person *person, unsigned how)
{
	static const int64_t seconds[] = { 0, 1, 30, 30, 30, 300, 1800, 86400, 40LL * 86400, -30, -86400,
		3650LL * 86400, -3650LL * 86400, 0, 15, 60 };

	person->now += seconds[how % 16];
	if (person->now < 0 || person->now > HISTORY_TIME_MAX)
		person->now = SAMPLE_NOW;
}

static void
must_be_storable(const struct history *next)
{
	static char file[HISTORY_SIZE];
	struct history_view view;
	struct fault fault;

	memset(file, 0, sizeof file);
	MUST(history_write(next, file));
	MUST(history_read(&view, file, SAMPLE_USER, &fault));
	MUST(sample_same_history(&view.history, next));
}

/* The step that was accepted gives what was typed, and is later than every one before it. */
static void
must_be_proof(struct person *person, const struct claim *claim, const struct judgement *judgement,
    const struct history *next)
{
	const struct device *device = judgement->device;
	unsigned index = (unsigned)(device - person->enrollment.device);
	int64_t step, now_step;
	uint32_t code = 0, typed = 0;

	MUST(claim->kind == CLAIM_CODE && device != NULL && index < DEVICES);
	MUST(claim->digits == device->otp.digits && claim->code.len == device->otp.digits);
	for (size_t i = 0; i < claim->code.len; i++)
		typed = typed * 10 + claim->code.bytes[i] - '0';
	step = history_row(next, device->id)->last;
	MUST(otp_code(&device->otp, step, &code) && code == typed);
	MUST(step > person->last[index]);
	if (device->otp.type == OTP_TOTP) {
		now_step = person->now / device->otp.period;
		MUST(step >= now_step - 24 && step <= now_step + 24);
	} else {
		MUST(step <= person->last[index] + 101);
	}
	person->last[index] = step;
}

static void
must_be_told(const struct person *person, const struct judgement *judgement)
{
	char text[LOGIN_TEXT_SIZE];
	int64_t wait;

	login_answer(text, &person->settings, judgement, "srv1", person->now, SAMPLE_NOW);
	MUST(strlen(text) < sizeof text);
	MUST(judgement->verdict == VERDICT_ACCEPTED || judgement->verdict == VERDICT_ACTIVATED ||
	    text[0] != '\0');
	login_question(text, &person->settings, text,
	    judge_standing(&person->settings, &person->history, person->now, &wait), wait);
	MUST(strlen(text) >= strlen(SETTINGS_PROMPT) &&
	    strcmp(text + strlen(text) - strlen(SETTINGS_PROMPT), SETTINGS_PROMPT) == 0);
}

/* It lets nobody by who did not type it, nor once it has ended, and clears nothing. */
static void
must_be_invited(const struct person *person, const struct secret *typed,
    const struct judgement *judgement, const struct history *next)
{
	if (judgement->verdict == VERDICT_ACTIVATED)
		MUST(person->now < UNTIL && person->now >= UNTIL - RECOVERY_VALID_MAX && !person->over);
	else if (judgement->verdict != VERDICT_EXPIRED)
		return;
	MUST(typed->len == strlen(ACTIVATION) && memcmp(typed->bytes, ACTIVATION, typed->len) == 0);
	MUST(next->since == person->history.since);
	MUST(judgement->device == NULL && judgement->method == METHOD_ACTIVATION);
}

/* The same in one field, judged without a trace: the password is what precedes a code, and all without one. */
static void
must_be_cut(struct person *person, const struct secret *typed)
{
	SECRET password;
	struct claim claim;
	struct judgement judgement;
	struct history next;

	field_claim(&claim, typed);
	MUST(claim.kind != CLAIM_ACTIVATION && claim.ending.len <= OTP_DIGITS_MAX);
	MUST(judge(&person->settings, &person->key, &person->enrollment, NULL, &person->history,
	    &claim, person->now, &judgement, &next));
	field_password(&password, typed, &claim);
	MUST(memcmp(password.bytes, typed->bytes, password.len) == 0);
	if (claim.kind == CLAIM_CODE || claim.kind == CLAIM_RECOVERY)
		MUST(typed->len - password.len >= (claim.kind == CLAIM_CODE ? claim.digits : RECOVERY_CHARS));
	else
		MUST(password.len == typed->len);
	claim_wipe(&claim);
}

static void
log_in(struct person *person, struct input *input)
{
	SECRET typed;
	struct claim claim;
	struct judgement judgement;
	struct history next;
	int64_t wait;
	enum verdict standing =
	    judge_standing(&person->settings, &person->history, person->now, &wait);

	type(person, input, &typed);
	login_claim(&claim, &typed);
	MUST(judge(&person->settings, &person->key, &person->enrollment, &person->invitation, &person->history, &claim,
	    person->now, &judgement, &next));
	must_be_storable(&next);
	MUST(next.seq == person->history.seq + 1);
	MUST(next.flushed ==
	    (judgement.verdict == VERDICT_ACCEPTED || judgement.verdict == VERDICT_ACTIVATED));
	must_be_invited(person, &typed, &judgement, &next);
	MUST(next.failures <= person->history.failures + 1);
	if (judgement.verdict == VERDICT_ACCEPTED) {
		MUST(standing == VERDICT_EMPTY && judgement.write);
		must_be_proof(person, &claim, &judgement, &next);
		person->over = person->over || person->now >= UNTIL;
	} else {
		for (unsigned i = 0; i < DEVICES; i++)
			MUST(history_last(&next, &person->enrollment.device[i]) == person->last[i]);
	}
	MUST(judgement.verdict != VERDICT_UNENROLLED);
	if (judgement.write)
		person->history = next;
	must_be_told(person, &judgement);
	must_be_cut(person, &typed);
	claim_wipe(&claim);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct person person;
	struct input input = { data, data + size };

	start(&person, &input);
	for (unsigned i = 0; i < 200 && input.at < input.end; i++) {
		pass_time(&person, byte(&input));
		log_in(&person, &input);
	}
	return 0;
}

size_t
fuzz_seed(struct draw *draw, uint8_t out[static FUZZ_MAX])
{
	size_t len = 3 + draw_number(draw, 60);

	draw_bytes(draw, out, len);
	return len;
}
