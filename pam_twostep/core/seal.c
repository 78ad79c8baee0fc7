/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/seal.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "core/language.h"

#define HASH_LENGTH 32 /* SHA-256 */

static const char other_key[] = N_("not sealed under this host key");

void
host_key_wipe(struct host_key *key)
{
	EVP_MAC_CTX_free(key->mac);
	EVP_CIPHER_CTX_free(key->cipher);
	secret_clear(key, sizeof *key);
}

/* HMAC-SHA256, without a key so far. NULL when libcrypto fails. */
static EVP_MAC_CTX *
unkeyed(void)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_end(),
	};

	EVP_MAC_free(mac);
	if (ctx != NULL && EVP_MAC_CTX_set_params(ctx, params) == 1)
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

/* What was made ready, or else one for now. */
static EVP_MAC_CTX *
borrow(const struct host_key *key)
{
	return key->mac != NULL ? key->mac : unkeyed();
}

static void
give_back(const struct host_key *key, EVP_MAC_CTX *mac)
{
	if (mac != key->mac)
		EVP_MAC_CTX_free(mac);
}

bool
host_key_ready(struct host_key *key)
{
	key->mac = unkeyed();
	key->cipher = EVP_CIPHER_CTX_new();
	return key->mac != NULL && key->cipher != NULL &&
	    EVP_CipherInit_ex2(key->cipher, EVP_aes_256_gcm(), NULL, NULL, 0, NULL) == 1;
}

/* One message, of two parts that are hashed one after the other. */
static bool
hmac(EVP_MAC_CTX *ctx, const void *first, size_t first_len, const void *second,
    size_t second_len, uint8_t mac[static HASH_LENGTH])
{
	size_t len = 0;

	return EVP_MAC_init(ctx, NULL, 0, NULL) == 1 && EVP_MAC_update(ctx, first, first_len) == 1 &&
	    EVP_MAC_update(ctx, second, second_len) == 1 &&
	    EVP_MAC_final(ctx, mac, &len, HASH_LENGTH) == 1 && len == HASH_LENGTH;
}

/* The key of one use, RFC 5869's expand with one block; `ctx` holds the host key. */
static bool
key_for(EVP_MAC_CTX *ctx, const char *use, uint8_t out[static HASH_LENGTH])
{
	return hmac(ctx, use, strlen(use), "\1", 1, out);
}

/*
 * What is derived of a key. The name of one to which the key of tags was carried is of both, so
 * that a file of keys that was cut off is another's, and voids no printed code in silence.
 */
static bool
derive(EVP_MAC_CTX *mac, const uint8_t bytes[static SEAL_KEY_LENGTH], const uint8_t *carried,
    char name[static SEAL_ID_SIZE], uint8_t seal[static SEAL_KEY_LENGTH],
    uint8_t tag[static SEAL_KEY_LENGTH])
{
	static const char use[] = "twostep id";
	uint8_t id[HASH_LENGTH];
	struct text text = text_into(name, SEAL_ID_SIZE);

	if (EVP_MAC_init(mac, bytes, SEAL_KEY_LENGTH, NULL) != 1 ||
	    !key_for(mac, "twostep seal", seal) || !key_for(mac, "twostep tag", tag) ||
	    !(carried == NULL ? key_for(mac, use, id)
			      : hmac(mac, use, strlen(use), carried, SEAL_KEY_LENGTH, id)))
		return false;
	text_put_hex(&text, id, (SEAL_ID_SIZE - 1) / 2);
	text_end(&text);
	if (carried != NULL)
		memcpy(tag, carried, SEAL_KEY_LENGTH);
	return true;
}

/* The key before: the tags are its own, or it had them from one before it. */
static bool
set_old(struct host_key *key, EVP_MAC_CTX *mac, const uint8_t bytes[static SEAL_KEY_LENGTH])
{
	uint8_t tag[SEAL_KEY_LENGTH];
	bool ok = derive(mac, bytes, NULL, key->old_id, key->old_seal, tag);

	if (ok && !secret_same(tag, key->tag, sizeof tag))
		ok = derive(mac, bytes, key->tag, key->old_id, key->old_seal, tag);
	secret_clear(tag, sizeof tag);
	return ok;
}

bool
host_key_parse(struct host_key *key, const uint8_t *bytes, size_t len)
{
	const uint8_t *carried = len > SEAL_KEY_LENGTH ? bytes + SEAL_KEY_LENGTH : NULL;
	EVP_MAC_CTX *mac;
	bool ok;

	if (len == 0 || len > HOST_KEY_MAX || len % SEAL_KEY_LENGTH != 0)
		return false;
	key->old_id[0] = '\0';
	mac = borrow(key);
	ok = mac != NULL && secret_set(&key->key, bytes, SEAL_KEY_LENGTH) &&
	    derive(mac, bytes, carried, key->id, key->seal, key->tag) &&
	    (len < HOST_KEY_MAX || set_old(key, mac, carried + SEAL_KEY_LENGTH));
	give_back(key, mac);
	return ok;
}

void
host_key_copy(struct host_key *copy, const struct host_key *key)
{
	*copy = *key;
	copy->mac = NULL;
	copy->cipher = NULL;
}

size_t
host_key_format(const struct host_key *key, const struct secret *old,
    uint8_t bytes[static HOST_KEY_MAX])
{
	memcpy(bytes, key->key.bytes, SEAL_KEY_LENGTH);
	memcpy(bytes + SEAL_KEY_LENGTH, key->tag, SEAL_KEY_LENGTH);
	if (old == NULL)
		return HOST_KEY_MAX - SEAL_KEY_LENGTH;
	memcpy(bytes + 2 * SEAL_KEY_LENGTH, old->bytes, SEAL_KEY_LENGTH);
	return HOST_KEY_MAX;
}

void
host_key_none(struct host_key *key)
{
	*key = (struct host_key){ .key.len = SEAL_KEY_LENGTH, .id = "none" };
}

static bool
sealing(const struct host_key *key)
{
	return strcmp(key->id, "none") != 0;
}

bool
seal_sum(const void *bytes, size_t len, uint8_t sum[static SEAL_SUM_LENGTH])
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	if (EVP_Digest(bytes, len, digest, NULL, EVP_sha256(), NULL) != 1)
		return false;
	memcpy(sum, digest, SEAL_SUM_LENGTH);
	return true;
}

bool
seal_tag(const struct host_key *key, const uint8_t *salt, size_t salt_len,
    const struct secret *typed, uint8_t *tag, size_t len)
{
	uint8_t mac[HASH_LENGTH];
	EVP_MAC_CTX *ctx = borrow(key);
	bool ok = ctx != NULL && EVP_MAC_init(ctx, key->tag, sizeof key->tag, NULL) == 1 &&
	    hmac(ctx, salt, salt_len, typed->bytes, typed->len, mac);

	give_back(key, ctx);
	if (ok)
		memcpy(tag, mac, len);
	secret_clear(mac, sizeof mac);
	return ok;
}

/* Both directions of GCM over a whole body; `out` has the body's length, `ready` may be NULL. */
static bool
gcm(EVP_CIPHER_CTX *ready, const uint8_t key[static SEAL_KEY_LENGTH], bool encrypt,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], const char *data, size_t data_len,
    const uint8_t *in, size_t len, uint8_t *out, uint8_t tag[static SEAL_TAG_LENGTH])
{
	EVP_CIPHER_CTX *ctx = ready != NULL ? ready : EVP_CIPHER_CTX_new();
	int n = 0;
	bool ok = ctx != NULL &&
	    EVP_CipherInit_ex2(ctx, ready != NULL ? NULL : EVP_aes_256_gcm(), key, nonce, encrypt,
		NULL) == 1 &&
	    (encrypt ||
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_LENGTH, tag) == 1) &&
	    EVP_CipherUpdate(ctx, NULL, &n, (const uint8_t *)data, (int)data_len) == 1 &&
	    (len == 0 || EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1) &&
	    EVP_CipherFinal_ex(ctx, out + len, &n) == 1 &&
	    (!encrypt ||
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_LENGTH, tag) == 1);

	if (ready == NULL)
		EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static bool
write_sealed(struct text *record, const struct host_key *key,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], const char *body, size_t len)
{
	size_t clear = text_length(record);
	uint8_t tag[SEAL_TAG_LENGTH];
	char *sealed;

	text_put(record, "sealed ");
	text_put_hex(record, nonce, SEAL_NONCE_LENGTH);
	text_put(record, " ");
	/* The ciphertext goes to the end of the room, so that its digits can grow towards it. */
	if (record->overflow || (size_t)(record->end - record->at) < 2 * len + 2 * SEAL_TAG_LENGTH + 2)
		return false;
	sealed = record->end - len;
	if (!gcm(key->cipher, key->seal, true, nonce, record->start, clear, (const uint8_t *)body, len,
		(uint8_t *)sealed, tag))
		return false;
	text_put_hex(record, tag, sizeof tag);
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = (uint8_t)sealed[i];

		text_put_hex(record, &byte, 1);
	}
	text_put(record, "\n");
	return !record->overflow;
}

static bool
write_clear(struct text *record, const char *body, size_t len)
{
	uint8_t sum[SEAL_SUM_LENGTH];

	text_put_bytes(record, body, len);
	if (record->overflow || !seal_sum(record->start, text_length(record), sum))
		return false;
	text_put(record, "sum ");
	text_put_hex(record, sum, sizeof sum);
	text_put(record, "\n");
	return !record->overflow;
}

bool
seal_write(struct text *record, const struct host_key *key,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], const char *body, size_t len)
{
	text_put(record, "key ");
	text_put(record, key->id);
	text_put(record, "\n");
	return sealing(key) ? write_sealed(record, key, nonce, body, len)
			    : write_clear(record, body, len);
}

static bool
read_sealed(struct cursor *record, const char *start, const struct host_key *key,
    const uint8_t seal[static SEAL_KEY_LENGTH], char *body, size_t size, size_t *len,
    struct fault *fault)
{
	size_t clear = (size_t)(record->at - start);
	uint8_t nonce[SEAL_NONCE_LENGTH], tag[SEAL_TAG_LENGTH];
	unsigned line = record->line;

	if (!cursor_take(record, "sealed ") || !cursor_hex(record, nonce, sizeof nonce) ||
	    !cursor_take(record, " ") || !cursor_hex(record, tag, sizeof tag))
		return fault_set(fault, line, "no seal, or a damaged one");
	*len = (size_t)(record->end - record->at) / 2;
	if (*len > size)
		return fault_set(fault, line, "longer than any record");
	if (!cursor_hex(record, (uint8_t *)body, *len) || !cursor_newline(record) ||
	    !cursor_done(record))
		return fault_set(fault, line, "a damaged seal");
	if (!gcm(key->cipher, seal, false, nonce, start, clear, (const uint8_t *)body, *len,
		(uint8_t *)body, tag))
		return fault_set(fault, line, "the seal does not fit: changed or damaged");
	return true;
}

static bool
read_clear(struct cursor *record, const char *start, char *body, size_t size, size_t *len,
    struct fault *fault)
{
	static const size_t sum_line = 4 + 2 * SEAL_SUM_LENGTH + 1;
	size_t rest = (size_t)(record->end - record->at);
	uint8_t sum[SEAL_SUM_LENGTH], right[SEAL_SUM_LENGTH];
	struct cursor last = *record;

	if (rest < sum_line || rest - sum_line > size)
		return fault_set(fault, record->line, "cut off, or longer than any record");
	*len = rest - sum_line;
	last.at += *len;
	if (!cursor_take(&last, "sum ") || !cursor_hex(&last, sum, sizeof sum) ||
	    !cursor_newline(&last) || !seal_sum(start, (size_t)(record->at - start) + *len, right) ||
	    !secret_same(sum, right, sizeof sum))
		return fault_set(fault, record->line, "the sum does not fit: changed or damaged");
	memcpy(body, record->at, *len);
	*record = last;
	return true;
}

/* Takes the name of this key and the end of the line; an empty name is that of none. */
static bool
names(struct cursor *record, const char *id)
{
	struct cursor behind = *record;

	if (*id == '\0' || !cursor_take(&behind, id) || !cursor_newline(&behind))
		return false;
	*record = behind;
	return true;
}

bool
seal_read(struct cursor *record, const char *start, const struct host_key *key, char *body,
    size_t size, size_t *len, struct fault *fault)
{
	unsigned line = record->line;

	if (!cursor_take(record, "key "))
		return fault_set(fault, line, "no key is named");
	if (names(record, key->id))
		return sealing(key) ? read_sealed(record, start, key, key->seal, body, size, len, fault)
				    : read_clear(record, start, body, size, len, fault);
	if (names(record, key->old_id))
		return read_sealed(record, start, key, key->old_seal, body, size, len, fault);
	return fault_set(fault, line, sealing(key) ? other_key : N_("sealed, and key_file is none"));
}

bool
seal_other(const char *why)
{
	return why == other_key;
}

/* Goes on to the line that names the key, the first that is not of the clear header. */
static bool
find_key(struct cursor *record)
{
	while (!cursor_done(record)) {
		struct cursor here = *record;
		const char *end;

		if (cursor_take(&here, "key "))
			return true;
		end = memchr(record->at, '\n', (size_t)(record->end - record->at));
		if (end == NULL)
			return false;
		record->at = end + 1;
		record->line++;
	}
	return false;
}

bool
seal_again(struct text *anew, const struct host_key *key,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], const char *record, size_t len,
    struct fault *fault)
{
	struct cursor cursor = cursor_over(record, len), name;
	char body[SEAL_BODY_MAX];
	size_t body_len = 0;
	bool ok;

	if (!find_key(&cursor))
		return fault_set(fault, cursor.line, "no key is named");
	name = cursor;
	if (cursor_take(&name, "key ") && names(&name, key->id))
		return true;
	text_put_bytes(anew, record, (size_t)(cursor.at - record));
	ok = seal_read(&cursor, record, key, body, sizeof body, &body_len, fault);
	if (ok && !seal_write(anew, key, nonce, body, body_len))
		ok = fault_set(fault, cursor.line, "cannot be sealed anew");
	secret_clear(body, sizeof body);
	return ok;
}
