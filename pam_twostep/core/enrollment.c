/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/enrollment.h"

#include <string.h>

#include "core/base32.h"

#define BODY_SIZE 6144 /* 8 devices of 300 bytes, 20 codes of 74, and the rest */

struct body {
	char bytes[BODY_SIZE];
};

static void
body_wipe(struct body *body)
{
	secret_clear(body, sizeof *body);
}

void
device_wipe(struct device *device)
{
	secret_clear(device, sizeof *device);
}

void
enrollment_wipe(struct enrollment *enrollment)
{
	secret_clear(enrollment, sizeof *enrollment);
}

bool
device_name_valid(const char *name)
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = strlen(name);

	return len > 0 && len < DEVICE_NAME_SIZE && strspn(name, allowed) == len;
}

static void
put_word(struct text *text, const char *word)
{
	text_put(text, word);
	text_put(text, " ");
}

/* The parameters that, with the key, decide every code. */
static void
put_parameters(struct text *text, const struct otp *otp)
{
	put_word(text, otp->type == OTP_HOTP ? "hotp" : "totp");
	put_word(text, otp_algorithm_name(otp->algorithm));
	text_put_number(text, otp->digits);
	text_put(text, " ");
	text_put_number(text, otp->period);
	text_put(text, " ");
}

bool
device_identify(struct device *device)
{
	struct body body;
	struct text text = text_into(body.bytes, sizeof body.bytes);
	struct text id = text_into(device->id, sizeof device->id);
	uint8_t sum[SEAL_SUM_LENGTH];
	bool ok;

	put_word(&text, "twostep device");
	put_parameters(&text, &device->otp);
	text_put_bytes(&text, (const char *)device->otp.key.bytes, device->otp.key.len);
	ok = !text.overflow && seal_sum(body.bytes, text_length(&text), sum);
	if (ok)
		text_put_hex(&id, sum, sizeof sum);
	text_end(&id);
	body_wipe(&body);
	return ok;
}

struct device *
enrollment_device(struct enrollment *enrollment, const char *name)
{
	for (unsigned i = 0; i < enrollment->devices; i++)
		if (strcmp(enrollment->device[i].name, name) == 0)
			return &enrollment->device[i];
	return NULL;
}

const struct device *
enrollment_device_id(const struct enrollment *enrollment, const char *id)
{
	for (unsigned i = 0; i < enrollment->devices; i++)
		if (strcmp(enrollment->device[i].id, id) == 0)
			return &enrollment->device[i];
	return NULL;
}

void
enrollment_decoy(struct enrollment *enrollment, enum otp_algorithm algorithm, unsigned digits,
    unsigned period)
{
	struct device *device = &enrollment->device[0];

	*enrollment = (struct enrollment){ .decoy = true, .devices = 1 };
	device->floor = -1;
	device->otp = (struct otp){
		.type = OTP_TOTP,
		.algorithm = algorithm,
		.digits = digits,
		.period = period,
		.key.len = otp_key_length(algorithm),
	};
	memcpy(device->id, "decoy", sizeof "decoy");
	memcpy(device->name, "none", sizeof "none");
}

static bool
take_type(struct cursor *body, enum otp_type *type)
{
	*type = OTP_TOTP;
	if (cursor_take(body, "totp "))
		return true;
	*type = OTP_HOTP;
	return cursor_take(body, "hotp ");
}

static bool
take_algorithm(struct cursor *body, enum otp_algorithm *algorithm)
{
	const char *word;
	size_t len;

	return cursor_word(body, &word, &len, 16) && otp_algorithm_named(word, len, algorithm) &&
	    cursor_take(body, " ");
}

static bool
take_number(struct cursor *body, int64_t min, int64_t max, int64_t *number)
{
	return cursor_number(body, min, max, number) && cursor_take(body, " ");
}

static bool
take_name(struct cursor *body, char name[static DEVICE_NAME_SIZE])
{
	const char *word;
	size_t len;

	if (!cursor_word(body, &word, &len, DEVICE_NAME_SIZE - 1))
		return false;
	memcpy(name, word, len);
	name[len] = '\0';
	return device_name_valid(name) && cursor_take(body, " ");
}

static bool
take_key(struct cursor *body, struct secret *key)
{
	char again[BASE32_LENGTH(OTP_KEY_MAX) + 1] = "";
	const char *word;
	size_t len;
	bool ok = cursor_word(body, &word, &len, BASE32_LENGTH(OTP_KEY_MAX)) &&
	    base32_decode(key, word, len);

	/* People may type a key in many ways; a record holds it in one. */
	if (ok)
		base32_encode(again, key->bytes, key->len);
	ok = ok && strlen(again) == len && memcmp(again, word, len) == 0 && cursor_newline(body);
	secret_clear(again, sizeof again);
	return ok;
}

static bool
take_device(struct cursor *body, struct device *device)
{
	struct otp *otp = &device->otp;
	int64_t digits, period, least;
	const char *id;
	size_t len;
	char given[DEVICE_ID_SIZE] = "";

	if (!cursor_word(body, &id, &len, DEVICE_ID_SIZE - 1) || !cursor_take(body, " "))
		return false;
	memcpy(given, id, len);
	if (!take_type(body, &otp->type) || !take_algorithm(body, &otp->algorithm) ||
	    !take_number(body, OTP_DIGITS_MIN, OTP_DIGITS_MAX, &digits))
		return false;
	least = otp->type == OTP_HOTP ? 0 : OTP_PERIOD_MIN;
	if (!take_number(body, least, otp->type == OTP_HOTP ? 0 : OTP_PERIOD_MAX, &period))
		return false;
	otp->digits = (unsigned)digits;
	otp->period = (unsigned)period;
	return take_number(body, -1, OTP_STEP_MAX, &device->floor) && take_name(body, device->name) &&
	    take_key(body, &otp->key) && device_identify(device) && strcmp(device->id, given) == 0;
}

/* A name or a key that stands twice would make "which device" a matter of order. */
static bool
take_devices(struct cursor *body, struct enrollment *enrollment)
{
	while (cursor_take(body, "device ")) {
		struct device *device = &enrollment->device[enrollment->devices];
		unsigned line = body->line;

		if (enrollment->devices == ENROLLMENT_DEVICES_MAX || !take_device(body, device) ||
		    enrollment_device(enrollment, device->name) != NULL ||
		    enrollment_device_id(enrollment, device->id) != NULL) {
			body->line = line;
			return false;
		}
		enrollment->devices++;
	}
	return enrollment->devices > 0;
}

static bool
take_recovery(struct cursor *body, struct recovery_set *set)
{
	if (!cursor_take(body, "recovery "))
		return true;
	if (!cursor_hex(body, set->salt, sizeof set->salt) || !cursor_newline(body))
		return false;
	while (cursor_take(body, "code ")) {
		if (set->count == RECOVERY_CODES_MAX ||
		    !cursor_hex(body, set->code[set->count].tag, RECOVERY_TAG) || !cursor_take(body, " ") ||
		    !cursor_hex(body, set->code[set->count].digest, RECOVERY_DIGEST) ||
		    !cursor_newline(body))
			return false;
		set->count++;
	}
	return set->count > 0;
}

/* The clear lines, which the seal covers: whose record this is. */
static bool
take_header(struct cursor *record, struct enrollment *enrollment, const char *user, uint32_t uid,
    struct fault *fault)
{
	char name[TEXT_NAME_SIZE];
	int64_t number;

	if (!cursor_take(record, "twostep-enrollment 1") || !cursor_newline(record))
		return fault_set(fault, record->line, "not an enrollment of this version");
	if (!text_name(name, user) || !cursor_take(record, "user ") || !cursor_take(record, name) ||
	    !cursor_newline(record))
		return fault_set(fault, record->line, "another user's record");
	if (!cursor_take(record, "uid ") || !cursor_number(record, 0, UINT32_MAX, &number) ||
	    number != uid || !cursor_newline(record))
		return fault_set(fault, record->line, "made for another uid");
	if (!cursor_take(record, "generation ") ||
	    !cursor_number(record, 1, INT64_MAX - 1, &enrollment->generation) ||
	    !cursor_newline(record))
		return fault_set(fault, record->line, "no generation");
	memcpy(enrollment->user, user, strlen(user) + 1);
	enrollment->uid = uid;
	return true;
}

bool
enrollment_parse(struct enrollment *enrollment, const char *bytes, size_t len,
    const struct host_key *key, const char *user, uint32_t uid, struct fault *fault)
{
	WIPED(body_wipe) struct body body;
	struct cursor record = cursor_over(bytes, len);
	struct cursor lines;
	size_t body_len = 0;
	unsigned key_line;
	bool ok;

	*enrollment = (struct enrollment){ .uid = uid };
	ok = take_header(&record, enrollment, user, uid, fault);
	key_line = record.line;
	ok = ok && seal_read(&record, bytes, key, body.bytes, sizeof body.bytes, &body_len, fault);
	if (ok) {
		lines = cursor_over(body.bytes, body_len);
		ok = (take_devices(&lines, enrollment) && take_recovery(&lines, &enrollment->recovery) &&
			 cursor_done(&lines)) ||
		    fault_set(fault, key_line + lines.line, "an unknown or damaged line");
	}
	if (!ok)
		enrollment_wipe(enrollment);
	return ok;
}

static void
put_device(struct text *body, const struct device *device)
{
	char encoded[BASE32_LENGTH(OTP_KEY_MAX) + 1];

	base32_encode(encoded, device->otp.key.bytes, device->otp.key.len);
	put_word(body, "device");
	put_word(body, device->id);
	put_parameters(body, &device->otp);
	text_put_number(body, device->floor);
	text_put(body, " ");
	put_word(body, device->name);
	text_put(body, encoded);
	text_put(body, "\n");
	secret_clear(encoded, sizeof encoded);
}

static void
put_recovery(struct text *body, const struct recovery_set *set)
{
	if (set->count == 0)
		return;
	text_put(body, "recovery ");
	text_put_hex(body, set->salt, sizeof set->salt);
	text_put(body, "\n");
	for (unsigned i = 0; i < set->count; i++) {
		text_put(body, "code ");
		text_put_hex(body, set->code[i].tag, RECOVERY_TAG);
		text_put(body, " ");
		text_put_hex(body, set->code[i].digest, RECOVERY_DIGEST);
		text_put(body, "\n");
	}
}

size_t
enrollment_format(const struct enrollment *enrollment, const struct host_key *key,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], char bytes[static ENROLLMENT_SIZE])
{
	WIPED(body_wipe) struct body body;
	struct text lines = text_into(body.bytes, sizeof body.bytes);
	struct text record = text_into(bytes, ENROLLMENT_SIZE);
	char name[TEXT_NAME_SIZE];

	for (unsigned i = 0; i < enrollment->devices; i++)
		put_device(&lines, &enrollment->device[i]);
	put_recovery(&lines, &enrollment->recovery);
	if (lines.overflow || !text_name(name, enrollment->user))
		return 0;
	text_put(&record, "twostep-enrollment 1\nuser ");
	text_put(&record, name);
	text_put(&record, "\nuid ");
	text_put_number(&record, enrollment->uid);
	text_put(&record, "\ngeneration ");
	text_put_number(&record, enrollment->generation);
	text_put(&record, "\n");
	if (!seal_write(&record, key, nonce, body.bytes, text_length(&lines)))
		return 0;
	return text_length(&record);
}
