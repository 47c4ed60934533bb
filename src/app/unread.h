/* SPDX-License-Identifier: BSD-2-Clause */
/* What a reader that goes has surely read: all that was written before the
 * bytes that a pipe and the reader itself may hold. */
#ifndef IRL_APP_UNREAD_H
#define IRL_APP_UNREAD_H

#include <stdint.h>

#define UNREAD_READER 65536u /* a reader's own buffer */
#define UNREAD_PARTS 16u     /* so exact, of what may be unread */

/* All zero: nothing is written. */
struct unread {
	uint64_t bytes; /* written */
	struct unread_mark {
		uint64_t records, bytes;
	} mark[2 * UNREAD_PARTS];
	uint64_t marks; /* ever made */
};

/* So much is written, of which @room bytes may be unread. */
void unread_note(struct unread *unread, uint64_t records, uint64_t bytes,
		 uint64_t room);
/* Records that were read if @room bytes of what is written were not; maybe a
 * few less. */
uint64_t unread_read(const struct unread *unread, uint64_t room);

#endif
