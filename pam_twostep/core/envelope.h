/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The form that every sealed record of a user has: in clear what it is and whose, and the
 * rest inside.
 *
 *	twostep-enrollment 1            what it is
 *	user alice                      as text_name() writes it
 *	uid 1000
 *	                                what else stands in clear
 *	key 0123456789abcdef            the host key's name, or none
 *	sealed NONCE TAG-AND-BODY       hexadecimal; the lines above are associated data
 *
 * So no record serves as one of another kind or for another account, nor for one that was given
 * the name anew. A reader takes the address, then its own clear lines, opens, and takes
 * the body to its last byte; a writer does the same in that order.
 */
#ifndef CORE_ENVELOPE_H
#define CORE_ENVELOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/seal.h"
#include "core/text.h"

#define ENVELOPE_BODY 6144 /* bytes; no body is longer: 8 devices of 300, 41 codes of 75, and the rest */

/* What a record is: its first line, and what is wrong with one that begins otherwise. */
struct envelope_kind {
	const char *title;
	const char *other;
};

/* The room of a body in clear: it holds keys. */
struct envelope {
	char body[ENVELOPE_BODY];
};

void envelope_wipe(struct envelope *envelope);

/* Takes the lines of the address, which must be of this kind and this user. False with the reason. */
bool envelope_address(struct cursor *record, const struct envelope_kind *kind, const char *user,
    uint32_t uid, struct fault *fault);

/*
 * Opens the rest of the record, which began at `start`: *body goes over the lines inside, and counts
 * them as the record's. False with the reason. The caller wipes the envelope.
 */
bool envelope_open(struct envelope *envelope, struct cursor *record, const char *start,
    const struct host_key *key, struct cursor *body, struct fault *fault);

/* Notes that the line which the body is at is none of its kind; always false. */
bool envelope_damaged(const struct cursor *body, struct fault *fault);

/* Where the lines of a body are written. */
struct text envelope_body(struct envelope *envelope);

/* Writes the address. False for a name that no record can have. */
bool envelope_put_address(struct text *record, const struct envelope_kind *kind, const char *user,
    uint32_t uid);

/* Seals the body behind what the record says so far. False as seal_write, and for a body too long. */
bool envelope_seal(struct text *record, const struct host_key *key,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], const struct text *body);

#endif
