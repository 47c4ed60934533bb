/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The host's network as the kernel knows it: routes, addresses, neighbours,
 * free source ports, privileges; and what we answer and ask for ourselves.
 *
 * Everything is read by netlink at the time of the call; nothing is cached and
 * nothing is kept open.  All functions may be called from any thread; they
 * concern the network namespace of the calling thread.  Addresses and ports
 * are in host byte order.  None belongs on the hot path: each costs a few
 * system calls.
 *
 * irl_ip_... functions take addresses of either family.
 */
#ifndef IRL_NET_H
#define IRL_NET_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/ip.h>
#include <irl/port.h>
#include <irl/steer.h>

/** "10.1.2.3" into @text, which is also returned. */
#define IRL_ADDR_TEXT 16
IRL_API char *irl_addr_text(uint32_t addr, char text[IRL_ADDR_TEXT]);

/** "10.1.2.3" or "fd00::1", likewise. */
#define IRL_IP_TEXT 46
IRL_API char *irl_ip_text(const struct irl_ip *ip, char text[IRL_IP_TEXT]);

/** An address of either family and nothing else; false: that is none. */
IRL_API bool irl_ip_read(const char *text, struct irl_ip *out);

/* ---- interfaces and their addresses ------------------------------------ */

struct irl_interface {
	unsigned ifindex;
	char name[16];
	uint8_t mac[6]; /* all 0: not Ethernet */
	unsigned mtu;
	bool ethernet;
	bool loopback;
	bool up;      /* administratively */
	bool carrier; /* and the link is there */
};

/** -IRL_ENODEV names the interfaces that there are. */
IRL_API int irl_interface_get(const char *name, struct irl_interface *out,
			      struct irl_error *err);

/** All interfaces, in order of ifindex: the number there are, of which the
 * first @max are written, or -IRL_E... . */
IRL_API int irl_interface_list(struct irl_interface list[], unsigned max,
			       struct irl_error *err);

struct irl_address {
	uint32_t addr;
	uint32_t length; /* of the prefix on link, 0 .. 32 */
	unsigned ifindex;
};

/** IPv4 addresses of an interface (0: of all): the number there are, of which
 * the first @max are written, or -IRL_E... . */
IRL_API int irl_address_list(unsigned ifindex, struct irl_address list[],
			     unsigned max, struct irl_error *err);

/**
 * 1 if the kernel's stack takes packets to @addr as its own (an interface's
 * address or a route of type local), 0 if not, or -IRL_E... .  Only where it
 * is 0 may an address stand in irl_steer.own.
 */
IRL_API int irl_address_is_host(uint32_t addr, struct irl_error *err);
IRL_API int irl_ip_is_host(const struct irl_ip *addr, struct irl_error *err);

/* ---- routes ------------------------------------------------------------ */

struct irl_route {
	unsigned ifindex;
	char ifname[16];
	uint32_t source;  /* what the host would send from */
	uint32_t gateway; /* 0: the destination is on link */
	bool local;       /* the destination is the host itself */
};

/**
 * How the host would reach @dest, by way of @ifname if that is not NULL.
 * Returns 0, -IRL_ENODEV (no such interface), -IRL_ENOROUTE (also for a route
 * of type unreachable, prohibit or blackhole) or -IRL_ENOTSUP (the gateway is
 * an IPv6 one).
 */
IRL_API int irl_route_get(uint32_t dest, const char *ifname,
			  struct irl_route *out, struct irl_error *err);

struct irl_ip_route {
	unsigned ifindex;
	char ifname[16];
	struct irl_ip source;  /* all zero: none that the kernel knows */
	struct irl_ip gateway; /* all zero: the destination is on link */
	bool local;
};
IRL_API int irl_ip_route_get(const struct irl_ip *dest, const char *ifname,
			     struct irl_ip_route *out, struct irl_error *err);

/**
 * The default route of the main table with the lowest metric, through
 * @ifname if that is not NULL; else -IRL_ENOROUTE.
 */
IRL_API int irl_route_default(const char *ifname, struct irl_route *out,
			      struct irl_error *err);

/* ---- neighbours -------------------------------------------------------- */

enum irl_neighbour_state {
	IRL_NEIGHBOUR_NONE,   /* the kernel has no entry, or an empty one */
	IRL_NEIGHBOUR_ASKING, /* being resolved, no address yet */
	IRL_NEIGHBOUR_FAILED, /* did not answer */
	IRL_NEIGHBOUR_OLD,    /* has an address, not confirmed lately */
	IRL_NEIGHBOUR_GOOD,   /* confirmed lately, or set by hand */
};

struct irl_neighbour {
	enum irl_neighbour_state state;
	uint8_t mac[6]; /* for OLD and GOOD */
};

/** "reachable", "stale", ... */
IRL_API const char *irl_neighbour_state_name(enum irl_neighbour_state state);

/** What the kernel's table says; sends nothing. */
IRL_API int irl_neighbour_get(unsigned ifindex, uint32_t addr,
			      struct irl_neighbour *out, struct irl_error *err);
IRL_API int irl_ip_neighbour_get(unsigned ifindex, const struct irl_ip *addr,
				 struct irl_neighbour *out,
				 struct irl_error *err);

/**
 * Let the kernel find a neighbour's address, as it does for traffic of its
 * own, and wait: for sources that are the host's, since ARP replies and
 * neighbour advertisements go to its stack.  An entry not confirmed lately is
 * confirmed first.  Nothing but questions is sent.  Needs CAP_NET_ADMIN unless
 * the entry is good already.
 *
 * @timeout_ms  0: 4,000, by when the kernel has asked three times
 * Returns      0 with @mac written, or -IRL_ENEIGH (no answer), -IRL_EPERM,
 *              -IRL_EINTR (a signal)...
 */
IRL_API int irl_neighbour_resolve(unsigned ifindex, uint32_t addr,
				  unsigned timeout_ms, uint8_t mac[6],
				  struct irl_error *err);
IRL_API int irl_ip_neighbour_resolve(unsigned ifindex,
				     const struct irl_ip *addr,
				     unsigned timeout_ms, uint8_t mac[6],
				     struct irl_error *err);

/**
 * Find a neighbour's address ourselves: ARP requests (RFC 826) or neighbour
 * solicitations (RFC 4861) from @source, an address only we own, over an open
 * port that steers it to us.  Three of them, a second apart.  Uses every queue
 * of the port, which must be idle; requests to us and pings that arrive
 * meanwhile are answered, other frames are dropped.
 *
 * Returns 0 with @mac written, or -IRL_ENEIGH (silence), -IRL_ELINK,
 * -IRL_ENODEV, -IRL_EINTR (a signal).
 */
IRL_API int irl_resolve(struct irl_port *port, uint32_t source,
			const uint8_t source_mac[6], uint32_t target,
			uint8_t mac[6], struct irl_error *err);
/** @source and @target are of the same family. */
IRL_API int irl_ip_resolve(struct irl_port *port, const struct irl_ip *source,
			   const uint8_t source_mac[6],
			   const struct irl_ip *target, uint8_t mac[6],
			   struct irl_error *err);

/**
 * The address that frames from @source to @dest go to, by whichever of the
 * two ways above fits @source; @port may be NULL if that is the host's.
 */
IRL_API int irl_next_hop(struct irl_port *port, const struct irl_route *route,
			 uint32_t source, uint32_t dest, uint8_t mac[6],
			 struct irl_error *err);
IRL_API int irl_ip_next_hop(struct irl_port *port,
			    const struct irl_ip_route *route,
			    const struct irl_ip *source,
			    const struct irl_ip *dest, uint8_t mac[6],
			    struct irl_error *err);

/* ---- what we answer ---------------------------------------------------- */

/**
 * The answer to a frame for an address that only we own, as a host would give
 * it: an ARP reply (RFC 826; to probes as well, RFC 5227) or an ICMP echo
 * reply (RFC 792; whole datagrams without IP options, up to 1,472 bytes of
 * data).  Nothing that is malformed, has a wrong checksum, or comes from a
 * broadcast, multicast, loopback, unspecified or own address is answered;
 * gratuitous ARP neither.  Pure: no state, no clock.
 *
 * @own     own_count prefixes; @mac our Ethernet address
 * @frame   length bytes, of which none beyond is read; may be anything
 * @answer  room for IRL_FRAME_MAX bytes, apart from @frame
 * Returns  the answer's length, 60 .. IRL_FRAME_MAX, or 0: none.
 */
IRL_API uint32_t irl_answer(const struct irl_prefix4 own[], unsigned own_count,
			    const uint8_t mac[6], const uint8_t *frame,
			    uint32_t length, uint8_t *answer);

/**
 * The same for IPv6: a neighbour advertisement (RFC 4861, 7.2.4; to a
 * solicitation without a sender, too: RFC 4862, 5.4.3), or an echo reply
 * (RFC 4443, 4.2; whole datagrams without extension headers).  Nothing is
 * answered that RFC 4861, 7.1.1 tells to drop, or that comes from a
 * multicast, loopback or own address.
 */
IRL_API uint32_t irl_answer6(const struct irl_prefix6 own[], unsigned own_count,
			     const uint8_t mac[6], const uint8_t *frame,
			     uint32_t length, uint8_t *answer);

/** Both, for the own addresses of a rule. */
IRL_API uint32_t irl_answer_steered(const struct irl_steer *steer,
				    const uint8_t mac[6], const uint8_t *frame,
				    uint32_t length, uint8_t *answer);

/* ---- source ports on the host's own address ---------------------------- */

#define IRL_PORTS_WANTED 4096u

/**
 * Choose a range of @want source ports on the host's own @addr that neither
 * the kernel hands out (net.ipv4.ip_local_port_range) nor anybody has spoken
 * for (ip_local_reserved_ports) nor any TCP or UDP socket uses, IPv6 sockets
 * that take IPv4 included.  Ports below 1,024 are never chosen; the highest
 * fitting range above the kernel's is taken from its lower end, else below.
 *
 * @want    1 .. 64,512; 0: IRL_PORTS_WANTED
 * Returns  0, or -IRL_EBUSY with the reason and what would make room.
 */
IRL_API int irl_port_range_choose(uint32_t addr, unsigned want, uint16_t *first,
				  uint16_t *last, struct irl_error *err);
/** The same range on each of @count addresses, of any family. */
IRL_API int irl_ip_port_range_choose(const struct irl_ip addrs[],
				     unsigned count, unsigned want,
				     uint16_t *first, uint16_t *last,
				     struct irl_error *err);

/**
 * Whether [first, last] may be used: -IRL_EINVAL (port 0, or reversed),
 * -IRL_EBUSY naming the socket in the way, or the part that the kernel hands
 * out itself (unless that is in ip_local_reserved_ports).
 */
IRL_API int irl_port_range_check(uint32_t addr, uint16_t first, uint16_t last,
				 struct irl_error *err);
IRL_API int irl_ip_port_range_check(const struct irl_ip addrs[], unsigned count,
				    uint16_t first, uint16_t last,
				    struct irl_error *err);

#endif
