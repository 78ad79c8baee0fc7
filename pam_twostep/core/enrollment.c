/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/enrollment.h"

#include <string.h>

#include "core/envelope.h"
#include "core/language.h"

static const struct envelope_kind kind = { "twostep-enrollment 1",
	N_("not an enrollment of this version") };

void
enrollment_wipe(struct enrollment *enrollment)
{
	secret_clear(enrollment, sizeof *enrollment);
}

const struct device *
enrollment_device(const struct enrollment *enrollment, const char *name)
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

/* A name or a key that stands twice would make "which device" a matter of order. */
static bool
take_devices(struct cursor *body, struct enrollment *enrollment)
{
	while (cursor_take(body, "device ")) {
		struct device *device = &enrollment->device[enrollment->devices];
		unsigned line = body->line;

		if (enrollment->devices == ENROLLMENT_DEVICES_MAX || !device_take(body, device) ||
		    enrollment_device(enrollment, device->name) != NULL ||
		    enrollment_device_id(enrollment, device->id) != NULL) {
			body->line = line;
			return false;
		}
		enrollment->devices++;
	}
	return enrollment->devices > 0;
}

/* The clear line below the address. */
static bool
take_generation(struct cursor *record, int64_t *generation, struct fault *fault)
{
	return (cursor_take(record, "generation ") &&
		   cursor_number(record, 1, INT64_MAX - 1, generation) && cursor_newline(record)) ||
	    fault_set(fault, record->line, "no generation");
}

/* Everything in the sealed body, in its order. */
static bool
take_body(struct cursor *body, struct enrollment *enrollment)
{
	if (!take_devices(body, enrollment) || !recovery_take(body, "recovery ", &enrollment->recovery))
		return false;
	if (cursor_take(body, "one ") &&
	    !recovery_take_one(body, &enrollment->one, &enrollment->one_until))
		return false;
	if (!recovery_take(body, "scratch ", &enrollment->scratch))
		return false;
	enrollment->codes_due = cursor_take(body, "due");
	return (!enrollment->codes_due || cursor_newline(body)) && cursor_done(body);
}

bool
enrollment_parse(struct enrollment *enrollment, const char *bytes, size_t len,
    const struct host_key *key, const char *user, uint32_t uid, struct fault *fault)
{
	WIPED(envelope_wipe) struct envelope envelope;
	struct cursor record = cursor_over(bytes, len), body;
	bool ok;

	*enrollment = (struct enrollment){ .uid = uid };
	ok = envelope_address(&record, &kind, user, uid, fault) &&
	    take_generation(&record, &enrollment->generation, fault) &&
	    envelope_open(&envelope, &record, bytes, key, &body, fault) &&
	    (take_body(&body, enrollment) || envelope_damaged(&body, fault));
	if (ok)
		memcpy(enrollment->user, user, strlen(user) + 1);
	else
		enrollment_wipe(enrollment);
	return ok;
}

static void
put_body(struct text *body, const struct enrollment *enrollment)
{
	for (unsigned i = 0; i < enrollment->devices; i++) {
		text_put(body, "device ");
		device_put(body, &enrollment->device[i]);
	}
	recovery_put(body, "recovery ", &enrollment->recovery);
	if (enrollment->one.count != 0) {
		text_put(body, "one ");
		recovery_put_one(body, &enrollment->one, enrollment->one_until);
	}
	recovery_put(body, "scratch ", &enrollment->scratch);
	if (enrollment->codes_due)
		text_put(body, "due\n");
}

size_t
enrollment_format(const struct enrollment *enrollment, const struct host_key *key,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], char bytes[static ENROLLMENT_SIZE])
{
	WIPED(envelope_wipe) struct envelope envelope;
	struct text body = envelope_body(&envelope);
	struct text record = text_into(bytes, ENROLLMENT_SIZE);

	put_body(&body, enrollment);
	if (!envelope_put_address(&record, &kind, enrollment->user, enrollment->uid))
		return 0;
	text_put(&record, "generation ");
	text_put_number(&record, enrollment->generation);
	text_put(&record, "\n");
	return envelope_seal(&record, key, nonce, &body) ? text_length(&record) : 0;
}
