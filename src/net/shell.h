/* SPDX-License-Identifier: BSD-2-Clause */
/* What a user types to this system, for messages. */
#ifndef IRL_NET_SHELL_H
#define IRL_NET_SHELL_H

#define NET_SHELL_TEXT 80

/* shell_linux.c, shell_windows.c */

/* Bring an interface up; returns @text. */
const char *net_shell_up(const char *ifname, unsigned ifindex,
			 char text[NET_SHELL_TEXT]);
/* Look at the routes. */
const char *net_shell_routes(void);

#endif
