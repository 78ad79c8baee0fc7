/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The dialogue in which a person enrolls while signing in: an activation code if one is
 * needed, a picture and a key, a code that proves they arrived, the recovery codes, Enter.
 *
 * A state machine without hands. Whoever drives it asks enroll_next() what to do, does it, and
 * says how it went:
 *
 *	offer -> activation -> finish -> begin -> show -> commit -> codes -> saved -> done
 *
 * 1. A key MUST be shown in one dialogue only, and only after it is stored: `finish` takes a code for a
 *    key that another dialogue showed, and shows nothing. Otherwise who has the password looks
 *    at a pending key, leaves, and owns a copy of what the rightful person scans.
 * 2. Recovery codes are shown after the commit, and bound when Enter is typed.
 * 3. Every answer is bounded: three tries for a code, and a number of questions altogether.
 * 4. It holds what was typed: whoever drives it wipes it on every path, as a part of what is his.
 */
#ifndef FLOW_ENROLL_H
#define FLOW_ENROLL_H

#include <stdbool.h>

#include "core/judge.h"
#include "core/recovery.h"
#include "core/settings.h"
#include "flow/login.h"
#include "flow/picture.h"

#define ENROLL_TEXT_SIZE 16384 /* bytes; a question with the widest picture and both texts */
#define ENROLL_TRIES 3

enum enroll_state {
	ENROLL_OFFER,      /* may it be now? */
	ENROLL_ACTIVATION, /* which code did the administrator hand out? */
	ENROLL_FINISH,     /* which code does the key of the broken-off dialogue make? */
	ENROLL_BEGIN,      /* a new key is due */
	ENROLL_SHOW,       /* which code does the new key make? */
	ENROLL_COMMIT,     /* the code fitted */
	ENROLL_CODES,      /* the device is linked; recovery codes are due */
	ENROLL_SAVED,      /* have the recovery codes been kept? */
	ENROLL_BIND,       /* they have */
	ENROLL_DONE,
	ENROLL_DECLINED, /* not now; nothing was begun */
	ENROLL_REFUSED,  /* ended without a commit */
};

/* What is to be done next. */
enum enroll_deed {
	DEED_ASK,      /* ask enroll_question(), then enroll_answer() */
	DEED_ACTIVATE, /* judge enroll->claim as an activation code, then enroll_activated() */
	DEED_FINISH,   /* does enroll->claim fit the key that is pending? then enroll_confirmed() */
	DEED_BEGIN,    /* make a key and store it as pending, then enroll_began() */
	DEED_CONFIRM,  /* does enroll->claim fit the new key? then enroll_confirmed() */
	DEED_COMMIT,   /* link the device, then enroll_committed() */
	DEED_CODES,    /* make recovery codes, then enroll_made() */
	DEED_BIND,     /* store them, then enroll_bound() */
	DEED_NOTHING,  /* it is over */
};

struct enroll {
	const struct settings *settings;
	const char *user, *issuer;
	bool activation; /* an activation code is needed */
	bool pending;    /* a key that was shown lately from here waits for its code */
	bool race;       /* one that was shown lately elsewhere */
	const char *key; /* base32, NUL-terminated; from enroll_began() on */
	struct picture picture;
	const struct printed_codes *codes; /* from enroll_made() on */

	enum enroll_state state;
	struct claim claim; /* what was typed last */
	bool typed;         /* and waits for its deed */
	bool inverted, key_only, shown;
	unsigned tries, asked;
	char said[LOGIN_TEXT_SIZE]; /* the answer to what was typed last */
};

/*
 * Whether the person must type an activation code first: who was invited does in every dialogue, but
 * one that is over binds nobody who needs none.
 */
bool enroll_needs_code(const struct settings *settings, const struct invitation *invitation,
    int64_t now);

/* Begins; the fields above `state` are the caller's to set before, but for key and codes. */
void enroll_start(struct enroll *enroll, bool offered);
/* Begins where a device is linked and recovery codes are owed. */
void enroll_start_codes(struct enroll *enroll);

enum enroll_deed enroll_next(const struct enroll *enroll);

/*
 * The question; the text holds the key: the caller wipes it. What was typed before has served, and is
 * gone while the person types again.
 */
void enroll_question(struct enroll *enroll, char text[static ENROLL_TEXT_SIZE]);
/* The answer; NULL for none: broken off, or a program that cannot ask. */
void enroll_answer(struct enroll *enroll, const struct secret *typed);

void enroll_activated(struct enroll *enroll, const struct judgement *judgement);
void enroll_confirmed(struct enroll *enroll, bool fits);
void enroll_began(struct enroll *enroll, const char *key, const struct picture *picture);
/* False: another dialogue was faster. */
void enroll_committed(struct enroll *enroll, bool ours);
void enroll_made(struct enroll *enroll, const struct printed_codes *codes);
void enroll_bound(struct enroll *enroll);
/* The store or libcrypto failed: whatever the state, this is the end. */
void enroll_failed(struct enroll *enroll);

/* True from the commit on. */
bool enroll_stands(const struct enroll *enroll);

/* What the person is told at the end, ASCII; empty for nothing. */
void enroll_ending(const struct enroll *enroll, char text[static LOGIN_TEXT_SIZE]);

#endif
