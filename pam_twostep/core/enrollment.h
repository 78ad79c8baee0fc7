/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What enrolling writes and a login only reads: a user's devices and the digests of
 * the recovery codes, as one sealed record.
 *
 *	twostep-enrollment 1
 *	user alice                      as text_name() writes it
 *	uid 1000
 *	generation 3                    one more with every change
 *	key 0123456789abcdef            the host key's name, or none
 *	sealed NONCE TAG-AND-BODY       hexadecimal; the lines above are associated data
 *
 * and in the sealed body, one fact a line, a device at the least and the others where they hold:
 *
 *	device ID totp SHA1 6 30 FLOOR phone KEY
 *	recovery SALT                   the set, and its codes
 *	code TAG DIGEST
 *	one UNTIL SALT TAG DIGEST       a recovery code beside the set, until that moment
 *	scratch SALT                    8-digit codes that another program made, and theirs
 *	code TAG DIGEST
 *	due                             the set that a login committed was never handed over
 *
 * A record is refused whole: for another user's name or uid, for another host key,
 * and for any line that is unknown, damaged or out of order.
 */
#ifndef CORE_ENROLLMENT_H
#define CORE_ENROLLMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/device.h"
#include "core/recovery.h"
#include "core/seal.h"
#include "core/text.h"

#define ENROLLMENT_DEVICES_MAX 8
#define ENROLLMENT_SIZE 16384 /* bytes; no record is longer */

struct enrollment {
	char user[TEXT_NAME_SIZE]; /* the account's name as getpwnam gives it */
	uint32_t uid;
	int64_t generation;
	unsigned devices; /* 0 to ENROLLMENT_DEVICES_MAX */
	struct device device[ENROLLMENT_DEVICES_MAX];
	struct recovery_set recovery;
	struct recovery_set one; /* one code beside the set, or none */
	int64_t one_until;       /* Unix seconds; the code is over from then on */
	struct recovery_set scratch; /* of SCRATCH_CHARS: count as codes do, and open no lock */
	bool codes_due;          /* recovery codes are owed: a login committed the device and ended before they were bound */
	bool decoy; /* stands in for a record that does not exist; never proves anything */
};

void enrollment_wipe(struct enrollment *enrollment);

/* The device of that name or id, or NULL. */
const struct device *enrollment_device(const struct enrollment *enrollment, const char *name);
const struct device *enrollment_device_id(const struct enrollment *enrollment, const char *id);

/*
 * What judging works on when there is no record: one device of the usual shape
 * with a key that opens nothing.
 */
void enrollment_decoy(struct enrollment *enrollment, enum otp_algorithm algorithm,
    unsigned digits, unsigned period);

/*
 * Reads a record of `len` bytes that must belong to `user` and `uid`. False, with the line and
 * the reason and an empty enrollment, when it does not or cannot be read.
 */
bool enrollment_parse(struct enrollment *enrollment, const char *record, size_t len,
    const struct host_key *key, const char *user, uint32_t uid, struct fault *fault);

/*
 * Writes the record; the nonce must be fresh from the system's random source.
 * Returns its length, or 0 when libcrypto fails.
 */
size_t enrollment_format(const struct enrollment *enrollment, const struct host_key *key,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], char record[static ENROLLMENT_SIZE]);

#endif
