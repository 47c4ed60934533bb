/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * NDIS as the drivers see it, and adapters as a test sees them.
 *
 * Room for one protocol and one filter driver.  Above them sits a stand-in for
 * TCP/IP that counts what it is given.  Every net buffer list is traced: whose
 * it is, how often it came back; a mistake ends the process (nt_host.h).
 */
#ifndef IRL_TESTS_WINDOWS_NDIS_HOST_H
#define IRL_TESTS_WINDOWS_NDIS_HOST_H

#include "nt_host.h"

struct nd_adapter;

/* When a send goes out and comes back: within the call; out at once, back a
 * little later, or when released; both when released, so that it waits in the
 * adapter's queue meanwhile and can be cancelled. */
enum nd_complete { ND_AT_ONCE, ND_LATER, ND_HELD, ND_QUEUED };

struct nd_config {
	const char *name; /* "\\DEVICE\\{...}" */
	uint8_t mac[6];
	uint32_t mtu;
	uint32_t index; /* interface number */
	int medium;     /* NDIS_MEDIUM; 0: Ethernet */
	bool pend;      /* open, close and OIDs answered later */
	bool checksums; /* the adapter computes them, at first */
	/* Each frame that goes out, and its checksum request as in the NBL. */
	void (*sent)(void *context, const uint8_t *frame, size_t length,
		     uint64_t checksum);
	/* Each frame that the TCP/IP stand-in gets; NULL: it only counts. */
	void (*host)(void *context, const uint8_t *frame, size_t length);
	void *context;
};

struct nd_counters {
	uint64_t sends;     /* calls of NdisSendNetBufferLists */
	uint64_t sent;      /* frames given to the adapter */
	uint64_t completed; /* of them, given back */
	uint64_t cancelled; /* of them, before they went out */
	uint64_t indicated; /* frames received */
	uint64_t returned;  /* of them, given back */
	uint64_t host;      /* of them, seen by the TCP/IP stand-in */
	uint64_t live;      /* net buffer lists of drivers now allocated */
};

struct nd_frame {
	const uint8_t *bytes;
	size_t length;
	size_t split;   /* first piece of memory holds so many; 0: all */
	bool coalesced; /* several segments in one (RSC) */
	bool tagged;    /* a VLAN tag, which the adapter took out */
	uint8_t checks; /* NDIS_TCP_IP_CHECKSUM_..._INFO.Receive */
	/* Which looks at it find no memory to map it: bit 0 the first, ... */
	uint8_t unreadable;
};

/* ND_PAUSED: also while the filter is paused or about to be. */
enum { ND_RESOURCES = 1, ND_PAUSED = 2 };

void nd_start(void); /* after nt_start() */
/* Which NDIS it is, major << 16 | minor; at first 6.84. */
void nd_version(uint32_t version);
void nd_stop(void); /* before nt_stop(): no driver registered, no adapter */

/* Drivers registered already are attached and bound at once (in steps: by
 * nt_settle()). */
struct nd_adapter *nd_add(const struct nd_config *config);
/* Unbind, detach, gone.  By surprise: what is held fails first. */
void nd_remove(struct nd_adapter *adapter, bool surprise);

void nd_complete_mode(struct nd_adapter *adapter, enum nd_complete mode);
/* A list is given back whole, or each frame by itself. */
void nd_complete_singly(struct nd_adapter *adapter, bool singly);
/* From now on sends end so, and do not reach the wire; 0: they do. */
void nd_fail_sends(struct nd_adapter *adapter, int status);
/* What is cancelled comes back a little later, not within the call. */
void nd_cancel_later(struct nd_adapter *adapter, bool later);
/* Before the adapter has what is sent next; once. */
void nd_before_send(struct nd_adapter *adapter, void (*call)(void *context),
		    void *context);
/* Before a driver gets the next pool of net buffer lists; once. */
void nd_before_pool(void (*call)(void *context), void *context);
unsigned nd_held(struct nd_adapter *adapter);
/* Give back up to so many held or queued lists: the oldest, or the newest
 * first. */
void nd_release(struct nd_adapter *adapter, unsigned lists, bool backwards);

/* Frames arrive.  Refused (0) while the stack above is paused. */
unsigned nd_receive(struct nd_adapter *adapter, const struct nd_frame frames[],
		    unsigned count, unsigned flags);
/* The TCP/IP stand-in keeps frames until told otherwise. */
void nd_host_keeps(struct nd_adapter *adapter, bool keeps);

void nd_pause(struct nd_adapter *adapter);
void nd_restart(struct nd_adapter *adapter);
void nd_unbind(struct nd_adapter *adapter);
void nd_bind(struct nd_adapter *adapter);
void nd_link(struct nd_adapter *adapter, bool up);
/* From now on the adapter computes checksums, of whatever frame, or does not.
 */
void nd_checksums(struct nd_adapter *adapter, bool computes);
/* Of IPv4 and IPv6, as NDIS_TCP_IP_CHECKSUM_OFFLOAD has them, two bits for
 * each: IP options (of IPv6: extension headers), TCP options, TCP, UDP, IP. */
void nd_offload(struct nd_adapter *adapter, uint32_t encapsulation, uint32_t v4,
		uint32_t v6);
/* Which frames the protocol asked for: NDIS_PACKET_TYPE_... */
uint32_t nd_packet_filter(struct nd_adapter *adapter);
bool nd_bound(struct nd_adapter *adapter);
/* Whether the filter is attached. */
bool nd_filtered(struct nd_adapter *adapter);

void nd_count(struct nd_adapter *adapter, struct nd_counters *counters);

#endif
