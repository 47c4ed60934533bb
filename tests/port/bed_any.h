/* SPDX-License-Identifier: BSD-2-Clause */
/* For those who make a bed: what is the same on each of them. */
#ifndef IRL_TEST_BED_ANY_H
#define IRL_TEST_BED_ANY_H

#include "bed.h"

/* Nothing open yet; steering and numbers as each bed has them. */
void bed_init(struct bed *bed, enum bed_kind kind, const char *port_kind,
	      const struct bed_options *options);
/* The port under test, on "va": 0, or its error with the reason in @why. */
int bed_open_port(struct bed *bed, const struct bed_options *options, char *why,
		  size_t size);
/* What the XDP program does, where there is none; by one thread. */
void bed_tick_off(struct bed *bed, const uint8_t *data, size_t length);
/* A thread that ticks off what arrives, until told to stop (bed->stop). */
void bed_start_reader(struct bed *bed, void *(*reader)(void *));
void bed_end_reader(struct bed *bed);

#endif
