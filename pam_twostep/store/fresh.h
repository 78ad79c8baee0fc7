/* SPDX-License-Identifier: BSD-2-Clause */
/* What must be new: keys, nonces and recovery codes, from the system's random source. */
#ifndef STORE_FRESH_H
#define STORE_FRESH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/recovery.h"
#include "store/trusted.h"

/* At most 256 bytes. False with the reason. */
bool fresh_bytes(void *bytes, size_t len, struct store_fault *fault);

/* A new set of so many recovery codes, and the codes themselves. False with the reason. */
bool fresh_codes(const struct host_key *key, unsigned count, struct recovery_set *set,
    struct printed_codes *codes, struct store_fault *fault);

#endif
