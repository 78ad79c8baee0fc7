/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lets a user enroll inside a login: the activation code that an administrator handed
 * out, and the key that a dialogue showed and nobody has confirmed yet. One sealed record.
 *
 *	twostep-invitation 1
 *	user alice                      as text_name() writes it
 *	uid 1000
 *	key 0123456789abcdef            the host key's name, or none
 *	sealed NONCE TAG-AND-BODY       hexadecimal; the lines above are associated data
 *
 * and in the sealed body, one fact a line, a code or a pending device or both:
 *
 *	generation 3                    of the enrollment beside it, 0 for none
 *	code UNTIL SALT TAG DIGEST
 *	replace                         the code also serves one who is enrolled
 *	pending AT FROM ID totp SHA1 6 30 FLOOR phone KEY
 *
 * 1. A record is refused whole, for the same reasons as an enrollment.
 * 2. It is worth nothing beside an enrollment of another generation: what a kill left behind of
 *    a commit, or of a change by an administrator, opens nothing.
 * 3. The pending key was shown in one dialogue and is never shown again. For
 *    INVITATION_PENDING seconds a code from it may finish that enrollment from the same
 *    place; whoever looked at it and left owns no copy of what is bound after that.
 */
#ifndef CORE_INVITATION_H
#define CORE_INVITATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/device.h"
#include "core/recovery.h"
#include "core/seal.h"
#include "core/text.h"

#define INVITATION_SIZE 4096    /* bytes; no record is longer */
#define INVITATION_PENDING 600  /* seconds in which a code may finish it */
#define INVITATION_FROM_SIZE 64 /* with the NUL */

struct invitation {
	char user[TEXT_NAME_SIZE]; /* the account's name as getpwnam gives it */
	uint32_t uid;
	int64_t generation; /* of the enrollment that it was made beside; 0: there was none */
	bool has_code;
	struct recovery_set code; /* one digest */
	int64_t until;            /* Unix seconds; the code is over from then on */
	bool replace;             /* the code is taken at the prompt of one who is enrolled */
	bool has_pending;
	struct device pending;
	int64_t pending_at; /* when it was shown, Unix seconds */
	char pending_from[INVITATION_FROM_SIZE]; /* the address, or empty: [A-Za-z0-9._:%-], not "-" */
};

void invitation_wipe(struct invitation *invitation);

/* True when nothing has changed the enrollment, 0 for none, that it was made beside. */
bool invitation_fits(const struct invitation *invitation, int64_t generation);

/* True while a code of the pending device, from this place, may still finish the enrollment. */
bool invitation_pends(const struct invitation *invitation, int64_t generation, const char *from,
    int64_t now);

/*
 * Reads a record of `len` bytes that must belong to `user` and `uid`. False, with the line and
 * the reason and an empty invitation, when it does not or cannot be read.
 */
bool invitation_parse(struct invitation *invitation, const char *record, size_t len,
    const struct host_key *key, const char *user, uint32_t uid, struct fault *fault);

/*
 * Writes the record; the nonce must be fresh from the system's random source. Returns its length,
 * or 0 when libcrypto fails or the invitation holds what no record can.
 */
size_t invitation_format(const struct invitation *invitation, const struct host_key *key,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], char record[static INVITATION_SIZE]);

#endif
