/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The doctor: what an interface, its driver, the kernel and the process's
 * privileges allow, which port a scan would get here and why, and what to
 * change.
 *
 * It changes nothing that lasts.  It loads tiny programs to see what the
 * kernel takes, lets the kernel confirm its gateway by ARP, and at the end
 * opens the port that would be used and closes it again; while that one is
 * open, drivers that reset themselves for XDP may lose the link for a moment.
 */
#ifndef IRL_DOCTOR_H
#define IRL_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/net.h>

enum irl_doctor_level {
	IRL_DOCTOR_OK,
	IRL_DOCTOR_WARN, /* works, but slower or beside others */
	IRL_DOCTOR_BAD,  /* a scan with the defaults would fail */
};

struct irl_doctor_fact {
	enum irl_doctor_level level;
	const char *name; /* "driver", "gateway", ... */
	char text[400];
	char mend[300]; /* what to change; empty: nothing */
};

#define IRL_DOCTOR_FACTS 24

struct irl_doctor_report {
	struct irl_interface link;
	struct irl_doctor_fact fact[IRL_DOCTOR_FACTS];
	unsigned fact_count;
	char port[16];     /* kind of port that opens; empty: none */
	bool works;        /* no fact is bad */
	char verdict[600]; /* "live (native XDP, 3 queues)", or why not */
};

/** "ok", "warn", "bad". */
IRL_API const char *irl_doctor_level_name(enum irl_doctor_level level);

/**
 * Examine @ifname; with @target (0: none) as what a scan would go to.
 * -IRL_ENODEV if there is no such interface; whatever else is amiss is a fact.
 * May take four seconds where the gateway is silent.
 */
IRL_API int irl_doctor_run(const char *ifname, uint32_t target,
			   struct irl_doctor_report *out,
			   struct irl_error *err);

/**
 * What to examine where no interface is named: that of the route to @target,
 * or of the default route, or else all but loopback.  Returns the number, of
 * which the first @max are written, or -IRL_E... .
 */
IRL_API int irl_doctor_choose(uint32_t target, struct irl_interface list[],
			      unsigned max, struct irl_error *err);

#endif
