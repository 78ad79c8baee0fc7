/* SPDX-License-Identifier: BSD-2-Clause */
/* The module's one room for QR codes: libqrencode is loaded when somebody enrolls, and never else. */
#ifndef PAM_PICTURE_H
#define PAM_PICTURE_H

#include <stdint.h>

#include "flow/picture.h"

#define PICTURE_URI_MAX 140 /* bytes; a longer URI makes a picture that no terminal holds */
#define PICTURE_WIDTH_MAX 61 /* modules; what 140 bytes need, and more */

/* The picture is the key: whoever has the modules can make codes. */
struct drawn {
	struct picture picture; /* width 0 where there is none */
	uint8_t modules[PICTURE_WIDTH_MAX * PICTURE_WIDTH_MAX];
};

/* Draws a URI; nothing where it is too long, or where libqrencode is not installed. */
void picture_draw(struct drawn *drawn, const char *uri);
void drawn_wipe(struct drawn *drawn);

#endif
