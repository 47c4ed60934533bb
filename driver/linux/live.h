/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the live port's program and its user side (src/port/live.c) share:
 * layouts of the mapped memory.  Both are built from one tree, so this is no
 * ABI to keep.
 */
#ifndef IRL_DRIVER_LIVE_H
#define IRL_DRIVER_LIVE_H

#include <stdint.h>
#include <irl/port.h>
#include "probe/core.h"

/* The kernel's DEV_MAP_BULK_SIZE is 16: a bulk is flushed when the frame after
 * its last one comes, so 17 frames at most await their verdict. */
#define LIVE_PENDING 32u
/* Targets made ahead together, so that their latencies overlap. */
#define LIVE_AHEAD 16u
/* So many probes share a reading of the clock (20 ns): 5 us, a tick is 61. */
#define LIVE_CLOCK 64u

/* Room for the largest batch of the largest frames. */
#define LIVE_SLOT 2048u
#define LIVE_SLOTS_BYTES (IRL_BATCH_MAX * LIVE_SLOT)

enum live_mode { LIVE_FRAMES = 0, LIVE_PROBE = 1 };

struct live_ahead {
	uint64_t position;
	uint64_t index; /* all ones: the walk has not ended on a target */
	struct irl_probe_fields fields;
};

/* One transmit queue.  Written by its one user thread between runs and by the
 * programs during a run, which that thread itself is in: never both. */
struct live_tx {
	/* set before a run */
	uint32_t mode, count;
	uint32_t time; /* probes: stamp, 0: read the clock */
	uint32_t again_count;
	uint64_t first;
	/* advanced by the run */
	uint32_t made;     /* program runs that took a frame or position */
	uint32_t accepted; /* by the driver */
	uint32_t refused_count;
	uint32_t skipped;    /* probes: failed walks */
	uint32_t head, tail; /* of pending */
	uint32_t cpu;        /* the CPU that pending belongs to */
	uint32_t stray;      /* verdicts that fit no pending frame */
	uint32_t now;        /* stamp of the current group */
	uint32_t pad;
	uint64_t pending[LIVE_PENDING]; /* index or position */
	struct live_ahead ahead[LIVE_AHEAD];
	/* refused frames: index or position, and cause */
	uint64_t refused[IRL_CHUNK_MAX];
	uint8_t cause[IRL_CHUNK_MAX];
	uint64_t again[IRL_CHUNK_MAX];
	/* LIVE_FRAMES: length << 32 | offset in the queue's slots */
	uint64_t frame[IRL_BATCH_MAX];
};

/* A received frame in the ring: this, then length bytes, then padding to 16. */
struct live_record {
	uint32_t length, reserved;
	uint64_t time_ns;
};

/* One receive ring.  Frames, hits and what is invalid are counted in that of
 * the port's queue 0.  `produced` counts bytes, for ever; a record starts at
 * produced mod ring size and may run into the slack behind the ring. */
struct live_rx {
	uint64_t produced; /* written by the program */
	uint64_t seen;     /* the program's copy of consumed */
	uint64_t frames, host, delivered, full;
	uint64_t hits, hits_full;
	uint64_t invalid[8]; /* by enum irl_probe_verdict */
	uint64_t too_long, pad[7];
	uint64_t consumed; /* written by the reader; a line of its own */
	uint64_t pad_reader[7];
	uint64_t ended; /* set by the user: no frame of ours counts any more */
	uint64_t pad_ended[7];
};
#define LIVE_RX_SLACK 2048u

#endif
