// SPDX-License-Identifier: BSD-2-Clause
/*
 * In place of Npcap's wpcap.dll: what it is given to send goes on the wire of
 * the double's adapter, which sends nothing meanwhile (one writer a ring).  A
 * queue is read as Npcap's documentation has it: a header, the frame, again.
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wire.h"

#define API __declspec(dllexport)

struct pcap {
	struct wire *wire;
};

struct header {
	int32_t s, us;
	uint32_t captured, length;
};

struct queue {
	unsigned most, length;
	char *buffer;
};

API struct pcap *pcap_open_live(const char *device, int bytes, int promiscuous,
				int ms, char *error);
API void pcap_close(struct pcap *p);
API char *pcap_geterr(struct pcap *p);
API int pcap_sendpacket(struct pcap *p, const uint8_t *frame, int length);
API struct queue *pcap_sendqueue_alloc(unsigned bytes);
API void pcap_sendqueue_destroy(struct queue *q);
API int pcap_sendqueue_queue(struct queue *q, const struct header *header,
			     const uint8_t *frame);
API unsigned pcap_sendqueue_transmit(struct pcap *p, struct queue *q, int sync);

struct pcap *pcap_open_live(const char *device, int bytes, int promiscuous,
			    int ms, char *error)
{
	struct pcap *p = calloc(1, sizeof(*p));

	(void)bytes;
	(void)promiscuous;
	(void)ms;
	if (p && !strncmp(device, "\\Device\\NPF_{", 13))
		p->wire = wire_map();
	if (p && p->wire)
		return p;
	snprintf(error, 256, "no device %s", device);
	free(p);
	return NULL;
}

void pcap_close(struct pcap *p)
{
	UnmapViewOfFile(p->wire);
	free(p);
}

char *pcap_geterr(struct pcap *p)
{
	static char none[] = "none";

	(void)p;
	return none;
}

int pcap_sendpacket(struct pcap *p, const uint8_t *frame, int length)
{
	struct wire_slot *slot;

	if (length < 14 || length > 1514)
		return -1;
	while (!(slot = wire_room(&p->wire->out)))
		SwitchToThread();
	slot->length = (uint32_t)length;
	memcpy(slot->frame, frame, (size_t)length);
	wire_put(&p->wire->out);
	return 0;
}

struct queue *pcap_sendqueue_alloc(unsigned bytes)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (q)
		*q = (struct queue){.most = bytes, .buffer = malloc(bytes)};
	return q;
}

void pcap_sendqueue_destroy(struct queue *q)
{
	free(q->buffer);
	free(q);
}

int pcap_sendqueue_queue(struct queue *q, const struct header *header,
			 const uint8_t *frame)
{
	if (q->length + sizeof(*header) + header->captured > q->most)
		return -1;
	memcpy(q->buffer + q->length, header, sizeof(*header));
	memcpy(q->buffer + q->length + sizeof(*header), frame,
	       header->captured);
	q->length += (unsigned)sizeof(*header) + header->captured;
	return 0;
}

unsigned pcap_sendqueue_transmit(struct pcap *p, struct queue *q, int sync)
{
	unsigned at = 0;

	(void)sync;
	while (at + sizeof(struct header) <= q->length) {
		struct header header;

		memcpy(&header, q->buffer + at, sizeof(header));
		at += (unsigned)sizeof(header);
		if (header.captured > q->length - at ||
		    pcap_sendpacket(p, (uint8_t *)q->buffer + at,
				    (int)header.captured))
			break;
		at += header.captured;
	}
	return at;
}
