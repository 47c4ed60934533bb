/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The doctor's inside: each part adds its facts to the report.
 */
#ifndef IRL_NET_DOCTOR_H
#define IRL_NET_DOCTOR_H

#include <irl/doctor.h>

struct irl_link_tags;

/* Add a fact; returns it, so that a mend can be added. */
struct irl_doctor_fact *net_doctor_add(struct irl_doctor_report *report,
				       enum irl_doctor_level level,
				       const char *name, const char *fmt, ...)
    IRL_PRINTF(4, 5);
void net_doctor_mend(struct irl_doctor_fact *fact, const char *fmt, ...)
    IRL_PRINTF(2, 3);

/* How this system is given an address, and a default route. */
void net_doctor_mend_address(struct irl_doctor_fact *fact,
			     const struct irl_interface *interface);
void net_doctor_mend_route(struct irl_doctor_fact *fact,
			   const struct irl_interface *interface);

/* driver, link, mtu, queues or processors, offloads; Linux: VLAN tags */
void net_doctor_device(struct irl_doctor_report *report);
/* of these, what is made of the last */
void net_doctor_vlan_tags(struct irl_doctor_report *report,
			  const struct irl_link_tags *tags);
/* addresses, route, gateway, source ports */
void net_doctor_network(struct irl_doctor_report *report, uint32_t target);
/* privilege; Linux: memlock, XDP, live frames, refusals; Windows: version,
 * signatures, the two drivers, other filters */
void net_doctor_kernel(struct irl_doctor_report *report);
/* of these, what is made of the kernel's answers (net/xdp.h) */
void net_doctor_live_frames(struct irl_doctor_report *report, int result,
			    const char *release);
void net_doctor_refusals(struct irl_doctor_report *report, int result);
/* which port opens, and the verdict */
void net_doctor_port(struct irl_doctor_report *report);

#endif
