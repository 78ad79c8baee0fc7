/* SPDX-License-Identifier: BSD-2-Clause */
/*
 *	fuzz_NOUN [INPUTS [SEED]]
 *
 * Feeds the fuzzer that many inputs: well-formed ones, each with a few mutations. A failure
 * aborts; the number that was printed last is the input's, and its SEED repeats it.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUTS 20000

static size_t
insert(struct draw *draw, uint8_t *bytes, size_t len, size_t at)
{
	size_t more = 1 + draw_number(draw, 8);

	if (len + more > FUZZ_MAX)
		return len;
	memmove(bytes + at + more, bytes + at, len - at);
	if (at >= more && draw_number(draw, 2) == 0)
		memcpy(bytes + at, bytes + at - more, more);
	else
		draw_bytes(draw, bytes + at, more);
	return len + more;
}

static size_t
mutate_once(struct draw *draw, uint8_t *bytes, size_t len)
{
	static const char likely[] = "0123456789abcdefghijklmnopqrstuvwxyz \n-:=#%/\0\xff";
	size_t at = len > 0 ? draw_number(draw, (uint32_t)len) : 0, gone;

	if (len == 0)
		return insert(draw, bytes, len, 0);
	switch (draw_number(draw, 6)) {
	case 0:
		bytes[at] ^= (uint8_t)(1U << draw_number(draw, 8));
		return len;
	case 1:
		bytes[at] = (uint8_t)draw_number(draw, 256);
		return len;
	case 2:
		bytes[at] = (uint8_t)likely[draw_number(draw, sizeof likely - 1)];
		return len;
	case 3:
		return insert(draw, bytes, len, at);
	case 4:
		gone = 1 + draw_number(draw, 8);
		gone = gone < len - at ? gone : len - at;
		memmove(bytes + at, bytes + at + gone, len - at - gone);
		return len - gone;
	default:
		return draw_number(draw, 8) == 0 ? at : len;
	}
}

static void
feed(const uint8_t *bytes, size_t len)
{
	/* exactly as long as it is, for the sanitizer's sake */
	uint8_t *input = malloc(len > 0 ? len : 1);

	if (input == NULL)
		abort();
	memcpy(input, bytes, len);
	(void)LLVMFuzzerTestOneInput(input, len);
	free(input);
}

int
main(int argc, char **argv)
{
	static uint8_t bytes[FUZZ_MAX];
	unsigned long inputs = argc > 1 ? strtoul(argv[1], NULL, 10) : INPUTS;
	unsigned long seed = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;

	(void)printf("1..1\n");
	for (unsigned long i = 0; i < inputs; i++) {
		struct draw draw = { .state = seed + i };
		size_t len = fuzz_seed(&draw, bytes);

		if (i % 1000 == 0) {
			(void)printf("# seed %lu\n", seed + i);
			(void)fflush(stdout);
		}
		for (uint32_t n = draw_number(&draw, 5); n > 0; n--)
			len = mutate_once(&draw, bytes, len);
		feed(bytes, len);
	}
	(void)printf("ok 1 - %lu inputs\n", inputs);
	return 0;
}
