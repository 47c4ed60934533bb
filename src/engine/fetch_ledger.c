// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <stdio.h>
#include "engine/count.h"
#include "engine/fetch.h"

static void add_worker(struct irl_fetch_counts *out,
		       const struct irl_fetch_counts *in)
{
	const uint64_t *from = (const uint64_t *)in;
	uint64_t *to = (uint64_t *)out;

	_Static_assert(sizeof(*in) % sizeof(uint64_t) == 0, "counters only");
	for (size_t i = 0; i < sizeof(*in) / sizeof(uint64_t); i++)
		to[i] += irl_counted(&from[i]);
}

/* What only the main thread or the port knows. */
static void add_rest(struct irl_fetch *fetch, struct irl_fetch_counts *out)
{
	struct irl_port_stats port;

	out->targets += fetch->targets;
	if (fetch->options.list) /* those that were probed are probes */
		out->targets -= out->probes;
	out->not_opened[IRL_FETCH_NOT_DUPLICATE] += fetch->duplicates;
	if (irl_fetch_stopping(fetch))
		out->not_opened[IRL_FETCH_NOT_STOPPED] +=
		    irl_fetch_unplaced(fetch);
	out->told = fetch->told;
	out->untold += fetch->untold;
	irl_port_stats(fetch->way.port, &port);
	out->received = port.rx_ours;
	out->passed = port.rx_host;
	out->lost = port.rx_full + port.rx_too_long;
	out->tx_unknown = port.tx_unknown;
	/* Before the first connect, while the way was being found. */
	out->foreign += fetch->way.taken;
}

void irl_fetch_counts(struct irl_fetch *fetch, struct irl_fetch_counts *out)
{
	*out = (struct irl_fetch_counts){0};
	for (unsigned i = 0; i < fetch->workers; i++)
		add_worker(out, &fetch->worker[i].counts);
	add_rest(fetch, out);
}

/* ---- the equations ------------------------------------------------------- */

static uint64_t sum(const uint64_t counts[], unsigned n)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < n; i++)
		total += counts[i];
	return total;
}

struct equation {
	const char *text;
	uint64_t left, right;
};

uint64_t irl_fetch_accounted(const struct irl_fetch_counts *c)
{
	return c->taken + c->synacks + c->closed + c->unreachable + c->stray +
	       c->foreign + c->form + c->checksum + c->fragment + c->lost;
}

void irl_fetch_check(const struct irl_fetch_counts *c, char *text, size_t size)
{
	uint64_t opened = c->connected + c->adopted;
	const struct equation equations[] = {
	    {"targets = connected + not opened", c->targets,
	     c->connected + sum(c->not_opened, IRL_FETCH_CAUSES)},
	    {"probes = accepted + skipped + no neighbour + given up", c->probes,
	     c->probes_accepted + c->probes_skipped + c->probes_no_neighbour +
		 c->probes_given_up},
	    {"refused probes = again + given up", c->probes_refused,
	     c->probes_again + c->probes_given_up},
	    {"SYN-ACKs = adopted + queued + repeats + crowded + too late + "
	     "unfit",
	     c->synacks,
	     c->adopted + c->queued + c->repeats + c->crowded + c->too_late +
		 c->unfit},
	    {"opened = ended by outcome", opened,
	     sum(c->ended, IRL_TCP_OUTCOMES)},
	    {"opened = sum of states", opened, sum(c->state, IRL_FETCH_STATES)},
	    {"opened = sum of statuses", opened,
	     sum(c->status, IRL_PROTO_STATUSES)},
	    {"opened + no address + no route + no neighbour = told + untold",
	     opened + c->not_opened[IRL_FETCH_NOT_PLACE] +
		 c->not_opened[IRL_FETCH_NOT_ROUTE] +
		 c->not_opened[IRL_FETCH_NOT_NEIGHBOUR],
	     c->told + c->untold},
	    {"received = taken + SYN-ACKs + closed + unreachable + stray + "
	     "foreign + bad + lost",
	     c->received, irl_fetch_accounted(c)},
	    {"stray = invalid + others", c->stray, c->invalid + c->others},
	    {"made = sent + given up", c->made, c->sent + c->given_up},
	    {"refused = again + given up", c->refused, c->again + c->given_up},
	    {"frames of unknown fate = 0", c->tx_unknown, 0},
	};

	*text = '\0';
	for (size_t i = 0; i < sizeof(equations) / sizeof(equations[0]); i++) {
		const struct equation *e = &equations[i];

		if (e->left == e->right)
			continue;
		snprintf(text, size, "%s: %" PRIu64 " is not %" PRIu64, e->text,
			 e->left, e->right);
		return;
	}
}
