/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who shares an interface's transmit queues.  XDP picks a queue by the number
 * of the processor it runs on; the host's traffic goes by XPS, or by hash over
 * all queues where that is not set.  Sharing costs both frames.
 */
#ifndef IRL_NET_QUEUES_H
#define IRL_NET_QUEUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_QUEUES_MAX 64u
#define NET_CPUS_MAX 63u /* of more we cannot tell */

enum net_share {
	NET_SHARE_NONE,    /* the host has a queue of its own */
	NET_SHARE_FEW,     /* there are not more queues than processors */
	NET_SHARE_SPREAD,  /* there are, but XPS does not keep them apart */
	NET_SHARE_UNKNOWN, /* too many processors, or no masks to read */
};

/* @masks: of each of @queues, the processors whose traffic XPS sends there;
 * NULL: unknown. */
enum net_share net_queues_share(unsigned queues, unsigned cpus,
				const uint64_t masks[]);

/* "3", "ff,ffffffff" as sysfs prints it, of which the low 64 bits. */
bool net_mask_parse(const char *text, uint64_t *mask);
/* The mask of processors 0 .. cpus - 1, as sysfs takes it. */
void net_mask_text(unsigned cpus, char *text, size_t size);

/*
 * The masks of the first @queues queues of @interface from sysfs; false if
 * the /sys that is mounted does not show this interface (it is of another
 * namespace) or has no masks.
 */
bool net_queues_read(const char *interface, unsigned ifindex, unsigned queues,
		     uint64_t masks[]);

#endif
