/* SPDX-License-Identifier: BSD-2-Clause */
/* What `twostep status` says of one user, as plain values: no secret is in here. */
#ifndef CORE_SUMMARY_H
#define CORE_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/judge.h"

struct summary_device {
	char name[DEVICE_NAME_SIZE];
	enum otp_type type;
	enum otp_algorithm algorithm;
	unsigned digits, period;
	int drift;    /* steps that its clock is ahead */
	int64_t used; /* Unix seconds; 0 for never */
};

struct summary {
	char user[TEXT_NAME_SIZE];
	int64_t now;             /* when it was worked out, Unix seconds */
	enum verdict standing;   /* as judge_standing says it */
	int64_t wait;            /* seconds until a lock ends */
	unsigned devices;        /* 0: not enrolled */
	struct summary_device device[ENROLLMENT_DEVICES_MAX];
	unsigned left, codes;    /* recovery codes left, and how many there were */
	unsigned scratch;        /* scratch codes left */
	unsigned failures;       /* wrong codes in a row */
	unsigned month;          /* and in 30 days */
	unsigned places;         /* that may still be remembered */
	bool codes_due;          /* the next login shows new recovery codes */
	int64_t used;            /* the newest use of any device; 0 for never */
	int64_t until;           /* of an activation code that fits; 0 for none */
	int64_t one;             /* of a recovery code beside the set; 0 for none */
};

/* `invitation` may be NULL or empty for none, the enrollment empty for one who is not enrolled. */
void summary_make(struct summary *summary, const struct settings *settings, const char *user,
    const struct enrollment *enrollment, const struct invitation *invitation,
    const struct history *history, int64_t now);

#endif
