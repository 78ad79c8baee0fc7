/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of services in /etc/pam.d, as they are changed.
 *
 * 1. What stands in a service's file is whole at every moment: a new one takes its place, with the owner,
 *    mode and attributes of the old one, after it is on the disk.
 * 2. Beside it lie the old file and what is known of a change that nobody has confirmed, under names that begin
 *    with a dot: libpam opens a service by its exact name, and such a name is none.
 * 3. Nothing is changed but under the lock, which only root can open.
 */
#ifndef TOOLS_SERVICE_FILE_H
#define TOOLS_SERVICE_FILE_H

#include "guard.h"
#include "service.h"
#include "store/lock.h"
#include "store/trusted.h"

#define SERVICE_DIRECTORY "/etc/pam.d"

enum service_part {
	PART_SERVICE,     /* SERVICE */
	PART_OLD,         /* .SERVICE.twostep-old */
	PART_UNCONFIRMED, /* .SERVICE.twostep-unconfirmed */
	PART_NEW,         /* .SERVICE.twostep-new; on its way to be one of the others */
};

#define SERVICE_PART_SIZE (SERVICE_NAME_SIZE + 32)
void service_part_name(
    char out[static SERVICE_PART_SIZE], const char *service, enum service_part part);
/* The reverse, of PART_UNCONFIRMED; false for another name. */
bool service_part_of(char service[static SERVICE_NAME_SIZE], const char *name);

/* Opens the directory, which nobody but root may have written to. -1 with the reason. */
int service_directory(struct store_fault *fault);

struct service_lock {
	int fd;
	struct lock lock;
};
bool service_lock(struct service_lock *lock, struct store_fault *fault);
void service_unlock(struct service_lock *lock);

/* Reads a part of a service. False with the reason; fault->error is ENOENT when there is none. */
bool service_part_read(int directory, const char *service, enum service_part part,
    struct guard_text *text, struct store_fault *fault);
/*
 * Makes or replaces a part, durably. PART_SERVICE and PART_OLD become like the service's present file, others are
 * root's alone. False with the reason.
 */
bool service_part_write(int directory, const char *service, enum service_part part,
    const char *bytes, size_t len, struct store_fault *fault);
/* Makes the old file the service's again, durably. False with the reason. */
bool service_part_restore(int directory, const char *service, struct store_fault *fault);
/* Removes a part that may be there, durably. False with the reason. */
bool service_part_remove(int directory, const char *service, enum service_part part,
    struct store_fault *fault);

#endif
