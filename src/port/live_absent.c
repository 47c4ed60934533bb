// SPDX-License-Identifier: BSD-2-Clause
#include <stddef.h>
#include "port/port.h"

/* Where the build has no live port, say so; a strong definition wins. */
__attribute__((weak)) int
irl_port_open_live(struct irl_port **out,
		   const struct irl_port_options *options,
		   struct irl_error *err)
{
	*out = NULL;
	return irl_error_set(err, IRL_ENOTSUP,
			     "%s: this build has no live port",
			     options->interface);
}
