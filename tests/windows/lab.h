/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The two drivers on a machine of the double, an adapter or more, and what a
 * program does with them.
 *
 * Where the drivers' entries come from is the program's affair: entry_native.c
 * links their sources, entry_image.c loads their .sys files.
 */
#ifndef IRL_TESTS_WINDOWS_LAB_H
#define IRL_TESTS_WINDOWS_LAB_H

#include "double/ndis_host.h"

#include <irl/abi/windows.h>

#define LAB_MTU 1500u
#define LAB_FRAME_MAX (LAB_MTU + 14)
#define LAB_LOG 8192 /* frames remembered */

/* The entries of irlstackp.sys and irlstackf.sys; ends the program with 77
 * where they cannot be had. */
void lab_entries(DRIVER_INITIALIZE **protocol, DRIVER_INITIALIZE **filter);

struct lab_nic {
	struct nd_adapter *adapter;
	uint64_t frames, bytes; /* that went out */
	struct lab_sent {
		uint32_t length, hash;
		uint64_t checksum;
	} log[LAB_LOG];
};

struct lab {
	struct nt_driver *protocol, *filter;
	struct lab_nic nic[2];
	unsigned nics;
};

enum {
	LAB_NO_FILTER = 1,
	LAB_PEND = 2,      /* NDIS answers later */
	LAB_CHECKSUMS = 4, /* the adapter computes them */
	LAB_TWO = 8,       /* two adapters */
	LAB_RUNS = 16,     /* threads */
	LAB_NO_DRIVERS = 32,
	LAB_JUMBO = 64,     /* an MTU beyond what we take */
	LAB_NDIS_630 = 128, /* the oldest NDIS that will do */
	LAB_TUNNEL = 256,   /* adapters that are no Ethernet */
};

/* All up; NULL-safe parts let a failed one be taken down. */
void lab_up(struct lab *lab, unsigned flags);
void lab_down(struct lab *lab);
/* Put an adapter in again that was removed. */
void lab_plug(struct lab *lab, unsigned nic, unsigned flags);
/* Load only what is missing, so that a test may unload and load. */
NTSTATUS lab_load_protocol(struct lab *lab);
NTSTATUS lab_load_filter(struct lab *lab);

/* A bound handle; NULL and *status when refused. */
struct nt_file *lab_open(const struct irl_win_bind *bind, NTSTATUS *status);
struct irl_win_bind lab_bind(unsigned nic, unsigned requests, unsigned batch,
			     bool zero_copy);
struct irl_win_counters lab_count(struct nt_file *file);
NTSTATUS lab_control(struct nt_file *file, uint32_t code, const void *in,
		     size_t in_length, void *out, size_t out_length);
/* 198.18.0.0/15 and 2001:db8::/32 are ours, divided into queues by port. */
NTSTATUS lab_steer(struct nt_file *file, unsigned queue, unsigned queues);
void lab_rule(struct irl_steer *rule);

/* Append a frame of that length to a buffer, contents by the seed. */
struct irl_win_frame *lab_put(uint8_t *buffer, size_t *at, uint32_t length,
			      uint32_t seed);
uint32_t lab_hash(const uint8_t *bytes, size_t length);
/* A buffer of its exact size, so that AddressSanitizer sees its end. */
uint8_t *lab_batch(unsigned frames, uint32_t length, size_t *size);

/* An IPv4 UDP frame. */
void lab_udp(uint8_t frame[60], uint32_t to, uint16_t port);

/* What the handles on an adapter have done, each counted once, at its end. */
struct lab_tally {
	uint64_t buffers, frames, done, delivered;
};
void lab_tally(struct lab_tally *tally, struct nt_file *file);
/* Every frame is accounted for: in the driver and at the adapter.  The filter
 * has been there all the time; its counters are asked by any handle there. */
void lab_balance_sent(const struct lab_tally *tally, struct lab_nic *nic);
void lab_balance_received(const struct lab_tally *tally, struct nt_file *file,
			  struct lab_nic *nic);
/* All of it, where there was one handle. */
void lab_balance(struct nt_file *file, struct lab_nic *nic);

#endif
