/* SPDX-License-Identifier: BSD-2-Clause */
#include "new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The directory that the path names a file in; *name becomes the file's name in there. */
static int
open_directory(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char *directory;
	int fd;

	*name = slash != NULL ? slash + 1 : path;
	if (slash == NULL)
		return open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	directory = strndup(path, slash > path ? (size_t)(slash - path) : 1);
	if (directory == NULL)
		return -1;
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(directory);
	return fd;
}

int
new_file_make(struct new_file *file, const char *path)
{
	int fd, error;

	file->directory = open_directory(path, &file->name);
	if (file->directory < 0) {
		file->name = NULL;
		return -1;
	}
	fd = openat(file->directory, file->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    S_IRUSR | S_IWUSR);
	if (fd >= 0 && fchmod(fd, S_IRUSR | S_IWUSR) == 0)
		return fd;
	error = errno;
	if (fd >= 0) {
		(void)close(fd);
		(void)new_file_remove(file);
	} else {
		new_file_keep(file);
	}
	errno = error;
	return -1;
}

bool
new_file_remove(struct new_file *file)
{
	bool ok = file->name == NULL || unlinkat(file->directory, file->name, 0) == 0;
	int error = errno;

	new_file_keep(file);
	errno = error;
	return ok;
}

void
new_file_keep(struct new_file *file)
{
	if (file->name != NULL)
		(void)close(file->directory);
	file->name = NULL;
}
