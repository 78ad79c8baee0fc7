/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the set-uid helper and its callers say to each other: one struct a packet, the same both
 * ways, over an AF_UNIX socket pair of type SOCK_SEQPACKET.
 *
 * 1. Neither side trusts the other. A packet MUST be as long as the struct, of this version, of a
 *    known kind, with every text ended and every number in its range, or else it counts as the
 *    end of the conversation. Nothing is parsed, and nothing of it is told.
 * 2. A packet starts as zeros (wire_start) and is filled in field by field: no bytes
 *    of root's stack leave with it, between two fields or behind a text.
 * 3. It holds what was typed, and keys: it is wiped on every path.
 */
#ifndef HELPER_WIRE_H
#define HELPER_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/judge.h"
#include "core/secret.h"
#include "core/summary.h"
#include "core/text.h"
#include "store/link.h"

#define WIRE_VERSION 1 /* one more with every change of the struct, or of an enum in it */
#define WIRE_SIZE 4096 /* bytes that a packet never exceeds */
#define WIRE_TEXT_SIZE 1020
#define WIRE_TRIES 3   /* codes that may be typed for one question */

enum wire_kind {
	WIRE_NOTHING, /* 0: what is never filled in asks for nothing */

	/* to the helper: one request, and what its questions are answered with */
	WIRE_LOOK,
	WIRE_JUDGE,          /* typed; field */
	WIRE_STATUS,
	WIRE_RECOVERY_NEW,
	WIRE_ENROLL,         /* wish */
	WIRE_REMOVE,         /* wish: the name, or empty for every device */
	WIRE_FORGET,
	WIRE_ANSWER,         /* typed; given */

	/* from it */
	WIRE_FACTS,   /* facts */
	WIRE_JUDGED,  /* judged */
	WIRE_SUMMARY, /* summary */
	WIRE_ASK,     /* about, and what goes with that */
	WIRE_SAY,     /* text; error */
	WIRE_OFFER,   /* typed: the key of a new device; wish: what it is */
	WIRE_CODES,   /* codes: the new recovery codes, or none */
	WIRE_END,     /* status; text: why, in English, or empty */

	WIRE_KINDS
};

/* What a request came to: as the tool exits. */
enum wire_status { WIRE_DONE, WIRE_NO, WIRE_USAGE, WIRE_SYSTEM };

/* What a question is about. The caller words it, but for those of PAM. */
enum wire_about {
	WIRE_ABOUT_PAM,        /* text; echo */
	WIRE_ABOUT_CODE,       /* a code of a device there is, or a recovery code; facts; tries */
	WIRE_ABOUT_ACTIVATION, /* tries */
	WIRE_ABOUT_DEVICE,     /* a code of the device that is offered; tries */
	WIRE_ABOUTS
};

/* What device is wanted: settings that a user may choose, and how it is to be linked. */
struct wire_wish {
	uint32_t how; /* enum link_how */
	uint32_t type, algorithm, digits, period;
	uint32_t nothing;
	char name[SUMMARY_NAME]; /* empty for the usual one */
};

/* The caller's own account, before anything is typed. The host key has proved the store. */
struct wire_facts {
	int64_t created;   /* the store's beginning, Unix seconds */
	int64_t wait;      /* seconds until a lock ends */
	uint32_t standing; /* VERDICT_EMPTY, VERDICT_LOCKED or VERDICT_BLOCKED */
	uint32_t enrolled;
	uint32_t invited;
	uint32_t nothing;
	char user[TEXT_NAME_SIZE]; /* canonical */
};

/* A judgement, durable and in the journal. */
struct wire_judged {
	int64_t wait;     /* as in struct judgement, and so on: */
	uint32_t verdict; /* never VERDICT_ACTIVATED */
	uint32_t method;
	uint32_t failures, since, left, digits;
	uint32_t locks, blocks;
	uint32_t cut;   /* digits of the field that were taken for the code */
	uint32_t codes; /* the user has recovery codes: how many are left means something */
};

struct wire {
	uint32_t version;
	uint32_t kind;
	uint32_t field; /* password and code are typed in one */
	uint32_t given; /* an answer was: not broken off */
	uint32_t echo;
	uint32_t error;
	uint32_t status;
	uint32_t about;
	uint32_t tries; /* left, this one included */
	uint32_t typed_len;
	uint8_t typed[SECRET_MAX];
	struct wire_facts facts;
	struct wire_judged judged;
	struct wire_wish wish;
	struct summary summary;
	struct printed_codes codes;
	char text[WIRE_TEXT_SIZE];
};

_Static_assert(sizeof(struct wire) <= WIRE_SIZE, "a packet must stay small");

/* Begins an empty packet. */
void wire_start(struct wire *wire, enum wire_kind kind);
void wire_wipe(struct wire *wire);
#define WIRE WIPED(wire_wipe) struct wire

/* Puts a text in, cut off at its room. */
void wire_put_text(struct wire *wire, const char *text);
/* What was typed, in and out. */
void wire_put_typed(struct wire *wire, const struct secret *typed);
void wire_take_typed(const struct wire *wire, struct secret *typed);

/* A judgement, but for the device: that is the helper's. */
void wire_take_judged(const struct wire_judged *judged, struct judgement *judgement);

/* Whether a packet that came in may be looked at. */
bool wire_valid(const struct wire *wire);

/* The moment, in milliseconds of a clock that nobody sets; until when is told in these. */
int64_t wire_clock(void);

/* Sends one packet, or receives one that is valid. False at the moment `until`, or when the other side is gone. */
bool wire_send(int socket, const struct wire *wire, int64_t until);
bool wire_receive(int socket, struct wire *wire, int64_t until);

#endif
