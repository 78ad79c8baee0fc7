/* SPDX-License-Identifier: BSD-2-Clause */
/* What most tests begin with: a host key, settings, a person with a phone. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/enrollment.h"
#include "core/history.h"
#include "core/invitation.h"
#include "core/judge.h"
#include "core/settings.h"

#define SAMPLE_NOW 1700000000LL /* Unix seconds, 20 s into a step of 30 */
#define SAMPLE_USER "alice"
#define SAMPLE_UID 1000

/* In a table: the row that did not hold is named in what is printed. */
#define assert_row(held, name)                                       \
	do {                                                         \
		if (!(held))                                         \
			fail_msg("in the row '%s': %s", name, #held); \
	} while (0)

/* A sequence that every run repeats. */
struct draw {
	uint64_t state;
};
uint32_t draw_number(struct draw *draw, uint32_t below);
void draw_bytes(struct draw *draw, void *bytes, size_t len);

/* A sweep of the same code over bits and bytes takes every one, and a race all its rounds, or every so
 * many where each takes its time (valgrind): TWOSTEP_STRIDE. */
size_t sample_stride(void);

/* A host key of 32 bytes that begin with `first`. */
void sample_key(struct host_key *key, uint8_t first);

/* A device; `seed` makes the key. No step of it is spent. */
void sample_device(struct device *device, const char *name, enum otp_type type, uint32_t seed);

/* alice, 1000: one TOTP device `phone` with SHA1, 6 digits and 30 s; no recovery codes. */
void sample_enrollment(struct enrollment *enrollment);

/*
 * The same with eight devices of every kind, a full set of recovery codes and one beside it, none
 * of which is real, and codes owed.
 */
void sample_full(struct enrollment *enrollment);

/* alice's, with a code that is not real, to replace generation 3, and a phone that pends. */
void sample_invitation(struct invitation *invitation);

/* Every field of a history at its longest. */
void sample_longest(struct history *history);

/* What flow/login makes of a code of so many digits, or of a printed code without dashes. */
void sample_claim(struct claim *claim, uint32_t code, unsigned digits);
void sample_recovery(struct claim *claim, const char *code);
void sample_activation(struct claim *claim, const char *code);

/* otp_match of one key. */
void sample_match(const struct otp *otp, int64_t first, size_t count, uint32_t code, uint8_t *match);

/* The device's code at a step. */
uint32_t sample_code(const struct device *device, int64_t step);

/* True when both say the same, field by field. */
bool sample_same_history(const struct history *a, const struct history *b);
bool sample_same_enrollment(const struct enrollment *a, const struct enrollment *b);
bool sample_same_invitation(const struct invitation *a, const struct invitation *b);

#endif
