/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64, for its few lines */
static uint64_t
draw_next(struct draw *draw)
{
	uint64_t z = draw->state += 0x9e3779b97f4a7c15U;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
	z = (z ^ z >> 27) * 0x94d049bb133111ebU;
	return z ^ z >> 31;
}

uint32_t
draw_number(struct draw *draw, uint32_t below)
{
	return (uint32_t)(draw_next(draw) % below);
}

void
draw_bytes(struct draw *draw, void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)bytes)[i] = (uint8_t)draw_next(draw);
}

size_t
sample_stride(void)
{
	const char *word = getenv("TWOSTEP_STRIDE");
	size_t stride = word != NULL ? strtoul(word, NULL, 10) : 0;

	return stride > 0 ? stride : 1;
}

void
sample_key(struct host_key *key, uint8_t first)
{
	uint8_t bytes[SEAL_KEY_LENGTH];

	*key = (struct host_key){ .id = "" };
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(first + i);
	assert_true(host_key_parse(key, bytes, sizeof bytes));
}

void
sample_match(const struct otp *otp, int64_t first, size_t count, uint32_t code, uint8_t *match)
{
	struct otp_keyed keyed;

	assert_true(otp_key(&keyed, otp));
	assert_true(otp_match(&keyed, first, count, code, match));
	otp_keyed_wipe(&keyed);
}

void
sample_device(struct device *device, const char *name, enum otp_type type, uint32_t seed)
{
	struct draw draw = { .state = seed };

	*device = (struct device){ .floor = -1 };
	device->otp = (struct otp){
		.type = type,
		.digits = 6,
		.period = type == OTP_TOTP ? 30 : 0,
		.key.len = 20,
	};
	draw_bytes(&draw, device->otp.key.bytes, device->otp.key.len);
	(void)snprintf(device->name, sizeof device->name, "%s", name);
	assert_true(device_identify(device));
}

void
sample_enrollment(struct enrollment *enrollment)
{
	*enrollment = (struct enrollment){
		.user = SAMPLE_USER, .uid = SAMPLE_UID, .generation = 3, .devices = 1
	};
	sample_device(&enrollment->device[0], "phone", OTP_TOTP, 1);
}

static void
sample_set(struct recovery_set *set, unsigned count, uint32_t seed)
{
	struct draw draw = { .state = seed };

	draw_bytes(&draw, set->salt, sizeof set->salt);
	for (set->count = 0; set->count < count; set->count++) {
		draw_bytes(&draw, set->code[set->count].tag, RECOVERY_TAG);
		draw_bytes(&draw, set->code[set->count].digest, RECOVERY_DIGEST);
	}
}

void
sample_full(struct enrollment *enrollment)
{
	static const unsigned periods[] = { 15, 30, 60, 120 };

	sample_enrollment(enrollment);
	enrollment->devices = ENROLLMENT_DEVICES_MAX;
	for (unsigned i = 0; i < enrollment->devices; i++) {
		struct device *device = &enrollment->device[i];
		struct draw draw = { .state = i };
		char name[DEVICE_NAME_SIZE];

		(void)snprintf(name, sizeof name, "%032u", i);
		sample_device(device, name, i % 2 != 0 ? OTP_HOTP : OTP_TOTP, i);
		device->otp.algorithm = (enum otp_algorithm)(i % 3);
		device->otp.digits = OTP_DIGITS_MIN + i % 3;
		device->otp.period = i % 2 != 0 ? 0 : periods[i / 2];
		device->otp.key.len = i == 0 ? OTP_KEY_MAX : OTP_KEY_MIN + i * 14;
		device->drift = i % 2 != 0 ? 0 : ((int)i - 3) * HISTORY_DRIFT_MAX / 3;
		device->floor = i == 0 ? OTP_STEP_MAX : (int64_t)i - 1;
		draw_bytes(&draw, device->otp.key.bytes, device->otp.key.len);
		assert_true(device_identify(device));
	}
	sample_set(&enrollment->recovery, RECOVERY_CODES_MAX, 99);
	sample_set(&enrollment->one, 1, 98);
	sample_set(&enrollment->scratch, RECOVERY_CODES_MAX, 96);
	enrollment->one_until = HISTORY_TIME_MAX;
	enrollment->codes_due = true;
}

void
sample_invitation(struct invitation *invitation)
{
	*invitation = (struct invitation){ .user = SAMPLE_USER, .uid = SAMPLE_UID, .generation = 3,
		.has_code = true, .until = SAMPLE_NOW + 3600, .replace = true, .has_pending = true,
		.pending_at = SAMPLE_NOW, .pending_from = "192.0.2.7" };
	sample_set(&invitation->code, 1, 97);
	sample_device(&invitation->pending, "phone", OTP_TOTP, 5);
}

void
sample_longest(struct history *history)
{
	char user[TEXT_NAME_SIZE];

	memset(user, 'u', sizeof user - 1);
	user[sizeof user - 1] = '\0';
	history_start(history, user);
	history->seq = INT64_MAX - 1;
	history->rows = HISTORY_ROWS;
	for (unsigned i = 0; i < HISTORY_ROWS; i++) {
		struct history_row *row = &history->row[i];

		(void)snprintf(row->id, sizeof row->id, "%016x", i);
		row->last = row->before = row->pair_step = OTP_STEP_MAX;
		row->used = row->pair_at = HISTORY_TIME_MAX;
		row->drift = -HISTORY_DRIFT_MAX;
	}
	history->failures = history->since = HISTORY_COUNT_MAX;
	history->locked = history->blocked = history->wrong_at = HISTORY_TIME_MAX;
	history->day = HISTORY_TIME_MAX / 86400;
	for (unsigned i = 0; i < HISTORY_DAYS; i++)
		history->wrong[i] = HISTORY_COUNT_MAX;
	memset(history->wrong_tag, 0xff, sizeof history->wrong_tag);
	history->sets = HISTORY_SPENT;
	for (unsigned i = 0; i < HISTORY_SPENT; i++) {
		(void)snprintf(history->spent[i].set, sizeof history->spent[i].set, "%016x", i);
		history->spent[i].codes = UINT32_MAX;
	}
	history->places = HISTORY_PLACES;
	for (unsigned i = 0; i < HISTORY_PLACES; i++) {
		struct history_place *place = &history->place[i];

		(void)snprintf(place->id, sizeof place->id, "%016x", i);
		(void)snprintf(place->boot, sizeof place->boot, "%016x", i + 16);
		place->since = place->uptime = HISTORY_TIME_MAX;
	}
}

void
sample_claim(struct claim *claim, uint32_t code, unsigned digits)
{
	char typed[16];

	*claim = (struct claim){ .kind = CLAIM_CODE, .digits = digits };
	(void)snprintf(typed, sizeof typed, "%0*u", (int)digits, (unsigned)code);
	assert_int_equal(strlen(typed), digits);
	assert_true(secret_set(&claim->code, typed, digits));
}

void
sample_recovery(struct claim *claim, const char *code)
{
	*claim = (struct claim){ .kind = CLAIM_RECOVERY };
	assert_int_equal(strlen(code), RECOVERY_CHARS);
	assert_true(secret_set(&claim->recovery.code, code, RECOVERY_CHARS));
}

void
sample_activation(struct claim *claim, const char *code)
{
	*claim = (struct claim){ .kind = CLAIM_ACTIVATION };
	assert_int_equal(strlen(code), ACTIVATION_CHARS);
	assert_true(secret_set(&claim->recovery.code, code, ACTIVATION_CHARS));
}

uint32_t
sample_code(const struct device *device, int64_t step)
{
	uint32_t code = 0;

	assert_true(otp_code(&device->otp, step, &code));
	return code;
}

static bool
same_row(const struct history_row *a, const struct history_row *b)
{
	return strcmp(a->id, b->id) == 0 && a->last == b->last && a->before == b->before &&
	    a->drift == b->drift && a->used == b->used && a->pair_step == b->pair_step &&
	    a->pair_at == b->pair_at;
}

static bool
same_place(const struct history_place *a, const struct history_place *b)
{
	return strcmp(a->id, b->id) == 0 && a->since == b->since && strcmp(a->boot, b->boot) == 0 &&
	    a->uptime == b->uptime;
}

bool
sample_same_history(const struct history *a, const struct history *b)
{
	bool same = strcmp(a->user, b->user) == 0 && a->seq == b->seq && a->flushed == b->flushed &&
	    a->rows == b->rows && a->failures == b->failures && a->since == b->since &&
	    a->locked == b->locked && a->blocked == b->blocked && a->day == b->day &&
	    memcmp(a->wrong, b->wrong, sizeof a->wrong) == 0 && a->wrong_at == b->wrong_at &&
	    memcmp(a->wrong_tag, b->wrong_tag, sizeof a->wrong_tag) == 0 && a->sets == b->sets &&
	    a->places == b->places;

	for (unsigned i = 0; same && i < a->rows; i++)
		same = same_row(&a->row[i], &b->row[i]);
	for (unsigned i = 0; same && i < a->sets; i++)
		same = strcmp(a->spent[i].set, b->spent[i].set) == 0 &&
		    a->spent[i].codes == b->spent[i].codes;
	for (unsigned i = 0; same && i < a->places; i++)
		same = same_place(&a->place[i], &b->place[i]);
	return same;
}

static bool
same_set(const struct recovery_set *a, const struct recovery_set *b)
{
	return a->count == b->count && memcmp(a->salt, b->salt, sizeof a->salt) == 0 &&
	    memcmp(a->code, b->code, a->count * sizeof *a->code) == 0;
}

static bool
same_device(const struct device *a, const struct device *b)
{
	return strcmp(a->id, b->id) == 0 && strcmp(a->name, b->name) == 0 &&
	    a->otp.type == b->otp.type && a->otp.algorithm == b->otp.algorithm &&
	    a->otp.digits == b->otp.digits && a->otp.period == b->otp.period &&
	    a->otp.key.len == b->otp.key.len &&
	    memcmp(a->otp.key.bytes, b->otp.key.bytes, a->otp.key.len) == 0 &&
	    a->floor == b->floor && a->drift == b->drift;
}

bool
sample_same_enrollment(const struct enrollment *a, const struct enrollment *b)
{
	bool same = strcmp(a->user, b->user) == 0 && a->uid == b->uid &&
	    a->generation == b->generation && a->devices == b->devices && a->decoy == b->decoy &&
	    same_set(&a->recovery, &b->recovery) && same_set(&a->one, &b->one) &&
	    same_set(&a->scratch, &b->scratch) &&
	    a->one_until == b->one_until && a->codes_due == b->codes_due;

	for (unsigned i = 0; same && i < a->devices; i++)
		same = same_device(&a->device[i], &b->device[i]);
	return same;
}

bool
sample_same_invitation(const struct invitation *a, const struct invitation *b)
{
	return strcmp(a->user, b->user) == 0 && a->uid == b->uid && a->generation == b->generation &&
	    a->has_code == b->has_code && same_set(&a->code, &b->code) && a->until == b->until &&
	    a->replace == b->replace && a->has_pending == b->has_pending &&
	    same_device(&a->pending, &b->pending) && a->pending_at == b->pending_at &&
	    strcmp(a->pending_from, b->pending_from) == 0;
}
