// SPDX-License-Identifier: BSD-2-Clause
/* The server in user space at a port. */
#include <string.h>
#include <irl/port.h>
#include "world/server.h"

#define AT_ONCE 64u

/* One batch out.  What a full ring refuses is gone, as on any network; the
 * server sends it again in its time. */
static int send_due(struct irl_world_server *s, struct irl_port *port,
		    unsigned queue, uint64_t now_ns)
{
	uint8_t byte[AT_ONCE][IRL_FRAME_MAX];
	struct irl_frame frame[AT_ONCE];
	enum irl_tx_status status[AT_ONCE];
	unsigned n = 0;
	int r = 0;

	while (n < AT_ONCE) {
		uint32_t length = irl_world_server_output(s, now_ns, byte[n]);

		if (!length)
			break;
		frame[n] =
		    (struct irl_frame){.data = byte[n], .length = length};
		n++;
	}
	if (n)
		r = irl_port_send(port, queue, frame, n, status);
	return r < 0 ? r : (int)n;
}

int irl_world_server_pump(struct irl_world_server *s, struct irl_port *port,
			  unsigned queue, uint64_t now_ns)
{
	struct irl_frame frame[AT_ONCE];
	int moved = 0, in, out;

	do {
		in = irl_port_recv(port, queue, frame, AT_ONCE);
		for (int i = 0; i < in; i++)
			irl_world_server_input(s, now_ns, frame[i].data,
					       frame[i].length);
		if (in < 0)
			return in;
		do {
			out = send_due(s, port, queue, now_ns);
			if (out < 0)
				return out;
			moved += out;
		} while (out == (int)AT_ONCE);
		moved += in;
	} while (in == (int)AT_ONCE);
	return moved;
}
