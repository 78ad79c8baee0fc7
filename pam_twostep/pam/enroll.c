/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/enroll.h"

#include <string.h>

#include "core/address.h"
#include "core/uri.h"
#include "pam/ask.h"
#include "pam/host.h"
#include "pam/journal.h"
#include "store/fresh.h"
#include "store/link.h"
#include "store/settle.h"

#define CONFLICTS_MAX 100 /* times that somebody else may be faster */

void
dialogue_wipe(struct dialogue *dialogue)
{
	secret_clear(dialogue, sizeof *dialogue);
}

/* ---- what the store says ------------------------------------------------------------ */

static bool
read_enrollment(struct dialogue *d)
{
	enrollment_wipe(&d->enrollment);
	return !d->record->enrolled ||
	    store_read(d->store, d->record, &d->enrollment, &d->fault);
}

static bool
read_invitation(struct dialogue *d)
{
	return settle_invitation(&d->invitation, d->enrollment.generation, d->kind == MARK_REPLACE,
	    d->store, d->record, &d->fault);
}

/* Looks the user and his invitation up anew: somebody else has changed one of them. */
static bool
look_again(struct dialogue *d)
{
	return store_look_again(d->store, d->record, &d->fault) && read_enrollment(d) &&
	    read_invitation(d);
}

/* Whether the enrollment is still what the mark was made for. */
static bool
fits_mark(const struct dialogue *d)
{
	bool linked = d->kind == MARK_REPLACE || d->kind == MARK_CODES;

	return d->record->enrolled == linked && (d->kind != MARK_REPLACE || d->invitation.has_code);
}

/* A key that was shown within ten minutes, if it was shown here; *elsewhere if not. */
static bool
pending(const struct dialogue *d, bool *elsewhere)
{
	const struct invitation *invitation = &d->invitation;
	int64_t generation = d->enrollment.generation;
	bool here = d->from[0] != '\0' && invitation_pends(invitation, generation, d->from, host_now());

	*elsewhere = !here && invitation->has_pending &&
	    invitation_pends(invitation, generation, invitation->pending_from, host_now());
	return here;
}

/* The remote address in one spelling, or this machine; empty where it is not known. */
static void
find_from(struct dialogue *d)
{
	const char *rhost = host_item(d->pamh, PAM_RHOST);
	struct address address;
	struct text text = text_into(d->from, sizeof d->from);

	if (rhost == NULL || *rhost == '\0')
		text_put(&text, "local");
	else if (address_parse(&address, rhost, strlen(rhost)))
		text_put_hex(&text, address.bytes, address.len);
	text_end(&text);
}

/* ---- deeds -------------------------------------------------------------------------- */

/* No key but the one that is shown is in memory while a person types. */
static void
forget_keys(struct dialogue *d)
{
	int64_t generation = d->enrollment.generation;

	store_key_forget(d->store);
	invitation_wipe(&d->invitation);
	enrollment_wipe(&d->enrollment);
	d->enrollment.generation = generation;
}

static bool
ask_person(struct dialogue *d)
{
	SECRET typed;
	char text[ENROLL_TEXT_SIZE];
	enum asked asked;

	forget_keys(d);
	enroll_question(&d->enroll, text);
	asked = ask(d->pamh, text, d->setup->settings.echo, &typed);
	secret_clear(text, sizeof text);
	enroll_answer(&d->enroll, asked == ASKED_TYPED ? &typed : NULL);
	/* What was looked at may be under a host key that has gone since. */
	return store_key(d->store, &d->fault) &&
	    (enroll_stands(&d->enroll) || read_invitation(d) ||
		(seal_other(d->fault.why) && look_again(d)));
}

/* A code that opened nothing is an event of its own: somebody may be guessing. */
static void
tell_journal(const struct dialogue *d)
{
	const struct journal entry = {
		.setup = d->setup,
		.user = d->record->user,
		.outcome = outcome_of(d->judgement.verdict),
		.judgement = &d->judgement,
	};

	if (d->judgement.verdict != VERDICT_ACTIVATED)
		journal(d->pamh, &entry);
}

/* Judges an activation code; what is told of it is recorded before. False with the fault. */
static bool
activate(struct dialogue *d)
{
	WIPED(settle_wipe) struct settle settled = { .settings = &d->setup->settings,
		.claim = &d->enroll.claim, .now = host_now() };

	if (!settle_activation(&settled, d->store, d->record, &d->fault))
		return false;
	d->judgement = settled.judgement;
	tell_journal(d);
	if (!read_enrollment(d) || !read_invitation(d))
		return false;
	/* It was looked at anew: the key that pended here may have gone, or another one come. */
	d->enroll.pending = pending(d, &d->enroll.race);
	enroll_activated(&d->enroll, &d->judgement);
	return true;
}

static bool
new_device(struct dialogue *d)
{
	link_begin(&d->device, &d->setup->settings, OTP_TOTP, &d->enrollment, LINK_REPLACE, NULL);
	return link_key(&d->device, NULL, &d->fault);
}

/* The key is durable as pending, in the place of any other, before anybody sees it. */
static bool
store_pending(struct dialogue *d)
{
	for (unsigned i = 0; i < CONFLICTS_MAX; i++) {
		enum store_answer answer;

		d->invitation.generation = d->enrollment.generation;
		d->invitation.has_pending = true;
		d->invitation.pending = d->device;
		d->invitation.pending_at = host_now();
		memcpy(d->invitation.pending_from, d->from, sizeof d->from);
		answer = store_invite(d->store, d->record, &d->invitation, &d->fault);
		if (answer != STORE_CONFLICT)
			return answer == STORE_OK;
		if (!look_again(d))
			return false;
		if (!fits_mark(d)) {
			enroll_committed(&d->enroll, false);
			return true;
		}
	}
	return store_fault_set(&d->fault, d->store->path, d->record->name, "changes without end", 0);
}

static void
draw(struct dialogue *d)
{
	char uri[URI_SIZE];

	d->drawn = (struct drawn){ .picture.width = 0 };
	if (uri_build(uri, &d->device.otp, d->issuer, d->record->user, 0))
		picture_draw(&d->drawn, uri);
	secret_clear(uri, sizeof uri);
}

static bool
begin(struct dialogue *d)
{
	if (!new_device(d) || !store_pending(d))
		return false;
	if (d->enroll.state != ENROLL_BEGIN)
		return true;
	base32_encode(d->key, d->device.otp.key.bytes, d->device.otp.key.len);
	draw(d);
	enroll_began(&d->enroll, d->key, &d->drawn.picture);
	return true;
}

static bool
confirm(struct dialogue *d, const struct device *device)
{
	bool fits;

	d->device = *device;
	fits = judge_confirm(&d->setup->settings, &d->device, &d->enroll.claim, host_now());
	enroll_confirmed(&d->enroll, fits);
	return true;
}

/* Beside no other, for this is the first one or the one that replaces all. */
static enum store_answer
commit_once(struct dialogue *d)
{
	struct enrollment *enrollment = &d->enrollment;

	enrollment->codes_due = link_device(enrollment, d->record, &d->device, LINK_REPLACE) &&
	    d->setup->settings.recovery_codes > 0;
	return store_replace(d->store, d->record, enrollment, &d->fault);
}

/* After a conflict: true when the key that was shown still pends, and only its seal is another. */
static bool
still_pends(const struct dialogue *d)
{
	return fits_mark(d) && d->invitation.has_pending &&
	    strcmp(d->invitation.pending.id, d->device.id) == 0;
}

static bool
commit(struct dialogue *d)
{
	enum store_answer answer = commit_once(d);

	for (unsigned i = 0; answer == STORE_CONFLICT && i < CONFLICTS_MAX; i++) {
		if (!look_again(d))
			return false;
		if (!still_pends(d))
			break;
		answer = commit_once(d);
	}
	if (answer == STORE_FAULT)
		return false;
	enroll_committed(&d->enroll, answer == STORE_OK);
	secret_wipe(&d->device.otp.key);
	secret_clear(d->key, sizeof d->key);
	drawn_wipe(&d->drawn);
	return true;
}

static bool
make_codes(struct dialogue *d)
{
	if (!fresh_codes(&d->store->key, (unsigned)d->setup->settings.recovery_codes, &d->set, &d->codes,
		&d->fault))
		return false;
	enroll_made(&d->enroll, &d->codes);
	return true;
}

/* The codes that were shown count from now on, unless somebody has seen to it meanwhile. */
static bool
bind_codes(struct dialogue *d)
{
	for (unsigned i = 0; i < CONFLICTS_MAX; i++) {
		enum store_answer answer;

		if (!store_look_again(d->store, d->record, &d->fault) || !read_enrollment(d))
			return false;
		if (!d->record->enrolled || !d->enrollment.codes_due)
			return store_fault_set(&d->fault, d->store->path, d->record->name,
			    "changed meanwhile", 0);
		d->enrollment.recovery = d->set;
		d->enrollment.codes_due = false;
		answer = store_replace(d->store, d->record, &d->enrollment, &d->fault);
		if (answer == STORE_OK)
			enroll_bound(&d->enroll);
		if (answer != STORE_CONFLICT)
			return answer == STORE_OK;
	}
	return store_fault_set(&d->fault, d->store->path, d->record->name, "changes without end", 0);
}

/* Does what is due. False with the fault. */
static bool
act(struct dialogue *d, enum enroll_deed deed)
{
	switch (deed) {
	case DEED_ASK:
		return ask_person(d);
	case DEED_ACTIVATE:
		return activate(d);
	case DEED_FINISH:
		return confirm(d, &d->invitation.pending);
	case DEED_BEGIN:
		return begin(d);
	case DEED_CONFIRM:
		return confirm(d, &d->device);
	case DEED_COMMIT:
		return commit(d);
	case DEED_CODES:
		return make_codes(d);
	case DEED_BIND:
		return bind_codes(d);
	case DEED_NOTHING:
		break;
	}
	return false;
}

static bool
prepare(struct dialogue *d)
{
	struct enroll *enroll = &d->enroll;

	enroll->settings = &d->setup->settings;
	enroll->user = d->record->user;
	enroll->issuer = d->issuer;
	link_issuer(&d->setup->settings, d->issuer);
	find_from(d);
	if (!read_enrollment(d) || !read_invitation(d))
		return false;
	enroll->pending = pending(d, &enroll->race);
	enroll->activation = d->kind != MARK_REPLACE &&
	    enroll_needs_code(&d->setup->settings, &d->invitation, host_now());
	if (d->kind == MARK_CODES)
		enroll_start_codes(enroll);
	else
		enroll_start(enroll, d->kind == MARK_OFFER);
	if (!fits_mark(d))
		enroll_committed(enroll, false);
	return true;
}

void
dialogue_hold(struct dialogue *d)
{
	enum enroll_deed deed;
	bool ok = prepare(d);

	if (!ok)
		enroll_failed(&d->enroll);
	while (ok && (deed = enroll_next(&d->enroll)) != DEED_NOTHING)
		if (!(ok = act(d, deed)))
			enroll_failed(&d->enroll);
	/* What was not there yet, or had changed, on the way to where it went well is no fault. */
	if (ok)
		d->fault = (struct store_fault){ .why = NULL };
}
