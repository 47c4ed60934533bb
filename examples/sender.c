// SPDX-License-Identifier: BSD-2-Clause
/*
 * Send one batch of 64 frames, and a second time whatever was refused.
 *
 *   cc sender.c $(pkg-config --cflags --libs irlstack) && ./a.out IFACE
 *
 * The frames are broadcast with the EtherType that IEEE 802 keeps for local
 * experiments, so no host takes them for anything.
 */
#include <stdio.h>
#include <string.h>
#include <irl/port.h>

#define COUNT 64

static void make(uint8_t data[60], const uint8_t mac[6], unsigned number)
{
	memset(data, 0, 60);
	memset(data, 0xff, 6);
	memcpy(data + 6, mac, 6);
	data[12] = 0x88;
	data[13] = 0xb5;
	data[14] = (uint8_t)number;
}

int main(int argc, char **argv)
{
	struct irl_port_options options = {.ifname = argv[argc - 1]};
	struct irl_error err;
	struct irl_port *port;
	uint8_t bytes[COUNT][60];
	struct irl_frame frames[COUNT];
	enum irl_tx_status status[COUNT];

	if (argc != 2 || irl_port_open(&port, &options, &err) < 0) {
		fprintf(stderr, "%s\n", argc == 2 ? err.text : "sender IFACE");
		return 1;
	}
	for (unsigned i = 0; i < COUNT; i++) {
		make(bytes[i], irl_port_info(port)->mac, i);
		frames[i] = (struct irl_frame){.data = bytes[i], .length = 60};
	}
	int sent = irl_port_send(port, 0, frames, COUNT, status);
	for (unsigned i = 0; sent >= 0 && i < COUNT; i++)
		if (status[i] != IRL_TX_ACCEPTED) {
			printf("frame %u: %s\n", i,
			       irl_tx_status_name(status[i]));
			sent += irl_port_send(port, 0, &frames[i], 1,
					      &status[i]) == 1;
		}
	printf("%d of %d frames accepted by port %s\n", sent, COUNT,
	       irl_port_info(port)->kind);
	irl_port_close(port);
	return sent == COUNT ? 0 : 1;
}
