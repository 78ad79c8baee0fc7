/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack_walk.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define STATES_MAX (1U << 16)

/* What a phase has come to, in libpam's words an impression and a status. */
enum standing {
	UNDECIDED,
	GOOD,
	OTHERWISE /* positive, with another status than success */,
	BAD
};

/* One place on one way. It has no padding: its bytes are compared. */
struct state {
	uint16_t at;     /* of the lines of this phase; their number at the end */
	uint16_t failed; /* 1 + the first factor that failed, or 0 */
	uint16_t round;  /* 1 + the line that went round ours, or 0 */
	uint8_t standing;
	bool proved; /* a first factor has succeeded */
	bool called; /* ours has been */
	uint8_t entered[STACK_LEVELS -
	    1]; /* how it stood when the substack of level n + 1 began */
};
static_assert(sizeof(struct state) == 9 + STACK_LEVELS - 1, "a state has padding");

struct walk {
	const struct stack_line *line[STACK_LINES_MAX];
	size_t count, last; /* `last` of ours; count when there is none */
	const enum stack_answer *ours;
	size_t answers;
	struct state *states; /* those that were come to; `seen` finds them */
	uint32_t *seen;
	uint32_t known, next;
	struct stack_ways *ways;
};

static const struct {
	const char *name;
	enum stack_role role;
} modules[] = { { STACK_MODULE, ROLE_OURS }, { "pam_permit", ROLE_PERMIT },
	{ "pam_deny", ROLE_DENY },
	/* first factors, whatever their control says */
	{ "pam_unix", ROLE_FACTOR }, { "pam_sss", ROLE_FACTOR },
	{ "pam_ldap", ROLE_FACTOR }, { "pam_krb5", ROLE_FACTOR },
	{ "pam_winbind", ROLE_FACTOR }, { "pam_userdb", ROLE_FACTOR },
	{ "pam_u2f", ROLE_FACTOR }, { "pam_pkcs11", ROLE_FACTOR },
	{ "pam_fprintd", ROLE_FACTOR }, { "pam_systemd_home", ROLE_FACTOR },
	{ "pam_radius_auth", ROLE_FACTOR }, { "pam_tacplus", ROLE_FACTOR },
	/* exceptions */
	{ "pam_rootok", ROLE_GATE }, { "pam_succeed_if", ROLE_GATE },
	{ "pam_wheel", ROLE_GATE }, { "pam_localuser", ROLE_GATE },
	{ "pam_usertype", ROLE_GATE }, { "pam_listfile", ROLE_GATE },
	{ "pam_access", ROLE_GATE }, { "pam_time", ROLE_GATE },
	/* the rest of what distributions put there */
	{ "pam_cap", ROLE_SIDE }, { "pam_echo", ROLE_SIDE },
	{ "pam_ecryptfs", ROLE_SIDE }, { "pam_env", ROLE_SIDE },
	{ "pam_faildelay", ROLE_SIDE }, { "pam_faillock", ROLE_SIDE },
	{ "pam_gnome_keyring", ROLE_SIDE }, { "pam_group", ROLE_SIDE },
	{ "pam_issue", ROLE_SIDE }, { "pam_keyinit", ROLE_SIDE },
	{ "pam_kwallet5", ROLE_SIDE }, { "pam_lastlog", ROLE_SIDE },
	{ "pam_limits", ROLE_SIDE }, { "pam_loginuid", ROLE_SIDE },
	{ "pam_mail", ROLE_SIDE }, { "pam_mount", ROLE_SIDE },
	{ "pam_nologin", ROLE_SIDE }, { "pam_securetty", ROLE_SIDE },
	{ "pam_selinux", ROLE_SIDE }, { "pam_sepermit", ROLE_SIDE },
	{ "pam_shells", ROLE_SIDE }, { "pam_tally2", ROLE_SIDE },
	{ "pam_umask", ROLE_SIDE }, { "pam_warn", ROLE_SIDE },
	{ "pam_xauth", ROLE_SIDE } };

/* True when an answer of this line never decides anything. */
static bool
decides_nothing(const struct stack_line *line)
{
	int good = line->action[ANSWER_SUCCESS], bad = line->action[ANSWER_AUTH_ERR];

	return (good == ACTION_OK || good == ACTION_IGNORE) && bad == ACTION_IGNORE;
}

enum stack_role
stack_role(const struct stack_line *line)
{
	for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
		if (strcmp(line->module, modules[i].name) == 0)
			return modules[i].role;
	return decides_nothing(line) ? ROLE_SIDE : ROLE_FACTOR;
}

static uint32_t
hash(const struct state *state)
{
	const uint8_t *p = (const uint8_t *)state;
	uint32_t sum = 2166136261U;

	for (size_t i = 0; i < sizeof *state; i++)
		sum = (sum ^ p[i]) * 16777619U;
	return sum;
}

/* Notes a state to go on from, once. */
static void
come_to(struct walk *walk, const struct state *state)
{
	uint32_t at = hash(state) % (2 * STATES_MAX);

	while (walk->seen[at] != 0) {
		if (memcmp(&walk->states[walk->seen[at] - 1], state, sizeof *state) == 0)
			return;
		at = (at + 1) % (2 * STATES_MAX);
	}
	/* One more is the sign that there was no room. */
	if (walk->known < STATES_MAX)
		walk->states[walk->known] = *state;
	walk->known += walk->known <= STATES_MAX;
	if (walk->known <= STATES_MAX)
		walk->seen[at] = walk->known;
}

/* The first line behind `at` that is not part of what a decision there ends. */
static size_t
behind(const struct walk *walk, size_t at)
{
	unsigned level = walk->line[at]->level;

	while (at + 1 < walk->count && walk->line[at + 1]->level >= level)
		at++;
	return at + 1;
}

bool
stack_jump(const struct stack_line *const *line, size_t count, size_t *at, int jump)
{
	unsigned level = line[*at]->level;

	while (jump > 0 && *at + 1 < count && line[*at + 1]->level >= level) {
		do
			(*at)++;
		while (*at + 1 < count && line[*at + 1]->level > level);
		jump--;
	}
	return jump == 0;
}

static uint8_t
standing_after(
    const struct state *state, const struct stack_line *line, enum stack_answer answer)
{
	switch (line->action[answer]) {
	case ACTION_OK:
	case ACTION_DONE:
		if (state->standing == UNDECIDED || state->standing == GOOD)
			return answer == ANSWER_SUCCESS ? GOOD : OTHERWISE;
		return state->standing;
	case ACTION_BAD:
	case ACTION_DIE:
		return BAD;
	case ACTION_RESET:
		return line->level > 0 ? state->entered[line->level - 1] : UNDECIDED;
	default:
		return state->standing;
	}
}

/* Where the phase goes on after that answer; also notes a jump that ends nowhere. */
static size_t
next_line(struct walk *walk, struct state *state, enum stack_answer answer)
{
	const struct stack_line *line = walk->line[state->at];
	int action = line->action[answer];
	size_t at = state->at;
	bool positive = state->standing == GOOD || state->standing == OTHERWISE;

	if (action == ACTION_DIE || (action == ACTION_DONE && positive))
		return behind(walk, at);
	if (action > 0 && !stack_jump(walk->line, walk->count, &at, action)) {
		state->standing = BAD;
		walk->ways->jump = line;
	}
	return at + 1;
}

/* What the walk has learnt from one answer of one line, apart from how the phase stands. */
static void
learn(struct walk *walk, struct state *state, enum stack_role role,
    enum stack_answer answer)
{
	if (role == ROLE_OURS) {
		if (state->failed != 0 && !state->proved && walk->ways->stranger == NULL)
			walk->ways->stranger = walk->line[state->failed - 1];
		if (state->called && walk->ways->twice == NULL)
			walk->ways->twice = walk->line[state->at];
		state->called = true;
	} else if (role == ROLE_FACTOR && answer == ANSWER_SUCCESS) {
		state->proved = true;
	} else if (role == ROLE_FACTOR && state->failed == 0) {
		state->failed = (uint16_t)(state->at + 1);
	}
}

static void
take_answer(
    struct walk *walk, struct state state, enum stack_role role, enum stack_answer answer)
{
	const struct stack_line *line = walk->line[state.at];
	size_t before = state.at, after;

	state.standing = standing_after(&state, line, answer);
	learn(walk, &state, role, answer);
	after = next_line(walk, &state, answer);
	if (!state.called && walk->last < walk->count && before < walk->last &&
	    after > walk->last) {
		/* An exception that an administrator made is his to make. */
		if (role == ROLE_GATE) {
			walk->ways->open = true;
			return;
		}
		state.round = (uint16_t)(before + 1);
	}
	state.at = (uint16_t)after;
	/* What no line can tell apart any more need not be walked twice. */
	if (after < walk->count)
		for (size_t i = walk->line[after]->level; i < STACK_LEVELS - 1; i++)
			state.entered[i] = 0;
	come_to(walk, &state);
}

static void
arrive(struct walk *walk, const struct state *state)
{
	if (state->standing != GOOD)
		return;
	walk->ways->open = true;
	if (state->called) {
		walk->ways->success = true;
		walk->ways->unproved = walk->ways->unproved || !state->proved;
	} else if (state->round != 0 && walk->ways->round == NULL) {
		walk->ways->round = walk->line[state->round - 1];
	}
}

static void
go_on(struct walk *walk, struct state state)
{
	static const enum stack_answer factor[] = { ANSWER_SUCCESS, ANSWER_AUTH_ERR,
		ANSWER_USER_UNKNOWN, ANSWER_AUTHINFO_UNAVAIL };
	static const enum stack_answer other[] = { ANSWER_SUCCESS, ANSWER_AUTH_ERR,
		ANSWER_PERM_DENIED, ANSWER_IGNORE };
	const struct stack_line *line;
	enum stack_role role;

	if (state.at == walk->count) {
		arrive(walk, &state);
		return;
	}
	line = walk->line[state.at];
	if (state.at > 0 && walk->line[state.at - 1]->level < line->level)
		state.entered[line->level - 1] = state.standing;
	if (line->kind == LINE_SUBSTACK) {
		state.at++;
		come_to(walk, &state);
		return;
	}
	role = line->kind == LINE_BROKEN ? ROLE_DENY : stack_role(line);
	switch (role) {
	case ROLE_OURS:
		for (size_t i = 0; i < walk->answers; i++)
			take_answer(walk, state, role, walk->ours[i]);
		break;
	case ROLE_FACTOR:
		for (size_t i = 0; i < sizeof factor / sizeof *factor; i++)
			take_answer(walk, state, role, factor[i]);
		break;
	case ROLE_GATE:
	case ROLE_SIDE:
		for (size_t i = 0; i < sizeof other / sizeof *other; i++)
			take_answer(walk, state, role, other[i]);
		break;
	case ROLE_PERMIT:
		take_answer(walk, state, role, ANSWER_SUCCESS);
		break;
	case ROLE_DENY:
		take_answer(walk, state, role, ANSWER_AUTH_ERR);
		break;
	}
}

bool
stack_walk(const struct stack *stack, enum stack_type type, const enum stack_answer *ours,
    size_t count, struct stack_ways *ways)
{
	struct walk walk = { .ours = ours, .answers = count, .ways = ways };
	static const struct state start = { .at = 0 };

	memset(ways, 0, sizeof *ways);
	for (size_t i = 0; i < stack->count; i++)
		if (stack->line[i].type == type)
			walk.line[walk.count++] = &stack->line[i];
	walk.last = walk.count;
	for (size_t i = 0; i < walk.count; i++)
		if (stack_is_ours(walk.line[i]))
			walk.last = i;
	walk.states = calloc(STATES_MAX, sizeof *walk.states);
	walk.seen = calloc(2 * STATES_MAX, sizeof *walk.seen);
	if (walk.states != NULL && walk.seen != NULL)
		come_to(&walk, &start);
	while (walk.next < walk.known && walk.known <= STATES_MAX)
		go_on(&walk, walk.states[walk.next++]);
	free(walk.states);
	free(walk.seen);
	return walk.known > 0 && walk.known <= STATES_MAX;
}
