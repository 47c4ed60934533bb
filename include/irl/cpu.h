/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The processor time that a run costs: all of it, on every core.
 *
 * user, system   of this process, all threads (getrusage).  A kernel without
 *                CONFIG_IRQ_TIME_ACCOUNTING charges interrupts and softirqs to
 *                the thread that they interrupt, so what runs in the context of
 *                our own threads (the receiving side of a veth, say) is in
 *                `system` already.
 * softirq        what ran anywhere else: in the idle task and in ksoftirqd.
 *                No counter has exactly this.  It cannot be more than what the
 *                cores spent in softirqs altogether (/proc/stat), nor more than
 *                they spent busy beyond this process; the smaller of the two is
 *                taken.
 *
 * So nothing of ours is missing, and on a machine that does nothing else
 * nothing is counted twice.  Beside others `softirq` is too high, by what their
 * traffic cost and by softirqs that `system` has already, since such a kernel
 * tells of no softirq, of no core's either, in whose context it ran; it is
 * never too low but for the resolution of /proc/stat (10 ms a core).
 */
#ifndef IRL_CPU_H
#define IRL_CPU_H

#include <irl/error.h>

struct irl_cpu {
	double user_s, system_s, softirq_s;
};

/* A reading; only differences mean anything. */
struct irl_cpu_reading {
	double user_s, system_s;  /* this process */
	double busy_s, softirq_s; /* all cores; both 0 without /proc/stat */
};

IRL_API void irl_cpu_read(struct irl_cpu_reading *out);
IRL_API void irl_cpu_between(const struct irl_cpu_reading *from,
			     const struct irl_cpu_reading *to,
			     struct irl_cpu *out);

#endif
