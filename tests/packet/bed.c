// SPDX-License-Identifier: BSD-2-Clause
#include "bed.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_NS 1000000000000ull

double bed_seconds(const struct bed *bed, uint64_t time_ns)
{
	return ((double)time_ns - (double)bed->start_ns) / 1e9;
}

void bed_fail(const struct bed *bed, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s:%u (IPv%d, at %.6f s): %s\n", bed->file, bed->line,
		bed->flow.v6 ? 6 : 4, bed_seconds(bed, bed->now_ns),
		bed->text ? bed->text : "");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	bed_end(bed, 1);
}

void bed_end(const struct bed *bed, int status)
{
	jmp_buf end;

	/* 0 would look like the beginning; the runner takes one off. */
	memcpy(end, bed->end, sizeof(end));
	longjmp(end, status + 1);
}

static struct irl_ip address(bool v6, uint8_t last)
{
	struct irl_ip ip = {{0xfd, [15] = last}};

	return v6 ? ip : irl_ip4(0x0a000000u + last);
}

void bed_init(struct bed *bed, const char *file, bool v6)
{
	bool verbose = bed->verbose;

	memset(bed, 0, sizeof(*bed)); /* too large for a literal */
	bed->verbose = verbose;
	bed->file = file;
	bed->tolerance_ns = 2000000;
	bed->adopt_offer = (struct irl_tcp_offer){.mss = 1460, .scale = -1};
	bed->flow = (struct flow){.v6 = v6,
				  .ours = address(v6, 1),
				  .peer = address(v6, 2),
				  .our_mac = {2, 0, 0, 0, 0, 1},
				  .peer_mac = {2, 0, 0, 0, 0, 2},
				  .peer_port = 80,
				  .peer_isn = 0x5eed5eed};
	bed->local = (struct irl_tcp_local){address(v6, 1), 40000, 40999};
	bed->start_ns = bed->now_ns = bed->step_ns = START_NS;
	memcpy(bed->options.mac, bed->flow.our_mac, 6);
	memcpy(bed->options.gateway_mac, bed->flow.peer_mac, 6);
	bed->options.seed = 0x1234567;
	bed->options.local_count = 1;
	bed->options.statistics = true;
	for (uint32_t i = 0; i < OUR_BYTES; i++)
		bed->ours[i] = our_byte(i);
}

void bed_free(struct bed *bed)
{
	if (bed->stack)
		irl_tcp_free(bed->stack);
	bed->stack = NULL;
	while (bed->scripts)
		fclose(bed->script[--bed->scripts]);
}

void bed_stack(struct bed *bed)
{
	struct irl_error err;

	if (bed->stack)
		return;
	bed->options.locals = &bed->local;
	if (irl_tcp_new(&bed->stack, &bed->options, &err) < 0)
		bed_fail(bed, "irl_tcp_new: %s", err.text);
}

void bed_connection(struct bed *bed, bool learn)
{
	bed->agreed = (struct agreed){.our_scale = -1, .peer_scale = -1};
	bed->learn = learn;
	bed->written = bed->read = 0;
	bed->expected = 1;
	bed->old_isn = bed->flow.our_isn;
	bed->old_connect_ns = bed->connect_ns;
	bed->connect_ns = bed->now_ns;
	bed->event_first = bed->event_end = 0;
}

/* ---- the stack's frames -------------------------------------------------- */

static void trace(const struct bed *bed, char way, const struct segment *s)
{
	char text[512];

	if (!bed->verbose)
		return;
	segment_print(text, sizeof(text), s);
	printf("%9.6f %c %s\n", bed_seconds(bed, bed->now_ns), way, text);
}

void bed_sent(struct bed *bed, const uint8_t *frame, uint32_t length)
{
	struct sent *sent = &bed->sent[bed->sent_end % BED_SENT];
	char text[512];
	const char *wrong;

	if (bed->sent_end - bed->sent_first == BED_SENT)
		bed_fail(bed, "more than %u frames wait", BED_SENT);
	wrong =
	    frame_read(&sent->segment, &bed->flow, bed->learn, frame, length);
	if (sent->segment.flags == SYN)
		bed->learn = false;
	trace(bed, '>', &sent->segment);
	if (!wrong)
		wrong = bed_rules(bed, &sent->segment);
	if (wrong) {
		segment_print(text, sizeof(text), &sent->segment);
		bed_fail(bed, "sent %s:\n  %.6f > %s", wrong,
			 bed_seconds(bed, bed->now_ns), text);
	}
	sent->time_ns = bed->now_ns;
	bed->sent_end++;
}

void bed_collect(struct bed *bed)
{
	static uint8_t room[64][FRAME_ROOM];
	struct irl_frame frames[64];
	unsigned n;

	if (!bed->stack)
		return;
	do {
		for (unsigned i = 0; i < 64; i++)
			frames[i] = (struct irl_frame){.data = room[i]};
		n = irl_tcp_output(bed->stack, frames, 64, bed->now_ns);
		for (unsigned i = 0; i < n; i++)
			bed_sent(bed, room[i], frames[i].length);
	} while (n == 64);
}

const struct sent *bed_next(struct bed *bed)
{
	if (bed_quiet(bed))
		return NULL;
	return &bed->sent[bed->sent_first++ % BED_SENT];
}

void bed_expect_quiet(struct bed *bed)
{
	const struct sent *sent;
	char text[512];

	if (bed->crowd || !(sent = bed_next(bed)))
		return;
	segment_print(text, sizeof(text), &sent->segment);
	bed_fail(bed, "before it, nobody expected\n  %.6f > %s",
		 bed_seconds(bed, sent->time_ns), text);
}

/* ---- time ---------------------------------------------------------------- */

/* A driver sleeps until irl_tcp_next_ns; one that says "now" for ever would
 * keep it from sleeping at all.  false: nothing is due by @time_ns. */
static bool tick(struct bed *bed, uint64_t time_ns, unsigned *idle)
{
	uint64_t next = irl_tcp_next_ns(bed->stack);

	if (next > time_ns)
		return false;
	*idle = next <= bed->now_ns ? *idle + 1 : 0;
	if (*idle > 100)
		bed_fail(bed, "irl_tcp_next_ns stands still");
	if (next <= bed->now_ns)
		next = bed->now_ns + 100000;
	if (next > time_ns)
		return false;
	bed->now_ns = next;
	irl_tcp_advance(bed->stack, bed->now_ns);
	bed_collect(bed);
	return true;
}

void bed_wait(struct bed *bed, uint64_t time_ns)
{
	unsigned idle = 0;

	bed_collect(bed);
	while (bed_quiet(bed) && tick(bed, time_ns, &idle))
		;
	if (bed_quiet(bed) && time_ns > bed->now_ns)
		bed->now_ns = time_ns;
}

void bed_run(struct bed *bed, uint64_t time_ns)
{
	unsigned idle = 0;

	if (!bed->stack || time_ns <= bed->now_ns)
		return;
	bed_collect(bed);
	while (tick(bed, time_ns, &idle))
		;
	bed->now_ns = time_ns;
	irl_tcp_advance(bed->stack, bed->now_ns);
}

/* ---- the peer ------------------------------------------------------------ */

/* Time stamps come by themselves where they were agreed on. */
static void add_timestamps(struct bed *bed, struct segment *segment)
{
	if (segment->options_given || !bed->agreed.timestamps ||
	    segment->flags & (RST | SYN))
		return;
	segment->options = 3;
	segment->option[0].kind = segment->option[1].kind = OPT_NOP;
	segment->option[2] = (struct option){
	    .kind = OPT_TS,
	    .value = {{EXACT, 1000 + (uint32_t)((bed->now_ns - bed->start_ns) /
						1000000)},
		      {OURS, 0}}};
}

static void resolve(struct number *n, uint32_t all, uint32_t ts)
{
	if (n->kind == NEXT)
		n->value += all;
	if (n->kind == OURS)
		n->value += ts;
	n->kind = EXACT;
}

void bed_resolve(struct bed *bed, struct segment *segment)
{
	const struct agreed *agreed = &bed->agreed;

	add_timestamps(bed, segment);
	resolve(&segment->seq, agreed->peer_next, 0);
	resolve(&segment->ack, agreed->next, 0);
	if (segment->win.kind == ANY)
		segment->win = (struct number){EXACT, 65535};
	for (unsigned i = 0; i < segment->options; i++) {
		resolve(&segment->option[i].value[0], 0, agreed->ts);
		resolve(&segment->option[i].value[1], 0, agreed->ts);
	}
}

void bed_input_frame(struct bed *bed, uint32_t length)
{
	/* Exactly as long as it is, so that a sanitizer sees who reads on. */
	uint8_t *exact = malloc(length);
	struct irl_frame frame = {
	    .data = exact, .length = length, .time_ns = bed->now_ns};

	if (!exact)
		bed_fail(bed, "no memory");
	memcpy(exact, bed->last, length);
	irl_tcp_input(bed->stack, &frame, 1, bed->now_ns, &bed->verdict);
	if (memcmp(exact, bed->last, length) != 0)
		bed_fail(bed, "irl_tcp_input changed the frame");
	free(exact);
	bed->last_length = length;
	irl_tcp_advance(bed->stack, bed->now_ns);
}

void bed_input(struct bed *bed, const struct segment *segment)
{
	trace(bed, '<', segment);
	bed_agree(bed, segment);
	bed_input_frame(bed, frame_write(bed->last, &bed->flow, segment));
}

void bed_poll(struct bed *bed)
{
	unsigned room = BED_EVENTS - bed->event_end, n;

	if (!bed->stack)
		return;
	n = irl_tcp_poll(bed->stack, bed->event + bed->event_end, room);
	if (bed->verbose)
		for (unsigned i = 0; i < n; i++)
			printf("%9.6f event %u outcome %u readable %u\n",
			       bed_seconds(bed, bed->now_ns),
			       bed->event[bed->event_end + i].kind,
			       bed->event[bed->event_end + i].outcome,
			       bed->event[bed->event_end + i].readable);
	bed->event_end += n;
	if (bed->event_end == BED_EVENTS)
		bed_fail(bed, "too many events");
}
