// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/ethtool.h"
#include "net/doctor.h"
#include "net/queues.h"
#include "net/shell.h"
#include "port/link_tags.h"
#include "wire/text.h"

void net_doctor_mend_address(struct irl_doctor_fact *fact,
			     const struct irl_interface *interface)
{
	net_doctor_mend(fact,
			"ip addr add ADDRESS/LENGTH dev %s, or scan with "
			"--source-ip",
			interface->name);
}

void net_doctor_mend_route(struct irl_doctor_fact *fact,
			   const struct irl_interface *interface)
{
	net_doctor_mend(fact,
			"ip route add default via GATEWAY dev %s, or scan with "
			"--gateway-mac",
			interface->name);
}

static void driver(struct irl_doctor_report *r)
{
	const struct irl_interface *i = &r->link;
	struct irl_ethtool_driver driver;
	struct irl_doctor_fact *fact;
	char mac[IRL_TEXT_MAC];

	if (irl_ethtool_driver(i->name, &driver) < 0)
		snprintf(driver.name, sizeof(driver.name), "not told");
	if (i->ethernet) {
		net_doctor_add(r, IRL_DOCTOR_OK, "driver", "%s, %s",
			       driver.name, irl_text_mac(i->mac, mac));
		return;
	}
	fact = net_doctor_add(r, IRL_DOCTOR_BAD, "driver",
			      "%s is not an Ethernet device", i->name);
	net_doctor_mend(fact, "name another interface");
}

static void link_state(struct irl_doctor_report *r)
{
	const char *name = r->link.name;
	uint32_t speed = irl_ethtool_speed(name);
	struct irl_doctor_fact *fact;
	char up[NET_SHELL_TEXT];

	if (!r->link.up) {
		fact = net_doctor_add(r, IRL_DOCTOR_BAD, "link", "down");
		net_doctor_mend(fact, "%s",
				net_shell_up(name, r->link.ifindex, up));
	} else if (!r->link.carrier) {
		fact = net_doctor_add(r, IRL_DOCTOR_BAD, "link",
				      "up, but without carrier");
		net_doctor_mend(fact, "check the cable, and the other end");
	} else if (speed) {
		net_doctor_add(r, IRL_DOCTOR_OK, "link", "up, %u Mbit/s",
			       speed);
	} else {
		net_doctor_add(r, IRL_DOCTOR_OK, "link",
			       "up, speed not told: --rate has no default "
			       "limit");
	}
}

static void mtu(struct irl_doctor_report *r)
{
	const struct irl_interface *i = &r->link;
	struct irl_doctor_fact *fact;

	if (i->mtu <= IRL_FRAME_MAX - IRL_FRAME_MIN) {
		net_doctor_add(r, IRL_DOCTOR_OK, "mtu", "%u", i->mtu);
		return;
	}
	fact =
	    net_doctor_add(r, IRL_DOCTOR_WARN, "mtu",
			   "%u: many drivers refuse XDP with more than about "
			   "3,500, and frames here have at most %u bytes",
			   i->mtu, IRL_FRAME_MAX);
	net_doctor_mend(fact, "ip link set %s mtu 1500", i->name);
}

/* ---- queues ------------------------------------------------------------ */

static void mend_few(struct irl_doctor_fact *fact, const char *name,
		     const struct irl_ethtool_channels *have, unsigned wanted)
{
	if (have->most_tx < wanted)
		net_doctor_mend(fact,
				"%s has at most %u: keep the host's traffic on "
				"another interface (a veth: make it with "
				"numtxqueues %u numrxqueues %u)",
				name, have->most_tx, wanted, wanted);
	else
		net_doctor_mend(fact, "ethtool -L %s %s %u, then irl doctor %s",
				name, have->combined ? "combined" : "tx",
				wanted, name);
}

static void mend_spread(struct irl_doctor_fact *fact, const char *name,
			unsigned cpus)
{
	char mask[160];

	net_mask_text(cpus, mask, sizeof(mask));
	net_doctor_mend(fact,
			"cd /sys/class/net/%s/queues; for q in tx-*; do echo 0 "
			">$q/xps_cpus; done; echo %s >tx-%u/xps_cpus",
			name, mask, cpus);
}

static void sharing(struct irl_doctor_report *r,
		    const struct irl_ethtool_channels *have, unsigned cpus)
{
	const char *name = r->link.name;
	uint64_t masks[NET_QUEUES_MAX];
	bool known = net_queues_read(name, r->link.ifindex, have->tx, masks);
	struct irl_doctor_fact *fact;

	switch (net_queues_share(have->tx, cpus, known ? masks : NULL)) {
	case NET_SHARE_NONE:
		net_doctor_add(r, IRL_DOCTOR_OK, "sharing",
			       "the host's traffic has queue %u for itself "
			       "(XPS)",
			       cpus);
		break;
	case NET_SHARE_FEW:
		fact = net_doctor_add(
		    r, IRL_DOCTOR_WARN, "sharing",
		    "%u transmit queue%s for %u processor%s: the host's "
		    "traffic "
		    "shares a queue with the scan, and both lose frames",
		    have->tx, have->tx == 1 ? "" : "s", cpus,
		    cpus == 1 ? "" : "s");
		mend_few(fact, name, have, cpus + 1);
		break;
	case NET_SHARE_SPREAD:
		fact = net_doctor_add(
		    r, IRL_DOCTOR_WARN, "sharing",
		    "the host's traffic is spread over the queues 0-%u, which "
		    "a scan uses (XPS), and both lose frames",
		    cpus - 1);
		mend_spread(fact, name, cpus);
		break;
	default:
		net_doctor_add(r, IRL_DOCTOR_OK, "sharing",
			       "not known: no XPS masks of %s in this "
			       "/sys",
			       name);
	}
}

static void queues(struct irl_doctor_report *r)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned cpus = online > 0 ? (unsigned)online : 1;
	struct irl_ethtool_channels have;

	if (irl_ethtool_channels(r->link.name, &have) < 0 || have.tx == 0) {
		net_doctor_add(r, IRL_DOCTOR_OK, "queues",
			       "not told by the driver; %u processors", cpus);
		return;
	}
	net_doctor_add(r, IRL_DOCTOR_OK, "queues",
		       "%u receive, %u transmit, %u processors", have.rx,
		       have.tx, cpus);
	sharing(r, &have, cpus);
}

static void offloads(struct irl_doctor_report *r)
{
	const char *name = r->link.name;
	struct irl_ethtool_offloads on;
	struct irl_doctor_fact *fact;

	if (irl_ethtool_offloads(name, &on) < 0)
		return;
	if (!on.lro && !on.gro_hw) {
		net_doctor_add(r, IRL_DOCTOR_OK, "offloads",
			       "no receive offload in the way (LRO, hardware "
			       "GRO)");
		return;
	}
	fact = net_doctor_add(r, IRL_DOCTOR_WARN, "offloads",
			      "%s%s%s on: drivers refuse XDP beside it, and "
			      "answers would come joined",
			      on.lro ? "LRO" : "",
			      on.lro && on.gro_hw ? " and " : "",
			      on.gro_hw ? "hardware GRO" : "");
	net_doctor_mend(fact, "ethtool -K %s%s%s", name,
			on.lro ? " lro off" : "",
			on.gro_hw ? " rx-gro-hw off" : "");
}

void net_doctor_vlan_tags(struct irl_doctor_report *r,
			  const struct irl_link_tags *tags)
{
	const char *name = r->link.name;
	struct irl_doctor_fact *fact;

	if (tags->unknown && !tags->device[0]) {
		net_doctor_add(r, IRL_DOCTOR_WARN, "VLAN tags",
			       "not known whether the driver takes them off, "
			       "or who uses them: frames of a VLAN could pass "
			       "for those of %s",
			       name);
		return;
	}
	if (!irl_link_tags_hidden(tags)) {
		net_doctor_add(r, IRL_DOCTOR_OK, "VLAN tags",
			       tags->device[0] ? "left on frames (%s)"
					       : "no VLAN device on %s",
			       tags->device[0] ? tags->device : name);
		return;
	}
	fact = net_doctor_add(r, IRL_DOCTOR_WARN, "VLAN tags",
			      "the driver %s: frames of %s would pass for "
			      "those of %s, so live is refused",
			      tags->stripped
				  ? "takes them off (rx-vlan-offload)"
				  : "does not say whether it takes them off",
			      tags->device, name);
	if (tags->stripped)
		net_doctor_mend(fact, "ethtool -K %s rxvlan off", name);
}

void net_doctor_device(struct irl_doctor_report *report)
{
	struct irl_link_tags tags;

	driver(report);
	link_state(report);
	if (report->link.ethernet)
		mtu(report);
	queues(report);
	offloads(report);
	irl_link_tags(report->link.name, report->link.ifindex, "vlan", &tags);
	net_doctor_vlan_tags(report, &tags);
}
