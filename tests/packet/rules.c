// SPDX-License-Identifier: BSD-2-Clause
/* Rules for every segment that the stack sends, whatever the script. */
#include "bed.h"
#include <stdlib.h>

/* What SYN and FIN take of the sequence space. */
static uint32_t phantoms(const struct segment *segment)
{
	return (segment->flags & SYN ? 1u : 0) +
	       (segment->flags & FIN ? 1u : 0);
}

#define LEAST_MSS 64u

static bool behind(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

/* ---- the handshake ------------------------------------------------------- */

static int scale_of(const struct segment *segment)
{
	const struct option *option = segment_option(segment, OPT_SCALE);
	uint32_t shift = option ? option->value[0].value : 0;

	if (!option)
		return -1;
	return shift > 14 ? 14 : (int)shift; /* RFC 7323, 2.3 */
}

static bool both(const struct segment *a, const struct segment *b, uint8_t kind)
{
	return segment_option(a, kind) && segment_option(b, kind);
}

static void agree_on(struct bed *bed, const struct segment *theirs)
{
	struct agreed *agreed = &bed->agreed;
	const struct option *mss = segment_option(theirs, OPT_MSS);

	agreed->synack_seen = true;
	agreed->timestamps = both(&agreed->syn, theirs, OPT_TS);
	agreed->sack = both(&agreed->syn, theirs, OPT_SACK_OK);
	agreed->mss = mss && mss->value[0].value ? mss->value[0].value
		      : bed->flow.v6             ? 1220
						 : 536;
	/* Whoever asks for less than any link carries is not obeyed. */
	if (agreed->mss < LEAST_MSS)
		agreed->mss = LEAST_MSS;
	if (both(&agreed->syn, theirs, OPT_SCALE)) {
		agreed->our_scale = scale_of(&agreed->syn);
		agreed->peer_scale = scale_of(theirs);
	}
}

/* Only the first SYN of the peer that can be taken agrees on anything. */
void bed_agree(struct bed *bed, const struct segment *theirs)
{
	struct agreed *agreed = &bed->agreed;
	int shift = theirs->flags & SYN || agreed->peer_scale < 0
			? 0
			: agreed->peer_scale;
	uint32_t edge = theirs->ack.value + (theirs->win.value << shift);
	uint32_t end = theirs->seq.value + theirs->length;

	if (theirs->odd.bad_checksum || theirs->odd.other_host)
		return;
	if ((theirs->flags & SYN) && agreed->syn_seen && !agreed->synack_seen)
		agree_on(bed, theirs);
	end += phantoms(theirs);
	if (behind(end, agreed->peer_next))
		agreed->peer_next = end;
	agreed->peer_fin |= theirs->flags & FIN;
	if ((theirs->flags & ACK) && behind(edge, agreed->sendable))
		agreed->sendable = edge;
}

/* ---- the rules ----------------------------------------------------------- */

static const char *rule_options(const struct bed *bed,
				const struct segment *segment)
{
	const struct agreed *agreed = &bed->agreed;
	bool has_ts = segment_option(segment, OPT_TS);

	if (segment->flags & SYN && segment->flags & ACK)
		return has_ts == agreed->timestamps
			   ? NULL
			   : "not the SYN's time stamp option (RFC 7323, 3.2)";
	if (segment->flags & SYN)
		return NULL;
	if (segment_option(segment, OPT_MSS))
		return "MSS without SYN (MUST-65)";
	if (segment_option(segment, OPT_SCALE) ||
	    segment_option(segment, OPT_SACK_OK))
		return "a handshake's option without SYN";
	if (segment_option(segment, OPT_SACK) && !agreed->sack)
		return "SACK that was not agreed on (RFC 2018, 2)";
	if (has_ts && !agreed->timestamps)
		return "a time stamp that was not agreed on (RFC 7323, 3.2)";
	if (!has_ts && agreed->timestamps && !(segment->flags & RST))
		return "no time stamp (RFC 7323, 3.2)";
	return NULL;
}

static const char *rule_timestamp(struct bed *bed,
				  const struct segment *segment)
{
	const struct option *ts = segment_option(segment, OPT_TS);
	struct agreed *agreed = &bed->agreed;

	if (!ts)
		return NULL;
	if (agreed->ts_set && behind(agreed->ts, ts->value[0].value))
		return "a time stamp that runs back (RFC 7323, 5.4)";
	agreed->old_ts = agreed->ts;
	agreed->ts = ts->value[0].value;
	agreed->ts_set = true;
	return NULL;
}

static const char *rule_window(struct bed *bed, const struct segment *segment)
{
	struct agreed *agreed = &bed->agreed;
	int shift = segment->flags & SYN || agreed->our_scale < 0
			? 0
			: agreed->our_scale;
	uint32_t edge = segment->ack.value + (segment->win.value << shift);

	if (!(segment->flags & ACK) || segment->flags & RST)
		return NULL;
	if (agreed->edge_set && !agreed->peer_fin && behind(agreed->edge, edge))
		return "a window that shrinks (SHLD-14)";
	agreed->edge = edge;
	agreed->edge_set = true;
	return NULL;
}

static const char *rule_data(struct bed *bed, const struct segment *segment)
{
	struct agreed *agreed = &bed->agreed;
	uint32_t end = segment->seq.value + segment->length;
	bool ts = segment_option(segment, OPT_TS);

	if (segment->length && !(segment->flags & ACK))
		return "data without ACK";
	if (segment->length && agreed->synack_seen &&
	    segment->length + (ts ? 12 : 0) > agreed->mss)
		return "more than the peer's MSS (MUST-16, RFC 6691)";
	if (segment->length > 1 && behind(end, agreed->sendable))
		return "more than the peer's window (3.8.6)";
	end += phantoms(segment);
	if (behind(end, agreed->next))
		agreed->next = end;
	return NULL;
}

static const char *rule_flags(struct bed *bed, const struct segment *segment)
{
	uint8_t flags = segment->flags;
	struct agreed *agreed = &bed->agreed;

	if (!(flags & (SYN | RST | ACK)))
		return "no ACK";
	if ((flags & SYN) && flags & (FIN | RST))
		return "flags that contradict each other";
	if (flags == SYN) {
		agreed->syn = *segment;
		agreed->syn_seen = true;
	}
	if (!segment->odd.df)
		return "a packet that may be fragmented (RFC 1191, 3)";
	return NULL;
}

const char *bed_rules(struct bed *bed, const struct segment *segment)
{
	const char *wrong = rule_flags(bed, segment);

	if (!wrong)
		wrong = rule_options(bed, segment);
	if (!wrong)
		wrong = rule_timestamp(bed, segment);
	if (!wrong)
		wrong = rule_window(bed, segment);
	return wrong ? wrong : rule_data(bed, segment);
}
