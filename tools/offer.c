/* SPDX-License-Identifier: BSD-2-Clause */
#include "offer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base32.h"
#include "terminal.h"

#define GROUPS_A_LINE 11 /* of four characters and a blank: 72 columns with the words before */

static const char verb[] = "enroll";

void
offer_wipe(struct offer *offer)
{
	new_file_keep(&offer->picture);
	secret_clear(offer, sizeof *offer);
}

enum link_how
offer_how(const struct request *request)
{
	if (request->add)
		return LINK_BESIDE;
	return request->replace ? LINK_REPLACE : LINK_FIRST;
}

int
offer_address(const struct session *session, struct offer *offer)
{
	link_issuer(&session->request->settings, offer->issuer);
	if (uri_build(offer->uri, &offer->device.otp, offer->issuer, session->user, 0))
		return EXIT_DONE;
	return refuse(verb, session->user, tr("no otpauth:// URI can hold this name and issuer"));
}

static void
print_key(const struct secret *key)
{
	char encoded[BASE32_LENGTH(OTP_KEY_MAX) + 1];

	base32_encode(encoded, key->bytes, key->len);
	printf("%s", tr("No picture? Key:"));
	for (size_t i = 0; encoded[i] != '\0'; i++) {
		if (i % 4 == 0)
			(void)putchar(i % (size_t)(4 * GROUPS_A_LINE) == 0 && i > 0 ? '\n' : ' ');
		(void)putchar(encoded[i]);
	}
	(void)putchar('\n');
	secret_clear(encoded, sizeof encoded);
}

/* False sets errno, and leaves no file. */
static bool
write_picture(struct offer *offer, const char *path)
{
	int error, fd = new_file_make(&offer->picture, path);
	bool ok;

	if (fd < 0)
		return false;
	ok = qr_write_png(fd, offer->uri);
	error = errno;
	if (close(fd) != 0 && ok) {
		ok = false;
		error = errno;
	}
	if (!ok)
		offer_tidy(offer);
	errno = error;
	return ok;
}

int
offer_show(const struct session *session, struct offer *offer, enum qr_form form)
{
	const struct request *request = session->request;
	bool quiet = request->quiet;

	if (request->qr_file != NULL && !write_picture(offer, request->qr_file)) {
		complain(verb, request->qr_file, strerror(errno));
		return EXIT_SYSTEM;
	}
	if (!quiet) {
		printf(request->no_confirm
			? tr("Set up two-step sign-in for %s on %s:\n"
			     "open an authenticator app, choose +, scan.\n")
			: tr("Set up two-step sign-in for %s on %s:\n"
			     "open an authenticator app, choose +, scan; then type its code.\n"),
		    session->user, offer->issuer);
		if (!qr_show(offer->uri, form))
			printf("%s\n",
			    tr("(Too large a picture for a terminal: type the key, or use --qr-file.)"));
		print_key(&offer->device.otp.key);
	}
	/* A script that hears of the key in no other way gets it here. */
	if (request->uri || (quiet && request->key == NULL && request->qr_file == NULL))
		printf("%s\n", offer->uri);
	if (terminal_flush())
		return EXIT_DONE;
	complain(verb, tr("standard output"), tr("cannot be written; nothing was stored"));
	offer_tidy(offer);
	return EXIT_SYSTEM;
}

void
offer_tidy(struct offer *offer)
{
	(void)new_file_remove(&offer->picture);
}

int
offer_report(const struct session *session, const struct printed_codes *codes)
{
	bool quiet = session->request->quiet;

	if (!quiet && codes->count == 0)
		printf("%s\n", tr("Two-step sign-in is on."));
	session_print_codes(codes, quiet ? NULL : tr("Two-step sign-in is on."));
	if (terminal_flush())
		return EXIT_DONE;
	complain(verb, tr("standard output"),
	    tr("cannot be written; enrolled, but get recovery codes with: twostep recovery --new"));
	return EXIT_SYSTEM;
}

