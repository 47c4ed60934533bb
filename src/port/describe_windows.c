// SPDX-License-Identifier: BSD-2-Clause
#include "port/port.h"

int irl_port_describe(struct irl_port_info *info, const char *interface,
		      struct irl_error *err)
{
	(void)info;
	return irl_error_set(err, IRL_ENOTSUP,
			     "%s: this build for Windows has no port that "
			     "opens an interface",
			     interface);
}
