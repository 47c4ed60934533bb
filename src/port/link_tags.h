/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IRL_PORT_LINK_TAGS_H
#define IRL_PORT_LINK_TAGS_H

#include <stdbool.h>

/*
 * How VLANs stand on an interface.  A tag that the driver takes off is not in
 * the frame that XDP sees: the frame looks like one of the interface's own.
 */
struct irl_link_tags {
	char device[16]; /* a VLAN device on top of it; empty: none */
	bool stripped;   /* the driver takes 802.1Q tags off */
};

/*
 * Ask for them, in this network namespace; a VLAN device that was moved to
 * another one is not seen.  @kind of device is "vlan".  Returns 0 or -errno; a
 * driver that cannot be asked takes no tags off.
 */
int irl_link_tags(const char *interface, unsigned ifindex, const char *kind,
		  struct irl_link_tags *out);

static inline bool irl_link_tags_hidden(const struct irl_link_tags *tags)
{
	return tags->stripped && tags->device[0];
}

#endif
