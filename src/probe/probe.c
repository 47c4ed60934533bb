// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include "probe/probe.h"
#include "target/user.h"
#include "probe/core.h"

#define MTU_MAX 1500u
#define MTU_MIN 576u

struct irl_probe {
	struct irl_probe_plan plan;
	const struct irl_targets *targets;
	const struct irl_core_tables *tables;
};

_Static_assert(sizeof(struct irl_hit) == 56, "the kernel's hits are as ours");
_Static_assert(sizeof(struct irl_probe_plan) == 216, "no padding");
_Static_assert(offsetof(struct irl_probe_plan, frame) % 8 == 0,
	       "the template is copied by 8 bytes");

/* ---- template --------------------------------------------------------- */

/* Kinds of TCP options: RFC 9293, 3.2 (MSS, NOP), RFC 7323 (scale,
 * timestamps), RFC 2018 (SACK permitted). */
#define MSS 2, 4, 0, 0
#define NOP 1
#define SCALE(n) 3, 3, n
#define SACK 4, 2
#define TIMESTAMPS 8, 10, 0, 0, 0, 0, 0, 0, 0, 0

struct syn {
	uint8_t length; /* of the options */
	uint16_t window;
	uint8_t options[IRL_PROBE_OPTIONS_MAX];
};

static const struct syn syns[] = {
    [IRL_TCP_OPTIONS_NONE] = {0, 65535, {0}},
    [IRL_TCP_OPTIONS_MSS] = {4, 65535, {MSS}},
    [IRL_TCP_OPTIONS_LINUX] =
	{20, 64240, {MSS, SACK, TIMESTAMPS, NOP, SCALE(IRL_PROBE_SCALE_LINUX)}},
    [IRL_TCP_OPTIONS_WINDOWS] =
	{12, 65535, {MSS, NOP, SCALE(IRL_PROBE_SCALE_WINDOWS), NOP, NOP, SACK}},
};

uint16_t irl_probe_mss(uint32_t mtu, bool ipv6)
{
	if (!mtu || mtu > MTU_MAX)
		mtu = MTU_MAX;
	return (uint16_t)((mtu < MTU_MIN ? MTU_MIN : mtu) - (ipv6 ? 60 : 40));
}

uint32_t irl_probe_syn(enum irl_tcp_options kind, uint16_t mss, uint32_t stamp,
		       uint8_t options[IRL_PROBE_OPTIONS_MAX], uint16_t *window)
{
	const struct syn *syn = &syns[kind];

	memcpy(options, syn->options, syn->length);
	*window = syn->window;
	if (syn->length >= 4)
		irl_store16(options + 2, IRL_NET16(mss));
	if (kind == IRL_TCP_OPTIONS_LINUX)
		irl_store32(options + 8, IRL_NET32(stamp));
	return syn->length;
}

static void put16(uint8_t *p, uint32_t value)
{
	irl_store16(p, IRL_NET16((uint16_t)value));
}

/* The sum of @length bytes (even) as words in the machine's order. */
static uint32_t sum_words(const uint8_t *p, uint32_t length)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < length; i += 2)
		sum += irl_load16(p + i);
	return sum;
}

static void fill_template(struct irl_probe_plan *plan,
			  const struct irl_probe_options *options)
{
	uint8_t *ip = plan->frame + 14, *tcp = plan->frame + 34;
	uint16_t mss = irl_probe_mss(options->mtu, false), window;
	uint32_t segment =
	    20 + irl_probe_syn(options->options, mss, 0, tcp + 20, &window);
	uint32_t bytes = 34 + segment;

	memcpy(plan->frame, options->gateway_mac, 6);
	memcpy(plan->frame + 6, options->source_mac, 6);
	put16(plan->frame + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, 20 + segment);
	put16(ip + 6, 0x4000); /* DF: the identification is the cookie's */
	ip[8] = options->ttl ? options->ttl : 255;
	ip[9] = 6;
	tcp[12] = (uint8_t)(segment / 4 << 4);
	tcp[13] = 0x02; /* SYN */
	put16(tcp + 14, window);

	plan->length = bytes < 60 ? 60 : bytes;
	plan->ip_sum = sum_words(ip, 20);
	/* with the pseudo-header's protocol and length: RFC 9293, 3.1 */
	plan->tcp_sum = sum_words(tcp, segment) + IRL_NET16(6) +
			IRL_NET16((uint16_t)segment);
}

/* ---- new -------------------------------------------------------------- */

static int check_options(const struct irl_probe_options *o,
			 struct irl_error *err)
{
	uint32_t sources = o->source_count ? o->source_count : 1;

	if (!o->targets || irl_targets_count(o->targets) == 0)
		return irl_error_set(err, IRL_EINVAL,
				     "the targets are not sealed");
	if ((unsigned)o->options > IRL_TCP_OPTIONS_WINDOWS)
		return irl_error_set(err, IRL_EINVAL,
				     "no such kind of TCP options: %u",
				     (unsigned)o->options);
	if (o->port_first == 0 || o->port_last < o->port_first)
		return irl_error_set(err, IRL_EINVAL,
				     "source ports %u-%u are no range of "
				     "1-65535",
				     o->port_first, o->port_last);
	if (o->port_parts > (uint32_t)o->port_last - o->port_first + 1)
		return irl_error_set(err, IRL_EINVAL,
				     "source ports %u-%u cannot be divided "
				     "among %u queues; give more ports",
				     o->port_first, o->port_last,
				     o->port_parts);
	if (sources > 65536 || o->source_addr > UINT32_MAX - (sources - 1))
		return irl_error_set(err, IRL_EINVAL,
				     "%u source addresses: at most 65536 are "
				     "possible, none behind 255.255.255.255",
				     sources);
	return 0;
}

static void fill_plan(struct irl_probe_plan *plan,
		      const struct irl_probe_options *options,
		      const struct irl_core_tables *tables)
{
	/* The seed's key, under which labels give keys for one use each. */
	const uint64_t seed[2] = {options->seed, 0x69726c2d70726f62ull};
	struct irl_sip_state derive;
	uint64_t key[2];

	irl_permutation_init(&plan->order, irl_targets_count(options->targets),
			     options->seed);
	irl_siphash13_key(seed, &derive);
	key[0] = irl_siphash13_target(&derive, 0, 1);
	key[1] = irl_siphash13_target(&derive, 0, 2);
	irl_siphash13_key(key, &plan->sip);
	plan->part_key = (uint32_t)irl_siphash13_target(&derive, 0, 5);
	plan->shape = tables->shape;
	plan->source_addr = options->source_addr;
	plan->source_count = options->source_count ? options->source_count : 1;
	plan->source_port = options->port_first;
	plan->source_ports =
	    (uint32_t)options->port_last - options->port_first + 1;
	plan->source_parts = options->port_parts ? options->port_parts : 1;
	fill_template(plan, options);
}

int irl_probe_new(struct irl_probe **out,
		  const struct irl_probe_options *options,
		  struct irl_error *err)
{
	int rc = check_options(options, err);

	*out = NULL;
	if (rc)
		return rc;
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return irl_error_set(err, IRL_ENOMEM,
				     "out of memory for a probe");
	(*out)->targets = options->targets;
	(*out)->tables = irl_targets_tables(options->targets);
	fill_plan(&(*out)->plan, options, (*out)->tables);
	return 0;
}

void irl_probe_free(struct irl_probe *probe)
{
	free(probe);
}

/* ---- use -------------------------------------------------------------- */

const struct irl_probe_plan *irl_probe_plan(const struct irl_probe *probe)
{
	return &probe->plan;
}

const struct irl_targets *irl_probe_targets(const struct irl_probe *probe)
{
	return probe->targets;
}

uint32_t irl_probe_length(const struct irl_probe *probe)
{
	return probe->plan.length;
}

uint32_t irl_probe_time(uint64_t now_ns)
{
	return irl_core_ticks(now_ns);
}

bool irl_probe_target(const struct irl_probe *probe, uint64_t position,
		      struct irl_target *target)
{
	uint64_t index;

	if (position >= probe->plan.order.count ||
	    !irl_core_order(&probe->plan.order, position, &index))
		return false;
	irl_core_target(&probe->plan, probe->tables, index, &target->addr,
			&target->port);
	return true;
}

bool irl_probe_position(const struct irl_probe *probe, struct irl_target target,
			uint64_t *position)
{
	uint64_t index;

	return irl_targets_index(probe->targets, target, &index) &&
	       irl_core_inverse(&probe->plan.order, index, position);
}

void irl_probe_make(const struct irl_probe *probe, struct irl_target target,
		    uint32_t time, uint8_t *frame)
{
	const struct irl_probe_plan *plan = &probe->plan;
	struct irl_probe_fields f;

	irl_core_fields(plan, target.addr, target.port, &f);
	switch (plan->length) {
	case IRL_PROBE_LENGTH_LINUX:
		irl_core_make(plan, &f, time, frame, IRL_PROBE_LENGTH_LINUX);
		break;
	case IRL_PROBE_LENGTH_WINDOWS:
		irl_core_make(plan, &f, time, frame, IRL_PROBE_LENGTH_WINDOWS);
		break;
	default:
		irl_core_make(plan, &f, time, frame, IRL_PROBE_LENGTH_SHORT);
	}
}

enum irl_probe_verdict irl_probe_check(const struct irl_probe *probe,
				       const uint8_t *frame, uint32_t length,
				       uint64_t now_ns, struct irl_hit *hit)
{
	hit->time_ns = now_ns;
	return irl_core_check(&probe->plan, frame, frame + length,
			      irl_core_ticks(now_ns), hit);
}
