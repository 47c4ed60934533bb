/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How live ports of one interface find and tell each other: abstract Unix
 * sockets, whose names are of the network namespace and vanish with whoever
 * holds them, however that ends.
 *
 * A name is a slot: who has bound it holds it.  One more name is the lock, held
 * while the share is changed.  Only root and the same user are heard.
 */
#ifndef IRL_PORT_SHARE_DOOR_H
#define IRL_PORT_SHARE_DOOR_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/steer.h>
#include "../driver/linux/share.h"

/* One holder, as it tells itself to the others. */
struct irl_share_hello {
	uint32_t version;
	int32_t pid; /* filled in by the receiver, who asks the kernel */
	uint32_t slot;
	uint32_t lane, lanes; /* first, and how many */
	uint32_t program;     /* its id */
	struct irl_steer steer;
};

/* Descriptors that go with it; -1: none. */
struct irl_share_files {
	int link, array, root;
};

/* Bind and listen to a slot's name.  Returns the socket, -EADDRINUSE, -E... */
int irl_door_bind(unsigned ifindex, unsigned slot);

/* The same for the lock's: returns the socket, or -EAGAIN; give it back by
 * close(). */
int irl_door_try_lock(unsigned ifindex);

/* Connect to a slot's holder: a socket, or -E...; -EPERM: it is a stranger. */
int irl_door_connect(unsigned ifindex, unsigned slot, int *pid);
/* Who holds the lock; 0: unknown. */
int irl_door_lock_pid(unsigned ifindex);

/* Take one who knocks: a socket, or -E...; -EPERM: a stranger (closed). */
int irl_door_accept(int listener, int *pid);

/* Never blocks. */
int irl_door_tell(int fd, const struct irl_share_hello *hello,
		  const struct irl_share_files *files);

/*
 * Hear the other side for up to @timeout_ms; descriptors are the caller's.
 * Returns 1, 0 (nothing yet) or -E...: it is gone or talks nonsense.
 */
int irl_door_hear(int fd, struct irl_share_hello *hello,
		  struct irl_share_files *files, int timeout_ms);

#endif
