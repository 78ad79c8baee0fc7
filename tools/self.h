/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people do for themselves: only root reads the store, and a set-uid helper changes nothing in it
 * before it has seen a password and a code. This is its caller: it words the questions, draws and
 * prints, and decides nothing.
 */
#ifndef TOOLS_SELF_H
#define TOOLS_SELF_H

#include "helper/call.h"
#include "qr.h"
#include "session.h"

struct self {
	struct session session; /* of the caller, without a store */
	struct call call;
	int64_t created;        /* the store's beginning */
	enum wire_about asked;  /* what the last question was about */
};

/*
 * True for an ordinary user who means himself and the installed configuration, whose store is not his: root, and
 * who names another user, file or store, go to the store directly.
 */
bool self_serves(const struct request *request);

/* Begins with this request to the helper. An EXIT_ status; self_end is due after every one. */
int self_begin(struct self *self, struct request *request, const struct wire *wire);
void self_end(struct self *self);

/*
 * Answers what the helper asks and shows what it says, until it sends a packet of this kind. An EXIT_ status,
 * after a complaint unless it is EXIT_DONE.
 */
int self_until(struct self *self, struct wire *wire, enum wire_kind kind);

/* Sends a request of this kind without any detail, and waits for that answer to it. */
int self_ask(struct request *request, enum wire_kind kind, struct wire *answer, enum wire_kind wanted);

/* `twostep enroll` for oneself. An EXIT_ status. */
int self_enroll(struct request *request, enum qr_form form);

#endif
