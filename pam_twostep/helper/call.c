/* SPDX-License-Identifier: BSD-2-Clause */
#include "helper/call.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/launch.h"

#define ONCE_SECONDS 30 /* many logins of one user may be judged before this one */

static const char helper[] = TWOSTEP_HELPER;

bool
call_built(void)
{
	return *helper != '\0';
}

bool
call_open(struct call *call, const struct wire *request, unsigned seconds,
    struct store_fault *fault)
{
	int ends[2];
	bool started;

	*call = (struct call){ .socket = -1, .until = wire_clock() + 1000 * (int64_t)seconds };
	if (!call_built())
		return store_fault_set(fault, NULL, "twostep-helper", "is not in this build", 0);
	/* The process that would become it has nobody to tell. */
	if (access(helper, X_OK) != 0)
		return store_fault_set(fault, NULL, helper, "cannot be started", errno);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return store_fault_set(fault, NULL, helper, "no socket to it", errno);
	call->socket = ends[0];
	started = launch(helper, ends[1], LAUNCH_AS_CALLER);
	if (!started)
		(void)store_fault_set(fault, NULL, helper, "cannot be started", errno);
	(void)close(ends[1]);
	return started && call_send(call, request, fault);
}

static bool
silent(struct store_fault *fault)
{
	return store_fault_set(fault, NULL, helper, "gave no answer; twostep doctor, or its line in the log, says why", 0);
}

bool
call_send(struct call *call, const struct wire *wire, struct store_fault *fault)
{
	return wire_send(call->socket, wire, call->until) || silent(fault);
}

bool
call_receive(struct call *call, struct wire *wire, struct store_fault *fault)
{
	return wire_receive(call->socket, wire, call->until) || silent(fault);
}

void
call_close(struct call *call)
{
	if (call->socket >= 0)
		(void)close(call->socket);
	call->socket = -1;
}

bool
call_once(struct wire *wire, enum wire_kind answer, struct store_fault *fault)
{
	struct call call;
	bool ok = call_open(&call, wire, ONCE_SECONDS, fault) && call_receive(&call, wire, fault);

	call_close(&call);
	return ok && (wire->kind == answer || silent(fault));
}
