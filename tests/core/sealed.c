/* SPDX-License-Identifier: BSD-2-Clause */
#include "sealed.h"

#include <string.h>

const uint8_t sealed_nonce[SEAL_NONCE_LENGTH] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

void
sealed_form(struct sealed *sealed, unsigned form)
{
	if (form == 0)
		sample_key(&sealed->key, 5);
	else
		host_key_none(&sealed->key);
}

size_t
sealed_size(enum sealed_kind kind)
{
	return kind == SEALED_ENROLLMENT ? ENROLLMENT_SIZE : INVITATION_SIZE;
}

void
sealed_sample(enum sealed_kind kind, union written *what)
{
	if (kind == SEALED_ENROLLMENT)
		sample_enrollment(&what->enrollment);
	else
		sample_invitation(&what->invitation);
}

void
sealed_full(enum sealed_kind kind, union written *what)
{
	if (kind == SEALED_ENROLLMENT)
		sample_full(&what->enrollment);
	else
		sample_invitation(&what->invitation);
}

bool
sealed_same(enum sealed_kind kind, const union written *a, const union written *b)
{
	return kind == SEALED_ENROLLMENT
	    ? sample_same_enrollment(&a->enrollment, &b->enrollment)
	    : sample_same_invitation(&a->invitation, &b->invitation);
}

size_t
sealed_format(const struct sealed *sealed, const union written *what,
    const uint8_t nonce[static SEAL_NONCE_LENGTH], char bytes[static ENROLLMENT_SIZE])
{
	return sealed->kind == SEALED_ENROLLMENT
	    ? enrollment_format(&what->enrollment, &sealed->key, nonce, bytes)
	    : invitation_format(&what->invitation, &sealed->key, nonce, bytes);
}

void
sealed_write(struct sealed *sealed, const union written *what)
{
	sealed->len = sealed_format(sealed, what, sealed_nonce, sealed->bytes);
	assert_in_range(sealed->len, 1, sealed_size(sealed->kind));
}

static bool
parse(struct sealed *sealed, size_t len, const char *user, uint32_t uid)
{
	return sealed->kind == SEALED_ENROLLMENT
	    ? enrollment_parse(&sealed->back.enrollment, sealed->bytes, len, &sealed->key, user, uid,
		  &sealed->fault)
	    : invitation_parse(&sealed->back.invitation, sealed->bytes, len, &sealed->key, user, uid,
		  &sealed->fault);
}

bool
sealed_opens_as(struct sealed *sealed, size_t len, const char *user, uint32_t uid)
{
	static const union written nothing;
	bool opened;

	memset(&sealed->back, 0x5a, sizeof sealed->back);
	sealed->fault = (struct fault){ .line = 0 };
	opened = parse(sealed, len, user, uid);
	if (!opened) {
		assert_memory_equal(&sealed->back, &nothing,
		    sealed->kind == SEALED_ENROLLMENT ? sizeof nothing.enrollment
						      : sizeof nothing.invitation);
		assert_non_null(sealed->fault.why);
	}
	return opened;
}

bool
sealed_opens(struct sealed *sealed)
{
	return sealed_opens_as(sealed, sealed->len, SAMPLE_USER, SAMPLE_UID);
}

void
sealed_expect_same(enum sealed_kind kind, const union written *what)
{
	struct sealed sealed = { .kind = kind };

	for (unsigned form = 0; form < SEALED_FORMS; form++) {
		bool enrollment = kind == SEALED_ENROLLMENT;

		sealed_form(&sealed, form);
		sealed_write(&sealed, what);
		assert_true(sealed_opens_as(&sealed, sealed.len,
		    enrollment ? what->enrollment.user : what->invitation.user,
		    enrollment ? what->enrollment.uid : what->invitation.uid));
		assert_true(sealed_same(kind, &sealed.back, what));
	}
}

void
sealed_expect_form(enum sealed_kind kind, const union written *what, const char *lines)
{
	struct sealed sealed = { .kind = kind };

	host_key_none(&sealed.key);
	sealed_write(&sealed, what);
	assert_int_equal(sealed.len,
	    strlen(lines) + strlen("sum ") + 2 * SEAL_SUM_LENGTH + strlen("\n"));
	assert_memory_equal(sealed.bytes, lines, strlen(lines));
	assert_memory_equal(sealed.bytes + strlen(lines), "sum ", strlen("sum "));
}

bool
sealed_compose(struct sealed *sealed, const char *header, const char *body, size_t len)
{
	struct text text = text_into(sealed->bytes, sizeof sealed->bytes);

	text_put(&text, header);
	if (!seal_write(&text, &sealed->key, sealed_nonce, body, len))
		return false;
	sealed->len = text_length(&text);
	return true;
}

void
sealed_expect_rows(enum sealed_kind kind, const struct sealed_row *rows, size_t count)
{
	struct sealed sealed = { .kind = kind };

	host_key_none(&sealed.key);
	for (size_t i = 0; i < count; i++) {
		assert_true(sealed_compose(&sealed, rows[i].header, rows[i].body, strlen(rows[i].body)));
		assert_row(sealed_opens(&sealed) == rows[i].read, rows[i].body);
		assert_row(sealed.fault.line == rows[i].line, rows[i].body);
	}
}
