// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>
#include "port/port.h"
#include "wire/checksum.h"

#define RX_RING_MIN (64u << 10)
/* The verifier takes no offset of 2^29 or more (BPF_MAX_VAR_OFF). */
#define RX_RING_MAX (256u << 20)

const char *irl_tx_status_name(enum irl_tx_status status)
{
	static const char *const name[] = {
	    [IRL_TX_ACCEPTED] = "accepted",   [IRL_TX_FULL] = "full",
	    [IRL_TX_LINK_DOWN] = "link down", [IRL_TX_GONE] = "device gone",
	    [IRL_TX_LENGTH] = "bad length",   [IRL_TX_UNSENT] = "unsent",
	    [IRL_TX_REFUSED] = "refused",
	};

	return (unsigned)status < IRL_TX_STATUSES ? name[status] : "unknown";
}

static int check_options(struct irl_port_options *o, struct irl_error *err)
{
	if (!o->ifname)
		return irl_error_set(err, IRL_EINVAL,
				     "a port needs an interface");
	if (!o->queues)
		o->queues = 1;
	if (o->queues > IRL_QUEUES_MAX)
		return irl_error_set(err, IRL_EINVAL,
				     "%u queues asked for, at most %u",
				     o->queues, IRL_QUEUES_MAX);
	if (o->rx_ring_bytes &&
	    (o->rx_ring_bytes < RX_RING_MIN || o->rx_ring_bytes > RX_RING_MAX ||
	     o->rx_ring_bytes & (o->rx_ring_bytes - 1)))
		return irl_error_set(err, IRL_EINVAL,
				     "rx_ring_bytes is %u: it must be a power "
				     "of two from 64 KiB to 256 MiB",
				     o->rx_ring_bytes);
	return 0;
}

static int open_named(struct irl_port **out, const struct irl_port_options *o,
		      struct irl_error *err)
{
	const struct irl_port_kind *kind = irl_port_kinds;
	char names[64] = "";
	size_t used = 0;

	for (; kind->name; kind++) {
		if (!strcmp(kind->name, o->kind))
			return kind->open(out, o, err);
		used += (size_t)snprintf(names + used, sizeof(names) - used,
					 "%s%s", used ? ", " : "", kind->name);
	}
	return irl_error_set(err, IRL_EINVAL,
			     "no port of kind \"%s\"; here there are: %s "
			     "(memory: irl_link_new)",
			     o->kind, names);
}

/* The first kind that works; @refused gathers why others did not.  What a live
 * port receives already, no other kind would: that is the answer, then. */
static int open_best(struct irl_port **out, const struct irl_port_options *o,
		     char *refused, size_t size, struct irl_error *err)
{
	struct irl_error why = {0};
	size_t used = 0;
	int rc = -IRL_ENOTSUP;

	*refused = '\0';
	for (const struct irl_port_kind *kind = irl_port_kinds; kind->name;
	     kind++) {
		rc = kind->open(out, o, &why);
		if (rc == -IRL_ECLAIM)
			return irl_error_set(err, IRL_ECLAIM, "%s", why.text);
		if (!rc)
			return 0;
		if (used < size)
			used += (size_t)snprintf(refused + used, size - used,
						 "%s%s: %s", used ? "; " : "",
						 kind->name, why.text);
	}
	irl_error_set(err, -rc, "%s", refused);
	return rc;
}

int irl_port_open(struct irl_port **out, const struct irl_port_options *options,
		  struct irl_error *err)
{
	struct irl_port_options o = *options;
	char refused[sizeof((*out)->info.refused)] = "";
	struct irl_port_info here;
	int rc;

	*out = NULL;
	rc = check_options(&o, err);
	if (rc)
		return rc;
	/* One clear word about a missing interface, not one per kind. */
	rc = irl_port_describe(&here, o.ifname, err);
	if (rc)
		return rc;
	rc = o.kind ? open_named(out, &o, err)
		    : open_best(out, &o, refused, sizeof(refused), err);
	if (rc) {
		*out = NULL;
		return rc;
	}
	strcpy((*out)->info.refused, refused);
	(*out)->info.caps |= IRL_PORT_CHECKSUM;
	return 0;
}

void irl_port_close(struct irl_port *port)
{
	if (port)
		port->ops->close(port);
}

const struct irl_port_info *irl_port_info(const struct irl_port *port)
{
	return &port->info;
}

void irl_port_stats(struct irl_port *port, struct irl_port_stats *out)
{
	memset(out, 0, sizeof(*out));
	port->ops->stats(port, out);
	for (unsigned s = 0; s < IRL_TX_STATUSES; s++) {
		uint64_t n =
		    __atomic_load_n(&port->tx_kept[s], __ATOMIC_RELAXED);

		out->tx[s] += n;
		out->tx_offered += n;
	}
}

/* Frames that never reach the kind: seldom, so all queues share a counter. */
static void keep(struct irl_port *port, enum irl_tx_status status[],
		 unsigned count, enum irl_tx_status why)
{
	for (unsigned i = 0; i < count; i++)
		status[i] = why;
	__atomic_fetch_add(&port->tx_kept[why], count, __ATOMIC_RELAXED);
}

/* Frames from @frames on that the kind may see; their checksums are filled. */
static unsigned prepare(const struct irl_port *port,
			const struct irl_frame frames[], unsigned count)
{
	uint32_t longest = port->info.mtu + IRL_FRAME_MIN;
	unsigned i;

	for (i = 0; i < count; i++) {
		if (frames[i].length < IRL_FRAME_MIN ||
		    frames[i].length > longest)
			break;
		if (frames[i].flags & IRL_FRAME_CHECKSUM)
			irl_checksum_fill(frames[i].data, frames[i].length);
	}
	return i;
}

int irl_port_send(struct irl_port *port, unsigned queue,
		  const struct irl_frame frames[], unsigned count,
		  enum irl_tx_status status[])
{
	unsigned done = 0;
	int accepted = 0;

	if (queue >= port->info.queues || count > IRL_BATCH_MAX)
		return -IRL_EINVAL;
	/* One call of the kind, unless a frame of bad length splits the batch.
	 */
	while (done < count) {
		unsigned n = prepare(port, frames + done, count - done);
		int rc = 0;

		if (n)
			rc = port->ops->send(port, queue, frames + done, n,
					     status + done);
		if (rc < 0 && !done)
			return rc;
		if (rc < 0) {
			/* Frames before are on their way: not an error of the
			 * call any more; the next call tells it. */
			keep(port, status + done, count - done, IRL_TX_UNSENT);
			break;
		}
		accepted += rc;
		done += n;
		if (done < count) {
			keep(port, status + done, 1, IRL_TX_LENGTH);
			done++;
		}
	}
	return accepted;
}

int irl_port_recv(struct irl_port *port, unsigned queue,
		  struct irl_frame frames[], unsigned max)
{
	if (queue >= port->info.queues)
		return -IRL_EINVAL;
	return port->ops->recv(port, queue, frames, max);
}

int irl_port_wait(struct irl_port *port, unsigned queue, int64_t timeout_ns)
{
	if (queue >= port->info.queues)
		return -IRL_EINVAL;
	return port->ops->wait(port, queue, timeout_ns < 0 ? 0 : timeout_ns);
}

int irl_port_probe(struct irl_port *port, unsigned queue,
		   struct irl_probe_chunk *chunk)
{
	if (!port->ops->probe)
		return -IRL_ENOTSUP;
	if (queue >= port->info.queues || chunk->count > IRL_CHUNK_MAX ||
	    chunk->again_count > IRL_CHUNK_MAX - chunk->count)
		return -IRL_EINVAL;
	return port->ops->probe(port, queue, chunk);
}

int irl_port_hits(struct irl_port *port, struct irl_hit *hits, unsigned max)
{
	return port->ops->hits ? port->ops->hits(port, hits, max)
			       : -IRL_ENOTSUP;
}

void irl_port_end_rx(struct irl_port *port)
{
	if (port->ops->end_rx)
		port->ops->end_rx(port);
}

bool irl_port_hits_crowded(struct irl_port *port)
{
	return port->ops->crowded && port->ops->crowded(port);
}
