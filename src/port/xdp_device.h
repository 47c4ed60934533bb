/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The port "xdpwin" and the driver xdp.sys: what the port asks of Windows.
 * xdp_device_windows.c asks it; the tests have a driver of their own instead
 * (tests/windows/xdp).  Errors are those of Windows (GetLastError), 0 is none.
 * Any thread.
 */
#ifndef IRL_PORT_XDP_DEVICE_H
#define IRL_PORT_XDP_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include "port/xdp_abi.h"

#define XDP_NO_FILE 2u
#define XDP_NO_PATH 3u
#define XDP_DENIED 5u
#define XDP_NO_MEMORY 8u
#define XDP_NOT_SUPPORTED 50u
#define XDP_INVALID 87u
#define XDP_PENDING 997u
#define XDP_NOT_FOUND 1168u
#define XDP_NO_RESOURCES 1450u
#define XDP_REMOVED 1617u

/* A socket or a program: what it is stands in @ea. */
uint32_t xdp_open(void **file, const struct xdp_open *ea, uint32_t bytes);
void xdp_close(void *file);
/* *out_bytes: room, then what was written; may be NULL with @out. */
uint32_t xdp_control(void *file, uint32_t code, const void *in,
		     uint32_t in_bytes, void *out, uint32_t *out_bytes);

/* A request that ends later; one after another on the same @file. */
struct xdp_request;
struct xdp_request *xdp_request_new(void);
/* Cancels it where it is under way; before its file is closed. */
void xdp_request_free(struct xdp_request *request);
/* XDP_PENDING, or 0 and another error when it has ended already. */
uint32_t xdp_begin(struct xdp_request *request, void *file, uint32_t code,
		   const void *in, uint32_t in_bytes);
bool xdp_has_ended(const struct xdp_request *request);

/* What a thread waits by: others ring, or requests end. */
struct xdp_bell;
struct xdp_bell *xdp_bell_new(void);
void xdp_bell_free(struct xdp_bell *bell);
void xdp_bell_ring(struct xdp_bell *bell);
#define XDP_REQUESTS_MAX 60u /* in one call */
/* False: the time is up. */
bool xdp_bell_wait(struct xdp_bell *bell, struct xdp_request *const requests[],
		   unsigned count, int64_t timeout_ns);

/* Something of the prefix (an address of 4 or 16 bytes, and its length) is on
 * the interface's link: neighbours ask for it by ARP or neighbour discovery. */
bool xdp_is_on_link(unsigned ifindex, const uint8_t *address, unsigned bytes,
		    unsigned length);

#endif
