/* SPDX-License-Identifier: BSD-2-Clause */
/* The double's own headers agree with facts.def.  Compiling is the test. */
#include "double/ndis6.h"
#include "facts.h"

extern int irl_facts_double;
int irl_facts_double;
