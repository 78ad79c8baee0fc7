/* SPDX-License-Identifier: BSD-2-Clause */
#include "flow/enroll.h"

#include "core/language.h"

#define ASKED_MAX 20     /* questions in one dialogue, whatever is answered */

bool
enroll_needs_code(const struct settings *settings, const struct invitation *invitation, int64_t now)
{
	return settings->enroll_at_login != ENROLL_YES ||
	    (invitation->has_code && now < invitation->until);
}

/* What comes when the person may begin. */
static enum enroll_state
beginning(const struct enroll *enroll)
{
	return enroll->pending ? ENROLL_FINISH : ENROLL_BEGIN;
}

void
enroll_start(struct enroll *enroll, bool offered)
{
	enroll->tries = ENROLL_TRIES;
	enroll->state = enroll->activation ? ENROLL_ACTIVATION : beginning(enroll);
	if (offered)
		enroll->state = ENROLL_OFFER;
}

void
enroll_start_codes(struct enroll *enroll)
{
	enroll->state = ENROLL_CODES;
	enroll->shown = true;
}

enum enroll_deed
enroll_next(const struct enroll *enroll)
{
	switch (enroll->state) {
	case ENROLL_OFFER:
	case ENROLL_SAVED:
		return DEED_ASK;
	case ENROLL_ACTIVATION:
		return enroll->typed ? DEED_ACTIVATE : DEED_ASK;
	case ENROLL_FINISH:
		return enroll->typed ? DEED_FINISH : DEED_ASK;
	case ENROLL_BEGIN:
		return DEED_BEGIN;
	case ENROLL_SHOW:
		return enroll->typed ? DEED_CONFIRM : DEED_ASK;
	case ENROLL_COMMIT:
		return DEED_COMMIT;
	case ENROLL_CODES:
		return DEED_CODES;
	case ENROLL_BIND:
		return DEED_BIND;
	case ENROLL_DONE:
	case ENROLL_DECLINED:
	case ENROLL_REFUSED:
		break;
	}
	return DEED_NOTHING;
}

bool
enroll_stands(const struct enroll *enroll)
{
	switch (enroll->state) {
	case ENROLL_CODES:
	case ENROLL_SAVED:
	case ENROLL_BIND:
	case ENROLL_DONE:
		return true;
	default:
		return false;
	}
}

static const char *say_in(const struct enroll *enroll, const char *english)
    __attribute__((format_arg(2)));

static const char *
say_in(const struct enroll *enroll, const char *english)
{
	return say(enroll->settings->language, english);
}

/* ---- what is answered --------------------------------------------------------------- */

/* Notes a text for the person: above the next question, or at the end. */
static struct text
said(struct enroll *enroll)
{
	return text_into(enroll->said, sizeof enroll->said);
}

static void
close_said(struct text *text)
{
	text_fold(text, 0, LOGIN_COLUMNS);
	text_end(text);
}

static void
note(struct enroll *enroll, const char *format)
{
	struct text text = said(enroll);

	text_format(&text, say_in(enroll, format), login_contact(enroll->settings));
	close_said(&text);
}

static void
refuse(struct enroll *enroll, const char *format)
{
	note(enroll, format);
	enroll->state = ENROLL_REFUSED;
}

/* One try less. False when there was none left. */
static bool
spend_try(struct enroll *enroll)
{
	if (--enroll->tries == 0)
		enroll->state = ENROLL_REFUSED;
	return enroll->tries > 0;
}

/* The one letter that was typed, in lower case, or NUL for anything else. */
static char
letter(const struct secret *typed)
{
	char found = '\0';

	for (size_t i = 0; i < typed->len; i++) {
		char c = (char)typed->bytes[i];

		if (text_is_blank(c))
			continue;
		if (found != '\0')
			return '\0';
		found = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	return found;
}

static void
answer_offer(struct enroll *enroll, const struct secret *typed)
{
	char first = typed->len > 0 ? (char)(typed->bytes[0] | 0x20) : '\0';

	if (first == 'y' || first == *say_in(enroll, "y"))
		enroll->state = enroll->activation ? ENROLL_ACTIVATION : beginning(enroll);
	else
		enroll->state = ENROLL_DECLINED;
}

static void
answer_activation(struct enroll *enroll)
{
	enroll->typed = enroll->claim.kind == CLAIM_ACTIVATION;
	if (!enroll->typed)
		note(enroll, N_("Not an activation code: it looks like XXXX-XXXX-XXXX. Ask %s for one."));
}

static void
answer_code(struct enroll *enroll)
{
	enroll->typed = enroll->claim.kind == CLAIM_CODE;
	if (!enroll->typed)
		note(enroll, N_("Not a code. Type the digits that the app shows."));
}

static void
answer_show(struct enroll *enroll, const struct secret *typed)
{
	char c = letter(typed);

	if (c != 'i' && c != 'k') {
		answer_code(enroll);
		return;
	}
	enroll->inverted = c == 'i' && !enroll->inverted;
	enroll->key_only = c == 'k';
	enroll->shown = false;
}

static void
answer_nothing(struct enroll *enroll)
{
	if (enroll->state == ENROLL_OFFER)
		enroll->state = ENROLL_DECLINED;
	else if (enroll->state == ENROLL_SAVED)
		enroll->state = ENROLL_DONE; /* unbound: the next login shows others */
	else
		refuse(enroll, N_("Your second step was not set up. Sign in again, in a terminal that "
				  "can ask and answer."));
}

void
enroll_answer(struct enroll *enroll, const struct secret *typed)
{
	/* (Codes that were shown must count, whatever was answered before.) */
	if (typed == NULL || (enroll->asked++ >= ASKED_MAX && enroll->state != ENROLL_SAVED)) {
		answer_nothing(enroll);
		return;
	}
	login_claim(&enroll->claim, typed);
	switch (enroll->state) {
	case ENROLL_OFFER:
		answer_offer(enroll, typed);
		return;
	case ENROLL_ACTIVATION:
		answer_activation(enroll);
		return;
	case ENROLL_FINISH:
		if (enroll->claim.kind == CLAIM_EMPTY)
			enroll->state = ENROLL_BEGIN;
		else
			answer_code(enroll);
		return;
	case ENROLL_SHOW:
		answer_show(enroll, typed);
		return;
	case ENROLL_SAVED:
		enroll->state = ENROLL_BIND;
		return;
	default:
		enroll_failed(enroll);
	}
}

/* ---- how it went -------------------------------------------------------------------- */

/* The activation code was judged, and what was judged is recorded. */
void
enroll_activated(struct enroll *enroll, const struct judgement *judgement)
{
	enroll->typed = false;
	switch (judgement->verdict) {
	case VERDICT_ACTIVATED:
		enroll->tries = ENROLL_TRIES;
		enroll->state = beginning(enroll);
		return;
	case VERDICT_LOCKED:
	case VERDICT_BLOCKED:
		refuse(enroll, N_("Too many wrong codes: locked. Ask %s to open it."));
		return;
	default:
		note(enroll, N_("Activation code wrong or expired. Ask %s for a new one."));
		(void)spend_try(enroll);
	}
}

/* A code was held against the key. */
void
enroll_confirmed(struct enroll *enroll, bool fits)
{
	struct text text;

	enroll->typed = false;
	if (fits) {
		enroll->state = ENROLL_COMMIT;
		return;
	}
	if (!spend_try(enroll)) {
		note(enroll, N_("No code fitted: your second step was not set up. Sign in again."));
		return;
	}
	text = said(enroll);
	text_format(&text,
	    say_n(enroll->settings->language, "That code does not fit this key. One try left.",
		"That code does not fit this key. %lld tries left.", enroll->tries),
	    (long long)enroll->tries);
	close_said(&text);
}

/* A new key is stored, and may be shown. */
void
enroll_began(struct enroll *enroll, const char *key, const struct picture *picture)
{
	enroll->key = key;
	enroll->picture = *picture;
	enroll->tries = ENROLL_TRIES;
	enroll->shown = enroll->inverted = enroll->key_only = false;
	enroll->state = ENROLL_SHOW;
}

/* The device is linked, or somebody else's was first. */
void
enroll_committed(struct enroll *enroll, bool ours)
{
	if (!ours)
		refuse(enroll, N_("An app is being linked to this account now. Not you? Tell %s."));
	else
		enroll->state = enroll->settings->recovery_codes > 0 ? ENROLL_CODES : ENROLL_DONE;
}

/* Recovery codes are made, and nobody knows them yet. */
void
enroll_made(struct enroll *enroll, const struct printed_codes *codes)
{
	enroll->codes = codes;
	enroll->state = ENROLL_SAVED;
}

/* The recovery codes count from now on. */
void
enroll_bound(struct enroll *enroll)
{
	enroll->state = ENROLL_DONE;
}

void
enroll_failed(struct enroll *enroll)
{
	bool stands = enroll_stands(enroll);

	login_unavailable(enroll->said, enroll->settings);
	enroll->state = stands ? ENROLL_DONE : ENROLL_REFUSED;
}

void
enroll_ending(const struct enroll *enroll, char out[static LOGIN_TEXT_SIZE])
{
	struct text text = text_into(out, LOGIN_TEXT_SIZE);

	text_put(&text, enroll->said);
	if (enroll->state == ENROLL_DONE && enroll->said[0] == '\0' && enroll->codes == NULL)
		text_put(&text, say_in(enroll, "Two-step sign-in is on."));
	text_end(&text);
}
