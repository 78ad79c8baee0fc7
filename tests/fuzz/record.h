/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fuzzers of sealed records share: all but what one says. */
#ifndef FUZZ_RECORD_H
#define FUZZ_RECORD_H

#include "fuzz.h"

#include "../core/sealed.h"

/* Given by each: */
extern const struct fuzz_record {
	enum sealed_kind kind;
	const char *header; /* the clear lines of a record whose lines inside are anything */
	/* Chooses what a seed says. */
	void (*vary)(union written *what, struct draw *draw);
	/* What was read MUST lie within its bounds. */
	void (*bounds)(const union written *what);
} fuzz_record;

/* That much every device keeps to. */
void fuzz_device(const struct device *device);

#endif
