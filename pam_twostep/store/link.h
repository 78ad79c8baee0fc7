/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linking a device to an account and unlinking it: the steps that the tool, the dialogue of a login
 * and the set-uid helper share. Whoever takes them looks, changes what was read, and hands that to
 * store_replace.
 */
#ifndef STORE_LINK_H
#define STORE_LINK_H

#include <stdbool.h>

#include "core/enrollment.h"
#include "core/settings.h"
#include "store/store.h"

enum link_how {
	LINK_FIRST,   /* where there is none */
	LINK_BESIDE,  /* with the devices there are, and their recovery codes */
	LINK_REPLACE, /* in their place: nothing of them opens any more */
};

/* Why a device cannot be linked so. */
enum link_obstacle {
	LINK_FREE,      /* it can */
	LINK_SAME_KEY,  /* it is there already */
	LINK_THERE,     /* a device is, and it is to be the first */
	LINK_FULL,      /* no more have room */
	LINK_SAME_NAME, /* another device is called so */
};

enum link_left {
	LINK_NO_SUCH, /* no device is called so */
	LINK_OTHERS,  /* it is out, and others stay */
	LINK_NONE,    /* it is the last one, and stands: the enrollment as a whole goes with it */
};

/* The name that an app shows: the setting, or the host's short name. */
void link_issuer(const struct settings *settings, char issuer[static SETTINGS_TEXT_SIZE]);

/*
 * A device of the settings' shape, called `name`, or for NULL "phone", beside others "phone-2" and so on.
 * It has no key and no id yet.
 */
void link_begin(struct device *device, const struct settings *settings, enum otp_type type,
    const struct enrollment *enrollment, enum link_how how, const char *name);

/* Gives it this key, or for NULL a fresh one, and its id. False with the reason. */
bool link_key(struct device *device, const struct secret *given, struct store_fault *fault);

enum link_obstacle link_obstacle(const struct enrollment *enrollment, const struct device *device,
    enum link_how how);

/* Puts it into the enrollment of the record's user. True when that is now owed recovery codes. */
bool link_device(struct enrollment *enrollment, const struct record *record,
    const struct device *device, enum link_how how);

/* A new set of so many recovery codes in the place of the old one. False with the reason. */
bool link_codes(struct enrollment *enrollment, const struct host_key *key, unsigned count,
    struct printed_codes *codes, struct store_fault *fault);

/* The same, and what other codes there were beside the set are void as well. */
bool link_only_codes(struct enrollment *enrollment, const struct host_key *key, unsigned count,
    struct printed_codes *codes, struct store_fault *fault);

/* Takes the device of that name out. */
enum link_left link_remove(struct enrollment *enrollment, const char *name);

#endif
