/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/question.h"

#include <string.h>

#include "flow/login.h"
#include "pam/ask.h"
#include "pam/authtok.h"
#include "pam/host.h"

static void
read_answer(struct login *login, const struct secret *typed)
{
	login->settle.now = host_now();
	answer_read(&login->answer, login->pamh, login_account(login), &login->setup.settings, typed);
}

/* Locked or blocked, before anything is typed. */
static enum verdict
standing_of(const struct login *login, int64_t *wait)
{
	if (!login->helped)
		return judge_standing(&login->setup.settings, &login->record.view.history, host_now(), wait);
	*wait = login->facts.wait;
	return (enum verdict)login->facts.standing;
}

static void
prompt(struct login *login)
{
	const struct settings *settings = &login->setup.settings;
	SECRET typed;
	char text[LOGIN_TEXT_SIZE];
	bool same = strcmp(login->before.user, login->who.user) == 0;
	int64_t wait;
	enum verdict standing = standing_of(login, &wait);

	/* One field is asked of strangers, who must not learn that somebody is locked. */
	if (settings->combined)
		standing = VERDICT_EMPTY;
	login_question(text, settings, same ? login->before.said : "", standing, wait);
	login->answer.asked =
	    ask(login->pamh, text, settings->echo && !settings->combined, &typed);
	read_answer(login, &typed);
}

void
question(struct login *login)
{
	const struct settings *settings = &login->setup.settings;
	SECRET left;

	if (settings->try_first_pass || settings->use_first_pass) {
		login->answer.asked = authtok_take(login->pamh, &left);
		read_answer(login, &left);
		if (settings->use_first_pass || answer_fits(&login->answer, settings))
			return;
	}
	prompt(login);
}
