// SPDX-License-Identifier: BSD-2-Clause
/* Commands that this build for Windows has not. */
#include "option.h"

const struct cli_command cmd_world = {
    .name = "world",
    .summary = "(not on Windows) a simulated Internet in network namespaces",
    .missing = "needs Linux: the simulated Internet lives in network "
	       "namespaces",
};
