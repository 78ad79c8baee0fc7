/* SPDX-License-Identifier: BSD-2-Clause */
#include "plain_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLAIN_MAX (1 << 20) /* bytes */

/* All of an open file that has `size` bytes; one that grew meanwhile is cut there. */
static char *
read_open(int fd, size_t size, size_t *len)
{
	char *bytes = malloc(size + 1);

	*len = 0;
	while (bytes != NULL && *len < size) {
		ssize_t n = read(fd, bytes + *len, size - *len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			free(bytes);
			return NULL;
		}
		if (n == 0)
			break;
		*len += (size_t)n;
	}
	if (bytes != NULL)
		bytes[*len] = '\0';
	return bytes;
}

/* Of what stands behind a NUL nobody here would know, though libpam and sshd read on. */
static char *
refuse_nul(char *bytes, size_t len)
{
	if (bytes == NULL || memchr(bytes, '\0', len) == NULL)
		return bytes;
	free(bytes);
	errno = EILSEQ;
	return NULL;
}

char *
plain_read(const char *path, size_t *len)
{
	struct stat st;
	char *bytes = NULL;
	int error, fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0) {
		if (S_ISREG(st.st_mode) && st.st_size <= PLAIN_MAX)
			bytes = read_open(fd, (size_t)st.st_size, len);
		else
			errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
	}
	error = errno;
	(void)close(fd);
	errno = error;
	return refuse_nul(bytes, bytes != NULL ? *len : 0);
}

const char *
plain_path(char out[static PLAIN_PATH_SIZE], const char *root, const char *directory,
    const char *name)
{
	bool absolute = name[0] == '/';
	int len = snprintf(out, PLAIN_PATH_SIZE, "%s%s%s%s", root,
	    absolute ? "" : directory, absolute ? "" : "/", name);

	if (len >= 0 && len < PLAIN_PATH_SIZE)
		return out;
	errno = ENAMETOOLONG;
	return NULL;
}

char *
plain_line(char **rest)
{
	char *line = *rest, *end;

	if (*line == '\0')
		return NULL;
	end = strchr(line, '\n');
	*rest = end != NULL ? end + 1 : line + strlen(line);
	if (end != NULL)
		*end = '\0';
	return line;
}
