/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of XDP for Windows' interface that the port "xdpwin" uses: its API
 * version 3, which is requests to the driver xdp.sys (1.1 and later).  Written
 * from its documentation and published headers (github.com/microsoft/
 * xdp-for-windows, MIT), in the types of x64.  tests/windows/xdp/facts.def has
 * all of it a second time, each line with its source.
 */
#ifndef IRL_PORT_XDP_ABI_H
#define IRL_PORT_XDP_ABI_H

#include <stdint.h>

/* ---- objects: NtCreateFile of the device, with an extended attribute ------
 */

#define XDP_DEVICE u"\\Device\\xdp"
#define XDP_EA_NAME "XdpOpenPacket000"
#define XDP_API 3u
#define XDP_OBJECT_PROGRAM 0u
#define XDP_OBJECT_XSK 1u

struct xdp_hook {
	uint32_t layer;     /* 0: L2 */
	uint32_t direction; /* XDP_HOOK_... */
	uint32_t sublayer;
};
#define XDP_HOOK_RX 0u
#define XDP_HOOK_TX 1u
#define XDP_HOOK_INSPECT 0u
#define XDP_HOOK_INJECT 1u

struct xdp_program_open {
	uint32_t ifindex;
	struct xdp_hook hook;
	uint32_t queue;
	uint32_t flags;
	uint32_t rule_count;
	const struct xdp_rule *rules;
};

/* The attribute: FILE_FULL_EA_INFORMATION, the packet, what the object's type
 * needs.  No field behind the name is aligned. */
struct xdp_open {
	uint32_t next;
	uint8_t flags;
	uint8_t name_length; /* without the last 0 */
	uint16_t value_length;
	char name[sizeof(XDP_EA_NAME)];
	uint16_t major, minor; /* 1, 0 */
	uint32_t api;
	uint32_t object;
	struct xdp_program_open program; /* of a program only */
} __attribute__((packed, aligned(8)));   /* the system wants 4 */
#define XDP_OPEN_PACKET_BYTES 12u

/* ---- rules of a program ---------------------------------------------------
 */

#define XDP_MATCH_IPV4_DST_MASK 3u
#define XDP_MATCH_IPV6_DST_MASK 4u
#define XDP_MATCH_IPV4_UDP_PORT_SET 10u
#define XDP_MATCH_IPV6_UDP_PORT_SET 11u
#define XDP_MATCH_IPV4_TCP_PORT_SET 12u
#define XDP_MATCH_IPV6_TCP_PORT_SET 13u
#define XDP_ACTION_REDIRECT 2u
#define XDP_TARGET_XSK 0u
#define XDP_PORT_SET_BYTES 8192u

struct xdp_rule {
	uint32_t match;
	union {
		/* (a frame's address & mask) == address */
		struct {
			uint8_t mask[16], address[16];
		} prefix;
		/* The address, and a port whose bit is set; the set is aligned
		 * to 8.  Bit n % 8 of byte n / 8, n the port in network order.
		 */
		struct {
			uint8_t address[16];
			const uint8_t *set;
			void *reserved;
		} ports;
		uint64_t room[5];
	};
	uint32_t action;
	struct {
		uint32_t type;
		void *handle;
	} target;
};

/* ---- sockets --------------------------------------------------------------
 */

#define XSK_BIND 0x00128000u
#define XSK_ACTIVATE 0x00128004u
#define XSK_GET_OPTION 0x00128008u
#define XSK_SET_OPTION 0x0012800cu
#define XSK_NOTIFY 0x00128013u
#define XSK_NOTIFY_LATER 0x00128017u

struct xsk_bind {
	uint32_t ifindex;
	uint32_t queue;
	uint32_t flags;
};
#define XSK_BIND_RX 1u
#define XSK_BIND_TX 2u

/* XSK_GET_OPTION is given the option alone. */
struct xsk_set_option {
	uint32_t option;
	uint32_t bytes;
	const void *value;
};
#define XSK_UMEM 1u
#define XSK_RX_RING 2u
#define XSK_FILL_RING 3u
#define XSK_TX_RING 4u
#define XSK_COMPLETION_RING 5u
#define XSK_RINGS 6u
#define XSK_STATISTICS 7u
#define XSK_TX_HOOK 9u

struct xsk_umem {
	uint64_t bytes;
	uint32_t chunk;
	uint32_t headroom;
	void *address;
};

struct xsk_ring_info {
	uint8_t *ring;
	uint32_t elements, producer, consumer, flags; /* offsets */
	uint32_t size;                                /* elements */
	uint32_t stride;                              /* bytes of one */
	uint32_t reserved;
};

struct xsk_rings {
	struct xsk_ring_info fill, completion, rx, tx;
};
#define XSK_RING_ERROR 1u
#define XSK_RING_NEED_POKE 2u

/* An element of the rings rx and tx; those of fill and completion have the
 * address of a chunk alone, in 64 bits. */
struct xsk_frame {
	uint64_t address; /* of the chunk in the UMEM; from bit 48 on, where in
			     it the frame begins */
	uint32_t length;
	uint32_t reserved;
};
#define XSK_OFFSET_SHIFT 48

struct xsk_statistics {
	uint64_t rx_dropped, rx_truncated, rx_invalid, tx_invalid;
};

struct xsk_notify {
	uint32_t flags;
	uint32_t timeout_ms;
};
#define XSK_POKE_RX 1u
#define XSK_POKE_TX 2u
#define XSK_WAIT_RX 4u
#define XSK_WAIT_TX 8u
#define XSK_FOR_EVER UINT32_MAX

#endif
