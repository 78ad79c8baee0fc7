/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/uri.h"

#include <string.h>

#include "core/base32.h"

/* RFC 3986 section 2.1: everything but the unreserved characters as %XX, in capitals. */
static void
put_encoded(struct text *text, const char *string)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char unreserved[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (const char *p = string; *p != '\0'; p++) {
		char escape[3] = { '%', hex[(unsigned char)*p >> 4], hex[*p & 15] };

		if (strchr(unreserved, *p) != NULL)
			text_put_bytes(text, p, 1);
		else
			text_put_bytes(text, escape, sizeof escape);
	}
}

static void
put_key(struct text *text, const struct secret *key)
{
	char encoded[BASE32_LENGTH(OTP_KEY_MAX) + 1];

	base32_encode(encoded, key->bytes, key->len);
	text_put(text, encoded);
	secret_clear(encoded, sizeof encoded);
}

static void
put_parameter(struct text *text, const char *name, int64_t value)
{
	text_put(text, name);
	text_put_number(text, value);
}

static bool
label(const char *string)
{
	return *string != '\0' && strchr(string, ':') == NULL;
}

bool
uri_build(char uri[static URI_SIZE], const struct otp *otp, const char *issuer,
    const char *account, int64_t counter)
{
	struct text text = text_into(uri, URI_SIZE);

	uri[0] = '\0';
	if (!label(issuer) || !label(account) || otp->key.len > OTP_KEY_MAX)
		return false;
	text_put(&text, otp->type == OTP_HOTP ? "otpauth://hotp/" : "otpauth://totp/");
	put_encoded(&text, issuer);
	text_put(&text, ":");
	put_encoded(&text, account);
	text_put(&text, "?secret=");
	put_key(&text, &otp->key);
	text_put(&text, "&issuer=");
	put_encoded(&text, issuer);
	if (otp->algorithm != OTP_SHA1) {
		text_put(&text, "&algorithm=");
		text_put(&text, otp_algorithm_name(otp->algorithm));
	}
	if (otp->digits != 6)
		put_parameter(&text, "&digits=", otp->digits);
	if (otp->type == OTP_TOTP && otp->period != 30)
		put_parameter(&text, "&period=", otp->period);
	if (otp->type == OTP_HOTP)
		put_parameter(&text, "&counter=", counter);
	text_end(&text);
	if (text.overflow)
		secret_clear(uri, URI_SIZE);
	return !text.overflow;
}
