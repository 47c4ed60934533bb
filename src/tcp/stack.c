// SPDX-License-Identifier: BSD-2-Clause
/* Making a stack, and what it counts. */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "tcp/stack.h"

/* ---- names -------------------------------------------------------------- */

const char *irl_tcp_outcome_name(enum irl_tcp_outcome outcome)
{
	static const char *const name[IRL_TCP_OUTCOMES] = {
	    [IRL_TCP_OPEN] = "open",
	    [IRL_TCP_FINISHED] = "finished",
	    [IRL_TCP_HALF_CLOSED] = "half-closed",
	    [IRL_TCP_ABORTED] = "closed_by_us",
	    [IRL_TCP_REFUSED] = "refused",
	    [IRL_TCP_RESET] = "reset",
	    [IRL_TCP_UNREACHABLE] = "unreachable",
	    [IRL_TCP_SILENT] = "silent",
	    [IRL_TCP_TIMED_OUT] = "timed-out",
	    [IRL_TCP_IDLE] = "idle",
	    [IRL_TCP_DEADLINE] = "deadline",
	    [IRL_TCP_EVICTED] = "evicted",
	};

	return (unsigned)outcome < IRL_TCP_OUTCOMES ? name[outcome] : "?";
}

const char *irl_tcp_count_name(enum irl_tcp_count which)
{
	static const char *const name[IRL_TCP_COUNTS] = {
	    [IRL_TCP_N_TAKEN] = "taken",
	    [IRL_TCP_N_STRAY] = "stray",
	    [IRL_TCP_N_FOREIGN] = "foreign",
	    [IRL_TCP_N_FORM] = "malformed",
	    [IRL_TCP_N_CHECKSUM] = "checksum",
	    [IRL_TCP_N_FRAGMENT] = "fragment",
	    [IRL_TCP_N_OUTSIDE] = "outside-window",
	    [IRL_TCP_N_PAWS] = "paws",
	    [IRL_TCP_N_BAD_ACK] = "bad-ack",
	    [IRL_TCP_N_CHALLENGE] = "challenge",
	    [IRL_TCP_N_THROTTLED] = "throttled",
	    [IRL_TCP_N_ICMP_BAD] = "icmp-bad",
	    [IRL_TCP_N_NO_BUFFER] = "no-buffer",
	    [IRL_TCP_N_FULL] = "full",
	    [IRL_TCP_N_EVICTED] = "evicted",
	    [IRL_TCP_N_TIME_WAIT_EVICTED] = "time-wait-evicted",
	    [IRL_TCP_N_SENT] = "sent",
	    [IRL_TCP_N_RETRANSMITTED] = "retransmitted",
	    [IRL_TCP_N_RST_SENT] = "rst-sent",
	};

	return (unsigned)which < IRL_TCP_COUNTS ? name[which] : "?";
}

/* ---- options ------------------------------------------------------------ */

#define SECOND 1000000000ull
/* Half the range of 32-bit micro, with some room. */
#define LONGEST (1800 * SECOND)

static uint64_t or_else(uint64_t value, uint64_t other)
{
	return value ? value : other;
}

static bool has_v4(const struct irl_tcp_stack *st)
{
	for (unsigned i = 0; i < st->o.local_count; i++)
		if (irl_ip_is4(&st->locals[i].addr))
			return true;
	return false;
}

static bool has_v6(const struct irl_tcp_stack *st)
{
	for (unsigned i = 0; i < st->o.local_count; i++)
		if (!irl_ip_is4(&st->locals[i].addr))
			return true;
	return false;
}

/* The least scale with which 16 bits express the whole window. */
static int8_t fitting_scale(uint32_t bytes)
{
	int8_t scale = 0;

	while (scale < 14 && bytes >> scale > 65535)
		scale++;
	return scale;
}

static void default_offer(struct irl_tcp_stack *st)
{
	struct irl_tcp_offer *offer = &st->o.offer;
	bool unset =
	    !offer->mss && !offer->scale && !offer->sack && !offer->timestamps;

	if (unset && st->o.plain) {
		offer->scale = -1;
		return;
	}
	if (unset) {
		offer->sack = offer->timestamps = true;
		offer->mss = (uint16_t)(st->o.mtu - (has_v4(st) ? 40 : 60));
	}
	if (!offer->scale)
		offer->scale = fitting_scale(st->o.receive_bytes);
}

static void defaults(struct irl_tcp_stack *st)
{
	struct irl_tcp_stack_options *o = &st->o;

	o->mtu = o->mtu ? o->mtu : 1500;
	o->ttl = o->ttl ? o->ttl : 64;
	o->connections = (uint32_t)or_else(o->connections, 65536);
	o->established = (uint32_t)or_else(o->established, o->connections);
	o->established = irl_least(o->established, o->connections);
	o->time_waits = (uint32_t)or_else(o->time_waits, 65536);
	o->buffer_bytes = or_else(o->buffer_bytes, 64 << 20);
	o->receive_bytes = (uint32_t)or_else(o->receive_bytes, 256 << 10);
	o->send_bytes = (uint32_t)or_else(o->send_bytes, 64 << 10);
	o->syn_timeout_ns = or_else(o->syn_timeout_ns, SECOND);
	if (!o->syn_retries)
		o->syn_retries = 3;
	else if (o->syn_retries == IRL_TCP_NO_RETRY)
		o->syn_retries = 0;
	o->rto_min_ns = or_else(o->rto_min_ns, SECOND / 5);
	o->probe_min_ns = or_else(o->probe_min_ns, SECOND / 100);
	o->rto_max_ns = or_else(o->rto_max_ns, 60 * SECOND);
	o->data_retries = o->data_retries ? o->data_retries : 8;
	o->initial_window = o->initial_window ? o->initial_window : 10;
	o->delayed_ack_ns = or_else(o->delayed_ack_ns, SECOND / 25);
	o->ack_segments = o->ack_segments ? o->ack_segments : 2;
	o->time_wait_ns = or_else(o->time_wait_ns, 60 * SECOND);
	default_offer(st);
}

static const char *wrong_local(const struct irl_tcp_stack_options *o)
{
	if (!o->locals || !o->local_count || o->local_count > IRL_TCP_LOCALS)
		return "1 to 256 local addresses are needed";
	for (unsigned i = 0; i < o->local_count; i++)
		if (!o->locals[i].port_first ||
		    o->locals[i].port_last < o->locals[i].port_first)
			return "a local address has no ports";
	return NULL;
}

static const char *wrong_time(const struct irl_tcp_stack_options *o)
{
	if (o->syn_retries > 14 ||
	    o->syn_timeout_ns > LONGEST >> (o->syn_retries + 1))
		return "syn_retries take more than half an hour";
	if (o->rto_min_ns > o->rto_max_ns || o->rto_max_ns > LONGEST)
		return "rto_min_ns and rto_max_ns are not in order, or above "
		       "half an hour";
	if (o->probe_min_ns > LONGEST)
		return "probe_min_ns is above half an hour";
	if (o->delayed_ack_ns > SECOND / 2)
		return "delayed_ack_ns is above half a second (RFC 9293)";
	if (o->time_wait_ns > LONGEST)
		return "time_wait_ns is above half an hour";
	return NULL;
}

static const char *wrong(const struct irl_tcp_stack *st)
{
	const struct irl_tcp_stack_options *o = &st->o;

	if (o->mtu < 576 || o->mtu > 1500 || (has_v6(st) && o->mtu < 1280))
		return "the MTU is not 576 (IPv6: 1,280) to 1,500";
	if (o->connections > IRL_CONN_MAX || o->time_waits > IRL_CONN_MAX)
		return "more than 16,773,120 connections";
	if (o->buffer_bytes < 64 * IRL_CHUNK || o->buffer_bytes > 1ull << 36)
		return "buffer_bytes is not 32 KiB to 64 GiB";
	if (o->receive_bytes < 1 || o->receive_bytes > 1u << 30 ||
	    o->send_bytes > 1u << 30)
		return "receive_bytes or send_bytes is above 1 GiB";
	if (o->offer.scale > 14 || o->offer.scale < -1)
		return "a window scale is at most 14 (RFC 7323)";
	if (o->data_retries == UINT8_MAX) /* they are counted in as much */
		return "data_retries is above 254";
	if (o->ack_segments > 64)
		return "ack_segments is above 64";
	return wrong_time(o);
}

/* ---- memory ------------------------------------------------------------- */

/* The next @count records of the stack's memory; NULL while it is measured. */
static void *part(struct irl_tcp_stack *st, size_t count, size_t size)
{
	size_t at = st->bytes;

	st->bytes += (count * size + 63) & ~(size_t)63;
	return st->memory ? st->memory + at : NULL;
}

static void lay_out_index(struct irl_tcp_stack *st, struct irl_index *index,
			  uint32_t slots)
{
	index->size = irl_index_size(slots);
	index->bucket = part(st, index->size, sizeof(*index->bucket));
}

static uint32_t chunks(const struct irl_tcp_stack *st)
{
	return (uint32_t)(st->o.buffer_bytes / IRL_CHUNK);
}

/* All in one: what is used most stands on few huge pages. */
static void lay_out(struct irl_tcp_stack *st)
{
	size_t n = st->o.connections, full = st->o.established;

	st->bytes = 0;
	st->stub = part(st, n + IRL_STUB_LEVELS + 1, sizeof(*st->stub));
	st->addr6 = has_v6(st) ? part(st, n, sizeof(*st->addr6)) : NULL;
	lay_out_index(st, &st->index, st->o.connections);
	st->hot = part(st, full, sizeof(*st->hot));
	st->cold = part(st, full + IRL_WHEEL_HEADS, sizeof(*st->cold));
	st->tally = part(st, st->o.statistics ? full : 1, sizeof(*st->tally));
	st->wait = part(st, st->o.time_waits, sizeof(*st->wait));
	lay_out_index(st, &st->wait_index, st->o.time_waits);
	st->pool.carved = part(st, chunks(st) + 1ul, sizeof(*st->pool.carved));
	st->pool.bytes = part(st, chunks(st), IRL_CHUNK);
}

static bool take_memory(struct irl_tcp_stack *st)
{
	lay_out(st);
	st->memory = irl_memory_take(st->bytes);
	if (!st->memory)
		return false;
	lay_out(st);
	st->stats.memory_bytes = sizeof(*st) + st->bytes;
	for (uint32_t i = 0; i <= IRL_STUB_LEVELS; i++)
		irl_list_init(st->stub, st->o.connections + i);
	st->stub_free = st->body_free = IRL_CONN_NONE;
	irl_wheel_init(&st->wheel, st->cold, sizeof(*st->cold),
		       st->o.established, 0);
	irl_buffer_init(&st->pool, st->pool.bytes, st->pool.carved, chunks(st));
	st->reserve = chunks(st) / 8;
	return true;
}

/* ---- making ------------------------------------------------------------- */

static void derive(struct irl_siphash *key, uint64_t seed, uint64_t which)
{
	const struct irl_siphash from = {{seed, 0x69726c5f746370ull}};
	uint64_t word[2] = {which, 0};

	key->key[0] = irl_siphash(&from, word, 2);
	word[1] = 1;
	key->key[1] = irl_siphash(&from, word, 2);
}

static void set_locals(struct irl_tcp_stack *st)
{
	uint64_t word;

	st->o.locals = st->locals;
	for (unsigned i = 0; i < st->o.local_count; i++) {
		word = i;
		irl_segment_map_local(st, i);
		st->port_next[i] =
		    (uint32_t)irl_siphash(&st->noise_key, &word, 1);
	}
}

int irl_tcp_new(struct irl_tcp_stack **out,
		const struct irl_tcp_stack_options *options,
		struct irl_error *err)
{
	const char *complaint = wrong_local(options);
	struct irl_tcp_stack *st;

	*out = NULL;
	if (complaint)
		return irl_error_set(err, IRL_EINVAL, "%s", complaint);
	st = calloc(1, sizeof(*st));
	if (!st)
		return irl_error_set(err, IRL_ENOMEM, "no memory for TCP");
	st->o = *options;
	memcpy(st->locals, options->locals,
	       options->local_count * sizeof(st->locals[0]));
	defaults(st);
	complaint = wrong(st);
	if (complaint) {
		free(st);
		return irl_error_set(err, IRL_EINVAL, "%s", complaint);
	}
	derive(&st->ends_key, options->seed, 1);
	derive(&st->noise_key, options->seed, 2);
	derive(&st->mix_key, options->seed, 3);
	set_locals(st);
	irl_syn_schedule(st);
	st->event_first = st->grave_first = st->dirty_first = IRL_CONN_NONE;
	if (!take_memory(st)) {
		irl_error_set(err, IRL_ENOMEM,
			      "no memory for %u TCP connections",
			      st->o.connections);
		free(st);
		return -IRL_ENOMEM;
	}
	*out = st;
	return 0;
}

void irl_tcp_free(struct irl_tcp_stack *st)
{
	if (!st)
		return;
	irl_memory_give(st->memory, st->bytes);
	free(st);
}

void irl_tcp_stats(const struct irl_tcp_stack *st, struct irl_tcp_stats *out)
{
	*out = st->stats;
	out->time_wait = st->wait_live;
	out->buffer_bytes = (uint64_t)st->pool.in_use * IRL_CHUNK;
}
