/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The picture is the key: whoever sees one of its buffers can make codes. So
 *
 * 1. what libqrencode hands over is wiped before it is freed, and so is all that libpng and
 *    zlib allocate;
 * 2. a PNG is written straight to its descriptor, past the buffers of stdio.
 */
#include <errno.h>
#include <png.h>
#include <qrencode.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/secret.h"
#include "flow/picture.h"
#include "qr.h"

#define MARGIN_DRAWN ((int)PICTURE_MARGIN)
#define MARGIN_PNG 4   /* ISO/IEC 18004 section 6.3.8 */
#define MODULES_MAX 177
#define MODULE_PIXELS 8 /* one bit each, so that a module is one byte of a row */

#define BLACK_ON_WHITE "\033[40;37;97m" /* 37 for terminals that know no bright white */
#define BLACK "\033[40m"
#define WHITE "\033[47;107m"
#define RESET "\033[0m"

static QRcode *
encode(const char *text)
{
	return QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
}

static void
code_free(QRcode *code)
{
	secret_clear(code->data, (size_t)code->width * (size_t)code->width);
	QRcode_free(code);
}

/* Coordinates count from the first module of the code; all around it is light. */
static bool
light(const QRcode *code, int x, int y)
{
	bool around = x < 0 || y < 0 || x >= code->width || y >= code->width;

	return around || (code->data[y * code->width + x] & 1) == 0;
}

/* Two rows of modules in a line. */
static void
draw_halves(FILE *out, const QRcode *code, const char *start, const char *end)
{
	const struct picture picture = { (unsigned)code->width, code->data };
	char bytes[3 * (MODULES_MAX + 2 * PICTURE_MARGIN) + 1];

	for (unsigned i = 0; i < picture_lines(&picture); i++) {
		struct text line = text_into(bytes, sizeof bytes);

		picture_line(&line, &picture, i, false);
		text_end(&line);
		(void)fprintf(out, "%s%s%s", start, bytes, end);
	}
	secret_clear(bytes, sizeof bytes);
}

/* A row of modules in a line. */
static void
draw_wide(
    FILE *out, const QRcode *code, const char *dark, const char *bright, const char *end)
{
	int last = code->width + MARGIN_DRAWN;

	for (int y = -MARGIN_DRAWN; y < last; y++) {
		for (int x = -MARGIN_DRAWN; x < last; x++)
			(void)fputs(light(code, x, y) ? bright : dark, out);
		(void)fputs(end, out);
	}
}

/* A line that the terminal breaks is no line of a picture. */
static bool
fits(const QRcode *code, enum qr_form form, unsigned columns)
{
	unsigned side = (unsigned)code->width + 2 * PICTURE_MARGIN;

	return columns == 0 || (form == QR_ANSI || form == QR_ASCII ? 2 * side : side) <= columns;
}

static void
draw(FILE *out, const QRcode *code, enum qr_form form)
{
	switch (form) {
	case QR_NONE:
		break;
	case QR_UTF8:
		draw_halves(out, code, "", "\n");
		break;
	case QR_TERMINAL:
		draw_halves(out, code, BLACK_ON_WHITE, RESET "\n");
		break;
	case QR_ANSI:
		draw_wide(out, code, BLACK "  ", WHITE "  ", RESET "\n");
		break;
	case QR_ASCII:
		draw_wide(out, code, "  ", "##", "\n");
		break;
	}
}

bool
qr_draw(FILE *out, const char *text, enum qr_form form, unsigned columns)
{
	QRcode *code;
	bool ok;

	if (form == QR_NONE)
		return true;
	if (strlen(text) > QR_TEXT_MAX || (code = encode(text)) == NULL)
		return false;
	ok = fits(code, form, columns);
	if (ok)
		draw(out, code, form);
	code_free(code);
	return ok;
}

/* ---- PNG ----------------------------------------------------------------------- */

/* Where a PNG goes, and the errno of what failed. */
struct sink {
	int fd;
	int error;
};

/* What libpng allocates carries its length in front, so that it can be wiped. */
union block {
	size_t len;
	max_align_t align;
};

static png_voidp
take_bytes(png_structp png, png_alloc_size_t len)
{
	union block *block = NULL;

	(void)png;
	if (len <= SIZE_MAX - sizeof *block)
		block = malloc(sizeof *block + len);
	if (block == NULL)
		return NULL;
	block->len = len;
	return block + 1;
}

static void
drop_bytes(png_structp png, png_voidp bytes)
{
	union block *block;

	(void)png;
	if (bytes == NULL)
		return;
	block = (union block *)bytes - 1;
	secret_clear(bytes, block->len);
	free(block);
}

/* libpng would print both. */
static void
jump_back(png_structp png, png_const_charp why)
{
	(void)why;
	png_longjmp(png, 1);
}

static void
say_nothing(png_structp png, png_const_charp why)
{
	(void)png;
	(void)why;
}

static void
put_bytes(png_structp png, png_bytep bytes, size_t len)
{
	struct sink *sink = png_get_io_ptr(png);
	ssize_t n;

	for (size_t done = 0; done < len; done += (size_t)n) {
		n = write(sink->fd, bytes + done, len - done);
		if (n < 0 && errno == EINTR) {
			n = 0;
		} else if (n <= 0) {
			sink->error = n < 0 ? errno : ENOSPC;
			png_error(png, "write");
		}
	}
}

static void
flush_nothing(png_structp png)
{
	(void)png;
}

static void
fill_row(uint8_t *row, const QRcode *code, int y)
{
	for (int x = -MARGIN_PNG; x < code->width + MARGIN_PNG; x++)
		row[x + MARGIN_PNG] = light(code, x, y) ? 0xff : 0;
}

/* False also when libpng jumps back here; nothing that must be freed begins in between. */
static bool
draw_png(png_structp png, png_infop info, const QRcode *code, uint8_t *row)
{
	png_uint_32 side = (png_uint_32)(code->width + 2 * MARGIN_PNG) * MODULE_PIXELS;

	if (setjmp(png_jmpbuf(png)) != 0)
		return false;
	png_set_IHDR(png, info, side, side, 1, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
	    PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (int y = -MARGIN_PNG; y < code->width + MARGIN_PNG; y++) {
		fill_row(row, code, y);
		for (int i = 0; i < MODULE_PIXELS; i++)
			png_write_row(png, row);
	}
	png_write_end(png, info);
	return true;
}

static bool
write_png(int fd, const QRcode *code)
{
	struct sink sink = { .fd = fd, .error = ENOMEM };
	uint8_t row[MODULES_MAX + 2 * MARGIN_PNG];
	png_infop info = NULL;
	bool ok = false;
	png_structp png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, NULL,
	    jump_back, say_nothing, NULL, take_bytes, drop_bytes);

	if (png != NULL && (info = png_create_info_struct(png)) != NULL) {
		png_set_write_fn(png, &sink, put_bytes, flush_nothing);
		ok = draw_png(png, info, code, row);
	}
	png_destroy_write_struct(&png, &info);
	secret_clear(row, sizeof row);
	if (!ok)
		errno = sink.error;
	return ok;
}

bool
qr_write_png(int fd, const char *text)
{
	QRcode *code = encode(text);
	bool ok = code != NULL && write_png(fd, code);
	int error = errno;

	if (code != NULL)
		code_free(code);
	errno = error;
	return ok;
}
