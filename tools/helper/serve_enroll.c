/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linking a device: after what permit_enroll asks, a key that is shown, a code that proves it has
 * arrived, the commit, the recovery codes.
 *
 * 1. The key is ours and fresh, and is in this process and nowhere else until a code of it was typed: what
 *    ends before leaves nothing, and nobody can finish what somebody else began.
 * 2. The confirming code is spent, and the recovery codes go out after the commit.
 * 3. The record that is replaced is the one that permit_enroll saw: any change since then is a conflict.
 */
#include <string.h>

#include "core/language.h"
#include "flow/login.h"
#include "permit.h"
#include "store/link.h"

struct linking {
	struct helper *helper;
	const struct wire_wish *wish;
	struct device device;
	struct enrollment enrollment;
};

static void
linking_wipe(struct linking *linking)
{
	secret_clear(linking, sizeof *linking);
}

/* The enrollment as it was permitted to change, empty for none. False with the fault. */
static bool
read_enrollment(struct linking *linking)
{
	struct helper *helper = linking->helper;

	enrollment_wipe(&linking->enrollment);
	return store_key(&helper->store, &helper->fault) &&
	    (!helper->record.enrolled ||
		store_read(&helper->store, &helper->record, &linking->enrollment, &helper->fault));
}

static enum wire_status
admit(const struct linking *linking)
{
	struct helper *helper = linking->helper;

	switch (link_obstacle(&linking->enrollment, &linking->device, linking->wish->how)) {
	case LINK_FREE:
		return WIRE_DONE;
	case LINK_SAME_KEY:
		break;
	case LINK_THERE:
		return helper_refuse(helper, N_("has a device already: use --add or --replace"));
	case LINK_FULL:
		return helper_refuse(helper, N_("has 8 devices; remove one first"));
	case LINK_SAME_NAME:
		return helper_refuse(helper, N_("a device of this name is there; choose another --name"));
	}
	return helper_conflict(helper);
}

static enum wire_status
make_device(struct linking *linking)
{
	struct helper *helper = linking->helper;
	const struct wire_wish *wish = linking->wish;
	struct settings settings = helper->setup.settings;

	settings.algorithm = wish->algorithm;
	settings.digits = wish->digits;
	settings.period = wish->period;
	if (!read_enrollment(linking))
		return helper_fault(helper);
	link_begin(&linking->device, &settings, wish->type, &linking->enrollment, wish->how,
	    *wish->name != '\0' ? wish->name : NULL);
	if (!link_key(&linking->device, NULL, &helper->fault))
		return helper_fault(helper);
	return admit(linking);
}

static bool
offer(const struct linking *linking)
{
	const struct device *device = &linking->device;
	WIRE wire;

	wire_start(&wire, WIRE_OFFER);
	wire.wish = *linking->wish;
	memset(wire.wish.name, 0, sizeof wire.wish.name);
	memcpy(wire.wish.name, device->name, strlen(device->name));
	wire_put_typed(&wire, &device->otp.key);
	return helper_send(linking->helper, &wire);
}

static bool
confirmed(struct linking *linking, const struct secret *typed)
{
	WIPED(claim_wipe) struct claim claim;

	login_claim(&claim, typed);
	return judge_confirm(&linking->helper->setup.settings, &linking->device, &claim, helper_now());
}

static enum wire_status
confirm(struct linking *linking)
{
	enrollment_wipe(&linking->enrollment);
	for (unsigned tries = WIRE_TRIES; tries > 0; tries--) {
		struct wire question;
		SECRET typed;

		wire_start(&question, WIRE_ASK);
		question.about = WIRE_ABOUT_DEVICE;
		question.tries = tries;
		if (!helper_ask(linking->helper, &question, &typed))
			return helper_broken(linking->helper);
		if (confirmed(linking, &typed))
			return WIRE_DONE;
	}
	return helper_refuse(linking->helper, N_("no code fitted; nothing was changed"));
}

static enum wire_status
commit(struct linking *linking, struct printed_codes *codes)
{
	struct helper *helper = linking->helper;
	struct enrollment *enrollment = &linking->enrollment;
	struct store *store = &helper->store;

	if (!read_enrollment(linking))
		return helper_fault(helper);
	if (link_device(enrollment, &helper->record, &linking->device, linking->wish->how) &&
	    !link_codes(enrollment, &store->key, (unsigned)helper->setup.settings.recovery_codes,
		codes, &helper->fault))
		return helper_fault(helper);
	return helper_answer(helper,
	    store_replace(store, &helper->record, enrollment, &helper->fault));
}

static enum wire_status
link_it(struct linking *linking)
{
	struct helper *helper = linking->helper;
	enum wire_status status = make_device(linking);
	WIRE wire;

	if (status != WIRE_DONE)
		return status;
	if (!offer(linking))
		return helper_broken(helper);
	if ((status = confirm(linking)) != WIRE_DONE)
		return status;
	wire_start(&wire, WIRE_CODES);
	if ((status = commit(linking, &wire.codes)) != WIRE_DONE)
		return status;
	helper_announce(helper, "enrolled", linking->device.name,
	    judge_method_name(linking->wish->type == OTP_HOTP ? METHOD_HOTP : METHOD_TOTP));
	return helper_send(helper, &wire) ? WIRE_DONE : WIRE_NO;
}

enum wire_status
serve_enroll(struct helper *helper, const struct wire *request)
{
	WIPED(linking_wipe) struct linking linking = { .helper = helper, .wish = &request->wish };
	enum wire_status status;

	if (!helper_open(helper))
		return helper_fault(helper);
	if (helper->record.enrolled && request->wish.how == LINK_FIRST)
		return helper_refuse(helper, N_("has a device already: use --add or --replace"));
	status = permit_begin(helper, true);
	if (status == WIRE_DONE)
		status = permit_enroll(helper);
	return status == WIRE_DONE ? link_it(&linking) : status;
}
