/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who can write what a guarded service goes by: he takes the second step out of it again, or puts a module of
 * his own there, which runs as root.
 */
#include <string.h>
#include <sys/stat.h>

#include "doctor.h"
#include "terminal.h"

static void
look_at(struct doctor *doctor, const char *path)
{
	struct store_fault fault;
	struct stat st;
	const char *why;

	/* (what is not there is told by those who need it) */
	if (stat(path, &st) != 0)
		return;
	/* Programs such as authselect make links, and the trees of an image may share their files. */
	st.st_nlink = 1;
	if ((why = trusted_stat(&st, TRUSTED_PUBLIC, 0)) != NULL)
		finding_add(doctor->findings, "pam-unsafe", path, 0, tr(why),
		    tr("see who has changed it; then it belongs to root, with mode 0644"));
	if (!trusted_parents(path, 0, &fault))
		finding_add_fault(doctor->findings, "pam-unsafe", &fault);
}

void
writers_check(struct doctor *doctor, const struct stack *stack)
{
	const char *last = "";

	/* What is prepared below a directory need not belong to root yet. */
	if (*doctor->root != '\0')
		return;
	for (size_t i = 0; i < stack->count; i++) {
		const struct stack_line *line = &stack->line[i];
		const char *module = stack_is_ours(line) ? stack_module(line) : NULL;

		if (strcmp(line->file, last) != 0)
			look_at(doctor, last = line->file);
		if (module != NULL)
			look_at(doctor, module);
	}
}
