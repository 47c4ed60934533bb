// SPDX-License-Identifier: BSD-2-Clause
/* Errors about segments of ours: RFC 5927, RFC 1122 4.2.3.9, RFC 1191, 8201. */
#include "tcp/stack.h"
#include "wire/icmp.h"

enum advice {
	SOFT,     /* the network may mend it */
	HARD,     /* it will not */
	TOO_BIG,  /* a smaller MTU */
	NO_ADVICE /* source quench (RFC 6633), redirects */
};

static enum advice advice4(uint8_t type, uint8_t code)
{
	switch (type) {
	case IRL_ICMP_UNREACHABLE:
		if (code == 4)
			return TOO_BIG;
		return code == 2 || code == 3 || code == 9 || code == 10 ||
			       code == 13
			   ? HARD
			   : SOFT;
	case IRL_ICMP_TIME_EXCEEDED:
	case IRL_ICMP_PARAMETER:
		return SOFT;
	default:
		return NO_ADVICE;
	}
}

static enum advice advice6(uint8_t type, uint8_t code)
{
	switch (type) {
	case 1:
		return code == 1 || code == 4 || code == 5 || code == 6 ? HARD
									: SOFT;
	case 2:
		return TOO_BIG;
	case 3:
	case 4:
		return SOFT;
	default:
		return NO_ADVICE;
	}
}

/* Only before the connection stands: afterwards every error is a soft one
 * (RFC 5927, 5.2).  Before, soft ones end it only if the user wants so (RFC
 * 9293, MUST-56; RFC 5461, 4.1): else the SYN is sent again. */
static void about_syn(struct irl_tcp_stack *st, uint32_t s, enum advice advice,
		      const struct irl_segment *seg)
{
	if (!irl_stub_syns(st, s) ||
	    seg->seq !=
		irl_stub_iss(st, &st->stub[s], irl_ends_hash(st, &seg->ends))) {
		irl_count(st, IRL_TCP_N_ICMP_BAD);
		return;
	}
	if (advice == HARD || (advice == SOFT && st->o.soft_errors))
		irl_stub_end(st, s, IRL_TCP_UNREACHABLE, seg->icmp_type,
			     seg->icmp_code);
	else if (advice == SOFT)
		irl_report(st, s, seg->icmp_type, seg->icmp_code);
}

/* RFC 1191, 7.1: routers that say 0. */
static uint32_t plateau(uint32_t mtu)
{
	static const uint16_t table[] = {1492, 1006, 552};

	for (unsigned i = 0; i < 3; i++)
		if (table[i] < mtu)
			return table[i];
	return 552;
}

static void too_big(struct irl_tcp_stack *st, uint32_t c,
		    const struct irl_segment *seg)
{
	struct irl_hot *h = &st->hot[c];
	uint32_t headers = seg->ends.v6 ? 60 : 40;
	uint32_t least = seg->ends.v6 ? 1280 : 552;
	uint32_t mtu = seg->icmp_mtu, sent = h->mss;
	struct irl_tx *tx = irl_tx_of(st, h);

	if (tx && tx->sizing)
		sent = tx->mss_path;
	if (!mtu)
		mtu = plateau(sent + headers);
	mtu = irl_most(mtu, least);
	if (mtu - headers >= sent)
		return;
	h->mss = (uint16_t)irl_least(h->mss, mtu - headers);
	if (tx)
		tx->mss_path = (uint16_t)irl_least(tx->mss_path, mtu - headers);
	irl_send_anew(st, c); /* not congestion: the window stays */
}

void irl_icmp_input(struct irl_tcp_stack *st, const struct irl_segment *seg)
{
	uint32_t s = irl_stub_find(st, &seg->ends, seg->hash);
	enum advice advice = seg->ends.v6
				 ? advice6(seg->icmp_type, seg->icmp_code)
				 : advice4(seg->icmp_type, seg->icmp_code);
	struct irl_hot *h;

	if (irl_stub_state(st, s) != IRL_STUB_FULL) {
		about_syn(st, s, advice, seg);
		return;
	}
	h = &st->hot[st->stub[s].body];
	/* RFC 5927, 4.1: of what is in flight. */
	if (seg->seq - h->una >= h->nxt - h->una) {
		irl_count(st, IRL_TCP_N_ICMP_BAD);
		return;
	}
	if (advice == TOO_BIG)
		too_big(st, st->stub[s].body, seg);
	else if (advice != NO_ADVICE)
		irl_report(st, s, seg->icmp_type, seg->icmp_code);
}
