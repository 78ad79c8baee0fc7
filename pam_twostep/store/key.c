/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/key.h"

#include <fcntl.h>
#include <string.h>

#include "core/history.h"

bool
key_open(struct trusted_file *opened, const char *file, const char *judged, uid_t trusted,
    struct store_fault *fault)
{
	*opened = (struct trusted_file){ .fd = -1 };
	if (strcmp(file, "none") == 0)
		return true;
	if ((judged == NULL || !trusted_together(file, judged)) &&
	    !trusted_parents(file, trusted, fault))
		return false;
	return trusted_file_open(opened, AT_FDCWD, NULL, file, TRUSTED_SECRET, trusted, fault);
}

bool
key_read(struct host_key *key, const struct trusted_file *opened, const char *file,
    struct store_fault *fault)
{
	uint8_t bytes[HOST_KEY_MAX];
	bool ok;

	if (opened->fd < 0) {
		host_key_wipe(key);
		host_key_none(key);
		return true;
	}
	if (opened->size == 0 || opened->size > sizeof bytes || opened->size % SEAL_KEY_LENGTH != 0)
		return store_fault_set(fault, NULL, file, "not a host key of 32, 64 or 96 bytes", 0);
	ok = trusted_file_read(opened, NULL, file, (char *)bytes, sizeof bytes, fault);
	if (ok && !host_key_parse(key, bytes, opened->size))
		ok = store_fault_set(fault, NULL, file, "libcrypto failed", 0);
	secret_clear(bytes, sizeof bytes);
	return ok;
}

static bool
take_clear(struct cursor *lines, int64_t *created, struct fault *fault)
{
	return (cursor_take(lines, "twostep-store 1") && cursor_newline(lines) &&
		   cursor_take(lines, "created ") &&
		   cursor_number(lines, 0, HISTORY_TIME_MAX, created) && cursor_newline(lines)) ||
	    fault_set(fault, lines->line, "not a marker of this version");
}

static bool
refuse(const char *path, const struct fault *wrong, struct store_fault *fault)
{
	(void)store_fault_set(fault, path, "marker", wrong->why, 0);
	fault->line = wrong->line;
	return false;
}

bool
marker_open(struct marker *marker, int directory, const char *path, uid_t trusted,
    struct store_fault *fault)
{
	struct trusted_file opened;
	struct fault wrong = { .line = 0 };
	struct cursor lines;
	bool ok;

	if (!trusted_file_open(&opened, directory, path, "marker", TRUSTED_SECRET, trusted, fault))
		return false;
	marker->len = opened.size;
	ok = trusted_file_read(&opened, path, "marker", marker->bytes, sizeof marker->bytes, fault);
	trusted_file_close(&opened);
	if (!ok)
		return false;
	lines = cursor_over(marker->bytes, marker->len);
	return take_clear(&lines, &marker->created, &wrong) || refuse(path, &wrong, fault);
}

static bool
take_seal(struct cursor *lines, const char *start, const struct host_key *key, struct fault *fault)
{
	char body[MARKER_SIZE];
	size_t len;

	return seal_read(lines, start, key, body, sizeof body, &len, fault) &&
	    (len == 0 || fault_set(fault, lines->line, "not a marker"));
}

bool
marker_prove(const struct marker *marker, const char *path, const struct host_key *key,
    struct store_fault *fault)
{
	struct cursor lines = cursor_over(marker->bytes, marker->len);
	struct fault wrong = { .line = 0 };
	int64_t created;

	return (take_clear(&lines, &created, &wrong) &&
		   take_seal(&lines, marker->bytes, key, &wrong)) ||
	    refuse(path, &wrong, fault);
}

size_t
marker_format(char marker[static MARKER_SIZE], const struct host_key *key,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], int64_t created)
{
	struct text text = text_into(marker, MARKER_SIZE);

	text_put(&text, "twostep-store 1\ncreated ");
	text_put_number(&text, history_time(created));
	text_put(&text, "\n");
	return seal_write(&text, key, nonce, "", 0) ? text_length(&text) : 0;
}
