/* SPDX-License-Identifier: BSD-2-Clause */
/* What the dialogue of enroll.h asks, and how it looks. */

#include "core/language.h"
#include "flow/enroll.h"

#define GROUPS_A_LINE 11 /* of four characters of a key and a blank */
#define CODES_A_LINE 3

static const char *say_in(const struct enroll *enroll, const char *english)
    __attribute__((format_arg(2)));

static const char *
say_in(const struct enroll *enroll, const char *english)
{
	return say(enroll->settings->language, english);
}

/* A paragraph in lines that fit, and the end of its last line. */
static void
end_paragraph(struct text *text, size_t from)
{
	text_fold(text, from, LOGIN_COLUMNS);
	text_put(text, "\n");
}

static void
put_key(struct text *text, const struct enroll *enroll)
{
	text_put(text, say_in(enroll, "No picture? Key:"));
	for (size_t i = 0; enroll->key[i] != '\0'; i++) {
		if (i % 4 == 0)
			text_put(text, i > 0 && i % (size_t)(4 * GROUPS_A_LINE) == 0 ? "\n" : " ");
		text_put_bytes(text, enroll->key + i, 1);
	}
	text_put(text, "\n");
}

static void
put_race(struct text *text, const struct enroll *enroll)
{
	text_format(text, say_in(enroll, "An app is being linked to this account now. Not you? Tell %s."),
	    login_contact(enroll->settings));
}

/* Once at the top: the picture must then fit the screen with all that stands below it. */
static void
put_instructions(struct text *text, const struct enroll *enroll)
{
	size_t from = text_length(text);

	if (enroll->race) {
		put_race(text, enroll);
		end_paragraph(text, from);
		from = text_length(text);
	}
	text_format(text,
	    say_in(enroll, "Set up two-step sign-in for %1$s on %2$s (once): open an authenticator "
			   "app, choose +, scan; type the %3$lld digits. Cut off? Sign in again "
			   "within 10 minutes."),
	    enroll->user, enroll->issuer, (long long)enroll->settings->digits);
	end_paragraph(text, from);
}

static void
put_picture(struct text *text, const struct enroll *enroll)
{
	if (enroll->key_only)
		return;
	for (unsigned i = 0; i < picture_lines(&enroll->picture); i++) {
		picture_line(text, &enroll->picture, i, enroll->inverted);
		text_put(text, "\n");
	}
}

static void
ask_show(struct text *text, const struct enroll *enroll)
{
	bool drawn = enroll->picture.width > 0;

	if (!enroll->shown) {
		if (!enroll->inverted && !enroll->key_only)
			put_instructions(text, enroll);
		if (drawn)
			put_picture(text, enroll);
		put_key(text, enroll);
	}
	if (drawn)
		text_put(text, say_in(enroll, "i = invert, k = key only. "));
	text_put(text, login_prompt(enroll->settings));
}

static void
ask_activation(struct text *text, const struct enroll *enroll)
{
	text_put(text, say_in(enroll, "First sign-in: type your activation code."));
	text_put(text, "\n");
	text_put(text, say_in(enroll, "Activation code: "));
}

static void
ask_finish(struct text *text, const struct enroll *enroll)
{
	size_t from = text_length(text);

	text_format(text,
	    say_in(enroll, "You began to link an app for %1$s on %2$s: type the %3$lld digits that "
			   "it shows. No such app? Press Enter for a new picture."),
	    enroll->user, enroll->issuer, (long long)enroll->settings->digits);
	end_paragraph(text, from);
	text_put(text, login_prompt(enroll->settings));
}

static void
ask_saved(struct text *text, const struct enroll *enroll)
{
	size_t from = text_length(text);
	unsigned count = enroll->codes->count;

	text_format(text,
	    say_n(enroll->settings->language,
		"Two-step sign-in is on. Print this recovery code; it signs you in once, without the "
		"app. Shown only now:",
		"Two-step sign-in is on. Print these %lld recovery codes; each signs you in once, "
		"without the app. Shown only now:",
		count),
	    (long long)count);
	end_paragraph(text, from);
	for (unsigned i = 0; i < count; i++) {
		text_put(text, i % CODES_A_LINE == 0 ? "  " : "   ");
		text_put(text, enroll->codes->code[i]);
		if (i % CODES_A_LINE == CODES_A_LINE - 1 || i + 1 == count)
			text_put(text, "\n");
	}
	text_put(text, say_in(enroll, "Saved them? Press Enter: "));
}

void
enroll_question(struct enroll *enroll, char out[static ENROLL_TEXT_SIZE])
{
	struct text text = text_into(out, ENROLL_TEXT_SIZE);

	claim_wipe(&enroll->claim);
	/* A line of its own: sshd puts "(user@host) " in front of the first. */
	text_put(&text, "\n");
	if (enroll->said[0] != '\0') {
		text_put(&text, enroll->said);
		text_put(&text, "\n");
	}
	if (enroll->state == ENROLL_OFFER)
		text_put(&text, say_in(enroll, "Set it up now, with your phone at hand? [y/N] "));
	if (enroll->state == ENROLL_ACTIVATION)
		ask_activation(&text, enroll);
	if (enroll->state == ENROLL_FINISH)
		ask_finish(&text, enroll);
	if (enroll->state == ENROLL_SHOW)
		ask_show(&text, enroll);
	if (enroll->state == ENROLL_SAVED)
		ask_saved(&text, enroll);
	text_end(&text);
	enroll->shown = true;
	enroll->said[0] = '\0';
}
