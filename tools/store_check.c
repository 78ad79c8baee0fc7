/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "people.h"
#include "progress.h"
#include "terminal.h"

static bool
list(struct doctor *doctor, struct store_fault *fault)
{
	bool ok = names_list(&doctor->enrolled, &doctor->store, store_list, fault) &&
	    names_list(&doctor->invited, &doctor->store, store_list_invited, fault);

	names_sort(&doctor->enrolled);
	names_sort(&doctor->invited);
	return ok;
}

/* A key or marker that is not there: not made yet, or lost beside what was sealed with it. */
static void
add_missing(struct doctor *doctor, const struct settings *settings,
    const struct store_fault *fault)
{
	struct store_fault ignored;
	bool records = doctor->store.directory >= 0 && list(doctor, &ignored) &&
	    doctor->enrolled.count + doctor->invited.count > 0;

	if (!records && access(settings->key_file, F_OK) == 0)
		finding_add(doctor->findings, "store", fault->file, 0,
		    tr("not there, though there is a host key: lost, or not mounted"),
		    tr("mount it, or bring it back from a backup; a new store begins without that key"));
	else if (!records)
		finding_add(doctor->findings, "store", fault->file, 0,
		    tr("not there yet, or not mounted: the first twostep enroll makes it"),
		    NULL);
	else if (strcmp(fault->file, settings->key_file) == 0)
		finding_add(doctor->findings, "key-missing", fault->file, 0,
		    tr("the host key is gone, and the records are sealed with it: nobody gets in"),
		    tr("bring it back from a backup; without one, everybody enrolls again in a new store"));
	else
		finding_add(doctor->findings, "marker-missing", fault->file, 0,
		    tr("gone, though there are records: nobody gets in"),
		    tr("bring it back from a backup, or mount what belongs here"));
}

static bool
open_store(struct doctor *doctor, const struct settings *settings)
{
	struct store_fault fault = { .why = NULL };

	if (store_open(&doctor->store, settings->store, settings->key_file, geteuid(),
		&fault) &&
	    store_key(&doctor->store, &fault) && list(doctor, &fault))
		return true;
	if (fault.error == ENOENT)
		add_missing(doctor, settings, &fault);
	else
		finding_add_fault(doctor->findings, "store", &fault);
	return false;
}

/* What a login cannot be recorded on lets nobody in. */
static void
check_disk(struct doctor *doctor)
{
	if (faccessat(doctor->store.directory, ".", W_OK, 0) != 0 && errno == EROFS)
		finding_add(doctor->findings, "store", doctor->store.path, 0,
		    tr("on a disk that is read-only: nobody gets in"),
		    tr("find out why it became so, and mount it to be written"));
}

/* A login would say no more than that the second step is out of order. */
static void
check_record(struct doctor *doctor, const struct person *person)
{
	WIPED(enrollment_wipe) struct enrollment enrollment = { .generation = 0 };
	WIPED(invitation_wipe) struct invitation invitation = { .has_code = false };
	struct store_fault fault = { .why = NULL };
	struct store *store = &doctor->store;
	struct record record;

	if (!store_look(store, person->name, person->uid, &record, &fault) ||
	    !store_invited(store, &record, &fault) ||
	    (record.enrolled && !store_read(store, &record, &enrollment, &fault)) ||
	    (record.invited && !store_read_invitation(store, &record, &invitation, &fault)))
		finding_add_fault(doctor->findings, "record", &fault);
	record_close(&record);
}

/* Records of nobody are told by status --all. */
static void
check_records(struct doctor *doctor)
{
	struct people people = { .person = NULL };
	struct problem problem;
	struct progress progress;
	size_t i;

	if (people_add_all(&people, doctor->enrolled.name, doctor->enrolled.count, &problem) !=
		EXIT_DONE ||
	    people_add_all(&people, doctor->invited.name, doctor->invited.count, &problem) !=
		EXIT_DONE) {
		doctor->findings->unreadable = true;
		complain("doctor", problem.what, problem.why);
	}
	progress_start(&progress, people.count);
	for (i = 0; i < people.count && !terminal_interrupted(); i++) {
		check_record(doctor, &people.person[i]);
		progress_show(&progress, i + 1);
	}
	progress_clear(&progress);
	if (i < people.count)
		finding_unreadable(doctor->findings, doctor->store.path, EINTR);
	people_free(&people);
}

/* Then no code fits, and a date that has come would lie ahead again. */
static void
check_time(struct doctor *doctor)
{
	char file[PLAIN_PATH_SIZE];

	if (doctor->now < doctor->store.created &&
	    plain_path(file, "", doctor->store.path, "marker") != NULL)
		finding_add(doctor->findings, "clock-behind", file, 0,
		    tr("newer than this machine's clock, which is wrong: codes will not fit"),
		    tr("set the clock, and have chrony or systemd-timesyncd keep it"));
}

static void
check_seal(struct doctor *doctor, const struct settings *settings)
{
	char file[PLAIN_PATH_SIZE];

	if (strcmp(settings->key_file, "none") == 0 && doctor->enrolled.count > 0 &&
	    plain_path(file, "", doctor->store.path, "enrollments") != NULL)
		finding_add(doctor->findings, "unsealed", file, 0,
		    tr("key_file is none: whoever reads a backup has everybody's keys"),
		    tr("set key_file, and have everybody enroll again"));
}

/* Until then a copy of the old key opens what is still under it. */
static void
check_rekey(struct doctor *doctor, const struct settings *settings)
{
	if (doctor->store.key.old_id[0] != '\0')
		finding_add(doctor->findings, "rekey-unfinished", settings->key_file, 0,
		    tr("a new host key was made, and not every record is under it yet"),
		    tr("twostep rekey, which goes on where it was"));
}

void
store_check(struct doctor *doctor, const struct settings *settings)
{
	doctor->answers = open_store(doctor, settings);
	if (!doctor->answers)
		return;
	check_disk(doctor);
	check_time(doctor);
	check_seal(doctor, settings);
	check_rekey(doctor, settings);
	check_records(doctor);
}
