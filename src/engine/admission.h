/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Admission: how many connections one host and one network (/24, /48) have at
 * once, and how far apart in time they are opened.  Fixed memory; one thread.
 */
#ifndef IRL_ENGINE_ADMISSION_H
#define IRL_ENGINE_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/ip.h>

struct irl_admission_options {
	uint32_t connections; /* at once, all hosts; > 0 */
	uint32_t per_host, per_net;
	uint64_t host_spacing_ns, net_spacing_ns;
	uint64_t seed;
};

/* Hosts or networks that have connections, or had one opened too lately for
 * the next: keys in open addressing. */
struct irl_party {
	uint64_t key; /* 0: an empty place */
	uint64_t next_ns;
	uint32_t open;
};

struct irl_parties {
	struct irl_party *at;
	uint32_t mask, used, hand;
	uint32_t cap;
	uint64_t spacing_ns;
};

struct irl_admission {
	struct irl_parties host, net;
	uint64_t seed;
	uint32_t open, connections;
};

/* 0 or -IRL_ENOMEM. */
int irl_admission_init(struct irl_admission *admission,
		       const struct irl_admission_options *options);
void irl_admission_fini(struct irl_admission *admission);

/* May a connection to @addr be opened now?  If so it is counted: whoever asked
 * opens it, and releases it when it has ended. */
bool irl_admission_ask(struct irl_admission *admission,
		       const struct irl_ip *addr, uint64_t now_ns);
void irl_admission_release(struct irl_admission *admission,
			   const struct irl_ip *addr, uint64_t now_ns);
/* The total alone: is there room for one more? */
static inline bool irl_admission_room(const struct irl_admission *admission)
{
	return admission->open < admission->connections;
}

/* Of a network, for whoever divides targets among workers. */
uint64_t irl_admission_net(const struct irl_ip *addr, uint64_t seed);

/* ---- targets seen lately ------------------------------------------------- */

#define IRL_RECENT_BITS 20u

struct irl_recent {
	uint64_t *key; /* 2^IRL_RECENT_BITS, four to a set */
	uint64_t seed;
	uint32_t turn;
};

int irl_recent_init(struct irl_recent *recent, uint64_t seed);
void irl_recent_fini(struct irl_recent *recent);
/* Has this been seen before, among about the last million?  Two different
 * targets are taken for one with a chance of 2^-62. */
bool irl_recent_seen(struct irl_recent *recent, const struct irl_ip *addr,
		     uint16_t port, const char *domain);
/* The same without taking note of it, and without a domain. */
bool irl_recent_knows(const struct irl_recent *recent,
		      const struct irl_ip *addr, uint16_t port);

#endif
