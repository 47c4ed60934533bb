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
	/* One of the two could not be found out: then it says no. */
	bool unknown;
};

/*
 * Ask for them, in this network namespace; a VLAN device that was moved to
 * another one is not seen.  @kind of device is "vlan".
 */
void irl_link_tags(const char *interface, unsigned ifindex, const char *kind,
		   struct irl_link_tags *out);

/* Are there frames that may have lost their tags?  There is a device of a VLAN,
 * and no word that its tags are left on. */
static inline bool irl_link_tags_hidden(const struct irl_link_tags *tags)
{
	return tags->device[0] && (tags->stripped || tags->unknown);
}

#endif
