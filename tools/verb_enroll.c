/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Enrolling: show the key, take a code that proves it arrived, store it, show the recovery codes.
 *
 * 1. Nothing is stored before a code was confirmed (unless --no-confirm), and the record that
 *    was there stands until the new one is durable: store_replace sees to it.
 * 2. Recovery codes are shown only after that.
 * 3. The confirming code is spent: the device's floor is its step.
 */
#include <stdio.h>
#include <string.h>

#include "core/base32.h"
#include "core/judge.h"
#include "flow/login.h"
#include "store/link.h"
#include "offer.h"
#include "self.h"
#include "session.h"
#include "terminal.h"
#include "verb.h"

#define TRIES 3

static const char verb[] = "enroll";

static bool
set(struct settings *settings, const char *word, const char *value)
{
	struct settings_fault fault;

	if (value == NULL || settings_set(settings, word, value, &fault))
		return true;
	complain(verb, word, tr(fault.why));
	return false;
}

/* Options are settings given for one device. */
static bool
set_parameters(struct request *request)
{
	struct settings *settings = &request->settings;

	return set(settings, "algorithm", request->algorithm) &&
	    set(settings, "digits", request->digits) && set(settings, "period", request->period) &&
	    set(settings, "issuer", request->issuer);
}

static bool
hex_key(struct secret *key, const char *hex)
{
	size_t len = strlen(hex);
	struct cursor cursor = cursor_over(hex, len);

	key->len = len / 2;
	return len % 2 == 0 && key->len <= sizeof key->bytes && cursor_hex(&cursor, key->bytes, key->len);
}

static bool
parse_key(struct secret *key, const char *text)
{
	char lower[2 * SECRET_MAX + 1];
	size_t len = strlen(text);
	bool ok;

	if (strncmp(text, "hex:", 4) != 0)
		return base32_decode(key, text, len);
	if (len - 4 >= sizeof lower)
		return false;
	for (size_t i = 4; i <= len; i++)
		lower[i - 4] = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] - 'A' + 'a') : text[i];
	ok = hex_key(key, lower);
	secret_clear(lower, sizeof lower);
	return ok;
}

/* The key that was given; on the command line everybody on the machine can read it, hence "-". */
static int
given_key(struct secret *key, const char *given)
{
	SECRET line;
	bool ok = true;

	if (strcmp(given, "-") == 0) {
		ok = terminal_ask(tr("Key: "), &line) && line.len < sizeof line.bytes;
		if (terminal_interrupted())
			return refuse(verb, tr("broken off"), tr("nothing was changed"));
		if (ok)
			line.bytes[line.len] = '\0';
		given = ok ? (const char *)line.bytes : "";
	}
	if (!ok || !parse_key(key, given))
		return misuse(verb, "--key", tr("neither base32 nor hex: and hexadecimal digits"));
	if (key->len < OTP_KEY_MIN)
		return misuse(verb, "--key", tr("shorter than 128 bits (RFC 4226)"));
	if (key->len > OTP_KEY_MAX)
		return misuse(verb, "--key", tr("longer than 1024 bits"));
	return EXIT_DONE;
}

static int
make_key(struct session *session, struct device *device)
{
	const struct request *request = session->request;
	SECRET given = { .len = 0 };
	int status = request->key == NULL ? EXIT_DONE : given_key(&given, request->key);

	/* Other users see it for as long as it stands there. */
	if (request->key != NULL)
		secret_clear((char *)request->key, strlen(request->key));
	if (status != EXIT_DONE)
		return status;
	if (link_key(device, request->key != NULL ? &given : NULL, &session->fault))
		return EXIT_DONE;
	return complain_fault(verb, &session->fault);
}

/* Whether the record that is there lets this device in. */
static int
admit(struct session *session, const struct device *device)
{
	const struct enrollment *there = &session->enrollment;
	const struct device *same = enrollment_device_id(there, device->id);
	char what[2 * TEXT_NAME_SIZE];

	(void)snprintf(what, sizeof what, tr("%s already has '%s'"), session->user,
	    same != NULL ? same->name : there->device[0].name);
	switch (link_obstacle(there, device, offer_how(session->request))) {
	case LINK_SAME_KEY:
		return refuse(verb, what, tr("with this very key"));
	case LINK_THERE:
		return refuse(verb, what, tr("use --add or --replace"));
	case LINK_FULL:
		return refuse(verb, session->user, tr("has 8 devices; remove one first"));
	case LINK_SAME_NAME:
		return refuse(verb, device->name, tr("a device of this name is there; choose another --name"));
	case LINK_FREE:
		break;
	}
	return EXIT_DONE;
}

static int
make_offer(struct session *session, struct offer *offer)
{
	const struct request *request = session->request;
	const struct settings *settings = &request->settings;
	struct device *device = &offer->device;
	int status;

	link_begin(device, settings, request->hotp ? OTP_HOTP : OTP_TOTP, &session->enrollment,
	    offer_how(request), request->name);
	if ((status = make_key(session, device)) != EXIT_DONE)
		return status;
	status = offer_address(session, offer);
	return status == EXIT_DONE ? admit(session, device) : status;
}

static bool
confirm(struct session *session, struct device *device)
{
	for (unsigned tries = TRIES; tries > 0; tries--) {
		SECRET typed;
		WIPED(claim_wipe) struct claim claim;

		if (!terminal_ask(tr("Verification code: "), &typed)) {
			complain(verb, tr("broken off"), tr("nothing was changed"));
			return false;
		}
		login_claim(&claim, &typed);
		if (judge_confirm(&session->request->settings, device, &claim, session_now()))
			return true;
		(void)fflush(stdout);
		if (tries > 1)
			(void)fprintf(stderr, tr_n("That code does not fit this key. %u try left.\n",
			    "That code does not fit this key. %u tries left.\n", tries - 1),
			    tries - 1);
	}
	complain(verb, session->user, tr("no code fitted; nothing was changed"));
	return false;
}

/* The new record beside or in place of the old one; codes stay with --add. */
static int
store(struct session *session, const struct offer *offer, struct printed_codes *codes)
{
	struct enrollment *enrollment = &session->enrollment;
	const struct request *request = session->request;

	if (link_device(enrollment, &session->record, &offer->device, offer_how(request)) &&
	    !link_codes(enrollment, &session->store.key, (unsigned)request->settings.recovery_codes,
		codes, &session->fault))
		return complain_fault(verb, &session->fault);
	if (terminal_interrupted())
		return refuse(verb, tr("broken off"), tr("nothing was changed"));
	return session_replace(session, enrollment);
}

static int
enroll(struct session *session, enum qr_form form)
{
	WIPED(offer_wipe) struct offer offer = { .uri = "" };
	WIPED(printed_codes_wipe) struct printed_codes codes = { .count = 0 };
	const struct request *request = session->request;
	int status = make_offer(session, &offer);

	if (status != EXIT_DONE || (status = offer_show(session, &offer, form)) != EXIT_DONE)
		return status;
	if (!request->no_confirm && !confirm(session, &offer.device))
		status = EXIT_NO;
	else
		status = store(session, &offer, &codes);
	if (status == EXIT_DONE)
		session_announce(session, "enrolled", offer.device.name,
		    judge_method_name(request->hotp ? METHOD_HOTP : METHOD_TOTP));
	else
		offer_tidy(&offer);
	return status == EXIT_DONE ? offer_report(session, &codes) : status;
}

int
verb_enroll(struct request *request)
{
	struct session session;
	enum qr_form form;
	int status;

	if (request->add && request->replace)
		return misuse(verb, "--add, --replace", tr("one or the other"));
	if (request->name != NULL && !device_name_valid(request->name))
		return misuse(verb, "--name", tr("1 to 32 letters, digits, dots, dashes or underscores"));
	if (!qr_form_named(request->qr, &form))
		return misuse(verb, "--qr", tr("not auto, utf8, ansi, ascii or none"));
	if (!set_parameters(request))
		return EXIT_USAGE;
	if (self_serves(request))
		return self_enroll(request, form);
	status = session_open(&session, request, SESSION_MAKE);
	if (status == EXIT_DONE)
		status = enroll(&session, form);
	session_close(&session);
	return status;
}
