/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Npcap's wpcap.dll, as much of it as is used, loaded while the program runs:
 * it is no part of ours.  From Npcap's documentation (npcap.com/guide, "libpcap
 * API" and "Npcap/WinPcap specific extensions").
 */
#ifndef IRL_BENCH_WPCAP_H
#define IRL_BENCH_WPCAP_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>

#define WPCAP_ERROR 256u /* PCAP_ERRBUF_SIZE */

struct wpcap_handle; /* pcap_t */

/* struct pcap_pkthdr; Windows' struct timeval has two 32-bit members. */
struct wpcap_header {
	int32_t s, us;
	uint32_t captured, length;
};

struct wpcap_queue { /* pcap_send_queue */
	unsigned most, length;
	char *buffer;
};

struct wpcap {
	void *library;
	struct wpcap_handle *(*open_live)(const char *device, int bytes,
					  int promiscuous, int ms, char *error);
	void (*close)(struct wpcap_handle *);
	char *(*geterr)(struct wpcap_handle *);
	int (*sendpacket)(struct wpcap_handle *, const uint8_t *, int);
	struct wpcap_queue *(*queue_alloc)(unsigned bytes);
	void (*queue_destroy)(struct wpcap_queue *);
	int (*queue_add)(struct wpcap_queue *, const struct wpcap_header *,
			 const uint8_t *);
	/* Bytes sent, headers included. */
	unsigned (*queue_transmit)(struct wpcap_handle *, struct wpcap_queue *,
				   int sync);
};

_Static_assert(sizeof(struct wpcap_header) == 16, "struct pcap_pkthdr");
_Static_assert(sizeof(struct wpcap_queue) == 16, "pcap_send_queue");

/* -IRL_ENOTSUP: it is not installed. */
int wpcap_load(struct wpcap *out, struct irl_error *err);
void wpcap_unload(struct wpcap *wpcap);

#endif
