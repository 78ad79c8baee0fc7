/* SPDX-License-Identifier: BSD-2-Clause */
/* The settings that hold for one call of libpam or of the helper: defaults, then the file, then the arguments. */
#ifndef STORE_SETUP_H
#define STORE_SETUP_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/settings.h"
#include "core/text.h"
#include "store/trusted.h"

struct setup {
	struct settings settings;
	struct settings_fault wrong; /* what is wrong with a setting */
	const char *conf;            /* the file that `wrong` is about; NULL for the arguments */
	uid_t trusted;               /* who, beside root, may own what is read: ourselves */
};

/* No file means the defaults, an unreadable one refuses. False with setup->wrong or the fault. */
bool setup_read(struct setup *setup, int argc, const char **argv, struct store_fault *fault);

/* Appends what the journal says of a setting that is wrong; nothing where none is. */
void setup_put(struct text *line, const struct setup *setup);

#endif
