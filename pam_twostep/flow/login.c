/* SPDX-License-Identifier: BSD-2-Clause */
#include "flow/login.h"

#include <string.h>

#include "core/date.h"
#include "core/language.h"
#include "core/text.h"

#define FEW 4              /* recovery codes under which the person is reminded */
#define CLOCK_HINT_AFTER 3 /* wrong codes in a row that may be a clock's fault */
#define SPENT_WAIT_MAX 3600 /* seconds; a step that is spent for longer was used by a clock that was ahead */
#define CLOCK_SIZE 9       /* of 14:02:31 */
#define DATE_SIZE 24       /* of YYYY-MM-DD in whatever year */

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
	text_end(text);
	for (char *p = text->start; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x7f)
			*p = '?';
	text_fold(text, 0, LOGIN_COLUMNS);
}

void
login_duration(char out[static LOGIN_DURATION_SIZE], const struct language *language,
    int64_t seconds)
{
	struct text text = text_into(out, LOGIN_DURATION_SIZE);
	long long minutes = (seconds + 59) / 60, hours = (seconds + 3599) / 3600;
	long long days = (seconds + DATE_DAY - 1) / DATE_DAY;

	if (seconds < 1)
		seconds = 1;
	if (seconds < 120)
		text_format(&text, say_n(language, "%lld second", "%lld seconds", seconds),
		    (long long)seconds);
	else if (seconds <= 7200)
		text_format(&text, say_n(language, "%lld minute", "%lld minutes", minutes), minutes);
	else if (seconds <= 2 * DATE_DAY)
		text_format(&text, say_n(language, "%lld hour", "%lld hours", hours), hours);
	else
		text_format(&text, say_n(language, "%lld day", "%lld days", days), days);
	text_end(&text);
}

/* The time of the day in UTC. */
static void
write_clock(char out[static CLOCK_SIZE], int64_t now)
{
	struct text text = text_into(out, CLOCK_SIZE);
	int64_t second = now < 0 ? 0 : now % DATE_DAY;

	text_put_padded(&text, (uint64_t)(second / 3600), 2);
	text_put(&text, ":");
	text_put_padded(&text, (uint64_t)(second / 60 % 60), 2);
	text_put(&text, ":");
	text_put_padded(&text, (uint64_t)(second % 60), 2);
	text_end(&text);
}

const char *
login_contact(const struct settings *settings)
{
	return *settings->contact != '\0' ? settings->contact
					  : say(settings->language, "your administrator");
}

const char *
login_prompt(const struct settings *settings)
{
	/* A prompt that somebody chose is nobody else's to translate. */
	return strcmp(settings->prompt, SETTINGS_PROMPT) != 0
	    ? settings->prompt
	    : say(settings->language, "Verification code: ");
}

/* Those who have one field to fill in must know what belongs into it. */
static const char *
field_prompt(const struct settings *settings)
{
	return settings->combined && strcmp(settings->prompt, SETTINGS_PROMPT) == 0
	    ? say(settings->language, "Password and Verification code: ")
	    : login_prompt(settings);
}

static void
put_locked(struct text *text, const struct settings *settings, int64_t wait)
{
	char duration[LOGIN_DURATION_SIZE];

	login_duration(duration, settings->language, wait);
	text_format(text, say(settings->language,
	    "Too many wrong codes: locked for %s. A recovery code works now."), duration);
}

static void
put_blocked(struct text *text, const struct settings *settings)
{
	text_format(text, say(settings->language,
	    "Too many wrong codes: locked. Ask %s to open it, or use a recovery code."),
	    login_contact(settings));
}

void
login_question(char out[static LOGIN_TEXT_SIZE], const struct settings *settings, const char *said,
    enum verdict standing, int64_t wait)
{
	struct text text = text_into(out, LOGIN_TEXT_SIZE - SETTINGS_TEXT_SIZE - sizeof "\n\n");

	if (standing == VERDICT_BLOCKED)
		put_blocked(&text, settings);
	else if (standing == VERDICT_LOCKED)
		put_locked(&text, settings, wait);
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
	text_put(&text, field_prompt(settings));
	text_end(&text);
}

static void
put_wrong(struct text *text, const struct settings *settings, const struct judgement *judgement,
    const char *name, int64_t now)
{
	char clock[CLOCK_SIZE];

	if (judgement->blocks) {
		put_blocked(text, settings);
		return;
	}
	if (judgement->locks) {
		put_locked(text, settings, judgement->wait);
		return;
	}
	text_format(text, say(settings->language,
	    "Wrong code. Use the newest code of \"%s\" in your app."), name);
	if (judgement->failures >= CLOCK_HINT_AFTER) {
		write_clock(clock, now);
		text_put(text, "\n");
		text_format(text, say(settings->language,
		    "Phone clock automatic? Server time %s UTC."), clock);
	}
}

static void
put_spent(struct text *text, const struct settings *settings, const struct judgement *judgement)
{
	const struct language *language = settings->language;
	char duration[LOGIN_DURATION_SIZE];

	if (judgement->method == METHOD_RECOVERY || judgement->method == METHOD_SCRATCH) {
		text_put(text, say(language,
		    "Recovery code already used. Take the next one on your list."));
	} else if (judgement->method == METHOD_HOTP) {
		text_put(text, say(language, "Code already used. Make the next one."));
	} else if (judgement->wait > SPENT_WAIT_MAX) {
		text_format(text, say(language,
		    "Codes are spent: a clock was ahead. Ask %s, or use a recovery code."),
		    login_contact(settings));
	} else {
		login_duration(duration, language, judgement->wait);
		text_format(text, say(language, "Code already used. Wait %s for the next one."),
		    duration);
	}
}

static void
put_malformed(struct text *text, const struct language *language, long long digits)
{
	if (digits != 0)
		text_format(text, say(language,
		    "Not a code. Type the %lld digits from your app, or a recovery code."), digits);
	else
		text_put(text, say(language,
		    "Not a code. Type the digits from your app, or a recovery code."));
}

static void
put_since(struct text *text, const struct language *language, long long since)
{
	if (since > 0)
		text_format(text, say_n(language, "%lld wrong code since your last sign-in.",
		    "%lld wrong codes since your last sign-in.", since), since);
}

static void
put_clock_behind(struct text *text, const struct language *language, int64_t now)
{
	char date[DATE_SIZE];
	struct text day = text_into(date, sizeof date);

	date_put(&day, now);
	text_end(&day);
	text_format(text, say(language, "This machine's clock says %s; use a recovery code."), date);
}

void
login_answer(char out[static LOGIN_TEXT_SIZE], const struct settings *settings,
    const struct judgement *judgement, const char *name, int64_t now, int64_t created)
{
	const struct language *language = settings->language;
	struct text text = text_into(out, LOGIN_TEXT_SIZE);
	bool clock_behind = now < created - DATE_DAY;

	switch (judgement->verdict) {
	case VERDICT_ACCEPTED:
		put_since(&text, language, judgement->since);
		break;
	case VERDICT_WRONG:
		if (clock_behind && !judgement->locks && !judgement->blocks)
			put_clock_behind(&text, language, now);
		else
			put_wrong(&text, settings, judgement, name, now);
		break;
	case VERDICT_SPENT:
		if (clock_behind && judgement->method == METHOD_TOTP)
			put_clock_behind(&text, language, now);
		else
			put_spent(&text, settings, judgement);
		break;
	case VERDICT_MALFORMED:
	case VERDICT_EMPTY:
		put_malformed(&text, language, judgement->digits);
		break;
	case VERDICT_LOCKED:
		put_locked(&text, settings, judgement->wait);
		break;
	case VERDICT_BLOCKED:
		put_blocked(&text, settings);
		break;
	case VERDICT_EXPIRED:
		text_format(&text, say(language,
		    "Activation code wrong or expired. Ask %s for a new one."),
		    login_contact(settings));
		break;
	case VERDICT_ACTIVATED:
		break;
	case VERDICT_UNENROLLED:
		text_format(&text, settings->enroll_at_login == ENROLL_INVITED
			? say(language, "You have no second step yet. Ask %s for an activation code.")
			: say(language, "You have no second step yet. Ask %s to enroll you."),
		    login_contact(settings));
		break;
	}
	finish(&text);
}

void
login_unavailable(char out[static LOGIN_TEXT_SIZE], const struct settings *settings)
{
	struct text text = text_into(out, LOGIN_TEXT_SIZE);

	text_format(&text, say(settings->language,
	    "The second step is out of order on this machine. Tell %s."), login_contact(settings));
	finish(&text);
}

static void
put_used(struct text *text, const struct settings *settings, unsigned left, bool oneself)
{
	if (oneself)
		text_format(text, say(settings->language,
		    "Recovery code accepted, %lld left. Phone gone? twostep enroll --replace"),
		    (long long)left);
	else
		text_format(text, say(settings->language,
		    "Recovery code accepted, %1$lld left. Phone gone? Ask %2$s to link another."),
		    (long long)left, login_contact(settings));
}

static void
put_few(struct text *text, const struct settings *settings, unsigned left, bool oneself)
{
	if (oneself)
		text_format(text, say_n(settings->language,
		    "%lld recovery code left. Make new ones: twostep recovery --new",
		    "%lld recovery codes left. Make new ones: twostep recovery --new", left),
		    (long long)left);
	else
		text_format(text, say_n(settings->language,
		    "%1$lld recovery code left. Ask %2$s for new ones.",
		    "%1$lld recovery codes left. Ask %2$s for new ones.", left),
		    (long long)left, login_contact(settings));
}

void
login_reminder(char out[static LOGIN_TEXT_SIZE], const struct settings *settings, unsigned left,
    bool recovery_used, bool oneself)
{
	struct text text = text_into(out, LOGIN_TEXT_SIZE);

	if (recovery_used)
		put_used(&text, settings, left, oneself);
	else if (left < FEW)
		put_few(&text, settings, left, oneself);
	finish(&text);
}

void
login_announce(char out[static LOGIN_TEXT_SIZE], const struct settings *settings, int64_t from,
    int64_t days)
{
	static const char *const months[] = { N_("January"), N_("February"), N_("March"),
		N_("April"), N_("May"), N_("June"), N_("July"), N_("August"), N_("September"),
		N_("October"), N_("November"), N_("December") };
	const struct language *language = settings->language;
	/* The day that was written, not the one that it is in Greenwich then. */
	struct date date = date_of(from + settings->require_east);
	struct text text = text_into(out, LOGIN_TEXT_SIZE);

	text_format(&text, say_n(language,
	    "From %1$lld %2$s %3$lld you need a second step here (%4$lld day left).",
	    "From %1$lld %2$s %3$lld you need a second step here (%4$lld days left).", days),
	    (long long)date.day, say(language, months[date.month - 1]), (long long)date.year,
	    (long long)days);
	finish(&text);
}
