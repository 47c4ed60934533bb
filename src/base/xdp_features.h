/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IRL_BASE_XDP_FEATURES_H
#define IRL_BASE_XDP_FEATURES_H

#include <stdint.h>

/* enum netdev_xdp_act of the kernel */
#define IRL_XDP_BASIC 1u
#define IRL_XDP_REDIRECT 2u
#define IRL_XDP_NDO_XMIT 4u /* takes frames that are redirected to it */

/*
 * What the driver of an interface of this network namespace can do by XDP at
 * this moment.  NDO_XMIT may come and go: several drivers have it only while a
 * program is attached to them, a veth only while its other end has a program or
 * GRO.  Returns 0 or -errno; -EOPNOTSUPP before Linux 6.3.
 */
int irl_xdp_features(unsigned ifindex, uint64_t *features);

#endif
