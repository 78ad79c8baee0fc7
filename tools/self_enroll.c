/* SPDX-License-Identifier: BSD-2-Clause */
/* Enrolling oneself: the helper makes the key and takes the code, and here is the picture. */
#include <stdio.h>
#include <string.h>

#include "offer.h"
#include "self.h"
#include "terminal.h"

static const char verb[] = "enroll";

static int
wish(struct request *request, struct wire_wish *wanted)
{
	const struct settings *settings = &request->settings;
	const char *name = request->name != NULL ? request->name : "";

	if (request->key != NULL || request->no_confirm)
		return refuse(verb, request->key != NULL ? "--key" : "--no-confirm",
		    tr("this is for root alone"));
	wanted->how = offer_how(request);
	wanted->type = request->hotp ? OTP_HOTP : OTP_TOTP;
	wanted->algorithm = settings->algorithm;
	wanted->digits = (uint32_t)settings->digits;
	wanted->period = request->hotp ? 0 : (uint32_t)settings->period;
	memcpy(wanted->name, name, strlen(name));
	return EXIT_DONE;
}

/* The device that the helper has made. */
static int
take_offer(const struct session *session, const struct wire *wire, struct offer *offer)
{
	struct otp *otp = &offer->device.otp;

	otp->type = wire->wish.type;
	otp->algorithm = wire->wish.algorithm;
	otp->digits = wire->wish.digits;
	otp->period = wire->wish.period;
	wire_take_typed(wire, &otp->key);
	return offer_address(session, offer);
}

int
self_enroll(struct request *request, enum qr_form form)
{
	WIPED(offer_wipe) struct offer offer = { .uri = "" };
	struct self self;
	WIRE wire;
	int status;

	wire_start(&wire, WIRE_ENROLL);
	if ((status = wish(request, &wire.wish)) != EXIT_DONE)
		return status;
	status = self_begin(&self, request, &wire);
	if (status == EXIT_DONE)
		status = self_until(&self, &wire, WIRE_OFFER);
	if (status == EXIT_DONE)
		status = take_offer(&self.session, &wire, &offer);
	if (status == EXIT_DONE && (status = offer_show(&self.session, &offer, form)) == EXIT_DONE &&
	    (status = self_until(&self, &wire, WIRE_CODES)) != EXIT_DONE)
		offer_tidy(&offer);
	if (status == EXIT_DONE)
		status = offer_report(&self.session, &wire.codes);
	self_end(&self);
	return status;
}
