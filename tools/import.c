/* SPDX-License-Identifier: BSD-2-Clause */
#include "import.h"

#include <stdio.h>
#include <string.h>

#include "json.h"
#include "store/fresh.h"
#include "terminal.h"

static const char verb[] = "import";

void
import_person_wipe(struct import_person *person)
{
	secret_clear(person, sizeof *person);
}

int
import_fail(struct import *import, const char *what, const char *why)
{
	progress_clear(&import->progress);
	complain(verb, what, why);
	return import->status = EXIT_SYSTEM;
}

static void
put_json(const struct import *import, const char *source, const char *user,
    const char *result, const char *why)
{
	if (!import->session.request->json)
		return;
	json_open(NULL, '{');
	json_string("user", user);
	json_string("source", source);
	json_string("result", result);
	json_string("why", why);
	json_close('}');
}

static void
say_why(struct import *import, const char *source, const char *why)
{
	progress_clear(&import->progress);
	complain(verb, source, why);
}

void
import_refuse(
    struct import *import, const char *source, const char *user, const char *why)
{
	import->refused++;
	say_why(import, source, why);
	put_json(import, source, user, "refused", why);
}

/* True to go on: a damaged record keeps no other waiting; a disk that does not write is wrong for all. */
static bool
refuse_fault(struct import *import, const struct import_person *person)
{
	const struct store_fault *fault = &import->session.fault;
	struct problem problem;
	char why[sizeof problem.what + sizeof problem.why + 2];

	problem_of_fault(&problem, fault);
	(void)snprintf(why, sizeof why, "%s: %s", problem.what, problem.why);
	import_refuse(import, person->source, person->user, why);
	import->status = EXIT_SYSTEM;
	return fault->error == 0 || fault->holder > 0;
}

static bool
has_all(const struct enrollment *enrollment, const struct import_person *person)
{
	for (unsigned i = 0; i < person->devices; i++)
		if (enrollment_device_id(enrollment, person->device[i].id) == NULL)
			return false;
	return true;
}

/* The record as it shall be. False with the session's fault. */
static bool
compose(struct session *session, const struct import_person *person)
{
	struct enrollment *enrollment = &session->enrollment;
	struct recovery_set *set = &enrollment->scratch;

	memcpy(enrollment->user, session->user, sizeof enrollment->user);
	enrollment->uid = session->uid;
	memcpy(
	    enrollment->device, person->device, person->devices * sizeof *person->device);
	enrollment->devices = person->devices;
	enrollment->recovery.count = enrollment->one.count = set->count = 0;
	enrollment->codes_due = false;
	if (!fresh_bytes(set->salt, sizeof set->salt, &session->fault))
		return false;
	for (unsigned i = 0; i < person->codes; i++)
		if (!recovery_add(
			set, &session->store.key, SCRATCH_CHARS, person->code[i]))
			return store_fault_set(
			    &session->fault, NULL, "libcrypto", "failed", 0);
	return true;
}

/* Whoever may write to a home, or to a directory, names the file in there. */
static void
say_taken(const struct import_person *person)
{
	char source[IMPORT_SOURCE_SIZE], user[TEXT_NAME_SIZE];

	(void)snprintf(source, sizeof source, "%s", person->source);
	(void)snprintf(user, sizeof user, "%s", person->user);
	terminal_clean(source, "");
	terminal_clean(user, "");
	printf(tr("%s: would be taken: %s\n"), source, user);
}

static void
took(struct import *import, const struct import_person *person)
{
	const struct request *request = import->session.request;

	import->taken++;
	if (person->warning != NULL)
		say_why(import, person->source, person->warning);
	if (request->dry_run && !request->json)
		say_taken(person);
	put_json(import, person->source, person->user, "taken", person->warning);
}

static bool
store(struct import *import, const struct import_person *person)
{
	struct session *session = &import->session;

	if (!compose(session, person))
		return refuse_fault(import, person);
	switch (store_replace(
	    &session->store, &session->record, &session->enrollment, &session->fault)) {
	case STORE_OK:
		for (unsigned i = 0; i < person->devices; i++)
			session_announce(session, "enrolled", person->device[i].name,
			    judge_method_name(person->device[i].otp.type == OTP_HOTP
				    ? METHOD_HOTP
				    : METHOD_TOTP));
		took(import, person);
		return true;
	case STORE_CONFLICT:
		import_refuse(import, person->source, person->user,
		    tr("changed by somebody else meanwhile"));
		return true;
	case STORE_FAULT:
		break;
	}
	return refuse_fault(import, person);
}

bool
import_take(struct import *import, const struct import_person *person)
{
	struct session *session = &import->session;
	const struct request *request = session->request;

	if (import->no_store) {
		took(import, person);
		return true;
	}
	(void)snprintf(session->user, sizeof session->user, "%s", person->user);
	session->uid = person->uid;
	if (!session_read(session, session->user, session->uid))
		return refuse_fault(import, person);
	if (session->record.enrolled && has_all(&session->enrollment, person)) {
		import->there++;
		put_json(import, person->source, person->user, "there", NULL);
		return true;
	}
	if (session->record.enrolled && !request->replace) {
		import_refuse(import, person->source, person->user,
		    tr("is enrolled with another device: use --replace"));
		return true;
	}
	if (!request->dry_run)
		return store(import, person);
	took(import, person);
	return true;
}
