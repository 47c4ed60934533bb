// SPDX-License-Identifier: BSD-2-Clause
/* Where targets come from: a set in its order, or a list. */
#include <stdlib.h>
#include "engine/count.h"
#include "engine/fetch.h"

#define FEED_MAX 65536u /* at once: records and status want attention, too */
#define HOPLESS_LOOKS 1024u

struct irl_fetch_worker *irl_fetch_owner(const struct irl_fetch *fetch,
					 const struct irl_ip *addr)
{
	uint64_t net = irl_admission_net(addr, fetch->options.scan.seed);

	return &fetch->worker[(net >> 32) * fetch->workers >> 32];
}

/* Of a set that is probed: whose the answers of its network are, by the source
 * port of its probe. */
static struct irl_fetch_worker *prober_of(const struct irl_fetch *fetch,
					  const struct irl_item *item)
{
	const struct irl_target target = {.addr = irl_ip_addr4(&item->addr),
					  .port = item->port};
	uint8_t frame[IRL_FRAME_MAX];
	uint16_t port, first, last;
	unsigned i = 0;

	irl_probe_make(fetch->way.probe, target, 0, frame);
	port = (uint16_t)(frame[34] << 8 | frame[35]);
	while (i + 1 < fetch->workers &&
	       !(irl_steer_ports(&fetch->way.steer, fetch->workers, i, &first,
				 &last) &&
		 port >= first && port <= last))
		i++;
	return &fetch->worker[i];
}

static bool hand_out(struct irl_fetch *fetch, const struct irl_item *item)
{
	struct irl_fetch_worker *owner =
	    fetch->prober ? prober_of(fetch, item)
			  : irl_fetch_owner(fetch, &item->addr);

	if (!irl_item_put(owner->in, item))
		return false;
	fetch->fed++;
	return true;
}

/* ---- a set --------------------------------------------------------------- */

/* False: no target is there. */
static bool hold_of_set(struct irl_fetch *fetch, uint64_t position, bool again)
{
	struct irl_target target;
	uint64_t index;

	if (!irl_permutation_at(&fetch->order, position, &index))
		return false;
	irl_fetch_note_read(fetch, position);
	target = irl_targets_at(fetch->options.scan.targets, index);
	fetch->held = (struct irl_item){.addr = irl_ip4(target.addr),
					.port = target.port,
					.position = position,
					.again = again};
	fetch->targets++;
	return true;
}

/* But for what an earlier part has finished, or begun. */
static bool next_of_supply(struct irl_fetch *fetch)
{
	struct irl_supply *supply = &fetch->supply;

	while (supply->next < supply->end) {
		uint64_t position = supply->next++;

		if (!irl_unfinished_has(&fetch->unfinished, position) &&
		    hold_of_set(fetch, position, false))
			return true;
	}
	fetch->source_ended = true;
	return false;
}

/* What was cut off before is taken first; where workers probe, that is all. */
static bool next_of_set(struct irl_fetch *fetch)
{
	const struct irl_fetch_place *from = &fetch->options.from;

	while (fetch->again_at < from->again_count)
		if (hold_of_set(fetch, from->again[fetch->again_at++], true))
			return true;
	if (fetch->prober) {
		fetch->source_ended = true;
		return false;
	}
	return next_of_supply(fetch);
}

/* ---- a list -------------------------------------------------------------- */

/* Records have room for so much. */
static int check_names(const struct irl_fetch_target *t, struct irl_error *err)
{
	if ((!t->domain || strlen(t->domain) <= IRL_FETCH_DOMAIN_MAX) &&
	    (!t->tag || strlen(t->tag) <= IRL_FETCH_TAG_MAX))
		return 0;
	return irl_error_set(err, IRL_EINVAL,
			     "a target's domain has at most %d bytes, its tag "
			     "%d bytes",
			     IRL_FETCH_DOMAIN_MAX, IRL_FETCH_TAG_MAX);
}

static bool copy_names(struct irl_item *item, const struct irl_fetch_target *t,
		       int *named)
{
	const char *domain = t->domain ? t->domain : "";
	const char *tag = t->tag ? t->tag : "";
	size_t n = strlen(domain) + 1, m = strlen(tag) + 1;

	if (n == 1 && m == 1)
		return true;
	item->names = malloc(n + m);
	if (!item->names)
		return false;
	__atomic_store_n(named, 1, __ATOMIC_RELAXED);
	memcpy(item->names, domain, n);
	memcpy(item->names + n, tag, m);
	return true;
}

/* What has been handed out is finished, and told. */
static void fail(struct irl_fetch *fetch, int code, const struct irl_error *err)
{
	fetch->source_ended = true;
	irl_error_set(&fetch->error, -code, "%s",
		      err->code ? err->text : irl_error_name(code));
}

static bool hold(struct irl_fetch *fetch, const struct irl_fetch_target *target,
		 uint64_t position, bool again)
{
	static const struct irl_error none;

	fetch->held = (struct irl_item){.addr = target->addr,
					.port = target->port,
					.position = position,
					.again = again};
	irl_fetch_note_read(fetch, position);
	if (copy_names(&fetch->held, target, &fetch->named))
		return true;
	fetch->targets--;
	fail(fetch, -IRL_ENOMEM, &none);
	return false;
}

/* Of a list, whose positions are asked for in their order: in an earlier part.
 */
static bool is_finished(struct irl_fetch *fetch, uint64_t position, bool *again)
{
	const struct irl_fetch_place *from = &fetch->options.from;

	*again = fetch->again_at < from->again_count &&
		 from->again[fetch->again_at] == position;
	if (*again) {
		fetch->again_at++;
		return false;
	}
	if (position < from->next)
		return true;
	if (fetch->done_at == from->done_count ||
	    from->done[fetch->done_at] != position)
		return false;
	fetch->done_at++;
	return true;
}

/* False: there is none, or there were so many duplicates that it comes later:
 * records are waiting. */
static bool next_of_list(struct irl_fetch *fetch)
{
	struct irl_fetch_target target;
	struct irl_error err;
	uint64_t position;
	bool known, again;
	int rc;

	for (unsigned i = 0; i < FEED_MAX; i++) {
		target = (struct irl_fetch_target){0};
		err.code = 0;
		rc = fetch->events->next(fetch->events->context, &target, &err);
		if (rc == 1 && check_names(&target, &err))
			rc = -IRL_EINVAL;
		if (rc < 0)
			fail(fetch, rc, &err);
		else if (rc == IRL_FETCH_END)
			fetch->source_ended = true;
		if (rc != 1)
			return false;
		position = fetch->read++;
		/* Also of those that an earlier part has read. */
		known = irl_recent_seen(&fetch->recent, &target.addr,
					target.port, target.domain);
		if (is_finished(fetch, position, &again))
			continue;
		fetch->targets++;
		if (!known)
			return hold(fetch, &target, position, again);
		fetch->duplicates++;
	}
	return false;
}

unsigned irl_fetch_unplaced(const struct irl_fetch *fetch)
{
	return fetch->has_held + fetch->hopless.count;
}

/* ---- next hops ----------------------------------------------------------- */

/* True: the target may be handed out, or cannot be reached. */
static bool has_hop(struct irl_fetch *fetch, struct irl_item *item)
{
	struct irl_next_hops *hops = fetch->way.hops;

	switch (hops ? irl_next_hops_want(hops, &item->addr)
		     : IRL_NEXT_HOP_KNOWN) {
	case IRL_NEXT_HOP_KNOWN:
		return true;
	case IRL_NEXT_HOP_ASKED:
		return false;
	case IRL_NEXT_HOP_ABSENT:
		item->no_neighbour = true;
		return true;
	case IRL_NEXT_HOP_NOWHERE:
		item->no_route = true;
		return true;
	case IRL_NEXT_HOP_FULL:
		break;
	}
	item->no_neighbour = true;
	fetch->source_ended = true;
	irl_error_set(&fetch->error, IRL_EINVAL,
		      "more than %u target addresses are on link: fetch them "
		      "in parts, or give one next hop for all by --gateway-mac",
		      NET_NEIGHBOURS_MAX);
	return true;
}

/* Targets whose next hop has been settled meanwhile, about in their order; also
 * while one is held, which may be for want of room here: what could not be
 * asked for yet is so now. */
static unsigned feed_hopless(struct irl_fetch *fetch)
{
	unsigned looks = fetch->hopless.count, n = 0;
	struct irl_item item;

	if (looks > HOPLESS_LOOKS)
		looks = HOPLESS_LOOKS;
	while (looks--) {
		irl_waiting_take(&fetch->hopless, &item);
		if (!has_hop(fetch, &item)) {
			irl_waiting_put(&fetch->hopless, &item);
		} else if (hand_out(fetch, &item)) {
			n++;
		} else {
			irl_waiting_return(&fetch->hopless, &item);
			break;
		}
	}
	return n;
}

/* The target held goes to a worker, or behind others that wait for a hop. */
static bool place(struct irl_fetch *fetch)
{
	const struct irl_item *item = &fetch->held;

	fetch->has_held = has_hop(fetch, &fetch->held)
			      ? !hand_out(fetch, item)
			      : !irl_waiting_put(&fetch->hopless, item);
	return !fetch->has_held;
}

unsigned irl_fetch_feed(struct irl_fetch *fetch)
{
	bool list = fetch->options.list;
	unsigned n = 0;

	if (!irl_fetch_stopping(fetch))
		n = feed_hopless(fetch);
	while (n < FEED_MAX && !irl_fetch_stopping(fetch)) {
		if (!fetch->has_held) {
			if (fetch->source_ended ||
			    !(list ? next_of_list(fetch) : next_of_set(fetch)))
				break;
			fetch->has_held = true;
		}
		if (!place(fetch))
			break;
		n++;
	}
	return n;
}
