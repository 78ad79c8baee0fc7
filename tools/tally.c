/* SPDX-License-Identifier: BSD-2-Clause */
#include "tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/judge.h"
#include "names.h"
#include "progress.h"
#include "terminal.h"
#include "verb.h"

static int
fail(const struct tally *tally, const char *what, const char *why)
{
	complain(tally->session.request->verb, what, why);
	return EXIT_SYSTEM;
}

/* Those who have a record; who is not on the roll yet comes onto it. */
static int
add_recorded(struct tally *tally, struct names *names,
    bool (*list)(struct store *store, bool (*each)(const char *user, void *arg),
	void *arg, struct store_fault *fault))
{
	struct people *people = &tally->roll.people;
	struct names strange = { .name = NULL };
	struct problem problem;
	int status;

	if (!names_list(names, &tally->session.store, list, &tally->session.fault))
		return complain_fault(tally->session.request->verb, &tally->session.fault);
	names_sort(names);
	strange.name = calloc(names->count + 1, sizeof *strange.name);
	if (strange.name == NULL)
		return fail(tally, tr("accounts"), strerror(errno));
	for (size_t i = 0; i < names->count; i++)
		if (people_find(people, names->name[i]) == NULL)
			strange.name[strange.count++] = names->name[i];
	status = people_add_all(people, strange.name, strange.count, &problem);
	if (status != EXIT_DONE)
		(void)fail(tally, problem.what, problem.why);
	for (size_t i = 0; i < strange.count; i++)
		tally->gone += people_find(people, strange.name[i]) == NULL;
	free(strange.name);
	return status;
}

static int
read_groups(struct tally *tally)
{
	const struct request *request = tally->session.request;
	struct roll *roll = &tally->roll;
	struct problem problem;
	int status = roll_read(roll, &request->settings, session_now(),
	    tally->session.store.created, &problem);

	if (status == EXIT_DONE && request->group != NULL &&
	    (status = people_group_read(
		 &tally->only, request->group, "--group", &problem)) == EXIT_DONE)
		status = people_add_group(&roll->people, &tally->only, &problem);
	if (status != EXIT_DONE) {
		complain(request->verb, problem.what, problem.why);
		return status;
	}
	tally->group[tally->groups++].name = request->group;
	for (unsigned i = 0; request->group == NULL && i < roll->groups.count; i++)
		tally->group[tally->groups++].name = roll->groups.group[i].name;
	return EXIT_DONE;
}

/* Reads the history; one that is damaged does not hide the others. */
static bool
is_locked(struct tally *tally, const struct person *person)
{
	struct session *session = &tally->session;
	struct history_view view;
	int64_t wait;

	if (store_history(&session->store, person->name, &view, &session->fault)) {
		enum verdict standing = judge_standing(
		    &session->request->settings, &view.history, tally->roll.now, &wait);

		return standing == VERDICT_LOCKED || standing == VERDICT_BLOCKED;
	}
	complain_fault(session->request->verb, &session->fault);
	tally->status = EXIT_SYSTEM;
	return false;
}

static struct tally_state
state_of(struct tally *tally, const struct person *person, const struct names *enrolled,
    const struct names *invited)
{
	/* What the policy says of him without a second step tells whether he must have one. */
	struct policy_decision bare = roll_decide(&tally->roll, person, false, false);
	bool passes = bare.policy == POLICY_PASS;
	struct tally_state state = { .enrolled = names_has(enrolled, person->name),
		.invited = names_has(invited, person->name),
		.exempt = passes && strcmp(bare.rule, "exempt") == 0 };

	state.missing =
	    !state.enrolled && (!passes || strcmp(bare.rule, "require_from") == 0);
	state.locked = (state.enrolled || state.invited) && is_locked(tally, person);
	return state;
}

static void
count(struct tally_counts *counts, const struct tally_state *state)
{
	counts->total++;
	counts->enrolled += state->enrolled;
	counts->invited += state->invited;
	counts->missing += state->missing;
	counts->exempt += state->exempt;
	counts->locked += state->locked;
}

/* Everybody's state, and the sums. (roll_decide has just noted which groups he is in.) */
static int
hold_against(
    struct tally *tally, const struct names *enrolled, const struct names *invited)
{
	const struct people *people = &tally->roll.people;
	const struct policy_groups *groups = &tally->roll.groups;
	bool all = tally->session.request->group == NULL;
	struct progress progress;
	size_t i;

	progress_start(&progress, people->count);
	for (i = 0; i < people->count && !terminal_interrupted(); i++) {
		const struct person *person = &people->person[i];

		tally->left_out[i] = !all && !people_group_has(&tally->only, person);
		if (tally->left_out[i])
			continue;
		tally->state[i] = state_of(tally, person, enrolled, invited);
		count(&tally->group[0].counts, &tally->state[i]);
		for (size_t j = 1; j < tally->groups; j++)
			if (groups->group[j - 1].member)
				count(&tally->group[j].counts, &tally->state[i]);
		progress_show(&progress, i + 1);
	}
	progress_clear(&progress);
	return i == people->count ? EXIT_DONE : fail(tally, tr("interrupted"), NULL);
}

int
tally_take(struct tally *tally, struct request *request)
{
	struct names enrolled = { .name = NULL }, invited = { .name = NULL };
	int status;

	memset(tally, 0, sizeof *tally);
	if ((status = session_open_store(&tally->session, request, false)) == EXIT_DONE &&
	    (status = read_groups(tally)) == EXIT_DONE &&
	    (status = add_recorded(tally, &enrolled, store_list)) == EXIT_DONE &&
	    (status = add_recorded(tally, &invited, store_list_invited)) == EXIT_DONE) {
		tally->state = calloc(tally->roll.people.count + 1, sizeof *tally->state);
		tally->left_out =
		    calloc(tally->roll.people.count + 1, sizeof *tally->left_out);
		if (tally->state != NULL && tally->left_out != NULL)
			status = hold_against(tally, &enrolled, &invited);
		else
			status = fail(tally, tr("accounts"), strerror(ENOMEM));
	}
	names_free(&enrolled);
	names_free(&invited);
	return status;
}

void
tally_free(struct tally *tally)
{
	free(tally->state);
	free(tally->left_out);
	people_group_free(&tally->only);
	roll_free(&tally->roll);
	session_close(&tally->session);
}
