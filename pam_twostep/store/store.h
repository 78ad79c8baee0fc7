/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where records live: an enrollment, a history and an invitation for each user, the host key
 * that seals them, and the marker that tells the store from an empty mount point.
 *
 *	DIRECTORY/enrollments/USER  written by enrolling: a new file in the old one's place
 *	DIRECTORY/histories/USER    written by logging in: in place, never renamed, never unlinked
 *	DIRECTORY/invitations/USER  written by inviting and by a dialogue; gone with the commit
 *	DIRECTORY/services/SERVICE  made before a login is let by to enroll, gone with an account phase
 *	DIRECTORY/marker            made once, with the host key
 *	DIRECTORY/decoy             the history that is written for those who have none
 *
 * 1. History is swapped, not locked: store_swap succeeds only on the history and the
 *    enrollment that were looked at, and the one who comes second judges again.
 * 2. A success is durable when store_swap returns.
 * 3. The lock is a flock on the history file, held for no longer than a compare, a write and a
 *    flush; meanwhile the real uid is 0 and signals wait, for a user may stop or kill
 *    what runs under his own uid.
 * 4. The old enrollment is never removed before the new one is durable.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/enrollment.h"
#include "core/history.h"
#include "core/invitation.h"
#include "core/seal.h"
#include "store/key.h"
#include "store/trusted.h"

struct store {
	char path[1024];
	char key_file[1024];
	uid_t trusted;       /* who, beside root, may own what is read */
	const char *judged;  /* a file whose directory the caller has judged already, or NULL */
	int directory;       /* of DIRECTORY, or -1 */
	bool opened;         /* store_key_open has succeeded: */
	struct trusted_file key_opened;
	struct marker marker;
	bool keyed;          /* store_key has succeeded */
	struct host_key key; /* valid when keyed */
	int64_t created;     /* the marker's time, Unix seconds; proven when keyed */
};

/* What a store says of one user at one moment. No key of a device is in here. */
struct record {
	char user[TEXT_NAME_SIZE];
	char name[TEXT_NAME_SIZE]; /* of the files */
	uint32_t uid;
	bool enrolled;
	int unwritable;          /* an errno where no history can be written: the caller's limit, a file system */
	bool has_history;        /* the history is the user's own, not the decoy's */
	bool asked;              /* store_invited was asked: */
	bool invited;            /* an invitation was there, whatever it is worth */
	int enrollment;          /* descriptors; -1 for none */
	int history;
	int invitation;
	struct stat enrollment_stat, invitation_stat;
	struct history_view view;
	char file[HISTORY_SIZE]; /* what the history file held */
};

enum store_answer {
	STORE_OK,
	STORE_CONFLICT, /* the record has changed since it was looked at: look again */
	STORE_FAULT,    /* the store cannot serve; the fault says why */
};

/*
 * Opens the store at `where` ("file:" and an absolute path). `trusted` may own it beside root.
 * False with the reason. The host key is read only by store_key.
 */
bool store_open(struct store *store, const char *where, const char *key_file, uid_t trusted,
    struct store_fault *fault);
void store_close(struct store *store); /* wipes the key; harmless on one that failed to open */

/*
 * Opens the host key and reads the marker, early: what is missing is known before anybody is
 * asked, and store_key only reads the key. store->created then stands, and is not proven.
 * False with the reason.
 */
bool store_key_open(struct store *store, struct store_fault *fault);

/*
 * Reads the host key and proves with it that this is the store and not an empty
 * directory: a key or a marker that is missing is a fault. Read late: no key lies in memory
 * while a person types.
 */
bool store_key(struct store *store, struct store_fault *fault);
/* Forgets the key while a person types; store_key reads it again. */
void store_key_forget(struct store *store);

/*
 * Looks a user up: descriptors and history. A user who is not enrolled, and NULL for one who does not
 * exist, gets the decoy's history, at the same cost. record_close is due after either answer.
 */
bool store_look(struct store *store, const char *user, uid_t uid, struct record *record,
    struct store_fault *fault);
void record_close(struct record *record);

/* Looks the same user up once more, and for an invitation where store_invited was asked. */
bool store_look_again(struct store *store, struct record *record, struct store_fault *fault);

/* Reads and opens the enrollment that was looked at. Needs store_key. The caller wipes it. */
bool store_read(struct store *store, const struct record *record, struct enrollment *enrollment,
    struct store_fault *fault);

/* False, with the reason, where a limit would cut a write off and so tear the history, or nothing can be written. */
bool store_may_write(const struct store *store, const struct record *record,
    struct store_fault *fault);

/*
 * Puts `next` in the place of the history that was looked at, if it and the enrollment are
 * unchanged. Durable on return when next->flushed. STORE_FAULT may leave it written.
 */
enum store_answer store_swap(struct store *store, struct record *record, const struct history *next,
    struct store_fault *fault);

/*
 * Looks for the user's invitation, too; where there is one, the history of a user who is not enrolled is
 * from then on his own. False with the reason, unless there merely is none.
 */
bool store_invited(struct store *store, struct record *record, struct store_fault *fault);

/* Reads and opens the invitation that was looked at. Needs store_key. The caller wipes it. */
bool store_read_invitation(struct store *store, const struct record *record,
    struct invitation *invitation, struct store_fault *fault);

/*
 * Puts an invitation, made the record's user's, in the place of what store_invited found, NULL
 * to remove that; makes the user's history when there is none. Needs store_key. Durable on return,
 * and what the record then knows. STORE_CONFLICT when enrollment or invitation changed since.
 */
enum store_answer store_invite(struct store *store, struct record *record,
    struct invitation *invitation, struct store_fault *fault);

/*
 * Notes that a service was let by without a second step, for an account phase to come;
 * durable on return. A mark that is there keeps its time.
 */
bool store_service_mark(struct store *store, const char *service, int64_t now,
    struct store_fault *fault);
/* *since becomes the mark's time, Unix seconds, or 0 where there is none. */
bool store_service_marked(struct store *store, const char *service, int64_t *since,
    struct store_fault *fault);
/* An account phase came. One that is lost to a power cut is made up for by the next. */
bool store_service_clear(struct store *store, const char *service, struct store_fault *fault);

/*
 * Makes the directory that store_open opens, if it is not there; for the tool alone.
 * False with the reason.
 */
bool store_make(const char *where, struct store_fault *fault);

/*
 * Makes what is missing of a new store: directories, host key, marker, decoy. A store
 * that holds records without a key or a marker is refused.
 */
bool store_prepare(struct store *store, int64_t now, struct store_fault *fault);

/*
 * Puts a new enrollment in the place of the one that was looked at, NULL to remove it; makes the user's
 * history when there is none. The generation must be that of the one that was read, and
 * becomes the next. Durable on return; the user's invitation is then gone, or void. STORE_CONFLICT
 * also when store_invited was asked and the invitation has changed since.
 */
enum store_answer store_replace(struct store *store, struct record *record,
    struct enrollment *enrollment, struct store_fault *fault);

/*
 * Another host key, in three steps, of which each may be killed and done again. In the first the new
 * key stands beside the old in its file, and every record opens under either; in the last the old
 * one goes. `id` names the new one, which a rekey that was cut off may have made already.
 * False with the reason.
 */
bool store_rekey_begin(struct store *store, char id[static SEAL_ID_SIZE], struct store_fault *fault);
/* Seals what there is of this user under the new key. */
bool store_rekey_user(struct store *store, const char id[static SEAL_ID_SIZE], const char *user,
    struct store_fault *fault);
/* To be called when all are. False also when another rekey has begun since. */
bool store_rekey_end(struct store *store, const char id[static SEAL_ID_SIZE],
    struct store_fault *fault);

/*
 * Reads a user's own history and nothing else, for those who only look at it; no lock is taken unless
 * it is being written. False with the reason.
 */
bool store_history(struct store *store, const char *user, struct history_view *view,
    struct store_fault *fault);

/* Calls `each` with every enrolled user's name, in the directory's order, until it says false. */
bool store_list(struct store *store, bool (*each)(const char *user, void *arg), void *arg,
    struct store_fault *fault);
/* The same with everyone who has an invitation. */
bool store_list_invited(struct store *store, bool (*each)(const char *user, void *arg), void *arg,
    struct store_fault *fault);

#endif
