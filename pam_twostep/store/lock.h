/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lock on one file, held for a moment by somebody who cannot be stopped there.
 *
 * A user may stop, kill or limit what runs under his real uid (su, sudo). While a lock is held
 * the real uid is 0, where the process may change it, and all signals wait.
 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "store/trusted.h"

struct lock {
	int fd;
	sigset_t mask; /* the caller's */
	uid_t real;
	bool changed; /* the real uid was changed */
};

/* Takes it within two seconds. False with the reason, which names the file and the holder. */
bool lock_take(struct lock *lock, int fd, const char *directory, const char *file,
    struct store_fault *fault);

/*
 * Lets go of it and makes the process what it was; errno stays. False when the real uid
 * could not be given back: such a process must not go on to a success.
 */
bool lock_drop(struct lock *lock);

#endif
