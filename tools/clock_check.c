/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether something keeps the clock right: the kernel knows whether, and the processes say who. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>

#include "core/text.h"
#include "doctor.h"
#include "terminal.h"

#define PROC "/proc"

/* As the kernel names them, in 15 letters; chrony and systemd clear the flag, and so do the others. */
static const char *const keepers[] = { "chronyd", "systemd-timesyn", "ntpd", "ntpsec",
	"openntpd", "ptp4l", "phc2sys", "timemaster" };

static bool
is_keeper(const char *pid)
{
	char path[PLAIN_PATH_SIZE], name[32] = "";
	FILE *file = NULL;

	if (!text_is_digit(*pid) ||
	    snprintf(path, sizeof path, PROC "/%.20s/comm", pid) < 0 ||
	    (file = fopen(path, "re")) == NULL)
		return false;
	if (fgets(name, sizeof name, file) == NULL)
		name[0] = '\0';
	(void)fclose(file);
	name[strcspn(name, "\n")] = '\0';
	for (size_t i = 0; i < sizeof keepers / sizeof *keepers; i++)
		if (strcmp(name, keepers[i]) == 0)
			return true;
	return false;
}

static bool
is_kept(void)
{
	DIR *processes = opendir(PROC);
	const struct dirent *entry;
	bool found = false;

	while (processes != NULL && !found && (entry = readdir(processes)) != NULL)
		found = is_keeper(entry->d_name);
	if (processes != NULL)
		(void)closedir(processes);
	return found;
}

void
clock_check(struct doctor *doctor)
{
	struct timex state = { .modes = 0 };

	/* Kept right by somebody, who may be outside of this container. */
	if (adjtimex(&state) < 0 || (state.status & STA_UNSYNC) == 0)
		return;
	if (is_kept())
		finding_add(doctor->findings, "clock-unset", "clock", 0,
		    tr("a program keeps this machine's time, and has not been able to set it"),
		    tr("see what it says: chronyc tracking, timedatectl timesync-status, ntpq -p"));
	else
		finding_add(doctor->findings, "clock-alone", "clock", 0,
		    tr("no program keeps this machine's time: when it is a minute off, codes do not fit any more"),
		    tr("install chrony, or enable systemd-timesyncd"));
}
