// SPDX-License-Identifier: BSD-2-Clause
/* What both analysers must find: a null pointer read. */
#include "../../driver/windows/common.h"

LONG Faulty(const LONG *Number);

LONG Faulty(const LONG *Number)
{
	return Number ? 0 : *Number;
}
