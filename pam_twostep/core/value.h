/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The value of one setting. Each function reads all of it, writes what it says and returns
 * NULL, or returns a constant that says what is wrong; nothing that was written then counts.
 */
#ifndef CORE_VALUE_H
#define CORE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/settings.h"

/* A run of bytes that is being read. */
struct span {
	const char *at;
	size_t len;
};

/* Of a string literal. */
#define SPAN(literal) { literal, sizeof(literal) - 1 }

static inline bool
span_same(struct span span, struct span other)
{
	return span.len == other.len && memcmp(span.at, other.at, span.len) == 0;
}

static inline bool
span_is(struct span span, const char *string)
{
	return span_same(span, (struct span){ string, strlen(string) });
}

/* Without the blanks at both ends. */
struct span span_trim(struct span span);

const char *value_yes_no(bool *out, struct span value);
const char *value_number(int64_t *out, int64_t min, int64_t max, struct span value);
/* 30s, 15m, 12h, 7d; seconds where there is no unit. */
const char *value_time(int64_t *out, int64_t min, int64_t max, struct span value);
/* Text without control characters, below `size` bytes. */
const char *value_line(char *out, size_t size, struct span value);
/* The same in ASCII, for texts that end a login: every other byte becomes a question mark. */
const char *value_contact(char out[static SETTINGS_TEXT_SIZE], struct span value);
/* Text without control characters, made to end in SETTINGS_PROMPT. */
const char *value_prompt(char out[static SETTINGS_TEXT_SIZE], struct span value);
/* Such text without a colon. */
const char *value_name(char out[static SETTINGS_TEXT_SIZE], struct span value);
/* An absolute path. */
const char *value_path(char out[static SETTINGS_PATH_SIZE], struct span value);
const char *value_store(char out[static SETTINGS_PATH_SIZE], struct span value);
const char *value_algorithm(enum otp_algorithm *out, struct span value);
/* A moment in Unix seconds; 0 where there is none. */
const char *value_date(int64_t *out, int64_t *east, struct span value);
/* One that list_check_... of core/list.h passes. */
typedef const char *list_check(const char *at, size_t len);
const char *value_list(
    char out[static SETTINGS_LIST_SIZE], list_check *check, struct span value);
/* The name of a language that has its texts; NULL for none given. */
const char *value_language(const struct language **out, struct span value);
const char *value_enroll(enum settings_enroll *out, struct span value);

#endif
