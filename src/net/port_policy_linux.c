// SPDX-License-Identifier: BSD-2-Clause
/* Which ports the kernel keeps for itself, and which others have claimed. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <irl/net.h>
#include "net/port_range.h"
#include "port/live_share.h"

static int read_line(const char *path, char **line, struct irl_error *err)
{
	size_t room = 0;
	FILE *file = fopen(path, "re");
	int result = 0;

	*line = NULL;
	if (!file)
		return irl_error_errno(err, errno, "cannot open %s", path);
	if (getline(line, &room, file) < 0)
		result = irl_error_errno(err, errno ? errno : EIO,
					 "cannot read %s", path);
	fclose(file);
	return result;
}

int net_port_policy_read(struct net_port_policy *policy, struct irl_error *err)
{
	static const char range[] = "/proc/sys/net/ipv4/ip_local_port_range";
	static const char reserved[] =
	    "/proc/sys/net/ipv4/ip_local_reserved_ports";
	char *line;
	int result = read_line(range, &line, err);

	policy->where = "net.ipv4.ip_local_port_range";
	policy->narrow = "net.ipv4.ip_local_port_range (sysctl)";
	policy->reserve = "sysctl -w net.ipv4.ip_local_reserved_ports=";

	if (result == 0 &&
	    (sscanf(line, "%u %u", &policy->low, &policy->high) != 2 ||
	     policy->low > policy->high || policy->high > 65535))
		result = irl_error_set(err, IRL_ESYSTEM, "cannot read %s: %s",
				       range, line);
	free(line);
	if (result < 0)
		return result;
	result = read_line(reserved, &line, err);
	if (result == 0 && net_ports_parse(&policy->reserved, line) < 0)
		result = irl_error_set(err, IRL_ESYSTEM, "cannot read %s: %s",
				       reserved, line);
	free(line);
	return result;
}

/* Does another's rule share this address with the host? */
static bool shares(const struct irl_steer *claim, const struct irl_ip *addr)
{
	if (irl_ip_is4(addr))
		return claim->host_addr &&
		       claim->host_addr == irl_ip_addr4(addr);
	return irl_ip_equal(&claim->host_addr6, addr);
}

/* Live ports of other processes take theirs before any socket could. */
void net_ports_mark_claimed(const struct irl_ip *addr, struct net_ports *used)
{
	struct irl_steer claims[SHARE_HOLDERS];
	int pids[SHARE_HOLDERS];
	struct if_nameindex *all = if_nameindex();

	for (struct if_nameindex *i = all; i && i->if_index; i++) {
		unsigned n =
		    irl_share_holders(i->if_index, pids, claims, SHARE_HOLDERS);

		for (unsigned k = 0; k < n; k++)
			if (shares(&claims[k], addr))
				net_ports_set(used, claims[k].port_first,
					      claims[k].port_last);
	}
	if_freenameindex(all);
}
