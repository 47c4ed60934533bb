/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The drivers' own header agrees with facts.def, which was written without it.
 * Compiling is the test: on Linux, and with what the .sys files are made of.
 */
#include "ndis6.h"
#define IRL_FACTS_OF_DRIVERS
#include "facts.h"

extern int irl_facts_drivers;
int irl_facts_drivers;
