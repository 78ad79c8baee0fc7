/* SPDX-License-Identifier: BSD-2-Clause */
#include "flow/login.h"

#include <string.h>

#include "core/date.h"
#include "core/language.h"
#include "core/text.h"

#define COLUMNS 72
#define FEW 4              /* recovery codes under which the person is reminded */
#define CLOCK_HINT_AFTER 3 /* wrong codes in a row that may be a clock's fault */

const char *
login_prompt(const struct settings *settings)
{
	return settings->prompt;
}

void
login_claim(struct claim *claim, const struct secret *typed)
{
	bool only_digits = true, any = false;

	*claim = (struct claim){ .kind = CLAIM_EMPTY };
	for (size_t i = 0; typed != NULL && i < typed->len; i++) {
		char c = (char)typed->bytes[i];

		if (text_is_blank(c) || c == '-')
			continue;
		any = true;
		only_digits = only_digits && text_is_digit(c);
		if (only_digits && claim->code.len < SECRET_MAX)
			claim->code.bytes[claim->code.len++] = typed->bytes[i];
	}
	if (!any)
		return;
	claim->kind = CLAIM_MALFORMED;
	if (only_digits && claim->code.len >= OTP_DIGITS_MIN && claim->code.len <= OTP_DIGITS_MAX) {
		claim->kind = CLAIM_CODE;
		claim->digits = (unsigned)claim->code.len;
		return;
	}
	secret_wipe(&claim->code);
	if (recovery_typed(&claim->recovery.code, RECOVERY_CHARS, typed))
		claim->kind = CLAIM_RECOVERY;
	else if (recovery_typed(&claim->recovery.code, ACTIVATION_CHARS, typed))
		claim->kind = CLAIM_ACTIVATION;
	else
		secret_wipe(&claim->recovery.code);
}

/*
 * Ends a text: ASCII, because sshd turns all else of a last message into octal, and broken
 * at blanks into lines that fit.
 */
static void
finish(struct text *text)
{
	char *line = text->start, *blank = NULL;

	text_end(text);
	for (char *p = text->start; *p != '\0'; p++) {
		if ((unsigned char)*p >= 0x7f)
			*p = '?';
		if (*p == ' ')
			blank = p;
		if (*p == '\n') {
			line = p + 1;
			blank = NULL;
		} else if (p - line >= COLUMNS && blank != NULL) {
			*blank = '\n';
			line = blank + 1;
			blank = NULL;
		}
	}
}

static void
put_count(struct text *text, int64_t count, const char *unit)
{
	text_put_number(text, count);
	text_put(text, " ");
	text_put(text, unit);
	if (count != 1)
		text_put(text, "s");
}

void
login_duration(struct text *text, int64_t seconds)
{
	if (seconds < 1)
		seconds = 1;
	if (seconds < 120)
		put_count(text, seconds, "second");
	else if (seconds <= 7200)
		put_count(text, (seconds + 59) / 60, "minute");
	else if (seconds <= 2 * DATE_DAY)
		put_count(text, (seconds + 3599) / 3600, "hour");
	else
		put_count(text, (seconds + DATE_DAY - 1) / DATE_DAY, "day");
}

static void
put_clock(struct text *text, int64_t now)
{
	int64_t second = now < 0 ? 0 : now % DATE_DAY;

	text_put_padded(text, (uint64_t)(second / 3600), 2);
	text_put(text, ":");
	text_put_padded(text, (uint64_t)(second / 60 % 60), 2);
	text_put(text, ":");
	text_put_padded(text, (uint64_t)(second % 60), 2);
}

const char *
login_contact(const struct settings *settings)
{
	return *settings->contact != '\0' ? settings->contact : "your administrator";
}

static void
put_locked(struct text *text, int64_t wait)
{
	text_put(text, "Too many wrong codes: locked for ");
	login_duration(text, wait);
	text_put(text, ". A recovery code works now.");
}

static void
put_blocked(struct text *text, const struct settings *settings)
{
	text_put(text, "Too many wrong codes: locked. Ask ");
	text_put(text, login_contact(settings));
	text_put(text, " to open it, or use a recovery code.");
}

void
login_question(char out[static LOGIN_TEXT_SIZE], const struct settings *settings, const char *said,
    enum verdict standing, int64_t wait)
{
	struct text text = text_into(out, LOGIN_TEXT_SIZE - SETTINGS_TEXT_SIZE - sizeof "\n\n");

	if (standing == VERDICT_BLOCKED)
		put_blocked(&text, settings);
	else if (standing == VERDICT_LOCKED)
		put_locked(&text, wait);
	else if (said != NULL)
		text_put(&text, said);
	/* A line of its own: sshd puts "(user@host) " in front of the first. */
	if (text.overflow)
		text.at = text.start;
	text.end = out + LOGIN_TEXT_SIZE;
	if (text_length(&text) > 0) {
		memmove(out + 1, out, text_length(&text));
		out[0] = '\n';
		text.at++;
		finish(&text);
		text_put(&text, "\n");
	}
	text_put(&text, settings->prompt);
	text_end(&text);
}

static void
put_wrong(struct text *text, const struct settings *settings, const struct judgement *judgement,
    const char *name, int64_t now)
{
	if (judgement->blocks) {
		put_blocked(text, settings);
		return;
	}
	if (judgement->locks) {
		put_locked(text, judgement->wait);
		return;
	}
	text_put(text, "Wrong code. Use the newest code of \"");
	text_put(text, name);
	text_put(text, "\" in your app.");
	if (judgement->failures >= CLOCK_HINT_AFTER) {
		text_put(text, "\nPhone clock automatic? Server time ");
		put_clock(text, now);
		text_put(text, " UTC.");
	}
}

static void
put_spent(struct text *text, const struct judgement *judgement)
{
	if (judgement->method == METHOD_RECOVERY) {
		text_put(text, "Recovery code already used. Take the next one on your list.");
	} else if (judgement->method == METHOD_HOTP) {
		text_put(text, "Code already used. Make the next one.");
	} else {
		text_put(text, "Code already used. Wait ");
		login_duration(text, judgement->wait);
		text_put(text, " for the next one.");
	}
}

static void
put_malformed(struct text *text, const struct judgement *judgement)
{
	text_put(text, "Not a code. Type the ");
	if (judgement->digits != 0) {
		text_put_number(text, judgement->digits);
		text_put(text, " ");
	}
	text_put(text, "digits from your app, or a recovery code.");
}

static void
put_since(struct text *text, const struct judgement *judgement)
{
	if (judgement->since == 0)
		return;
	put_count(text, judgement->since, "wrong code");
	text_put(text, " since your last sign-in.");
}

static void
put_clock_behind(struct text *text, int64_t now)
{
	text_put(text, "This machine's clock says ");
	date_put(text, now);
	text_put(text, "; use a recovery code.");
}

void
login_answer(char out[static LOGIN_TEXT_SIZE], const struct settings *settings,
    const struct judgement *judgement, const char *name, int64_t now, int64_t created)
{
	struct text text = text_into(out, LOGIN_TEXT_SIZE);
	bool clock_behind = now < created - DATE_DAY;

	switch (judgement->verdict) {
	case VERDICT_ACCEPTED:
		put_since(&text, judgement);
		break;
	case VERDICT_WRONG:
		if (clock_behind && !judgement->locks && !judgement->blocks)
			put_clock_behind(&text, now);
		else
			put_wrong(&text, settings, judgement, name, now);
		break;
	case VERDICT_SPENT:
		if (clock_behind && judgement->method == METHOD_TOTP)
			put_clock_behind(&text, now);
		else
			put_spent(&text, judgement);
		break;
	case VERDICT_MALFORMED:
	case VERDICT_EMPTY:
		put_malformed(&text, judgement);
		break;
	case VERDICT_LOCKED:
		put_locked(&text, judgement->wait);
		break;
	case VERDICT_BLOCKED:
		put_blocked(&text, settings);
		break;
	case VERDICT_EXPIRED:
		text_put(&text, "Activation code wrong or expired. Ask ");
		text_put(&text, login_contact(settings));
		text_put(&text, " for a new one.");
		break;
	case VERDICT_ACTIVATED:
		break;
	case VERDICT_UNENROLLED:
		text_put(&text, "You have no second step yet. Ask ");
		text_put(&text, login_contact(settings));
		text_put(&text, " to enroll you.");
		break;
	}
	finish(&text);
}

void
login_unavailable(char out[static LOGIN_TEXT_SIZE], const struct settings *settings)
{
	struct text text = text_into(out, LOGIN_TEXT_SIZE);

	text_put(&text, "The second step is out of order on this machine. Tell ");
	text_put(&text, login_contact(settings));
	text_put(&text, ".");
	finish(&text);
}

void
login_reminder(char out[static LOGIN_TEXT_SIZE], const struct settings *settings, unsigned left,
    bool recovery_used)
{
	struct text text = text_into(out, LOGIN_TEXT_SIZE);

	if (recovery_used) {
		text_put(&text, "Recovery code accepted, ");
		text_put_number(&text, left);
		text_put(&text, " left. Phone gone? Ask ");
		text_put(&text, login_contact(settings));
		text_put(&text, " to link another.");
	} else if (left < FEW) {
		put_count(&text, left, "recovery code");
		text_put(&text, " left. Ask ");
		text_put(&text, login_contact(settings));
		text_put(&text, " for new ones.");
	}
	finish(&text);
}

void
login_announce(char out[static LOGIN_TEXT_SIZE], const struct settings *settings, int64_t from,
    int64_t days)
{
	static const char *const months[] = { N_("January"), N_("February"), N_("March"), N_("April"),
		N_("May"), N_("June"), N_("July"), N_("August"), N_("September"), N_("October"),
		N_("November"), N_("December") };
	const struct language *language = settings->language;
	struct text text = text_into(out, LOGIN_TEXT_SIZE);
	struct date date = date_of(from);

	text_format(&text,
	    say_n(language, "From %1$lld %2$s %3$lld you need a second step here (one day left).",
		"From %1$lld %2$s %3$lld you need a second step here (%4$lld days left).", days),
	    (long long)date.day, say(language, months[date.month - 1]), (long long)date.year,
	    (long long)days);
	finish(&text);
}
