/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A scan's inside.
 *
 *   supply --claims--> workers --chunks--> prober --frames--> port
 *                         |                                     |
 *                         +--hit rings--> main thread <--hits---+
 *                                         dedupe, record, status
 *
 * One worker a queue sends and receives on it; the main thread takes hits,
 * calls back, and decides when it is over.
 */
#ifndef IRL_ENGINE_SCAN_H
#define IRL_ENGINE_SCAN_H

#include <pthread.h>
#include <irl/scan.h>
#include "base/cpu.h"
#include "base/pacer.h"
#include "engine/bitmap.h"
#include "engine/device.h"
#include "engine/nearby.h"
#include "engine/prober.h"
#include "engine/supply.h"
#include "engine/trail.h"

/* Why a scan ends before its last target. */
enum irl_stop {
	IRL_STOP_NONE = 0,
	IRL_STOP_ASKED = 1, /* no claim is taken any more; cooldown follows */
	IRL_STOP_NOW = 2,   /* nor is there a cooldown */
};

/* What a worker counts; the main thread reads meanwhile. */
struct irl_sent {
	uint64_t targets; /* claimed; later passes: of these, the silent ones */
	uint64_t accepted;
	uint64_t skipped;
	uint64_t no_neighbour;
	uint64_t given_up[IRL_TX_STATUSES];
	uint64_t refused[IRL_TX_STATUSES];
	uint64_t again;
	uint64_t unsent; /* claimed, left behind by an error or a stop */
	uint64_t unsent_refused;
};

/* One claim's positions that are sent by name: refused ones, or those that an
 * earlier pass left silent. */
struct irl_todo {
	uint64_t position[IRL_CHUNK_MAX];
	/* 0: never refused; else 1 more than the refusals that use up retries:
	 * those of a link that is down do not. */
	uint16_t tries[IRL_CHUNK_MAX];
	unsigned head, count;
};

struct irl_worker {
	struct irl_scan *scan;
	pthread_t thread;
	unsigned queue;
	int cpu; /* pinned to; -1: anywhere */
	struct irl_pacer pacer;
	struct irl_claim range; /* of the claim, what has not been sent yet */
	struct irl_todo *todo;
	unsigned limit; /* probes in the next chunk, by what the device takes */
	uint64_t
	    back_ns;  /* how long to leave the device alone; 0: it is fine */
	uint64_t low; /* left behind: the lowest position unfinished */
	/* What had come by then is in the ring; the main thread reads. */
	uint64_t received_ns;
	uint64_t done; /* none before it is unfinished; the main thread reads */
	bool link_down; /* the last chunk met it; the main thread reads */
	struct irl_error error;
	uint64_t *refused; /* a chunk's, IRL_CHUNK_MAX */
	uint16_t *tries;
	uint8_t *cause;
	struct irl_hit_ring *ring;
	_Alignas(64) struct irl_sent sent;
	struct irl_received received;
};

struct irl_scan {
	struct irl_scan_options options; /* defaults filled in */
	struct irl_port *port;
	struct irl_probe *probe;
	struct irl_prober *prober;
	struct irl_steer steer;
	struct irl_nearby *nearby; /* NULL: all go to one address */
	uint32_t gateway;          /* 0: on link */
	uint64_t taken_before;     /* frames, from the port, while opening */
	double rate_pps;           /* 0: unlimited */

	struct irl_supply supply;
	/* By position - supply.first.  Advice settles nothing: a target that
	 * only got some is asked again in the next pass. */
	struct irl_bitmap success, failure, advice;
	struct irl_worker worker[IRL_QUEUES_MAX];

	/* Between threads. */
	int stop;    /* enum irl_stop, only ever raised */
	int sending; /* workers that still send in this pass */
	int over;    /* the pass is over: workers return */

	/* The main thread's. */
	const struct irl_scan_events *events;
	struct irl_error error; /* of a callback or a worker */
	struct irl_scan_counts counts;
	unsigned pass;
	bool cooldown;
	uint64_t start_ns, pass_start_ns, sending_ended_ns;
	uint64_t send_ns;  /* of the passes before this one */
	double send_cpu_s; /* meanwhile, and until this one's sending ended */
	struct irl_cpu_reading cpu_pass;
	uint64_t wall_offset_ns;
	uint64_t status_ns, status_accepted; /* of the last status */
	bool stop_told;                      /* by a status */
	struct irl_trail trail;
	uint64_t told_ns; /* answers that had come by then have been told */
	uint64_t settled; /* all answers to what is before it are told */
	struct irl_device device_before;
	struct irl_cpu_reading cpu_before;
	struct irl_hit hits[1024];
};

/*
 * A scan over a port and probe that are there already (irl_scan_open, tests on
 * the memory port), and neighbours or NULL; all then belong to the scan, also
 * when this fails.
 */
int irl_scan_over(struct irl_scan **out, const struct irl_scan_options *options,
		  struct irl_port *port, struct irl_probe *probe,
		  const struct irl_steer *steer, struct irl_nearby *nearby,
		  bool in_kernel, struct irl_error *err);

/* Raise the reason to stop; async-signal-safe. */
void irl_scan_raise(struct irl_scan *scan, enum irl_stop stop);

/* Does a worker wait for the link?  From any thread. */
bool irl_scan_link_down(const struct irl_scan *scan);

static inline enum irl_stop irl_scan_stopping(const struct irl_scan *scan)
{
	return (enum irl_stop)__atomic_load_n(&scan->stop, __ATOMIC_RELAXED);
}

#endif
