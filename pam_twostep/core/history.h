/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What logging in writes: the last step and drift of each device, failures, lock and
 * block, spent recovery codes, remembered places.
 *
 * The file holds two slots, at 0 and at HISTORY_STRIDE, and never changes its size.
 * A slot is text, so that an administrator can read it: fixed order, one fact a
 * line, padded with newlines; its last line is the sum over all before it.
 *
 * 1. The valid slot with the higher seq is the history.
 * 2. A write MUST go to the slot that does not hold the newest durable success, so that
 *    neither a torn write nor a failure that was never flushed can revive a spent code.
 *    A success that was cut off before its flush returned looks like one and is not durable:
 *    the note behind a slot says that the flush is done, and a writer who finds the newest success
 *    without it MUST flush before he writes.
 * 3. A slot that is not valid is a torn write, and the other one counts. Two are an error:
 *    a missing history is never "nothing was spent".
 * 4. Rows outlive their devices: a key that is removed and enrolled again finds its row.
 * 5. A place is `place ID SINCE BOOT UPTIME`. The newest are written while the slot has room: four
 *    beside a name of 67 characters, one beside the longest. One that was left out is asked
 *    for a code, as one that a power cut lost is: places end early rather than late.
 */
#ifndef CORE_HISTORY_H
#define CORE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/enrollment.h"
#include "core/place.h"
#include "core/text.h"

#define HISTORY_SLOT 2048   /* bytes of one slot */
#define HISTORY_STRIDE 4096 /* from slot to slot; zero but for the note behind the slot */
#define HISTORY_NOTE 21     /* bytes of the note: the slot's sum line once more */
#define HISTORY_SIZE (2 * HISTORY_STRIDE)
#define HISTORY_ROWS 10  /* devices remembered: every one there is, and two more */
#define HISTORY_SPENT 3  /* sets of codes remembered: all that an enrollment can have */
#define HISTORY_PLACES 4 /* places remembered, at the most */
#define HISTORY_DAYS 30  /* over which wrong codes add up to a block */
#define HISTORY_TIME_MAX 99999999999LL    /* Unix seconds */
#define HISTORY_COUNT_MAX 99999
#define HISTORY_DRIFT_MAX 20 /* steps */
#define HISTORY_TAG 8        /* bytes */

struct history_row {
	char id[DEVICE_ID_SIZE];
	int64_t last;   /* step or counter accepted last; -1 for none */
	int64_t before; /* the one before the widest leap of time; -1 for none */
	int drift;      /* steps that the device's clock is ahead of ours */
	int64_t used;   /* when, Unix seconds; 0 for never */
	/* The first of two codes in a row that resynchronise, and when it was typed. */
	int64_t pair_step; /* -1 for none */
	int64_t pair_at;
};

/* A place where a code was given. */
struct history_place {
	char id[PLACE_ID_SIZE];
	int64_t since; /* when, Unix seconds */
	char boot[PLACE_ID_SIZE];
	int64_t uptime; /* of that boot, seconds */
};

struct history {
	char user[TEXT_NAME_SIZE];
	int64_t seq;  /* one more with every write */
	bool flushed; /* written as a success, which is told only after fdatasync */
	unsigned rows;
	struct history_row row[HISTORY_ROWS];
	unsigned failures; /* wrong codes in a row, towards the lock */
	unsigned since;    /* wrong codes since the last success, to be told */
	int64_t locked;    /* since when; 0 while it is not */
	int64_t blocked;   /* since when; 0 while it is not */
	int64_t day;       /* the day (Unix time / 86400) that wrong[0] counts */
	unsigned wrong[HISTORY_DAYS]; /* wrong codes of that day and of those before it */
	int64_t wrong_at;             /* the last wrong code: when, and its tag */
	uint8_t wrong_tag[HISTORY_TAG];
	unsigned sets;
	struct {
		char set[RECOVERY_ID_SIZE];
		uint32_t codes; /* bit i: the set's code i is spent */
	} spent[HISTORY_SPENT];
	unsigned places; /* the newest last */
	struct history_place place[HISTORY_PLACES];
};

/* What a history file says. */
struct history_view {
	struct history history;
	unsigned target; /* the slot that the next write goes to, 0 or 1 */
	bool doubtful;   /* a success that may not be durable: flush before writing */
	bool torn;       /* the other slot was damaged, not merely empty */
};

/* A moment as a history holds it: from 1 to HISTORY_TIME_MAX, whatever the clock says. */
int64_t history_time(int64_t now);

/* The history of a user who has none. */
void history_start(struct history *history, const char *user);

/* Reads a whole file, which must be of `user`. False, with the reason, when no slot is valid. */
bool history_read(struct history_view *view, const char file[static HISTORY_SIZE], const char *user,
    struct fault *fault);

/* Writes one slot. False when libcrypto fails. */
bool history_write(const struct history *history, char slot[static HISTORY_SLOT]);

/* The note that is due behind a written slot once it is durable. */
void history_note(const char slot[static HISTORY_SLOT], char note[static HISTORY_NOTE]);

/* The device's row, or NULL. */
const struct history_row *history_row(const struct history *history, const char *id);

/* The device's row, made when there is none: a row of no device of the enrollment gives way. */
struct history_row *history_row_make(struct history *history, const struct enrollment *enrollment,
    const struct device *device);

/* The last step that is spent: the row's, or the device's floor when that is later. */
int64_t history_last(const struct history *history, const struct device *device);

/* Which codes of the set are spent, bit by bit. */
uint32_t history_spent(const struct history *history, const struct recovery_set *set);
/* Spends one of a set of the enrollment; a set that it no longer has gives way. */
void history_spend(struct history *history, const struct enrollment *enrollment,
    const struct recovery_set *set, unsigned index);
/* How many codes of the set are left. */
unsigned history_left(const struct history *history, const struct recovery_set *set);

/*
 * Brings the history to this moment: a lock that is over ends; a lock or a count of
 * what is now the future (a clock that came back) becomes one of now.
 */
void history_refresh(struct history *history, int64_t now, int64_t lock_time);

/* Counts one wrong code, today and in a row. */
void history_count(struct history *history, int64_t now);
/* Wrong codes of the last HISTORY_DAYS days, today included. */
unsigned history_month(const struct history *history, int64_t now);

/* The latest moment that anything in here happened, Unix seconds; 0 for never. */
int64_t history_seen(const struct history *history);

/* The clock is right now: what happened later than `now` happened now, or never. */
void history_take_back(struct history *history, int64_t now);

/*
 * True while a code that was given at this place stands for one, `remember` seconds long: within one boot by
 * its uptime; after another, by a clock that has never been later, and never for a local
 * place. Never while locked or blocked, nor before the clock of that code.
 */
bool history_remembers(const struct history *history, const struct place *place, int64_t now,
    int64_t remember);

/*
 * Notes that a code was given at this place, and makes the history the next one to store;
 * nothing for no place, or while locked or blocked. It need not be flushed: what is lost is asked again.
 */
void history_remember(struct history *history, const struct place *place, int64_t now);

/* Clears all places, and makes the history the next one to store, flushed. */
void history_forget(struct history *history);

/* Clears failures, lock and block: a recovery code or an administrator has opened it. */
void history_open(struct history *history);

#endif
