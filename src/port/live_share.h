/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One XDP program per interface, and several live ports on it.
 *
 * A lone port's own program is attached.  When a second comes, the root
 * (driver/linux/root.bpf.c) takes its place by bpf_link_update and calls the
 * programs of all; when one is left, its own program comes back.  Link, array
 * and root are held by every holder, so they stay while one lives and go with
 * the last, however each of them ends.
 *
 * A thread of each holder lets others in and notices their death; nothing on
 * the way of a frame knows of it.  Open and close: one thread; a share belongs
 * to the network namespace that it was entered in.
 */
#ifndef IRL_PORT_LIVE_SHARE_H
#define IRL_PORT_LIVE_SHARE_H

#include <irl/port.h>
#include "../driver/linux/share.h"

struct irl_share;

/*
 * Find the other holders, refuse claims that overlap theirs (-IRL_ECLAIM,
 * naming the process), and reserve a slot and a lane for each queue.  From here
 * to irl_share_join nobody else enters or leaves.
 *
 * @steer  NULL: nothing is received
 */
int irl_share_enter(struct irl_share **out, const struct irl_port_info *info,
		    const struct irl_steer *steer, struct irl_error *err);

unsigned irl_share_slot(const struct irl_share *share);
unsigned irl_share_lane(const struct irl_share *share);

/* The array that the program is to be loaded with, or -1: with one of its own.
 */
int irl_share_array(const struct irl_share *share);

/*
 * Attach @program, or let the others' root call it.
 *
 * @program, @array  the caller's; they outlive the share
 */
int irl_share_join(struct irl_share *share, int program, int array,
		   struct irl_error *err);

/* The program to be test-run, the same number for ever: what is attached, so
 * that runs are cheap. */
int irl_share_runner(const struct irl_share *share);

/* Leave, wherever it stands; NULL is let be. */
void irl_share_leave(struct irl_share *share);

/* Who holds live ports on an interface: up to @max process ids, and what they
 * claim unless @claims is NULL.  Strangers to this user claim nothing. */
unsigned irl_share_holders(unsigned ifindex, int pids[],
			   struct irl_steer claims[], unsigned max);

#endif
