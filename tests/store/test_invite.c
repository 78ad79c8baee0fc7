/* SPDX-License-Identifier: BSD-2-Clause */
#include "site.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/settle.h"
#include "trouble.h"

#define ALICE "alice", 1000
#define BOB "bob", 1001
#define UNTIL (SAMPLE_NOW + 3600)
#define CODE "0123456789AB"

/* Looks a user and his invitation up, and expects no fault; record_close is due. */
static void
look(struct site *site, const char *user, uid_t uid, struct record *record)
{
	site_look(site, user, uid, record);
	if (!store_invited(&site->store, record, &site->fault))
		fail_msg("%s: %s", site->fault.file, site->fault.why);
}

/* An invitation beside the enrollment that was looked at, with a code that nobody knows. */
static void
invitation_for(struct site *site, const struct record *record, struct invitation *invitation)
{
	struct enrollment enrollment = { .generation = 0 };

	if (record->enrolled)
		assert_true(store_read(&site->store, record, &enrollment, &site->fault));
	*invitation = (struct invitation){ .generation = enrollment.generation,
		.has_code = true, .code.count = 1, .until = UNTIL, .replace = record->enrolled };
}

/* Invites with this code, or for NULL with one that nobody knows. */
static enum store_answer
invite_with(struct site *site, const char *user, uid_t uid, const char *code)
{
	struct invitation invitation;
	enum store_answer answer;
	struct record record;

	look(site, user, uid, &record);
	invitation_for(site, &record, &invitation);
	if (code != NULL) {
		invitation.code.count = 0;
		assert_true(recovery_add(&invitation.code, &site->store.key, ACTIVATION_CHARS, code));
	}
	answer = store_invite(&site->store, &record, &invitation, &site->fault);
	record_close(&record);
	return answer;
}

static enum store_answer
invite(struct site *site, const char *user, uid_t uid)
{
	return invite_with(site, user, uid, NULL);
}

/* Removes the invitation, or with `all` the enrollment. */
static enum store_answer
take_away(struct site *site, const char *user, uid_t uid, bool all)
{
	enum store_answer answer;
	struct record record;

	look(site, user, uid, &record);
	answer = all ? store_replace(&site->store, &record, NULL, &site->fault)
		     : store_invite(&site->store, &record, NULL, &site->fault);
	record_close(&record);
	return answer;
}

static enum store_answer
drop(struct site *site, const char *user, uid_t uid)
{
	return take_away(site, user, uid, false);
}

static enum store_answer
remove_all(struct site *site, const char *user, uid_t uid)
{
	return take_away(site, user, uid, true);
}

/* Enrolls on top of what is there, as the next generation. */
static enum store_answer
enroll(struct site *site, const char *user, uid_t uid, uint32_t seed)
{
	struct enrollment enrollment = { .generation = 0 };
	enum store_answer answer;
	struct record record;

	site_look(site, user, uid, &record);
	if (record.enrolled)
		assert_true(store_read(&site->store, &record, &enrollment, &site->fault));
	memcpy(enrollment.user, user, strlen(user) + 1);
	enrollment.uid = uid;
	enrollment.devices = 1;
	sample_device(&enrollment.device[0], "phone", OTP_TOTP, seed);
	answer = store_replace(&site->store, &record, &enrollment, &site->fault);
	record_close(&record);
	return answer;
}

/* An invitation is there, and worth something beside what the user is enrolled as. */
static bool
stands(struct site *site, const char *user, uid_t uid)
{
	struct enrollment enrollment = { .generation = 0 };
	struct invitation invitation;
	struct record record;
	bool fits = false;

	look(site, user, uid, &record);
	if (record.enrolled)
		assert_true(store_read(&site->store, &record, &enrollment, &site->fault));
	if (record.invited) {
		assert_true(store_read_invitation(&site->store, &record, &invitation, &site->fault));
		fits = invitation_fits(&invitation, enrollment.generation);
	}
	record_close(&record);
	return fits;
}

static bool
there(const struct site *site, const char *below)
{
	return access(site_path(site, below), F_OK) == 0;
}

static bool
asking_fails(struct site *site, const char *user, uid_t uid)
{
	struct record record;
	bool fails;

	site->fault = (struct store_fault){ .line = 0 };
	site_look(site, user, uid, &record);
	fails = !store_invited(&site->store, &record, &site->fault);
	record_close(&record);
	assert_true(!fails || site->fault.why != NULL);
	return fails;
}

static void
what_was_written_reads_otherwise(void **state)
{
	struct site *site = *state;
	struct invitation invitation, back;
	struct record record;
	struct stat st;

	look(site, ALICE, &record);
	assert_false(record.invited);
	assert_false(record.has_history);
	assert_false(store_read_invitation(&site->store, &record, &back, &site->fault));
	sample_invitation(&invitation);
	invitation.generation = 0;
	/* whose it is, the record says */
	memcpy(invitation.user, "bob", sizeof "bob");
	invitation.uid = 77;
	assert_int_equal(store_invite(&site->store, &record, &invitation, &site->fault), STORE_OK);
	for (unsigned again = 0; again < 2; again++) {
		assert_true(record.invited);
		assert_true(record.has_history);
		assert_string_equal(record.view.history.user, "alice");
		assert_true(store_read_invitation(&site->store, &record, &back, &site->fault));
		assert_true(sample_same_invitation(&back, &invitation));
		assert_string_equal(back.user, "alice");
		assert_int_equal(back.uid, 1000);
		assert_true(store_look_again(&site->store, &record, &site->fault));
	}
	record_close(&record);
	assert_int_equal(lstat(site_path(site, "store/invitations/alice"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(lstat(site_path(site, "store/histories/alice"), &st), 0);
	assert_int_equal(st.st_size, HISTORY_SIZE);
	assert_int_equal(drop(site, ALICE), STORE_OK);
	assert_false(there(site, "store/invitations/alice"));
	assert_true(there(site, "store/histories/alice"));
	assert_int_equal(drop(site, ALICE), STORE_OK);
}

static void
rule_01_directory_of_somebody_else_means_nobody_is_invited(void **state)
{
	struct site *site = *state;

	assert_int_equal(invite(site, ALICE), STORE_OK);
	assert_int_equal(chmod(site_path(site, "store/invitations"), 0777), 0);
	assert_true(asking_fails(site, ALICE));
	assert_int_equal(chmod(site_path(site, "store/invitations"), 0700), 0);
	assert_int_equal(chmod(site_path(site, "store/invitations/alice"), 0666), 0);
	assert_true(asking_fails(site, ALICE));
	assert_int_equal(chmod(site_path(site, "store/invitations/alice"), 0600), 0);
	assert_false(asking_fails(site, ALICE));
	/* what he typed wrong must be somewhere */
	assert_int_equal(unlink(site_path(site, "store/histories/alice")), 0);
	assert_true(asking_fails(site, ALICE));
}

static void
store_of_before_there_were_invitations_refuses(void **state)
{
	struct site *site = *state;
	struct record record;

	assert_int_equal(rmdir(site_path(site, "store/invitations")), 0);
	look(site, ALICE, &record);
	assert_false(record.invited);
	record_close(&record);
	assert_true(store_list_invited(&site->store, NULL, NULL, &site->fault));
	site_enroll(site, BOB, 2);
	assert_int_equal(remove_all(site, BOB), STORE_OK);
	assert_int_equal(invite(site, ALICE), STORE_OK);
	assert_true(stands(site, ALICE));
}

static void
rule_13_damaged_or_foreign_invitation_is_read(void **state)
{
	struct site *site = *state;
	char bytes[INVITATION_SIZE * 2] = { 0 };
	struct invitation invitation;
	struct record record;
	size_t len;

	assert_int_equal(invite(site, ALICE), STORE_OK);
	assert_int_equal(invite(site, BOB), STORE_OK);
	len = site_get(site, "store/invitations/alice", bytes, sizeof bytes);
	for (unsigned what = 0; what < 5; what++) {
		static const size_t longer[] = { 0, 1, 0, 0, INVITATION_SIZE };
		size_t size = what == 2 ? len - 1 : what == 3 ? 0 : len + longer[what];

		/* another's, a byte more, a byte less, none, and more than there can be */
		site_put(site, "store/invitations/bob", bytes, size);
		look(site, BOB, &record);
		assert_true(record.invited);
		assert_false(store_read_invitation(&site->store, &record, &invitation, &site->fault));
		record_close(&record);
	}
	/* Such a one can still be replaced. */
	assert_int_equal(invite(site, BOB), STORE_OK);
	assert_true(stands(site, BOB));
}

static void
history_of_an_invited_user_is_the_decoys(void **state)
{
	struct site *site = *state;
	struct record record;
	struct history next;

	assert_int_equal(invite(site, ALICE), STORE_OK);
	for (unsigned i = 1; i <= 3; i++) {
		look(site, ALICE, &record);
		assert_false(record.enrolled);
		assert_int_equal(record.view.history.failures, i - 1);
		next = record.view.history;
		next.seq++;
		next.flushed = false;
		next.failures++;
		assert_int_equal(store_swap(&site->store, &record, &next, &site->fault), STORE_OK);
		/* one who looked before is told to look again, and then finds it */
		assert_int_equal(store_swap(&site->store, &record, &next, &site->fault), STORE_CONFLICT);
		assert_true(store_look_again(&site->store, &record, &site->fault));
		assert_int_equal(record.view.history.failures, i);
		record_close(&record);
	}
	/* Inviting anew, or enrolling, forgives nothing. */
	assert_int_equal(invite(site, ALICE), STORE_OK);
	assert_int_equal(enroll(site, ALICE, 1), STORE_OK);
	site_look(site, ALICE, &record);
	assert_int_equal(record.view.history.failures, 3);
	record_close(&record);
	/* A damaged history is no ground to invite on. */
	site_put(site, "store/histories/bob", "damaged", 7);
	assert_int_equal(invite(site, BOB), STORE_FAULT);
	assert_false(there(site, "store/invitations/bob"));
}

/* What somebody else does between looking and writing. */
static void
meanwhile(struct site *site, unsigned what)
{
	switch (what) {
	case 0:
		break;
	case 1:
		assert_int_equal(site_fail(site, ALICE), STORE_OK);
		break;
	case 2:
		assert_int_equal(invite(site, ALICE), STORE_OK);
		break;
	case 3:
		assert_int_equal(drop(site, ALICE), STORE_OK);
		break;
	case 4:
		assert_int_equal(enroll(site, ALICE, 9), STORE_OK);
		break;
	default:
		assert_int_equal(remove_all(site, ALICE), STORE_OK);
		break;
	}
}

static void
inviting_or_enrolling_overwrites_what_it_has_not_seen(void **state)
{
	struct site *site = *state;

	for (unsigned invited = 0; invited < 2; invited++) {
		for (unsigned how = 0; how < 3; how++) {
			for (unsigned what = 0; what < 6; what++) {
				/* nothing, a login, and dropping what is not there, are no conflict */
				bool conflict = what >= 2 && (what != 3 || invited != 0);
				struct enrollment enrollment;
				struct invitation invitation;
				enum store_answer answer;
				struct record record;

				assert_int_equal(enroll(site, ALICE, 1), STORE_OK);
				if (invited != 0)
					assert_int_equal(invite(site, ALICE), STORE_OK);
				look(site, ALICE, &record);
				assert_int_equal(record.invited, invited);
				assert_true(store_read(&site->store, &record, &enrollment, &site->fault));
				invitation_for(site, &record, &invitation);
				meanwhile(site, what);
				if (how == 0)
					answer = store_replace(&site->store, &record, &enrollment,
					    &site->fault);
				else
					answer = store_invite(&site->store, &record,
					    how == 1 ? &invitation : NULL, &site->fault);
				assert_int_equal(answer, conflict ? STORE_CONFLICT : STORE_OK);
				record_close(&record);
			}
		}
	}
}

static void
two_invite_a_new_user_at_once(void **state)
{
	struct site *site = *state;
	struct invitation invitation;
	struct record record;

	look(site, ALICE, &record);
	invitation_for(site, &record, &invitation);
	assert_int_equal(invite(site, ALICE), STORE_OK);
	assert_int_equal(store_invite(&site->store, &record, &invitation, &site->fault),
	    STORE_CONFLICT);
	assert_true(store_look_again(&site->store, &record, &site->fault));
	assert_true(record.invited);
	assert_int_equal(store_invite(&site->store, &record, &invitation, &site->fault), STORE_OK);
	/* and again, on what it knows since */
	assert_int_equal(store_invite(&site->store, &record, &invitation, &site->fault), STORE_OK);
	assert_int_equal(store_invite(&site->store, &record, NULL, &site->fault), STORE_OK);
	assert_false(record.invited);
	assert_int_equal(store_invite(&site->store, &record, &invitation, &site->fault), STORE_OK);
	record_close(&record);
	assert_true(stands(site, ALICE));
}

static void
commit_leaves_an_invitation_that_counts(void **state)
{
	struct site *site = *state;

	for (unsigned enrolled = 0; enrolled < 2; enrolled++) {
		assert_int_equal(invite(site, ALICE), STORE_OK);
		assert_int_equal(invite(site, BOB), STORE_OK);
		assert_true(stands(site, ALICE));
		assert_int_equal(enroll(site, ALICE, 1), STORE_OK);
		assert_false(there(site, "store/invitations/alice"));
		/* his, and nobody else's */
		assert_true(stands(site, BOB));
	}
	assert_int_equal(invite(site, ALICE), STORE_OK);
	assert_int_equal(remove_all(site, ALICE), STORE_OK);
	assert_false(there(site, "store/invitations/alice"));
}

static bool
note(const char *user, void *arg)
{
	unsigned *seen = arg;

	*seen += strcmp(user, "alice") == 0 ? 1 : strcmp(user, "bob") == 0 ? 10 : 100;
	return true;
}

static void
list_of_the_invited_leaves_somebody_out(void **state)
{
	struct site *site = *state;
	unsigned seen = 0;

	site_enroll(site, "carol", 1002, 3);
	assert_int_equal(invite(site, ALICE), STORE_OK);
	assert_int_equal(invite(site, BOB), STORE_OK);
	assert_true(store_list_invited(&site->store, note, &seen, &site->fault));
	assert_int_equal(seen, 11);
	seen = 0;
	assert_true(store_list(&site->store, note, &seen, &site->fault));
	assert_int_equal(seen, 100);
}

/* ---- an activation code, typed at the prompt of every login ------------------------- */

static int
settled(struct site *site, const char *user, uid_t uid, const char *code, bool decoy)
{
	struct settings settings;
	struct claim claim;

	settings_default(&settings);
	sample_activation(&claim, code);
	return site_settle(site, user, uid, &settings, &claim, decoy);
}

static void
activation_code_is_judged_by_what_is_not_there(void **state)
{
	struct site *site = *state;
	struct record record;
	unsigned descriptors;

	site_enroll(site, ALICE, 1);
	assert_int_equal(settled(site, ALICE, CODE, false), VERDICT_WRONG);
	assert_int_equal(invite_with(site, ALICE, CODE), STORE_OK);
	descriptors = site_descriptors();
	assert_int_equal(settled(site, ALICE, CODE, false), VERDICT_ACTIVATED);
	assert_int_equal(settled(site, ALICE, "0123456789AC", false), VERDICT_WRONG);
	assert_int_equal(settled(site, ALICE, CODE, true), VERDICT_UNENROLLED);
	assert_int_equal(settled(site, BOB, CODE, true), VERDICT_UNENROLLED);
	assert_int_equal(settled(site, NULL, 0, CODE, true), VERDICT_UNENROLLED);
	assert_int_equal(site_descriptors(), descriptors);
	site_look(site, ALICE, &record);
	assert_int_equal(record.view.history.failures, 2);
	record_close(&record);
	/* A damaged one keeps nobody out who does not use it, and lets in nobody who does. */
	site_put(site, "store/invitations/alice", "damaged", 7);
	assert_int_equal(settled(site, ALICE, CODE, false), -1);
	assert_int_equal(settled(site, ALICE, CODE, true), VERDICT_UNENROLLED);
	/* Another enrollment voids what was handed out. */
	assert_int_equal(invite_with(site, ALICE, CODE), STORE_OK);
	assert_int_equal(settled(site, ALICE, CODE, false), VERDICT_ACTIVATED);
	assert_int_equal(enroll(site, ALICE, 2), STORE_OK);
	assert_int_equal(settled(site, ALICE, CODE, false), VERDICT_WRONG);
}

static void
invitation_of_another_enrollment_or_purpose_counts(void **state)
{
	static const struct {
		int64_t later; /* generations */
		bool replace, code, pending;
	} rows[] = {
		{ 0, true, true, true },
		{ 0, false, false, true },
		{ 1, true, false, false },
		{ 1, false, false, false },
	};
	struct site *site = *state;
	struct invitation made, read;
	struct record record;

	site_enroll(site, ALICE, 1);
	look(site, ALICE, &record);
	invitation_for(site, &record, &made);
	made.has_pending = true;
	made.pending_at = SAMPLE_NOW;
	memcpy(made.pending_from, "local", sizeof "local");
	sample_device(&made.pending, "phone", OTP_TOTP, 2);
	assert_int_equal(store_invite(&site->store, &record, &made, &site->fault), STORE_OK);
	record_close(&record);
	look(site, ALICE, &record);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(settle_invitation(&read, made.generation + rows[i].later, rows[i].replace,
		    &site->store, &record, &site->fault));
		assert_int_equal(read.has_code, rows[i].code);
		assert_int_equal(read.has_pending, rows[i].pending);
	}
	record_close(&record);
}

/* ---- and in a dialogue --------------------------------------------------------------- */

static unsigned
failures(struct site *site, const char *user, uid_t uid)
{
	struct record record;

	look(site, user, uid, &record);
	record_close(&record);
	return record.view.history.failures;
}

/* As a kill leaves it behind the commit: the invitation that was used lies beside the enrollment. */
static void
enroll_and_leave(struct site *site, const char *user, uid_t uid)
{
	char bytes[INVITATION_SIZE];
	size_t len = site_get(site, "store/invitations/alice", bytes, sizeof bytes);

	assert_int_equal(enroll(site, user, uid, 9), STORE_OK);
	site_put(site, "store/invitations/alice", bytes, len);
}

static void
code_that_was_withdrawn_made_anew_or_used_while_it_was_typed_opens(void **state)
{
	struct site *site = *state;
	struct settings settings;

	settings_default(&settings);
	for (unsigned what = 0; what < 4; what++) {
		struct claim claim;
		struct settle one = { .settings = &settings, .claim = &claim, .now = SAMPLE_NOW };
		struct record record;

		assert_int_equal(invite_with(site, ALICE, CODE), STORE_OK);
		look(site, ALICE, &record);
		if (what == 0)
			assert_int_equal(drop(site, ALICE), STORE_OK);
		else if (what == 1)
			assert_int_equal(invite_with(site, ALICE, "ZZZZZZZZZZZZ"), STORE_OK);
		else if (what == 2)
			enroll_and_leave(site, ALICE);
		sample_activation(&claim, CODE);
		assert_true(settle_activation(&one, &site->store, &record, &site->fault));
		assert_int_equal(one.judgement.verdict, what == 3 ? VERDICT_ACTIVATED : VERDICT_WRONG);
		settle_wipe(&one);
		record_close(&record);
		if (what == 2)
			assert_int_equal(remove_all(site, ALICE), STORE_OK);
		/* the wrong one is his own, and nobody else's (the same within a window counts once) */
		assert_int_equal(invite_with(site, ALICE, CODE), STORE_OK);
		assert_int_equal(failures(site, ALICE), 1);
		assert_int_equal(failures(site, BOB), 0);
	}
}

/* ---- trouble ---------------------------------------------------------------------- */

enum change { INVITE_NEW, INVITE_AGAIN, INVITE_ENROLLED, DROP, COMMIT, REMOVE, CHANGES };

/* Where each change begins: bob is invited, alice enrolled and invited. */
static void
begin(struct site *site, enum change what)
{
	assert_int_equal(enroll(site, ALICE, 1), STORE_OK);
	if (what != INVITE_ENROLLED)
		assert_int_equal(invite(site, ALICE), STORE_OK);
	(void)unlink(site_path(site, "store/invitations/bob"));
	(void)unlink(site_path(site, "store/histories/bob"));
	if (what == INVITE_AGAIN)
		assert_int_equal(invite(site, BOB), STORE_OK);
}

static enum store_answer
change(struct site *site, enum change what)
{
	switch (what) {
	case INVITE_NEW:
	case INVITE_AGAIN:
		return invite(site, BOB);
	case INVITE_ENROLLED:
		return invite(site, ALICE);
	case DROP:
		return drop(site, ALICE);
	case COMMIT:
		return enroll(site, ALICE, 7);
	case REMOVE:
	case CHANGES:
		break;
	}
	return remove_all(site, ALICE);
}

/* Whatever came between: nobody lost anything, nothing opens that should not, and all can go on. */
static void
assert_sound(struct site *site, enum change what, bool told)
{
	struct enrollment enrollment;

	assert_false(asking_fails(site, ALICE));
	assert_false(asking_fails(site, BOB));
	assert_true(what == REMOVE || there(site, "store/enrollments/alice"));
	if (told) {
		assert_int_equal(stands(site, ALICE),
		    what == INVITE_NEW || what == INVITE_AGAIN || what == INVITE_ENROLLED);
		assert_int_equal(stands(site, BOB), what == INVITE_NEW || what == INVITE_AGAIN);
	}
	if (what == INVITE_AGAIN)
		assert_true(stands(site, BOB));
	/* The new phone is linked or the code still stands, and never both. */
	if (what == COMMIT) {
		struct device linked;

		assert_true(site_load(site, ALICE, &enrollment, NULL));
		sample_device(&linked, "phone", OTP_TOTP, 7);
		assert_int_equal(strcmp(enrollment.device[0].id, linked.id) == 0, !stands(site, ALICE));
	}
	/* The code does not outlive the enrollment that it was made for. */
	if (what == REMOVE && !there(site, "store/enrollments/alice"))
		assert_false(there(site, "store/invitations/alice"));
	assert_int_equal(invite(site, ALICE), STORE_OK);
	assert_int_equal(invite(site, BOB), STORE_OK);
	assert_true(stands(site, ALICE) && stands(site, BOB));
	assert_false(there(site, "store/invitations/.new"));
}

static void
rule_14_failing_or_killed_call_leaves_an_invitation_that_should_not_be(void **state)
{
	static const int errors[] = { 0, EIO };
	struct site *site = *state;

	for (enum change what = INVITE_NEW; what < CHANGES; what++) {
		for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
			unsigned calls = 0;
			bool came = true;

			for (; came && calls < 60; calls++) {
				int status = 0;
				pid_t child;

				begin(site, what);
				child = fork();
				assert_true(child >= 0);
				if (child == 0) {
					enum store_answer answer;

					trouble_after(calls, errors[e]);
					answer = change(site, what);
					came = trouble_over();
					_exit((int)answer | (came ? 8 : 0));
				}
				assert_int_equal(waitpid(child, &status, 0), child);
				came = WIFSIGNALED(status) || (WEXITSTATUS(status) & 8) != 0;
				assert_true(came || status == 0);
				assert_sound(site, what,
				    WIFEXITED(status) && (WEXITSTATUS(status) & 7) == STORE_OK);
			}
			assert_in_range(calls, what == DROP ? 5 : 8, 59);
		}
	}
}

#define IN_SITE(test) cmocka_unit_test_setup_teardown(test, site_found, site_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SITE(what_was_written_reads_otherwise),
		IN_SITE(rule_01_directory_of_somebody_else_means_nobody_is_invited),
		IN_SITE(store_of_before_there_were_invitations_refuses),
		IN_SITE(rule_13_damaged_or_foreign_invitation_is_read),
		IN_SITE(history_of_an_invited_user_is_the_decoys),
		IN_SITE(inviting_or_enrolling_overwrites_what_it_has_not_seen),
		IN_SITE(two_invite_a_new_user_at_once),
		IN_SITE(commit_leaves_an_invitation_that_counts),
		IN_SITE(list_of_the_invited_leaves_somebody_out),
		IN_SITE(activation_code_is_judged_by_what_is_not_there),
		IN_SITE(invitation_of_another_enrollment_or_purpose_counts),
		IN_SITE(code_that_was_withdrawn_made_anew_or_used_while_it_was_typed_opens),
		IN_SITE(rule_14_failing_or_killed_call_leaves_an_invitation_that_should_not_be),
	};

	return cmocka_run_group_tests_name("invite", tests, NULL, NULL);
}
