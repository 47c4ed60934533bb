// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wire/text.h"
#include "world/core.h"

void irl_world_model_init(struct irl_world_model *model)
{
	*model = (struct irl_world_model){
	    .seed = 1,
	    .alive = irl_world_share(0.01),
	    .unreachable = irl_world_share(0.002),
	    .open = irl_world_share(0.5),
	    .closed = irl_world_share(0.25),
	    .range_addr = IRL_WORLD_RANGE,
	    .range_mask = IRL_WORLD_RANGE_MASK,
	    .services =
		{
		    .banner = irl_world_share(0.15),
		    .mute = irl_world_share(0.05),
		    .deaf = irl_world_share(0.05),
		    .medium = irl_world_share(0.1),
		    .large = irl_world_share(0.01),
		    .burst_frames = 4,
		    .body_max = 1u << 20,
		},
	};
}

uint64_t irl_world_share(double share)
{
	if (!(share > 0))
		return 0;
	if (share >= 1)
		return IRL_WORLD_ONE;
	return (uint64_t)(share * (double)IRL_WORLD_ONE + 0.5);
}

int irl_world_model_range(struct irl_world_model *model, const char *prefix,
			  struct irl_error *err)
{
	char text[32], *slash, *end;
	uint32_t addr, length, mask;

	if ((size_t)snprintf(text, sizeof(text), "%s", prefix) >= sizeof(text))
		goto bad;
	slash = strchr(text, '/');
	if (!slash || slash[1] < '0' || slash[1] > '9')
		goto bad;
	*slash = '\0';
	length = (uint32_t)strtoul(slash + 1, &end, 10);
	if (*end || length < 8 || length > 32 || !irl_text_read4(text, &addr))
		goto bad;
	mask = ~0u << (32 - length);
	model->range_addr = addr & mask;
	model->range_mask = mask;
	if ((model->range_addr & IRL_WORLD_RANGE_MASK) == IRL_WORLD_RANGE)
		return 0;
bad:
	return irl_error_set(err, IRL_EINVAL,
			     "range '%s': give a prefix inside 10.0.0.0/8, "
			     "such as 10.20.0.0/16",
			     prefix);
}

static int check_shares(const struct irl_world_services *s,
			struct irl_error *err)
{
	const uint64_t one = IRL_WORLD_ONE;

	if (s->banner > one || s->mute > one || s->tarpit > one ||
	    s->banner + s->mute + s->tarpit > one)
		return irl_error_set(err, IRL_EINVAL,
				     "the shares of banners, mute services "
				     "and tarpits exceed 1 together; lower "
				     "--banner, --mute or --tarpit");
	if (s->medium > one || s->large > one || s->medium + s->large > one)
		return irl_error_set(err, IRL_EINVAL,
				     "the shares of medium and large pages "
				     "exceed 1 together; lower --medium or "
				     "--large");
	if (s->middlebox > one || s->deaf > one || s->burst > one ||
	    s->duplicate > one || s->reorder > one)
		return irl_error_set(err, IRL_EINVAL,
				     "a share of the services exceeds 1");
	return 0;
}

static int check_services(const struct irl_world_services *s,
			  struct irl_error *err)
{
	int r = check_shares(s, err);

	if (r < 0)
		return r;
	if (s->serve >= IRL_WORLD_SERVES)
		return irl_error_set(err, IRL_EINVAL,
				     "nobody is known who serves so: none, "
				     "short, all or user");
	if (s->body_max < (s->serve == IRL_WORLD_SERVE_SHORT ? 100u : 65536u) ||
	    s->body_max > 1u << 30)
		return irl_error_set(
		    err, IRL_EINVAL,
		    "the longest page, --body-max: give 64 KiB "
		    "to 1 GiB, or from 100 bytes on with "
		    "--serve short");
	if (s->rtt_min_us > s->rtt_max_us || s->rtt_max_us > 60000000)
		return irl_error_set(err, IRL_EINVAL,
				     "the round trip: give a range up to 60 s");
	if (s->serve != IRL_WORLD_SERVE_USER &&
	    (s->rtt_max_us || s->burst || s->duplicate || s->reorder))
		return irl_error_set(err, IRL_EINVAL,
				     "round trips, bursts, copies and order "
				     "need the server in user space for all: "
				     "serve 'user'");
	return 0;
}

int irl_world_model_check(const struct irl_world_model *m,
			  struct irl_error *err)
{
	const uint64_t one = IRL_WORLD_ONE;

	if (m->alive > one || m->unreachable > one ||
	    m->alive + m->unreachable > one)
		return irl_error_set(err, IRL_EINVAL,
				     "the shares of alive and unreachable "
				     "addresses exceed 1 together; lower "
				     "--alive or --unreachable");
	if (m->open > one || m->closed > one || m->open + m->closed > one)
		return irl_error_set(err, IRL_EINVAL,
				     "the shares of open and closed ports "
				     "exceed 1 together; lower --open or "
				     "--closed");
	if (m->loss > one)
		return irl_error_set(err, IRL_EINVAL, "the loss exceeds 1");
	if ((m->range_addr & IRL_WORLD_RANGE_MASK) != IRL_WORLD_RANGE ||
	    (m->range_mask & IRL_WORLD_RANGE_MASK) != IRL_WORLD_RANGE_MASK ||
	    (m->range_addr & ~m->range_mask) != 0 ||
	    (~m->range_mask & (~m->range_mask + 1)) != 0)
		return irl_error_set(err, IRL_EINVAL,
				     "the range is no prefix inside "
				     "10.0.0.0/8");
	return check_services(&m->services, err);
}

/* The kernel of the world's side, without a service. */
static struct irl_world_answer gateway_answer(void)
{
	return (struct irl_world_answer){
	    .kind = IRL_WORLD_RST, .responder = IRL_WORLD_GATEWAY, .ttl = 64};
}

static struct irl_world_answer port_answer(const struct irl_world_model *model,
					   uint32_t addr,
					   struct irl_world_host host,
					   uint16_t port)
{
	struct irl_world_answer a = {.responder = addr};
	uint64_t hash = host.hash;

	a.kind = irl_world_knock(model, host, port);
	if (a.kind != IRL_WORLD_SILENT)
		a.ttl = irl_world_ttl(hash);
	if (a.kind == IRL_WORLD_SYNACK) {
		a.window = irl_world_window(hash);
		a.mss = irl_world_mss(hash);
	}
	return a;
}

struct irl_world_answer irl_world_answer(const struct irl_world_model *model,
					 uint32_t addr, uint16_t port)
{
	const struct irl_world_answer silent = {.responder = addr};
	struct irl_world_host host;

	if (addr == IRL_WORLD_GATEWAY)
		return gateway_answer();
	if (irl_world_reserved(addr) || !irl_world_owns(model, addr))
		return silent;
	host = irl_world_host(model, addr);
	if (host.state == IRL_WORLD_DEAD)
		return silent;
	if (host.state != IRL_WORLD_UNREACHABLE)
		return port_answer(model, addr, host, port);
	return (struct irl_world_answer){
	    .kind = IRL_WORLD_ICMP,
	    .responder = irl_world_router(addr),
	    .ttl = irl_world_router_ttl(host.hash),
	    .icmp_code = irl_world_icmp_code(host.hash),
	};
}

static bool is_silent(const struct irl_world_model *model, uint32_t addr)
{
	if (irl_world_reserved(addr))
		return addr != IRL_WORLD_GATEWAY;
	return !irl_world_owns(model, addr) ||
	       irl_world_host(model, addr).state == IRL_WORLD_DEAD;
}

int irl_world_truth(const struct irl_world_model *model,
		    const struct irl_targets *targets, bool all,
		    int (*each)(void *context, struct irl_target target,
				const struct irl_world_answer *answer),
		    void *context)
{
	uint64_t addresses = irl_targets_addresses(targets);
	uint32_t ports = irl_targets_port_count(targets);

	for (uint64_t i = 0; i < addresses; i++) {
		struct irl_target t = irl_targets_at(targets, i * ports);

		if (is_silent(model, t.addr))
			continue;
		for (uint32_t p = 0; p < ports; p++) {
			struct irl_world_answer a;
			int r = 0;

			t = irl_targets_at(targets, i * ports + p);
			a = irl_world_answer(model, t.addr, t.port);
			if (a.kind == IRL_WORLD_SYNACK ||
			    (all && a.kind != IRL_WORLD_SILENT))
				r = each(context, t, &a);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

const char *irl_world_kind_name(enum irl_world_kind kind)
{
	static const char *const name[] = {"silent", "synack", "rst", "icmp"};

	return (unsigned)kind < 4 ? name[kind] : "unknown";
}

const char *irl_world_count_name(enum irl_world_count which)
{
	static const char *const name[] = {
	    [IRL_WORLD_N_SILENT] = "silent",
	    [IRL_WORLD_N_SYNACK] = "sent_synack",
	    [IRL_WORLD_N_RST] = "sent_rst",
	    [IRL_WORLD_N_ICMP] = "sent_icmp",
	    [IRL_WORLD_N_ECHO] = "sent_echo_reply",
	    [IRL_WORLD_N_ARP] = "sent_arp_reply",
	    [IRL_WORLD_N_LOST] = "lost",
	    [IRL_WORLD_N_GOT_RST] = "received_rst",
	    [IRL_WORLD_N_SEGMENT] = "received_segment",
	    [IRL_WORLD_N_PASSED] = "passed",
	    [IRL_WORLD_N_OUTSIDE] = "outside",
	    [IRL_WORLD_N_MALFORMED] = "malformed",
	    [IRL_WORLD_N_OTHER] = "other",
	    [IRL_WORLD_N_SERVED] = "served",
	    [IRL_WORLD_N_REPLIED] = "replied",
	    [IRL_WORLD_N_USER] = "to_server",
	};

	return (unsigned)which < IRL_WORLD_COUNTS ? name[which] : "unknown";
}
