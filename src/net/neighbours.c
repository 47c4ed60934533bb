// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include "net/neighbours.h"

#define IN_FLIGHT 1024u
#define BURST 16u /* requests that a late caller may catch up with at once */
#define DEBT_NS 100000000u   /* and for how long they may have been due */
#define DEBT_NEW_NS 1000000u /* at the beginning */

struct entry {
	struct irl_ip addr;
	uint8_t mac[6];
	/* enum net_neighbour_state; UNKNOWN: the slot is free.  What others
	 * read, addr and with KNOWN mac, is written before it and stays. */
	uint8_t state;
	uint8_t tries;
};
_Static_assert(sizeof(struct entry) == 24, "up to four for each address");

/* First in, first out; an address is in one queue at most once. */
struct queue {
	uint32_t *slot;
	uint64_t *deadline_ns; /* of the queue `asked` only */
	unsigned head, count, room;
};

struct net_neighbours {
	struct net_neighbours_options options;
	struct entry *entry; /* open addressing, at most half full */
	uint32_t mask;
	unsigned count, known, open;
	/* Every wait is as long, so the queue is in order of deadlines. */
	struct queue waiting, asked;
	unsigned in_flight; /* of `asked`, those without a reply */
	uint64_t gap_ns, next_ns;
	bool begun; /* the first request has gone: before it nobody was late */
};

static uint8_t state_of(const struct entry *entry)
{
	return __atomic_load_n(&entry->state, __ATOMIC_ACQUIRE);
}

static void set_state(struct entry *entry, enum net_neighbour_state state)
{
	__atomic_store_n(&entry->state, (uint8_t)state, __ATOMIC_RELEASE);
}

/* ---- queues ---------------------------------------------------------------
 */

static bool queue_init(struct queue *queue, unsigned room, bool deadlines)
{
	queue->room = room;
	queue->slot = calloc(room, sizeof(*queue->slot));
	if (deadlines)
		queue->deadline_ns = calloc(room, sizeof(*queue->deadline_ns));
	return queue->slot && (!deadlines || queue->deadline_ns);
}

static void queue_fini(struct queue *queue)
{
	free(queue->slot);
	free(queue->deadline_ns);
}

static void queue_put(struct queue *queue, uint32_t slot, uint64_t deadline_ns)
{
	unsigned at = (queue->head + queue->count++) % queue->room;

	queue->slot[at] = slot;
	if (queue->deadline_ns)
		queue->deadline_ns[at] = deadline_ns;
}

static uint32_t queue_take(struct queue *queue)
{
	uint32_t slot = queue->slot[queue->head];

	queue->head = (queue->head + 1) % queue->room;
	queue->count--;
	return slot;
}

/* ---- the table ------------------------------------------------------------
 */

struct net_neighbours *
net_neighbours_new(const struct net_neighbours_options *options)
{
	struct net_neighbours *table = calloc(1, sizeof(*table));
	uint32_t slots = 2;

	if (!table)
		return NULL;
	while (slots < 2 * options->room)
		slots *= 2;
	table->options = *options;
	if (!table->options.in_flight)
		table->options.in_flight = IN_FLIGHT;
	if (!table->options.wait_ns)
		table->options.wait_ns = NET_NEIGHBOURS_WAIT_NS;
	table->mask = slots - 1;
	table->gap_ns = (uint64_t)(1e9 / options->rate_pps);
	table->entry = calloc(slots, sizeof(*table->entry));
	if (!table->entry ||
	    !queue_init(&table->waiting, options->room, false) ||
	    !queue_init(&table->asked, options->room, true)) {
		net_neighbours_free(table);
		return NULL;
	}
	return table;
}

void net_neighbours_free(struct net_neighbours *table)
{
	if (!table)
		return;
	free(table->entry);
	queue_fini(&table->waiting);
	queue_fini(&table->asked);
	free(table);
}

/* A product's low half knows nothing of the factor's high half, where a
 * network's addresses differ: it is folded down before each. */
static uint32_t hash_of(const struct irl_ip *addr)
{
	uint64_t high, low;

	memcpy(&high, addr->byte, 8);
	memcpy(&low, addr->byte + 8, 8);
	high = (high ^ high >> 32) * 0x9E3779B97F4A7C15u;
	low ^= high ^ high >> 32;
	low = (low ^ low >> 32) * 0xBF58476D1CE4E5B9u;
	low = (low ^ low >> 32) * 0x94D049BB133111EBu;
	return (uint32_t)(low >> 32);
}

/* The slot that has @addr, or the free one where it would go. */
static uint32_t slot_of(const struct net_neighbours *table,
			const struct irl_ip *addr)
{
	uint32_t slot;

	for (slot = hash_of(addr) & table->mask;
	     state_of(&table->entry[slot]) &&
	     !irl_ip_equal(&table->entry[slot].addr, addr);
	     slot = (slot + 1) & table->mask)
		;
	return slot;
}

/* A free slot gets its address; NULL: the table is full. */
static struct entry *take_slot(struct net_neighbours *table, uint32_t slot,
			       const struct irl_ip *addr)
{
	if (net_neighbours_full(table))
		return NULL;
	table->entry[slot].addr = *addr;
	__atomic_store_n(&table->count, table->count + 1, __ATOMIC_RELAXED);
	return &table->entry[slot];
}

enum net_neighbour_state net_neighbours_ask(struct net_neighbours *table,
					    const struct irl_ip *addr)
{
	uint32_t slot = slot_of(table, addr);
	struct entry *entry = &table->entry[slot];

	if (!entry->state) {
		if (!take_slot(table, slot, addr))
			return NET_NEIGHBOUR_UNKNOWN;
		set_state(entry, NET_NEIGHBOUR_WAITING);
		queue_put(&table->waiting, slot, 0);
		table->open++;
	}
	return (enum net_neighbour_state)entry->state;
}

enum net_neighbour_state net_neighbours_find(const struct net_neighbours *table,
					     const struct irl_ip *addr,
					     uint8_t mac[6])
{
	const struct entry *entry;
	enum net_neighbour_state state;

	/* A slot found free may have become another's since. */
	do {
		entry = &table->entry[slot_of(table, addr)];
		state = (enum net_neighbour_state)state_of(entry);
	} while (state && !irl_ip_equal(&entry->addr, addr));
	if (state == NET_NEIGHBOUR_KNOWN)
		memcpy(mac, entry->mac, 6);
	return state;
}

bool net_neighbours_learn(struct net_neighbours *table,
			  const struct irl_ip *addr, const uint8_t mac[6])
{
	uint32_t slot = slot_of(table, addr);
	struct entry *entry = &table->entry[slot];

	if (entry->state)
		return true; /* it is being asked for, at least */
	if (!take_slot(table, slot, addr))
		return false;
	memcpy(entry->mac, mac, 6);
	set_state(entry, NET_NEIGHBOUR_KNOWN);
	table->known++;
	return true;
}

bool net_neighbours_full(const struct net_neighbours *table)
{
	return __atomic_load_n(&table->count, __ATOMIC_RELAXED) ==
	       table->options.room;
}

unsigned net_neighbours_known(const struct net_neighbours *table)
{
	return table->known;
}

unsigned net_neighbours_open(const struct net_neighbours *table)
{
	return table->open;
}

/* ---- replies --------------------------------------------------------------
 */

/* An address that somebody else can have. */
static bool is_other(const struct net_neighbours *table, const uint8_t mac[6])
{
	return net_mac_is_station(mac) &&
	       memcmp(mac, table->options.mac, 6) != 0;
}

/* A reply to us alone, about somebody else. */
static bool read_arp(const struct net_neighbours *table, const uint8_t *frame,
		     uint32_t length, struct irl_ip *addr, uint8_t mac[6])
{
	const uint8_t *ours = table->options.mac;
	struct irl_eth eth;
	struct irl_arp arp;

	if (!net_arp_read(frame, length, &eth, &arp) ||
	    arp.operation != IRL_ARP_REPLY || memcmp(eth.dest, ours, 6) != 0 ||
	    memcmp(arp.target_mac, ours, 6) != 0 ||
	    arp.target != table->options.source ||
	    !is_other(table, arp.sender_mac))
		return false;
	*addr = irl_ip4(arp.sender);
	memcpy(mac, arp.sender_mac, 6);
	return true;
}

/* Likewise; what answers a question to a group names the MAC (RFC 4861, 4.4).
 */
static bool is_reply(const struct net_neighbours *table,
		     const struct net_ndp_ends *ends, const struct irl_ndp *ndp)
{
	return ndp->type == IRL_ICMP6_ADVERT &&
	       ndp->flags & IRL_NDP_SOLICITED && ndp->has_mac &&
	       !memcmp(ends->dest_mac, table->options.mac, 6) &&
	       !memcmp(ends->dest, table->options.source6.byte, 16);
}

/* RFC 4862, 5.4.3 and 5.4.4: who has the address, or is about to take it. */
static bool is_claim(const struct net_ndp_ends *ends, const struct irl_ndp *ndp)
{
	return ndp->type == IRL_ICMP6_ADVERT ||
	       irl_ndp_is_unspecified(ends->source);
}

static bool read_ndp(const struct net_neighbours *table, const uint8_t *frame,
		     uint32_t length, struct irl_ip *addr, uint8_t mac[6])
{
	struct net_ndp_ends ends;
	struct irl_ndp ndp;

	if (!net_ndp_read(frame, length, &ends, &ndp) ||
	    !(irl_ip_is_none(&table->options.source6)
		  ? is_claim(&ends, &ndp)
		  : is_reply(table, &ends, &ndp)))
		return false;
	memcpy(addr->byte, ndp.target, 16);
	memcpy(mac, ndp.has_mac ? ndp.mac : ends.source_mac, 6);
	return is_other(table, mac);
}

bool net_neighbours_feed(struct net_neighbours *table, const uint8_t *frame,
			 uint32_t length)
{
	struct entry *entry;
	struct irl_ip addr;
	uint8_t mac[6];

	if (!read_arp(table, frame, length, &addr, mac) &&
	    !read_ndp(table, frame, length, &addr, mac))
		return false;
	entry = &table->entry[slot_of(table, &addr)];
	if (entry->state == NET_NEIGHBOUR_ASKED) {
		table->in_flight--;
		table->open--;
	} else if (entry->state != NET_NEIGHBOUR_ABSENT) {
		return false;
	}
	memcpy(entry->mac, mac, 6);
	set_state(entry, NET_NEIGHBOUR_KNOWN);
	table->known++;
	return true;
}

/* ---- requests -------------------------------------------------------------
 */

static bool has_room(const struct net_neighbours *table)
{
	return table->waiting.count &&
	       table->in_flight < table->options.in_flight;
}

/* Forget at the queue's front whoever has replied, and whoever will not. */
static void settle(struct net_neighbours *table, uint64_t now_ns)
{
	struct queue *asked = &table->asked;

	for (; asked->count; queue_take(asked)) {
		struct entry *entry = &table->entry[asked->slot[asked->head]];

		if (entry->state != NET_NEIGHBOUR_ASKED)
			continue;
		if (asked->deadline_ns[asked->head] > now_ns ||
		    entry->tries < NET_NEIGHBOURS_TRIES)
			return;
		set_state(entry, NET_NEIGHBOUR_ABSENT);
		table->in_flight--;
		table->open--;
	}
}

/* Whom to ask next, of what has not settled; false: nobody now. */
static bool choose(struct net_neighbours *table, uint64_t now_ns,
		   uint32_t *slot)
{
	struct queue *asked = &table->asked;

	if (asked->count && asked->deadline_ns[asked->head] <= now_ns) {
		*slot = queue_take(asked);
		return true;
	}
	if (!has_room(table))
		return false;
	*slot = queue_take(&table->waiting);
	table->in_flight++;
	return true;
}

/* One more goes at @now_ns: false where that would be too fast. */
static bool keep_pace(struct net_neighbours *table, uint64_t now_ns)
{
	uint64_t most_ns = table->begun ? DEBT_NS : DEBT_NEW_NS;
	uint64_t debt_ns = BURST * table->gap_ns;

	if (debt_ns > most_ns)
		debt_ns = most_ns;
	if (now_ns < table->next_ns)
		return false;
	if (now_ns - table->next_ns > debt_ns)
		table->next_ns = now_ns - debt_ns;
	return true;
}

/* Who has @addr?  Returns the frame's length. */
static uint32_t write_request(const struct net_neighbours *table,
			      const struct irl_ip *addr,
			      uint8_t frame[NET_NEIGHBOURS_FRAME])
{
	static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};
	const struct net_neighbours_options *o = &table->options;
	struct irl_arp arp = {.operation = IRL_ARP_REQUEST,
			      .sender = o->source};

	if (!irl_ip_is4(addr))
		return net_ndp_solicit(frame, o->mac, o->source6.byte,
				       addr->byte);
	arp.target = irl_ip_addr4(addr);
	memcpy(arp.sender_mac, o->mac, 6);
	net_arp_frame(frame, everybody, &arp);
	return NET_FRAME_PADDED;
}

uint32_t net_neighbours_request(struct net_neighbours *table, uint64_t now_ns,
				uint8_t frame[NET_NEIGHBOURS_FRAME])
{
	struct entry *entry;
	uint32_t slot;

	settle(table, now_ns);
	if (!keep_pace(table, now_ns) || !choose(table, now_ns, &slot))
		return 0;
	table->next_ns += table->gap_ns;
	table->begun = true;
	entry = &table->entry[slot];
	set_state(entry, NET_NEIGHBOUR_ASKED);
	entry->tries++;
	queue_put(&table->asked, slot, now_ns + table->options.wait_ns);
	return write_request(table, &entry->addr, frame);
}

uint64_t net_neighbours_next_ns(const struct net_neighbours *table,
				uint64_t now_ns)
{
	const struct queue *asked = &table->asked;
	uint64_t next = UINT64_MAX;

	if (!table->open)
		return UINT64_MAX;
	if (asked->count)
		next = asked->deadline_ns[asked->head];
	if (has_room(table))
		next = now_ns;
	return next < table->next_ns ? table->next_ns : next;
}
