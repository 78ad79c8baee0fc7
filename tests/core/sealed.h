/* SPDX-License-Identifier: BSD-2-Clause */
/* A record of alice, 1000, of either kind: how it is written, read, and made up. */
#ifndef SEALED_H
#define SEALED_H

#include "sample.h"

enum sealed_kind { SEALED_ENROLLMENT, SEALED_INVITATION, SEALED_KINDS };

/* What one says; `kind` tells which. */
union written {
	struct enrollment enrollment;
	struct invitation invitation;
};

struct sealed {
	enum sealed_kind kind;
	struct host_key key;
	char bytes[ENROLLMENT_SIZE + 1];
	size_t len;
	union written back; /* what was read */
	struct fault fault;
};

extern const uint8_t sealed_nonce[SEAL_NONCE_LENGTH];

/* Sealed under a host key, and in clear. */
#define SEALED_FORMS 2
void sealed_form(struct sealed *sealed, unsigned form);

/* Bytes that no record of this kind is longer than. */
size_t sealed_size(enum sealed_kind kind);

/* The usual one of its kind, and the one with everything in it. */
void sealed_sample(enum sealed_kind kind, union written *what);
void sealed_full(enum sealed_kind kind, union written *what);
bool sealed_same(enum sealed_kind kind, const union written *a, const union written *b);

/* The library's own, by the kind. */
size_t sealed_format(const struct sealed *sealed, const union written *what,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], char bytes[static ENROLLMENT_SIZE]);

/* Writes it under the key, and expects that it fits. */
void sealed_write(struct sealed *sealed, const union written *what);

/* Reads it; what is refused MUST leave a reason and nothing else. */
bool sealed_opens_as(struct sealed *sealed, size_t len, const char *user, uint32_t uid);
bool sealed_opens(struct sealed *sealed);

/* Expects that what is written reads as the same, in either form. */
void sealed_expect_same(enum sealed_kind kind, const union written *what);

/* Expects that it is written in clear as these lines, up to the sum. */
void sealed_expect_form(enum sealed_kind kind, const union written *what, const char *lines);

/*
 * A record with lines of our own under the right sum or seal: what the lines say is then all
 * that can be wrong.
 */
bool sealed_compose(struct sealed *sealed, const char *header, const char *body, size_t len);

/* Such a record in clear: whether it is read, and the line of the fault. */
struct sealed_row {
	const char *header, *body;
	bool read;
	unsigned line; /* of the record */
};
void sealed_expect_rows(enum sealed_kind kind, const struct sealed_row *rows, size_t count);

#endif
