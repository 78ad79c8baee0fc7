/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/link.h"

#include <string.h>
#include <unistd.h>

#include "store/fresh.h"

static const char usual[] = "phone";

void
link_issuer(const struct settings *settings, char issuer[static SETTINGS_TEXT_SIZE])
{
	memcpy(issuer, settings->issuer, SETTINGS_TEXT_SIZE);
	if (issuer[0] != '\0')
		return;
	if (gethostname(issuer, SETTINGS_TEXT_SIZE) != 0 || issuer[0] == '\0')
		memcpy(issuer, "localhost", sizeof "localhost");
	issuer[SETTINGS_TEXT_SIZE - 1] = '\0';
	issuer[strcspn(issuer, ".:")] = '\0';
}

/* The first of phone, phone-2, phone-3 ... that is free. */
static void
free_name(const struct enrollment *enrollment, char name[static DEVICE_NAME_SIZE])
{
	for (int64_t i = 2; enrollment_device(enrollment, name) != NULL; i++) {
		struct text text = text_into(name, DEVICE_NAME_SIZE);

		text_put(&text, usual);
		text_put(&text, "-");
		text_put_number(&text, i);
		text_end(&text);
	}
}

void
link_begin(struct device *device, const struct settings *settings, enum otp_type type,
    const struct enrollment *enrollment, enum link_how how, const char *name)
{
	struct text text = text_into(device->name, sizeof device->name);

	*device = (struct device){ .floor = -1 };
	device->otp.type = type;
	device->otp.algorithm = settings->algorithm;
	device->otp.digits = (unsigned)settings->digits;
	device->otp.period = type == OTP_HOTP ? 0 : (unsigned)settings->period;
	text_put(&text, name != NULL ? name : usual);
	text_end(&text);
	if (name == NULL && how == LINK_BESIDE)
		free_name(enrollment, device->name);
}

bool
link_key(struct device *device, const struct secret *given, struct store_fault *fault)
{
	struct secret *key = &device->otp.key;

	key->len = otp_key_length(device->otp.algorithm);
	if (given != NULL)
		*key = *given;
	return (given != NULL || fresh_bytes(key->bytes, key->len, fault)) &&
	    (device_identify(device) || store_fault_set(fault, NULL, "libcrypto", "failed", 0));
}

enum link_obstacle
link_obstacle(const struct enrollment *enrollment, const struct device *device, enum link_how how)
{
	if (enrollment_device_id(enrollment, device->id) != NULL)
		return LINK_SAME_KEY;
	if (how == LINK_FIRST && enrollment->devices > 0)
		return LINK_THERE;
	if (how != LINK_BESIDE)
		return LINK_FREE;
	if (enrollment->devices == ENROLLMENT_DEVICES_MAX)
		return LINK_FULL;
	return enrollment_device(enrollment, device->name) != NULL ? LINK_SAME_NAME : LINK_FREE;
}

bool
link_device(struct enrollment *enrollment, const struct record *record, const struct device *device,
    enum link_how how)
{
	memcpy(enrollment->user, record->user, sizeof enrollment->user);
	enrollment->uid = record->uid;
	if (how != LINK_BESIDE) {
		enrollment->devices = 0;
		enrollment->recovery.count = enrollment->one.count = enrollment->scratch.count = 0;
	}
	enrollment->device[enrollment->devices++] = *device;
	return enrollment->recovery.count == 0 || enrollment->codes_due;
}

bool
link_codes(struct enrollment *enrollment, const struct host_key *key, unsigned count,
    struct printed_codes *codes, struct store_fault *fault)
{
	enrollment->codes_due = false;
	return fresh_codes(key, count, &enrollment->recovery, codes, fault);
}

bool
link_only_codes(struct enrollment *enrollment, const struct host_key *key, unsigned count,
    struct printed_codes *codes, struct store_fault *fault)
{
	enrollment->one.count = enrollment->scratch.count = 0;
	return link_codes(enrollment, key, count, codes, fault);
}

enum link_left
link_remove(struct enrollment *enrollment, const char *name)
{
	const struct device *found = enrollment_device(enrollment, name);
	struct device *device, *last;

	if (found == NULL)
		return LINK_NO_SUCH;
	if (enrollment->devices == 1)
		return LINK_NONE;
	device = &enrollment->device[found - enrollment->device];
	last = &enrollment->device[enrollment->devices - 1];
	memmove(device, device + 1, (size_t)(last - device) * sizeof *device);
	device_wipe(last);
	enrollment->devices--;
	return LINK_OTHERS;
}
