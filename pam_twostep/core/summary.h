/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `twostep status` says of one user. No secret is in here, no pointer, nothing but numbers
 * and texts, and no hole between them: it can be handed from one process to another.
 */
#ifndef CORE_SUMMARY_H
#define CORE_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/judge.h"

#define SUMMARY_NAME (DEVICE_NAME_SIZE + 7)

struct summary_device {
	int64_t used;                       /* Unix seconds; 0 for never */
	uint32_t type, algorithm;           /* as in struct otp */
	uint32_t digits, period;
	int32_t drift;                      /* steps that its clock is ahead */
	uint32_t nothing;
	char name[SUMMARY_NAME];
};

struct summary {
	char user[TEXT_NAME_SIZE];
	int64_t now;                        /* when it was worked out, Unix seconds */
	int64_t wait;                       /* seconds until a lock ends */
	int64_t used;                       /* the newest use of any device; 0 for never */
	int64_t until;                      /* of an activation code that fits; 0 for none */
	int64_t one;                        /* of a recovery code beside the set; 0 for none */
	uint32_t standing;                  /* as judge_standing says it */
	uint32_t left, codes;               /* recovery codes left, and how many there were */
	uint32_t scratch;                   /* scratch codes left */
	uint32_t failures;                  /* wrong codes in a row */
	uint32_t month;                     /* and in 30 days */
	uint32_t places;                    /* that may still be remembered */
	uint32_t codes_due;                 /* the next login shows new recovery codes */
	uint32_t nothing;
	uint32_t devices;                   /* 0: not enrolled */
	struct summary_device device[ENROLLMENT_DEVICES_MAX];
};

/* `invitation` may be NULL or empty for none, the enrollment empty for one who is not enrolled. */
void summary_make(struct summary *summary, const struct settings *settings, const char *user,
    const struct enrollment *enrollment, const struct invitation *invitation,
    const struct history *history, int64_t now);

#endif
