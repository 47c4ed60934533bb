/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Wrappers: a port around a port, which tells, records or spoils its frames.
 *
 * A wrapper is a port itself.  It owns the port inside from the moment the
 * call succeeds: irl_port_close on the wrapper closes both.  What is made
 * inside the kernel would pass a wrapper by, so a wrapper has no
 * IRL_PORT_PROBE.  Threads: as the port inside.
 */
#ifndef IRL_WRAP_H
#define IRL_WRAP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <irl/error.h>
#include <irl/pcapng.h>
#include <irl/port.h>

/*
 * The time of frames sent, for a port in virtual time; those received bear
 * their own.  NULL: frames sent and received are told by the wall clock.
 */
struct irl_wrap_clock {
	uint64_t (*now_ns)(void *context);
	void *context;
};

/**
 * A line of text per frame: time in seconds, ">" sent or "<" received, bytes,
 * what it is, and for a refused frame "!" and the cause.
 *
 * @file  stays the caller's; lines of several threads do not mix
 */
IRL_API int irl_port_trace(struct irl_port **out, struct irl_port *inside,
			   FILE *file, const struct irl_wrap_clock *clock,
			   struct irl_error *err);

/**
 * Write every frame accepted and every frame delivered to @pcapng, which stays
 * the caller's and must outlive the port.  When writing fails the port goes on
 * without; irl_pcapng_close or _flush tells.
 */
IRL_API int irl_port_record(struct irl_port **out, struct irl_port *inside,
			    struct irl_pcapng *pcapng,
			    const struct irl_wrap_clock *clock,
			    struct irl_error *err);

/* Shares are probabilities, 0 .. 1; the same seed does the same again. */
struct irl_fault_options {
	uint64_t seed;
	double refuse[IRL_TX_STATUSES]; /* by cause; [IRL_TX_ACCEPTED] unused */
	double rx_loss;                 /* as if lost on the wire */
	double rx_duplicate; /* if there is room in the caller's array */
	double rx_corrupt;   /* one bit turned */
};

/** Refuse, lose, double and corrupt frames. */
IRL_API int irl_port_fault(struct irl_port **out, struct irl_port *inside,
			   const struct irl_fault_options *options,
			   struct irl_error *err);

/**
 * Say in one line what a frame is: "tcp 10.0.0.1:4000 > 10.0.0.2:80 SYN ...".
 * Never reads past @length; @to is cut at @size and always terminated.
 */
IRL_API void irl_frame_text(const void *frame, uint32_t length, char *to,
			    size_t size);

#endif
