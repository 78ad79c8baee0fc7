/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/place.h"

#include <string.h>

#include "core/history.h"
#include "core/seal.h"

#define FACTS_SIZE 4096 /* bytes of all facts of a place */

/* 64 bits of SHA-256 will do: who logs in has one place, and cannot choose among many. */
bool
place_identify(struct place *place, const char *const facts[], unsigned count)
{
	char bytes[FACTS_SIZE];
	struct text text = text_into(bytes, sizeof bytes);
	struct text id = text_into(place->id, sizeof place->id);
	uint8_t sum[SEAL_SUM_LENGTH];
	bool ok;

	for (unsigned i = 0; i < count; i++) {
		text_put(&text, facts[i]);
		text_put_bytes(&text, "", 1);
	}
	ok = !text.overflow && seal_sum(bytes, text_length(&text), sum);
	if (ok)
		text_put_hex(&id, sum, sizeof sum);
	text_end(&id);
	return ok;
}

static bool
is_id(const char *id)
{
	return strlen(id) == PLACE_ID_SIZE - 1 && strspn(id, "0123456789abcdef") == PLACE_ID_SIZE - 1;
}

bool
place_valid(const struct place *place)
{
	return is_id(place->id) && is_id(place->boot) && place->uptime >= 0 &&
	    place->uptime <= HISTORY_TIME_MAX;
}
