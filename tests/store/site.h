/* SPDX-License-Identifier: BSD-2-Clause */
/* A directory of a test's own, and a store in it that is held to the real ownership checks. */
#ifndef SITE_H
#define SITE_H

#include "../core/sample.h"

#include <sys/types.h>

#include "store/store.h"

struct site {
	char directory[256]; /* DIRECTORY/store and DIRECTORY/etc/key are the store's */
	char where[300];     /* file:DIRECTORY/store */
	char key_file[300];
	struct store store; /* open and keyed, after site_found */
	struct store_fault fault;
};

/* For cmocka: *state becomes a site, and an empty directory. */
int site_make(void **state);
/* The same, with a store in it. */
int site_found(void **state);
int site_remove(void **state);

/* A path in the site; one of eight buffers that go round. */
const char *site_path(const struct site *site, const char *below);

bool site_open(struct site *site);

/* Looks up, and expects no fault; record_close is due. */
void site_look(struct site *site, const char *user, uid_t uid, struct record *record);

/* Enrolls a phone whose key comes from `seed`, in the place of what there is. */
void site_enroll(struct site *site, const char *user, uid_t uid, uint32_t seed);

/* Looks the user up, reads the record, closes it; false with the fault. */
bool site_load(struct site *site, const char *user, uid_t uid, struct enrollment *enrollment,
    struct history *history);

/* The user's next history: one more failure, or a success. */
enum store_answer site_fail(struct site *site, const char *user, uid_t uid);
enum store_answer site_succeed(struct site *site, const char *user, uid_t uid);

/*
 * One answer, looked up and settled as a login does at SAMPLE_NOW; the verdict, or -1 where the store
 * failed.
 */
int site_settle(struct site *site, const char *user, uid_t uid, const struct settings *settings,
    struct claim *claim, bool decoy);

/* Whole files. */
size_t site_get(const struct site *site, const char *below, char *bytes, size_t size);
void site_put(const struct site *site, const char *below, const char *bytes, size_t len);

/* Descriptors that this process has open. */
unsigned site_descriptors(void);

/* Says why and skips the rest of the test, where this process is not root. */
void site_needs_root(void);

#endif
