/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the fuzzers share. Each is an LLVMFuzzerTestOneInput, for `clang -fsanitize=fuzzer`; with
 * mutate.c it is a program that feeds itself seeded mutations of well-formed inputs.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "../core/sample.h"

#define FUZZ_MAX 20000 /* bytes of an input */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A well-formed input; returns its length. */
size_t fuzz_seed(struct draw *draw, uint8_t out[static FUZZ_MAX]);

/* What does not hold ends the process, as a crash would. */
__attribute__((noreturn)) void fuzz_broken(const char *what, int line);
#define MUST(held)                                  \
	do {                                        \
		if (!(held))                        \
			fuzz_broken(#held, __LINE__); \
	} while (0)

#endif
