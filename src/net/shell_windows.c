// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include "net/shell.h"

/* By the index: a name may have blanks, or be too long for us. */
const char *net_shell_up(const char *ifname, unsigned ifindex,
			 char text[NET_SHELL_TEXT])
{
	(void)ifname;
	snprintf(text, NET_SHELL_TEXT,
		 "Get-NetAdapter -InterfaceIndex %u | Enable-NetAdapter",
		 ifindex);
	return text;
}

const char *net_shell_routes(void)
{
	return "Get-NetRoute";
}
