/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The set-uid helper: one request of one user, about his own account, and then it is gone.
 *
 * 1. It serves the real uid and nobody else. No name, file, setting, address, service or
 *    terminal comes from the caller: the settings are those of the file of this build.
 * 2. It judges a code itself, as a login does: by the same record, the same history, the same
 *    lock, durable before it is told, and in the journal.
 * 3. It honours no exemption, no network and no remembered place, and records none.
 * 4. No lock is held, and no key is in memory, while it waits for the caller.
 */
#ifndef HELPER_HELPER_H
#define HELPER_HELPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/judge.h"
#include "helper/wire.h"
#include "store/settle.h"
#include "store/setup.h"
#include "store/store.h"
#include "store/who.h"

struct helper {
	uid_t uid;     /* the caller's real one */
	int64_t until; /* when it ends, in wire_clock()'s milliseconds */
	struct setup setup;
	struct who who; /* the caller's account */
	struct store store;
	struct record record;
	struct store_fault fault;
	const char *why; /* a constant: what WIRE_END says beside the status, or NULL */
};

/*
 * Reads the settings, finds the account, opens the store, proves it by the host key, and looks the
 * account up, with its invitation. False with the fault, or with setup.wrong.
 */
bool helper_open(struct helper *helper);
void helper_wipe(struct helper *helper);

/* The moment, Unix seconds. */
int64_t helper_now(void);

/* To and from the caller. False when he is gone, silent for too long, or says what he must not. */
bool helper_send(const struct helper *helper, const struct wire *wire);
bool helper_receive(const struct helper *helper, struct wire *wire, enum wire_kind kind);

/*
 * Asks, and waits for what is typed; no key of the store is in memory meanwhile. False when there is no
 * answer: the caller is gone, or has broken it off.
 */
bool helper_ask(struct helper *helper, const struct wire *question, struct secret *typed);
/* How his account stands, before he types. */
void helper_facts(const struct helper *helper, struct wire_facts *facts);
/* Tells him of a judgement; settled->claim may be NULL. */
bool helper_tell(const struct helper *helper, const struct settle *settled);

/* Notes why, in words of ours, for the end: WIRE_NO. */
enum wire_status helper_refuse(struct helper *helper, const char *why);
enum wire_status helper_broken(struct helper *helper);   /* nobody answered */
enum wire_status helper_conflict(struct helper *helper); /* somebody else was faster */
/* The same for what store_replace or store_swap said. */
enum wire_status helper_answer(struct helper *helper, enum store_answer answer);

/*
 * What was typed, judged by the record that was looked at; the result is durable, in the journal and
 * told to the program that the settings name. settled->claim is filled in. Who is not enrolled is told
 * so, and nothing is written. False with the fault.
 */
bool helper_judge(struct helper *helper, struct settle *settled);

/* The journal's line of a judgement (NULL for none), or of a change; the latter is always told to the program. */
void helper_log(const struct helper *helper, const char *result, const struct judgement *judgement);
void helper_announce(const struct helper *helper, const char *result, const char *device,
    const char *method);
/* The journal's line of what is wrong with the system; WIRE_SYSTEM. */
enum wire_status helper_fault(const struct helper *helper);

/* One request each, with whatever it sends before the end: a status for that. */
enum wire_status serve_look(struct helper *helper, const struct wire *request);
enum wire_status serve_judge(struct helper *helper, const struct wire *request);
enum wire_status serve_status(struct helper *helper, const struct wire *request);
enum wire_status serve_recovery(struct helper *helper, const struct wire *request);
enum wire_status serve_enroll(struct helper *helper, const struct wire *request);
enum wire_status serve_remove(struct helper *helper, const struct wire *request);
enum wire_status serve_forget(struct helper *helper, const struct wire *request);

#endif
