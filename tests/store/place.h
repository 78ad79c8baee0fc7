/* SPDX-License-Identifier: BSD-2-Clause */
/* A directory of a test's own, and a store in it that is held to the real ownership checks. */
#ifndef PLACE_H
#define PLACE_H

#include "../core/sample.h"

#include <sys/types.h>

#include "store/store.h"

struct place {
	char directory[256]; /* DIRECTORY/store and DIRECTORY/etc/key are the store's */
	char where[300];     /* file:DIRECTORY/store */
	char key_file[300];
	struct store store; /* open and keyed, after place_found */
	struct store_fault fault;
};

/* For cmocka: *state becomes a place, and an empty directory. */
int place_make(void **state);
/* The same, with a store in it. */
int place_found(void **state);
int place_remove(void **state);

/* A path in the place; one of eight buffers that go round. */
const char *place_path(const struct place *place, const char *below);

bool place_open(struct place *place);

/* Looks up, and expects no fault; record_close is due. */
void place_look(struct place *place, const char *user, uid_t uid, struct record *record);

/* Enrolls a phone whose key comes from `seed`, in the place of what there is. */
void place_enroll(struct place *place, const char *user, uid_t uid, uint32_t seed);

/* Looks the user up, reads the record, closes it; false with the fault. */
bool place_load(struct place *place, const char *user, uid_t uid, struct enrollment *enrollment,
    struct history *history);

/* The user's next history: one more failure, or a success. */
enum store_answer place_fail(struct place *place, const char *user, uid_t uid);
enum store_answer place_succeed(struct place *place, const char *user, uid_t uid);

/* Whole files. */
size_t place_get(const struct place *place, const char *below, char *bytes, size_t size);
void place_put(const struct place *place, const char *below, const char *bytes, size_t len);

/* Descriptors that this process has open. */
unsigned place_descriptors(void);

/* Says why and skips the rest of the test, where this process is not root. */
void place_needs_root(void);

#endif
