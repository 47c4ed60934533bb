// SPDX-License-Identifier: BSD-2-Clause
/* The steps of a script: what the peer does, what the user does, what must
 * come of it. */
#include "script.h"
#include <stdio.h>

#define USER 0x5eu

/* ---- segments ------------------------------------------------------------ */

static void parse(struct bed *bed, struct text *text, struct segment *out)
{
	const char *rest = segment_parse(out, text->at);

	if (*rest)
		bed_fail(bed, "not a segment: %s", rest);
	text->at += strlen(text->at);
}

static const struct {
	const char *name;
	uint8_t type4, code4, type6, code6;
} errors[] = {
    {"net-unreachable", 3, 0, 1, 0},
    {"host-unreachable", 3, 1, 1, 3},
    {"protocol-unreachable", 3, 2, 4, 1},
    {"port-unreachable", 3, 3, 1, 4},
    {"too-big", 3, 4, 2, 0},
    {"source-route", 3, 5, 1, 5},
    {"net-prohibited", 3, 9, 1, 6},
    {"host-prohibited", 3, 10, 1, 5},
    {"prohibited", 3, 13, 1, 1},
    {"source-quench", 4, 0, 1, 2},
    {"time-exceeded", 11, 0, 3, 0},
    {"parameter", 12, 0, 4, 0},
};

/* An ICMP error by its name. */
static void error_of(struct bed *bed, struct text *text, uint8_t *type,
		     uint8_t *code)
{
	size_t i = 0, n = sizeof(errors) / sizeof(errors[0]);

	while (i < n && !text_word(text, errors[i].name))
		i++;
	if (i == n)
		bed_fail(bed, "no such ICMP error: %s", text->at);
	*type = bed->flow.v6 ? errors[i].type6 : errors[i].type4;
	*code = bed->flow.v6 ? errors[i].code6 : errors[i].code4;
}

static void icmp_clause(struct bed *bed, struct text *text,
			struct icmp_error *error)
{
	if (text_word(text, "mtu"))
		error->mtu = (uint32_t)script_number(bed, text);
	else if (text_word(text, "quote"))
		error->seq = (uint32_t)script_number(bed, text);
	else if (text_word(text, "bytes"))
		error->bytes = (unsigned)script_number(bed, text);
	else if (text_word(text, "other-port"))
		error->other_port = true;
	else if (text_word(text, "other-host"))
		error->other_host = true;
	else if (text_word(text, "bad-checksum"))
		error->bad_checksum = true;
	else
		bed_fail(bed, "not of an ICMP error: %s", text->at);
}

static void input_icmp(struct bed *bed, struct text *text)
{
	struct icmp_error error = {0};

	error_of(bed, text, &error.type, &error.code);
	while (!text_end(text))
		icmp_clause(bed, text, &error);
	bed_input_frame(bed, frame_write_icmp(bed->last, &bed->flow, &error));
}

static void do_input(struct bed *bed, struct text *text)
{
	struct segment segment;

	if (text_word(text, "icmp")) {
		input_icmp(bed, text);
		return;
	}
	parse(bed, text, &segment);
	if (segment.any)
		bed_fail(bed, "what shall be sent?");
	bed_resolve(bed, &segment);
	bed_input(bed, &segment);
}

/* Wait for a frame as long as the line allows. */
static const struct sent *await(struct bed *bed)
{
	if (bed_quiet(bed) && bed->step_ns > bed->now_ns)
		bed_run(bed, bed->step_ns);
	if (bed_quiet(bed))
		bed_collect(bed);
	if (bed_quiet(bed))
		bed_wait(bed, bed->step_ns + bed->late_ns + bed->tolerance_ns);
	return bed_next(bed);
}

static void do_expect(struct bed *bed, struct text *text)
{
	struct segment want;
	const struct sent *sent;
	char got[512];

	parse(bed, text, &want);
	if (want.ack.kind == NEXT)
		want.ack = (struct number){EXACT, bed->agreed.peer_next};
	if (want.seq.kind == NEXT)
		want.seq = (struct number){EXACT, bed->expected};
	sent = await(bed);
	if (!sent)
		bed_fail(bed, "expected, but nothing was sent");
	segment_print(got, sizeof(got), &sent->segment);
	if (!segment_match(&want, &sent->segment))
		bed_fail(bed, "expected, but got\n  %.6f > %s",
			 bed_seconds(bed, sent->time_ns), got);
	if (sent->time_ns + bed->tolerance_ns < bed->step_ns ||
	    sent->time_ns > bed->step_ns + bed->late_ns + bed->tolerance_ns)
		bed_fail(bed, "expected at another time than\n  %.6f > %s",
			 bed_seconds(bed, sent->time_ns), got);
	if (bed->late_ns)
		bed->step_ns = sent->time_ns;
	if (!want.any)
		bed->expected = sent->segment.seq.value + sent->segment.length +
				!!(sent->segment.flags & SYN);
}

/* At most so many frames, of whatever kind. */
static void do_drain(struct bed *bed, struct text *text)
{
	long long most = text_end(text) ? BED_SENT : script_number(bed, text);
	unsigned n;

	bed->crowd = false;
	bed_collect(bed);
	n = bed->sent_end - bed->sent_first;
	bed->sent_first = bed->sent_end;
	if (n > most)
		bed_fail(bed, "%u frames were sent", n);
}

static void do_repeat(struct bed *bed, struct text *text)
{
	long long count = script_number(bed, text);

	text_space(text);
	bed->crowd = *text->at != '>';
	for (long long i = 0; i < count; i++)
		script_line(bed, text->at);
	text->at += strlen(text->at);
}

static void do_refuse(struct bed *bed, struct text *text)
{
	uint8_t frame[FRAME_ROOM];
	struct irl_frame stray = {.data = bed->last,
				  .length = bed->last_length};
	uint32_t length = irl_tcp_refuse(bed->stack, &stray, frame);

	(void)text;
	if (length)
		bed_sent(bed, frame, length);
	bed->crowd = false;
}

static void do_verdict(struct bed *bed, struct text *text)
{
	static const char *const names[] = {"taken", "stray", "foreign", "bad"};

	for (unsigned i = 0; i < 4; i++)
		if (text_word(text, names[i])) {
			if (bed->verdict != (enum irl_tcp_verdict)i)
				bed_fail(bed, "it was %s", names[bed->verdict]);
			return;
		}
	bed_fail(bed, "no such verdict: %s", text->at);
}

/* ---- calls --------------------------------------------------------------- */

static const char *const call_errors[] = {[IRL_EINVAL] = "EINVAL",
					  [IRL_ENOMEM] = "ENOMEM",
					  [IRL_ENOCONN] = "ENOCONN"};

/* "-> N" or "-> ENOCONN" may stand behind a call. */
static void answer(struct bed *bed, struct text *text, long long got,
		   long long usual)
{
	long long want = usual;

	if (text_mark(text, "-> *"))
		return;
	if (text_mark(text, "->") && !text_number(text, &want)) {
		size_t i = 0, n = sizeof(call_errors) / sizeof(call_errors[0]);

		while (i < n &&
		       (!call_errors[i] || !text_word(text, call_errors[i])))
			i++;
		if (i == n)
			bed_fail(bed, "no such answer: %s", text->at);
		want = -(long long)i;
	}
	if (got != want)
		bed_fail(bed, "it returned %lld, not %lld", got, want);
}

static struct irl_ip destination(struct bed *bed, struct text *text)
{
	bool v6 = bed->flow.v6;

	if (text_word(text, "broadcast"))
		return irl_ip4(0xffffffff);
	if (text_word(text, "multicast"))
		return v6 ? (struct irl_ip){{0xff, 0x02, [15] = 1}}
			  : irl_ip4(0xe0000001);
	if (text_word(text, "own"))
		return bed->flow.ours;
	if (text_word(text, "nowhere"))
		return v6 ? (struct irl_ip){{0}} : irl_ip4(0);
	return bed->flow.peer;
}

static void do_connect(struct bed *bed, struct text *text)
{
	struct irl_tcp_connect request = {.remote = destination(bed, text),
					  .port = bed->flow.peer_port,
					  .user = USER};
	unsigned n;

	if (text_word(text, "port"))
		request.port = (uint16_t)script_number(bed, text);
	if (text_word(text, "after"))
		request.flags = IRL_TCP_REQUEST_AFTER;
	n = irl_tcp_connect(bed->stack, &request, 1, &bed->id, bed->now_ns);
	if (n != !!bed->id)
		bed_fail(bed, "it opened %u, the id is %llu", n,
			 (unsigned long long)bed->id);
	if (text_word(text, "refused")) {
		if (n)
			bed_fail(bed, "it was opened");
		return;
	}
	if (!n)
		bed_fail(bed, "it was refused");
	bed_connection(bed, true);
}

/* The SYN that the probe sent, for the rules. */
static void offered(struct bed *bed)
{
	const struct irl_tcp_offer *offer = &bed->adopt_offer;
	struct segment *syn = &bed->agreed.syn;

	*syn = (struct segment){.flags = SYN};
	if (offer->scale >= 0)
		syn->option[syn->options++] =
		    (struct option){.kind = OPT_SCALE,
				    .value[0].value = (uint32_t)offer->scale};
	if (offer->sack)
		syn->option[syn->options++].kind = OPT_SACK_OK;
	if (offer->timestamps)
		syn->option[syn->options++].kind = OPT_TS;
	bed->agreed.syn_seen = true;
	bed->agreed.next = 1;
}

static void do_adopt(struct bed *bed, struct text *text)
{
	bool refused = text_word(text, "refused");
	struct segment synack;
	struct irl_frame frame = {.data = bed->last};
	uint64_t id;

	if (!refused || !bed->id) {
		bed_connection(bed, false);
		offered(bed);
	}
	if (!bed->flow.our_port)
		bed->flow.our_port = 40001;
	parse(bed, text, &synack);
	bed_resolve(bed, &synack);
	bed_agree(bed, &synack);
	frame.length = frame_write(bed->last, &bed->flow, &synack);
	id = irl_tcp_adopt(bed->stack, &frame, &bed->adopt_offer, USER,
			   bed->now_ns - 10000000, bed->now_ns);
	if (!id != refused)
		bed_fail(bed, refused ? "it was adopted" : "it was refused");
	if (!refused)
		bed->id = id;
}

static void do_send(struct bed *bed, struct text *text)
{
	uint32_t size = (uint32_t)script_number(bed, text);
	uint32_t flags = text_word(text, "static") ? IRL_TCP_STATIC : 0;
	int n;

	if (bed->written + size > OUR_BYTES)
		bed_fail(bed, "more than this bed has");
	n = irl_tcp_send(bed->stack, bed->id, bed->ours + bed->written, size,
			 flags);
	answer(bed, text, n, size);
	if (n > 0)
		bed->written += (uint32_t)n;
}

static void do_read(struct bed *bed, struct text *text)
{
	static uint8_t bytes[1 << 20];
	uint32_t size = (uint32_t)script_number(bed, text);
	int n = irl_tcp_read(bed->stack, bed->id, bytes, size);

	answer(bed, text, n, size);
	for (int i = 0; i < n; i++)
		if (bytes[i] != peer_byte(bed->read++))
			bed_fail(bed, "byte %u of the stream is wrong",
				 bed->read - 1);
}

static void do_shut(struct bed *bed, struct text *text)
{
	answer(bed, text, irl_tcp_shut(bed->stack, bed->id), 0);
}

static void do_close(struct bed *bed, struct text *text)
{
	answer(bed, text, irl_tcp_close(bed->stack, bed->id), 0);
}

static void do_abort(struct bed *bed, struct text *text)
{
	answer(bed, text, irl_tcp_abort(bed->stack, bed->id), 0);
}

static void do_release(struct bed *bed, struct text *text)
{
	(void)text;
	irl_tcp_release(bed->stack, bed->id);
}

static void do_nothing(struct bed *bed, struct text *text)
{
	(void)text;
	bed_collect(bed);
	bed_expect_quiet(bed);
}

/* ---- events -------------------------------------------------------------- */

static const char *const kinds[] = {"established", "readable", "writable",
				    "ended",       "closed",   "error"};
#define KINDS 6u
static const char *const outcomes[] = {
    "open",        "finished", "half-closed", "aborted", "refused",  "reset",
    "unreachable", "silent",   "timed-out",   "idle",    "deadline", "evicted"};
_Static_assert(sizeof(outcomes) / sizeof(outcomes[0]) == IRL_TCP_OUTCOMES,
	       "a name for each");

static unsigned word_of(struct bed *bed, struct text *text,
			const char *const names[], unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (text_word(text, names[i]))
			return i;
	bed_fail(bed, "no such word: %s", text->at);
}

/* Of readable, writable and error there may be more than the script cares for.
 */
static bool is_minor(unsigned kind)
{
	return kind == IRL_TCP_READABLE || kind == IRL_TCP_WRITABLE ||
	       kind == IRL_TCP_ICMP_ERROR;
}

static const struct irl_tcp_event *next_event(struct bed *bed, unsigned kind)
{
	const struct irl_tcp_event *event;

	if (bed->event_first == bed->event_end)
		bed->event_first = bed->event_end = 0;
	bed_poll(bed);
	while (bed->event_first < bed->event_end) {
		event = &bed->event[bed->event_first++];
		if (event->kind == kind)
			return event;
		if (!is_minor(event->kind))
			bed_fail(bed, "the event was %s %s", kinds[event->kind],
				 outcomes[event->outcome]);
	}
	return NULL;
}

/* What stands behind the kind. */
static void match_event(struct bed *bed, struct text *text,
			const struct irl_tcp_event *event)
{
	uint8_t type, code;

	if (event->kind == IRL_TCP_CLOSED) {
		if (event->outcome !=
		    word_of(bed, text, outcomes, IRL_TCP_OUTCOMES))
			bed_fail(bed, "the outcome was %s",
				 outcomes[event->outcome]);
	} else if (event->kind == IRL_TCP_ICMP_ERROR) {
		error_of(bed, text, &type, &code);
		if (event->icmp_type != type || event->icmp_code != code)
			bed_fail(bed, "the error was %u, %u", event->icmp_type,
				 event->icmp_code);
	} else if (!text_end(text) &&
		   event->readable != (uint32_t)script_number(bed, text)) {
		bed_fail(bed, "%u bytes were readable", event->readable);
	}
}

static void do_event(struct bed *bed, struct text *text)
{
	unsigned kind = word_of(bed, text, kinds, KINDS);
	const struct irl_tcp_event *event = next_event(bed, kind);

	if (!event)
		bed_fail(bed, "there was no such event");
	if (event->id != bed->id || event->user != USER)
		bed_fail(bed, "the event is of another connection");
	match_event(bed, text, event);
}

/* "no event": none but minor ones; "no event closed". */
static void do_no(struct bed *bed, struct text *text)
{
	if (!text_word(text, "event"))
		bed_fail(bed, "no what?");
	if (text_word(text, "readable")) {
		if (next_event(bed, IRL_TCP_READABLE))
			bed_fail(bed, "there is one");
		return;
	}
	if (text_word(text, "error")) {
		if (next_event(bed, IRL_TCP_ICMP_ERROR))
			bed_fail(bed, "there is one");
		return;
	}
	text_word(text, "established");
	text_word(text, "ended");
	text_word(text, "closed");
	next_event(bed, 99);
}

/* RFC 6528: of the same ports, by a clock of 1 to 4 us; of others, not so. */
static void do_isn(struct bed *bed, struct text *text)
{
	double moved = (double)(uint32_t)(bed->flow.our_isn - bed->old_isn);
	double clock = (double)(bed->connect_ns - bed->old_connect_ns) / 4000;
	bool close = moved > clock * 0.95 && moved < clock * 4;

	if (text_word(text, "by-the-clock") ? !close : close)
		bed_fail(bed, "it moved by %.0f, the clock by %.0f", moved,
			 clock);
	text_word(text, "unforeseeable");
}

/* ---- figures ------------------------------------------------------------- */

static const char *const counters[] = {
    "taken",      "stray",    "foreign",       "form",    "checksum",
    "fragment",   "outside",  "paws",          "bad-ack", "challenge",
    "throttled",  "icmp-bad", "no-buffer",     "full",    "evicted",
    "tw-evicted", "sent",     "retransmitted", "rst-sent"};
_Static_assert(sizeof(counters) / sizeof(counters[0]) == IRL_TCP_COUNTS,
	       "a name for each");

/* "N" (times to the millisecond), "<N" or ">N" */
static void compare(struct bed *bed, struct text *text, double got)
{
	char sign = text_mark(text, "<") ? '<' : text_mark(text, ">") ? '>' : 0;
	char *end;
	double want;
	bool good;

	text_space(text);
	want = strtod(text->at, &end);
	if (end == text->at)
		bed_fail(bed, "no figure: %s", text->at);
	text->at = end;
	good = sign == '<'   ? got < want
	       : sign == '>' ? got > want
			     : got > want - 0.0005 && got < want + 0.0005;
	if (!good)
		bed_fail(bed, "it is %g", got);
}

static void do_count(struct bed *bed, struct text *text)
{
	unsigned which = word_of(bed, text, counters, IRL_TCP_COUNTS);
	struct irl_tcp_stats stats;

	irl_tcp_stats(bed->stack, &stats);
	compare(bed, text, (double)stats.count[which]);
}

/* How far our clock of time stamps went between the last two. */
static void do_stamp(struct bed *bed, struct text *text)
{
	compare(bed, text, (double)(bed->agreed.ts - bed->agreed.old_ts));
}

static void do_stat(struct bed *bed, struct text *text)
{
	static const char *const names[] = {"half-open", "open", "time-wait",
					    "buffer-bytes", "memory-bytes"};
	struct irl_tcp_stats s;
	unsigned which = word_of(bed, text, names, 5);

	irl_tcp_stats(bed->stack, &s);
	compare(bed, text,
		(double[]){s.half_open, s.open, s.time_wait,
			   (double)s.buffer_bytes,
			   (double)s.memory_bytes}[which]);
}

static void do_info(struct bed *bed, struct text *text)
{
	static const char *const names[] = {
	    "mss",           "scale",       "sack",         "timestamps",
	    "retransmits",   "sack-blocks", "out-of-order", "duplicates",
	    "received",      "sent",        "syn-rtt",      "srtt",
	    "request-acked", "established", "ttl",          "first-byte",
	    "segments-in",   "segments-out"};
	unsigned which = word_of(bed, text, names, 18);
	struct irl_tcp_info i;

	if (irl_tcp_info(bed->stack, bed->id, &i) < 0)
		bed_fail(bed, "there is no such connection");
	compare(bed, text,
		(double[]){i.mss, i.scale, i.sack, i.timestamps, i.retransmits,
			   i.sack_blocks_in, i.out_of_order, i.duplicates,
			   (double)i.received, (double)i.sent,
			   (double)i.syn_rtt_ns / 1e9, (double)i.srtt_ns / 1e9,
			   i.request_acked, i.established, i.ttl,
			   (double)i.first_byte_ns / 1e9, i.segments_in,
			   i.segments_out}[which]);
}

step_fn *step_find(struct text *text)
{
	static const struct {
		const char *name;
		step_fn *step;
	} steps[] = {
	    {"connect", do_connect},  {"adopt", do_adopt},
	    {"send", do_send},        {"read", do_read},
	    {"shut", do_shut},        {"close", do_close},
	    {"abort", do_abort},      {"release", do_release},
	    {"event", do_event},      {"no", do_no},
	    {"nothing", do_nothing},  {"drain", do_drain},
	    {"repeat", do_repeat},    {"refuse", do_refuse},
	    {"verdict", do_verdict},  {"count", do_count},
	    {"stat", do_stat},        {"info", do_info},
	    {"first-number", do_isn}, {"stamp-moved", do_stamp},
	};

	if (text_mark(text, "<"))
		return do_input;
	if (text_mark(text, ">"))
		return do_expect;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (text_word(text, steps[i].name))
			return steps[i].step;
	return NULL;
}
