/* SPDX-License-Identifier: BSD-2-Clause */
/** Between the two parts of the NDIS double: lists, and the stack. */
#ifndef IRL_TESTS_WINDOWS_NDIS_INTERNAL_H
#define IRL_TESTS_WINDOWS_NDIS_INTERNAL_H

#include "internal.h"
#include "ndis6.h"
#include "ndis_host.h"

#include <pthread.h>

struct nd_adapter;

/* Whose a net buffer list is. */
enum nbl_owner { NBL_DRIVER, NBL_NDIS, NBL_INDICATED, NBL_RETURNED };

struct nbl {
	NET_BUFFER_LIST list; /* first: it is what drivers see */
	NET_BUFFER buffer;
	struct pool *pool; /* NULL: an adapter's, received */
	struct nd_adapter *adapter;
	enum nbl_owner owner;
	int frames;
	uint8_t unreadable; /* struct nd_frame */
	struct nbl *kept;
};

/* A list as the driver gave it: it is one that NDIS made and is the driver's.
 */
struct nbl *nd_nbl(PNET_BUFFER_LIST list, enum nbl_owner owner,
		   const char *function);
/* For an adapter: a frame received. */
struct nbl *nd_nbl_received(struct nd_adapter *adapter,
			    const struct nd_frame *frame);
void nd_nbl_free(struct nbl *nbl);
uint64_t nd_nbl_live(void);
void nd_nbl_check(void);

/* The header of a parameter: type and size as this revision has them. */
void nd_header(const NDIS_OBJECT_HEADER *header, UCHAR type, UCHAR revision,
	       size_t size, const char *what);

#endif
