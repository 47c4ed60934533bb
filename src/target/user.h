/* SPDX-License-Identifier: BSD-2-Clause */
/* The inline core with a set's own tables behind its macros. */
#ifndef IRL_TARGET_USER_H
#define IRL_TARGET_USER_H

#include "target/tables.h"

#define IRL_CORE_RANK(i) (tables->rank[i])
#define IRL_CORE_GUIDE(i) (tables->guide[i])
#define IRL_CORE_PORT(i) (tables->port[i])
#include "target/core.h"

#endif
