// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <irl/privilege.h>
#include "base/xdp_features.h"
#include "net/doctor.h"
#include "net/xdp.h"
#include "port/live_share.h"

static void privilege(struct irl_doctor_report *r, uint32_t missing)
{
	const uint32_t packet = IRL_PRIVILEGE_NET_RAW | IRL_PRIVILEGE_NET_ADMIN;
	struct irl_error err = {0};
	struct irl_doctor_fact *fact;
	char text[100], *mend;

	if (!missing) {
		net_doctor_add(r, IRL_DOCTOR_OK, "privilege",
			       "all that the fastest port needs");
		return;
	}
	irl_privilege_check(IRL_PRIVILEGE_ALL, &err);
	irl_privilege_text(missing, text, sizeof(text));
	fact = net_doctor_add(
	    r, missing & packet ? IRL_DOCTOR_BAD : IRL_DOCTOR_WARN, "privilege",
	    "missing %s", text);
	mend = strstr(err.text, "run as root");
	net_doctor_mend(fact, "%s", mend ? mend : err.text);
}

static void memlock(struct irl_doctor_report *r)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return;
	/* Linux 5.11 counts BPF memory by control group instead */
	if (limit.rlim_cur == RLIM_INFINITY)
		net_doctor_add(r, IRL_DOCTOR_OK, "memlock", "unlimited");
	else
		net_doctor_add(r, IRL_DOCTOR_OK, "memlock",
			       "%llu KiB; BPF maps do not count since Linux "
			       "5.11",
			       (unsigned long long)limit.rlim_cur / 1024);
}

/* ---- XDP --------------------------------------------------------------- */

/* Processes of ours hold the interface: live shares it.  False: none do. */
static bool shared(struct irl_doctor_report *r)
{
	char list[120] = "";
	int pids[SHARE_HOLDERS];
	unsigned n =
	    irl_share_holders(r->link.ifindex, pids, NULL, SHARE_HOLDERS);
	size_t used = 0;

	for (unsigned i = 0; i < n && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used,
					 "%s%d", i ? ", " : "", pids[i]);
	if (n)
		net_doctor_add(r, IRL_DOCTOR_OK, "XDP program",
			       "live ports of process%s %s hold the interface; "
			       "another shares it",
			       n > 1 ? "es" : "", list);
	return n > 0;
}

/* true: something is attached. */
static bool attached(struct irl_doctor_report *r)
{
	const struct irl_interface *i = &r->link;
	struct net_xdp_attached found;
	struct irl_doctor_fact *fact;
	char id[16] = "";

	if (net_xdp_attached(i->ifindex, &found) < 0)
		return false;
	if (!found.prog_id) {
		net_doctor_add(r, IRL_DOCTOR_OK, "XDP program",
			       "none attached");
		return false;
	}
	if (!strncmp(found.name, "irl_", 4) && shared(r))
		return true;
	if (found.prog_id != UINT32_MAX)
		snprintf(id, sizeof(id), " %u", found.prog_id);
	fact = net_doctor_add(r, IRL_DOCTOR_WARN, "XDP program",
			      "program%s %s%sis attached (%s): live needs the "
			      "interface for itself",
			      id, found.name, found.name[0] ? " " : "",
			      found.mode);
	net_doctor_mend(fact,
			"end the process that holds it (bpftool net, bpftool "
			"link), or: ip link set %s xdp off",
			i->name);
	return true;
}

static void features(struct irl_doctor_report *r, uint64_t has)
{
	struct irl_doctor_fact *fact;

	if (!(has & IRL_XDP_BASIC) || !(has & IRL_XDP_REDIRECT)) {
		net_doctor_add(r, IRL_DOCTOR_WARN, "native XDP",
			       "not in this driver: live cannot be had");
	} else if (!(has & IRL_XDP_NDO_XMIT)) {
		fact = net_doctor_add(r, IRL_DOCTOR_WARN, "native XDP",
				      "receives, but does not transmit now: "
				      "live cannot be had");
		net_doctor_mend(fact, "a veth: ethtool -K PEER gro on, or an "
				      "XDP program, at its other end");
	} else {
		net_doctor_add(r, IRL_DOCTOR_OK, "native XDP",
			       "receives, redirects, transmits");
	}
}

static void native(struct irl_doctor_report *r, bool busy, bool may_try)
{
	unsigned ifindex = r->link.ifindex;
	uint64_t has;
	int result;

	if (busy || !may_try) {
		if (irl_xdp_features(ifindex, &has) == 0)
			features(r, has);
		else
			net_doctor_add(r, IRL_DOCTOR_WARN, "native XDP",
				       "not known: kernels before 6.3 cannot "
				       "be asked, and it cannot be tried now");
		return;
	}
	result = net_xdp_try(ifindex, &has);
	if (result == 0)
		features(r, has);
	else
		net_doctor_add(r, IRL_DOCTOR_WARN, "native XDP",
			       "the driver takes no program: %s",
			       strerror(-result));
}

/* ---- the kernel -------------------------------------------------------- */

void net_doctor_live_frames(struct irl_doctor_report *r, int result,
			    const char *release)
{
	struct irl_doctor_fact *fact;

	if (result == 0) {
		net_doctor_add(r, IRL_DOCTOR_OK, "live frames",
			       "Linux %s sends them", release);
		return;
	}
	fact = net_doctor_add(r, IRL_DOCTOR_WARN, "live frames",
			      "Linux %s does not send them: %s", release,
			      strerror(-result));
	if (result == -EINVAL)
		net_doctor_mend(fact, "Linux 5.18 or later");
}

static void live_frames(struct irl_doctor_report *r)
{
	struct utsname kernel = {0};
	struct irl_doctor_fact *fact;
	bool jited;
	int result = net_xdp_try_live(&jited);

	uname(&kernel);
	net_doctor_live_frames(r, result, kernel.release);
	if (result == -EPERM || jited)
		return;
	fact = net_doctor_add(r, IRL_DOCTOR_WARN, "BPF compiler",
			      "off: programs are interpreted, several times "
			      "slower");
	net_doctor_mend(fact, "sysctl -w net.core.bpf_jit_enable=1");
}

void net_doctor_refusals(struct irl_doctor_report *r, int result)
{
	/* the second is libbpf's, where no file that it knows is of use */
	bool no_btf = result == -ENOENT || result == -ESRCH;
	struct irl_doctor_fact *fact;

	if (result == 0) {
		net_doctor_add(r, IRL_DOCTOR_OK, "refusals",
			       "told by the kernel (tp_btf), to the frame");
		return;
	}
	fact = net_doctor_add(r, IRL_DOCTOR_WARN, "refusals",
			      "not told by the kernel (tp_btf): %s, so live is "
			      "refused",
			      no_btf ? "no BTF of this kernel"
				     : strerror(-result));
	if (no_btf)
		net_doctor_mend(fact, "a kernel with CONFIG_DEBUG_INFO_BTF, "
				      "/sys mounted: /sys/kernel/btf/vmlinux");
}

void net_doctor_kernel(struct irl_doctor_report *report)
{
	const uint32_t bpf =
	    IRL_PRIVILEGE_BPF | IRL_PRIVILEGE_PERFMON | IRL_PRIVILEGE_NET_ADMIN;
	uint32_t missing = irl_privilege_missing(IRL_PRIVILEGE_ALL);
	bool busy;

	privilege(report, missing);
	memlock(report);
	busy = attached(report);
	native(report, busy, !(missing & bpf));
	if (missing & bpf) {
		net_doctor_add(report, IRL_DOCTOR_WARN, "live frames",
			       "not tried: no privilege");
		return;
	}
	live_frames(report);
	net_doctor_refusals(report, net_xdp_try_trace());
}
