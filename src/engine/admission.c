// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include <irl/error.h>
#include "engine/admission.h"

/* Places a connection: a quarter of the table, so that probes are short and
 * hosts that are only remembered for their spacing have room. */
#define PLACES 4u
#define SWEEP 4u

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 32) * 0xD6E8FEB86659FD93u;
	x = (x ^ x >> 32) * 0xD6E8FEB86659FD93u;
	return x ^ x >> 32;
}

/* Of the first @bytes of an address; never 0.  Keyed, so that nobody chooses
 * targets that meet in one place. */
static uint64_t key_of(const struct irl_ip *addr, unsigned bytes, uint64_t seed)
{
	uint8_t part[16] = {0};
	uint64_t high, low;

	memcpy(part, addr->byte, bytes);
	memcpy(&high, part, 8);
	memcpy(&low, part + 8, 8);
	return mix(mix(high ^ seed) ^ low ^ bytes) | 1;
}

static unsigned net_bytes(const struct irl_ip *addr)
{
	return irl_ip_is4(addr) ? 15 : 6;
}

uint64_t irl_admission_net(const struct irl_ip *addr, uint64_t seed)
{
	return key_of(addr, net_bytes(addr), seed);
}

/* ---- parties ------------------------------------------------------------- */

static uint32_t place_of(const struct irl_parties *p, uint64_t key)
{
	return (uint32_t)(key >> 8) & p->mask;
}

/* Where @key stands, or the empty place where it would. */
static uint32_t find(const struct irl_parties *p, uint64_t key)
{
	uint32_t i = place_of(p, key);

	while (p->at[i].key && p->at[i].key != key)
		i = (i + 1) & p->mask;
	return i;
}

/* Take a place out; those behind it move up (Knuth, 6.4, algorithm R). */
static void take_out(struct irl_parties *p, uint32_t hole)
{
	uint32_t i = hole;

	for (;;) {
		i = (i + 1) & p->mask;
		if (!p->at[i].key)
			break;
		if (((i - place_of(p, p->at[i].key)) & p->mask) <
		    ((i - hole) & p->mask))
			continue;
		p->at[hole] = p->at[i];
		hole = i;
	}
	p->at[hole].key = 0;
	p->used--;
}

static bool is_over(const struct irl_party *party, uint64_t now)
{
	return party->key && !party->open && party->next_ns <= now;
}

/* Forget a few that are over. */
static void sweep(struct irl_parties *p, uint64_t now)
{
	for (unsigned i = 0; i < SWEEP; i++) {
		if (is_over(&p->at[p->hand], now))
			take_out(p, p->hand);
		else
			p->hand = (p->hand + 1) & p->mask;
	}
}

static bool may_open(struct irl_parties *p, uint64_t key, uint64_t now)
{
	const struct irl_party *party;

	sweep(p, now);
	party = &p->at[find(p, key)];
	if (!party->key)
		return p->used < p->mask / 2;
	return party->open < p->cap && party->next_ns <= now;
}

static void count_in(struct irl_parties *p, uint64_t key, uint64_t now)
{
	struct irl_party *party = &p->at[find(p, key)];

	if (!party->key) {
		*party = (struct irl_party){.key = key};
		p->used++;
	}
	party->open++;
	party->next_ns = now + p->spacing_ns;
}

static void count_out(struct irl_parties *p, uint64_t key, uint64_t now)
{
	uint32_t i = find(p, key);

	if (p->at[i].key && p->at[i].open)
		p->at[i].open--;
	if (is_over(&p->at[i], now))
		take_out(p, i);
}

static int parties_init(struct irl_parties *p, uint32_t connections,
			uint32_t cap, uint64_t spacing_ns)
{
	uint32_t places = 64;

	while (places < connections * PLACES && places < 1u << 30)
		places *= 2;
	p->at = calloc(places, sizeof(*p->at));
	p->mask = places - 1;
	p->used = p->hand = 0;
	p->cap = cap;
	p->spacing_ns = spacing_ns;
	return p->at ? 0 : -IRL_ENOMEM;
}

int irl_admission_init(struct irl_admission *a,
		       const struct irl_admission_options *options)
{
	int rc;

	*a = (struct irl_admission){.seed = options->seed,
				    .connections = options->connections};
	rc = parties_init(&a->host, options->connections, options->per_host,
			  options->host_spacing_ns);
	if (!rc)
		rc = parties_init(&a->net, options->connections,
				  options->per_net, options->net_spacing_ns);
	return rc;
}

void irl_admission_fini(struct irl_admission *a)
{
	free(a->host.at);
	free(a->net.at);
}

bool irl_admission_ask(struct irl_admission *a, const struct irl_ip *addr,
		       uint64_t now_ns)
{
	uint64_t host = key_of(addr, 16, a->seed);
	uint64_t net = irl_admission_net(addr, a->seed);

	if (!irl_admission_room(a) || !may_open(&a->host, host, now_ns) ||
	    !may_open(&a->net, net, now_ns))
		return false;
	count_in(&a->host, host, now_ns);
	count_in(&a->net, net, now_ns);
	a->open++;
	return true;
}

void irl_admission_release(struct irl_admission *a, const struct irl_ip *addr,
			   uint64_t now_ns)
{
	count_out(&a->host, key_of(addr, 16, a->seed), now_ns);
	count_out(&a->net, irl_admission_net(addr, a->seed), now_ns);
	a->open--;
}

/* ---- targets seen lately ------------------------------------------------- */

int irl_recent_init(struct irl_recent *recent, uint64_t seed)
{
	recent->key = calloc(1u << IRL_RECENT_BITS, sizeof(*recent->key));
	recent->seed = seed;
	recent->turn = 0;
	return recent->key ? 0 : -IRL_ENOMEM;
}

void irl_recent_fini(struct irl_recent *recent)
{
	free(recent->key);
}

/* The set of four that it is in, or would be. */
static uint64_t *recent_set(const struct irl_recent *recent,
			    const struct irl_ip *addr, uint16_t port,
			    const char *domain, uint64_t *key)
{
	*key = mix(key_of(addr, 16, recent->seed) + port);
	for (; domain && *domain; domain++)
		*key = mix(*key ^ (uint8_t)*domain);
	*key |= 1;
	return recent->key +
	       (*key >> 32 & ((1u << IRL_RECENT_BITS) - 1) & ~(uint64_t)3);
}

static bool is_in(const uint64_t set[4], uint64_t key)
{
	return set[0] == key || set[1] == key || set[2] == key || set[3] == key;
}

bool irl_recent_knows(const struct irl_recent *recent,
		      const struct irl_ip *addr, uint16_t port)
{
	uint64_t key;
	const uint64_t *set = recent_set(recent, addr, port, NULL, &key);

	return is_in(set, key);
}

bool irl_recent_seen(struct irl_recent *recent, const struct irl_ip *addr,
		     uint16_t port, const char *domain)
{
	uint64_t key, *set = recent_set(recent, addr, port, domain, &key);

	if (is_in(set, key))
		return true;
	for (unsigned i = 0; i < 4; i++) {
		if (!set[i]) {
			set[i] = key;
			return false;
		}
	}
	set[recent->turn++ % 4] = key;
	return false;
}
