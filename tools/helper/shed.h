/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a set-uid program does before it looks at anything: sheds all that came from whoever
 * started it.
 *
 * Until the uids are root's, the user may stop or kill this process, and it has done nothing. From
 * then on he may not, nor trace it, nor reach it from his terminal.
 */
#ifndef HELPER_SHED_H
#define HELPER_SHED_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Keeps descriptor 0, which must be one end of a pair of sockets as the wire wants it, and *uid, the
 * real user, who is the caller. False when it is not root's to run, or not all could be shed.
 */
bool shed_caller(uid_t *uid);

#endif
