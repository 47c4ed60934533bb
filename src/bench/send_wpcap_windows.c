// SPDX-License-Identifier: BSD-2-Clause
/* Npcap: one frame a call, and queues of a batch. */
#include <stdio.h>
#include <stdlib.h>
#include "bench/peer_windows.h"
#include "bench/senders_windows.h"
#include "bench/wpcap.h"

#define BATCH_MAX 1024u
#define SNAP_BYTES 64
#define READ_MS 100

struct pcap_sender {
	struct wpcap wpcap;
	struct wpcap_handle *handle;
	struct wpcap_queue *queue;
	struct bench_datagrams frames;
	unsigned batch;
};

static void close_pcap(void *sender)
{
	struct pcap_sender *s = sender;

	if (s->queue)
		s->wpcap.queue_destroy(s->queue);
	if (s->handle)
		s->wpcap.close(s->handle);
	wpcap_unload(&s->wpcap);
	free(s);
}

static int open_handle(struct pcap_sender *s,
		       const struct bench_sender_options *options,
		       struct irl_error *err)
{
	unsigned each = (unsigned)sizeof(struct wpcap_header) + options->length;
	char device[96], why[WPCAP_ERROR] = "";

	snprintf(device, sizeof(device), "\\Device\\NPF_%s",
		 options->peer->guid);
	s->handle = s->wpcap.open_live(device, SNAP_BYTES, 0, READ_MS, why);
	if (!s->handle)
		return irl_error_set(err, IRL_ESYSTEM, "Npcap: %s", why);
	s->queue = s->wpcap.queue_alloc(each * options->batch);
	return s->queue ? 0
			: irl_error_set(err, IRL_ENOMEM,
					"Npcap has no queue of %u frames",
					options->batch);
}

static int open_pcap(void **out, const struct bench_sender_options *options,
		     struct irl_error *err)
{
	const struct bench_peer *peer = options->peer;
	struct pcap_sender *s = calloc(1, sizeof(*s));
	int r;

	*out = NULL;
	if (!s)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	s->batch = options->batch;
	bench_datagrams_init(&s->frames, options->length, peer->near_mac,
			     peer->far_mac, peer->near_addr, &peer->range);
	r = wpcap_load(&s->wpcap, err);
	if (r == 0)
		r = open_handle(s, options, err);
	if (r < 0) {
		close_pcap(s);
		return r;
	}
	*out = s;
	return 0;
}

static int send_packet(void *sender)
{
	struct pcap_sender *s = sender;
	uint8_t frame[BENCH_DATAGRAM_HEADERS + BENCH_DATAGRAM_MAX];

	bench_datagrams_write(&s->frames, frame);
	return !s->wpcap.sendpacket(s->handle, frame, (int)s->frames.length);
}

static int send_queue(void *sender)
{
	struct pcap_sender *s = sender;
	const struct wpcap_header header = {.captured = s->frames.length,
					    .length = s->frames.length};
	uint8_t frame[BENCH_DATAGRAM_HEADERS + BENCH_DATAGRAM_MAX];

	s->queue->length = 0;
	for (unsigned i = 0; i < s->batch; i++) {
		bench_datagrams_write(&s->frames, frame);
		if (s->wpcap.queue_add(s->queue, &header, frame))
			return -IRL_ESYSTEM;
	}
	return (int)(s->wpcap.queue_transmit(s->handle, s->queue, 0) /
		     (sizeof(header) + s->frames.length));
}

static int finish(void *sender)
{
	(void)sender;
	return 0;
}

const struct bench_sender bench_pcap_sendpacket = {
    .name = "pcap_sendpacket",
    .batch_max = 1,
    .batch_usual = 1,
    .open = open_pcap,
    .send = send_packet,
    .finish = finish,
    .close = close_pcap,
};

const struct bench_sender bench_pcap_sendqueue = {
    .name = "pcap_sendqueue",
    .batch_max = BATCH_MAX,
    .open = open_pcap,
    .send = send_queue,
    .finish = finish,
    .close = close_pcap,
};
