/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/history.h"

bool
key_read(struct host_key *key, const char *file, const char *judged, uid_t trusted,
    struct store_fault *fault)
{
	uint8_t bytes[SEAL_KEY_LENGTH];
	size_t len;
	bool ok;

	if (strcmp(file, "none") == 0) {
		host_key_none(key);
		return true;
	}
	ok = ((judged != NULL && trusted_together(file, judged)) ||
		 trusted_parents(file, trusted, fault)) &&
	    trusted_read_there(file, TRUSTED_SECRET, trusted, (char *)bytes, sizeof bytes, &len, fault);
	if (ok && len != sizeof bytes)
		ok = store_fault_set(fault, NULL, file, "not a host key of 32 bytes", 0);
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
marker_read(int directory, const char *path, const struct host_key *key, uid_t trusted,
    int64_t *created, struct store_fault *fault)
{
	char bytes[MARKER_SIZE];
	struct fault wrong = { .line = 0 };
	struct stat st;
	int fd = trusted_open(directory, path, "marker", O_RDONLY, TRUSTED_SECRET, trusted, &st, fault);
	bool ok;

	if (fd < 0)
		return false;
	if ((uint64_t)st.st_size > sizeof bytes || !trusted_pread(fd, bytes, (size_t)st.st_size, 0))
		ok = store_fault_set(fault, path, "marker", "cannot be read", errno);
	else if (!marker_parse(bytes, (size_t)st.st_size, key, created, &wrong)) {
		ok = store_fault_set(fault, path, "marker", wrong.why, 0);
		fault->line = wrong.line;
	} else {
		ok = true;
	}
	(void)close(fd);
	return ok;
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
