/* SPDX-License-Identifier: BSD-2-Clause */
#include "change.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "core/language.h"
#include "core/text.h"
#include "journal.h"

#define HEAD "twostep-change 1\n"
#define TIME_MAX (1LL << 60)

/* What is known of it, and what is there. */
struct change {
	struct arrival made, now;
	int64_t until;
	const char *text; /* what was written, within `noted` */
	struct guard_text noted, present;
	struct stack stack;
};

static bool
fault_of(struct store_fault *fault, const char *what, int error)
{
	return store_fault_set(fault, NULL, what, N_("cannot be read"), error);
}

void
change_log(const char *service, const char *result)
{
	char bytes[EVENT_SIZE];
	struct text line = event_start(bytes);

	event_put(&line, "result", result);
	event_put(&line, "service", service);
	event_put_number(&line, "by", (long long)getuid());
	journal_write("twostep", LOG_NOTICE, bytes);
}

/* ---- as text ----------------------------------------------------------------------- */

static void
put_number(struct text *text, const char *word, int64_t number)
{
	text_put(text, word);
	text_put(text, " ");
	text_put_number(text, number);
	text_put(text, "\n");
}

static void
format(struct guard_text *out, const struct arrival *made, int64_t until,
    const struct guard_text *after)
{
	struct text text = text_into(out->bytes, sizeof out->bytes);

	text_put(&text, HEAD "boot ");
	text_put(&text, made->boot);
	text_put(&text, "\n");
	put_number(&text, "made", made->time);
	put_number(&text, "session", made->session);
	put_number(&text, "until", until);
	text_put(&text, "\n");
	text_put_bytes(&text, after->bytes, after->len);
	text_end(&text);
	out->len = text_length(&text);
}

static bool
take_number(struct cursor *cursor, const char *word, int64_t *number)
{
	return cursor_take(cursor, word) && cursor_take(cursor, " ") &&
	    cursor_number(cursor, -1, TIME_MAX, number) && cursor_newline(cursor);
}

static bool
parse(struct change *change)
{
	struct cursor cursor = cursor_over(change->noted.bytes, change->noted.len);
	const char *boot;
	size_t len;

	if (!cursor_take(&cursor, HEAD "boot ") ||
	    !cursor_word(&cursor, &boot, &len, sizeof change->made.boot - 1) ||
	    !cursor_newline(&cursor) || !take_number(&cursor, "made", &change->made.time) ||
	    !take_number(&cursor, "session", &change->made.session) ||
	    !take_number(&cursor, "until", &change->until) || !cursor_newline(&cursor))
		return false;
	memcpy(change->made.boot, boot, len);
	change->made.boot[len] = '\0';
	change->text = cursor.at;
	return true;
}

/* CHANGE_WAITS when there is one, and what time it is then. */
static enum change_answer
read_change(
    struct change *change, int directory, const char *service, struct store_fault *fault)
{
	char name[SERVICE_PART_SIZE];

	if (!service_part_read(directory, service, PART_UNCONFIRMED, &change->noted, fault))
		return fault->error == ENOENT ? CHANGE_NONE : CHANGE_FAULT;
	if (!parse(change)) {
		service_part_name(name, service, PART_UNCONFIRMED);
		(void)store_fault_set(
		    fault, SERVICE_DIRECTORY, name, N_("not of this version, or damaged"), 0);
		return CHANGE_FAULT;
	}
	if (arrival_now(&change->now))
		return CHANGE_WAITS;
	(void)fault_of(fault, "/proc", errno);
	return CHANGE_FAULT;
}

/* ---- what becomes of it ------------------------------------------------------------ */

bool
change_begin(int directory, const char *service, const struct guard_text *before,
    const struct guard_text *after, int64_t seconds, struct store_fault *fault)
{
	struct guard_text *noted = malloc(sizeof *noted);
	struct arrival now;
	bool ok;

	if (noted == NULL || !arrival_now_logins(&now)) {
		ok = fault_of(fault, "/proc", errno);
	} else {
		format(noted, &now, now.time + seconds * 100, after);
		ok = service_part_write(directory, service, PART_OLD, before->bytes, before->len,
			 fault) &&
		    service_part_write(directory, service, PART_UNCONFIRMED, noted->bytes,
			noted->len, fault);
	}
	free(noted);
	return ok;
}

static enum change_answer
forget(int directory, const char *service, enum change_answer answer, struct store_fault *fault)
{
	return service_part_remove(directory, service, PART_UNCONFIRMED, fault) ? answer
										: CHANGE_FAULT;
}

static bool
is_guarded(struct change *change, const char *service)
{
	if (!stack_parse(&change->stack, "", service, change->present.bytes))
		return true;
	for (size_t i = 0; i < change->stack.count; i++)
		if (stack_is_ours(&change->stack.line[i]))
			return true;
	return false;
}

/* The file is what was written, and the old one is there. */
static bool
is_untouched(const struct change *change, int directory, const char *service)
{
	char old[SERVICE_PART_SIZE];

	service_part_name(old, service, PART_OLD);
	return strcmp(change->present.bytes, change->text) == 0 &&
	    faccessat(directory, old, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static enum change_answer
take_back(
    struct change *change, int directory, const char *service, struct store_fault *fault)
{
	enum change_answer answer = read_change(change, directory, service, fault);

	if (answer != CHANGE_WAITS)
		return answer;
	if (!arrival_rebooted(&change->made, &change->now) && change->now.time < change->until)
		return CHANGE_WAITS;
	if (!service_part_read(directory, service, PART_SERVICE, &change->present, fault))
		return CHANGE_FAULT;
	/* It never came as far as the file, or is out of it again. */
	if (!is_guarded(change, service))
		return forget(directory, service, CHANGE_NONE, fault);
	if (!is_untouched(change, directory, service)) {
		change_log(service, "edited");
		return CHANGE_EDITED;
	}
	if (!service_part_restore(directory, service, fault))
		return CHANGE_FAULT;
	change_log(service, "reverted");
	return forget(directory, service, CHANGE_TAKEN, fault);
}

static enum change_answer
keep(struct change *change, int directory, const char *service, struct store_fault *fault)
{
	enum change_answer answer = read_change(change, directory, service, fault);

	if (answer != CHANGE_WAITS)
		return answer;
	if (!arrival_rebooted(&change->made, &change->now) && !arrival_is_after(&change->made))
		return CHANGE_OLD;
	answer = forget(directory, service, CHANGE_KEPT, fault);
	if (answer == CHANGE_KEPT)
		change_log(service, "kept");
	return answer;
}

/* Under the lock, so that nobody takes back what somebody keeps. */
static enum change_answer
settle(int directory, const char *service, struct store_fault *fault,
    enum change_answer (*run)(struct change *, int, const char *, struct store_fault *))
{
	struct change *change = malloc(sizeof *change);
	enum change_answer answer = CHANGE_FAULT;
	struct service_lock lock;

	if (change == NULL) {
		(void)fault_of(fault, service, errno);
	} else if (service_lock(&lock, fault)) {
		answer = run(change, directory, service, fault);
		service_unlock(&lock);
	}
	free(change);
	return answer;
}

enum change_answer
change_take_back(int directory, const char *service, struct store_fault *fault)
{
	return settle(directory, service, fault, take_back);
}

enum change_answer
change_keep(int directory, const char *service, struct store_fault *fault)
{
	return settle(directory, service, fault, keep);
}

bool
change_list(int directory, char service[static CHANGES_MAX][SERVICE_NAME_SIZE], size_t *count,
    struct store_fault *fault)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	int error = errno;

	*count = 0;
	if (entries == NULL && fd >= 0)
		(void)close(fd);
	if (entries == NULL)
		return fault_of(fault, SERVICE_DIRECTORY, error);
	while ((errno = 0, entry = readdir(entries)) != NULL && *count < CHANGES_MAX)
		*count += service_part_of(service[*count], entry->d_name);
	error = errno;
	(void)closedir(entries);
	return error == 0 || fault_of(fault, SERVICE_DIRECTORY, error);
}
