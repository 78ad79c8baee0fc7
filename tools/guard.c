/* SPDX-License-Identifier: BSD-2-Clause */
#include "guard.h"

#include <stdlib.h>
#include <string.h>

#include "core/language.h"
#include "stack_walk.h"

#define AUTH_LINES                                \
	"auth     required   " STACK_MODULE ".so\n" \
	"auth     required   pam_permit.so\n"
#define ACCOUNT_LINES "account  required   " STACK_MODULE ".so\n"
#define NOWHERE ((size_t)-1)

static const char no_memory[] = N_("no memory");

/* Two stacks, one of which has the module's lines. */
struct pair {
	struct stack without, with;
};

/* One phase of a stack. */
struct phase {
	const struct stack_line *line[STACK_LINES_MAX];
	bool ours[STACK_LINES_MAX];
	size_t count;
};

/* ---- texts ------------------------------------------------------------------------- */

/* The bytes before the line of that number; all of them when there are not so many. */
static size_t
offset_of(const struct guard_text *text, unsigned number)
{
	const char *at = text->bytes;

	for (unsigned i = 1; i < number && *at != '\0'; i++) {
		const char *end = strchr(at, '\n');

		at = end != NULL ? end + 1 : at + strlen(at);
	}
	return (size_t)(at - text->bytes);
}

static void
put(struct guard_text *text, const char *bytes, size_t len)
{
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
	text->bytes[text->len] = '\0';
}

/* Lines of ours, of which the first becomes that of `number`. */
static void
put_ours(struct guard_text *text, unsigned number, const char *lines)
{
	if (text->len > 0 && text->bytes[text->len - 1] != '\n')
		put(text, "\n", 1);
	put(text, lines, strlen(lines));
	for (const char *p = lines; (p = strchr(p, '\n')) != NULL; p++)
		text->ours[text->count++] = number++;
}

static bool
is_listed(const struct guard_text *text, unsigned number)
{
	for (size_t i = 0; i < text->count; i++)
		if (text->ours[i] == number)
			return true;
	return false;
}

/* ---- jumps ------------------------------------------------------------------------- */

static void
phase_of(struct phase *phase, const struct stack *stack, enum stack_type type,
    const struct guard_text *text)
{
	phase->count = 0;
	for (size_t i = 0; i < stack->count; i++) {
		const struct stack_line *line = &stack->line[i];

		if (line->type != type)
			continue;
		phase->ours[phase->count] = text != NULL &&
		    strcmp(line->file, stack->file) == 0 && is_listed(text, line->number);
		phase->line[phase->count++] = line;
	}
}

/* Where a jump from there lands: a line, the number of lines for their end, or NOWHERE. */
static size_t
landing(const struct phase *phase, size_t at, int jump)
{
	return stack_jump(phase->line, phase->count, &at, jump) ? at + 1 : NOWHERE;
}

/* Which line of those that are not ours comes next from `at` on; NOWHERE for NOWHERE. */
static size_t
without_ours(const struct phase *with, size_t at)
{
	size_t before = 0;

	if (at == NOWHERE)
		return NOWHERE;
	for (size_t i = 0; i < at; i++)
		before += !with->ours[i];
	return before;
}

/* True for a jump that comes to the same line as before, or to the end of the phase as before. */
static bool
lands_there(const struct phase *without, size_t at, const struct phase *with, size_t same,
    int jump)
{
	size_t before = landing(without, at, jump), after = landing(with, same, jump);

	return before == without_ours(with, after) &&
	    (before == without->count) == (after == with->count);
}

static bool
jumps_of_line(const struct phase *without, size_t at, const struct phase *with, size_t same)
{
	const struct stack_line *line = without->line[at];

	for (size_t i = 0; i < ANSWERS && line->kind == LINE_MODULE; i++)
		if (line->action[i] > 0 &&
		    !lands_there(without, at, with, same, line->action[i]))
			return false;
	return true;
}

/* True when every jump of a phase lands where it did, or at our lines that stand before that. */
static bool
jumps_stand(const struct pair *pair, enum stack_type type, const struct guard_text *text)
{
	struct phase without, with;
	size_t at = 0;

	phase_of(&without, &pair->without, type, NULL);
	phase_of(&with, &pair->with, type, text);
	for (size_t i = 0; i < with.count; i++) {
		if (with.ours[i])
			continue;
		if (at == without.count || !jumps_of_line(&without, at, &with, i))
			return false;
		at++;
	}
	return at == without.count;
}

static bool
all_jumps_stand(const struct pair *pair, const struct guard_text *text)
{
	for (enum stack_type type = STACK_AUTH; type < STACK_TYPES; type++)
		if (!jumps_stand(pair, type, text))
			return false;
	return true;
}

/* Nobody gets in, whatever he knows. */
static bool
is_closed(const struct stack *stack)
{
	struct stack_ways ways;

	return stack_walk(stack, STACK_AUTH, NULL, 0, &ways) && !ways.open;
}

/* ---- in ---------------------------------------------------------------------------- */

/* With the account line before the line `account`, and the auth lines behind the line `auth`. */
static void
build(struct guard_text *with, const struct guard_text *without, unsigned account,
    unsigned auth)
{
	size_t first = offset_of(without, account), second = offset_of(without, auth + 1);
	bool account_first = first < second;
	size_t one = account_first ? first : second, two = account_first ? second : first;

	with->len = with->count = 0;
	put(with, without->bytes, one);
	put_ours(with, account_first ? account : auth + 1,
	    account_first ? ACCOUNT_LINES : AUTH_LINES);
	put(with, without->bytes + one, two - one);
	put_ours(with, account_first ? auth + 2 : account + 2,
	    account_first ? AUTH_LINES : ACCOUNT_LINES);
	put(with, without->bytes + two, without->len - two);
}

/* By which line the first of a type comes in; 0 where there is none. */
static unsigned
first_line(const struct stack *stack, enum stack_type type)
{
	for (size_t i = 0; i < stack->count; i++)
		if (stack->line[i].type == type)
			return stack->line[i].from;
	return 0;
}

static const struct stack_line *
last_factor(const struct stack *stack)
{
	const struct stack_line *last = NULL;

	for (size_t i = 0; i < stack->count; i++) {
		const struct stack_line *line = &stack->line[i];

		if (line->type == STACK_AUTH && line->kind == LINE_MODULE &&
		    stack_role(line) == ROLE_FACTOR)
			last = line;
	}
	return last;
}

/* Tries each end of a line that is not before the factor, the nearest first. */
static const char *
place(struct guard_text *with, struct pair *pair, const struct guard_text *text,
    const struct stack_line *factor, unsigned account)
{
	const struct stack *stack = &pair->without;
	unsigned tried = 0;

	for (size_t i = (size_t)(factor - stack->line); i < stack->count; i++) {
		const struct stack_line *line = &stack->line[i];

		if (line->type != STACK_AUTH || line->until == tried)
			continue;
		tried = line->until;
		build(with, text, account, tried);
		if (!stack_parse(&pair->with, stack->root, stack->file, with->bytes))
			return no_memory;
		if (all_jumps_stand(pair, with))
			return NULL;
	}
	return N_("a jump leads over every place for the module's lines, or to the end of the phase");
}

static const char *
add(struct guard_text *with, struct pair *pair, const struct guard_text *text)
{
	const struct stack *stack = &pair->without;
	const struct stack_line *factor = last_factor(stack);
	unsigned account = first_line(stack, STACK_ACCOUNT);

	if (stack->cut)
		return N_("has more lines than can be judged");
	for (size_t i = 0; i < stack->count; i++) {
		if (stack->line[i].broken != NULL)
			return stack->line[i].broken;
		if (stack_is_ours(&stack->line[i]))
			return N_("has the module already");
	}
	if (factor == NULL)
		return N_("asks for no first factor, behind which the module could stand");
	if (account == 0)
		return N_("has no account line, before which the module's could stand");
	/* The pam_permit.so behind the module would open it, and could never be taken out again. */
	if (is_closed(stack))
		return N_("lets nobody in as it is");
	return place(with, pair, text, factor, account);
}

const char *
guard_add(struct guard_text *with, const char *file, const struct guard_text *without)
{
	struct pair *pair = calloc(1, sizeof *pair);
	const char *why = no_memory;

	if (without->len > GUARD_TEXT_MAX)
		why = N_("too long");
	else if (pair != NULL && stack_parse(&pair->without, "", file, without->bytes))
		why = add(with, pair, without);
	free(pair);
	return why;
}

/* ---- out --------------------------------------------------------------------------- */

static void
list(struct guard_text *text, const struct stack_line *line)
{
	for (unsigned i = line->number;
	     i <= line->until && text->count < sizeof text->ours / sizeof *text->ours; i++)
		text->ours[text->count++] = i;
}

/* The line that guard_add puts behind the module's, where it stands right behind it. */
static const struct stack_line *
permit_behind(const struct stack *stack, const struct stack_line *ours)
{
	const struct stack_line *line = ours + 1;

	return line < stack->line + stack->count && line->type == STACK_AUTH &&
		strcmp(line->file, stack->file) == 0 && line->kind == LINE_MODULE &&
		line->number == ours->until + 1 && line->control == CONTROL_REQUIRED &&
		stack_role(line) == ROLE_PERMIT
	    ? line
	    : NULL;
}

/* Which lines are ours. */
static const char *
find(struct guard_text *with, const struct stack *stack)
{
	with->count = 0;
	for (size_t i = 0; i < stack->count; i++) {
		const struct stack_line *line = &stack->line[i], *permit;

		if (!stack_is_ours(line))
			continue;
		if (strcmp(line->file, stack->file) != 0)
			return N_("has the module by way of a file that it includes");
		list(with, line);
		permit = line->type == STACK_AUTH ? permit_behind(stack, line) : NULL;
		if (permit != NULL)
			list(with, permit);
	}
	return with->count > 0 ? NULL : N_("does not have the module");
}

static void
drop_ours(struct guard_text *without, const struct guard_text *with)
{
	const char *at = with->bytes;

	without->len = without->count = 0;
	for (unsigned number = 1; *at != '\0'; number++) {
		size_t len = strcspn(at, "\n");

		len += at[len] == '\n';
		if (!is_listed(with, number))
			put(without, at, len);
		at += len;
	}
}

/* Whether a line of ours jumps: over a refusal, say, that everybody would come to without it. */
static bool
ours_jumps(const struct stack *stack)
{
	for (size_t i = 0; i < stack->count; i++)
		for (size_t answer = 0; stack_is_ours(&stack->line[i]) && answer < ANSWERS; answer++)
			if (stack->line[i].action[answer] > 0)
				return true;
	return false;
}

static const char *
take_out(struct guard_text *without, struct pair *pair, struct guard_text *with)
{
	const struct stack *stack = &pair->with;
	const char *why = stack->cut ? N_("has more lines than can be judged") : find(with, stack);

	if (why != NULL)
		return why;
	drop_ours(without, with);
	if (!stack_parse(&pair->without, "", stack->file, without->bytes))
		return no_memory;
	if (ours_jumps(stack) || !all_jumps_stand(pair, with))
		return N_("a jump would land elsewhere without the module's lines");
	if (last_factor(&pair->without) == NULL)
		return N_("would ask for nothing at all without the module");
	return is_closed(&pair->without) ? N_("would let nobody in without the module") : NULL;
}

const char *
guard_remove(struct guard_text *without, const char *file, struct guard_text *with)
{
	struct pair *pair = calloc(1, sizeof *pair);
	const char *why = no_memory;

	if (pair != NULL && stack_parse(&pair->with, "", file, with->bytes))
		why = take_out(without, pair, with);
	free(pair);
	return why;
}
