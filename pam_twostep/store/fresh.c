/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/fresh.h"

#include <errno.h>
#include <sys/random.h>

bool
fresh_bytes(void *bytes, size_t len, struct store_fault *fault)
{
	return getrandom(bytes, len, 0) == (ssize_t)len ||
	    store_fault_set(fault, NULL, "getrandom", "no random bytes", errno);
}

bool
fresh_codes(const struct host_key *key, unsigned count, struct recovery_set *set,
    struct printed_codes *codes, struct store_fault *fault)
{
	uint8_t entropy[RECOVERY_CODES_MAX][RECOVERY_ENTROPY];
	bool ok = fresh_bytes(entropy, sizeof entropy, fault) &&
	    fresh_bytes(set->salt, sizeof set->salt, fault);

	set->count = codes->count = 0;
	for (unsigned i = 0; ok && i < count; i++) {
		recovery_print(codes->code[i], RECOVERY_CHARS, entropy[i]);
		ok = recovery_add(set, key, RECOVERY_CHARS, codes->code[i]) ||
		    store_fault_set(fault, NULL, "libcrypto", "failed", 0);
		codes->count++;
	}
	secret_clear(entropy, sizeof entropy);
	return ok;
}
