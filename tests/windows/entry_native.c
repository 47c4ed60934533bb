/* SPDX-License-Identifier: BSD-2-Clause */
/* The drivers' sources, linked into this program. */
#include "lab.h"

DRIVER_INITIALIZE IrlpDriverEntry, IrlfDriverEntry;

void lab_entries(DRIVER_INITIALIZE **protocol, DRIVER_INITIALIZE **filter)
{
	*protocol = IrlpDriverEntry;
	*filter = IrlfDriverEntry;
}
