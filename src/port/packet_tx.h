/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending by an AF_PACKET socket, past the queueing discipline. */
#ifndef IRL_PORT_PACKET_TX_H
#define IRL_PORT_PACKET_TX_H

#include <sys/socket.h>
#include <irl/error.h>
#include <irl/port.h>

struct irl_packet_tx {
	int fd; /* -1: closed */
	unsigned ifindex;
	struct mmsghdr *messages; /* each with its iovec */
	struct iovec *vectors;
};

/* A socket that receives nothing before it is bound. */
int irl_packet_socket(struct irl_error *err);
int irl_packet_bind(int fd, unsigned ifindex, int protocol);

/* @max: frames of one call.  To be closed after an error too. */
int irl_packet_tx_open(struct irl_packet_tx *tx,
		       const struct irl_port_info *info, unsigned max,
		       struct irl_error *err);
void irl_packet_tx_close(struct irl_packet_tx *tx);
/* As irl_port_send; some 1.6 us a frame. */
void irl_packet_tx_send(struct irl_packet_tx *tx,
			const struct irl_frame frames[], unsigned count,
			enum irl_tx_status status[]);

#endif
