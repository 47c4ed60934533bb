/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fetch's inside.
 *
 *   set, list --items--> worker: admission -> connection -> protocol --+
 *   probes ---SYN-ACKs-----^          |  ^                             |
 *                                   frames                          records
 *                                     v  |                             v
 *                                     port                        main thread
 *
 * A network's targets all go to one worker, so its caps need no lock; source
 * ports are divided among workers, so an answer arrives at the worker whose
 * connection it is for, or, of a probe, whose network the target is in.  The
 * main thread hands out targets, takes records, calls back, and decides when it
 * is over.
 */
#ifndef IRL_ENGINE_FETCH_H
#define IRL_ENGINE_FETCH_H

#include <pthread.h>
#include <irl/fetch.h>
#include <irl/json.h>
#include "base/cpu.h"
#include "base/pacer.h"
#include "engine/admission.h"
#include "engine/bitmap.h"
#include "engine/fetch_ring.h"
#include "engine/pending.h"
#include "engine/prober.h"
#include "engine/scan.h"
#include "engine/supply.h"
#include "engine/trail.h"
#include "engine/unfinished.h"
#include "engine/way.h"
#include "probe/syn.h"
#include "tcp/timer.h"

#define IRL_FETCH_EVENTS 256u
#define IRL_FETCH_OUTBOX 512u
#define IRL_FETCH_WAITING 65536u /* items of one worker, a power of two */

/* One connection, from its opening to its record. */
struct irl_session {
	struct irl_item item;
	uint64_t id; /* of the stack; 0: this session is free */
	uint64_t begin_ns;
	uint64_t deadline_ns; /* of the protocol; the wheel's, if armed */
	uint32_t next_free;
	bool armed, started, ended, probed, admitted, cut;
	uint8_t icmp_type, icmp_code;
	struct irl_proto_verdict verdict; /* once ended */
};

/* Targets that wait for a cap, oldest first. */
struct irl_waiting {
	struct irl_item *item; /* IRL_FETCH_WAITING */
	uint32_t head, count;
	uint32_t vain; /* looks in a row at which none could be opened */
};

static inline bool irl_waiting_put(struct irl_waiting *waiting,
				   const struct irl_item *item)
{
	if (waiting->count == IRL_FETCH_WAITING)
		return false;
	waiting->item[(waiting->head + waiting->count++) % IRL_FETCH_WAITING] =
	    *item;
	return true;
}

static inline bool irl_waiting_take(struct irl_waiting *waiting,
				    struct irl_item *item)
{
	if (!waiting->count)
		return false;
	*item = waiting->item[waiting->head++ % IRL_FETCH_WAITING];
	waiting->count--;
	return true;
}

/* What was taken last is the oldest again. */
static inline void irl_waiting_return(struct irl_waiting *waiting,
				      const struct irl_item *item)
{
	waiting->item[--waiting->head % IRL_FETCH_WAITING] = *item;
	waiting->count++;
}

/* Frames of ours that the port has not accepted yet; a list's probes, which are
 * counted by themselves, are among them. */
struct irl_outbox {
	struct irl_frame frame[IRL_FETCH_OUTBOX];
	bool is_probe[IRL_FETCH_OUTBOX];
	enum irl_tx_status status[IRL_FETCH_OUTBOX];
	uint8_t (*bytes)[IRL_FRAME_MAX + 6];
	unsigned count;
	unsigned old;   /* of these, refused before */
	unsigned tries; /* times in a row that the first was refused */
	uint64_t wait_until_ns;
};

/* With probe: what one worker sends. */
struct irl_probing {
	struct irl_pacer pacer;
	/* Of a list. */
	struct irl_syn syn;         /* from ports of this worker */
	struct irl_recent answered; /* had its SYN-ACK */
	struct irl_pending pending; /* with names, from named_ns on */
	bool named;
	uint64_t named_ns;
	/* Of a set. */
	struct irl_claim range;
	uint64_t again[IRL_CHUNK_MAX], refused[IRL_CHUNK_MAX];
	unsigned again_count, tries;
	struct irl_trail trail;
	bool done;
};

struct irl_fetch_worker {
	struct irl_fetch *fetch;
	pthread_t thread;
	unsigned queue;
	int cpu;
	struct irl_tcp_stack *tcp;
	struct irl_admission admission;
	struct irl_waiting waiting;
	struct irl_session *session;
	uint8_t *states; /* of the protocol, one a session */
	uint32_t sessions, free_session, open;
	struct irl_wheel wheel;  /* deadlines of the protocol, in ms */
	struct irl_timer *timer; /* of sessions, then the wheel's heads */
	struct irl_proto_budget budget;
	struct irl_json json;
	uint8_t *scratch;       /* IRL_FETCH_SCRATCH */
	struct irl_pacer pacer; /* of openings */
	struct irl_tcp_event event[IRL_FETCH_EVENTS];
	unsigned event_at, event_count;
	struct irl_outbox outbox;
	struct irl_probing *probing;
	uint64_t rst_ns, stats_ns;
	unsigned rst_left;
	bool linked; /* its memory is there, lists and rings begun */
	/* After IRL_STOP_NOW: all were, but for those that get their time. */
	bool aborted, aborted_again;
	uint64_t behind_ns; /* 0, or: not all that had come by then is read */
	struct irl_error error;
	uint64_t low;            /* lowest position that is not finished */
	struct irl_steps *steps; /* that the main thread has not; with track */
	/* Shared with the main thread. */
	struct irl_item_ring *in;
	struct irl_told_ring out;
	_Alignas(64) uint64_t begun, settled; /* own SYN-ACKs; all */
	uint64_t frames;                      /* taken from the port */
	struct irl_steps *steps_out;          /* the reader's once taken */
	uint64_t caught_ns;   /* what had come by then is in steps_out */
	uint64_t answered_to; /* of what it sent before all answers have come */
	struct irl_fetch_counts counts;
	uint32_t shown_open, shown_waiting;
};
#define IRL_FETCH_SCRATCH 65536u

struct irl_fetch {
	struct irl_fetch_options options; /* defaults filled in */
	struct irl_way way;
	struct irl_prober *prober;  /* with probe, of a set */
	struct irl_bitmap answered; /* by position: had its SYN-ACK */
	struct irl_supply supply;   /* of a set */
	struct irl_permutation order;
	struct irl_recent recent;
	unsigned workers;
	uint32_t state_stride;
	size_t json_max; /* of one record */
	struct irl_fetch_worker *worker;

	/* Between threads. */
	int stop;    /* enum irl_stop, only ever raised */
	int sending; /* workers that still probe */
	int closing; /* SYN-ACKs are too late */
	int over;    /* workers return */
	int feeding; /* more targets may come */
	int named;   /* some have names */
	int hurried; /* not by max_runtime: nobody gets more time */

	/* The main thread's. */
	const struct irl_fetch_events *events;
	struct irl_error error;
	struct irl_item held; /* could not be put yet */
	bool has_held, source_ended;
	struct irl_waiting hopless; /* of a list: the next hop is asked for */
	bool deaf; /* a record could not be kept: none is told any more */
	uint64_t fed, targets, duplicates;
	uint64_t read; /* of a list */
	size_t again_at, done_at;
	struct irl_unfinished unfinished;
	bool lost_track;
	uint64_t told, untold;
	uint64_t start_ns, status_ns, status_opened, stop_ns, sent_ns,
	    closed_ns;
	struct irl_cpu_reading cpu_before;
};

static inline enum irl_stop irl_fetch_stopping(const struct irl_fetch *fetch)
{
	return (enum irl_stop)__atomic_load_n(&fetch->stop, __ATOMIC_RELAXED);
}

void irl_fetch_raise(struct irl_fetch *fetch, enum irl_stop stop);

/*
 * A fetch over a way that is there already (irl_fetch_open, tests on the
 * memory port); its port and probe then belong to the fetch, also when this
 * fails.
 */
int irl_fetch_over(struct irl_fetch **out,
		   const struct irl_fetch_options *options,
		   const struct irl_way *way, struct irl_error *err);

/* ---- without threads: tests in virtual time ------------------------------ */

void irl_fetch_begin(struct irl_fetch *fetch,
		     const struct irl_fetch_events *events, uint64_t now_ns);
/* The main thread's part once; true when all is over. */
bool irl_fetch_attend(struct irl_fetch *fetch, uint64_t now_ns);
/* Close the books; as irl_fetch_run. */
int irl_fetch_finish(struct irl_fetch *fetch, struct irl_fetch_result *result,
		     struct irl_error *err);

/* The fetch ends, and this position was not dealt with: it is resumed there,
 * or before. */
static inline void irl_fetch_unsent(struct irl_fetch_worker *w,
				    uint64_t position)
{
	if (position < w->low)
		w->low = position;
}

/* Likewise a target that was begun, which is known where it is kept track of
 * (UINT64_MAX: of a list). */
static inline void irl_fetch_unfinished(struct irl_fetch_worker *w,
					uint64_t position)
{
	if (!w->fetch->options.track)
		irl_fetch_unsent(w, position);
}

/* With track. */
void irl_fetch_note(struct irl_fetch_worker *w, uint64_t position,
		    enum irl_step step);

/* Something of the worker's own that the end waits for; see begin in
 * fetch_probe.c. */
static inline void irl_fetch_begun(struct irl_fetch_worker *w)
{
	__atomic_store_n(&w->begun, w->begun + 1, __ATOMIC_SEQ_CST);
}

/* One that was handed out, or begun here, has come to its end: whoever sees
 * that sees its record, too. */
static inline void irl_fetch_settle(struct irl_fetch_worker *w)
{
	__atomic_store_n(&w->settled, w->settled + 1, __ATOMIC_RELEASE);
}

/* ---- fetch_source.c: targets, on the main thread ------------------------- */

/* Hand out as many as there is room for; returns how many. */
unsigned irl_fetch_feed(struct irl_fetch *fetch);
/* Whose network it is in, of a list or of a set without probes. */
struct irl_fetch_worker *irl_fetch_owner(const struct irl_fetch *fetch,
					 const struct irl_ip *addr);
/* Targets read that no worker has: they are kept for later. */
unsigned irl_fetch_unplaced(const struct irl_fetch *fetch);

/* ---- fetch_place.c: where it stands -------------------------------------- */

/* Of the main thread: a target has been read, a record told. */
void irl_fetch_note_read(struct irl_fetch *fetch, uint64_t position);
void irl_fetch_note_told(struct irl_fetch *fetch, uint64_t position);
/* What workers have told. */
void irl_fetch_take_steps(struct irl_fetch *fetch);
/* Threads are gone, and all before @next has come to its end. */
void irl_fetch_close_place(struct irl_fetch *fetch, uint64_t next);
/* A worker tells what it has done, all of it once it had read all that had come
 * by @now_ns. */
void irl_fetch_tell_steps(struct irl_fetch_worker *worker, bool caught_up,
			  uint64_t now_ns);
/* Begin with what an earlier part left; 0 or -IRL_ENOMEM. */
int irl_fetch_set_place(struct irl_fetch *fetch);

/* ---- fetch_worker.c ------------------------------------------------------ */

int irl_fetch_worker_init(struct irl_fetch_worker *worker,
			  struct irl_fetch *fetch, unsigned queue,
			  struct irl_error *err);
void irl_fetch_worker_fini(struct irl_fetch_worker *worker);
int irl_fetch_worker_start(struct irl_fetch_worker *worker);
/* Pacers begin. */
void irl_fetch_worker_begin(struct irl_fetch_worker *worker, uint64_t now_ns);
/* All that is to be done now; returns when there is more, by time alone. */
uint64_t irl_fetch_turn(struct irl_fetch_worker *worker, uint64_t now_ns);
void irl_fetch_show(struct irl_fetch_worker *worker);

/* ---- fetch_open.c: admission and connects ------------------------------- */

void irl_fetch_connect(struct irl_fetch_worker *worker, uint64_t now_ns);
/* For a connection more, or, if there can be none, for a record of that. */
bool irl_fetch_has_room(const struct irl_fetch_worker *worker);
/* Why there can be no connection; IRL_FETCH_CAUSES: there can. */
enum irl_fetch_cause irl_fetch_obstacle(const struct irl_fetch_worker *worker,
					const struct irl_item *item);
/* It gets none; there is room for a record. */
void irl_fetch_refuse(struct irl_fetch_worker *worker, struct irl_item *item,
		      enum irl_fetch_cause cause, uint64_t now_ns);
/* The same without a record. */
void irl_fetch_leave(struct irl_fetch_worker *worker, struct irl_item *item,
		     enum irl_fetch_cause cause);
/* A target that shall be connected to later; false: too many wait. */
bool irl_fetch_queue(struct irl_fetch_worker *worker,
		     const struct irl_item *item);

/* ---- fetch_session.c: one connection ------------------------------------- */

struct irl_session *irl_session_take(struct irl_fetch_worker *worker,
				     const struct irl_item *item,
				     uint64_t begin_ns);
/* It was never opened. */
void irl_session_give(struct irl_fetch_worker *worker,
		      struct irl_session *session);
void irl_session_events(struct irl_fetch_worker *worker, uint64_t now_ns);
void irl_session_ticks(struct irl_fetch_worker *worker, uint64_t now_ns);
/* Those that were cut off before, too, or not. */
void irl_session_abort_all(struct irl_fetch_worker *worker, bool again);
/* The last ICMP error about it, in words; NULL: there was none. */
const char *irl_session_icmp_name(const struct irl_session *session);

/* ---- fetch_record.c ------------------------------------------------------ */

/* A target that nothing is sent to; its names may be taken. */
void irl_fetch_tell_unopened(struct irl_fetch_worker *worker,
			     struct irl_item *item, enum irl_fetch_cause cause,
			     uint64_t now_ns);
/* The session has ended: count it, and tell it where it is to be told. */
void irl_session_tell(struct irl_fetch_worker *worker,
		      struct irl_session *session,
		      const struct irl_tcp_info *info);

/* ---- fetch_wire.c: frames in and out ------------------------------------- */

/* False: there are more that had come by @now_ns, or an earlier time that this
 * was false for; no timer may run before they have been read. */
bool irl_fetch_receive(struct irl_fetch_worker *worker, uint64_t now_ns);
void irl_fetch_transmit(struct irl_fetch_worker *worker, uint64_t now_ns);
/* A probe for a target of a list; the outbox has room. */
void irl_fetch_put_syn(struct irl_fetch_worker *worker,
		       const struct irl_item *item, uint64_t now_ns);
/* Worker 0, of a list: ask for next hops. */
void irl_fetch_ask(struct irl_fetch_worker *worker, uint64_t now_ns);
/* Frames that have not left will not any more. */
void irl_fetch_drop(struct irl_fetch_worker *worker);
void irl_fetch_fail(struct irl_fetch_worker *worker, int code);

/* ---- fetch_probe.c ------------------------------------------------------- */

void irl_fetch_probe(struct irl_fetch_worker *worker, uint64_t now_ns);
/* Answers may need connections: none is asked for beyond the caps' room. */
bool irl_fetch_is_crowded(const struct irl_fetch_worker *worker);
/* Is a frame that is foreign to the stack an error about a probe of ours? */
bool irl_fetch_unreachable(struct irl_fetch_worker *worker,
			   const struct irl_frame *frame);
/* What a frame without a connection is to our probes; true: dealt with. */
bool irl_fetch_answer(struct irl_fetch_worker *worker,
		      const struct irl_frame *frame, uint64_t now_ns);

/* ---- fetch_list.c: probes of a list -------------------------------------- */

void irl_fetch_list_probe(struct irl_fetch_worker *worker, uint64_t now_ns);
/* For one more probe, and what may come of it. */
bool irl_fetch_list_has_room(const struct irl_fetch_worker *worker);
bool irl_fetch_list_is_over(const struct irl_fetch_worker *worker);
/* The names of who has answered a probe of @syn_ns, into @item; false: it had
 * some, but too long ago. */
bool irl_fetch_list_name(struct irl_fetch_worker *worker, struct irl_item *item,
			 uint64_t syn_ns);
/* Who was probed with names meanwhile is connected to later. */
void irl_fetch_list_others(struct irl_fetch_worker *worker,
			   const struct irl_item *item);
/* Each turn: forget those whose time for an answer is over, and queue those
 * that have one, as there is room. */
void irl_fetch_list_attend(struct irl_fetch_worker *worker, uint64_t now_ns);

/* ---- fetch_ledger.c ------------------------------------------------------ */

void irl_fetch_counts(struct irl_fetch *fetch, struct irl_fetch_counts *out);
/* Frames received by what they were. */
uint64_t irl_fetch_accounted(const struct irl_fetch_counts *counts);
/* The equations alone: the first that fails into @text.  Pure. */
void irl_fetch_check(const struct irl_fetch_counts *counts, char *text,
		     size_t size);

#endif
