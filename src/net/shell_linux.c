// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include "net/shell.h"

const char *net_shell_up(const char *ifname, unsigned ifindex,
			 char text[NET_SHELL_TEXT])
{
	(void)ifindex;
	snprintf(text, NET_SHELL_TEXT, "ip link set %s up", ifname);
	return text;
}

const char *net_shell_routes(void)
{
	return "ip route";
}
