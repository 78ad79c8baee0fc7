/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/recovery.h"

#include <string.h>

#include <openssl/evp.h>

#include "core/base32.h"
#include "core/history.h"

void
recovery_id(const struct recovery_set *set, char id[static RECOVERY_ID_SIZE])
{
	struct text text = text_into(id, RECOVERY_ID_SIZE);

	text_put_hex(&text, set->salt, (RECOVERY_ID_SIZE - 1) / 2);
	text_end(&text);
}

void
recovery_print(char *out, size_t chars, const uint8_t *entropy)
{
	char code[RECOVERY_CHARS];
	char *at = out;

	base32_print(code, chars, entropy);
	for (size_t i = 0; i < chars; i++) {
		if (i > 0 && i % 4 == 0)
			*at++ = '-';
		*at++ = code[i];
	}
	*at = '\0';
	secret_clear(code, sizeof code);
}

void
printed_codes_wipe(struct printed_codes *codes)
{
	secret_clear(codes, sizeof *codes);
}

bool
recovery_typed(struct secret *code, size_t chars, const struct secret *typed)
{
	code->len = 0;
	for (size_t i = 0; i < typed->len; i++) {
		char c = (char)typed->bytes[i];

		if (text_is_blank(c) || c == '-')
			continue;
		if (code->len == chars || (c = base32_typed(c)) == 0)
			return false;
		code->bytes[code->len++] = (uint8_t)c;
	}
	return code->len == chars;
}

static bool
hash(const struct secret *code, const uint8_t salt[static RECOVERY_SALT],
    uint8_t digest[static RECOVERY_DIGEST])
{
	uint64_t n = code->len == SCRATCH_CHARS ? 1 << 6 : 1 << 14;

	return EVP_PBE_scrypt((const char *)code->bytes, code->len, salt, RECOVERY_SALT, n, 8, 1, 0,
		   digest, RECOVERY_DIGEST) == 1;
}

bool
recovery_add(struct recovery_set *set, const struct host_key *key, size_t chars,
    const char *printed)
{
	SECRET text, code;
	bool ok = set->count < RECOVERY_CODES_MAX && secret_set(&text, printed, strlen(printed)) &&
	    recovery_typed(&code, chars, &text) &&
	    seal_tag(key, set->salt, sizeof set->salt, &code, set->code[set->count].tag, RECOVERY_TAG) &&
	    hash(&code, set->salt, set->code[set->count].digest);

	if (ok)
		set->count++;
	return ok;
}

/* The claim's digest under this set's salt, computed at most once. */
static bool
claim_hash(struct recovery_claim *claim, const struct recovery_set *set)
{
	if (claim->hashed && memcmp(claim->salt, set->salt, sizeof claim->salt) == 0)
		return true;
	memcpy(claim->salt, set->salt, sizeof claim->salt);
	claim->hashed = hash(&claim->code, set->salt, claim->digest);
	return claim->hashed;
}

bool
recovery_find(const struct recovery_set *set, const struct host_key *key,
    struct recovery_claim *claim, int *index)
{
	uint8_t tag[RECOVERY_TAG];

	*index = -1;
	if (!seal_tag(key, set->salt, sizeof set->salt, &claim->code, tag, sizeof tag))
		return false;
	for (unsigned i = 0; i < set->count; i++) {
		if (!secret_same(tag, set->code[i].tag, sizeof tag))
			continue;
		if (!claim_hash(claim, set))
			return false;
		if (secret_same(claim->digest, set->code[i].digest, sizeof claim->digest))
			*index = (int)i;
	}
	return true;
}

static void
put_code(struct text *text, const struct recovery_set *set, unsigned i)
{
	text_put_hex(text, set->code[i].tag, RECOVERY_TAG);
	text_put(text, " ");
	text_put_hex(text, set->code[i].digest, RECOVERY_DIGEST);
	text_put(text, "\n");
}

static bool
take_code(struct cursor *cursor, struct recovery_set *set)
{
	unsigned i = set->count;

	if (i == RECOVERY_CODES_MAX || !cursor_hex(cursor, set->code[i].tag, RECOVERY_TAG) ||
	    !cursor_take(cursor, " ") || !cursor_hex(cursor, set->code[i].digest, RECOVERY_DIGEST) ||
	    !cursor_newline(cursor))
		return false;
	set->count++;
	return true;
}

void
recovery_put(struct text *text, const char *word, const struct recovery_set *set)
{
	if (set->count == 0)
		return;
	text_put(text, word);
	text_put_hex(text, set->salt, sizeof set->salt);
	text_put(text, "\n");
	for (unsigned i = 0; i < set->count; i++) {
		text_put(text, "code ");
		put_code(text, set, i);
	}
}

bool
recovery_take(struct cursor *cursor, const char *word, struct recovery_set *set)
{
	if (!cursor_take(cursor, word))
		return true;
	if (!cursor_hex(cursor, set->salt, sizeof set->salt) || !cursor_newline(cursor))
		return false;
	while (cursor_take(cursor, "code "))
		if (!take_code(cursor, set))
			return false;
	return set->count > 0;
}

void
recovery_put_one(struct text *text, const struct recovery_set *set, int64_t until)
{
	text_put_number(text, history_time(until));
	text_put(text, " ");
	text_put_hex(text, set->salt, sizeof set->salt);
	text_put(text, " ");
	put_code(text, set, 0);
}

bool
recovery_take_one(struct cursor *cursor, struct recovery_set *set, int64_t *until)
{
	return cursor_number(cursor, 1, HISTORY_TIME_MAX, until) && cursor_take(cursor, " ") &&
	    cursor_hex(cursor, set->salt, sizeof set->salt) && cursor_take(cursor, " ") &&
	    take_code(cursor, set);
}
