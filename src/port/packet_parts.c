// SPDX-License-Identifier: BSD-2-Clause
#include <netinet/in.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include "port/packet_parts.h"
#include "steer/parts.h"

/* What a socket's filter reads begins at the IP header; a load beyond the end
 * ends it with 0.  Jumps are relative: IF(test, value, steps, steps if not). */
#define LOAD(size, at) BPF_STMT(BPF_LD | BPF_##size | BPF_ABS, (uint32_t)(at))
#define LOAD_X(size, at) BPF_STMT(BPF_LD | BPF_##size | BPF_IND, at)
#define IF(test, value, yes, no)                                               \
	BPF_JUMP(BPF_JMP | BPF_##test | BPF_K, value, yes, no)
#define SKIP(steps) BPF_STMT(BPF_JMP | BPF_JA, steps)
#define MATH(what, value) BPF_STMT(BPF_ALU | BPF_##what | BPF_K, value)
#define ADD_X BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0)
#define TO_X BPF_STMT(BPF_MISC | BPF_TAX, 0)

/* The part of the port that was loaded; seven steps, the last: queue 0. */
#define PART                                                                   \
	IF(JGE, parts.first, 0, 5), IF(JGT, last, 4, 0),                       \
	    MATH(SUB, parts.first), MATH(MUL, queues), MATH(DIV, parts.count), \
	    BPF_STMT(BPF_RET | BPF_A, 0), BPF_STMT(BPF_RET | BPF_K, 0)

/* X past the extension header there, its next header loaded; eight steps. */
#define PAST                                                                   \
	LOAD_X(B, 0), BPF_STMT(BPF_ST, 0), LOAD_X(B, 1), MATH(ADD, 1),         \
	    MATH(LSH, 3), ADD_X, TO_X, BPF_STMT(BPF_LD | BPF_MEM, 0)

#define STEPS4 41

int irl_packet_parts(int fd, const struct irl_steer *steer, unsigned queues)
{
	const struct irl_steer_parts parts = irl_steer_parts(steer, queues);
	const uint32_t last = parts.first + parts.count - 1;
	struct sock_filter code[] = {
	    LOAD(H, SKF_AD_OFF + SKF_AD_PROTOCOL),
	    IF(JEQ, ETH_P_IPV6, 0, 1),
	    SKIP(STEPS4),
	    LOAD(H, SKF_AD_OFF + SKF_AD_PROTOCOL),
	    IF(JEQ, ETH_P_IP, 0, 38),
	    LOAD(H, 6), /* a fragment */
	    IF(JSET, 0x3fff, 36, 0),
	    LOAD(B, 0),
	    IF(JGE, 0x50, 34, 0),
	    IF(JGE, 0x45, 0, 33),
	    BPF_STMT(BPF_LDX | BPF_MSH | BPF_B, 0), /* X: after the header */
	    LOAD(B, 9),
	    IF(JEQ, IPPROTO_TCP, 2, 0),
	    IF(JEQ, IPPROTO_UDP, 1, 0),
	    IF(JEQ, IPPROTO_ICMP, 2, 28),
	    LOAD_X(H, 2), /* 12: the port */
	    SKIP(20),
	    LOAD_X(B, 0), /* 14: an ICMP error, RFC 792 */
	    IF(JEQ, 3, 4, 0),
	    IF(JEQ, 4, 3, 0),
	    IF(JEQ, 5, 2, 0),
	    IF(JEQ, 11, 1, 0),
	    IF(JEQ, 12, 0, 20),
	    LOAD_X(B, 8 + 9), /* 20: the packet that it quotes */
	    IF(JEQ, IPPROTO_TCP, 1, 0),
	    IF(JEQ, IPPROTO_UDP, 0, 17),
	    LOAD_X(H, 8 + 6),
	    IF(JSET, 0x1fff, 15, 0),
	    LOAD_X(W, 8 + 16), /* the header is whole */
	    LOAD_X(B, 8),
	    IF(JGE, 0x50, 12, 0),
	    IF(JGE, 0x45, 0, 11),
	    MATH(AND, 15),
	    MATH(LSH, 2),
	    ADD_X,
	    TO_X,
	    LOAD_X(H, 8),
	    PART,       /* 34, to 40: queue 0 */
	    LOAD(B, 0), /* of IPv6 the first */
	    IF(JGE, 0x70, 44, 0),
	    IF(JGE, 0x60, 0, 43),
	    BPF_STMT(BPF_LDX | BPF_IMM, 40), /* X: after the header */
	    LOAD(B, 6),
	    IF(JEQ, IPPROTO_HOPOPTS, 1, 0),
	    IF(JEQ, IPPROTO_DSTOPTS, 0, 18),
	    PAST, /* 7 */
	    IF(JEQ, IPPROTO_HOPOPTS, 1, 0),
	    IF(JEQ, IPPROTO_DSTOPTS, 0, 8),
	    PAST,                       /* 17 */
	    IF(JEQ, IPPROTO_TCP, 2, 0), /* 25 */
	    IF(JEQ, IPPROTO_UDP, 1, 0),
	    IF(JEQ, IPPROTO_ICMPV6, 2, 18),
	    LOAD_X(H, 2), /* 28: the port */
	    SKIP(10),
	    LOAD_X(B, 0), /* 30: an error, RFC 4443 */
	    IF(JGE, 5, 14, 0),
	    IF(JGE, 1, 0, 13),
	    LOAD_X(B, 8), /* 33: the packet that it quotes */
	    IF(JGE, 0x70, 11, 0),
	    IF(JGE, 0x60, 0, 10),
	    LOAD_X(B, 8 + 6),
	    IF(JEQ, IPPROTO_TCP, 1, 0),
	    IF(JEQ, IPPROTO_UDP, 0, 7),
	    LOAD_X(H, 8 + 40),
	    PART, /* 40, to 46: queue 0 */
	};
	struct sock_fprog program = {
	    .len = sizeof(code) / sizeof(code[0]),
	    .filter = code,
	};

	return setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, &program,
			  sizeof(program));
}
