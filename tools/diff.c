/* SPDX-License-Identifier: BSD-2-Clause */
#include "diff.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "terminal.h"

#define AROUND 3 /* lines that are shown before and after */

/* One line of either text, or of both. */
struct row {
	bool before, after; /* that text has it */
	const char *line;
	size_t len;
};

/* Where two texts are walked together. */
struct pair {
	const char *before, *after;
	unsigned number_before, number_after; /* of the next lines */
};

static size_t
length(const char *at)
{
	return strcspn(at, "\n");
}

static bool
same(const char *a, const char *b)
{
	size_t len = length(a);

	return *a != '\0' && *b != '\0' && len == length(b) && memcmp(a, b, len) == 0;
}

static const char *
next(const char *at)
{
	at += length(at);
	return *at == '\n' ? at + 1 : at;
}

/* The next line of the longer text, which has all of the other: where they differ it is one more. */
static bool
step(struct pair *pair, bool adds, struct row *row)
{
	const char *line = adds ? pair->after : pair->before;
	bool both = same(pair->before, pair->after);

	if (*line == '\0')
		return false;
	*row = (struct row){ both || !adds, both || adds, line, length(line) };
	if (row->before) {
		pair->before = next(pair->before);
		pair->number_before++;
	}
	if (row->after) {
		pair->after = next(pair->after);
		pair->number_after++;
	}
	return true;
}

static void
print_row(const struct row *row)
{
	(void)putchar(!row->before ? '+' : !row->after ? '-' : ' ');
	terminal_put(stdout, row->line, row->len);
	(void)putchar('\n');
}

static bool
is_change(const struct row *row)
{
	return !row->before || !row->after;
}

/* How many rows from here on are one piece: until more of them are equal than stand around it. */
static unsigned
extent(struct pair pair, bool adds)
{
	unsigned rows = 0, last = 0;
	struct row row;

	while (step(&pair, adds, &row) && rows < last + 2 * AROUND + 1) {
		rows++;
		if (is_change(&row))
			last = rows;
	}
	return last + AROUND < rows ? last + AROUND : rows;
}

static void
print_piece(struct pair *pair, bool adds, unsigned rows)
{
	struct pair end = *pair;
	struct row row;

	for (unsigned i = 0; i < rows; i++)
		(void)step(&end, adds, &row);
	printf("@@ -%u,%u +%u,%u @@\n", pair->number_before,
	    end.number_before - pair->number_before, pair->number_after,
	    end.number_after - pair->number_after);
	while (rows-- > 0 && step(pair, adds, &row))
		print_row(&row);
}

/* True when a change is no further off than what stands around it. */
static bool
is_near(struct pair pair, bool adds)
{
	struct row row;

	for (unsigned i = 0; i <= AROUND && step(&pair, adds, &row); i++)
		if (is_change(&row))
			return true;
	return false;
}

void
diff_print(const char *file, const char *before, const char *after)
{
	struct pair pair = { before, after, 1, 1 };
	bool adds = strlen(after) > strlen(before);
	struct row row;

	printf("--- %s\n+++ %s\n", file, file);
	while (*pair.before != '\0' || *pair.after != '\0') {
		if (is_near(pair, adds))
			print_piece(&pair, adds, extent(pair, adds));
		else if (!step(&pair, adds, &row))
			break;
	}
}
