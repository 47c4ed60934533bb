/* SPDX-License-Identifier: BSD-2-Clause */
/* The port's header agrees with facts.def.  Compiling is the test, on Linux and
 * for Windows. */
#include "port/xdp_device.h"
#define IRL_FACTS "xdp/facts.def"
#include "../facts.h"

extern int irl_facts_xdp;
int irl_facts_xdp;
