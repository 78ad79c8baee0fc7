/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The caller's side: starting the set-uid helper from a process that may not read the store, and
 * talking to it. Its path is the one of this build; nothing names another.
 */
#ifndef HELPER_CALL_H
#define HELPER_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "helper/wire.h"
#include "store/trusted.h"

struct call {
	int socket;    /* -1 for none */
	int64_t until; /* in wire_clock()'s milliseconds */
};

/* Whether there is a helper at all in this build. */
bool call_built(void);

/*
 * Starts a helper, sends it the request and waits for nothing yet; it may take so many seconds in all.
 * False, with the reason, when there is none to be had. call_close is due after either answer.
 */
bool call_open(struct call *call, const struct wire *request, unsigned seconds,
    struct store_fault *fault);
/* The next packet that it sends, or one to it. False with the reason. */
bool call_receive(struct call *call, struct wire *wire, struct store_fault *fault);
bool call_send(struct call *call, const struct wire *wire, struct store_fault *fault);
/* Whatever it is doing ends at its next question. */
void call_close(struct call *call);

/* One request and its one answer, of that kind, in the same packet. False with the reason. */
bool call_once(struct wire *wire, enum wire_kind answer, struct store_fault *fault);

#endif
