/* SPDX-License-Identifier: BSD-2-Clause */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/launch.h"

#define PATIENCE 5 /* seconds that it may take */

/* What comes from one of its streams. */
struct stream {
	char *bytes;
	size_t size, len;
	int fd; /* -1 after its end */
};

static int64_t
milliseconds(void)
{
	struct timespec now = { .tv_sec = 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Also one that closes its streams and goes on is over then: an alarm outlives execve. */
static void
limit_time(void)
{
	const struct sigaction standard = { .sa_handler = SIG_DFL };
	sigset_t none;

	(void)sigaction(SIGALRM, &standard, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)alarm(PATIENCE);
}

__attribute__((noreturn)) static void
become(char *const words[], int out, int error)
{
	char *const nothing[] = { NULL };
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	limit_time();
	if (null >= 0 && chdir("/") == 0 && dup2(null, STDIN_FILENO) >= 0 &&
	    dup2(out, STDOUT_FILENO) >= 0 && dup2(error, STDERR_FILENO) >= 0 &&
	    launch_close_from(STDERR_FILENO + 1))
		(void)execve(words[0], words, nothing);
	_exit(127);
}

/* What has no room is read all the same, so that the program is not held up. */
static void
take(struct stream *stream)
{
	char spare[4096];
	size_t room = stream->size - 1 - stream->len;
	ssize_t n = read(stream->fd, room > 0 ? stream->bytes + stream->len : spare,
	    room > 0 ? room : sizeof spare);

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0)
		stream->fd = -1;
	else if (room > 0)
		stream->len += (size_t)n;
}

static bool
is_full(const struct stream *stream)
{
	return stream->len == stream->size - 1;
}

/* All that it says until both streams end. False when that takes too long, or is too much. */
static bool
listen_to(struct stream stream[static 2])
{
	int64_t until = milliseconds() + PATIENCE * 1000;

	while ((stream[0].fd >= 0 || stream[1].fd >= 0) && !is_full(&stream[0])) {
		struct pollfd ready[] = { { .fd = stream[0].fd, .events = POLLIN },
			{ .fd = stream[1].fd, .events = POLLIN } };
		int64_t left = until - milliseconds();

		if (left <= 0 || (poll(ready, 2, (int)left) < 0 && errno != EINTR))
			return false;
		for (size_t i = 0; i < 2; i++)
			if (stream[i].fd >= 0 && ready[i].revents != 0)
				take(&stream[i]);
	}
	return !is_full(&stream[0]);
}

static enum program_end
answer_of(bool heard, int status)
{
	if (!heard || !WIFEXITED(status) || WEXITSTATUS(status) == 127)
		return PROGRAM_SILENT;
	return WEXITSTATUS(status) == 0 ? PROGRAM_DONE : PROGRAM_FAILED;
}

static enum program_end
run(char *const words[], struct stream stream[static 2], int out, int error)
{
	bool heard;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		become(words, out, error);
	(void)close(out);
	(void)close(error);
	if (pid < 0)
		return PROGRAM_SILENT;
	heard = listen_to(stream);
	if (!heard)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return PROGRAM_SILENT;
	return answer_of(heard, status);
}

enum program_end
program_ask(struct program *program, char *const words[])
{
	int out[2], error[2];
	struct stream stream[] = { { .bytes = program->said, .size = sizeof program->said },
		{ .bytes = program->complained, .size = sizeof program->complained } };
	enum program_end end;

	program->said[0] = program->complained[0] = '\0';
	if (pipe2(out, O_CLOEXEC) != 0)
		return PROGRAM_SILENT;
	if (pipe2(error, O_CLOEXEC) != 0) {
		(void)close(out[0]);
		(void)close(out[1]);
		return PROGRAM_SILENT;
	}
	stream[0].fd = out[0];
	stream[1].fd = error[0];
	end = run(words, stream, out[1], error[1]);
	(void)close(out[0]);
	(void)close(error[0]);
	program->said[stream[0].len] = program->complained[stream[1].len] = '\0';
	return end;
}
