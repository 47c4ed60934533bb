// SPDX-License-Identifier: BSD-2-Clause
/* Opening a fetch: options checked and filled in, the way found, workers made.
 */
#include <stdlib.h>
#include "base/clock.h"
#include "base/memory.h"
#include "engine/fetch.h"

#define KEEP_BYTES (336u << 10)
#define BUFFER_BYTES (128ull << 20)
/* Of text a byte that was kept: \u00xx or U+FFFD; hexadecimal has 2. */
#define TEXT_EACH 6u
/* All of a record but what was received. */
#define TEXT_REST                                                              \
	((IRL_FETCH_DOMAIN_MAX + IRL_FETCH_TAG_MAX) * TEXT_EACH + 4096u)

/* A stack has no more, and probes from others would be answered in vain. */
static int check_sources(const struct irl_fetch_options *o,
			 struct irl_error *err)
{
	uint64_t count =
	    (uint64_t)o->scan.source_count + !irl_ip_is_none(&o->source6);

	if (count <= IRL_TCP_LOCALS)
		return 0;
	return irl_error_set(err, IRL_EINVAL,
			     "%llu source addresses: a fetch has at most %u, "
			     "of both families together",
			     (unsigned long long)count, IRL_TCP_LOCALS);
}

static int check(const struct irl_fetch_options *o, struct irl_error *err)
{
	if (!o->proto || !o->config)
		return irl_error_set(err, IRL_EINVAL,
				     "a fetch needs a protocol");
	if (o->list && o->probe && o->scan.residence == IRL_RESIDENCE_KERNEL)
		return irl_error_set(err, IRL_ENOTSUP,
				     "a list's probes are made in user space "
				     "only; a set's can be made in the kernel");
	if (!(o->rate >= 0))
		return irl_error_set(err, IRL_EINVAL,
				     "the rate cannot be negative");
	if (o->connections > 8000000)
		return irl_error_set(err, IRL_EINVAL,
				     "%u connections: at most 8,000,000",
				     o->connections);
	return check_sources(o, err);
}

static void set_defaults(struct irl_fetch_options *o)
{
	struct irl_scan_options *s = &o->scan;

	o->connections = o->connections ? o->connections : 10000;
	o->per_host = o->per_host ? o->per_host : 2;
	o->per_net = o->per_net ? o->per_net : 64;
	o->connect_ns = o->connect_ns ? o->connect_ns : IRL_NS_PER_S;
	o->syn_retries = o->syn_retries ? o->syn_retries : 2;
	o->idle_ns = o->idle_ns ? o->idle_ns : 10 * IRL_NS_PER_S;
	o->deadline_ns = o->deadline_ns ? o->deadline_ns : 30 * IRL_NS_PER_S;
	o->grace_ns = o->grace_ns ? o->grace_ns : 2 * IRL_NS_PER_S;
	o->keep_bytes = o->keep_bytes ? o->keep_bytes : KEEP_BYTES;
	o->buffer_bytes = o->buffer_bytes ? o->buffer_bytes : BUFFER_BYTES;
	o->pcap_sample = o->pcap_sample ? o->pcap_sample : 1;
	s->workers = s->workers ? s->workers : 1;
	s->retries = s->retries ? s->retries : 1000;
}

/* Which positions of the set: as a scan's. */
static int set_supply(struct irl_fetch *fetch, struct irl_error *err)
{
	const struct irl_scan_options *o = &fetch->options.scan;

	if (fetch->options.list)
		return 0;
	irl_permutation_init(&fetch->order, irl_targets_count(o->targets),
			     o->seed);
	return irl_supply_init(&fetch->supply, o, err);
}

static int set_probe(struct irl_fetch *fetch, struct irl_error *err)
{
	const struct irl_way *way = &fetch->way;

	if (!fetch->options.probe || fetch->options.list)
		return 0;
	if (!irl_bitmap_init(&fetch->answered,
			     fetch->supply.end - fetch->supply.first) ||
	    irl_prober_new(&fetch->prober, way->port, way->probe, &way->steer,
			   way->nearby, way->in_kernel))
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	return 0;
}

static int make_workers(struct irl_fetch *fetch, struct irl_error *err)
{
	size_t bytes = fetch->workers * sizeof(*fetch->worker);
	int rc = 0;

	fetch->worker = irl_aligned_take(bytes);
	if (!fetch->worker)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	memset(fetch->worker, 0, bytes);
	for (unsigned i = 0; !rc && i < fetch->workers; i++)
		rc = irl_fetch_worker_init(&fetch->worker[i], fetch, i, err);
	return rc;
}

static int build(struct irl_fetch *fetch, struct irl_error *err)
{
	int rc = check(&fetch->options, err);

	if (rc)
		return rc;
	set_defaults(&fetch->options);
	fetch->workers = fetch->options.scan.workers;
	fetch->state_stride = (fetch->options.proto->state_bytes + 63) & ~63u;
	fetch->json_max =
	    (size_t)fetch->options.keep_bytes * TEXT_EACH + TEXT_REST;
	rc = set_supply(fetch, err);
	if (!rc)
		rc = set_probe(fetch, err);
	if (!rc && fetch->options.track && irl_fetch_set_place(fetch))
		rc = irl_error_set(err, IRL_ENOMEM, "out of memory");
	if (!rc && irl_recent_init(&fetch->recent, fetch->options.scan.seed))
		rc = irl_error_set(err, IRL_ENOMEM, "out of memory");
	if (!rc && fetch->way.hops) {
		fetch->hopless.item =
		    calloc(IRL_FETCH_WAITING, sizeof(struct irl_item));
		if (!fetch->hopless.item)
			rc = irl_error_set(err, IRL_ENOMEM, "out of memory");
	}
	if (!rc)
		rc = make_workers(fetch, err);
	return rc;
}

int irl_fetch_over(struct irl_fetch **out,
		   const struct irl_fetch_options *options,
		   const struct irl_way *way, struct irl_error *err)
{
	struct irl_fetch *fetch =
	    irl_aligned_take((sizeof(*fetch) + 63) & ~(size_t)63);
	int rc;

	*out = NULL;
	if (!fetch) {
		struct irl_way lost = *way;

		irl_way_close(&lost);
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	}
	memset(fetch, 0, sizeof(*fetch));
	fetch->options = *options;
	fetch->way = *way;
	rc = build(fetch, err);
	if (rc)
		irl_fetch_close(fetch);
	else
		*out = fetch;
	return rc;
}

static int name_interface(struct irl_fetch_options *o, struct irl_port *port,
			  struct irl_error *err)
{
	const struct irl_port_info *info = irl_port_info(port);
	int rc;

	if (!o->pcap)
		return 0;
	rc = irl_pcapng_interface(o->pcap, info->ifname, info->mac,
				  info->link_bps, err);
	return rc < 0 ? rc : 0;
}

int irl_fetch_open(struct irl_fetch **out,
		   const struct irl_fetch_options *options,
		   struct irl_error *err)
{
	struct irl_fetch_options o = *options;
	const struct irl_plan_list list = {.first = o.first,
					   .source6 = o.source6,
					   .rate_pps = o.probe ? o.scan.rate_pps
							       : o.rate};
	struct irl_way way;
	int rc = check(&o, err);

	*out = NULL;
	if (!rc)
		rc = irl_way_open(&way, &o.scan,
				  o.probe && !o.list ? IRL_WAY_DELIVER
						     : IRL_WAY_PLAIN,
				  o.list ? &list : NULL, err);
	if (rc)
		return rc;
	rc = name_interface(&o, way.port, err);
	if (rc) {
		irl_way_close(&way);
		return rc;
	}
	return irl_fetch_over(out, &o, &way, err);
}

void irl_fetch_close(struct irl_fetch *fetch)
{
	if (!fetch)
		return;
	for (unsigned i = 0; fetch->worker && i < fetch->workers; i++)
		irl_fetch_worker_fini(&fetch->worker[i]);
	irl_aligned_give(fetch->worker);
	if (fetch->has_held)
		free(fetch->held.names);
	irl_prober_free(fetch->prober);
	while (irl_waiting_take(&fetch->hopless, &fetch->held))
		free(fetch->held.names);
	free(fetch->hopless.item);
	irl_way_close(&fetch->way);
	irl_bitmap_fini(&fetch->answered);
	irl_recent_fini(&fetch->recent);
	irl_unfinished_fini(&fetch->unfinished);
	irl_aligned_give(fetch);
}
