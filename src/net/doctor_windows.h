/* SPDX-License-Identifier: BSD-2-Clause */
/* The doctor's inside on Windows: facts made of the system's answers. */
#ifndef IRL_NET_DOCTOR_WINDOWS_H
#define IRL_NET_DOCTOR_WINDOWS_H

#include "net/doctor.h"

/* What the service manager says of a driver. */
struct net_service {
	bool installed, running;
	uint32_t error; /* of its last start, a Windows error, or 0 */
};

void net_doctor_service(struct irl_doctor_report *report, const char *name,
			const struct net_service *service);

/* Receive coalescing of IPv4 and of IPv6: 0 off, 1 on, -1 not told. */
void net_doctor_coalescing(struct irl_doctor_report *report, int ipv4,
			   int ipv6);

/* CODEINTEGRITY_OPTION_... of SYSTEM_CODEINTEGRITY_INFORMATION. */
void net_doctor_integrity(struct irl_doctor_report *report, uint32_t options);

#endif
