// SPDX-License-Identifier: BSD-2-Clause
#include "net/rules.h"

/* There is no policy routing. */
int net_rules_count(bool ipv6, struct irl_error *err)
{
	(void)ipv6;
	(void)err;
	return 0;
}
