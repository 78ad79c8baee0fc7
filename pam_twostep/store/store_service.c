/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mark of a service whose account phase is owed.
 *
 *	twostep-service 1
 *	since 1700000000
 *	sum 0123456789abcdef            over all before it
 *
 * A login that is let by to enroll in the account phase is marked first, durably: where that phase never
 * comes, nobody may be let by again on the password alone. A kill at any point leaves
 * a mark too many, which the next account phase clears, and never one too few.
 */
#include <errno.h>
#include <unistd.h>

#include "store/store_file.h"

#define MARK_SIZE 128 /* bytes; no mark is longer */

static bool
name_service(struct store *store, const char *service, char name[static TEXT_NAME_SIZE],
    struct store_fault *fault)
{
	return text_name(name, service) ||
	    store_fault_set(fault, store->path, "services", "no service can have this name", 0);
}

static size_t
format(char bytes[static MARK_SIZE], int64_t now)
{
	struct text text = text_into(bytes, MARK_SIZE);
	uint8_t sum[SEAL_SUM_LENGTH];

	text_put(&text, "twostep-service 1\nsince ");
	text_put_number(&text, history_time(now));
	text_put(&text, "\n");
	if (!seal_sum(bytes, text_length(&text), sum))
		return 0;
	text_put(&text, "sum ");
	text_put_hex(&text, sum, sizeof sum);
	text_put(&text, "\n");
	return text_length(&text);
}

static bool
parse(const char *bytes, size_t len, int64_t *since, struct fault *fault)
{
	struct cursor mark = cursor_over(bytes, len);
	uint8_t sum[SEAL_SUM_LENGTH], right[SEAL_SUM_LENGTH];
	size_t summed;

	if (!cursor_take(&mark, "twostep-service 1") || !cursor_newline(&mark))
		return fault_set(fault, mark.line, "not a service's mark of this version");
	if (!cursor_take(&mark, "since ") || !cursor_number(&mark, 1, HISTORY_TIME_MAX, since) ||
	    !cursor_newline(&mark))
		return fault_set(fault, mark.line, "no time");
	summed = (size_t)(mark.at - bytes);
	if (!cursor_take(&mark, "sum ") || !cursor_hex(&mark, sum, sizeof sum) ||
	    !cursor_newline(&mark) || !cursor_done(&mark) || !seal_sum(bytes, summed, right) ||
	    !secret_same(sum, right, sizeof sum))
		return fault_set(fault, mark.line, "an unknown or damaged line");
	return true;
}

static bool
read_mark(struct store *store, const char *path, int64_t *since, struct store_fault *fault)
{
	char bytes[MARK_SIZE];
	struct trusted_file file;
	struct fault wrong = { .line = 0 };
	bool ok;

	if (!trusted_file_open(&file, store->directory, store->path, path, TRUSTED_SECRET,
		store->trusted, fault))
		return false;
	ok = trusted_file_read(&file, store->path, path, bytes, sizeof bytes, fault);
	trusted_file_close(&file);
	return ok &&
	    (parse(bytes, file.size, since, &wrong) || store_refuse(store, path, &wrong, fault));
}

bool
store_service_marked(struct store *store, const char *service, int64_t *since,
    struct store_fault *fault)
{
	char name[TEXT_NAME_SIZE], path[STORE_ENTRY_SIZE];
	struct store_fault found = { .error = 0 };

	*since = 0;
	if (!name_service(store, service, name, fault))
		return false;
	store_entry(path, STORE_SERVICES, name);
	if (store_directory(store, "services", &found) && read_mark(store, path, since, &found))
		return true;
	*since = 0;
	if (found.error == ENOENT)
		return true;
	*fault = found;
	return false;
}

/* Called under the lock. A mark that a kill left unflushed is flushed by the next who needs it. */
static bool
mark_locked(struct store *store, const char *service, const char *name, int64_t now,
    struct store_fault *fault)
{
	char bytes[MARK_SIZE];
	int64_t since;
	size_t len = format(bytes, now);

	errno = 0;
	if (len == 0)
		return store_fail(store, "services", "libcrypto failed", fault);
	if (!store_make_directory(store, "services", fault) ||
	    !store_service_marked(store, service, &since, fault))
		return false;
	if (since != 0)
		return store_flush(store, STORE_SERVICES) ||
		    store_fail(store, "services", "cannot be flushed", fault);
	return store_place(store, STORE_SERVICES, name, bytes, len, false, fault);
}

bool
store_service_mark(struct store *store, const char *service, int64_t now, struct store_fault *fault)
{
	char name[TEXT_NAME_SIZE];
	struct lock lock;
	bool ok;

	if (!name_service(store, service, name, fault) || !store_lock(store, &lock, fault))
		return false;
	ok = mark_locked(store, service, name, now, fault);
	return store_unlock(store, &lock, fault) && ok;
}

bool
store_service_clear(struct store *store, const char *service, struct store_fault *fault)
{
	char name[TEXT_NAME_SIZE], path[STORE_ENTRY_SIZE];

	if (!name_service(store, service, name, fault))
		return false;
	store_entry(path, STORE_SERVICES, name);
	return unlinkat(store->directory, path, 0) == 0 || errno == ENOENT ||
	    store_fail(store, path, "cannot be removed", fault);
}
