/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The set-uid helper. Where it cannot work, screen lockers and people who serve themselves are refused;
 * whoever else than root can write it is root, and who can replace it opens every screen.
 */
#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "doctor.h"
#include "helper/call.h"
#include "terminal.h"

static const char helper[] = TWOSTEP_HELPER;

static void
add_idle(struct doctor *doctor, const char *why)
{
	finding_add(doctor->findings, "helper", helper, 0, why,
	    tr("until it is root's and set-uid, screen lockers refuse, and nobody can serve himself"));
}

static bool
set_uid_counts(void)
{
	struct statvfs system;

	return statvfs(helper, &system) != 0 || (system.f_flag & ST_NOSUID) == 0;
}

static void
look_at(struct doctor *doctor, struct stat *st)
{
	struct store_fault fault;
	const char *why;

	/* Who can write a directory puts a program of his own there, and lockers believe what that says. */
	if (!trusted_parents(helper, 0, &fault))
		finding_add_fault(doctor->findings, "helper-unsafe", &fault);
	/* (The trees of an image may share their files.) */
	st->st_nlink = 1;
	if ((why = trusted_stat(st, TRUSTED_PUBLIC, 0)) != NULL)
		finding_add(doctor->findings, "helper-unsafe", helper, 0, tr(why),
		    tr("see who has changed it, and install it anew"));
	else if ((st->st_mode & S_ISUID) == 0)
		add_idle(doctor, tr("not set-uid"));
	else if (!set_uid_counts())
		add_idle(doctor, tr("on a file system that is mounted nosuid"));
}

void
helper_check(struct doctor *doctor)
{
	struct stat st;

	if (!call_built())
		return;
	modes_check_helper(doctor, helper);
	if (lstat(helper, &st) == 0)
		look_at(doctor, &st);
	else if (errno == ENOENT)
		add_idle(doctor, tr("missing"));
	else
		finding_unreadable(doctor->findings, helper, errno);
}
