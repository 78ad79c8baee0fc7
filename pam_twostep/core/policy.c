/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/policy.h"

enum policy
policy_decide(const struct policy_case *who)
{
	if (!who->account)
		return POLICY_DENY;
	if (!who->enrolled)
		return POLICY_DENY;
	return POLICY_ASK;
}
