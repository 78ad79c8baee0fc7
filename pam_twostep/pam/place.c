/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/place.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_ext.h>

#include "core/address.h"
#include "core/text.h"
#include "pam/host.h"

#define STAT_SIZE 1024  /* bytes of /proc/PID/stat */
#define WORD_SIZE 64    /* holds three numbers, an address in hexadecimal, a boot id */
#define FIELD_SESSION 6 /* proc(5) */
#define FIELD_TTY 7
#define FIELD_START 22

static bool
read_line(const char *path, char *line, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = fd >= 0 ? read(fd, line, size - 1) : -1;

	if (fd >= 0)
		(void)close(fd);
	if (n <= 0)
		return false;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* A field of /proc/PID/stat from the third on; the second is a name that may hold anything. */
static bool
field(const char *stat, unsigned number, char word[static WORD_SIZE])
{
	const char *at = strrchr(stat, ')');
	size_t len;

	for (unsigned i = 2; at != NULL && i < number; i++) {
		at = strchr(at, ' ');
		if (at != NULL)
			at++;
	}
	if (at == NULL || (len = strcspn(at, " ")) == 0 || len >= WORD_SIZE)
		return false;
	memcpy(word, at, len);
	word[len] = '\0';
	return true;
}

static bool
boot(struct place *place, char id[static WORD_SIZE])
{
	const char *const facts[] = { "boot", id };
	struct place of_boot;
	struct timespec up;

	if (!read_line("/proc/sys/kernel/random/boot_id", id, WORD_SIZE) ||
	    clock_gettime(CLOCK_BOOTTIME, &up) != 0 || !place_identify(&of_boot, facts, 2))
		return false;
	memcpy(place->boot, of_boot.id, sizeof place->boot);
	place->uptime = up.tv_sec;
	return true;
}

/* Another with every change of the enrollment: a new file comes in the old one's place. */
static void
name_enrollment(const struct record *record, char name[static WORD_SIZE])
{
	const struct stat *st = &record->enrollment_stat;
	struct text text = text_into(name, WORD_SIZE);

	text_put_number(&text, (int64_t)st->st_ino);
	text_put(&text, " ");
	text_put_number(&text, st->st_ctim.tv_sec);
	text_put(&text, " ");
	text_put_number(&text, st->st_ctim.tv_nsec);
	text_end(&text);
}

static bool
remote(struct place *place, const char *service, const char *enrollment,
    const struct address *address)
{
	char hex[WORD_SIZE];
	struct text text = text_into(hex, sizeof hex);
	const char *const facts[] = { "remote", service, enrollment, hex };

	text_put_hex(&text, address->bytes, address->len);
	text_end(&text);
	return !address_loopback(address) && place_identify(place, facts, 4);
}

static bool
local(struct place *place, const char *service, const char *enrollment, const char *boot_id)
{
	char stat[STAT_SIZE], session[WORD_SIZE], tty[WORD_SIZE], start[WORD_SIZE], path[WORD_SIZE + 16];
	struct text text = text_into(path, sizeof path);
	const char *const facts[] = { "local", service, enrollment, tty, session, start, boot_id };

	if (!read_line("/proc/self/stat", stat, sizeof stat) ||
	    !field(stat, FIELD_SESSION, session) || !field(stat, FIELD_TTY, tty) ||
	    strcmp(tty, "0") == 0)
		return false;
	text_put(&text, "/proc/");
	text_put(&text, session);
	text_put(&text, "/stat");
	text_end(&text);
	place->local = true;
	return read_line(path, stat, sizeof stat) && field(stat, FIELD_START, start) &&
	    place_identify(place, facts, 7);
}

void
place_here(pam_handle_t *pamh, const struct record *record, struct place *place)
{
	const char *service = host_item(pamh, PAM_SERVICE), *rhost = host_item(pamh, PAM_RHOST);
	char boot_id[WORD_SIZE], enrollment[WORD_SIZE];
	struct address address;
	bool ok;

	*place = (struct place){ .id = "" };
	name_enrollment(record, enrollment);
	ok = service != NULL && boot(place, boot_id);
	if (ok && (rhost == NULL || *rhost == '\0'))
		ok = local(place, service, enrollment, boot_id);
	else if (ok)
		ok = address_parse(&address, rhost, strlen(rhost)) && remote(place, service, enrollment, &address);
	if (!ok)
		place->id[0] = '\0';
}
