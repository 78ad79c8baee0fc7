/* SPDX-License-Identifier: BSD-2-Clause */
#include "letters.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/invitation.h"
#include "core/secret.h"
#include "json.h"
#include "terminal.h"

#define ROW_SIZE 4096 /* bytes; a name of 255 bytes, each escaped, and the rest */

static bool
ends_in(const char *path, const char *ending)
{
	size_t len = strlen(path), tail = strlen(ending);

	return len > tail && strcmp(path + len - tail, ending) == 0;
}

bool
letters_named(const char *path)
{
	return ends_in(path, ".csv") || ends_in(path, ".json");
}

bool
letters_open(struct letters *letters, const char *path)
{
	*letters = (struct letters){ .path = path, .json = ends_in(path, ".json") };
	letters->fd = new_file_make(&letters->file, path);
	return letters->fd >= 0;
}

/* A name that holds what CSV is made of is quoted, RFC 4180 section 2. */
static void
put_csv(FILE *row, const char *user, const char *code, const char *until)
{
	bool quoted = strpbrk(user, "\",\r\n ") != NULL;

	if (quoted)
		(void)fputc('"', row);
	for (const char *p = user; *p != '\0'; p++) {
		if (*p == '"')
			(void)fputc('"', row);
		(void)fputc(*p, row);
	}
	fprintf(row, "%s,%s,%s\n", quoted ? "\"" : "", code, until);
}

static void
put_json(FILE *row, const char *user, const char *code, const char *until)
{
	json_into(row);
	json_open(NULL, '{');
	json_string("user", user);
	json_string("code", code);
	json_string("invited_until", until);
	json_close('}');
	json_into(stdout);
}

/* A row with what stands before and after it; false when it does not fit. */
static bool
form_row(const struct letters *letters, char bytes[static ROW_SIZE], const char *user,
    const char *code, int64_t until)
{
	FILE *row = fmemopen(bytes, ROW_SIZE, "w");
	char moment[TERMINAL_TIME_SIZE];
	bool ok;

	if (row == NULL)
		return false;
	/* No copy of a code in a buffer that nobody wipes. */
	(void)setvbuf(row, NULL, _IONBF, 0);
	terminal_time_json(moment, until);
	if (letters->json) {
		(void)fputs(letters->rows == 0 ? "[\n" : ",\n", row);
		put_json(row, user, code, moment);
		(void)fputs("]\n", row);
	} else {
		if (letters->rows == 0)
			(void)fputs("user,code,invited_until\n", row);
		put_csv(row, user, code, moment);
	}
	ok = ferror(row) == 0;
	return fclose(row) == 0 && ok;
}

static bool
write_at(int fd, const char *bytes, size_t len, off_t at)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, bytes, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
		at += n;
	}
	return true;
}

/* The row takes the place of the end of an array. */
bool
letters_add(struct letters *letters, const char *user, const char *code, int64_t until)
{
	static const char closing[] = "]\n";
	char bytes[ROW_SIZE] = "";
	off_t at = letters->end;
	size_t len;
	int error;
	bool ok;

	if (letters->json && letters->rows > 0)
		at -= (off_t)strlen(closing);
	ok = form_row(letters, bytes, user, code, until);
	len = strlen(bytes);
	ok = ok && write_at(letters->fd, bytes, len, at);
	error = errno;
	secret_clear(bytes, sizeof bytes);
	if (ok) {
		letters->end = at + (off_t)len;
		letters->rows++;
		return true;
	}
	if (ftruncate(letters->fd, letters->end) == 0 && at < letters->end)
		(void)write_at(letters->fd, closing, strlen(closing), at);
	errno = error;
	return false;
}

bool
letters_close(struct letters *letters)
{
	bool ok = letters->rows > 0 ? fsync(letters->fd) == 0 : new_file_remove(&letters->file);
	int error = errno;

	ok = close(letters->fd) == 0 && ok;
	letters->fd = -1;
	new_file_keep(&letters->file);
	errno = error;
	return ok;
}
