// SPDX-License-Identifier: BSD-2-Clause
/* A connection's end as a record: a line of JSON, made by its worker. */
#include <stdlib.h>
#include "base/clock.h"
#include "engine/count.h"
#include "engine/fetch.h"

static enum irl_fetch_state state_of(const struct irl_session *session,
				     const struct irl_tcp_info *info)
{
	if (session->started &&
	    session->verdict.speech != IRL_PROTO_SPEECH_NONE)
		return IRL_FETCH_SERVICE;
	if (info->request_acked)
		return IRL_FETCH_ACKED;
	return info->established ? IRL_FETCH_SYNACK : IRL_FETCH_NONE;
}

static void put_us(struct irl_json *j, const char *key, uint64_t ns)
{
	if (ns)
		irl_json_uint(j, key, ns / 1000);
}

static void put_tcp(struct irl_json *j, const struct irl_fetch_record *r)
{
	const struct irl_tcp_info *t = &r->tcp;

	irl_json_object(j, "tcp");
	irl_json_string(j, "state", irl_fetch_state_name(r->state));
	irl_json_string(
	    j, "outcome",
	    r->not_opened != IRL_FETCH_CAUSES
		? irl_fetch_cause_name(r->not_opened)
		: irl_tcp_outcome_name((enum irl_tcp_outcome)t->outcome));
	if (r->icmp) {
		irl_json_uint(j, "icmp_type", r->icmp_type);
		irl_json_uint(j, "icmp_code", r->icmp_code);
		irl_json_string(j, "icmp", r->icmp);
	}
	irl_json_bool(j, "probed", r->probed);
	put_us(j, "syn_rtt_us", t->syn_rtt_ns);
	put_us(j, "first_byte_us", t->first_byte_ns);
	put_us(j, "total_us", t->total_ns);
	irl_json_uint(j, "received", t->received);
	irl_json_uint(j, "sent", t->sent);
	irl_json_uint(j, "retransmits", t->retransmits);
	irl_json_uint(j, "sack_blocks", t->sack_blocks_in);
	irl_json_uint(j, "out_of_order", t->out_of_order);
	irl_json_end_object(j);
}

static void put_all(struct irl_fetch_worker *w,
		    const struct irl_proto_verdict *verdict, const void *state,
		    const struct irl_fetch_record *r)
{
	const struct irl_proto *proto = w->fetch->options.proto;
	struct irl_proto_target target = {.ipv6 = !irl_ip_is4(&r->target.addr),
					  .port = r->target.port,
					  .domain = r->target.domain};
	struct irl_json *j = &w->json;

	if (target.ipv6)
		memcpy(target.address, r->target.addr.byte, 16);
	else
		memcpy(target.address, r->target.addr.byte + 12, 4);
	irl_json_reset(j);
	irl_json_object(j, NULL);
	irl_proto_record(j, proto, state, &target, verdict, r->wall_ns);
	irl_json_uint(j, "port", r->target.port);
	if (r->target.tag)
		irl_json_bytes(j, "tag", r->target.tag, strlen(r->target.tag));
	put_tcp(j, r);
	irl_json_end_object(j);
}

static struct irl_fetch_target target_of(const struct irl_item *item)
{
	struct irl_fetch_target target = {.addr = item->addr,
					  .port = item->port};
	const char *domain = item->names, *tag;

	if (!domain)
		return target;
	tag = domain + strlen(domain) + 1;
	target.domain = *domain ? domain : NULL;
	target.tag = *tag ? tag : NULL;
	return target;
}

static uint64_t wall_of(uint64_t at_ns)
{
	return at_ns + (uint64_t)irl_clock_wall_offset_ns();
}

/* @names are the reader's then. */
static void put_told(struct irl_fetch_worker *w,
		     const struct irl_proto_verdict *verdict, const void *state,
		     struct irl_fetch_record *record, char *names)
{
	put_all(w, verdict, state, record);
	/* It cannot be so long; memory may be short, though. */
	if (w->json.failed || w->json.length > w->fetch->json_max)
		put_all(w, verdict, NULL, record);
	record->json = w->json.text;
	record->json_bytes = w->json.failed ? 0 : w->json.length;
	irl_told_put(&w->out, record, names);
}

static bool is_own(const struct irl_way *way, const struct irl_ip *addr)
{
	if (irl_ip_is_loopback(addr))
		return true;
	if (!irl_ip_is4(addr))
		return irl_ip_equal(addr, &way->source6);
	return irl_ip_addr4(addr) - way->options.source_addr <
	       way->options.source_count;
}

/* zgrab2's word for whatever fails in connecting. */
static struct irl_proto_verdict verdict_of(const struct irl_way *way,
					   const struct irl_ip *addr,
					   enum irl_fetch_cause cause)
{
	struct irl_proto_verdict verdict =
	    irl_proto_unopened(IRL_PROTO_END_NO_ANSWER);

	switch (cause) {
	case IRL_FETCH_NOT_PLACE:
		verdict.error = is_own(way, addr)
				    ? "it is an address of this host itself"
				    : "no host has this address";
		break;
	case IRL_FETCH_NOT_ROUTE:
		verdict.error = "no route to it";
		break;
	default:
		verdict.error = "no neighbour answers";
	}
	return verdict;
}

void irl_fetch_tell_unopened(struct irl_fetch_worker *w, struct irl_item *item,
			     enum irl_fetch_cause cause, uint64_t now_ns)
{
	const struct irl_proto_verdict verdict =
	    verdict_of(&w->fetch->way, &item->addr, cause);
	struct irl_fetch_record record = {
	    .target = target_of(item),
	    .state = IRL_FETCH_NONE,
	    .status = verdict.status,
	    .not_opened = cause,
	    .wall_ns = wall_of(now_ns),
	    .position = item->position,
	};

	if (!w->fetch->options.tell_unopened) {
		irl_count(&w->counts.untold, 1);
		irl_fetch_note(w, item->position, IRL_STEP_DONE);
		return;
	}
	put_told(w, &verdict, NULL, &record, item->names);
	item->names = NULL;
}

static void count(struct irl_fetch_worker *w, const struct irl_fetch_record *r,
		  const struct irl_proto_verdict *verdict)
{
	struct irl_fetch_counts *c = &w->counts;

	irl_count(&c->ended[r->tcp.outcome], 1);
	irl_count(&c->state[r->state], 1);
	irl_count(&c->status[r->status], 1);
	irl_count(&c->redirects, verdict->redirect);
	irl_count(&c->bytes, r->tcp.received);
}

/* One that was cut off has its record when it is taken again. */
static bool is_untold(const struct irl_fetch_worker *w,
		      const struct irl_session *session,
		      const struct irl_fetch_record *record)
{
	const struct irl_fetch_options *o = &w->fetch->options;

	return (session->cut && o->track) ||
	       (record->state == IRL_FETCH_NONE && !o->tell_unopened);
}

void irl_session_tell(struct irl_fetch_worker *w, struct irl_session *session,
		      const struct irl_tcp_info *info)
{
	const void *state = NULL;
	struct irl_fetch_record record = {
	    .target = target_of(&session->item),
	    .state = state_of(session, info),
	    .status = session->verdict.status,
	    .tcp = *info,
	    .icmp_type = session->icmp_type,
	    .icmp_code = session->icmp_code,
	    .icmp = irl_session_icmp_name(session),
	    .probed = session->probed,
	    .not_opened = IRL_FETCH_CAUSES,
	    .wall_ns = wall_of(session->begin_ns),
	    .position = session->item.position,
	};

	count(w, &record, &session->verdict);
	if (is_untold(w, session, &record)) {
		irl_count(&w->counts.untold, 1);
		if (!session->cut)
			irl_fetch_note(w, record.position, IRL_STEP_DONE);
		free(session->item.names);
		return;
	}
	if (session->started)
		state = w->states +
			(size_t)(session - w->session) * w->fetch->state_stride;
	put_told(w, &session->verdict, state, &record, session->item.names);
}
