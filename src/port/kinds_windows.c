// SPDX-License-Identifier: BSD-2-Clause
#include "port/port.h"

const struct irl_port_kind irl_port_kinds[] = {
    {"windows", irl_port_open_windows},
    {"xdpwin", irl_port_open_xdpwin},
    {0},
};
