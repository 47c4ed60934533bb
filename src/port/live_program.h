/* SPDX-License-Identifier: BSD-2-Clause */
/* The live program as user space sees it: layouts and skeleton. */
#ifndef IRL_PORT_LIVE_PROGRAM_H
#define IRL_PORT_LIVE_PROGRAM_H

#include "target/user.h" /* before the cores, which live.h includes */
#include "steer/core.h"
#include "../driver/linux/live.h"
#include "live.skel.h"

#endif
