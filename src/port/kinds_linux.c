// SPDX-License-Identifier: BSD-2-Clause
#include "port/port.h"

const struct irl_port_kind irl_port_kinds[] = {
    {"live", irl_port_open_live},
    {"packet", irl_port_open_packet},
    {0},
};
