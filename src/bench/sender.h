/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contenders: ways to put frames made in user space on the wire.  Each makes
 * its frames with the same code (bench/frames.h, on Windows
 * bench/datagrams.h), each time anew.
 *
 * One thread, on the scanner's side of a stage, or with a peer at the far end
 * of a cable.
 */
#ifndef IRL_BENCH_SENDER_H
#define IRL_BENCH_SENDER_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>

struct bench_stage; /* of Linux */
struct bench_peer;  /* of Windows */

struct bench_sender_options {
	const struct bench_stage *stage;
	const struct bench_peer *peer;
	const char *ifname;
	const char *kind; /* of a port, by its contender */
	unsigned batch;
	uint32_t length; /* of the frames */
};

struct bench_sender {
	const char *name;
	const char *kind;     /* of the port that it is; NULL: none */
	unsigned batch_max;   /* frames in one call */
	unsigned batch_usual; /* 0: any; else it is measured with this only */
	bool is_limit;        /* of the machine: no size of batch matters */
	/* NULL in @out on failure; -IRL_ENOTSUP: not to be had here. */
	int (*open)(void **out, const struct bench_sender_options *options,
		    struct irl_error *err);
	/* Make and send one batch; returns how many were accepted, 0 too, or
	 * -IRL_E... . */
	int (*send)(void *sender);
	/* Frames of earlier calls that were accepted only now; may wait. */
	int (*finish)(void *sender);
	void (*close)(void *sender);
};

/* Linux */
extern const struct bench_sender bench_send, bench_sendmmsg, bench_pcap,
    bench_af_xdp, bench_af_xdp_tuned, bench_packet, bench_live, bench_limit;

#endif
