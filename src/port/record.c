// SPDX-License-Identifier: BSD-2-Clause
#include "port/wrap.h"

struct record {
	struct irl_wrap wrap;
	struct irl_pcapng *pcapng;
	unsigned interface_id;
};

static int record_send(struct irl_port *port, unsigned queue,
		       const struct irl_frame frames[], unsigned count,
		       enum irl_tx_status status[])
{
	struct record *r = (struct record *)port;
	uint64_t now = irl_wrap_now(&r->wrap);
	int n = irl_port_send(r->wrap.inside, queue, frames, count, status);

	for (unsigned i = 0; n > 0 && i < count; i++)
		if (status[i] == IRL_TX_ACCEPTED)
			irl_pcapng_write(r->pcapng, r->interface_id, now,
					 frames[i].data, frames[i].length,
					 IRL_PCAPNG_SENT, NULL);
	return n;
}

static int record_recv(struct irl_port *port, unsigned queue,
		       struct irl_frame frames[], unsigned max)
{
	struct record *r = (struct record *)port;
	uint64_t offset = irl_wrap_offset(&r->wrap);
	int n = irl_port_recv(r->wrap.inside, queue, frames, max);

	for (int i = 0; i < n; i++)
		irl_pcapng_write(r->pcapng, r->interface_id,
				 frames[i].time_ns + offset, frames[i].data,
				 frames[i].length, IRL_PCAPNG_RECEIVED, NULL);
	return n;
}

static const struct irl_port_ops record_ops = {
    .close = irl_wrap_close,
    .send = record_send,
    .recv = record_recv,
    .wait = irl_wrap_wait,
    .stats = irl_wrap_stats,
    .end_rx = irl_wrap_end_rx,
};

int irl_port_record(struct irl_port **out, struct irl_port *inside,
		    struct irl_pcapng *pcapng,
		    const struct irl_wrap_clock *clock, struct irl_error *err)
{
	const struct irl_port_info *info = irl_port_info(inside);
	struct record *r;
	int id;

	*out = NULL;
	id = irl_pcapng_interface(pcapng, info->ifname, info->mac,
				  info->link_bps, err);
	if (id < 0)
		return id;
	r = irl_wrap_new(sizeof(*r), &record_ops, inside, clock);
	if (!r)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	r->pcapng = pcapng;
	r->interface_id = (unsigned)id;
	*out = &r->wrap.port;
	return 0;
}
