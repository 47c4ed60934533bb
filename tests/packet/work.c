// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a hostile server's segments cost: tcp_work KIND COUNT hands the stack
 * that many, 1 ms apart, and takes what it sends.  work.sh counts what is done
 * in segment(), instruction by instruction.
 */
#include <stdio.h>
#include "../unit/tcp_peer.h"

#define SMALL 997u /* steps through the window, so that no two are alike */

struct attack {
	struct lab lab;
	struct irl_frame frame;
	uint8_t bytes[1600], read[4096];
	uint32_t from, isn; /* the first bytes of ours and of the peer's */
	uint32_t most;      /* of frames that a segment has brought */
};

/* All that is counted. */
__attribute__((noinline)) void segment(struct attack *a);
void segment(struct attack *a)
{
	struct lab *lab = &a->lab;
	uint32_t sent = 0, n;

	irl_tcp_input(lab->stack, &a->frame, 1, lab->now, NULL);
	irl_tcp_advance(lab->stack, lab->now);
	irl_tcp_poll(lab->stack, lab->event, 64);
	do {
		n = irl_tcp_output(lab->stack, lab->frame, 64, lab->now);
		sent += n;
	} while (n == 64);
	a->most = sent > a->most ? sent : a->most;
}

static void sack_block(struct segment *s, uint32_t i, uint32_t at)
{
	put32(s->options + 4 + 8 * i, at);
	put32(s->options + 8 + 8 * i, at + 1);
}

/* Four blocks of one byte each, anywhere in what we have sent. */
static void sack(struct attack *a, struct segment *s, uint32_t i)
{
	s->options[0] = s->options[1] = 1;
	s->options[2] = 5;
	s->options[3] = 34;
	for (uint32_t k = 0; k < 4; k++)
		sack_block(s, k, a->from + (i * 4 + k) * SMALL % 10000 + 1);
	s->option_bytes = 36;
	s->ack = a->from;
}

/* A byte with a gap before it, anywhere in our window. */
static void gap(struct attack *a, struct segment *s, uint32_t i)
{
	s->seq = a->isn + 2 + i * SMALL % 60000;
	s->length = 1;
}

static void reset(struct attack *a, struct segment *s, uint32_t i)
{
	s->seq = a->isn + 2 + i * SMALL % 60000;
	s->flags = RST;
}

/* A byte of ours acknowledged, a window for one more. */
static void window(struct attack *a, struct segment *s, uint32_t i)
{
	s->ack = a->from + 1 + i;
	s->window = 1;
	irl_tcp_send(a->lab.stack, a->lab.id, a->read, 2, 0);
}

/* A byte in order, read at once. */
static void byte(struct attack *a, struct segment *s, uint32_t i)
{
	s->seq = a->isn + i;
	s->length = 1;
	irl_tcp_read(a->lab.stack, a->lab.id, a->read, sizeof(a->read));
}

/* What work.sh must see: each segment costs as many more as came before, a
 * 64th of them. */
static void grows(struct attack *a, struct segment *s, uint32_t i)
{
	s->seq = a->isn - 1;
	for (uint32_t k = 0; k < i / 64; k++)
		segment(a);
}

static const struct {
	const char *name;
	void (*make)(struct attack *a, struct segment *s, uint32_t i);
	uint32_t sends;  /* bytes of ours in flight at first */
	uint32_t window; /* that the peer offers for them */
} kinds[] = {
    {"sack", sack, 10000, 65535}, {"gap", gap, 0, 65535},
    {"reset", reset, 0, 65535},   {"window", window, 10, 1},
    {"byte", byte, 0, 65535},     {"grows", grows, 0, 65535},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void begin(struct attack *a, uint32_t sends, uint32_t window)
{
	struct segment synack = {
	    .flags = SYN | ACK,
	    .window = window,
	    .option_bytes = 8,
	    .options = {2, 4, 1000 >> 8, 1000 & 255, 4, 2, 1, 1},
	    .sport = 80};
	struct irl_tcp_stack_options o = {.receive_bytes = 65535};
	struct lab *lab = &a->lab;

	lab_init(lab, &o);
	lab_connect(lab);
	synack.seq = lab->seq;
	synack.ack = lab->ack;
	synack.dport = lab->port;
	lab_input(lab, &synack);
	lab_go(lab, 0);
	a->from = lab->ack;
	a->isn = lab->seq + 1;
	while (sends) {
		uint32_t n = sends < sizeof(a->read) ? sends : sizeof(a->read);

		irl_tcp_send(lab->stack, lab->id, a->read, n, 0);
		sends -= n;
	}
	lab_go(lab, 0);
}

int main(int argc, char **argv)
{
	static struct attack a;
	uint32_t count = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	size_t kind = 0;

	while (count && kind < KINDS && strcmp(kinds[kind].name, argv[1]) != 0)
		kind++;
	if (!count || kind == KINDS)
		return 2;
	begin(&a, kinds[kind].sends, kinds[kind].window);
	for (uint32_t i = 0; i < count; i++) {
		struct segment s = {.seq = a.isn,
				    .ack = a.lab.ack,
				    .flags = ACK,
				    .window = kinds[kind].window,
				    .sport = 80,
				    .dport = a.lab.port};

		kinds[kind].make(&a, &s, i);
		a.frame = (struct irl_frame){.data = a.bytes};
		a.frame.length = frame_of(&s, FAR, NEAR, a.bytes);
		a.lab.now += MS;
		segment(&a);
	}
	printf("%u\n", a.most);
	lab_free(&a.lab);
	return 0;
}
