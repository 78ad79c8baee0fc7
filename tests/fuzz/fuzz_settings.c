/* SPDX-License-Identifier: BSD-2-Clause */
/* A configuration file of any bytes, or, after a first byte that is odd, arguments between NULs. */
#include "fuzz.h"

#include <string.h>

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
	for (const char *p = set->contact; *p != '\0'; p++)
		MUST((unsigned char)*p >= ' ' && *p != 0x7f);
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
		"key_file=none", "# a remark", "" };
	struct text text = text_into((char *)out + 1, FUZZ_MAX - 1);

	out[0] = (uint8_t)draw_number(draw, 2);
	for (uint32_t n = draw_number(draw, 6); n > 0; n--) {
		text_put(&text, lines[draw_number(draw, sizeof lines / sizeof *lines)]);
		text_put_bytes(&text, out[0] != 0 ? "" : "\n", 1);
	}
	return 1 + text_length(&text);
}
