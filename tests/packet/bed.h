/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bed of one script run: a stack, virtual time, the frames that the stack
 * has sent and the events that it has told, neither yet looked at.  Rules that
 * hold for every segment of every script are checked here (bed_rules).
 */
#ifndef IRL_TESTS_PACKET_BED_H
#define IRL_TESTS_PACKET_BED_H

#include <setjmp.h>
#include <stdio.h>
#include <irl/error.h>
#include <irl/tcp.h>
#include "frame.h"

#define BED_SENT 8192u
#define BED_SCRIPTS 4
#define BED_EVENTS 512u
#define OUR_BYTES (1u << 20)

/* What was agreed in the handshake, and how far each end has come. */
struct agreed {
	bool syn_seen, synack_seen; /* seen: ours and theirs */
	struct segment syn;         /* ours; of adopted ones the offer */
	bool timestamps, sack;
	int our_scale, peer_scale;
	uint32_t mss;      /* that the peer asked for */
	uint32_t next;     /* behind what we sent, relative */
	uint32_t sendable; /* right edge that the peer ever offered */
	uint32_t edge;     /* right edge that we ever offered */
	bool edge_set;
	uint32_t peer_next;  /* behind what the peer sent */
	uint32_t ts, old_ts; /* our last two time stamps */
	bool ts_set;
	bool peer_fin; /* no more data comes */
};

struct sent {
	uint64_t time_ns;
	struct segment segment;
};

struct bed {
	const char *file; /* and line: of the step at work */
	unsigned line;
	const char *text;
	bool verbose, crowd; /* crowd: frames may pile up (repeat) */

	struct irl_tcp_stack_options options;
	struct irl_tcp_local local;
	struct irl_tcp_offer adopt_offer;
	struct irl_tcp_stack *stack;
	struct flow flow;
	bool learn; /* ISN and port from the next SYN */
	struct agreed agreed;

	uint64_t start_ns, now_ns, step_ns, late_ns, tolerance_ns;
	uint64_t id;
	uint32_t written, read; /* of both streams */
	uint32_t expected;      /* behind what the script expected so far */
	uint32_t old_isn;       /* of the connection before */
	uint64_t connect_ns, old_connect_ns;
	enum irl_tcp_verdict verdict;
	uint8_t last[FRAME_ROOM]; /* the last frame that was put in */
	uint32_t last_length;

	struct sent sent[BED_SENT];
	unsigned sent_first, sent_end;
	struct irl_tcp_event event[BED_EVENTS];
	unsigned event_first, event_end;
	uint8_t ours[OUR_BYTES]; /* our stream */

	FILE *script[BED_SCRIPTS]; /* open: the script and what it includes */
	unsigned scripts;
	jmp_buf end; /* of the run, for bed_end */
};

/* The run ends here with @status: 0, 1 or 77 (not for this family). */
__attribute__((noreturn)) void bed_end(const struct bed *bed, int status);

/* Tell what went wrong, where, and end with 1. */
__attribute__((noreturn))
IRL_PRINTF(2, 3) void bed_fail(const struct bed *bed, const char *format, ...);

void bed_init(struct bed *bed, const char *file, bool v6);
void bed_free(struct bed *bed);
/* Make the stack if there is none yet. */
void bed_stack(struct bed *bed);
/* A new connection is spoken of from now on. */
void bed_connection(struct bed *bed, bool learn);

/* Time goes to @time_ns; everything due on the way is done and collected. */
void bed_run(struct bed *bed, uint64_t time_ns);
/* The same, but no further than to the first frame. */
void bed_wait(struct bed *bed, uint64_t time_ns);
/* Let the stack write what it has to. */
void bed_collect(struct bed *bed);
/* Hand the stack a segment, or a frame as it is. */
void bed_input(struct bed *bed, const struct segment *segment);
void bed_input_frame(struct bed *bed, uint32_t length);
/* Fill in next, all and ours; remember what the handshake agrees on. */
void bed_resolve(struct bed *bed, struct segment *segment);
/* Note and judge one frame of the stack's. */
void bed_sent(struct bed *bed, const uint8_t *frame, uint32_t length);

static inline bool bed_quiet(const struct bed *bed)
{
	return bed->sent_first == bed->sent_end;
}
/* The next frame, or NULL. */
const struct sent *bed_next(struct bed *bed);
/* Frames that nobody expected are an error. */
void bed_expect_quiet(struct bed *bed);
void bed_poll(struct bed *bed);
/* Seconds since the script began. */
double bed_seconds(const struct bed *bed, uint64_t time_ns);

/* rules.c: what no segment of ours may ever break; NULL, or what it does. */
const char *bed_rules(struct bed *bed, const struct segment *segment);
void bed_agree(struct bed *bed, const struct segment *from_peer);

#endif
