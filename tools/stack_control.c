/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack_control.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"

/* In the order of Linux-PAM's numbers. */
static const char *const answers[ANSWERS + 1] = { "success", "open_err", "symbol_err",
	"service_err", "system_err", "buf_err", "perm_denied", "auth_err",
	"cred_insufficient", "authinfo_unavail", "user_unknown", "maxtries",
	"new_authtok_reqd", "acct_expired", "session_err", "cred_unavail", "cred_expired",
	"cred_err", "no_module_data", "conv_err", "authtok_err", "authtok_recover_err",
	"authtok_lock_busy", "authtok_disable_aging", "try_again", "ignore", "abort",
	"authtok_expired", "module_unknown", "bad_item", "conv_again", "incomplete",
	"default" };

/* In the order of enum stack_action, from 0 down. */
static const char *const actions[] = { "ignore", "ok", "done", "bad", "die", "reset" };

#define ACTIONS (sizeof actions / sizeof *actions)
#define JUMP_MAX 10000

static const struct {
	const char *word;
	int success, ignore, others; /* what new_authtok_reqd does is what success does */
} keywords[] = {
	[CONTROL_REQUIRED] = { "required", ACTION_OK, ACTION_IGNORE, ACTION_BAD },
	[CONTROL_REQUISITE] = { "requisite", ACTION_OK, ACTION_IGNORE, ACTION_DIE },
	[CONTROL_SUFFICIENT] = { "sufficient", ACTION_DONE, ACTION_IGNORE,
	    ACTION_IGNORE },
	[CONTROL_OPTIONAL] = { "optional", ACTION_OK, ACTION_IGNORE, ACTION_IGNORE },
};

#define KEYWORDS (sizeof keywords / sizeof *keywords)

void
stack_control_all(int action[static ANSWERS], int value)
{
	for (size_t i = 0; i < ANSWERS; i++)
		action[i] = value;
}

static void
set_default(int action[static ANSWERS], int value)
{
	for (size_t i = 0; i < ANSWERS; i++)
		if (action[i] == ACTION_UNSET)
			action[i] = value;
}

static void
skip_blanks(struct cursor *cursor)
{
	while (cursor->at < cursor->end &&
	    (text_is_blank(*cursor->at) || *cursor->at == '\n'))
		cursor->at++;
}

/* libpam goes by the beginning of a word: what stands behind it is looked at next. */
static bool
take_one_of(struct cursor *cursor, const char *const *words, size_t count, size_t *which)
{
	for (*which = 0; *which < count; (*which)++)
		if (cursor_take(cursor, words[*which]))
			return true;
	return false;
}

static bool
take_action(struct cursor *cursor, int *action)
{
	int64_t jump = 0;
	size_t which;

	if (take_one_of(cursor, actions, ACTIONS, &which)) {
		*action = -(int)which;
		return true;
	}
	while (cursor->at < cursor->end && text_is_digit(*cursor->at) && jump < JUMP_MAX)
		jump = 10 * jump + (*cursor->at++ - '0');
	*action = (int)jump;
	return jump > 0;
}

static bool
take_pair(struct cursor *cursor, int action[static ANSWERS])
{
	size_t answer;
	int value;

	if (!take_one_of(cursor, answers, ANSWERS + 1, &answer))
		return false;
	skip_blanks(cursor);
	if (!cursor_take(cursor, "="))
		return false;
	skip_blanks(cursor);
	if (!take_action(cursor, &value))
		return false;
	skip_blanks(cursor);
	if (answer == ANSWERS)
		set_default(action, value);
	else
		action[answer] = value;
	return true;
}

bool
stack_control(int action[static ANSWERS], enum stack_control *control, const char *token)
{
	struct cursor cursor = cursor_over(token, strlen(token));

	stack_control_all(action, ACTION_UNSET);
	for (size_t i = 0; i < KEYWORDS; i++) {
		if (strcasecmp(token, keywords[i].word) != 0)
			continue;
		*control = (enum stack_control)i;
		action[ANSWER_SUCCESS] = action[ANSWER_NEW_AUTHTOK_REQD] =
		    keywords[i].success;
		action[ANSWER_IGNORE] = keywords[i].ignore;
		set_default(action, keywords[i].others);
		return true;
	}
	*control = CONTROL_ACTIONS;
	skip_blanks(&cursor);
	while (!cursor_done(&cursor)) {
		if (take_pair(&cursor, action))
			continue;
		stack_control_all(action, ACTION_BAD);
		return false;
	}
	set_default(action, ACTION_BAD);
	return true;
}
