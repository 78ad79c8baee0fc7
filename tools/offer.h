/* SPDX-License-Identifier: BSD-2-Clause */
/* A device that is offered to a person: its key, as a picture and as text, and what is told once it is linked. */
#ifndef TOOLS_OFFER_H
#define TOOLS_OFFER_H

#include "core/uri.h"
#include "new_file.h"
#include "qr.h"
#include "session.h"
#include "store/link.h"

struct offer {
	struct device device;
	char issuer[SETTINGS_TEXT_SIZE];
	char uri[URI_SIZE];
	struct new_file picture;
};

void offer_wipe(struct offer *offer);

/* How the options say that it is to be linked. */
enum link_how offer_how(const struct request *request);

/* What apps scan, for a device that has its key. An EXIT_ status, after a complaint. */
int offer_address(const struct session *session, struct offer *offer);

/* Shows it as the options say. An EXIT_ status, after a complaint. */
int offer_show(const struct session *session, struct offer *offer, enum qr_form form);

/* The picture of a key that opens nothing is litter. */
void offer_tidy(struct offer *offer);

/* That it is linked, and its recovery codes. An EXIT_ status, after a complaint. */
int offer_report(const struct session *session, const struct printed_codes *codes);

#endif
