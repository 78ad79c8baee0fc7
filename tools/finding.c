/* SPDX-License-Identifier: BSD-2-Clause */
#include "finding.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "session.h"
#include "terminal.h"

/* Of these nobody comes in without a second step, and not everybody is kept out. */
static const char *const advice[] = { "admins", "clock-alone", "clock-unset", "denied",
	"helper", "key-alone", "password-method", "readable", "record", "rekey-unfinished", "robot", "root",
	"sshd-unasked", "unconfirmed", "unenrolled", "unsealed" };

static bool
is_advice(const char *id)
{
	for (size_t i = 0; i < sizeof advice / sizeof *advice; i++)
		if (strcmp(advice[i], id) == 0)
			return true;
	return false;
}

/* Cut where there is no room: what is told stays one line, and draws nothing on a terminal. */
static void
take(char *out, size_t size, const char *string)
{
	struct text text = text_into(out, size);
	const unsigned char *p = (const unsigned char *)string;

	while (*p != '\0' && text_length(&text) + sizeof "\\xNN" <= size) {
		size_t len = terminal_plain(p);

		if (len == 0) {
			text_put(&text, "\\x");
			text_put_hex(&text, p, 1);
		} else {
			text_put_bytes(&text, (const char *)p, len);
		}
		p += len > 0 ? len : 1;
	}
	text_end(&text);
}

static struct finding *
add(struct findings *findings, const char *id, const char *file, unsigned line,
    const char *word)
{
	struct finding *finding;
	char place[PLAIN_PATH_SIZE], setting[sizeof finding->word];

	take(place, sizeof place, file);
	take(setting, sizeof setting, word);
	for (size_t i = 0; i < findings->count; i++) {
		finding = &findings->finding[i];
		if (!finding->mended && strcmp(finding->id, id) == 0 && strcmp(finding->file, place) == 0 &&
		    finding->line == line && strcmp(finding->word, setting) == 0)
			return NULL;
	}
	if (findings->count == FINDINGS_MAX) {
		findings->more++;
		return NULL;
	}
	finding = &findings->finding[findings->count++];
	*finding = (struct finding){ .id = id,
		.line = line,
		.advice = is_advice(id) };
	memcpy(finding->file, place, sizeof place);
	memcpy(finding->word, setting, sizeof setting);
	return finding;
}

struct finding *
finding_add(struct findings *findings, const char *id, const char *file, unsigned line,
    const char *why, const char *mend)
{
	struct finding *finding = add(findings, id, file, line, "");

	if (finding != NULL) {
		take(finding->why, sizeof finding->why, why);
		take(finding->mend, sizeof finding->mend, mend != NULL ? mend : "");
	}
	return finding;
}

void
finding_add_setting(struct findings *findings, const char *file, unsigned line,
    const char *word, const char *why)
{
	struct finding *finding = add(findings, "setting", file, line, word);

	if (finding != NULL)
		take(finding->why, sizeof finding->why, why);
}

void
finding_add_fault(
    struct findings *findings, const char *id, const struct store_fault *fault)
{
	struct problem problem;

	/* Of what root alone may see, others find out nothing. */
	if (fault->error == EACCES && geteuid() != 0) {
		finding_unreadable(findings, fault->file, fault->error);
		return;
	}
	problem_of_fault(&problem, fault);
	(void)finding_add(findings, id, fault->file, fault->line, problem.why, NULL);
}

bool
findings_hold(const struct findings *findings, const char *id)
{
	for (size_t i = 0; i < findings->count; i++)
		if (!findings->finding[i].mended &&
		    strcmp(findings->finding[i].id, id) == 0)
			return true;
	return false;
}

bool
findings_fail(const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		if (!findings->finding[i].advice && !findings->finding[i].mended)
			return true;
	return false;
}

void
finding_unreadable(struct findings *findings, const char *file, int error)
{
	findings->unreadable = true;
	complain("doctor", file, strerror(error));
}

/* `file:line: word`, as far as there are a line and a word. */
#define PLACE_SIZE (PLAIN_PATH_SIZE + 96)
static void
place_of(const struct finding *finding, char place[static PLACE_SIZE])
{
	char line[16] = "";

	if (finding->line > 0)
		(void)snprintf(line, sizeof line, ":%u", finding->line);
	(void)snprintf(place, PLACE_SIZE, "%s%s%s%s", finding->file, line,
	    finding->word[0] != '\0' ? ": " : "", finding->word);
}

static void
tell_one(const struct finding *finding, const char *verb)
{
	char place[PLACE_SIZE], why[2 * FINDING_TEXT + 3];

	place_of(finding, place);
	(void)snprintf(why, sizeof why, "%s%s%s", finding->why,
	    finding->mend[0] != '\0' ? ": " : "", finding->mend);
	if (finding->mended)
		printf(tr("mended: %s: %s\n"), place, why);
	else if (finding->advice)
		printf(tr("advice: %s: %s\n"), place, why);
	else
		complain(verb, place, why);
}

void
findings_tell(const struct findings *findings, const char *verb)
{
	for (size_t i = 0; i < findings->count; i++)
		tell_one(&findings->finding[i], verb);
	if (findings->more > 0)
		complain(verb, tr("and more"), tr("mend these, and ask again"));
}

void
findings_json(const struct findings *findings)
{
	json_open(NULL, '{');
	json_open("findings", '[');
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->finding[i];
		char place[PLACE_SIZE];

		place_of(finding, place);
		json_open(NULL, '{');
		json_string("finding", finding->id);
		json_string("file", finding->file);
		json_number("line", finding->line);
		json_string("what", place);
		json_string("why", finding->why);
		json_string("mend", finding->mend);
		json_bool("advice", finding->advice);
		json_bool("mended", finding->mended);
		json_close('}');
	}
	json_close(']');
	json_close('}');
}
