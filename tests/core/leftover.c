/* SPDX-License-Identifier: BSD-2-Clause */
#include "leftover.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define STACK ((size_t)1 << 20)

#if defined __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1 /* as gcc says it */
#endif
#endif

#ifdef __SANITIZE_ADDRESS__
static const bool looks = false;
#else
static const bool looks = true;
#endif

struct job {
	void (*run)(void *arg);
	void *arg;
};

static void *
start(void *job)
{
	((struct job *)job)->run(((struct job *)job)->arg);
	return NULL;
}

bool
leftover(void (*run)(void *arg), void *arg, const void *secret, size_t len)
{
	struct job job = { run, arg };
	pthread_attr_t attributes;
	pthread_t thread;
	void *stack = aligned_alloc(4096, STACK);
	bool found;

	if (stack == NULL)
		abort();
	run(arg);
	memset(stack, 0, STACK);
	if (pthread_attr_init(&attributes) != 0 ||
	    pthread_attr_setstack(&attributes, stack, STACK) != 0 ||
	    pthread_create(&thread, &attributes, start, &job) != 0 ||
	    pthread_join(thread, NULL) != 0)
		abort();
	(void)pthread_attr_destroy(&attributes);
	found = looks && memmem(stack, STACK, secret, len) != NULL;
	free(stack);
	return found;
}
