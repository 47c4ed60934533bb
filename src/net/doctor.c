// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "net/doctor.h"

const char *irl_doctor_level_name(enum irl_doctor_level level)
{
	switch (level) {
	case IRL_DOCTOR_OK:
		return "ok";
	case IRL_DOCTOR_WARN:
		return "warn";
	default:
		return "bad";
	}
}

struct irl_doctor_fact *net_doctor_add(struct irl_doctor_report *report,
				       enum irl_doctor_level level,
				       const char *name, const char *fmt, ...)
{
	/* the array is larger than all parts together need */
	unsigned i = report->fact_count < IRL_DOCTOR_FACTS
			 ? report->fact_count++
			 : IRL_DOCTOR_FACTS - 1;
	struct irl_doctor_fact *fact = &report->fact[i];
	va_list args;

	memset(fact, 0, sizeof(*fact));
	fact->level = level;
	fact->name = name;
	va_start(args, fmt);
	vsnprintf(fact->text, sizeof(fact->text), fmt, args);
	va_end(args);
	return fact;
}

void net_doctor_mend(struct irl_doctor_fact *fact, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(fact->mend, sizeof(fact->mend), fmt, args);
	va_end(args);
}

/* The first bad fact, of that name if there is one; or NULL. */
static const struct irl_doctor_fact *
first_bad(const struct irl_doctor_report *report, const char *name)
{
	for (unsigned i = 0; i < report->fact_count; i++)
		if (report->fact[i].level == IRL_DOCTOR_BAD &&
		    (!name || !strcmp(report->fact[i].name, name)))
			return &report->fact[i];
	return NULL;
}

static void judge(struct irl_doctor_report *report,
		  const struct irl_port_info *info, const struct irl_error *why)
{
	const struct irl_doctor_fact *bad = first_bad(report, NULL);
	char port[520];

	report->works = info && !bad;
	if (!info) {
		snprintf(report->verdict, sizeof(report->verdict), "none: %s",
			 first_bad(report, "privilege") ? "see privilege"
							: why->text);
		return;
	}
	snprintf(report->port, sizeof(report->port), "%s", info->kind);
	snprintf(port, sizeof(port), "%s (%s%s)", info->kind,
		 info->refused[0] ? "not " : "the fastest that there is",
		 info->refused);
	if (bad)
		snprintf(report->verdict, sizeof(report->verdict),
			 "%.400s, but a scan would fail: see %s", port,
			 bad->name);
	else
		snprintf(report->verdict, sizeof(report->verdict), "%s", port);
}

/* The kernel sees the answers to its own address, too, and resets them. */
static void examine_own_address(struct irl_doctor_report *report,
				const struct irl_port_info *info)
{
	struct irl_doctor_fact *fact;

	if (info->caps & IRL_PORT_EXCLUSIVE)
		return;
	fact =
	    net_doctor_add(report, IRL_DOCTOR_WARN, "source address",
			   "%s cannot keep the kernel from resetting answers "
			   "to its own address",
			   info->kind);
	net_doctor_mend(fact, "give an address of the network that nobody "
			      "uses: --source-ip ADDRESS");
}

void net_doctor_port(struct irl_doctor_report *report)
{
	const struct irl_port_options options = {
	    .ifname = report->link.name,
	};
	struct irl_error err = {0};
	struct irl_port *port;

	if (irl_port_open(&port, &options, &err) < 0) {
		judge(report, NULL, &err);
		return;
	}
	examine_own_address(report, irl_port_info(port));
	judge(report, irl_port_info(port), NULL);
	irl_port_close(port);
}

int irl_doctor_run(const char *interface, uint32_t target,
		   struct irl_doctor_report *out, struct irl_error *err)
{
	int result;

	memset(out, 0, sizeof(*out));
	result = irl_interface_get(interface, &out->link, err);
	if (result < 0)
		return result;
	net_doctor_device(out);
	net_doctor_network(out, target);
	net_doctor_kernel(out);
	net_doctor_port(out);
	return 0;
}

static int choose_all(struct irl_interface list[], unsigned max,
		      struct irl_error *err)
{
	struct irl_interface all[64];
	int n = irl_interface_list(all, 64, err);
	unsigned count = 0;

	for (int i = 0; i < n && i < 64; i++) {
		if (all[i].loopback)
			continue;
		if (count < max)
			list[count] = all[i];
		count++;
	}
	return n < 0 ? n : (int)count;
}

int irl_doctor_choose(uint32_t target, struct irl_interface list[],
		      unsigned max, struct irl_error *err)
{
	struct irl_route route;
	int result;

	if (target) {
		result = irl_route_get(target, NULL, &route, err);
		if (result < 0)
			return result;
	} else if (irl_route_default(NULL, &route, NULL) < 0) {
		return choose_all(list, max, err);
	}
	if (max == 0)
		return 1;
	result = irl_interface_get(route.ifname, &list[0], err);
	return result < 0 ? result : 1;
}
