/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/outcome.h"

#include <security/pam_modules.h>

enum outcome
outcome_of(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_ACCEPTED:
		return OUTCOME_ACCEPTED;
	case VERDICT_WRONG:
		return OUTCOME_WRONG;
	case VERDICT_SPENT:
		return OUTCOME_SPENT;
	case VERDICT_MALFORMED:
		return OUTCOME_MALFORMED;
	case VERDICT_EMPTY:
		return OUTCOME_EMPTY;
	case VERDICT_LOCKED:
		return OUTCOME_LOCKED;
	case VERDICT_BLOCKED:
		return OUTCOME_BLOCKED;
	case VERDICT_EXPIRED:
		return OUTCOME_EXPIRED;
	case VERDICT_UNENROLLED:
		return OUTCOME_UNENROLLED;
	case VERDICT_ACTIVATED:
		return OUTCOME_ENROLLS;
	}
	return OUTCOME_UNAVAILABLE;
}

int
outcome_pam(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_ACCEPTED:
	case OUTCOME_ENROLLS:
		return PAM_SUCCESS;
	case OUTCOME_WRONG:
	case OUTCOME_SPENT:
	case OUTCOME_MALFORMED:
	case OUTCOME_EMPTY:
	case OUTCOME_LOCKED:
	case OUTCOME_BLOCKED:
	case OUTCOME_EXPIRED:
	case OUTCOME_UNENROLLED:
		return PAM_AUTH_ERR;
	case OUTCOME_UNCOMMITTED:
		return PAM_PERM_DENIED;
	case OUTCOME_UNKNOWN:
		return PAM_USER_UNKNOWN;
	case OUTCOME_UNAVAILABLE:
		return PAM_AUTHINFO_UNAVAIL;
	case OUTCOME_MISCONFIGURED:
		return PAM_SERVICE_ERR;
	case OUTCOME_SKIPPED:
	case OUTCOME_ENROLLED:
	case OUTCOME_NOTHING:
		return PAM_IGNORE;
	}
	return PAM_SYSTEM_ERR;
}

const char *
outcome_word(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_ACCEPTED:
		return "accepted";
	case OUTCOME_WRONG:
		return "wrong";
	case OUTCOME_SPENT:
		return "spent";
	case OUTCOME_MALFORMED:
		return "malformed";
	case OUTCOME_EMPTY:
		return "empty";
	case OUTCOME_LOCKED:
		return "locked";
	case OUTCOME_BLOCKED:
		return "blocked";
	case OUTCOME_EXPIRED:
		return "expired";
	case OUTCOME_UNENROLLED:
	case OUTCOME_UNKNOWN:
		return "unenrolled";
	case OUTCOME_UNAVAILABLE:
		return "unavailable";
	case OUTCOME_MISCONFIGURED:
		return "misconfigured";
	case OUTCOME_ENROLLS:
	case OUTCOME_UNCOMMITTED:
		return "uncommitted";
	case OUTCOME_ENROLLED:
		return "enrolled";
	case OUTCOME_SKIPPED:
	case OUTCOME_NOTHING:
		return "skipped";
	}
	return "unavailable";
}
