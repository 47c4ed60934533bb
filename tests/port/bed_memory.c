// SPDX-License-Identifier: BSD-2-Clause
/*
 * The bed of the port "memory": the far end is the other port of the link, in
 * this process and in virtual time; the same on every system.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/os.h"
#include "bed_any.h"

uint64_t bed_now_ns(void)
{
	return irl_os_clock_ns();
}

/* No process and no namespace is in it. */
void bed_enter(int ns)
{
	(void)ns;
}

int bed_run(int ns, const char *format, ...)
{
	(void)ns;
	(void)format;
	return -1;
}

int bed_open(struct bed *bed, const char *port_kind, const char *link,
	     const struct bed_options *options, char *why, size_t size)
{
	const struct irl_link_options o = {
	    .steer_a = &bed->steer,
	    .queues = options->queues,
	    .rx_frames = options->rx_bytes ? options->rx_bytes / 2048
					   : 2 * IRL_BATCH_MAX,
	};
	struct irl_error err = {0};

	bed_init(bed, BED_MEMORY, port_kind, options);
	if (strcmp(port_kind, "memory") || strcmp(link, "memory")) {
		snprintf(why, size, "no port %s over %s here", port_kind, link);
		return 1;
	}
	bed->seen = calloc(bed->numbers / 64 + 1, 8);
	bed->state = &bed->tap_state;
	if (!bed->seen ||
	    irl_link_new(&bed->link, &o, &bed->port, &bed->far, &err)) {
		snprintf(why, size, "%s", bed->seen ? err.text : "no memory");
		bed_close(bed);
		return 1;
	}
	memcpy(bed->mac, irl_port_info(bed->port)->mac, 6);
	return 0;
}

void bed_close(struct bed *bed)
{
	irl_port_close(bed->port);
	irl_port_close(bed->far);
	irl_link_free(bed->link);
	free(bed->seen);
	memset(bed, 0, sizeof(*bed));
}

/* ---- the far end --------------------------------------------------------- */

static void advance(struct bed *bed)
{
	irl_link_advance(bed->link, irl_link_now(bed->link) + 1);
}

void bed_capture(struct bed *bed)
{
	(void)bed;
}

int bed_take(struct bed *bed, uint8_t *data, size_t size)
{
	struct irl_frame frame;

	advance(bed);
	if (irl_port_recv(bed->far, 0, &frame, 1) != 1)
		return -1;
	memcpy(data, frame.data, frame.length < size ? frame.length : size);
	return (int)frame.length;
}

void bed_tick(struct bed *bed)
{
	(void)bed;
}

void bed_pump(struct bed *bed)
{
	struct irl_frame frames[256];
	int n;

	advance(bed);
	for (unsigned q = 0; q < irl_port_info(bed->far)->queues; q++)
		while ((n = irl_port_recv(bed->far, q, frames, 256)) > 0)
			for (int i = 0; i < n; i++)
				bed_tick_off(bed, frames[i].data,
					     frames[i].length);
}

bool bed_inject(struct bed *bed, const void *frame, uint32_t length)
{
	struct irl_frame one = {.data = (uint8_t *)(uintptr_t)frame,
				.length = length};
	enum irl_tx_status status;
	bool sent = irl_port_send(bed->far, 0, &one, 1, &status) == 1;

	advance(bed);
	return sent;
}

bool bed_landed(struct bed *bed, uint64_t ours)
{
	struct irl_port_stats s;

	irl_port_wait(bed->port, 0, 0);
	irl_port_stats(bed->port, &s);
	return s.rx_ours >= ours;
}

/* Of veth only. */
bool bed_datagram(struct bed *bed, uint32_t dest, uint16_t port,
		  const char *text)
{
	(void)bed;
	(void)dest;
	(void)port;
	(void)text;
	return false;
}

/* ---- the host: there is none --------------------------------------------- */

void bed_host_open(struct bed *bed)
{
	(void)bed;
}

unsigned bed_host_take(struct bed *bed, uint32_t *next, uint32_t sent)
{
	unsigned n = sent - *next;

	(void)bed;
	*next = sent;
	return n;
}

/* ---- links --------------------------------------------------------------- */

void bed_own_link(struct bed *bed, bool up)
{
	irl_link_set(bed->link, up ? IRL_LINK_UP : IRL_LINK_DOWN);
}

void bed_peer_link(struct bed *bed, bool up)
{
	bed_own_link(bed, up);
}

void bed_delete(struct bed *bed)
{
	irl_link_set(bed->link, IRL_LINK_GONE);
}
