/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * twostep-helper: what an ordinary user may have done for himself with a store that only root reads.
 */
#include <unistd.h>

#include "helper.h"
#include "shed.h"

#define FIRST_SECONDS 10 /* until a request must be there: no crowd of root's processes waits for one */
#define SECONDS 300      /* that a person has for the whole of it */
#define HARD_SECONDS 310 /* after which the kernel ends it, wherever it hangs */

static enum wire_status (*const requests[WIRE_KINDS])(struct helper *helper, const struct wire *request) = {
	[WIRE_LOOK] = serve_look,
	[WIRE_JUDGE] = serve_judge,
	[WIRE_STATUS] = serve_status,
	[WIRE_RECOVERY_NEW] = serve_recovery,
	[WIRE_ENROLL] = serve_enroll,
	[WIRE_REMOVE] = serve_remove,
	[WIRE_FORGET] = serve_forget,
};

static void
end(const struct helper *helper, enum wire_status status)
{
	WIRE wire;

	wire_start(&wire, WIRE_END);
	wire.status = status;
	wire_put_text(&wire, helper->why != NULL ? helper->why : "");
	(void)helper_send(helper, &wire);
}

static enum wire_status
serve(struct helper *helper)
{
	WIRE request;
	enum wire_status status;

	if (!wire_receive(STDIN_FILENO, &request, wire_clock() + FIRST_SECONDS * 1000) ||
	    requests[request.kind] == NULL)
		return WIRE_USAGE;
	status = requests[request.kind](helper, &request);
	end(helper, status);
	return status;
}

int
main(int argc, char **argv)
{
	WIPED(helper_wipe) struct helper helper = {
		.store.directory = -1,
		.record = { .enrollment = -1, .history = -1, .invitation = -1 },
	};

	(void)argv;
	if (argc != 1 || !shed_caller(&helper.uid))
		return WIRE_USAGE;
	/* (In the place of any that the caller left running.) */
	(void)alarm(HARD_SECONDS);
	helper.until = wire_clock() + SECONDS * 1000;
	return (int)serve(&helper);
}
