// SPDX-License-Identifier: BSD-2-Clause
#include "port/port.h"

/* None that opens an interface: links in memory only (irl_link_new). */
const struct irl_port_kind irl_port_kinds[] = {
    {0},
};
