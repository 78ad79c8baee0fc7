/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "core/date.h"
#include "core/list.h"
#include "json.h"
#include "tally.h"
#include "terminal.h"
#include "verb.h"

#define NAMES_SHOWN 20 /* to people; scripts get all */
#define NAMES_A_LINE 5

/* Whole days until require_from, rounded up; 0 from then on. */
static long long
days_left(const struct tally *tally)
{
	int64_t left = tally->roll.settings->require_from - tally->roll.now;

	/* A clock that is behind the store is wrong: no date lies ahead then, as at a login. */
	if (left <= 0 || tally->roll.now < tally->roll.created)
		return 0;
	return (left + DATE_DAY - 1) / DATE_DAY;
}

static void
json_counts(const struct tally_counts *counts)
{
	json_number("total", (long long)counts->total);
	json_number("enrolled", (long long)counts->enrolled);
	json_number("invited", (long long)counts->invited);
	json_number("missing", (long long)counts->missing);
	json_number("exempt", (long long)counts->exempt);
	json_number("locked", (long long)counts->locked);
}

static void
json_person(const char *user, const struct tally_state *state)
{
	json_open(NULL, '{');
	json_string("user", user);
	json_bool("enrolled", state->enrolled);
	json_bool("invited", state->invited);
	json_bool("missing", state->missing);
	json_bool("exempt", state->exempt);
	json_bool("locked", state->locked);
	json_close('}');
}

static void
print_json(const struct tally *tally)
{
	const struct people *people = &tally->roll.people;
	int64_t from = tally->roll.settings->require_from;
	char moment[TERMINAL_TIME_SIZE];

	terminal_time_json(moment, from);
	json_open(NULL, '{');
	json_string("require_from", from != 0 ? moment : NULL);
	json_number("days", days_left(tally));
	json_counts(&tally->group[0].counts);
	json_number("gone", (long long)tally->gone);
	json_open("groups", '[');
	for (size_t i = tally->group[0].name != NULL ? 0 : 1; i < tally->groups; i++) {
		json_open(NULL, '{');
		json_string("group", tally->group[i].name);
		json_counts(&tally->group[i].counts);
		json_close('}');
	}
	json_close(']');
	json_open("people", '[');
	for (size_t i = 0; i < people->count; i++)
		if (!tally->left_out[i])
			json_person(people->person[i].name, &tally->state[i]);
	json_close(']');
	json_close('}');
}

static void
print_date(const struct tally *tally)
{
	const struct settings *settings = tally->roll.settings;
	long long days = days_left(tally);
	char date[32];
	struct text text = text_into(date, sizeof date);

	/* The day that was written, as at a login. */
	date_put(&text, settings->require_from + settings->require_east);
	text_end(&text);
	if (strcmp(settings->require, LIST_NOBODY) == 0)
		printf("%s\n\n", tr("Nobody must have a second step."));
	else if (days > 0)
		printf(tr_n("Required from %s on: %lld day left.\n\n",
			   "Required from %s on: %lld days left.\n\n", days),
		    date, days);
	else if (settings->require_from != 0)
		printf(tr("Required since %s.\n\n"), date);
	else
		printf("%s\n\n", tr("Required now."));
}

static const char *const titles[] = { N_("total"), N_("enrolled"), N_("invited"),
	N_("missing"), N_("exempt"), N_("locked") };

#define COLUMNS (sizeof titles / sizeof *titles)

/* A column is as wide as its title in the language of the day. */
static int
width(size_t column)
{
	int length = (int)strlen(tr(titles[column]));

	return length > 9 ? length : 9;
}

static void
print_titles(void)
{
	printf("%-13s", "");
	for (size_t i = 0; i < COLUMNS; i++)
		printf("%s%*s", i > 0 ? " " : "", width(i), tr(titles[i]));
	printf("\n");
}

static void
print_counts(const struct tally_group *group)
{
	const struct tally_counts *counts = &group->counts;
	const size_t column[COLUMNS] = { counts->total, counts->enrolled, counts->invited,
		counts->missing, counts->exempt, counts->locked };

	if (group->name != NULL)
		printf("@%-12s", group->name);
	else
		printf("%-13s", tr("everybody"));
	for (size_t i = 0; i < COLUMNS; i++)
		printf("%s%*zu", i > 0 ? " " : "", width(i), column[i]);
	printf("\n");
}

static bool
is_missing(const struct tally_state *state)
{
	return state->missing;
}

static bool
is_locked(const struct tally_state *state)
{
	return state->locked;
}

/* Their names, as many as a person reads. */
static void
print_names(const struct tally *tally, const char *title,
    bool (*is)(const struct tally_state *state))
{
	const struct people *people = &tally->roll.people;
	size_t all = 0;

	for (size_t i = 0; i < people->count; i++) {
		if (tally->left_out[i] || !is(&tally->state[i]))
			continue;
		if (all == 0)
			printf("\n%s:", title);
		if (all < NAMES_SHOWN) {
			printf("%s", all % NAMES_A_LINE == 0 ? "\n    " : " ");
			terminal_put(stdout, people->person[i].name, strlen(people->person[i].name));
		}
		all++;
	}
	if (all > NAMES_SHOWN)
		printf(
		    tr("\n    and %zu more: --json names them all"), all - NAMES_SHOWN);
	if (all > 0)
		printf("\n");
}

static void
print_table(const struct tally *tally)
{
	print_date(tally);
	print_titles();
	for (size_t i = 0; i < tally->groups; i++)
		print_counts(&tally->group[i]);
	print_names(tally, tr("Missing"), is_missing);
	print_names(tally, tr("Locked"), is_locked);
	if (tally->gone > 0)
		printf(tr_n("\n%lld record belongs to no account: twostep status --all\n",
			   "\n%lld records belong to no account: twostep status --all\n",
			   (long long)tally->gone),
		    (long long)tally->gone);
}

int
verb_report(struct request *request)
{
	struct tally tally;
	int status = tally_take(&tally, request);

	if (status == EXIT_DONE) {
		if (request->json)
			print_json(&tally);
		else
			print_table(&tally);
		status = tally.status;
	}
	tally_free(&tally);
	return status;
}
