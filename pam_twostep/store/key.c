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
	uint8_t bytes[SEAL_KEY_LENGTH];
	bool ok;

	if (opened->fd < 0) {
		host_key_none(key);
		return true;
	}
	if (opened->size != sizeof bytes)
		return store_fault_set(fault, NULL, file, "not a host key of 32 bytes", 0);
	ok = trusted_file_read(opened, NULL, file, (char *)bytes, sizeof bytes, fault);
	if (ok && !host_key_set(key, bytes))
		ok = store_fault_set(fault, NULL, file, "libcrypto failed", 0);
	secret_clear(bytes, sizeof bytes);
	return ok;
}

static bool
marker_parse(const char *bytes, size_t len, const struct host_key *key, int64_t *created,
    struct fault *fault)
{
	struct cursor marker = cursor_over(bytes, len);
	char body[MARKER_SIZE];
	size_t body_len;

	if (!cursor_take(&marker, "twostep-store 1") || !cursor_newline(&marker) ||
	    !cursor_take(&marker, "created ") ||
	    !cursor_number(&marker, 0, HISTORY_TIME_MAX, created) || !cursor_newline(&marker))
		return fault_set(fault, marker.line, "not a marker of this version");
	return seal_read(&marker, bytes, key, body, sizeof body, &body_len, fault) &&
	    (body_len == 0 || fault_set(fault, marker.line, "not a marker"));
}

bool
marker_read(const struct trusted_file *opened, const char *path, const struct host_key *key,
    int64_t *created, struct store_fault *fault)
{
	char bytes[MARKER_SIZE];
	struct fault wrong = { .line = 0 };

	if (!trusted_file_read(opened, path, "marker", bytes, sizeof bytes, fault))
		return false;
	if (marker_parse(bytes, opened->size, key, created, &wrong))
		return true;
	(void)store_fault_set(fault, path, "marker", wrong.why, 0);
	fault->line = wrong.line;
	return false;
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
