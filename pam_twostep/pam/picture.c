/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/picture.h"

#include <dlfcn.h>
#include <qrencode.h>
#include <string.h>

#include "core/secret.h"

#define LIBRARY "libqrencode.so.4"

typedef QRcode *encode_function(const char *, int, QRecLevel, QRencodeMode, int);
typedef void free_function(QRcode *);

void
drawn_wipe(struct drawn *drawn)
{
	secret_clear(drawn, sizeof *drawn);
}

static void
copy(struct drawn *drawn, QRcode *code)
{
	size_t modules = (size_t)code->width * (size_t)code->width;

	if (modules <= sizeof drawn->modules) {
		memcpy(drawn->modules, code->data, modules);
		drawn->picture.width = (unsigned)code->width;
	}
	secret_clear(code->data, modules);
}

static void
draw(struct drawn *drawn, void *library, const char *uri)
{
	encode_function *encode = (encode_function *)dlsym(library, "QRcode_encodeString");
	free_function *drop = (free_function *)dlsym(library, "QRcode_free");
	QRcode *code = NULL;

	if (encode == NULL || drop == NULL)
		return;
	code = encode(uri, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
	if (code == NULL)
		return;
	copy(drawn, code);
	drop(code);
}

void
picture_draw(struct drawn *drawn, const char *uri)
{
	void *library;

	*drawn = (struct drawn){ .picture.width = 0 };
	drawn->picture.modules = drawn->modules;
	if (strlen(uri) > PICTURE_URI_MAX)
		return;
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		return;
	draw(drawn, library, uri);
	(void)dlclose(library);
}
