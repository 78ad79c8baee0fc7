/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/google.h"

#include <string.h>

#include "core/base32.h"
#include "core/history.h"
#include "core/search.h"

#define SKEW_MAX 100000 /* steps; more is no clock's error */

struct options {
	int64_t counter; /* 0: timed codes */
	int64_t period;
	int64_t skew;
	int64_t used; /* the latest that was; -1 for none */
};

void
google_wipe(struct google *google)
{
	secret_clear(google, sizeof *google);
}

static void
skip_blanks(struct cursor *line)
{
	while (line->at < line->end && text_is_blank(*line->at))
		line->at++;
}

/* The next line without its end; false when there is none. */
static bool
take_line(struct cursor *file, struct cursor *line)
{
	size_t left = (size_t)(file->end - file->at);
	const char *end = left > 0 ? memchr(file->at, '\n', left) : NULL;

	if (left == 0)
		return false;
	*line = *file;
	line->end = end != NULL ? end : file->end;
	file->at = end != NULL ? end + 1 : file->end;
	file->line++;
	while (line->end > line->at &&
	    (text_is_blank(line->end[-1]) || line->end[-1] == '\r'))
		line->end--;
	return true;
}

static bool
take_key(const struct cursor *line, struct secret *key, struct fault *fault)
{
	if (!base32_decode_written(key, line->at, (size_t)(line->end - line->at)))
		return fault_set(fault, line->line, "no key in base32");
	if (key->len < OTP_KEY_MIN)
		return fault_set(fault, line->line,
		    "a key of less than 128 bits (RFC 4226): enroll anew");
	return key->len <= OTP_KEY_MAX ||
	    fault_set(fault, line->line, "a key of more than 1024 bits");
}

static bool
only_number(struct cursor *line, int64_t min, int64_t max, int64_t *number)
{
	return cursor_number(line, min, max, number) && cursor_done(line);
}

/* The latest step of those used: earlier ones are then spent as well. */
static bool
take_used(struct cursor *line, struct options *options)
{
	while (!cursor_done(line)) {
		int64_t step;

		if (!cursor_number(line, 0, OTP_STEP_MAX, &step) ||
		    (!cursor_done(line) && !text_is_blank(*line->at)))
			return false;
		skip_blanks(line);
		if (step > options->used)
			options->used = step;
	}
	return true;
}

/* What only says how that module works; LAST0 to LAST9 are its remembered places. */
static bool
of_no_concern(const char *word, size_t len)
{
	static const char *const words[] = { "TOTP_AUTH", "RATE_LIMIT", "WINDOW_SIZE",
		"RESETTING_TIME_SKEW" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == len && memcmp(words[i], word, len) == 0)
			return true;
	return len == 5 && memcmp(word, "LAST", 4) == 0 && text_is_digit(word[4]);
}

static bool
take_option(struct cursor *line, struct options *options, struct fault *fault)
{
	static const struct {
		const char *word;
		int64_t min, max;
		size_t offset;
	} numbers[] = {
		{ "HOTP_COUNTER", 1, OTP_STEP_MAX, offsetof(struct options, counter) },
		{ "STEP_SIZE", OTP_PERIOD_MIN, OTP_PERIOD_MAX,
		    offsetof(struct options, period) },
		{ "TIME_SKEW", -SKEW_MAX, SKEW_MAX, offsetof(struct options, skew) },
	};
	const char *word;
	size_t len;

	skip_blanks(line);
	if (!cursor_word(line, &word, &len, 32))
		return fault_set(fault, line->line, "an option without a name");
	skip_blanks(line);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		int64_t *number =
		    (int64_t *)(void *)((char *)options + numbers[i].offset);

		if (strlen(numbers[i].word) == len &&
		    memcmp(numbers[i].word, word, len) == 0)
			return only_number(
				   line, numbers[i].min, numbers[i].max, number) ||
			    fault_set(fault, line->line, "a number that cannot be");
	}
	if (len == sizeof "DISALLOW_REUSE" - 1 &&
	    memcmp(word, "DISALLOW_REUSE", len) == 0)
		return take_used(line, options) ||
		    fault_set(fault, line->line, "a number that cannot be");
	return of_no_concern(word, len) ||
	    fault_set(fault, line->line, "an unknown option");
}

static bool
take_code(struct cursor *line, struct google *google, struct fault *fault)
{
	const char *digits = line->at;
	int64_t code;

	if (!only_number(line, 10000000, 99999999, &code))
		return fault_set(
		    fault, line->line, "neither an option nor a scratch code");
	if (google->codes == RECOVERY_CODES_MAX)
		return fault_set(fault, line->line, "too many scratch codes");
	memcpy(google->code[google->codes], digits, SCRATCH_CHARS);
	google->code[google->codes++][SCRATCH_CHARS] = '\0';
	return true;
}

static bool
finish(struct google *google, const struct options *options, int64_t now)
{
	struct device *device = &google->device;
	int64_t drift = options->skew;

	memcpy(device->name, "google-authenticator", sizeof "google-authenticator");
	device->otp.algorithm = OTP_SHA1;
	device->otp.digits = 6;
	device->otp.type = options->counter > 0 ? OTP_HOTP : OTP_TOTP;
	if (options->counter > 0) {
		device->floor = options->counter - 1;
		return device_identify(device);
	}
	if (drift > HISTORY_DRIFT_MAX || drift < -HISTORY_DRIFT_MAX) {
		google->clamped = true;
		drift = drift > 0 ? HISTORY_DRIFT_MAX : -HISTORY_DRIFT_MAX;
	}
	device->otp.period = (unsigned)options->period;
	device->drift = (int)drift;
	device->floor = options->used;
	/* After a clock that was wrong for a while its user must not be refused for years. */
	if (device->floor > otp_step(&device->otp, now) + drift + SEARCH_RESYNC)
		device->floor = otp_step(&device->otp, now) + drift + SEARCH_RESYNC;
	return device_identify(device);
}

bool
google_parse(struct google *google, const char *bytes, size_t len, int64_t now,
    struct fault *fault)
{
	struct options options = { .period = 30, .used = -1 };
	struct cursor file = cursor_over(bytes, len), line;
	bool ok;

	*google = (struct google){ .codes = 0 };
	ok = take_line(&file, &line) ? take_key(&line, &google->device.otp.key, fault)
				     : fault_set(fault, 1, "an empty file");
	while (ok && take_line(&file, &line)) {
		if (cursor_take(&line, "\""))
			ok = take_option(&line, &options, fault);
		else if (!cursor_done(&line))
			ok = take_code(&line, google, fault);
	}
	if (ok && !finish(google, &options, now))
		ok = fault_set(fault, 0, "libcrypto failed");
	if (!ok)
		google_wipe(google);
	return ok;
}
