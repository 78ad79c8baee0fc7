/* SPDX-License-Identifier: BSD-2-Clause */
#include "ahead.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/secret.h"

#define MAKERS_MAX 16 /* threads; scrypt takes 16 MiB in each */
#define CODES_EACH 4

struct maker {
	pthread_t thread;
	bool running;
	const struct host_key *key;
	unsigned count, made;
	struct invite invite[CODES_EACH];
};

struct batch {
	unsigned count;
	struct maker maker[MAKERS_MAX];
};

struct ahead {
	struct host_key key; /* a copy: the store may read its own anew meanwhile */
	unsigned makers;
	size_t wanted;  /* that no batch makes yet */
	unsigned taken; /* of the batch that is handed out */
	struct batch *out, *next;
	struct batch batch[2];
};

static void *
make(void *arg)
{
	struct maker *maker = arg;

	while (maker->made < maker->count && invite_make(&maker->invite[maker->made], maker->key))
		maker->made++;
	return NULL;
}

static void
begin(struct ahead *ahead, struct batch *batch)
{
	batch->count = 0;
	for (unsigned i = 0; i < ahead->makers && ahead->wanted > 0; i++) {
		struct maker *maker = &batch->maker[i];

		maker->key = &ahead->key;
		maker->made = 0;
		maker->count = ahead->wanted < CODES_EACH ? (unsigned)ahead->wanted : CODES_EACH;
		ahead->wanted -= maker->count;
		batch->count += maker->count;
		maker->running = pthread_create(&maker->thread, NULL, make, maker) == 0;
		if (!maker->running)
			(void)make(maker);
	}
}

static void
wait_for(struct ahead *ahead, struct batch *batch)
{
	for (unsigned i = 0; i < ahead->makers; i++) {
		if (batch->maker[i].running)
			(void)pthread_join(batch->maker[i].thread, NULL);
		batch->maker[i].running = false;
	}
}

struct ahead *
ahead_new(const struct host_key *key, size_t wanted)
{
	struct ahead *ahead = calloc(1, sizeof *ahead);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (ahead == NULL)
		return NULL;
	host_key_copy(&ahead->key, key);
	ahead->makers = cores < 1 ? 1 : cores > MAKERS_MAX ? MAKERS_MAX : (unsigned)cores;
	ahead->wanted = wanted;
	ahead->out = &ahead->batch[0];
	ahead->next = &ahead->batch[1];
	begin(ahead, ahead->next);
	return ahead;
}

/* All of the batch were handed out: the other one is due, and this one is made anew. */
static void
turn(struct ahead *ahead)
{
	struct batch *empty = ahead->out;

	ahead->out = ahead->next;
	ahead->next = empty;
	ahead->taken = 0;
	wait_for(ahead, ahead->out);
	begin(ahead, ahead->next);
}

struct invite *
ahead_next(struct ahead *ahead)
{
	struct maker *maker;
	unsigned i;

	if (ahead->taken == ahead->out->count)
		turn(ahead);
	if (ahead->taken == ahead->out->count)
		return NULL;
	i = ahead->taken++;
	maker = &ahead->out->maker[i / CODES_EACH];
	return i % CODES_EACH < maker->made ? &maker->invite[i % CODES_EACH] : NULL;
}

void
ahead_free(struct ahead *ahead)
{
	if (ahead == NULL)
		return;
	wait_for(ahead, &ahead->batch[0]);
	wait_for(ahead, &ahead->batch[1]);
	host_key_wipe(&ahead->key);
	secret_clear(ahead, sizeof *ahead);
	free(ahead);
}
