/* SPDX-License-Identifier: BSD-2-Clause */
/* What the programs of one interface and their user side share. */
#ifndef IRL_DRIVER_SHARE_H
#define IRL_DRIVER_SHARE_H

/* Live ports on one interface, whichever processes they are of. */
#define SHARE_HOLDERS 8
/* Their transmit queues together.  A lane is told to the program by the length
 * of a test run's metadata, 4 bytes each; older kernels take 32 bytes at most
 * (by their source; not run), so 8 lanes. */
#define SHARE_LANES 48
/* Of the array: a program by slot, then by lane. */
#define SHARE_ENTRIES (SHARE_HOLDERS + SHARE_LANES)

#endif
